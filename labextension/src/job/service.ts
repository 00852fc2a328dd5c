/** Asking the server for jobs: the addresses of `nbops.doors.server.jobs`, and what they answer. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { Status } from '../records';
import type { Words } from '../words';

export type { Words };

export type Value = string | boolean | null;
export type Values = Readonly<Record<string, Value>>;
export type Errors = Readonly<Record<string, string>>;

export interface Field {
  readonly name: string;
  readonly kind: 'text' | 'integer' | 'number' | 'bool' | 'date' | 'datetime' | 'choice' | 'list' | 'dict' | 'secret';
  readonly annotation: string;
  readonly doc: string;
  readonly choices: readonly string[];
  /** The default as the control shows it; null when there is none, or when it must be computed. */
  readonly value: string | boolean | null;
  /** The default as it is written; empty when the parameter must be given. */
  readonly default: string;
  readonly is_optional: boolean;
}

/** The run that one can go on with. */
export interface Resumable {
  readonly run: string;
  readonly id: string;
  readonly status: Status;
  readonly step: string;
  readonly reason: string;
  readonly passed: number;
  readonly steps: number;
  readonly given: Readonly<Record<string, string>>;
}

export interface JobForm {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly steps: readonly string[];
  readonly problems: readonly string[];
  readonly environments: readonly string[];
  readonly env: string;
  readonly resume: Resumable | null;
}

export interface JobStep {
  readonly name: string;
  readonly status: Status;
  readonly seconds: number | null;
  readonly since: number | null;
  readonly remark: string;
}

export interface Job {
  readonly run: string;
  readonly id: string;
  readonly status: Status;
  readonly is_over: boolean;
  readonly is_bad: boolean;
  readonly reason: string;
  readonly env: string;
  /** When it began, in seconds since 1970 by the clock of the server. */
  readonly at: number;
  readonly seconds: number;
  readonly usual_seconds: number | null;
  readonly resumes: string;
  readonly tests: Readonly<Partial<Record<Status, number>>>;
  readonly steps: readonly JobStep[];
  readonly has_notebook: boolean;
  readonly said: string;
}

export interface Adoption {
  readonly diff: string;
  readonly steps: readonly { readonly name: string; readonly why: string; readonly is_sink: boolean }[];
  readonly parameters: readonly string[];
  readonly remarks: readonly string[];
  readonly cells: readonly CellContent[];
}

export interface CellContent {
  readonly id?: string;
  readonly cell_type: string;
  readonly source: string | readonly string[];
  readonly [other: string]: unknown;
}

/** What the server says is wrong: what happened, where, how to mend it, and which fields it is about. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly where = '',
    readonly fix = '',
    readonly errors: Errors = {}
  ) {
    super(message);
  }

  /** All of it on one line. */
  get said(): string {
    return [this.message, this.where, this.fix].filter(Boolean).join(' · ');
  }
}

/** What was thrown as a refusal, so that it can always be shown in words. */
export function refusalOf(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal(error instanceof Error ? error.message : String(error));
}

/** The part of the server that answers for nbops. */
export class JobService {
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly words: Words
  ) {}

  form(path: string, env: string): Promise<JobForm> {
    return this.ask(`jobs/form?${query({ path, env })}`);
  }

  async check(path: string, values: Values): Promise<Errors> {
    return (await this.ask<{ errors: Errors }>('jobs/check', { path, values })).errors;
  }

  /** Start a job and return its run; the answer comes when it has begun. */
  async start(path: string, wish: { values: Values; env: string; resumes?: string }): Promise<string> {
    return (await this.ask<{ run: string }>('jobs', { path, ...wish })).run;
  }

  async newest(path: string): Promise<Job | null> {
    return (await this.ask<{ job: Job | null }>(`jobs?${query({ path })}`)).job;
  }

  job(path: string, run: string): Promise<Job> {
    return this.ask(`jobs/${run}?${query({ path })}`);
  }

  async stop(path: string, run: string): Promise<void> {
    await this.ask(`jobs/${run}/stop`, { path });
  }

  executed(path: string, run: string): Promise<unknown> {
    return this.ask(`jobs/${run}/notebook?${query({ path })}`);
  }

  adopt(path: string, content: unknown): Promise<Adoption> {
    return this.ask('adopt', { path, content });
  }

  private async ask<T>(where: string, sent?: object): Promise<T> {
    const init = sent === undefined ? {} : { method: 'POST', body: JSON.stringify(sent) };
    const url = URLExt.join(this.settings.baseUrl, 'nbops') + '/' + where;
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch (error) {
      throw new Refusal(this.words.__('The server does not answer'), '', refusalOf(error).message);
    }
    const text = await response.text();
    const answer = asObject(text);
    if (response.ok && answer) return answer as T;
    throw this.refusal(response, answer);
  }

  private refusal(response: Response, answer: Partial<Refusal> | null): Refusal {
    if (response.status === 403) {
      return new Refusal(
        this.words.__('This server does not know you, or does not let you do this'), '',
        this.words.__('log in again with its present token')
      );
    }
    if (response.status === 404 && answer?.where === undefined) {
      return new Refusal(
        this.words.__('nbops does not answer on this server'),
        this.words.__('the environment that JupyterLab runs in'),
        'pip install "nbops[lab]" && jupyter server extension enable nbops.doors.server'
      );
    }
    const message = answer?.message ?? `${response.status} ${response.statusText}`;
    return new Refusal(message, answer?.where, answer?.fix, answer?.errors);
  }
}

function asObject(text: string): Partial<Refusal> | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' ? found : null;
  } catch {
    return null; // a page of HTML: an error of the server's own
  }
}

function query(values: Readonly<Record<string, string>>): string {
  return new URLSearchParams(values).toString();
}
