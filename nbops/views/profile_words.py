"""A column of a profile in a few words: where its values lie, and its picture in eight heights of a block."""

from __future__ import annotations

from collections.abc import Mapping

from nbops.frames.profile.table import ColumnProfile
from nbops.frames.profile.times import moment_text
from nbops.frames.tables import shortened
from nbops.rules.hygiene_words import share_text

__all__ = ["amount", "bars", "distinct_text", "nulls_text", "range_text", "share_text", "sparkline"]

_BLOCKS = " ▁▂▃▄▅▆▇█"
_MOST_BARS = 20


def amount(value: float | int | None) -> str:
    """Return a number as people write it.

    Example:
        >>> amount(1234567), amount(0.000012), amount(3.0), amount(12.3456789)
        ('1,234,567', '1.2e-05', '3', '12.35')
    """
    if value is None:
        return "–"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if 10 <= abs(value) < 1e12 else f"{value:.4g}"


def range_text(column: ColumnProfile) -> str:
    """Return where the values lie: the quartiles of numbers, the ends of dates, the commonest of few values."""
    number, time, text = column.number, column.time, column.text
    if number is not None and number.count and column.values.distinct > 2:
        low, middle, high = (amount(number.quantiles.at(share)) for share in (0.05, 0.5, 0.95))
        return f"{amount(number.low)} … {low} · {middle} · {high} … {amount(number.high)}"
    if time is not None and time.count:
        gaps = f", {time.missing_days:,} days missing" if time.missing_days else ""
        return f"{moment_text(time.low)} to {moment_text(time.high)}{gaps}"
    known = column.values.most_frequent
    if known and (known[0][1] > 1 or not text):
        shown = ", ".join(f"{shortened(str(value), 18)} {share_text(n, column.filled)}" for value, n in known[:3])
        return shown + (" …" if column.values.distinct > 3 else "")
    if text is not None and text.count:
        shapes = ", ".join(shortened(shape, 18) for shape in list(text.shapes)[:2])
        return f"{text.shortest} to {text.longest} characters, as {shapes}"
    return "–"


def nulls_text(column: ColumnProfile) -> str:
    """Return the share of nulls; a dash for none."""
    return share_text(column.nulls, column.rows) if column.nulls else "–"


def distinct_text(column: ColumnProfile) -> str:
    """Return how many different values there are, with a sign where that is estimated."""
    about = "" if column.values.is_exact else "≈ "
    return "all" if column.is_unique else f"{about}{column.values.distinct:,}"


def bars(column: ColumnProfile) -> list[tuple[str, float]]:
    """Return what to draw of a column: (label, share) of bins, days or values; empty when there is nothing to see."""
    values, number, time = column.values, column.number, column.time
    if not column.filled or values.distinct < 2:
        return []
    if time is not None:
        return [(f"{moment_text(a)[:10]} to {moment_text(b)[:10]}", share) for a, b, share in column.histogram()]
    if (
        number is not None
        and values.counts is not None
        and number.whole == number.count
        and values.distinct > _MOST_BARS
    ):
        return _whole_bars(values.counts, column.filled)
    if number is not None and values.distinct > _MOST_BARS:
        return [(f"{amount(a)} to {amount(b)}", share) for a, b, share in column.histogram()]
    if values.counts is None:
        return []
    known = list(values.counts.items())
    known = sorted(known, key=lambda pair: pair[0]) if number is not None else known[:_MOST_BARS]
    return [(str(value), rows / column.filled) for value, rows in known]


def _whole_bars(counts: Mapping[float, int], filled: int) -> list[tuple[str, float]]:
    """Return the shares of whole numbers, in bins of equally many of them: others would make teeth of a flat line."""
    finite = {int(value): rows for value, rows in counts.items() if abs(value) != float("inf")}
    low, high = min(finite), max(finite)
    step = -(-(high - low + 1) // _MOST_BARS)
    found = [0] * (-(-(high - low + 1) // step))
    for value, rows in finite.items():
        found[(value - low) // step] += rows
    return [(f"{low + at * step:,} to {low + (at + 1) * step - 1:,}", rows / filled) for at, rows in enumerate(found)]


def sparkline(column: ColumnProfile) -> str:
    """Return the picture of a column in one line of text.

    Example:
        >>> import pandas as pd
        >>> from nbops.frames.profile.table import profile
        >>> sparkline(profile(pd.DataFrame({"n": [1, 2, 2, 3, 3, 3, 3]})).columns[0])
        '▂▄█'
    """
    shares = [share for _, share in bars(column)]
    most = max(shares, default=0.0)
    if not most:
        return ""
    return "".join(_BLOCKS[max(1, round(8 * share / most))] if share > 0 else _BLOCKS[0] for share in shares).rstrip()
