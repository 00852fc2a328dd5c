/** The plugins: the panel at the side, the badges on the cells, the commands. Each needs only an open notebook. */

import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Badges } from './badges';
import { NotebookCommands } from './commands';
import { findMark, withStep } from './marks';
import { OpenNotebooks } from './notebook';
import type { NotebookSteps } from './notebook';
import { RANK, rendererFactory } from './renderer';
import { pipelineIcon, Sidebar } from './sidebar';

const ID = '@nbops/labextension:pipeline';

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'The steps of the notebook: a panel at the side, a line above each step, commands.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ILayoutRestorer, ICommandPalette, ISessionContextDialogs, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    dialogs: ISessionContextDialogs | null,
    anyTranslator: ITranslator | null
  ) => {
    const began = performance.now();
    const translator = anyTranslator ?? nullTranslator;
    const words = translator.load('nbops');
    const notebooks = new OpenNotebooks();
    const actionsFor = (steps: NotebookSteps) => new NotebookCommands(steps, app.commands, dialogs ?? undefined, translator);

    const sidebar = new Sidebar(tracker, notebooks, actionsFor, words);
    app.shell.add(sidebar, 'right', { rank: 600 });
    restorer?.add(sidebar, sidebar.id);

    const decorate = (_: unknown, panel: NotebookPanel) => {
      const steps = notebooks.of(panel);
      new Badges(steps, actionsFor(steps), words);
    };
    tracker.forEach(panel => decorate(null, panel));
    tracker.widgetAdded.connect(decorate);

    addCommands(app, tracker, notebooks, actionsFor, sidebar, words, palette);
    performance.measure('nbops:activate', { start: began });
  }
};

const recordPlugin: JupyterFrontEndPlugin<void> = {
  id: '@nbops/labextension:record',
  description: 'Shows the records of steps in outputs, with or without a kernel.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, registry: IRenderMimeRegistry, translator: ITranslator | null) => {
    registry.addFactory(rendererFactory((translator ?? nullTranslator).load('nbops')), RANK);
  }
};

type Maker = (steps: NotebookSteps) => NotebookCommands;

function addCommands(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  notebooks: OpenNotebooks,
  actionsFor: Maker,
  sidebar: Sidebar,
  words: ReturnType<ITranslator['load']>,
  palette: ICommandPalette | null
): void {
  const current = () => (tracker.currentWidget ? notebooks.of(tracker.currentWidget) : null);
  const stepHere = () => {
    const mark = findMark(tracker.activeCell?.model.sharedModel.getSource() ?? '');
    return mark?.kind === 'step' || mark?.kind === 'test' ? mark.name : '';
  };
  const add = (id: string, label: string, execute: () => void, isEnabled: () => boolean) => {
    app.commands.addCommand(`nbops:${id}`, { label, execute, isEnabled, describedBy: { args: { type: 'object' } } });
    palette?.addItem({ command: `nbops:${id}`, category: 'nbops' });
  };
  const onStep = (how: 'only' | 'from' | 'until') => () => {
    const steps = current();
    if (steps && stepHere()) actionsFor(steps).run(stepHere(), how);
  };
  app.commands.addCommand('nbops:show', {
    label: words.__('Show Steps'),
    icon: pipelineIcon,
    execute: () => app.shell.activateById(sidebar.id),
    describedBy: { args: { type: 'object' } }
  });
  palette?.addItem({ command: 'nbops:show', category: 'nbops' });
  add('run-step', words.__('Run This Step'), onStep('only'), () => Boolean(stepHere()));
  add('run-from', words.__('Run From This Step'), onStep('from'), () => Boolean(stepHere()));
  add('run-until', words.__('Run Until This Step'), onStep('until'), () => Boolean(stepHere()));
  add('run-stale', words.__('Run Stale Steps'), () => {
    const steps = current();
    if (steps) actionsFor(steps).runStale();
  }, () => Boolean(current()?.steps.some(step => step.stale)));
  add('turn-into-step', words.__('Turn into Step'), () => turnIntoStep(tracker), () => canBecomeStep(tracker));
}

function canBecomeStep(tracker: INotebookTracker): boolean {
  const cell = tracker.activeCell?.model;
  return cell?.type === 'code' && !findMark(cell.sharedModel.getSource()) && !/^\s*%%/.test(cell.sharedModel.getSource());
}

/** Put the mark above the code and select the name, so that it can be typed over. */
function turnIntoStep(tracker: INotebookTracker): void {
  const cell = tracker.activeCell;
  if (!cell || !canBecomeStep(tracker)) return;
  const name = 'new_step';
  cell.model.sharedModel.setSource(withStep(cell.model.sharedModel.getSource(), name));
  cell.editor?.focus();
  cell.editor?.setSelection({ start: { line: 0, column: 7 }, end: { line: 0, column: 7 + name.length } });
}

export default [plugin, recordPlugin];
