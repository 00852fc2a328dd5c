/** The line above the cell of a step: what became of it, and a button that runs it. Nothing is written to the notebook. */

import type { Cell } from '@jupyterlab/cells';
import { render } from 'preact';
import type { JSX } from 'preact';

import { Glyph, Stale } from './glyphs';
import { isBad } from './model';
import type { Step } from './model';
import type { NotebookSteps } from './notebook';
import type { Actions } from './actions';
import { line, told, word } from './words';
import type { Words } from './words';

/** Keeps the badges of one notebook. */
export class Badges {
  constructor(
    private readonly steps: NotebookSteps,
    private readonly actions: Actions,
    private readonly words: Words
  ) {
    steps.changed.connect(this.draw, this);
    this.draw();
  }

  private draw(): void {
    const wanted = new Map<string, Step>();
    for (const step of this.steps.steps) {
      for (const part of step.parts) wanted.set(part.cellId, step);
    }
    for (const cell of this.steps.panel.content.widgets) {
      const step = wanted.get(cell.model.id);
      const place = this.places.get(cell) ?? (step ? this.place(cell) : null);
      if (!place) continue;
      if (step) {
        if (this.drawn.get(cell) === step) continue; // typing in one cell draws no other one anew
        this.drawn.set(cell, step);
        render(<Badge step={step} words={this.words} actions={this.actions} />, place);
      } else {
        render(null, place);
        place.remove();
        cell.removeClass('nbops-step-cell');
        this.places.delete(cell);
        this.drawn.delete(cell);
      }
    }
  }

  private place(cell: Cell): HTMLElement {
    const place = document.createElement('div');
    place.className = 'nbops nbops-badge-place';
    cell.node.append(place); // last, where Lumino's layout of the cell never counts it; the style sheet shows it first
    cell.addClass('nbops-step-cell'); // a style by `:has` would be looked for with every letter that is typed
    this.places.set(cell, place);
    return place;
  }

  private readonly drawn = new WeakMap<Cell, Step>();
  private readonly places = new WeakMap<Cell, HTMLElement>();
}

function Badge({ step, words, actions }: { step: Step; words: Words; actions: Actions }): JSX.Element {
  const kind = isBad(step.status) ? ' is-bad' : step.status === 'warned' ? ' is-warned' : '';
  return (
    <div class={`nbops-badge${kind}`} data-step={step.name} data-status={step.status}>
      <span class={`s-${step.status} status`}><Glyph status={step.status} /> {word(step.status, words)}</span>
      <span class="mono b el">{line(step.name, 60)}</span>
      <span class="muted el">{told(step, words)}</span>
      {step.stale ? <Stale why={line(step.stale)} word={words.__('stale')} /> : null}
      <span class="grow" />
      <button class="run" title={words.__('Run %1', line(step.name, 60))} aria-label={words.__('Run %1', line(step.name, 60))}
        onClick={() => actions.run?.(step.name, 'only')}>
        <svg width="12" height="12" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 2.5 13 8l-9 5.5z" fill="currentColor" /></svg>
      </button>
    </div>
  );
}
