/** The pipeline of one notebook as a panel: the graph says where, the list what and how much. No JupyterLab in here. */

import { Component } from 'preact';
import type { JSX } from 'preact';

import { Glyph, Stale } from './glyphs';
import { Graph } from './graph';
import { isBad, worst } from './model';
import type { Pipeline, Step } from './model';
import type { CheckResult, Failure, Status } from './records';
import { duration, grouped, line, rowFlow, testsText } from './words';

/** Translates; JupyterLab's own bundle has this shape. */
export interface Words {
  __(text: string, ...values: unknown[]): string;
  _n(one: string, many: string, n: number, ...values: unknown[]): string;
}

/** What the reader can do. */
export interface Actions {
  open(step: string): void;
  run(step: string, how: 'only' | 'from' | 'until'): void;
  runStale(): void;
  stop(): void;
}

export interface ViewProps {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly pipeline: Pipeline | null;
  readonly isLive: boolean;
  readonly hasKernel: boolean;
  readonly words: Words;
  readonly actions: Actions;
}

/** What the reader did to the panel: it stays when the panel is drawn anew. */
interface Memory {
  readonly filter: string;
  /** What was opened or closed by hand, with the status it had then: a new verdict opens or closes by itself. */
  readonly folds: Readonly<Record<string, { isOpen: boolean; status: Status }>>;
}

const ORDER: readonly Status[] = [
  'failed', 'error', 'interrupted', 'refused', 'warned', 'running', 'passed', 'pending', 'skipped'
];

export class PipelineView extends Component<ViewProps, Memory> {
  override state: Memory = { filter: '', folds: {} };

  override render(): JSX.Element {
    const { steps, pipeline, words, name } = this.props;
    const wanted = this.state.filter.trim().toLowerCase();
    const shown = steps.filter(step => !wanted || textOf(step).includes(wanted));
    return (
      <section class="nbops nbops-panel nbops-side no-usual" aria-label={words.__('nbops: steps of %1', name)}>
        <Head {...this.props} />
        {steps.length === 0 ? <Nothing {...this.props} /> : null}
        {pipeline && pipeline.layout.nodes.length > 1 ? (
          <Graph layout={pipeline.layout} edges={pipeline.edges} steps={steps} open={step => this.props.actions.open(step)} />
        ) : null}
        {steps.length > 8 ? this.filter() : null}
        {steps.length ? <ListHead words={words} /> : null}
        {shown.map(step => this.step(step))}
        {(pipeline?.problems ?? []).map(problem => (
          <div class="foot" key={problem}>{line(problem)}</div>
        ))}
      </section>
    );
  }

  private filter(): JSX.Element {
    const { words } = this.props;
    return (
      <input
        type="search"
        placeholder={words.__('Filter steps and tests')}
        aria-label={words.__('Filter steps and tests')}
        value={this.state.filter}
        onInput={event => this.setState({ filter: event.currentTarget.value })}
        onKeyDown={event => event.stopPropagation()} // Lab's own shortcuts must not see what is typed here
      />
    );
  }

  private step(step: Step): JSX.Element {
    const { status } = step;
    const byHand = this.state.folds[step.name];
    const isOpen = byHand && byHand.status === status ? byHand.isOpen : isBad(status) || status === 'warned';
    const kind = isBad(status) ? ' is-bad' : status === 'warned' ? ' is-warned' : '';
    const idle = status === 'pending' || status === 'skipped' ? ' idle' : '';
    return (
      <div class={`step${kind}${idle}${isOpen ? ' open' : ''}`} key={step.name} data-step={step.name} data-status={status}>
        <button
          class="line"
          aria-expanded={isOpen}
          aria-label={spoken(step, this.props.words)}
          onClick={() =>
            this.setState(memory => ({ folds: { ...memory.folds, [step.name]: { isOpen: !isOpen, status } } }))
          }
        >
          <Glyph status={status} />
          <span class="el">
            <span class="mono" title={line(step.name)}>{line(step.name, 80)}</span>{' '}
            {step.stale ? <Stale why={line(step.stale)} word={this.props.words.__('stale')} /> : null}
          </span>
          <span class={`n${step.tests.some(test => isBad(test.status)) ? ' bad' : ''}`}>{testsText(step.tests)}</span>
          <span class="n rows">{rowFlow(step.tablesIn, step.tablesOut) || '–'}</span>
          <span class="n took">{step.seconds === null || status === 'running' ? status : duration(step.seconds)}</span>
        </button>
        {isOpen ? <Details step={step} words={this.props.words} actions={this.props.actions} /> : null}
      </div>
    );
  }
}

function textOf(step: Step): string {
  return [step.name, step.status, ...step.tests.map(test => test.name)].join('\n').toLowerCase();
}

function spoken(step: Step, words: Words): string {
  const passed = step.tests.filter(test => test.status === 'passed').length;
  const tests = step.tests.length ? `, ${words.__('%1 of %2 tests passed', passed, step.tests.length)}` : '';
  return `${line(step.name, 80)}: ${step.status}${tests}${step.stale ? `, ${words.__('stale')}` : ''}`;
}

function Head({ name, steps, words, actions, isLive }: ViewProps): JSX.Element {
  const statuses = steps.map(step => step.status);
  const tests = steps.reduce((sum, step) => sum + step.tests.length, 0);
  const stale = steps.filter(step => step.stale).length;
  const isRunning = statuses.includes('running');
  return (
    <div class="top">
      <div class="row">
        <span class="b el grow" title={line(name)}>{line(name, 80)}</span>
        {isLive ? <span class="chip">{words.__('session')}</span> : null}
        {isRunning ? (
          <button class="act" onClick={() => actions.stop()}>{words.__('Stop')}</button>
        ) : stale ? (
          <button class="act" onClick={() => actions.runStale()}>{words.__('Run stale (%1)', stale)}</button>
        ) : null}
      </div>
      <div class="sum" role="status" aria-live="polite" data-status={worst(statuses)}>
        {ORDER.filter(status => statuses.includes(status)).map(status => (
          <span class={`s-${status}`} data-status={status} key={status}>
            <Glyph status={status} /> {statuses.filter(other => other === status).length} {status}
          </span>
        ))}
        <span class="grow" />
        {steps.length ? <span class="muted">{words._n('%1 test', '%1 tests', tests, tests)}</span> : null}
      </div>
    </div>
  );
}

function ListHead({ words }: { words: Words }): JSX.Element {
  return (
    <div class="lh" aria-hidden="true">
      <span />
      <span>{words.__('Step')}</span>
      <span class="n">{words.__('Tests')}</span>
      <span class="n rows">{words.__('Rows in → out')}</span>
      <span class="n">{words.__('Time')}</span>
    </div>
  );
}

function Nothing({ name, words, hasKernel }: ViewProps): JSX.Element {
  return (
    <div class="empty">
      <h2>{words.__('No steps in %1', line(name, 60))}</h2>
      <p class="muted">{words.__('A step is a cell with a name: it is timed, its tests are judged, and it leaves a record.')}</p>
      <p><code class="cmd">%load_ext nbops</code></p>
      <p><code class="cmd">%%step NAME</code></p>
      {hasKernel ? null : <p class="muted">{words.__('No kernel runs: what saved cells hold is shown.')}</p>}
    </div>
  );
}

function Details({ step, words, actions }: { step: Step; words: Words; actions: Actions }): JSX.Element {
  const wrong = step.tests.filter(test => test.status !== 'passed');
  const passed = step.tests.length - wrong.length;
  const failure = failureOf(step);
  return (
    <div class="in">
      {wrong.slice(0, 20).map((test, index) => <Wrong test={test} key={index} />)}
      {wrong.length > 20 ? <div class="muted">{words.__('%1 more are not passed', wrong.length - 20)}</div> : null}
      {failure ? (
        <div class="failure mono">
          <span class="bad">{line(failure.type, 80)}: {line(failure.message ?? '', 600)}</span>{' '}
          <span class="muted">
            {failure.line ? words.__('line %1 of the cell', failure.line) : ''}
            {failure.fix ? ` · ${line(failure.fix)}` : ''}
          </span>
        </div>
      ) : null}
      {passed ? <div class="muted">{words._n('%1 test passed', '%1 tests passed', passed, passed)}</div> : null}
      {step.stale ? <div class="muted">{words.__('Stale: %1', line(step.stale))}</div> : null}
      <div class="acts">
        <button class="act main" onClick={() => actions.run(step.name, 'from')}>{words.__('Run from %1', line(step.name, 30))}</button>
        <button class="act" onClick={() => actions.run(step.name, 'only')}>{words.__('Run')}</button>
        <button class="act" onClick={() => actions.run(step.name, 'until')}>{words.__('Run until')}</button>
        <button class="act" onClick={() => actions.open(step.name)}>{words.__('Go to cell')}</button>
      </div>
    </div>
  );
}

/** The exception, unless it only repeats the failed tests. */
function failureOf(step: Step): Failure | null {
  const failure = step.record?.failure ?? null;
  return failure?.type === 'StepFailed' && step.tests.some(test => isBad(test.status)) ? null : failure;
}

function Wrong({ test }: { test: CheckResult }): JSX.Element {
  const rows = test.rows && test.failing ? `${grouped(test.failing)} of ${grouped(test.rows)} rows` : '';
  return (
    <div class="wrong" data-status={test.status}>
      <div class="row">
        <span class={`s-${test.status}`}><Glyph status={test.status} name={test.status} /></span>
        <span class="mono grow" title={line(test.source ?? '')}>{line(test.name, 120)}</span>
        <span>
          {test.observed && test.observed !== rows ? <b>{line(test.observed, 60)} </b> : null}
          {test.allowed ? <span class="muted">allowed {line(test.allowed, 60)} </span> : null}
          {rows ? <span>{rows}</span> : null}
        </span>
      </div>
      {test.why && !test.examples?.rows?.length ? <div class="muted">{line(test.why)}</div> : null}
      <Rows test={test} />
    </div>
  );
}

function Rows({ test }: { test: CheckResult }): JSX.Element | null {
  const { columns = [], labels = [], rows = [] } = test.examples ?? {};
  if (!rows.length) return null;
  const names = columns.slice(0, 12);
  return (
    <div class="wide">
      <table>
        <thead>
          <tr><th />{names.map((name, i) => <th key={i}>{line(name, 40)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              <td class="muted">{line(labels[index] ?? '', 30)}</td>
              {row.slice(0, names.length).map((cell, i) => (
                <td key={i}>{cell === null ? <span class="null">null</span> : line(cell, 60)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
