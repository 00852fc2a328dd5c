/** The pipeline of one notebook as a panel: the graph says where, the list what and how much. No JupyterLab in here. */

import { Component, createRef } from 'preact';
import type { JSX } from 'preact';

import type { Actions } from './actions';
import type { Ask } from './answers';
import { Details } from './details';
import { Glyph, Stale } from './glyphs';
import { Graph } from './graph';
import { isBad, worst } from './model';
import type { Pipeline, Step } from './model';
import type { Status } from './records';
import { duration, isSlow, line, rowFlow, testsText, word } from './words';
import type { Words } from './words';

export interface ViewProps {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly pipeline: Pipeline | null;
  /** What each step usually takes, in seconds. */
  readonly usual: Readonly<Record<string, number>>;
  readonly ask: Ask | null;
  readonly hasKernel: boolean;
  /** How many cells of code belong to no step; 0 when nobody counted. */
  readonly plainCells: number;
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
const FILTER_FROM = 5; // steps: fewer are seen at once
const TICK = 500;

export class PipelineView extends Component<ViewProps, Memory> {
  override state: Memory = { filter: '', folds: {} };

  override componentDidMount(): void {
    this.clock = window.setInterval(() => {
      if (this.props.steps.some(step => step.since !== null)) this.forceUpdate();
    }, TICK);
  }

  override componentWillUnmount(): void {
    window.clearInterval(this.clock);
  }

  override render(): JSX.Element {
    const { steps, pipeline, words, name, usual } = this.props;
    const wanted = this.state.filter.trim().toLowerCase();
    const shown = steps.filter(step => !wanted || textOf(step).includes(wanted));
    const hasUsual = steps.some(step => usual[step.name] !== undefined);
    return (
      <section
        class={`nbops nbops-panel nbops-side${hasUsual ? '' : ' no-usual'}`}
        aria-label={words.__('nbops: steps of %1', name)}
        onKeyDown={event => this.onKey(event)}
        ref={this.root}
      >
        <Head {...this.props} />
        {steps.length === 0 ? <Nothing {...this.props} /> : null}
        {pipeline && pipeline.layout.nodes.length > 1 ? (
          <Graph layout={pipeline.layout} edges={pipeline.edges} steps={steps} words={words} open={step => this.jump(step)} />
        ) : null}
        {steps.length >= FILTER_FROM || wanted ? this.filter() : null}
        {steps.length ? <ListHead words={words} hasUsual={hasUsual} /> : null}
        {shown.map(step => this.step(step))}
        {wanted && !shown.length ? <div class="empty muted">{words.__('No step or test is called so.')}</div> : null}
        {(pipeline?.problems ?? []).map(problem => (
          <div class="foot" key={problem}>{line(problem)}</div>
        ))}
      </section>
    );
  }

  private filter(): JSX.Element {
    const { words } = this.props;
    return (
      <div class="filter">
        <input
          type="search"
          placeholder={words.__('Filter steps and tests')}
          aria-label={words.__('Filter steps and tests')}
          aria-keyshortcuts="/"
          value={this.state.filter}
          onInput={event => this.setState({ filter: event.currentTarget.value })}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
    );
  }

  private step(step: Step): JSX.Element {
    const { words, usual, ask, actions } = this.props;
    return (
      <StepRow key={step.name} step={step} isOpen={this.isOpen(step)} usual={usual[step.name]} ask={ask} words={words}
        actions={actions} fold={this.fold} />
    );
  }

  private isOpen(step: Step): boolean {
    const byHand = this.state.folds[step.name];
    return byHand && byHand.status === step.status ? byHand.isOpen : isBad(step.status) || step.status === 'warned';
  }

  private readonly fold = (step: Step, isOpen: boolean): void => {
    this.setState(memory => ({ folds: { ...memory.folds, [step.name]: { isOpen, status: step.status } } }));
  };

  /** Go to the cell; where there is none, to the line of the step. */
  private jump(name: string): void {
    if (this.props.actions.open) {
      this.props.actions.open(name);
      return;
    }
    const step = this.props.steps.find(one => one.name === name);
    if (step) this.fold(step, true);
    this.lines().find(button => button.parentElement?.dataset['step'] === name)?.focus();
  }

  /** Arrows walk the list and open and close, Enter goes to the cell, a slash to the filter. */
  private onKey(event: JSX.TargetedKeyboardEvent<HTMLElement>): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    const isFilter = target instanceof HTMLInputElement && target.type === 'search';
    if ((target.matches('input, textarea') && !isFilter) || (isFilter && !['ArrowDown', 'Escape'].includes(event.key))) return;
    if (this.act(event.key, target, isFilter)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private act(key: string, target: HTMLElement, isFilter: boolean): boolean {
    const lines = this.lines();
    const at = lines.indexOf(target as HTMLButtonElement);
    const step = this.props.steps.find(one => one.name === target.parentElement?.dataset['step']);
    if (key === '/') return this.focus(this.root.current?.querySelector<HTMLElement>('input[type=search]'));
    if (isFilter && key === 'Escape') this.setState({ filter: '' });
    if (isFilter) return this.focus(lines[0]);
    if (at < 0 || !step) return false;
    if (key === 'ArrowDown' || key === 'ArrowUp') return this.focus(lines[at + (key === 'ArrowDown' ? 1 : -1)]);
    if (key === 'Home' || key === 'End') return this.focus(lines.at(key === 'Home' ? 0 : -1));
    if (key === 'ArrowRight' || key === 'ArrowLeft') this.fold(step, key === 'ArrowRight');
    else if (key === 'Enter' && this.props.actions.open) this.props.actions.open(step.name);
    else return false;
    return true;
  }

  private focus(element: HTMLElement | null | undefined): boolean {
    element?.focus();
    return true;
  }

  private lines(): HTMLButtonElement[] {
    return [...(this.root.current?.querySelectorAll<HTMLButtonElement>('.step > .line') ?? [])];
  }

  private clock = 0;
  private readonly root = createRef<HTMLElement>();
}

interface RowProps {
  readonly step: Step;
  readonly isOpen: boolean;
  readonly usual: number | undefined;
  readonly ask: Ask | null;
  readonly words: Words;
  readonly actions: Actions;
  readonly fold: (step: Step, isOpen: boolean) => void;
}

/** The line of a step, with its details when it is open; of hundreds only those that changed are drawn anew. */
class StepRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { step, isOpen, usual, ask } = this.props;
    return next.step !== step || next.isOpen !== isOpen || next.usual !== usual || next.ask !== ask || step.since !== null;
  }

  override render(): JSX.Element {
    const { step, isOpen, usual, ask, words, actions, fold } = this.props;
    const { status } = step;
    const kind = isBad(status) ? ' is-bad' : status === 'warned' ? ' is-warned' : '';
    const idle = status === 'pending' || status === 'skipped' ? ' idle' : '';
    return (
      <div class={`step${kind}${idle}${isOpen ? ' open' : ''}`} data-step={step.name} data-status={status}>
        <button class="line" aria-expanded={isOpen} aria-label={spoken(step, words)} onClick={() => fold(step, !isOpen)}>
          <Glyph status={status} />
          <span class="el">
            <span class="mono" title={line(step.name)}>{line(step.name, 80)}</span>{' '}
            {step.stale ? <Stale why={line(step.stale)} word={words.__('stale')} /> : null}
          </span>
          <span class={`n${step.tests.some(test => isBad(test.status)) ? ' bad' : ''}`}>{testsText(step.tests)}</span>
          <span class="n rows">{rowFlow(step.tablesIn, step.tablesOut) || '–'}</span>
          <Took step={step} usual={usual} words={words} />
        </button>
        {isOpen ? (
          <Details key={`${step.record?.run} ${step.record?.at} ${ask !== null}`} step={step} usual={usual} ask={ask} words={words} actions={actions} />
        ) : null}
      </div>
    );
  }
}

function textOf(step: Step): string {
  return [step.name, step.status, step.stale ? 'stale' : '', ...step.tests.map(test => test.name)].join('\n').toLowerCase();
}

function spoken(step: Step, words: Words): string {
  const passed = step.tests.filter(test => test.status === 'passed').length;
  const tests = step.tests.length ? `, ${words.__('%1 of %2 tests passed', passed, step.tests.length)}` : '';
  return `${line(step.name, 80)}: ${word(step.status, words)}${tests}${step.stale ? `, ${words.__('stale')}` : ''}`;
}

function Took({ step, usual, words }: { step: Step; usual: number | undefined; words: Words }): JSX.Element {
  const gone = step.since === null ? null : Math.max(Date.now() / 1000 - step.since, 0);
  const seconds = gone ?? (step.status === 'running' ? null : step.seconds);
  if (seconds === null) return <span class="n took word">{word(step.status, words)}</span>;
  const kind = gone !== null ? 'running' : usual !== undefined && isSlow(seconds, usual) ? 'slow' : '';
  const most = Math.max(seconds, 1.5 * (usual ?? seconds), 1e-9);
  const told = usual === undefined ? duration(seconds) : words.__('%1, usually %2', duration(seconds), duration(usual));
  return (
    <span class="n took" title={told}>
      <span>{duration(seconds)}</span>
      {usual === undefined ? null : (
        <span class="meter" aria-hidden="true">
          <i class="usual" style={{ width: `${(100 * usual) / most}%` }} />
          <i class={`now ${kind}`} style={{ width: `${(100 * seconds) / most}%` }} />
        </span>
      )}
    </span>
  );
}

function Head({ name, steps, words, actions, ask, hasKernel, pipeline }: ViewProps): JSX.Element {
  const statuses = steps.map(step => step.status);
  const tests = steps.reduce((sum, step) => sum + step.tests.length, 0);
  const stale = steps.filter(step => step.stale).length;
  return (
    <div class="top">
      <div class="row">
        <span class="b el grow" title={line(name)}>{line(name, 80)}</span>
        {ask || pipeline ? <span class="chip">{words.__('session')}</span> : null}
        {statuses.includes('running') && actions.stop ? (
          <button class="act" onClick={() => actions.stop?.()}>{words.__('Stop')}</button>
        ) : stale && actions.runStale ? (
          <button class="act" onClick={() => actions.runStale?.()}><Stale why="" /> {words.__('Run stale (%1)', stale)}</button>
        ) : null}
      </div>
      <div class="sum" role="status" aria-live="polite" data-status={worst(statuses)}>
        {ORDER.filter(status => statuses.includes(status)).map(status => (
          <span class={`s-${status}`} data-status={status} key={status}>
            <Glyph status={status} /> {statuses.filter(other => other === status).length} {word(status, words)}
          </span>
        ))}
        {stale && !actions.runStale ? <span><Stale why="" /> {words.__('%1 stale', stale)}</span> : null}
        <span class="grow" />
        {steps.length ? <span class="muted">{words._n('%1 test', '%1 tests', tests, tests)}</span> : null}
      </div>
      {!hasKernel && steps.some(step => step.record) ? <Saved steps={steps} words={words} actions={actions} /> : null}
    </div>
  );
}

/** No kernel runs: whose results these are, and how one starts. */
function Saved({ steps, words, actions }: Pick<ViewProps, 'steps' | 'words' | 'actions'>): JSX.Element {
  const newest = steps.map(step => step.record).reduce((a, b) => ((b?.at ?? 0) > (a?.at ?? 0) ? b : a), null);
  const at = new Date((newest?.at ?? 0) * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <div class="row saved">
      <span class="muted grow">{words.__('Saved results: no kernel runs. Run %1 of %2.', (newest?.run ?? '').slice(0, 4), at)}</span>
      {actions.startKernel ? <button class="act" onClick={() => actions.startKernel?.()}>{words.__('Start kernel')}</button> : null}
    </div>
  );
}

function ListHead({ words, hasUsual }: { words: Words; hasUsual: boolean }): JSX.Element {
  return (
    <div class="lh" aria-hidden="true">
      <span />
      <span>{words.__('Step')}</span>
      <span class="n">{words.__('Tests')}</span>
      <span class="n rows">{words.__('Rows in → out')}</span>
      <span class="n">{hasUsual ? words.__('Time · usual') : words.__('Time')}</span>
    </div>
  );
}

function Nothing({ name, words, plainCells, actions }: ViewProps): JSX.Element {
  const has = plainCells ? words._n('It has %1 plain cell. It runs as it is; ', 'It has %1 plain cells. They run as they are; ', plainCells, plainCells) : '';
  return (
    <div class="empty">
      <h2>{words.__('No steps in %1', line(name, 60))}</h2>
      <p class="muted">{has}{words.__('steps add tests, row counts and restarts in the middle.')}</p>
      <p class="acts">
        {actions.adopt ? <button class="act main" onClick={() => actions.adopt?.()}>{words.__('Adopt notebook…')}</button> : null}
        {actions.turnIntoStep ? <button class="act" onClick={() => actions.turnIntoStep?.()}>{words.__('Turn into step')}</button> : null}
      </p>
      <p><code class="cmd">%load_ext nbops</code> <code class="cmd">%%step NAME</code></p>
    </div>
  );
}
