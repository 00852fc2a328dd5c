/** The rules of the tables that a step makes: kept, muted and suggested ones, and deliveries that are accepted. */

import { Component } from 'preact';
import type { JSX } from 'preact';

import type { Ask, DatasetRules, KeptRule, Refusal, Suggested } from './answers';
import { isBad } from './model';
import type { Step } from './model';
import { Refused } from './parts';
import { line } from './words';
import type { Words } from './words';

type Choice = 'keep' | 'edit' | 'drop';
const CHOICES: readonly Choice[] = ['keep', 'edit', 'drop'];
const KEYS: Readonly<Record<string, Choice>> = { k: 'keep', e: 'edit', d: 'drop' };
const WEEK = 7 * 86_400_000;

interface RulesProps {
  readonly step: Step;
  readonly datasets: readonly string[];
  readonly ask: Ask;
  readonly words: Words;
}

interface RulesState {
  readonly isOpen: boolean;
  readonly known: readonly DatasetRules[] | null;
  readonly refusal: Refusal | null;
}

/** A fold that asks for the rules when it is opened; it is open where a rule does not hold. */
export class Rules extends Component<RulesProps, RulesState> {
  override state: RulesState = { isOpen: this.isBroken, known: null, refusal: null };

  override componentDidMount(): void {
    if (this.state.isOpen) this.load();
  }

  override render(): JSX.Element | null {
    const { datasets, step, ask, words } = this.props;
    if (!datasets.length) return null;
    const { isOpen, known, refusal } = this.state;
    return (
      <div class="rules">
        <button class="link" aria-expanded={isOpen} onClick={() => this.toggle()}>
          {isOpen ? '▾' : '▸'} {words.__('Rules of %1', datasets.map(name => line(name, 40)).join(', '))}
        </button>
        {isOpen && known ? known.map(one => (
          <OfDataset key={one.dataset} known={one} run={step.record?.run ?? ''} isBad={this.isBroken} ask={ask} words={words} changed={() => this.load()} />
        )) : null}
        {refusal ? <Refused refusal={refusal} /> : null}
      </div>
    );
  }

  private get isBroken(): boolean {
    return this.props.step.tests.some(test => test.kind === 'rule' && isBad(test.status));
  }

  private toggle(): void {
    if (!this.state.isOpen) this.load();
    this.setState({ isOpen: !this.state.isOpen });
  }

  private load(): void {
    this.props.ask('rules', { datasets: this.props.datasets }).then(
      said => this.setState({ known: said.datasets, refusal: null }),
      (refusal: Refusal) => this.setState({ refusal })
    );
  }
}

interface OfDatasetProps {
  readonly known: DatasetRules;
  readonly run: string;
  readonly isBad: boolean;
  readonly ask: Ask;
  readonly words: Words;
  readonly changed: () => void;
}

interface OfDatasetState {
  readonly suggested: Suggested | null;
  readonly isAccepting: boolean;
  readonly said: string;
  readonly refusal: Refusal | null;
}

class OfDataset extends Component<OfDatasetProps, OfDatasetState> {
  override state: OfDatasetState = { suggested: null, isAccepting: false, said: '', refusal: null };

  override render(): JSX.Element {
    const { known, ask, words } = this.props;
    const { suggested, isAccepting, said, refusal } = this.state;
    return (
      <div class="dataset" data-dataset={known.dataset}>
        <div class="row part">
          <span class="mono b grow el" title={known.file}>{line(known.dataset, 60)}</span>
          {known.has_baseline || this.props.isBad ? (
            <button class="act" onClick={() => this.setState({ isAccepting: !isAccepting })}>{words.__('Accept…')}</button>
          ) : null}
          {known.can_suggest ? <button class="act" onClick={() => this.suggest()}>{words.__('Suggest rules')}</button> : null}
        </div>
        {known.problem ? <div class="bad">{line(known.problem)}</div> : null}
        {known.rules.length || known.problem ? null : <div class="muted">{words.__('No rules are kept for it yet.')}</div>}
        {known.rules.map(rule => (
          <Kept key={rule.name} rule={rule} dataset={known.dataset} words={words} mute={(until, reason) =>
            this.act(ask('mute', { dataset: known.dataset, rule: rule.name, until, reason }))} />
        ))}
        {isAccepting ? (
          <Reasoned words={words} name={words.__('Accept %1', known.dataset)} acts={[
            [words.__('Accept'), reason => this.accept(reason, false)],
            [words.__('False alarm'), reason => this.accept(reason, true)]
          ]} />
        ) : null}
        {suggested ? (
          <Suggestions suggested={suggested} words={words} decide={(act, decisions) => {
            void this.act(ask('decide', { dataset: known.dataset, act, decisions })).then(isDone => {
              if (isDone && act === 'write') this.setState({ suggested: null });
            });
          }} />
        ) : null}
        {said ? <pre class="said" role="status">{said}</pre> : null}
        {refusal ? <Refused refusal={refusal} /> : null}
      </div>
    );
  }

  private suggest(): void {
    this.setState({ said: this.props.words.__('Looking at the table …'), refusal: null });
    this.props.ask('suggest', { dataset: this.props.known.dataset }).then(
      suggested => this.setState({ suggested, said: '' }),
      (refusal: Refusal) => this.setState({ refusal, said: '' })
    );
  }

  private accept(reason: string, isFalseAlarm: boolean): Promise<boolean> {
    const { ask, known, run } = this.props;
    return this.act(ask('accept', { dataset: known.dataset, run, reason, false_alarm: isFalseAlarm }));
  }

  /** Tell what came of it; true when it was done. */
  private act(done: Promise<{ readonly text: string }>): Promise<boolean> {
    return done.then(
      ({ text }) => {
        this.setState({ said: text, refusal: null, isAccepting: false });
        this.props.changed();
        return true;
      },
      (refusal: Refusal) => {
        this.setState({ refusal, said: '' });
        return false;
      }
    );
  }
}

interface KeptProps {
  readonly rule: KeptRule;
  readonly dataset: string;
  readonly words: Words;
  readonly mute: (until: string, reason: string) => Promise<boolean>;
}

class Kept extends Component<KeptProps, { isMuting: boolean }> {
  override state = { isMuting: false };

  override render(): JSX.Element {
    const { rule, words } = this.props;
    return (
      <div class="kept" data-rule={rule.name}>
        <div class="row">
          <span class="mono grow wrap">{line(rule.text, 200)}</span>
          {rule.severity === 'warn' ? <span class="chip">{words.__('warns')}</span> : null}
          {rule.muted ? (
            <span class="chip" title={rule.muted.reason}>{words.__('muted until %1', rule.muted.until)}</span>
          ) : (
            <button class="act" aria-label={words.__('Mute %1', rule.name)} onClick={() => this.setState({ isMuting: !this.state.isMuting })}>
              {words.__('Mute…')}
            </button>
          )}
        </div>
        {this.state.isMuting ? (
          <Reasoned words={words} name={words.__('Mute %1', rule.name)} hasDay acts={[
            [words.__('Mute'), (reason, until) => this.props.mute(until, reason).then(isDone => {
              if (isDone) this.setState({ isMuting: false });
              return isDone;
            })]
          ]} />
        ) : null}
      </div>
    );
  }
}

interface ReasonedProps {
  readonly words: Words;
  readonly name: string;
  readonly hasDay?: boolean;
  readonly acts: readonly (readonly [string, (reason: string, day: string) => Promise<boolean>])[];
}

/** What is done only with a reason, and some of it only until a day. */
class Reasoned extends Component<ReasonedProps, { reason: string; day: string }> {
  override state = { reason: '', day: new Date(Date.now() + WEEK).toISOString().slice(0, 10) };

  override render(): JSX.Element {
    const { words, name, hasDay, acts } = this.props;
    const { reason, day } = this.state;
    return (
      <div class="reasoned" role="group" aria-label={name}>
        <input type="text" placeholder={words.__('Why? It is written down.')} aria-label={words.__('Reason')} value={reason}
          onInput={event => this.setState({ reason: event.currentTarget.value })} />
        {hasDay ? (
          <label class="muted">
            {words.__('until')}{' '}
            <input type="date" value={day} onInput={event => this.setState({ day: event.currentTarget.value })} />
          </label>
        ) : null}
        {acts.map(([label, act]) => (
          <button class="act" disabled={!reason.trim()} key={label} onClick={() => void act(reason, day)}>{label}</button>
        ))}
      </div>
    );
  }
}

interface SuggestionsProps {
  readonly suggested: Suggested;
  readonly words: Words;
  readonly decide: (act: 'write' | 'diff', decisions: readonly { word: Choice; yaml: string }[]) => void;
}

class Suggestions extends Component<SuggestionsProps, { decisions: readonly { word: Choice; yaml: string }[] }> {
  override state = { decisions: this.props.suggested.rules.map(rule => ({ word: 'keep' as Choice, yaml: rule.yaml })) };

  override render(): JSX.Element {
    const { suggested, words, decide } = this.props;
    const { decisions } = this.state;
    const many = (word: Choice) => decisions.filter(one => one.word === word).length;
    const written = many('keep') + many('edit');
    return (
      <div class="suggested">
        <div class="h">{suggested.title}</div>
        <div class="muted xs">{suggested.budget}</div>
        {suggested.doubts.map(doubt => <div class="p-warned" key={doubt}>{doubt}</div>)}
        {suggested.rules.map((rule, at) => this.rule(rule, at))}
        <div class="row part">
          <span class="grow muted" aria-live="polite">
            {words.__('%1 keep · %2 edited · %3 drop', many('keep'), many('edit'), many('drop'))}
          </span>
          <button class="act" onClick={() => decide('diff', decisions)}>{words.__('Show diff')}</button>
          <button class="act main" title={suggested.file} onClick={() => decide('write', decisions)}>
            {words._n('Write %1 rule', 'Write %1 rules', written, written)}
          </button>
        </div>
      </div>
    );
  }

  private rule(rule: Suggested['rules'][number], at: number): JSX.Element {
    const { word, yaml } = this.state.decisions[at] ?? { word: 'keep', yaml: '' };
    const { words } = this.props;
    return (
      <div class={`proposal${word === 'drop' ? ' dropped' : ''}`} key={at} onKeyDown={event => this.onKey(event, at)}>
        <div class="row">
          <span class="grow wrap">
            <span class="what">{line(rule.sentence, 300)}</span>
            <span class="muted xs"> {line(rule.evidence, 160)} · {words.__('on break: %1', rule.severity)} · {words.__('budget %1', rule.budget)}</span>
          </span>
          <span class="choice" role="group" aria-label={line(rule.sentence, 120)}>
            {CHOICES.map(one => (
              <button key={one} aria-pressed={word === one} onClick={() => this.choose(at, one)}>{words.__(one)}</button>
            ))}
          </span>
        </div>
        {word === 'edit' ? (
          <textarea rows={2} aria-label={words.__('The rule as YAML')} value={yaml}
            onInput={event => this.change(at, { word, yaml: event.currentTarget.value })} />
        ) : null}
      </div>
    );
  }

  private onKey(event: JSX.TargetedKeyboardEvent<HTMLElement>, at: number): void {
    const chosen = KEYS[event.key];
    if (!chosen || event.ctrlKey || event.metaKey || event.target instanceof HTMLTextAreaElement) return;
    event.preventDefault();
    this.choose(at, chosen);
  }

  private choose(at: number, word: Choice): void {
    const yaml = this.state.decisions[at]?.yaml ?? '';
    this.change(at, { word, yaml });
  }

  private change(at: number, decision: { word: Choice; yaml: string }): void {
    this.setState({ decisions: this.state.decisions.map((one, i) => (i === at ? decision : one)) });
  }
}
