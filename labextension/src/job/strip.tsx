/** The line above a notebook that tells how its job goes. No JupyterLab in here. */

import type { JSX } from 'preact';

import { Glyph } from '../glyphs';
import { duration, line } from '../words';
import type { Job, JobStep, Words } from './service';

export interface StripProps {
  readonly job: Job;
  /** How long it has taken by now, in seconds. */
  readonly seconds: number;
  /** What went wrong while the server was asked; empty when nothing did. */
  readonly trouble: string;
  readonly isStopping: boolean;
  readonly words: Words;
  readonly stop: () => void;
  readonly open: () => void;
  readonly resume: () => void;
  readonly close: () => void;
}

const DONE = new Set(['passed', 'warned', 'skipped', 'failed', 'error', 'interrupted', 'refused']);

export function Strip(props: StripProps): JSX.Element {
  const { job, words } = props;
  const done = job.steps.filter(step => DONE.has(step.status)).length;
  const kind = job.is_bad ? ' is-bad' : job.status === 'warned' ? ' is-warned' : '';
  return (
    <section class={`nbops nbops-job${kind}`} aria-label={words.__('Job @%1', job.id)} data-run={job.run} data-status={job.status}>
      <div class="row">
        <span class="grow el" role="status" aria-live="polite">
          <span class={`s-${job.status}`}><Glyph status={job.status} /> {words.__('Job')} {job.status}</span>{' '}
          <span class="mono">@{job.id}</span>{' '}
          <span class="muted">{summary(job, done, words)}</span>
        </span>
        <span class="muted n">{clock(props)}</span>
        <Buttons {...props} />
      </div>
      <div class="bar-of-steps" role="progressbar" aria-label={words.__('Steps done')} aria-valuemin={0}
        aria-valuemax={job.steps.length || 1} aria-valuenow={job.steps.length ? done : Number(job.is_over)}>
        {job.steps.map(step => <i class={step.status} key={step.name} title={`${line(step.name, 80)}: ${step.status}`} />)}
      </div>
      {props.trouble ? <div class="muted" role="alert">{line(props.trouble, 300)}</div> : null}
      {job.reason && job.is_over ? <div class="reason">{line(job.reason, 400)}</div> : null}
      {job.steps.length || job.said ? (
        <details>
          <summary class="muted xs">{words.__('Steps of the job')}</summary>
          <ul>{job.steps.map(step => <StepLine step={step} key={step.name} />)}</ul>
          {job.said ? <pre class="said" tabIndex={0} aria-label={words.__('What the job said')}>{job.said}</pre> : null}
        </details>
      ) : null}
    </section>
  );
}

function Buttons({ job, words, isStopping, stop, open, resume, close }: StripProps): JSX.Element {
  if (!job.is_over) {
    return <button class="act" disabled={isStopping} onClick={stop}>{isStopping ? words.__('Stopping…') : words.__('Stop')}</button>;
  }
  return (
    <>
      {job.is_bad ? <button class="act" onClick={resume}>{words.__('Resume…')}</button> : null}
      {job.has_notebook ? <button class="act" onClick={open}>{words.__('Open executed notebook')}</button> : null}
      <button class="act" onClick={close}>{words.__('Dismiss')}</button>
    </>
  );
}

function StepLine({ step }: { step: JobStep }): JSX.Element {
  return (
    <li data-step={step.name} data-status={step.status}>
      <span class={`s-${step.status}`}><Glyph status={step.status} /> {step.status}</span>{' '}
      <span class="mono">{line(step.name, 80)}</span>{' '}
      <span class="muted">
        {[step.seconds === null ? '' : duration(step.seconds), line(step.remark, 200)].filter(Boolean).join(' · ')}
      </span>
    </li>
  );
}

function summary(job: Job, done: number, words: Words): string {
  const running = job.steps.filter(step => step.status === 'running').map(step => line(step.name, 40));
  const bad = (job.tests.failed ?? 0) + (job.tests.error ?? 0);
  return [
    job.env,
    job.resumes ? words.__('goes on with @%1', job.resumes) : '',
    job.steps.length ? words.__('%1 of %2 steps', done, job.steps.length) : '',
    running.join(', '),
    bad ? words._n('%1 test failed', '%1 tests failed', bad, bad) : ''
  ].filter(Boolean).join(' · ');
}

function clock({ job, seconds, words }: StripProps): string {
  const usual = job.usual_seconds ? ` · ${words.__('usually %1', duration(job.usual_seconds))}` : '';
  return duration(seconds) + usual;
}
