/** What the buttons do in JupyterLab: the real cells of the notebook are run, as if a person did. */

import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { ITranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { Actions } from './actions';
import { chosen } from './model';
import type { Step } from './model';
import type { NotebookSteps } from './notebook';
import { inGraphOrder } from './order';
import type { CheckResult } from './records';

const ADOPT = 'nbops:adopt';

export class NotebookCommands implements Actions {
  constructor(
    private readonly steps: NotebookSteps,
    private readonly commands: CommandRegistry,
    private readonly dialogs: ISessionContextDialogs | undefined,
    private readonly translator: ITranslator
  ) {
    if (commands.hasCommand(ADOPT)) this.adopt = () => void commands.execute(ADOPT);
  }

  readonly adopt?: () => void;

  open(name: string): void {
    const { content } = this.steps.panel;
    const at = this.cellOf(name);
    if (at < 0) return;
    content.activeCellIndex = at;
    content.deselectAll();
    void content.scrollToItem(at, 'smart');
    content.node.focus();
  }

  run(name: string, how: 'only' | 'from' | 'until'): void {
    const names = chosen(this.steps.steps, this.steps.pipeline, name, how);
    this.runSteps(inGraphOrder(names, this.steps.pipeline));
  }

  runStale(): void {
    this.runSteps(inGraphOrder(this.steps.steps.filter(step => step.stale).map(step => step.name), this.steps.pipeline));
  }

  stop(): void {
    void this.steps.panel.sessionContext.session?.kernel?.interrupt();
  }

  openRows(step: Step, test: CheckResult): void {
    const { content } = this.steps.panel;
    const at = this.cellOf(step.name);
    const ref = [(step.record?.run ?? '').slice(0, 8), step.name, test.name].join('::');
    content.activeCellIndex = at < 0 ? content.widgets.length - 1 : at;
    NotebookActions.insertBelow(content);
    content.activeCell?.model.sharedModel.setSource(`import nbops\nnbops.failing(${JSON.stringify(ref)})`);
    void NotebookActions.run(content, this.steps.panel.sessionContext, this.dialogs, this.translator);
  }

  startKernel(): void {
    const { sessionContext } = this.steps.panel;
    const name = sessionContext.prevKernelName;
    if (name) void sessionContext.changeKernel({ name });
    else void this.dialogs?.selectKernel(sessionContext);
  }

  turnIntoStep(): void {
    void this.commands.execute('nbops:turn-into-step');
  }

  private cellOf(name: string): number {
    const first = this.steps.steps.find(step => step.name === name)?.parts[0];
    return this.steps.panel.content.widgets.findIndex(cell => cell.model.id === first?.cellId);
  }

  private runSteps(names: readonly string[]): void {
    const { content, sessionContext } = this.steps.panel;
    const steps = names.flatMap(name => this.steps.steps.filter(step => step.name === name));
    const wanted = steps.flatMap(step => step.parts.map(part => part.cellId));
    const cells = wanted.flatMap(id => content.widgets.filter(cell => cell.model.id === id));
    void NotebookActions.runCells(content, cells, sessionContext, this.dialogs, this.translator);
  }
}
