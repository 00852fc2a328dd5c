/** The commands: what menus, palette, shortcuts and buttons start. Where they stand is said in `schema/`. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { showErrorMessage } from '@jupyterlab/apputils';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';

import { adopt } from './adopting';
import type { NotebookCommands } from './commands';
import type { Jobs } from './job/jobs';
import { refusalOf } from './job/service';
import type { Words } from './job/service';
import { findMark, withStep } from './marks';
import type { NotebookSteps, OpenNotebooks } from './notebook';
import { pipelineIcon } from './sidebar';
import type { Sidebar } from './sidebar';

export interface Commanded {
  readonly app: JupyterFrontEnd;
  readonly tracker: INotebookTracker;
  readonly notebooks: OpenNotebooks;
  readonly actionsFor: (steps: NotebookSteps) => NotebookCommands;
  readonly sidebar: Sidebar;
  readonly jobs: Jobs;
  readonly words: Words;
  readonly palette: ICommandPalette | null;
}

export function addCommands(commanded: Commanded): void {
  const { app, tracker, notebooks, actionsFor, sidebar, jobs, words, palette } = commanded;
  const current = () => (tracker.currentWidget ? notebooks.of(tracker.currentWidget) : null);
  const stepHere = () => {
    const mark = findMark(tracker.activeCell?.model.sharedModel.getSource() ?? '');
    return mark?.kind === 'step' || mark?.kind === 'test' ? mark.name : '';
  };
  const add = (id: string, label: string, execute: () => void, isEnabled: () => boolean = () => true) => {
    const icon = id === 'show' ? { icon: pipelineIcon } : {};
    app.commands.addCommand(`nbops:${id}`, {
      label, execute, isEnabled, ...icon, describedBy: { args: { type: 'object' } }
    });
    palette?.addItem({ command: `nbops:${id}`, category: 'nbops' });
  };
  const onStep = (how: 'only' | 'from' | 'until') => () => {
    const steps = current();
    if (steps && stepHere()) actionsFor(steps).run(stepHere(), how);
  };
  const isOpen = () => tracker.currentWidget !== null;
  add('show', words.__('Show Steps'), () => app.shell.activateById(sidebar.id));
  add('run-step', words.__('Run This Step'), onStep('only'), () => Boolean(stepHere()));
  add('run-from', words.__('Run From This Step'), onStep('from'), () => Boolean(stepHere()));
  add('run-until', words.__('Run Until This Step'), onStep('until'), () => Boolean(stepHere()));
  add('run-stale', words.__('Run Stale Steps'), () => {
    const steps = current();
    if (steps) actionsFor(steps).runStale();
  }, () => Boolean(current()?.steps.some(step => step.stale)));
  add('turn-into-step', words.__('Turn into Step'), () => turnIntoStep(tracker), () => canBecomeStep(tracker));
  add('run-as-job', words.__('Run as Job…'), () => {
    if (tracker.currentWidget) void jobs.start(tracker.currentWidget);
  }, isOpen);
  add('adopt', words.__('Adopt Notebook…'), () => {
    const panel = tracker.currentWidget;
    if (panel) adopt(panel, jobs.service, words).catch(error => told(words.__('The notebook cannot be adopted'), error));
  }, isOpen);
}

/** Show what went wrong: what happened, where, and how to mend it. */
export function told(title: string, error: unknown): void {
  const refusal = refusalOf(error);
  void showErrorMessage(title, [refusal.message, refusal.where, refusal.fix].filter(Boolean).join('\n'));
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
