/** The parts of what is told of a step: tests that are not passed, their rows, the exception, where rows went. */

import type { JSX } from 'preact';

import type { Piece, Refusal, RowWay } from './answers';
import { Glyph } from './glyphs';
import { isBad } from './model';
import type { Step } from './model';
import { Picture } from './pictures';
import type { CheckResult, Failure, StepFinished } from './records';
import { grouped, line } from './words';
import type { Words } from './words';

const MOST_TESTS = 20;
const MOST_COLUMNS = 12;
const BY_BADNESS = ['error', 'failed', 'warned'];

/** What opens the failing rows of a test as a table in the notebook; undefined where there is no notebook. */
export type OpenRows = ((test: CheckResult) => void) | undefined;

/** The tests that are not passed, the worst first. */
export function Tests({ step, words, openRows }: { step: Step; words: Words; openRows: OpenRows }): JSX.Element {
  const wrong = step.tests
    .filter(test => test.status !== 'passed')
    .sort((a, b) => (BY_BADNESS.indexOf(a.status) + 4) % 4 - (BY_BADNESS.indexOf(b.status) + 4) % 4);
  return (
    <>
      {wrong.slice(0, MOST_TESTS).map((test, index) => <Wrong test={test} words={words} openRows={openRows} key={index} />)}
      {wrong.length > MOST_TESTS ? <div class="muted">{words.__('%1 more are not passed', wrong.length - MOST_TESTS)}</div> : null}
    </>
  );
}

function Wrong({ test, words, openRows }: { test: CheckResult; words: Words; openRows: OpenRows }): JSX.Element {
  const rows = test.rows && test.failing ? words.__('%1 of %2 rows', grouped(test.failing), grouped(test.rows)) : '';
  const isSaid = test.observed && !rows.startsWith(test.observed);
  return (
    <div class="wrong" data-status={test.status} data-test={test.name}>
      <div class="row">
        <span class={`s-${test.status}`}><Glyph status={test.status} name={words.__(test.status)} /></span>
        <span class="mono grow" title={line(test.source ?? '')}>{line(test.name, 120)}</span>
        <span>
          {isSaid ? <b>{line(test.observed ?? '', 60)} </b> : null}
          {test.allowed ? <span class="muted">{words.__('allowed %1', line(test.allowed, 60))} </span> : null}
          {rows ? (isSaid ? <span class="muted">{rows}</span> : <b>{rows}</b>) : null}
        </span>
      </div>
      {test.why && !test.examples?.rows?.length ? <div class="muted said">{line(test.why)}</div> : null}
      <FailingRows test={test} words={words} openRows={openRows} />
    </div>
  );
}

function FailingRows({ test, words, openRows }: { test: CheckResult; words: Words; openRows: OpenRows }): JSX.Element | null {
  const { columns = [], labels = [], rows = [] } = test.examples ?? {};
  if (!rows.length) return null;
  const failing = Math.max(test.failing ?? 0, rows.length);
  const said = rows.length < failing
    ? words.__('first %1 of %2 failing rows', rows.length, grouped(failing))
    : words._n('%1 failing row', '%1 failing rows', rows.length, rows.length);
  return (
    <>
      <div class="row part">
        <span class="h grow">{said}</span>
        {openRows ? <button class="link" onClick={() => openRows(test)}>{words.__('open as a table')}</button> : null}
      </div>
      <Examples columns={columns} labels={labels} rows={rows} said={said} />
    </>
  );
}

interface ExamplesProps {
  readonly columns: readonly string[];
  readonly labels: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly said: string;
}

function Examples({ columns, labels, rows, said }: ExamplesProps): JSX.Element {
  const names = columns.slice(0, MOST_COLUMNS);
  const isNumber = names.map((_, i) => rows.every(row => row[i] == null || /^[-+]?[\d.,]+(e[-+]?\d+)?$/i.test(row[i] ?? '')));
  return (
    <div class="wide" tabIndex={0} role="group" aria-label={said}>
      <table>
        <thead>
          <tr><th />{names.map((name, i) => <th class={isNumber[i] ? 'n' : ''} key={i}>{line(name, 40)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              <td class="muted">{line(labels[index] ?? '', 30)}</td>
              {row.slice(0, names.length).map((cell, i) => (
                <td class={isNumber[i] ? 'n' : ''} key={i}>{cell === null ? <span class="null">null</span> : line(cell, 60)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The exception, unless it only repeats the failed tests. */
export function Raised({ step, words }: { step: Step; words: Words }): JSX.Element | null {
  const failure = failureOf(step);
  if (!failure) return null;
  return (
    <div class="failure mono">
      <span class="bad">{line(failure.type, 80)}: {line(failure.message ?? '', 600)}</span>{' '}
      <span class="muted">
        {failure.line ? words.__('line %1 of the cell', failure.line) : ''}
        {failure.fix ? ` · ${line(failure.fix)}` : ''}
      </span>
    </div>
  );
}

function failureOf(step: Step): Failure | null {
  const failure = step.record?.failure ?? null;
  return failure?.type === 'StepFailed' && step.tests.some(test => isBad(test.status)) ? null : failure;
}

/** The tests that passed, and Python's warnings: one line each, the rest folded. */
export function Quiet({ step, words }: { step: Step; words: Words }): JSX.Element {
  const passed = step.tests.filter(test => test.status === 'passed').map(test => test.name);
  const warnings = (step.record?.warnings ?? []).map(seen => `${seen.category}: ${seen.message}`);
  return (
    <>
      <Fold word={words.__('%1 passed', passed.length)} names={passed} words={words} />
      <Fold word={words._n('%1 Python warning', '%1 Python warnings', warnings.length, warnings.length)} names={warnings} words={words} />
    </>
  );
}

function Fold({ word, names, words }: { word: string; names: readonly string[]; words: Words }): JSX.Element | null {
  if (!names.length) return null;
  const more = names.length > 3 ? ` · ${words.__('%1 more', names.length - 3)}` : '';
  return (
    <details class="fold">
      <summary class="muted">{word}&ensp;<span>{names.slice(0, 3).map(name => line(name, 60)).join(' · ')}{more}</span></summary>
      <ul>{names.slice(0, 200).map((name, i) => <li class="mono" key={i}>{line(name, 160)}</li>)}</ul>
    </details>
  );
}

/** Where the rows of a step went: an equation for each way, and its picture where the kernel drew one. */
export function Ways({ ways, words }: { ways: readonly RowWay[]; words: Words }): JSX.Element | null {
  if (!ways.length) return null;
  return (
    <div class="ways">
      {ways.map((way, i) => (
        <div key={i}>
          <div><span class="h">{way.label}</span> {way.pieces.map(piece)}</div>
          {way.notes.map((note, n) => <div class="muted" key={n}>{note}</div>)}
          {way.picture ? (
            <details class="fold"><summary class="muted">{words.__('as a picture')}</summary><Picture svg={way.picture} /></details>
          ) : null}
        </div>
      ))}
    </div>
  );
}

function piece([text, how]: Piece, index: number): JSX.Element | string {
  return how ? <span class={`p-${how}`} key={index}>{text}</span> : text;
}

/** The ways of rows that stand in the saved records of a step. */
export function savedWays(step: Step): readonly RowWay[] {
  return step.parts.flatMap(part => (part.record as (StepFinished & { ways?: readonly RowWay[] }) | null)?.ways ?? []);
}

/** What could not be answered or done, and what mends it. */
export function Refused({ refusal }: { refusal: Refusal }): JSX.Element {
  return (
    <div class="refused" role="alert">
      {line(refusal.message)}{refusal.where ? <span class="muted"> · {line(refusal.where)}</span> : null}
      {refusal.fix ? <span> · <code class="cmd">{line(refusal.fix)}</code></span> : null}
    </div>
  );
}
