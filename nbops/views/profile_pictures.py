"""The pictures of a profile as inline SVG: histograms, the mix of values, the box of quantiles."""

from __future__ import annotations

from html import escape

from nbops.frames.profile.table import ColumnProfile
from nbops.views.profile_words import amount, bars, share_text

__all__ = ["bars_svg", "box_svg", "shares_html"]

_WIDE, _HIGH = 240, 44
_LONG = 24  # signs of a value; more are cut off on the page, and stand in its title


def bars_svg(column: ColumnProfile, wide: int = _WIDE, high: int = _HIGH, *, is_short: bool = False) -> str:
    """Return the histogram of a column, or the shares of its few values; empty when there is nothing to see.

    Args:
        column: The column.
        wide: How many pixels it is wide.
        high: How many pixels it is high.
        is_short: Draw all bars in one stroke, without a text for each: a page of 500 columns has 8,000 bars.
    """
    drawn = bars(column)
    most = max((share for _, share in drawn), default=0.0)
    if not most:
        return ""
    step = wide / len(drawn)
    gap = 1 if step > 4 else 0
    width = min(step - gap, 34)
    parts = []
    for at, (label, share) in enumerate(drawn):
        tall = max(1.0, (high - 2) * share / most) if share > 0 else 0
        if tall and is_short:
            parts.append(f"M{at * step:.0f} {high}v-{tall:.0f}h{width:.0f}v{tall:.0f}")
        elif tall:
            parts.append(
                f'<rect x="{at * step:.1f}" y="{high - tall:.1f}" width="{width:.1f}" height="{tall:.1f}">'
                f"<title>{escape(label)}: {share_text(share, 1)}</title></rect>"
            )
    said = f"{column.name}: most values are {max(drawn, key=lambda bar: bar[1])[0]}"
    drawing = f'<path d="{"".join(parts)}"/>' if is_short else "".join(parts)
    return (
        f'<svg class="bars" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" role="img" '
        f'aria-label="{escape(said)}">{drawing}'
        f'<line x1="0" y1="{high - 0.5}" x2="{wide}" y2="{high - 0.5}"/></svg>'
    )


def box_svg(column: ColumnProfile, wide: int = _WIDE) -> str:
    """Return where 90 % and the middle half of the numbers lie, on the axis of the picture above."""
    facts = column.number
    if facts is None or facts.low is None or facts.high is None or facts.low == facts.high:
        return ""
    low, reach = float(facts.low), float(facts.high) - float(facts.low)
    a, b, m, c, d = (wide * (facts.quantiles.at(q) - low) / reach for q in (0.05, 0.25, 0.5, 0.75, 0.95))
    said = f"90 % lie between {amount(facts.quantiles.at(0.05))} and {amount(facts.quantiles.at(0.95))}"
    return (
        f'<svg class="box" width="{wide}" height="10" viewBox="0 0 {wide} 10" role="img" aria-label="{escape(said)}">'
        f'<title>{escape(said)}</title><line x1="{a:.1f}" y1="5" x2="{d:.1f}" y2="5"/>'
        f'<rect x="{b:.1f}" y="2" width="{max(1.0, c - b):.1f}" height="6"/>'
        f'<line class="middle" x1="{m:.1f}" y1="0" x2="{m:.1f}" y2="10"/></svg>'
    )


def shares_html(pairs: list[tuple[str, int]], whole: int, most: int = 8) -> str:
    """Return counts as a small table with bars; *whole* is what they are shares of.

    Its cells have no end tags, which HTML does not need: a wide table has thousands of them.
    """
    rows = []
    for value, n in pairs[:most]:
        share = n / whole if whole else 0.0
        shown = escape(value) if value.strip() else f"<i>{escape(repr(value))}</i>"
        title = f' title="{escape(value)}"' if len(value) > _LONG else ""
        bar = f'<td><i class=share style="width:{round(80 * share)}px"></i>' if share >= 1 / 80 else ""
        rows.append(f"<tr><td class=el{title}>{shown}<td>{n:,}<td>{escape(share_text(n, whole))}{bar}")
    rest = len(pairs) - most
    more = f"<tr><td class=muted colspan=4>{rest:,} more" if rest > 0 else ""
    return f'<table class="shares">{"".join(rows)}{more}</table>'
