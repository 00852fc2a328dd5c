/** The form of a job: a control for each parameter, its error beside it, the environment. No JupyterLab in here. */

import { Component } from 'preact';
import type { JSX } from 'preact';

import { line } from '../words';
import type { Errors, Field, JobForm, Refusal, Resumable, Value, Values, Words } from './service';

export interface FormProps {
  readonly form: JobForm;
  readonly words: Words;
  readonly state: FormState;
}

/** What was typed so far. It outlives the drawing, and is asked when a button of the dialog is pressed. */
export class FormState {
  constructor(
    private form: JobForm,
    private readonly onChange: () => void
  ) {
    this.env = form.env;
  }

  env: string;
  errors: Errors = {};
  refusal: Refusal | null = null;
  isBusy = false;

  /** What a control shows. */
  shown(field: Field): Value {
    const typed = this.typed.get(field.name);
    return typed === undefined ? (field.value ?? '') : typed;
  }

  set(field: Field, value: Value): void {
    this.typed.set(field.name, value);
    const { [field.name]: _, ...others } = this.errors;
    this.errors = others;
    this.refusal = null;
    this.onChange();
  }

  /** What is given: all that differs from its default; an empty control is none. */
  given(): Values {
    const given: Record<string, Value> = {};
    for (const field of this.form.fields) {
      const typed = this.typed.get(field.name);
      if (typed === undefined || typed === field.value) continue;
      if (typed === '' && field.value === null) continue;
      given[field.name] = typed;
    }
    return given;
  }

  /** The secrets among them, which no record of an earlier run holds. */
  secrets(): Values {
    const secret = new Set(this.form.fields.filter(field => field.kind === 'secret').map(field => field.name));
    return Object.fromEntries(Object.entries(this.given()).filter(([name]) => secret.has(name)));
  }

  /** Which of its controls were touched. */
  isTouched(name: string): boolean {
    return this.typed.has(name);
  }

  private readonly typed = new Map<string, Value>();
}

export class FormView extends Component<FormProps & { chooseEnv: (env: string) => void }> {
  override render(): JSX.Element {
    const { form, words, state, chooseEnv } = this.props;
    const bad = Object.keys(state.errors).length;
    return (
      <div class="nbops nbops-form" aria-busy={state.isBusy}>
        <p class="muted">
          {words._n('%1 step', '%1 steps', form.steps.length, form.steps.length)}{' · '}
          {words.__('runs in a process of its own, from the saved notebook')}
        </p>
        {form.resume ? <Resume resume={form.resume} words={words} /> : null}
        <div class="field">
          <label for="nbops-env">{words.__('Environment (nbops)')}</label>
          <select id="nbops-env" value={state.env} onChange={event => chooseEnv(event.currentTarget.value)}>
            {form.environments.map(env => <option value={env} key={env}>{env}</option>)}
          </select>
        </div>
        {form.fields.map(field => <Control field={field} words={words} state={state} key={field.name} />)}
        {form.fields.length ? null : (
          <p class="muted">{words.__('The notebook declares no parameters: a cell %1 would.', '%%params')}</p>
        )}
        {form.problems.map(problem => <p class="muted" key={problem}>{line(problem)}</p>)}
        <div class="told" role="alert">
          {state.refusal ? (
            <>
              <span class="bad">{line(state.refusal.message, 400)}</span>
              {state.refusal.where ? <span class="muted"> {line(state.refusal.where, 200)}</span> : null}
              {state.refusal.fix ? <div class="mono">{line(state.refusal.fix, 300)}</div> : null}
            </>
          ) : bad ? <span class="bad">{words._n('%1 parameter is wrong', '%1 parameters are wrong', bad, bad)}</span> : null}
        </div>
      </div>
    );
  }
}

function Resume({ resume, words }: { resume: Resumable; words: Words }): JSX.Element {
  const given = Object.entries(resume.given).map(([name, value]) => `${name}=${value}`).join(', ');
  return (
    <div class="resumable">
      <b>{words.__('@%1 %2 at %3', resume.id, resume.status, line(resume.step || '–', 60))}</b>
      {resume.reason ? <div class="el" title={line(resume.reason)}>{line(resume.reason, 200)}</div> : null}
      <div class="muted">
        {words.__('Resume goes on with it: %1 of %2 steps are restored, unless they changed', resume.passed, resume.steps)}
        {given ? ` · ${words.__('with its parameters: %1', line(given, 200))}` : ''}
      </div>
    </div>
  );
}

interface ControlProps {
  readonly field: Field;
  readonly words: Words;
  readonly state: FormState;
}

function Control({ field, words, state }: ControlProps): JSX.Element {
  const id = `nbops-p-${field.name}`;
  const error = state.errors[field.name] ?? '';
  const hints = [field.doc ? `${id}-doc` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  const isNone = state.shown(field) === null;
  const told: Told = {
    id,
    'aria-invalid': Boolean(error),
    'aria-required': !field.default,
    ...(hints ? { 'aria-describedby': hints } : {})
  };
  return (
    <div class={`field${error ? ' is-wrong' : ''}`} data-field={field.name}>
      <label for={id}>
        <span class="mono">{line(field.name, 60)}</span>{' '}
        <span class="muted xs">{line(field.annotation, 60)}{hintOf(field, words)}</span>
      </label>
      <div class="control">
        <Entry field={field} words={words} state={state} told={told} isNone={isNone} />
        {field.is_optional && field.default !== 'None' ? (
          <label class="none">
            <input type="checkbox" checked={isNone} aria-label={words.__('None for %1', field.name)}
              onChange={event => state.set(field, event.currentTarget.checked ? null : (field.value ?? ''))} />
            {' None'}
          </label>
        ) : null}
      </div>
      {field.doc ? <div class="muted xs" id={`${id}-doc`}>{line(field.doc, 200)}</div> : null}
      {error ? <div class="bad xs" id={`${id}-error`}>{line(error, 300)}</div> : null}
    </div>
  );
}

/** What stands behind the type: that a value is needed, or the default that only the notebook can compute. */
function hintOf(field: Field, words: Words): string {
  if (!field.default) return ` · ${words.__('required')}`;
  const isComputed = field.value === null && field.kind !== 'secret' && field.default !== 'None';
  return isComputed ? ` · ${words.__('default %1', line(field.default, 60))}` : '';
}

/** What readers of the screen hear of a control. */
interface Told {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-required': boolean;
  readonly 'aria-describedby'?: string;
}

interface EntryProps extends ControlProps {
  readonly told: Told;
  readonly isNone: boolean;
}

function Entry({ field, words, state, told, isNone }: EntryProps): JSX.Element {
  const shown = state.shown(field);
  if (field.kind === 'bool' && typeof field.value === 'boolean') {
    return (
      <input type="checkbox" {...told} checked={shown === true} disabled={isNone}
        onChange={event => state.set(field, event.currentTarget.checked)} />
    );
  }
  if (field.kind === 'choice' || field.kind === 'bool') {
    const choices = field.kind === 'bool' ? ['True', 'False'] : field.choices;
    return (
      <select {...told} value={String(shown ?? '')} disabled={isNone}
        onChange={event => state.set(field, event.currentTarget.value)}>
        {field.value === null ? <option value="">{field.default ? `${field.default}` : words.__('choose…')}</option> : null}
        {choices.map(choice => <option value={choice} key={choice}>{line(choice, 80)}</option>)}
      </select>
    );
  }
  return (
    <input {...told} {...typeOf(field)} value={String(shown ?? '')} disabled={isNone}
      placeholder={placeholder(field, words)} autocomplete="off" spellcheck={false}
      onInput={event => state.set(field, event.currentTarget.value)} />
  );
}

/** Numbers are typed as text: what is wrong with them is told in words, and no wheel changes them unseen. */
function typeOf(field: Field): { type: string; step?: number; inputMode?: 'numeric' | 'decimal' } {
  switch (field.kind) {
    case 'date': return { type: 'date' };
    case 'datetime': return { type: 'datetime-local', step: 1 };
    case 'integer': return { type: 'text', inputMode: 'numeric' };
    case 'number': return { type: 'text', inputMode: 'decimal' };
    case 'secret': return { type: 'password' };
    default: return { type: 'text' };
  }
}

function placeholder(field: Field, words: Words): string {
  if (field.kind === 'secret') return field.default ? words.__('as the notebook has it') : words.__('the value, or secret:NAME');
  if (field.value === null && field.default) return field.default;
  return field.kind === 'list' ? 'a, b, c' : '';
}
