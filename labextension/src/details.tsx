/** What stands below the line of a step: what is wrong, what changed since it passed, where rows went, what to do. */

import { Component } from 'preact';
import type { JSX } from 'preact';

import type { Actions } from './actions';
import type { Ask, Changed, Chart, Refusal, StepStory, Why } from './answers';
import { isBad } from './model';
import type { Step } from './model';
import { Quiet, Raised, Refused, savedWays, Tests, Ways } from './parts';
import { Picture } from './pictures';
import { Rules } from './rules';
import { duration, line } from './words';
import type { Words } from './words';

export interface DetailsProps {
  readonly step: Step;
  readonly usual: number | undefined;
  readonly ask: Ask | null;
  readonly words: Words;
  readonly actions: Actions;
}

interface Heard {
  readonly story: StepStory | null;
  readonly why: Why | null;
  readonly refusal: Refusal | null;
  readonly asking: boolean;
}

/** Made anew for each record of the step: then it asks the kernel what is known beside it. */
export class Details extends Component<DetailsProps, Heard> {
  override state: Heard = { story: null, why: null, refusal: null, asking: false };

  override componentDidMount(): void {
    const { ask, step } = this.props;
    if (!ask || !step.record) return;
    this.setState({ asking: isBad(step.status) });
    ask('step', this.about()).then(
      story => this.setState({ story, asking: false }),
      (refusal: Refusal) => this.setState({ refusal, asking: false })
    );
  }

  override render(): JSX.Element {
    const { step, ask, words, actions } = this.props;
    const { story, why, refusal, asking } = this.state;
    const ways = story?.rows.length ? story.rows : savedWays(step);
    const made = step.tablesOut.filter(table => (table.columns ?? null) !== null).map(table => table.name);
    return (
      <div class="in">
        {step.record?.doc ? <div class="muted">{line(step.record.doc)}</div> : null}
        <Tests step={step} words={words} openRows={actions.openRows ? test => actions.openRows?.(step, test) : undefined} />
        <Raised step={step} words={words} />
        {story?.origins.map(told => <div key={told}><span class="h">{words.__('Came in')}</span> {told}</div>)}
        {asking ? <div class="muted">{words.__('Looking what changed since it passed …')}</div> : null}
        {story?.changed ? <Since changed={story.changed} words={words} /> : null}
        <Ways ways={ways} words={words} />
        {step.stale ? <div class="muted">{words.__('Stale: %1', line(step.stale))}</div> : null}
        {this.time()}
        {(story?.charts ?? []).map(chart => <Over chart={chart} key={chart.title} />)}
        <Quiet step={step} words={words} />
        {ask && step.record ? <Rules step={step} datasets={made} ask={ask} words={words} /> : null}
        {this.buttons()}
        {why ? <Because why={why} words={words} /> : null}
        {refusal ? <Refused refusal={refusal} /> : null}
      </div>
    );
  }

  private time(): JSX.Element | null {
    const { step, usual, words } = this.props;
    if (usual === undefined || step.seconds === null) return null;
    return <div class="muted">{words.__('took %1, usually %2', duration(step.seconds), duration(usual))}</div>;
  }

  private buttons(): JSX.Element {
    const { step, ask, words, actions } = this.props;
    return (
      <div class="acts">
        {actions.run ? (
          <>
            <button class="act main" onClick={() => actions.run?.(step.name, 'from')}>{words.__('Run from %1', line(step.name, 30))}</button>
            <button class="act" onClick={() => actions.run?.(step.name, 'only')}>{words.__('Run')}</button>
            <button class="act" onClick={() => actions.run?.(step.name, 'until')}>{words.__('Run until')}</button>
          </>
        ) : null}
        {actions.open ? <button class="act" onClick={() => actions.open?.(step.name)}>{words.__('Go to cell')}</button> : null}
        <span class="grow" />
        {ask && step.record ? (
          <button class="act" aria-expanded={this.state.why !== null} onClick={() => this.explain(ask)}>{words.__('Why?')}</button>
        ) : null}
      </div>
    );
  }

  private explain(ask: Ask): void {
    if (this.state.why) {
      this.setState({ why: null });
      return;
    }
    ask('why', this.about()).then(why => this.setState({ why, refusal: null }), (refusal: Refusal) => this.setState({ refusal }));
  }

  private about(): { step: string; run: string } {
    return { step: this.props.step.name, run: this.props.step.record?.run ?? '' };
  }
}

function Since({ changed, words }: { changed: Changed; words: Words }): JSX.Element {
  return (
    <div class="since">
      <div class="part">
        <span class="h">{words.__('What changed since it passed')}</span>{' '}
        <span class="muted xs">{changed.run} · {changed.at}</span>
      </div>
      {changed.code.map(one => (
        <details class="fold" key={one.name}>
          <summary>{words.__('code of %1', one.name)}</summary>
          {one.diff.length ? <Diff lines={one.diff} /> : null}
        </details>
      ))}
      {changed.rows.map(([what, before, now, isLarge]) => (
        <div class="change" key={what}>
          <span class="mono el" title={what}>{what}</span>
          <span>{before} → {isLarge ? <b>{now}</b> : now}</span>
        </div>
      ))}
      {changed.more ? <div class="muted">{words.__('%1 more', changed.more)}</div> : null}
      {changed.same.length ? <div class="muted">{words.__('same: %1', changed.same.map(kind => words.__(kind)).join(', '))}</div> : null}
    </div>
  );
}

function Diff({ lines }: { lines: readonly string[] }): JSX.Element {
  return (
    <pre class="diff">
      {lines.map((text, i) => <div class={text.startsWith('+') ? 'is-new' : text.startsWith('-') ? 'is-old' : ''} key={i}>{text}</div>)}
    </pre>
  );
}

function Over({ chart }: { chart: Chart }): JSX.Element {
  return (
    <details class="fold chart" open={chart.is_out}>
      <summary><span class={chart.is_out ? 'bad' : 'muted'}>{chart.title}</span>&ensp;<span class="muted">{chart.said}</span></summary>
      <Picture svg={chart.picture} />
    </details>
  );
}

function Because({ why, words }: { why: Why; words: Words }): JSX.Element {
  return (
    <div class="why" role="status">
      <div><span class="h">{words.__('Why')}</span> {line(why.told)}</div>
      {why.compared && !why.changes.length ? <div class="muted">{words.__('nothing that it depends on changed since %1', why.compared)}</div> : null}
      {why.changes.map((cause, i) => (
        <div key={i}>
          {cause.told} {why.compared && i === 0 ? <span class="muted">{words.__('since %1', why.compared)}</span> : null}
          {cause.because.map((text, n) => <div class="muted" key={n}>↳ {text}</div>)}
          {cause.diff.length ? <Diff lines={cause.diff} /> : null}
        </div>
      ))}
      {why.needs.map(need => (
        <div class="muted" key={need.step}>
          {words.__('needs')} <span class="mono">{need.step}</span>{need.names.length ? `: ${need.names.join(', ')}` : ''} {need.reason ? `(${need.reason})` : ''}
        </div>
      ))}
      {why.reuse ? <div class="muted">{words.__('reuse: %1', line(why.reuse))}</div> : null}
    </div>
  );
}
