/**
 * The panel of `%nbops show`: the view of the sidebar, fed by the kernel through anywidget's model.
 *
 * The output itself is HTML, which is what is saved, and the kernel brings it up to date there. The view is no view of
 * the widget: JupyterLab makes those anew with every change of the output, and folds, focus and half-written forms would
 * be lost. It stands beside the output that it hides, which may change meanwhile.
 */

import { render } from 'preact';
import type { JSX } from 'preact';

import { Conversation } from './answers';
import type { Actions } from './actions';
import { stepOf } from './model';
import type { Pipeline, Step } from './model';
import type { StepFinished } from './records';
import { PipelineView } from './view';
import { PLAIN } from './words';

/** What the kernel says of a step. */
interface SentStep {
  readonly name: string;
  readonly records: readonly StepFinished[];
  readonly stale: string;
  /** For how long it has been running, in seconds; null when it does not run. */
  readonly gone: number | null;
}

interface Sent {
  readonly name: string;
  readonly steps: readonly SentStep[];
  readonly pipeline: Pipeline | null;
  readonly usual: Readonly<Record<string, number>>;
  readonly plain_cells: number;
  /** Whether a page listens that can run the notebook's cells. */
  readonly can_run: boolean;
}

interface Model {
  get(name: 'state'): Sent;
  get(name: 'is_met'): boolean;
  /** The class of the HTML in the output. */
  get(name: 'mark'): string;
  set(name: 'is_met', value: boolean): void;
  save_changes(): void;
  on(event: string, heard: (message: never) => void): void;
  off(event: string, heard: (message: never) => void): void;
  send(message: unknown): void;
}

/** How often outputs are looked for, in milliseconds: they come and go with reloads, runs and copies of the output. */
const LOOK = 250;

/** An output of the notebook that holds the panel as HTML, and what stands in its place. */
interface Shown {
  readonly output: HTMLElement;
  readonly place: HTMLElement;
}

function initialize({ model }: { model: Model }): () => void {
  const conversation = new Conversation(message => model.send(message));
  const actions: Actions = { run: (step, how) => model.send({ act: 'run', step, how }), runStale: () => model.send({ act: 'run-stale' }) };
  const marked = document.getElementsByClassName(model.get('mark'));
  let shown: Shown[] = [];
  let frame = 0;
  const draw = () => {
    frame = 0;
    const view = viewOf(model.get('state'), conversation, actions);
    for (const { place } of shown) render(view(), place);
  };
  const soon = () => {
    if (!frame) frame = requestAnimationFrame(draw);
  };
  const look = () => {
    const gone = shown.filter(({ output }) => !output.parentElement); // an output that is only scrolled away has one
    gone.forEach(end);
    const known = shown.filter(one => !gone.includes(one));
    const fresh = [...marked].flatMap(html => html.closest<HTMLElement>('.jp-OutputArea-output') ?? []);
    shown = [...known, ...fresh.filter(output => known.every(one => one.output !== output)).map(begin)];
    if (shown.length === known.length) return;
    draw();
    meet(model);
  };
  const hear = (message: unknown) => void conversation.hear(message);
  const clock = window.setInterval(look, LOOK);
  look();
  model.on('change:state', soon);
  model.on('msg:custom', hear);
  return () => {
    model.off('change:state', soon);
    model.off('msg:custom', hear);
    window.clearInterval(clock);
    cancelAnimationFrame(frame);
    conversation.end();
    shown.forEach(end);
  };
}

/** Say that this page draws the panel: until it does, the kernel changes the HTML with every step. */
function meet(model: Model): void {
  if (model.get('is_met')) return;
  model.set('is_met', true);
  model.save_changes();
}

function begin(output: HTMLElement): Shown {
  const place = document.createElement('div');
  place.className = 'jp-OutputArea-output nbops-live';
  place.setAttribute('data-lm-suppress-shortcuts', 'true'); // the notebook's keys must not see what is typed here
  output.style.display = 'none';
  output.after(place);
  return { output, place };
}

function end({ output, place }: Shown): void {
  render(null, place);
  place.remove();
  output.style.display = '';
}

function viewOf(sent: Sent, conversation: Conversation, actions: Actions): () => JSX.Element {
  const steps = sent.steps.map(stepSent);
  return () => (
    <PipelineView
      name={sent.name}
      steps={steps}
      pipeline={sent.pipeline}
      usual={sent.usual}
      ask={conversation.ask}
      hasKernel
      plainCells={sent.plain_cells}
      words={PLAIN}
      actions={sent.can_run ? actions : {}}
    />
  );
}

function stepSent({ name, records, stale, gone }: SentStep): Step {
  const parts = records.map(record => ({ cellId: '', kind: record.cell_kind ?? ('step' as const), isRunning: false, since: 0, record }));
  const running = { cellId: '', kind: 'step' as const, isRunning: true, since: Date.now() / 1000 - (gone ?? 0), record: null };
  return { ...stepOf(name, gone === null ? parts : [...parts, running]), stale };
}

export default { initialize };
