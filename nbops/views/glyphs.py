"""One glyph for each status. The shape alone is enough to tell them apart; the word always stands beside it.

A filled shape says *look here*, an outline says that there is nothing to do.
"""

from __future__ import annotations

import functools

from nbops.records import Status

__all__ = ["COLOURS", "TEXT", "glyph_html", "hue", "ink", "shape", "status_html", "svg"]

TEXT: dict[Status, str] = {
    Status.PENDING: "·",
    Status.RUNNING: "▸",
    Status.PASSED: "✓",
    Status.WARNED: "!",
    Status.FAILED: "✗",
    Status.ERROR: "✗",
    Status.SKIPPED: "–",
    Status.INTERRUPTED: "✗",
    Status.REFUSED: "✗",
}
"""The glyphs of text: terminals, logs, and pages that strip pictures."""

COLOURS: dict[Status, str] = {
    Status.PENDING: "bright_black",
    Status.RUNNING: "blue",
    Status.PASSED: "green",
    Status.WARNED: "yellow",
    Status.FAILED: "red",
    Status.ERROR: "red",
    Status.SKIPPED: "bright_black",
    Status.INTERRUPTED: "red",
    Status.REFUSED: "red",
}
"""The colours of terminals."""

_LINE = 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
_WHITE = 'fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round"'
_RING = f'<circle cx="8" cy="8" r="6.2" {_LINE} stroke-width="1.5"/>'
_SHAPES: dict[Status, str] = {
    Status.PENDING: f'<circle cx="8" cy="8" r="6.2" {_LINE} stroke-width="1.6" stroke-dasharray="0.1 3.8"/>',
    Status.RUNNING: f'<circle cx="8" cy="8" r="6" {_LINE} stroke-width="2" opacity=".25"/>'
    f'<path class="nbops-turn" d="M8 2a6 6 0 0 1 6 6" {_LINE} stroke-width="2"/>',
    Status.PASSED: f'<path d="M3 8.6 6.4 12 13 4.6" {_LINE} stroke-width="2"/>',
    Status.WARNED: '<path d="M8 1.6 15.2 14.2H.8z" fill="currentColor"/>'
    '<path d="M8 6v4M8 12v.2" stroke="#1a1200" stroke-width="1.7" stroke-linecap="round"/>',
    Status.FAILED: f'<circle cx="8" cy="8" r="7" fill="currentColor"/>'
    f'<path d="M5.4 5.4 10.6 10.6M10.6 5.4 5.4 10.6" {_WHITE}/>',
    Status.ERROR: f'<path d="M8 .8 15.2 8 8 15.2.8 8z" fill="currentColor"/><path d="M8 4.6v4.2M8 11.1v.2" {_WHITE}/>',
    Status.SKIPPED: f'{_RING}<path d="M5 8h6" {_LINE} stroke-width="1.6"/>',
    Status.INTERRUPTED: f'{_RING}<rect x="5.6" y="5.6" width="4.8" height="4.8" fill="currentColor"/>',
    Status.REFUSED: '<path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" fill="currentColor"/>'
    f'<path d="M4.8 8h6.4" {_WHITE}/>',
}

# Mixed with the text around it, so that each stays readable on light and on dark without knowing which it is on.
_HUES: dict[Status, tuple[str, int]] = {
    Status.RUNNING: ("var(--jp-brand-color1,#1976d2)", 84),
    Status.PASSED: ("var(--jp-success-color1,#388e3c)", 76),
    Status.WARNED: ("var(--jp-warn-color1,#f57c00)", 58),
    Status.FAILED: ("var(--jp-error-color1,#e53935)", 76),
    Status.ERROR: ("var(--jp-error-color1,#e53935)", 76),
    Status.INTERRUPTED: ("var(--jp-error-color1,#e53935)", 76),
    Status.REFUSED: ("var(--jp-error-color1,#e53935)", 76),
}


@functools.cache
def svg(status: Status, pixels: int = 14) -> str:
    """Return the glyph as inline SVG in the colour of the text around it; hidden from readers, who read the word."""
    return (
        f'<svg class="nbops-ic" width="{pixels}" height="{pixels}" viewBox="0 0 16 16" aria-hidden="true" '
        f'style="vertical-align:-2px">{_SHAPES[status]}</svg>'
    )


@functools.cache
def ink(status: Status) -> str:
    """Return the CSS colour of a status as text."""
    if status not in _HUES:
        return "inherit"
    hue, share = _HUES[status]
    return f"color-mix(in srgb,{hue} {share}%,currentColor)"


@functools.cache
def hue(status: Status) -> str:
    """Return the CSS colour of a status as a shape."""
    return _HUES[status][0] if status in _HUES else "currentColor"


# Text that stands beside a picture and takes no room. The width of zero is written the way sanitisers do not know, so
# that where they take the picture away the text appears. What moves text away is kept by some, and would tear it off.
_FOLDED = "display:inline-block;inline-size:0;overflow:hidden;white-space:nowrap;vertical-align:bottom"


@functools.cache
def status_html(status: Status, word: str = "") -> str:
    """Return glyph and word with their styles inline.

    Where styles and pictures are stripped (GitHub, sanitised pages) a glyph of text remains.
    """
    weight = "font-weight:600;" if status.is_bad else ""
    muted = "opacity:.75;" if status in (Status.PENDING, Status.SKIPPED) else ""
    return (
        f'<span data-status="{status}" style="{weight}{muted}white-space:nowrap;color:{ink(status)}">'
        f'<span style="color:{hue(status)}">{svg(status)}</span>'
        f'<span aria-hidden="true" style="{_FOLDED}">{TEXT[status]}</span> {word or status}</span>'
    )


@functools.cache
def glyph_html(status: Status) -> str:
    """Return the glyph alone, for places where the word has no room; readers and stripped pages get the word too."""
    return (
        f'<span data-status="{status}" title="{status}" style="white-space:nowrap;color:{hue(status)}">{svg(status)}'
        f'<span style="{_FOLDED}">{TEXT[status]} {status}</span></span>'
    )


def shape(status: Status) -> str:
    """Return the glyph's shapes alone, in a square of 16, to be put into another SVG."""
    return _SHAPES[status]
