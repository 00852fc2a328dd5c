"""The picture of a column before and after: an outline over filled bars, on the same bins."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nbops.frames.difference.record import ColumnDifference

__all__ = ["overlay_svg"]


def overlay_svg(column: ColumnDifference, wide: int = 120, high: int = 27) -> str:
    """Return both distributions of a column as SVG, before as an outline; empty when there is nothing to see."""
    before, after = column.before.bins, column.after.bins
    most = max([*before, *after], default=0.0)
    if len(before) != len(after) or len(before) < 2 or not most:
        return ""
    step = wide / len(after)
    bars = "".join(_bar(at, share / most, step, high) for at, share in enumerate(after) if share)
    label = f"{column.name}: distribution before, as an outline, and after, filled"
    return (
        f'<svg class="both{"" if column.changed else " same"}" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" role="img" aria-label="{escape(label)}">{bars}'
        f'<path d="{_outline(before, most, step, high)}"/></svg>'
    )


def _bar(at: int, share: float, step: float, high: int) -> str:
    tall = max(0.5, share * (high - 1))
    return f'<rect x="{at * step:.1f}" y="{high - tall:.1f}" width="{max(step - 0.6, 0.6):.1f}" height="{tall:.1f}"/>'


def _outline(shares: Sequence[float], most: float, step: float, high: int) -> str:
    points = [f"M0 {high - 0.5:.1f}"]
    for at, share in enumerate(shares):
        top = high - 0.5 - share / most * (high - 1)
        points.append(f"L{at * step:.1f} {top:.1f}L{(at + 1) * step:.1f} {top:.1f}")
    return "".join([*points, f"L{len(shares) * step:.1f} {high - 0.5:.1f}"])
