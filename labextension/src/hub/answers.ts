/** What the server answers, as `nbops.doors.server.answers` makes it. */

import type { Status } from '../records';

export interface RunLine {
  readonly run: string;
  readonly id: string;
  readonly name: string;
  readonly env: string;
  readonly status: Status;
  readonly reason: string;
  readonly at: number;
  readonly when: string;
  readonly seconds: number | null;
  readonly steps: number;
  readonly tests: number;
  readonly tests_passed: number;
  readonly tests_failed: number;
  readonly owner: string;
}

/** The beginning of a run's id, its status, the height of its bar, when it began. */
export type Bar = readonly [string, Status, number, string];

export interface PipelineLine extends RunLine {
  readonly bars: readonly Bar[];
  readonly usual: number | null;
}

export type Said = readonly [string, '' | 'muted' | 'strong' | 'bad' | 'name'];

export interface Card {
  readonly run: string;
  readonly title: string;
  readonly env: string;
  readonly kind: string;
  readonly status: Status;
  readonly when: string;
  readonly lines: readonly (readonly [string, readonly Said[]])[];
  readonly next: readonly (readonly [string, string])[];
}

export interface About {
  readonly hub: string;
  readonly root: string;
  readonly envs: readonly string[];
  readonly when: string;
  readonly version: string;
  readonly runs: number;
  readonly has_datasets: boolean;
}

export interface Home {
  readonly hub: string;
  readonly env: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly cards: readonly Card[];
  readonly warned: readonly (RunLine & { readonly what: string })[];
  readonly pipelines: readonly PipelineLine[];
}

export interface Pipelines {
  readonly pipelines: readonly PipelineLine[];
}

export interface Runs {
  readonly hub: string;
  readonly runs: readonly RunLine[];
  readonly next: string | null;
  readonly total: number | null;
}

export interface RunPage {
  readonly run: string;
  readonly id: string;
  readonly name: string;
  readonly env: string;
  readonly status: Status;
  readonly is_running: boolean;
  readonly html: string;
}

export interface DatasetLine {
  readonly dataset: string;
  readonly step: string;
  readonly env: string;
  readonly rows: number | null;
  readonly columns: number;
  readonly runs: number;
  readonly last: string;
  readonly id: string;
  readonly when: string;
}

export interface PipelinePage {
  readonly name: string;
  readonly notebook: string;
  readonly env: string;
  readonly envs: readonly PipelineLine[];
  readonly charts: string;
  readonly datasets: readonly DatasetLine[];
}

export interface DatasetPage {
  readonly name: string;
  readonly env: string;
  readonly run: string;
  readonly id: string;
  readonly html: string;
  readonly charts: string;
}

export interface Hit {
  readonly kind: 'run' | 'pipeline' | 'dataset';
  readonly name: string;
  readonly said: string;
  readonly key: string;
}
