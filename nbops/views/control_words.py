"""How points beyond the limits of a control chart are said: one line, the same in terminal, card and report."""

from __future__ import annotations

from collections.abc import Sequence

from nbops.pipeline.control_chart import SHARES, series_title
from nbops.records import PointOut
from nbops.views.words import duration, line

__all__ = ["limits_text", "out_line", "out_phrase", "value_text"]


def value_text(kind: str, value: float, unit: str = "") -> str:
    """Return a number of a series as people read it.

    Example:
        >>> value_text("rows", 458.0), value_text("nulls", 0.508), value_text("seconds", 75), value_text("metric", 0.93)
        ('458', '50.8%', '1 m 15 s', '0.93')
    """
    if kind in SHARES:
        return f"{value:.2%}" if 0 < value < 0.0995 else f"{value:.1%}" if value else "0%"
    if kind == "seconds":
        return duration(value)
    if kind == "rows" or (value == int(value) and abs(value) < 1e15):
        return f"{value:,.0f}"
    return f"{value:,.4g}" + (f" {line(unit, 20)}" if unit else "")


def limits_text(kind: str, low: float, high: float, unit: str = "") -> str:
    """Return limits in words.

    Example:
        >>> limits_text("rows", 800.2, 1016.0), limits_text("nulls", 0.0, 0.02)
        ('800 to 1,016', '0% to 2.00%')
        >>> limits_text("metric", 5 - 1e-9, 5 + 1e-9)  # a number that never changed
        '5'
    """
    if kind == "seconds" and low <= 0:
        return f"at most {duration(high)}"
    least, most = value_text(kind, low), value_text(kind, high)
    return value_text(kind, high, unit) if least == most else f"{least} to {value_text(kind, high, unit)}"


def out_line(point: PointOut) -> str:
    """Return what is unusual about a run in one line.

    Example:
        >>> out_line(PointOut("rows", "flown", 458, 800, 1016, 30, ("weekend",)))
        'rows of flown: 458, usual is 800 to 1,016 (30 earlier runs, by weekend)'
    """
    follows = f", by {' and '.join(point.follows)}" if point.follows else ""
    return (
        f"{line(series_title(point.kind, point.name), 120)}: {value_text(point.kind, point.value, point.unit)}, "
        f"usual is {limits_text(point.kind, point.low, point.high, point.unit)} "
        f"({point.history} earlier runs{follows})"
    )


def out_phrase(points: Sequence[PointOut]) -> str:
    """Return the first of some points that are out in one line, and that there are more."""
    more = f" (and {len(points) - 1} more unusual)" if len(points) > 1 else ""
    return f"unusual: {out_line(points[0])}{more}"
