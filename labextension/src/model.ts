/** What the cells of a notebook say about its pipeline: pure functions, no JupyterLab in here. */

import type { Mark } from './marks';
import { STEP_MIME, FORMAT_VERSION } from './records';
import type { CheckResult, Status, StepFinished, Table } from './records';

/** One cell as the model needs it. */
export interface CellView {
  readonly id: string;
  readonly mark: Mark | null;
  readonly records: readonly StepFinished[];
  readonly isRunning: boolean;
  /** When it began to run, in seconds since 1970; 0 when nobody saw it. */
  readonly since: number;
}

/** A cell of a step. */
export interface Part {
  readonly cellId: string;
  readonly kind: 'step' | 'test';
  readonly isRunning: boolean;
  readonly since?: number;
  readonly record: StepFinished | null;
}

/** A step as it stands: what the notebook says, and what became of it. */
export interface Step {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly status: Status;
  /** Why its result may no longer be true; empty when it is not stale. */
  readonly stale: string;
  readonly tests: readonly CheckResult[];
  readonly tablesIn: readonly Table[];
  readonly tablesOut: readonly Table[];
  readonly seconds: number | null;
  /** When the part that runs began, in seconds since 1970; null when none runs, or nobody saw it begin. */
  readonly since: number | null;
  readonly record: StepFinished | null;
}

/** What the kernel says of the code of the cells. */
export interface Pipeline {
  readonly name: string;
  readonly edges: readonly Edge[];
  readonly layout: Layout;
  /** The hash of each cell's code, by cell id. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

export interface Edge {
  readonly source: string;
  readonly target: string;
  readonly names: readonly string[];
  readonly reason: string;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly { name: string; x: number; y: number; width: number; height: number }[];
  readonly lines: readonly { source: string; target: string; points: readonly (readonly [number, number])[] }[];
}

const BADNESS: readonly Status[] = [
  'skipped', 'passed', 'pending', 'running', 'warned', 'failed', 'error', 'interrupted', 'refused'
];

/** Return the worst of some statuses. */
export function worst(statuses: readonly Status[]): Status {
  return statuses.reduce((a, b) => (BADNESS.indexOf(b) > BADNESS.indexOf(a) ? b : a), 'skipped');
}

/** Whether a status stops a gate. */
export function isBad(status: Status): boolean {
  return BADNESS.indexOf(status) > BADNESS.indexOf('warned');
}

/** Return the record that an output holds; null when it holds none, or one of a newer format. */
export function recordIn(data: Readonly<Record<string, unknown>> | undefined): StepFinished | null {
  const record = data?.[STEP_MIME] as (StepFinished & { v?: number }) | undefined;
  return record && typeof record.step === 'string' && (record.v ?? 1) <= FORMAT_VERSION ? record : null;
}

/** Return the steps of a notebook in its order. */
export function stepsOf(cells: readonly CellView[], pipeline: Pipeline | null): Step[] {
  const elsewhere = recordsOutsideTheirCells(cells);
  const parts = new Map<string, Part[]>();
  for (const cell of cells) {
    const { mark } = cell;
    if (!mark || (mark.kind !== 'step' && mark.kind !== 'test') || !mark.name) continue;
    const own = cell.records.filter(record => record.step === mark.name).at(-1) ?? null;
    const known = parts.get(mark.name) ?? [];
    const other = elsewhere.get(`${mark.name}\n${known.length}`) ?? null;
    const record = own && other ? (other.at > own.at ? other : own) : own ?? other;
    const part = { cellId: cell.id, kind: mark.kind, isRunning: cell.isRunning, since: cell.since, record };
    parts.set(mark.name, [...known, part]);
  }
  const steps = [...parts].map(([name, its]) => stepOf(name, its));
  return markStale(steps, pipeline);
}

/** A step that ran by `%nbops run` left its record in the output of that cell. */
function recordsOutsideTheirCells(cells: readonly CellView[]): Map<string, StepFinished> {
  const found = new Map<string, StepFinished>();
  for (const cell of cells) {
    const name = cell.mark?.name;
    for (const record of cell.records) {
      if (record.step !== name) found.set(`${record.step}\n${record.part ?? 0}`, record);
    }
  }
  return found;
}

/** Return a step made of its parts; whether it is stale is not known yet. */
export function stepOf(name: string, parts: readonly Part[]): Step {
  const records = parts.flatMap(part => (part.record ? [part.record] : []));
  const isRunning = parts.some(part => part.isRunning);
  const made = new Set<string>();
  const tablesIn = new Map<string, Table>();
  const tablesOut = new Map<string, Table>();
  for (const record of records) {
    for (const table of record.tables_in ?? []) {
      if (!made.has(table.name) && !tablesIn.has(table.name)) tablesIn.set(table.name, table);
    }
    for (const table of record.tables_out ?? []) tablesOut.set(table.name, table);
    (record.writes ?? []).forEach(written => made.add(written));
  }
  return {
    name,
    parts,
    status: isRunning ? 'running' : records.length ? worst(records.map(record => record.status)) : 'pending',
    stale: '',
    tests: records.flatMap(record => record.tests ?? []),
    tablesIn: [...tablesIn.values()],
    tablesOut: [...tablesOut.values()],
    seconds: records.length ? records.reduce((sum, record) => sum + (record.seconds ?? 0), 0) : null,
    since: parts.find(part => part.isRunning && part.since)?.since ?? null,
    record: records.find(record => isBad(record.status)) ?? records[0] ?? null
  };
}

/** Mark the steps whose code changed since they ran, or that read what was made anew since. */
function markStale(steps: readonly Step[], pipeline: Pipeline | null): Step[] {
  if (!pipeline) return [...steps];
  const marked = new Map<string, Step>();
  for (const step of steps) marked.set(step.name, { ...step, stale: whyStale(step, pipeline, marked) });
  return [...marked.values()];
}

function whyStale(step: Step, pipeline: Pipeline, before: ReadonlyMap<string, Step>): string {
  if (step.status === 'pending' || step.status === 'running' || !step.record) return '';
  for (const { cellId, record } of step.parts) {
    const now = pipeline.hashes[cellId];
    if (now && record?.source_hash && now !== record.source_hash) return 'its code changed since it ran';
  }
  for (const edge of pipeline.edges) {
    const source = edge.target === step.name ? before.get(edge.source) : undefined;
    if (source?.stale) return `${edge.source}, which it reads from, is stale`;
    if (source && lastRun(source) > lastRun(step)) return `${edge.source}, which it reads from, ran again`;
  }
  return '';
}

/** When a step last began to change what others read. */
function lastRun(step: Step): number {
  return Math.max(0, ...step.parts.filter(part => part.kind === 'step').map(part => part.record?.at ?? 0));
}

/** Return the names of the steps of a choice, in the notebook's order: one, all that depend on it, or all it needs. */
export function chosen(
  steps: readonly Step[],
  pipeline: Pipeline | null,
  name: string,
  how: 'only' | 'from' | 'until'
): string[] {
  const names = steps.map(step => step.name);
  if (how === 'only') return [name];
  if (!pipeline) {
    const at = names.indexOf(name);
    return how === 'from' ? names.slice(at) : names.slice(0, at + 1);
  }
  const wanted = new Set([name]);
  for (const next of how === 'from' ? names : [...names].reverse()) {
    const isLinked = pipeline.edges.some(edge =>
      how === 'from' ? edge.target === next && wanted.has(edge.source) : edge.source === next && wanted.has(edge.target)
    );
    if (isLinked) wanted.add(next);
  }
  return names.filter(known => wanted.has(known));
}

/** Return `now` with those steps that are as they were `before` by the very same objects, so that views can tell. */
export function settled(now: readonly Step[], before: readonly Step[]): Step[] {
  const known = new Map(before.map(step => [step.name, step]));
  return now.map(step => {
    const old = known.get(step.name);
    return old && isSame(step, old) ? old : step;
  });
}

function isSame(a: Step, b: Step): boolean {
  return (
    a.status === b.status && a.stale === b.stale && a.since === b.since && a.parts.length === b.parts.length &&
    a.parts.every((part, i) => part.cellId === b.parts[i]?.cellId && part.record === b.parts[i]?.record)
  );
}
