/** The graph of the steps, drawn where the kernel's layout puts them: the same picture as in every other door. */

import { Component } from 'preact';
import type { JSX } from 'preact';

import { Shape, STALE_PATH } from './glyphs';
import type { Edge, Layout, Step } from './model';
import type { Status } from './records';
import { line, word } from './words';
import type { Words } from './words';

/** A box is drawn this much smaller than its place, above and below. */
const INSET = 3;

interface GraphProps {
  readonly layout: Layout;
  readonly edges: readonly Edge[];
  readonly steps: readonly Step[];
  readonly words: Words;
  readonly open: (step: string) => void;
}

/** Drawn anew only when a step or the layout is another one. */
export class Graph extends Component<GraphProps> {
  override shouldComponentUpdate(next: GraphProps): boolean {
    const { layout, edges, steps } = this.props;
    return next.layout !== layout || next.edges !== edges || next.steps.length !== steps.length || next.steps.some((step, i) => step !== steps[i]);
  }

  override render(): JSX.Element {
    const { layout, edges, steps, words, open } = this.props;
    const byName = new Map(steps.map(step => [step.name, step]));
    const reasons = new Map(edges.map(edge => [`${edge.source}\n${edge.target}`, edge]));
    const isIdleTo = (name: string) => isIdle(byName.get(name)?.status ?? 'pending');
    return (
      <div class="graph">
        <svg
          class="nbops-graph"
          width={layout.width}
          height={layout.height}
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          style={{ maxWidth: '100%', minWidth: `${Math.round(layout.width * 0.7)}px`, height: 'auto' }}
        >
          {layout.lines.map(one => (
            <path class={`edge${isIdleTo(one.target) ? ' idle' : ''}`} d={path(one.points)} key={`${one.source} ${one.target}`}>
              <title>{reason(one.source, one.target, reasons.get(`${one.source}\n${one.target}`))}</title>
            </path>
          ))}
          {layout.nodes.map(node => (
            <Node node={node} step={byName.get(node.name)} words={words} open={open} key={node.name} />
          ))}
        </svg>
      </div>
    );
  }
}

interface NodeProps {
  readonly node: Layout['nodes'][number];
  readonly step: Step | undefined;
  readonly words: Words;
  readonly open: (step: string) => void;
}

function Node({ node, step, words, open }: NodeProps): JSX.Element {
  const status = step?.status ?? 'pending';
  const [top, high] = [node.y + INSET, node.height - 2 * INSET];
  const act = () => open(node.name);
  return (
    <g
      class={`s-${status}`}
      role="button"
      tabindex={0} // in lower case: SVG knows no other
      aria-label={`${line(node.name, 80)}: ${word(status, words)}${step?.stale ? `, ${words.__('stale')}` : ''}`}
      onClick={act}
      onKeyDown={event => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          act();
        }
      }}
    >
      <rect class={`node${step?.stale ? ' is-stale' : ''}`} x={node.x} y={top} width={node.width} height={high} rx="3" />
      <g class="glyph" transform={`translate(${node.x + 8} ${top + high / 2 - 6}) scale(.75)`}>
        <Shape status={status} />
      </g>
      {step?.stale ? (
        <g class="stale-mark" transform={`translate(${node.x + node.width - 9} ${top - 5}) scale(.72)`}>
          <circle cx="8" cy="8" r="9.5" />
          <path d={STALE_PATH} />
        </g>
      ) : null}
      <text x={node.x + 25} y={top + high / 2 + 4}>{line(node.name, 100)}</text>
    </g>
  );
}

function isIdle(status: Status): boolean {
  return status === 'pending' || status === 'skipped';
}

function reason(source: string, target: string, edge: Edge | undefined): string {
  const names = edge?.names.length ? `: ${edge.names.map(name => line(name, 60)).join(', ')}` : '';
  return `${line(source, 60)} → ${line(target, 60)}${names}${edge?.reason ? ` (${line(edge.reason)})` : ''}`;
}

function path(points: Layout['lines'][number]['points']): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let [x, y] = first;
  let drawn = `M${x} ${y - INSET}`;
  for (const [toX, toY] of rest) {
    const middle = (y + toY) / 2;
    drawn += toX === x ? `V${toY}` : `C${x} ${middle} ${toX} ${middle} ${toX} ${toY}`;
    [x, y] = [toX, toY];
  }
  return `${drawn}V${y + INSET}`;
}
