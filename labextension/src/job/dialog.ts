/** The dialog *Run as job…*: it stays open until the job has begun, and says beside which field something is wrong. */

import { Dialog } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';
import { h, render } from 'preact';

import { FormState, FormView } from './form';
import { refusalOf } from './service';
import type { JobForm, JobService, Words } from './service';

/** How long typing must rest before it is checked, in milliseconds. */
const REST = 300;
const RESUME = 1;
const RUN = 2;

/** Ask for the parameters of a job and start it; return its run, or null when nobody wants it any more. */
export async function askForJob(service: JobService, path: string, env: string, words: Words): Promise<string | null> {
  const form = await service.form(path, env);
  const body = new JobBody(service, path, form, words);
  const dialog = new JobDialog(body, words.__('Run as job: %1', form.name), words);
  body.changed = () => dialog.showResume(body.resumes !== '');
  body.changed();
  await dialog.launch();
  return body.run;
}

class JobBody extends Widget {
  constructor(
    private readonly service: JobService,
    private readonly path: string,
    private form: JobForm,
    private readonly words: Words
  ) {
    super();
    this.addClass('nbops-job-body');
    this.state = new FormState(form, () => this.onTyped());
  }

  /** The run that was started; null before. */
  run: string | null = null;
  changed: () => void = () => undefined;

  /** The run that one can go on with; empty when there is none. */
  get resumes(): string {
    return this.form.resume?.run ?? '';
  }

  /** Start the job, and return whether it has begun. */
  async begin(isResumed: boolean): Promise<boolean> {
    if (this.state.isBusy) return false;
    this.state.isBusy = true;
    this.state.refusal = null;
    this.draw();
    try {
      const wish = isResumed
        ? { values: this.state.secrets(), env: this.state.env, resumes: this.resumes }
        : { values: this.state.given(), env: this.state.env };
      this.run = await this.service.start(this.path, wish);
      return true;
    } catch (error) {
      const refusal = refusalOf(error);
      this.state.errors = refusal.errors;
      this.state.refusal = Object.keys(refusal.errors).length ? null : refusal;
      return false;
    } finally {
      this.state.isBusy = false;
      this.draw();
      this.node.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
    }
  }

  /** Drawn only now: the dialog wraps the controls that it finds before, and they would not be drawn anew. */
  protected override onAfterAttach(): void {
    this.draw();
  }

  protected override onBeforeDetach(): void {
    window.clearTimeout(this.timer);
    render(null, this.node);
  }

  private onTyped(): void {
    this.draw();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.check(), REST);
  }

  /** What was touched is told at once when it is wrong; what is only missing is told when the job is to begin. */
  private async check(): Promise<void> {
    try {
      const errors = await this.service.check(this.path, this.state.given());
      this.state.errors = Object.fromEntries(Object.entries(errors).filter(([name]) => this.state.isTouched(name)));
    } catch (error) {
      this.state.refusal = refusalOf(error);
    }
    if (!this.isDisposed) this.draw();
  }

  private async chooseEnv(env: string): Promise<void> {
    this.state.env = env;
    this.draw();
    try {
      this.form = { ...this.form, resume: (await this.service.form(this.path, env)).resume };
    } catch (error) {
      this.state.refusal = refusalOf(error);
    }
    if (this.isDisposed) return;
    this.changed();
    this.draw();
  }

  private draw(): void {
    if (!this.isAttached) return;
    const { form, words, state } = this;
    render(h(FormView, { form, words, state, chooseEnv: (env: string) => void this.chooseEnv(env) }), this.node);
  }

  private readonly state: FormState;
  private timer = 0;
}

class JobDialog extends Dialog<unknown> {
  constructor(
    private readonly body: JobBody,
    title: string,
    words: Words
  ) {
    super({
      title,
      body,
      buttons: [
        Dialog.cancelButton({ label: words.__('Cancel') }),
        Dialog.okButton({ label: words.__('Resume'), className: 'nbops-resume' }),
        Dialog.okButton({ label: words.__('Run now') })
      ],
      defaultButton: RUN,
      focusNodeSelector: '[data-field] input, [data-field] select'
    });
    this.node.setAttribute('aria-label', title);
    this.addClass('nbops-dialog');
  }

  showResume(isShown: boolean): void {
    this.node.querySelector<HTMLElement>('.nbops-resume')?.toggleAttribute('hidden', !isShown);
  }

  /** A button that accepts starts the job, and closes the dialog only when it has begun. */
  override resolve(index?: number): void {
    const pressed = index ?? RUN;
    if (pressed !== RUN && pressed !== RESUME) return super.resolve(index);
    void this.body.begin(pressed === RESUME).then(hasBegun => {
      if (hasBegun) super.resolve(pressed);
    });
  }
}
