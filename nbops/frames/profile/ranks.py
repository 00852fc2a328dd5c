"""How the columns of a table rise together: Spearman's rank correlation of each pair, in a sample."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nbops.frames.profile.hashing import Array

__all__ = ["RankCorrelation", "common_ranks", "midranks", "ranks_of", "step_of"]

_MOST_ROWS = 10_000

_LEAST_ROWS = 20
_LEAST = 0.01  # below, it is that of chance, and not kept
_NEARLY_ALL = 0.95  # of the rows that one of them fills: from there on, ranks in all rows are as good
_DIGITS = 4  # beyond, the order of the summands shows
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's correlation of two columns; two parts add up to their mean, weighted by rows.

    Args:
        rows: In how many rows of the sample both are known.
        value: From −1 to 1.
    """

    rows: int
    value: float

    def __add__(self, other: RankCorrelation) -> RankCorrelation:
        rows = self.rows + other.rows
        mean = (self.value * self.rows + other.value * other.rows) / rows if rows else 0.0
        return RankCorrelation(rows, round(mean, _DIGITS))


def ranks_of(sample: Mapping[str, Array]) -> dict[Pair, RankCorrelation]:
    """Return the rank correlations of columns of floats, in which NaN is null; those near zero are left out."""
    scores = {name: midranks(values[:: step_of(len(values))]) for name, values in sample.items()}
    names = [name for name, one in scores.items() if one is not None]
    if len(names) < 2:
        return {}
    ranked = np.array([scores[name] for name in names])
    there = ~np.isnan(ranked)
    weights, values = there.astype("float64"), np.nan_to_num(ranked)
    rows, sums = weights @ weights.T, values @ weights.T
    squares, products = (values * values) @ weights.T, values @ values.T
    found = {}
    for i, j in itertools.combinations(range(len(names)), 2):
        n = rows[i, j]
        if n < _LEAST_ROWS:
            continue
        if n < _NEARLY_ALL * max(rows[i, i], rows[j, j]):
            both = there[i] & there[j]
            rho = _correlation(ranked[i, both], ranked[j, both])
        else:
            spread = (squares[i, j] - sums[i, j] ** 2 / n) * (squares[j, i] - sums[j, i] ** 2 / n)
            rho = (products[i, j] - sums[i, j] * sums[j, i] / n) / spread**0.5 if spread > 0 else 0.0
        if abs(rho) >= _LEAST:
            found[(names[i], names[j])] = RankCorrelation(int(n), round(float(rho), _DIGITS))
    return found


def _correlation(left: Array, right: Array) -> float:
    """Return the rank correlation of rows that are a part of their columns: among them, ranks are others."""
    a, b = midranks(left), midranks(right)
    if a is None or b is None:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / ((a * a).sum() * (b * b).sum()) ** 0.5)


def step_of(rows: int) -> int:
    """Return how many rows of a sample further the next one is that is ranked."""
    return max(1, -(-rows // _MOST_ROWS))


def midranks(values: Array) -> Array | None:
    """Return the rank of each value between −½ and ½, that of equal ones the mean of theirs; None where all are equal.

    Example:
        >>> midranks(np.array([3.0, 1.0, 3.0, np.nan])).round(3).tolist()
        [0.167, -0.333, 0.167, nan]
    """
    known = ~np.isnan(values)
    _, places, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    if len(counts) < 2:
        return None
    middle = np.cumsum(counts) - counts / 2
    found = np.full(len(values), np.nan)
    found[known] = middle[places.ravel()] / len(places) - 0.5
    return found


def common_ranks(
    mine: Mapping[Pair, RankCorrelation], theirs: Mapping[Pair, RankCorrelation]
) -> dict[Pair, RankCorrelation]:
    """Return the rank correlations of two parts of a table together."""
    none = RankCorrelation(0, 0.0)
    return {pair: mine.get(pair, none) + theirs.get(pair, none) for pair in sorted({*mine, *theirs})}
