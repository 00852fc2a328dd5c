"""Statistics made of others: a reader measures few, and all libraries agree on what the others mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbops.frames.conditions import Stat

__all__ = ["DERIVED", "Tally", "bases", "derive", "tally_of"]


@dataclass(frozen=True, slots=True)
class Tally:
    """What the counts of a column's different values tell.

    Args:
        rows: How many cells are not null.
        distinct: How many different values there are.
        singletons: How many values occur once.
        mode: The most frequent value, the smallest of several; None when there is none.
        mode_rows: How often it occurs.
        entropy: The entropy of the values, in bits (Shannon 1948, *A Mathematical Theory of Communication*, section 6).
    """

    rows: int
    distinct: int
    singletons: int
    mode: Any
    mode_rows: int
    entropy: float


def tally_of(values: Iterable[Any], counts: Iterable[int]) -> Tally:
    """Return what *counts* of *values* tell.

    Example:
        >>> tally_of(["a", "b", "c"], [2, 1, 1])
        Tally(rows=4, distinct=3, singletons=2, mode='a', mode_rows=2, entropy=1.5)
    """
    pairs = [(value, int(count)) for value, count in zip(values, counts, strict=True) if count]
    rows = sum(count for _, count in pairs)
    if not rows:
        return Tally(0, 0, 0, None, 0, 0.0)
    most = max(count for _, count in pairs)
    modes = [value for value, count in pairs if count == most]
    entropy = math.log2(rows) - math.fsum(count * math.log2(count) for _, count in pairs) / rows
    return Tally(rows, len(pairs), sum(count == 1 for _, count in pairs), _least(modes), most, max(entropy, 0.0))


def _least(values: list[Any]) -> Any:
    try:
        return min(values)
    except TypeError:  # values of several types
        return min(values, key=str)


Seen = Mapping[Stat, Any]


def _ratio(part: Any, whole: Any) -> float | None:
    return None if part is None or not whole else part / whole


def _difference(high: Any, low: Any) -> Any:
    if high is None or low is None:
        return None
    if hasattr(high, "year"):
        raise TypeError("needs numbers, the column holds dates")
    return high - low


def _sum_difference(left: Any, right: Any) -> Any:
    """Return how far two sums lie apart; what floats lose by rounding is nothing."""
    if left is None or right is None:
        return None
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
        if math.isclose(left, right, rel_tol=1e-12):
            return 0.0
    return left - right


def _square(value: Any) -> Any:
    return None if value is None else value * value


# ── two columns of categories ────────────────────────────────────────────────────────────────────────────────────────


def _margins(table: Mapping[tuple[Any, Any], int]) -> tuple[int, dict[Any, int], dict[Any, int]]:
    left: dict[Any, int] = {}
    right: dict[Any, int] = {}
    for (a, b), count in table.items():
        left[a] = left.get(a, 0) + count
        right[b] = right.get(b, 0) + count
    return sum(left.values()), left, right


def _mutual_information(table: Mapping[tuple[Any, Any], int]) -> float | None:
    """Return how many bits one column tells of the other (Cover & Thomas 2006, equation 2.28)."""
    rows, left, right = _margins(table)
    if not rows:
        return None
    parts = (n / rows * math.log2(n * rows / (left[a] * right[b])) for (a, b), n in table.items())
    return max(math.fsum(parts), 0.0)


def _cramers_v(table: Mapping[tuple[Any, Any], int]) -> float | None:
    """Return how strongly two columns go together, 0 to 1 (Cramér 1946, section 21.9); None when one is constant."""
    rows, left, right = _margins(table)
    least = min(len(left), len(right)) - 1
    if not rows or least < 1:
        return None
    # chi² / rows = Σ n² / (row total · column total) − 1, so cells without rows need no look
    squares = math.fsum(n * n / (left[a] * right[b]) for (a, b), n in table.items())
    return math.sqrt(max(squares - 1, 0.0) / least)


# ── the table of them ────────────────────────────────────────────────────────────────────────────────────────────────

_OTHER = object()  # as an argument: the statistic of the other column

# the statistics that each is made of, as names with an argument (``...``: the argument of what is made), and how
_Made = tuple[tuple[tuple[str, Any], ...], Callable[..., Any]]
DERIVED: dict[str, _Made] = {
    "var": ((("std", None),), _square),
    "range": ((("max", None), ("min", None)), _difference),
    "iqr": ((("quantile", 0.75), ("quantile", 0.25)), _difference),
    "cv": ((("std", None), ("mean", None)), _ratio),
    "null_share": ((("nulls", None), ("rows", None)), _ratio),
    "distinct_share": (
        (("distinct", None), ("rows", None), ("nulls", None)),
        lambda distinct, rows, nulls: _ratio(distinct, rows - nulls),
    ),
    "mode": ((("tally", None),), lambda tally: tally.mode),
    "mode_share": ((("tally", None),), lambda tally: _ratio(tally.mode_rows, tally.rows)),
    "entropy": ((("tally", None),), lambda tally: tally.entropy if tally.rows else None),
    "singleton_share": ((("tally", None),), lambda tally: _ratio(tally.singletons, tally.distinct)),
    "sum_difference": ((("sum", None), ("sum", _OTHER)), _sum_difference),
    "mutual_information": ((("contingency", ...),), _mutual_information),
    "cramers_v": ((("contingency", ...),), _cramers_v),
}


def bases(stat: Stat) -> tuple[Stat, ...]:
    """Return the statistics that *stat* is made of; none when it is measured itself.

    Example:
        >>> [base.name for base in bases(Stat("cv", "amount"))]
        ['std', 'mean']
    """
    if stat.name not in DERIVED:
        return ()
    return tuple(_base(stat, name, argument) for name, argument in DERIVED[stat.name][0])


def _base(stat: Stat, name: str, argument: Any) -> Stat:
    if argument is _OTHER:
        return Stat(name, stat.argument)
    return Stat(name, "" if name == "rows" else stat.column, stat.argument if argument is ... else argument)


def derive(stat: Stat, seen: Seen) -> Any:
    """Return *stat* from those that it is made of."""
    return DERIVED[stat.name][1](*[seen[base] for base in bases(stat)])
