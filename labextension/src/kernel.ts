/** Asking the kernel of a notebook what its cells say: nbops in the kernel answers, where it is loaded. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import { Conversation } from './answers';
import type { Ask, Usual } from './answers';
import type { Pipeline } from './model';

/** The name under which both sides know the conversation. */
const TARGET = 'nbops';
/** The name under which the kernel asks for the notebook's own cells to be run (`%nbops run`). */
const CELLS_TARGET = 'nbops.cells';

/** A cell that the kernel wants to be run. */
export interface WantedCell {
  readonly id: string;
  readonly index: number;
}

export interface CellSource {
  readonly id: string;
  readonly kind: 'code' | 'markdown' | 'raw';
  readonly source: string;
  readonly tags: readonly string[];
}

/** The conversation with the kernel of one notebook; it begins anew when the kernel does. */
export class KernelLink {
  constructor(private readonly context: ISessionContext) {
    context.kernelChanged.connect(this.onKernelChanged, this);
    context.statusChanged.connect(this.onStatusChanged, this);
    void this.meet(context.session?.kernel ?? null);
  }

  /** What the kernel said last; null when it said nothing. */
  get pipeline(): Pipeline | null {
    return this._pipeline;
  }

  /** Whether nbops is loaded in the kernel. */
  get isConnected(): boolean {
    return this.comm !== null;
  }

  /** What asks the kernel; null while nbops is not loaded in it. */
  get ask(): Ask | null {
    return this.conversation?.ask ?? null;
  }

  /** What each step usually takes, in seconds; empty when nobody knows. */
  get usual(): Usual['seconds'] {
    return this._usual;
  }

  /** The kernel said something new, or went away. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The kernel asks for cells of the notebook to be run, in this order. */
  get runAsked(): ISignal<this, readonly WantedCell[]> {
    return this._runAsked;
  }

  dispose(): void {
    this.context.kernelChanged.disconnect(this.onKernelChanged, this);
    this.context.statusChanged.disconnect(this.onStatusChanged, this);
    this.forget();
    Signal.clearData(this);
  }

  /** Ask what these cells say; the answer comes by `changed`, and only the last question is answered. */
  read(cells: readonly CellSource[]): void {
    if (!this.comm || this.comm.isDisposed) return;
    this.asked += 1;
    this.comm.send({ ask: 'pipeline', number: this.asked, cells: cells as never });
  }

  private onKernelChanged(_: ISessionContext, change: { newValue: Kernel.IKernelConnection | null }): void {
    this.forget();
    void this.meet(change.newValue);
  }

  private onStatusChanged(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') this.forget();
  }

  private forget(): void {
    if (this.comm && !this.comm.isDisposed) this.comm.dispose();
    this.comm = null;
    this.conversation?.end();
    this.conversation = null;
    this._pipeline = null;
    this._changed.emit();
  }

  /** Wait for nbops to be loaded in `kernel`, and call it when it is loaded there already. */
  private async meet(kernel: Kernel.IKernelConnection | null): Promise<void> {
    if (!kernel) return;
    kernel.registerCommTarget(TARGET, comm => this.take(comm));
    try {
      const known = await kernel.requestCommInfo({ target_name: TARGET });
      if (known.content.status !== 'ok' || this.comm || kernel.isDisposed) return;
      if (Object.keys(known.content.comms).length === 0) return;
      const comm = kernel.createComm(TARGET);
      comm.open({});
      this.take(comm);
    } catch (error) {
      // the kernel went away while it was asked: the next one is met by itself
      console.debug('nbops: the kernel did not say whether nbops is loaded', error);
    }
  }

  private take(comm: Kernel.IComm): void {
    this.comm = comm;
    this.conversation?.end();
    const conversation = (this.conversation = new Conversation(message => {
      if (comm.isDisposed) conversation.end();
      else comm.send(message as never);
    }));
    comm.onMsg = message => this.hear(comm, message);
    comm.onClose = () => {
      if (this.comm === comm) this.comm = null;
      conversation.end();
    };
    this.offerCells();
    this.askUsual(conversation.ask);
    this._changed.emit();
  }

  private askUsual(ask: Ask): void {
    ask('usual', {}).then(
      said => {
        this._usual = said.seconds;
        this._changed.emit();
      },
      () => undefined // times are shown without what is usual
    );
  }

  /** Tell the kernel that this page can run the notebook's cells, so that `%nbops run` runs them and no copies. */
  private offerCells(): void {
    const offer = this.context.session?.kernel?.createComm(CELLS_TARGET);
    if (!offer) return;
    offer.onMsg = message => {
      const said = message.content.data as { verb?: string; cells?: WantedCell[] };
      if (said.verb === 'run') this._runAsked.emit(said.cells ?? []);
    };
    offer.open({});
  }

  private hear(comm: Kernel.IComm, message: KernelMessage.ICommMsgMsg): void {
    const said = message.content.data as { answer?: string; number?: number; pipeline?: unknown };
    if (comm !== this.comm || this.conversation?.hear(said) || said.answer !== 'pipeline' || said.number !== this.asked) return;
    const now = renewed((said.pipeline as Pipeline | null) ?? null, this._pipeline);
    if (now === this._pipeline) return;
    this._pipeline = now;
    this._changed.emit();
  }

  private comm: Kernel.IComm | null = null;
  private conversation: Conversation | null = null;
  private asked = 0;
  private _usual: Usual['seconds'] = {};
  private _pipeline: Pipeline | null = null;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _runAsked = new Signal<this, readonly WantedCell[]>(this);
}

/** Return what the kernel says now, with the parts that are as they were by the very same objects: views can tell. */
function renewed(now: Pipeline | null, old: Pipeline | null): Pipeline | null {
  if (!now || !old) return now;
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const layout = isSame(now.layout, old.layout) ? old.layout : now.layout;
  const edges = isSame(now.edges, old.edges) ? old.edges : now.edges;
  const isOld = layout === old.layout && edges === old.edges && isSame([now.hashes, now.problems], [old.hashes, old.problems]);
  return isOld ? old : { ...now, layout, edges };
}
