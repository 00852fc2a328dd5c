/** One open notebook: its steps, kept up to date. */

import type { ICodeCellModel } from '@jupyterlab/cells';
import { NotebookActions } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import { KernelLink } from './kernel';
import type { CellSource, WantedCell } from './kernel';
import { stepsOf } from './model';
import type { CellView, Pipeline, Step } from './model';

/** How long typing must rest before the kernel is asked about the code, in milliseconds. */
const REST = 400;

export class NotebookSteps {
  constructor(readonly panel: NotebookPanel) {
    this.link = new KernelLink(panel.sessionContext);
    this.link.changed.connect(this.onKernel, this);
    this.link.runAsked.connect(this.onRunAsked, this);
    panel.context.ready.then(() => this.watch()).catch(reason => console.error('nbops:', reason));
    panel.disposed.connect(() => this.dispose());
  }

  /** The steps in the order of the notebook. */
  get steps(): readonly Step[] {
    return this._steps;
  }

  /** What the kernel says of the code; null where nbops is not loaded. */
  get pipeline(): Pipeline | null {
    return this.link.pipeline;
  }

  /** Whether nbops is loaded in the notebook's kernel. */
  get isLive(): boolean {
    return this.link.isConnected;
  }

  /** The name of the notebook, without its suffix. */
  get name(): string {
    return this.panel.context.path.replace(/^.*\//, '').replace(/\.[^.]*$/, '');
  }

  /** Something changed; at most once a frame. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.link.dispose();
    Signal.clearData(this);
  }

  private watch(): void {
    const cells = this.panel.content.model?.cells;
    if (!cells || this.panel.isDisposed) return;
    cells.changed.connect(this.onCells, this);
    this.onCells();
  }

  private onCells(): void {
    for (const cell of this.panel.content.model?.cells ?? []) {
      cell.contentChanged.connect(this.onContent, this); // harmless when it is connected already
      cell.stateChanged.connect(this.soon, this);
      if (cell.type === 'code') (cell as ICodeCellModel).outputs.changed.connect(this.soon, this);
    }
    this.onContent();
  }

  private onContent(): void {
    this.soon();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.link.ask(this.sources()), REST);
  }

  private onKernel(): void {
    if (this.link.isConnected && !this.link.pipeline) this.link.ask(this.sources());
    this.soon();
  }

  private onRunAsked(_: KernelLink, wanted: readonly WantedCell[]): void {
    const { content, sessionContext } = this.panel;
    const cells = wanted.flatMap(one => content.widgets.filter(cell => cell.model.id === one.id));
    void NotebookActions.runCells(content, cells, sessionContext);
  }

  private soon(): void {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.update());
  }

  private update(): void {
    this.frame = 0;
    if (this.panel.isDisposed) return;
    this._steps = stepsOf(this.cells(), this.link.pipeline);
    this._changed.emit();
  }

  private cells(): CellView[] {
    const views: CellView[] = [];
    for (const cell of this.panel.content.model?.cells ?? []) {
      if (cell.type !== 'code') continue;
      const code = cell as ICodeCellModel;
      const outputs = Array.from({ length: code.outputs.length }, (_, i) => ({ data: code.outputs.get(i).data }));
      const isRunning = code.executionState === 'running';
      views.push({ id: cell.id, source: cell.sharedModel.getSource(), outputs, isRunning });
    }
    return views;
  }

  private sources(): CellSource[] {
    return [...(this.panel.content.model?.cells ?? [])].map(cell => ({
      id: cell.id,
      kind: cell.type as CellSource['kind'],
      source: cell.sharedModel.getSource(),
      tags: (cell.getMetadata('tags') as string[] | undefined) ?? []
    }));
  }

  private readonly link: KernelLink;
  private _steps: readonly Step[] = [];
  private frame = 0;
  private timer = 0;
  private readonly _changed = new Signal<this, void>(this);
}

/** The steps of all open notebooks, each made when it is first asked for. */
export class OpenNotebooks {
  /** Return the steps of a notebook. */
  of(panel: NotebookPanel): NotebookSteps {
    let known = this.known.get(panel);
    if (!known) {
      known = new NotebookSteps(panel);
      this.known.set(panel, known);
    }
    return known;
  }

  private readonly known = new WeakMap<NotebookPanel, NotebookSteps>();
}
