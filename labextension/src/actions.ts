/** What the buttons do: the real cells of the notebook are run, as if a person did. */

import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { ITranslator } from '@jupyterlab/translation';

import { chosen } from './model';
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

  /** Run the cells of a step, or of all steps that belong to the choice, in the notebook's order. */
  run(name: string, how: 'only' | 'from' | 'until'): void {
    this.runSteps(chosen(this.steps.steps, this.steps.pipeline, name, how));
  }

  /** Run the steps whose result may no longer be true. */
  runStale(): void {
    this.runSteps(this.steps.steps.filter(step => step.stale).map(step => step.name));
  }

  /** Interrupt the kernel. */
  stop(): void {
    void this.steps.panel.sessionContext.session?.kernel?.interrupt();
  }

  private runSteps(names: readonly string[]): void {
    const wanted = new Set(
      this.steps.steps.filter(step => names.includes(step.name)).flatMap(step => step.parts.map(part => part.cellId))
    );
    const { content, sessionContext } = this.steps.panel;
    const cells = content.widgets.filter(cell => wanted.has(cell.model.id));
    void NotebookActions.runCells(content, cells, sessionContext, this.dialogs, this.translator);
  }
}
