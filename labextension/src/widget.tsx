/** The panel in the output of `%nbops show`, as anywidget wants it: the view of the sidebar, fed by the kernel. */

import { render } from 'preact';

import { Conversation } from './answers';
import type { Actions } from './actions';
import { stepOf } from './model';
import type { Pipeline, Step } from './model';
import type { StepFinished } from './records';
import { PipelineView } from './view';
import type { Memory } from './view';
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
  /** Of the panel, the same in each of its views. */
  readonly id: string;
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
  set(name: 'is_met', value: boolean): void;
  save_changes(): void;
  on(event: string, heard: (message: never) => void): void;
  off(event: string, heard: (message: never) => void): void;
  send(message: unknown): void;
}

type Kept = Map<string, { memory: Memory | null; focus: string }>;

/** What readers did, by panel: a view that is made anew, from this script loaded anew, finds what the last one knew. */
const KEPT = ((globalThis as { nbopsPanels?: Kept }).nbopsPanels ??= new Map());

function show({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const conversation = new Conversation(message => model.send(message));
  const actions: Actions = { run: (step, how) => model.send({ act: 'run', step, how }), runStale: () => model.send({ act: 'run-stale' }) };
  const { id } = model.get('state');
  const kept = KEPT.get(id) ?? { memory: null, focus: '' };
  KEPT.set(id, kept);
  let frame = 0;
  el.setAttribute('data-lm-suppress-shortcuts', 'true'); // the notebook's keys must not see what is typed here
  const draw = () => {
    frame = 0;
    const sent = model.get('state');
    render(
      <PipelineView
        name={sent.name}
        steps={sent.steps.map(stepSent)}
        pipeline={sent.pipeline}
        usual={sent.usual}
        ask={conversation.ask}
        hasKernel
        plainCells={sent.plain_cells}
        words={PLAIN}
        actions={sent.can_run ? actions : {}}
        kept={kept}
      />,
      el
    );
  };
  const soon = () => {
    if (!frame) frame = requestAnimationFrame(draw);
  };
  const hear = (message: unknown) => void conversation.hear(message);
  draw();
  model.on('change:state', soon);
  model.on('msg:custom', hear);
  return () => {
    model.off('change:state', soon);
    model.off('msg:custom', hear);
    cancelAnimationFrame(frame);
    conversation.end();
    render(null, el);
  };
}

function stepSent({ name, records, stale, gone }: SentStep): Step {
  const parts = records.map(record => ({ cellId: '', kind: record.cell_kind ?? ('step' as const), isRunning: false, since: 0, record }));
  const running = { cellId: '', kind: 'step' as const, isRunning: true, since: Date.now() / 1000 - (gone ?? 0), record: null };
  return { ...stepOf(name, gone === null ? parts : [...parts, running]), stale };
}

/** Say that this page can draw the widget: until it does, the kernel shows HTML, and never a widget's error. */
function initialize({ model }: { model: Model }): void {
  if (model.get('is_met')) return;
  model.set('is_met', true);
  model.save_changes();
}

export default { initialize, render: show };
