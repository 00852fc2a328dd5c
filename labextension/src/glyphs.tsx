/** One glyph for each status, the same shapes as `nbops.views.glyphs`; the word stands beside it, or names it. */

import type { JSX } from 'preact';

import type { Status } from './records';

const LINE = { fill: 'none', stroke: 'currentColor', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' } as const;
const WHITE = { fill: 'none', stroke: '#fff', 'stroke-width': '1.8', 'stroke-linecap': 'round' } as const;
const RING = <circle cx="8" cy="8" r="6.2" {...LINE} stroke-width="1.5" />;

const SHAPES: Readonly<Record<Status, () => JSX.Element>> = {
  pending: () => <circle cx="8" cy="8" r="6.2" {...LINE} stroke-width="1.6" stroke-dasharray="0.1 3.8" />,
  running: () => (
    <>
      <circle cx="8" cy="8" r="6" {...LINE} stroke-width="2" opacity=".25" />
      <path class="nbops-turn" d="M8 2a6 6 0 0 1 6 6" {...LINE} stroke-width="2" />
    </>
  ),
  passed: () => <path d="M3 8.6 6.4 12 13 4.6" {...LINE} stroke-width="2" />,
  warned: () => (
    <>
      <path d="M8 1.6 15.2 14.2H.8z" fill="currentColor" />
      <path d="M8 6v4M8 12v.2" stroke="#1a1200" stroke-width="1.7" stroke-linecap="round" />
    </>
  ),
  failed: () => (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="M5.4 5.4 10.6 10.6M10.6 5.4 5.4 10.6" {...WHITE} />
    </>
  ),
  error: () => (
    <>
      <path d="M8 .8 15.2 8 8 15.2.8 8z" fill="currentColor" />
      <path d="M8 4.6v4.2M8 11.1v.2" {...WHITE} />
    </>
  ),
  skipped: () => (
    <>
      {RING}
      <path d="M5 8h6" {...LINE} stroke-width="1.6" />
    </>
  ),
  interrupted: () => (
    <>
      {RING}
      <rect x="5.6" y="5.6" width="4.8" height="4.8" fill="currentColor" />
    </>
  ),
  refused: () => (
    <>
      <path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" fill="currentColor" />
      <path d="M4.8 8h6.4" {...WHITE} />
    </>
  )
};

/** The shapes alone, in a square of 16, to be put into another picture. */
export function Shape({ status }: { status: Status }): JSX.Element {
  return SHAPES[status]();
}

/** The glyph; with `name` readers hear that, without it they read the word beside it. */
export function Glyph({ status, name }: { status: Status; name?: string }): JSX.Element {
  const heard = name ? ({ role: 'img', 'aria-label': name } as const) : ({ 'aria-hidden': true } as const);
  return (
    <svg class={`nbops-ic s-${status}`} width="14" height="14" viewBox="0 0 16 16" {...heard}>
      <Shape status={status} />
    </svg>
  );
}

/** The arrow that says stale, in a square of 16. */
export const STALE_PATH = 'M13 8a5 5 0 1 1-1.6-3.7M13 1.5v3.3H9.7';

/** The mark of a step whose result may no longer be true. */
export function Stale({ why, word }: { why: string; word?: string }): JSX.Element {
  return (
    <span class="nbops-stale" title={why}>
      <svg width="12" height="12" viewBox="0 0 16 16" aria-hidden="true">
        <path d={STALE_PATH} {...LINE} stroke-width="1.7" />
      </svg>
      {word}
    </span>
  );
}
