/** The record of a step as it stands below its cell, read from the saved output: no kernel is needed for it. */

import type { JSX } from 'preact';

import { Glyph } from './glyphs';
import { isBad, stepOf } from './model';
import { Quiet, Raised, savedWays, Tests, Ways } from './parts';
import type { StepFinished } from './records';
import { line, told, word } from './words';
import type { Words } from './words';

export function StepRecord({ record, words }: { record: StepFinished; words: Words }): JSX.Element {
  const kind = record.cell_kind ?? 'step';
  const step = stepOf(record.step, [{ cellId: '', kind, isRunning: false, since: 0, record }]);
  const mutated = record.mutated ?? [];
  const weight = isBad(step.status) ? ' bad' : '';
  return (
    <div class="nbops nbops-record" data-step={record.step} data-status={step.status}>
      <div>
        <Glyph status={step.status} />{' '}
        <span class={`s-${step.status}${weight}`}>{word(step.status, words)}</span>{' '}
        {kind === 'test' ? <span class="muted">{words.__('tests of')} </span> : null}
        <b class="mono">{line(record.step, 120)}</b>{' '}
        <span class="muted">{['', told(step, words), line(record.remark ?? '', 120)].filter((part, i) => part || !i).join(' · ')}</span>
      </div>
      <Tests step={step} words={words} openRows={undefined} />
      <Raised step={step} words={words} />
      <Ways ways={savedWays(step)} words={words} />
      {mutated.length ? <div class="muted">{words.__('changed without being named: %1', mutated.map(name => line(name, 60)).join(', '))}</div> : null}
      <Quiet step={step} words={words} />
    </div>
  );
}
