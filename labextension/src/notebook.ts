/** One open notebook: its steps, kept up to date. */

import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { IChangedArgs } from '@jupyterlab/coreutils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import { KernelLink } from './kernel';
import type { CellSource, WantedCell } from './kernel';
import type { Ask, Usual } from './answers';
import { findMark } from './marks';
import { recordIn, settled, stepsOf } from './model';
import type { CellView, Pipeline, Step } from './model';
import type { StepFinished } from './records';

/** How long typing must rest before the kernel is asked about the code, in milliseconds; a longer notebook more. */
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

  /** What asks the kernel; null where nbops is not loaded. */
  get ask(): Ask | null {
    return this.link.ask;
  }

  /** What each step usually takes, in seconds. */
  get usual(): Usual['seconds'] {
    return this.link.usual;
  }

  /** How many cells of code belong to no step. */
  get plainCells(): number {
    return [...this.views.values()].filter(view => !view.mark).length;
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
    this.views.clear();
    for (const cell of this.panel.content.model?.cells ?? []) {
      cell.contentChanged.connect(this.onContent, this); // harmless when it is connected already
      cell.stateChanged.connect(this.onState, this);
      if (cell.type !== 'code') continue;
      const code = cell as ICodeCellModel;
      this.views.set(cell.id, viewOf(code));
      this.cellOf.set(code.outputs, code);
      code.outputs.changed.connect(this.onOutputs, this);
    }
    this.soon();
    this.readSoon();
  }

  /** What is typed changes the steps at once only when it is a mark; what the code says is asked when typing rests. */
  private onContent(cell: ICellModel): void {
    const known = this.views.get(cell.id);
    if (known) {
      const mark = findMark(cell.sharedModel.getSource());
      if (mark?.kind !== known.mark?.kind || mark?.name !== known.mark?.name) {
        this.views.set(cell.id, { ...known, mark });
        this.soon();
      }
    }
    this.readSoon();
  }

  private onState(cell: ICellModel, change: IChangedArgs<unknown>): void {
    const known = this.views.get(cell.id);
    if (!known || change.name !== 'executionState') return;
    const isRunning = (cell as ICodeCellModel).executionState === 'running';
    if (isRunning === known.isRunning) return;
    this.views.set(cell.id, { ...known, isRunning, since: isRunning ? Date.now() / 1000 : 0 });
    this.soon();
  }

  /** Printed lines come by the hundred: only a record that comes or goes changes a step. */
  private onOutputs(outputs: ICodeCellModel['outputs']): void {
    const cell = this.cellOf.get(outputs);
    const known = cell && this.views.get(cell.id);
    if (!known) return;
    const records = recordsOf(outputs);
    const isSame = records.length === known.records.length && records.every((record, i) => record.at === known.records[i]?.at);
    if (isSame) return;
    this.views.set(cell.id, { ...known, records });
    this.soon();
  }

  private readSoon(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.link.read(this.sources()), REST + this.views.size);
  }

  private onKernel(): void {
    if (this.link.isConnected && !this.link.pipeline) this.link.read(this.sources());
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
    const { pipeline, usual, ask } = this.link;
    const steps = settled(stepsOf([...this.views.values()], pipeline), this._steps);
    const told = [pipeline, usual, ask, Boolean(this.panel.sessionContext.session?.kernel), ...steps];
    if (told.length === this.told.length && told.every((one, i) => one === this.told[i])) return;
    this.told = told;
    this._steps = steps;
    this._changed.emit();
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
  private readonly views = new Map<string, CellView>();
  private readonly cellOf = new WeakMap<ICodeCellModel['outputs'], ICodeCellModel>();
  /** What the views were told last. */
  private told: readonly unknown[] = [];
  private frame = 0;
  private timer = 0;
  private readonly _changed = new Signal<this, void>(this);
}

function viewOf(cell: ICodeCellModel): CellView {
  const isRunning = cell.executionState === 'running';
  return { id: cell.id, mark: findMark(cell.sharedModel.getSource()), records: recordsOf(cell.outputs), isRunning, since: 0 };
}

function recordsOf(outputs: ICodeCellModel['outputs']): StepFinished[] {
  const found: StepFinished[] = [];
  for (let i = 0; i < outputs.length; i += 1) {
    const record = recordIn(outputs.get(i).data);
    if (record) found.push(record);
  }
  return found;
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
