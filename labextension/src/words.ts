/** How things are said: the same words as in every other door of nbops. */

import type { CheckResult, Table } from './records';

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
