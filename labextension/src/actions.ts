/** What the buttons do: the real cells of the notebook are run, as if a person did. */

import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { ITranslator } from '@jupyterlab/translation';

import { chosen } from './model';
import { inGraphOrder } from './order';
import type { NotebookSteps } from './notebook';
import type { Actions } from './view';

export class NotebookCommands implements Actions {
  constructor(
    private readonly steps: NotebookSteps,
    private readonly dialogs: ISessionContextDialogs | undefined,
    private readonly translator: ITranslator
  ) {}

  /** Go to the first cell of a step. */
  open(name: string): void {
    const { content } = this.steps.panel;
    const first = this.steps.steps.find(step => step.name === name)?.parts[0];
    const at = content.widgets.findIndex(cell => cell.model.id === first?.cellId);
    if (at < 0) return;
    content.activeCellIndex = at;
    content.deselectAll();
    void content.scrollToItem(at, 'smart');
    content.node.focus();
  }

  /** Run the cells of a step, or of all steps that belong to the choice, each after those that it reads from. */
  run(name: string, how: 'only' | 'from' | 'until'): void {
    const names = chosen(this.steps.steps, this.steps.pipeline, name, how);
    this.runSteps(inGraphOrder(names, this.steps.pipeline));
  }

  /** Run the steps whose result may no longer be true, each after those that it reads from. */
  runStale(): void {
    this.runSteps(inGraphOrder(this.steps.steps.filter(step => step.stale).map(step => step.name), this.steps.pipeline));
  }

  /** Interrupt the kernel. */
  stop(): void {
    void this.steps.panel.sessionContext.session?.kernel?.interrupt();
  }

  private runSteps(names: readonly string[]): void {
    const { content, sessionContext } = this.steps.panel;
    const steps = names.flatMap(name => this.steps.steps.filter(step => step.name === name));
    const wanted = steps.flatMap(step => step.parts.map(part => part.cellId));
    const cells = wanted.flatMap(id => content.widgets.filter(cell => cell.model.id === id));
    void NotebookActions.runCells(content, cells, sessionContext, this.dialogs, this.translator);
  }
}
