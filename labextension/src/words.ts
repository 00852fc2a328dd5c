/** How things are said: the same words as in every other door of nbops. */

import type { Step } from './model';
import { isBad } from './model';
import type { CheckResult, Status, Table } from './records';

/** Translates; JupyterLab's own bundle has this shape. */
export interface Words {
  __(text: string, ...values: unknown[]): string;
  _n(one: string, many: string, n: number, ...values: unknown[]): string;
}

/** Words that are not translated: where no JupyterLab is. */
export const PLAIN: Words = {
  __: (text, ...values) => text.replace(/%(\d)/g, (_, at: string) => String(values[Number(at) - 1])),
  _n: (one, many, n, ...values) => PLAIN.__(n === 1 ? one : many, ...values)
};

/** Return seconds in the unit that reads best. */
export function duration(seconds: number): string {
  if (seconds < 0.001) return '< 1 ms';
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
}

/** Return a number with thousands separators. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Return text on one line, without characters that could pose as something else, shortened to `limit`. */
export function line(text: string, limit = 300): string {
  const clean = text.slice(0, 4 * limit).replace(/\s+/g, ' ').replace(INVISIBLE, '').trim();
  return clean.length > limit ? clean.slice(0, limit - 1) + '…' : clean;
}

/** Return how many tests passed of how many: `4/5`, or `5` when all did. */
export function testsText(tests: readonly CheckResult[]): string {
  if (tests.length === 0) return '–';
  const passed = tests.filter(test => test.status === 'passed').length;
  return passed === tests.length ? String(tests.length) : `${passed}/${tests.length}`;
}

/** Return the rows of the frames, or of the columns where no frame is; `?` when unknown. */
function rowsOf(tables: readonly Table[]): string {
  const frames = tables.filter(table => (table.columns ?? null) !== null);
  const told = frames.length ? frames : tables;
  if (told.length > 3) return `${told.length} tables`;
  return told.map(({ rows }) => (rows === null || rows === undefined ? '?' : grouped(rows))).join(' + ');
}

/** Return `930 → 458`; empty when no table went in or came out. */
export function rowFlow(tablesIn: readonly Table[], tablesOut: readonly Table[]): string {
  if (!tablesIn.length && !tablesOut.length) return '';
  return `${rowsOf(tablesIn)} → ${rowsOf(tablesOut)}`.trim();
}

/** Return a status in the reader's language. */
export function word(status: Status, words: Words): string {
  return words.__(status);
}

/** Return what is told behind the name of a step: its tests, rows, and time. */
export function told(step: Step, words: Words): string {
  const bad = step.tests.filter(test => isBad(test.status)).length;
  const warned = step.tests.filter(test => test.status === 'warned').length;
  const tests = step.tests.length ? words._n('%1 test', '%1 tests', step.tests.length, step.tests.length) : '';
  const wrong = [bad ? words.__('%1 failed', bad) : '', warned ? words.__('%1 warned', warned) : ''].filter(Boolean);
  const flow = rowFlow(step.tablesIn, step.tablesOut);
  return [
    [tests, ...wrong].join(', '),
    flow ? words.__('%1 rows', flow) : '',
    step.seconds === null || step.status === 'running' ? '' : duration(step.seconds)
  ].filter(Boolean).join(' · ');
}

/** Whether a step took much longer than usual: the same bound as `nbops.views.words.is_slow`. */
export function isSlow(seconds: number, usual: number): boolean {
  return seconds > 1.5 * usual && seconds - usual > 0.1;
}
