/** Following the job of one notebook: the server is asked while it runs, and the line above the notebook tells it. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { h, render } from 'preact';
import type { JSX } from 'preact';

import { refusalOf } from './service';
import type { Job, JobService, Words } from './service';
import { Strip } from './strip';

/** How often the server is asked, in milliseconds: while a job runs, and while the server does not answer. */
const ASK = 700;
const ASK_AGAIN = 5_000;
/** How long a job that is over is told by a page that is loaded anew, in seconds. */
const RECENT = 3_600;
const DISMISSED = 'nbops:dismissed';

export interface Reader {
  /** Open the executed notebook beside. */
  open(run: string): void;
  /** Show the dialog again, where *Resume* is offered. */
  resume(): void;
  /** Whether the executed notebook is to be opened when a job that was started here ends. */
  opensExecuted(): boolean;
}

export class JobFollower {
  constructor(
    private readonly panel: NotebookPanel,
    private readonly service: JobService,
    private readonly reader: Reader,
    private readonly words: Words
  ) {
    panel.disposed.connect(() => this.dispose());
    panel.context.ready.then(() => this.meet()).catch(reason => console.error('nbops:', reason));
  }

  /** Follow a run that was started from this page. */
  follow(run: string): void {
    this.startedHere = run;
    this.isStopping = false;
    void this.look(run);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    window.clearInterval(this.clock);
    this.strip?.dispose();
  }

  /** A page that is loaded anew asks what became of the notebook's newest job. */
  private async meet(): Promise<void> {
    try {
      const job = await this.service.newest(this.path);
      if (!job || this.startedHere || this.panel.isDisposed) return;
      const isOld = Date.now() / 1000 - job.at - job.seconds > RECENT;
      if (job.is_over && (isOld || localStorage.getItem(DISMISSED) === job.run)) return;
      this.take(job);
    } catch (error) {
      // no notebook of this server's folder, or a server without nbops: who wants a job is told then
      console.debug('nbops: no job is known', refusalOf(error).said);
    }
  }

  private get path(): string {
    return this.panel.context.localPath;
  }

  private async look(run: string): Promise<void> {
    window.clearTimeout(this.timer);
    try {
      const job = await this.service.job(this.path, run);
      this.trouble = '';
      if (!this.panel.isDisposed) this.take(job);
    } catch (error) {
      this.trouble = refusalOf(error).said;
      this.draw();
      if (!this.panel.isDisposed) this.timer = window.setTimeout(() => void this.look(run), ASK_AGAIN);
    }
  }

  private take(job: Job): void {
    const hasEnded = job.is_over && this.startedHere === job.run && !(this.job?.run === job.run && this.job.is_over);
    this.offset = Date.now() / 1000 - job.at - job.seconds;
    this.job = job;
    this.draw();
    window.clearInterval(this.clock);
    if (!job.is_over) {
      this.timer = window.setTimeout(() => void this.look(job.run), ASK);
      this.clock = window.setInterval(() => this.draw(), 1_000);
    } else if (hasEnded && job.has_notebook && this.reader.opensExecuted()) {
      this.reader.open(job.run);
    }
  }

  private draw(): void {
    const { job, panel } = this;
    if (!job || panel.isDisposed) return;
    if (!this.strip || this.strip.isDisposed) {
      this.strip = new StripWidget();
      panel.contentHeader.addWidget(this.strip);
    }
    const since = Date.now() / 1000 - job.at - this.offset;
    const view = h(Strip, {
      job,
      seconds: job.is_over ? job.seconds : Math.max(job.seconds, since),
      trouble: this.trouble,
      isStopping: this.isStopping,
      words: this.words,
      stop: () => void this.stop(),
      open: () => this.reader.open(job.run),
      resume: () => this.reader.resume(),
      close: () => this.close()
    });
    this.strip.show();
    this.strip.draw(view);
  }

  private async stop(): Promise<void> {
    if (!this.job) return;
    this.isStopping = true;
    this.draw();
    try {
      await this.service.stop(this.path, this.job.run);
    } catch (error) {
      this.trouble = refusalOf(error).said;
      this.isStopping = false;
      this.draw();
    }
  }

  private close(): void {
    if (this.job) localStorage.setItem(DISMISSED, this.job.run);
    this.strip?.dispose();
    this.job = null;
    this.panel.content.node.focus();
  }

  private strip: StripWidget | null = null;
  private job: Job | null = null;
  private startedHere = '';
  private trouble = '';
  private isStopping = false;
  private offset = 0;
  private timer = 0;
  private clock = 0;
}

/** As high as what stands in it: the layout of Lumino asks for a least height, and gives no more. */
class StripWidget extends Widget {
  constructor() {
    super();
    this.addClass('nbops-job-place');
    this.inner = document.createElement('div');
    this.node.append(this.inner);
    this.sizes.observe(this.inner);
  }

  draw(view: JSX.Element): void {
    render(view, this.inner);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.sizes.disconnect();
    render(null, this.inner);
    super.dispose();
  }

  private readonly inner: HTMLElement;
  private readonly sizes = new ResizeObserver(() => {
    this.node.style.minHeight = `${this.inner.offsetHeight}px`;
    this.parent?.fit();
  });
}
