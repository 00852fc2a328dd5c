"""What a baseline of one or several batches tells of a share: as a tolerance that grows with what is not known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist, fmean, variance
from typing import NamedTuple

from nbops.frames.profile.table import ColumnProfile, Profile
from nbops.frames.semantic import SemanticType, meaning_of
from nbops.stats.pooling import pooled_variance
from nbops.stats.student import t_quantile
from nbops.stats.tolerance import Tolerance

__all__ = ["Baseline", "Prior", "effective", "usual_rate"]

Counts = Sequence[tuple[float, float]]
"""For each batch how many rows were bad, of how many."""

_ENOUGH = 5
_GOING_ON = frozenset({
    SemanticType.KEY, SemanticType.ID, SemanticType.COUNTER, SemanticType.PERIOD, SemanticType.EVENT_DATE,
    SemanticType.LOAD_DATE,
})  # fmt: skip
_MANY = 10


class Prior(NamedTuple):
    """What all columns tell together of how shares differ between batches.

    Args:
        excess: The variance between batches, as a multiple of what chance makes.
        degrees: How many degrees of freedom that is worth; none when nothing is known.
    """

    excess: float = 0.0
    degrees: float = 0.0


_NO_PRIOR = Prior()


@dataclass(frozen=True)
class Baseline:
    """The batches that rules are learned from.

    Args:
        batches: Their profiles, the oldest first.
    """

    batches: tuple[Profile, ...]

    @cached_property
    def whole(self) -> Profile:
        """All batches as one."""
        found = self.batches[0]
        for batch in self.batches[1:]:
            found += batch
        return found

    @property
    def is_one(self) -> bool:
        """Whether there is only one batch, which tells nothing of how batches differ."""
        return len(self.batches) == 1

    @property
    def usual_rows(self) -> int:
        """How many rows a batch has, about."""
        return max(1, round(fmean(batch.rows for batch in self.batches)))

    @cached_property
    def prior(self) -> Prior:
        """How much more than chance explains shares differ between batches, as all columns tell it together.

        As a factor of the variance that chance makes, and what it is worth in degrees of freedom; nothing for one
        batch, and from ten on, where each column tells its own.
        """
        many = len(self.batches)
        if not 2 <= many < _MANY:
            return _NO_PRIOR
        ratios = [_excess(counts) for name in self.whole.names for counts in self._shares(name)]
        return Prior(*pooled_variance([ratio for ratio in ratios if ratio > 0], many - 1))

    @property
    def learning(self) -> str:
        """What is not known yet of how batches differ; empty when there are enough, or only one."""
        if self.is_one or len(self.batches) >= _ENOUGH:
            return ""
        pooled = ", their spread is pooled over the columns" if self.prior.degrees else ""
        return f"learning: {len(self.batches)} of {_ENOUGH} batches seen{pooled}"

    def _shares(self, name: str) -> Iterator[Counts]:
        """Yield in how many rows of each batch a column is null, holds its commonest value, and is above its middle."""
        columns, whole = self.column(name), self.whole[name]
        if len(columns) < len(self.batches):
            return
        if whole.nulls >= 5 * len(columns):
            yield [(one.nulls, one.rows) for one in columns]
        if meaning_of(whole).type in _GOING_ON:  # each batch has its own keys and days, which tell nothing of a spread
            return
        if whole.values.counts and all(one.values.counts is not None for one in columns):
            first = next(iter(whole.values.counts))
            yield [((one.values.counts or {}).get(first, 0), one.rows) for one in columns]
        elif whole.number and all(one.number for one in columns):
            middle = whole.number.quantiles.at(0.5)
            facts = [one.number for one in columns if one.number]
            yield [(one.quantiles.below(middle) * one.count, one.count) for one in facts]

    def column(self, name: str) -> list[ColumnProfile]:
        """Return the column *name* of each batch that has it, with something in it."""
        return [c for batch in self.batches for c in batch.columns if c.name == name and c.filled]

    def outside(self, name: str, risk: float) -> Tolerance:
        """Return how many rows may lie outside the range of all batches.

        One batch: what order statistics say. Several: in how many rows each left the range of the others.
        """
        columns = self.column(name)
        filled = sum(column.filled for column in columns)
        infinite = [(column.number.infinite if column.number else 0, column.filled) for column in columns]
        if any(
            count for count, _ in infinite
        ):  # usual infinities lie outside every bound, and two rows beyond chance's
            return usual_rate([(count + 2, of + 2) for count, of in infinite], risk)
        if len(columns) == 1:
            return Tolerance("bounds", filled, 0, risk)
        counts = [(_beyond(column, [c for c in columns if c is not column]), column.filled) for column in columns]
        return _wider(Tolerance("bounds", filled, 0, risk), usual_rate(counts, risk, self.prior), self.usual_rows)

    def unseen(self, name: str, risk: float) -> Tolerance:
        """Return how many rows may hold a value that no batch held."""
        columns = self.column(name)
        once, filled = self.whole[name].values.once, sum(column.filled for column in columns)
        expected = Tolerance("new", filled, once, risk)
        if len(columns) == 1:
            return expected
        counts = []
        for column in columns:
            others = {value for c in columns if c is not column for value in c.values.counts or {}}
            mine = (column.values.counts or {}).items()
            counts.append((sum(rows for value, rows in mine if value not in others), column.filled))
        return _wider(expected, usual_rate(counts, risk, self.prior), self.usual_rows)


def usual_rate(counts: Counts, risk: float, prior: Prior = _NO_PRIOR) -> Tolerance:
    """Return the tolerance for a share of bad rows that was seen in each of several batches."""
    seen, rows = effective(counts, risk, prior)
    return Tolerance("rate", rows, seen, risk)


def effective(counts: Counts, risk: float, prior: Prior = _NO_PRIOR) -> tuple[float, float]:
    """Return how many bad rows of how many independent ones tell as much as *counts* of several batches do.

    The share of the next batch varies by what the share itself varies between batches and by what is not known of its
    mean. The first is estimated from K batches by the method of moments (Kleinman 1973), so its distribution is
    Student's with K−1 degrees; it enters with the factor t²/z² at the risk, and the sum of both is matched by a beta
    distribution. Needs two batches; with fewer than about eight the limits are wide, as they must be, and narrower
    where *prior* tells what other columns say of the spread: it never makes the spread less than the column's own.

    Example:
        >>> effective([(5, 1000)], 1e-3)
        (5, 1000)
        >>> alike, apart = effective([(5, 1000), (6, 1000), (4, 1000)], 1e-3), effective([(0, 1000), (15, 1000)], 1e-3)
        >>> round(alike[1]), apart[1] < 10
        (2999, True)
        >>> few = [(50, 1000), (75, 1000), (40, 1000)]
        >>> effective(few, 1e-3)[1] < effective(few, 1e-3, Prior(4.0, 20.0))[1]
        True
    """
    bad, rows, many = sum(k for k, _ in counts), sum(m for _, m in counts), len(counts)
    if many < 2:
        return bad, rows
    share, noise, within = _chance(counts)
    degrees = many - 1 + prior.degrees
    excess = variance(k / m for k, m in counts) / within
    excess = max(excess, (prior.degrees * prior.excess + (many - 1) * excess) / degrees)
    between = max(0.0, excess - 1) * within
    factor = t_quantile(risk / 2, degrees) / NormalDist().inv_cdf(1 - risk / 2)
    total = between * (1 + 1 / many) * factor**2 + noise / rows
    alike = max(1.0, min(rows, noise / total - 1))
    if alike == rows:
        return bad, rows
    return float(f"{share * alike:.6g}"), float(f"{alike:.6g}")


def _chance(counts: Counts) -> tuple[float, float, float]:
    """Return the share of all batches, the variance of one row, and that of the share of a batch, all by chance."""
    share = (sum(k for k, _ in counts) + 0.5) / (sum(m for _, m in counts) + 1)
    noise = share * (1 - share)
    return share, noise, noise * fmean(1 / m for _, m in counts)


def _excess(counts: Counts) -> float:
    """Return how many times the variance that chance makes shares differ by."""
    return variance(k / m for k, m in counts) / _chance(counts)[2]


def _wider(one: Tolerance, other: Tolerance, rows: int) -> Tolerance:
    return max(one, other, key=lambda tolerance: tolerance.allowed(rows))


def _beyond(column: ColumnProfile, others: Sequence[ColumnProfile]) -> float:
    """Return how many rows of *column* lie outside the range of *others*."""
    facts = column.number or column.time
    theirs = [found for c in others if (found := c.number or c.time) is not None]
    if facts is None or facts.low is None or facts.high is None or not theirs:
        return 0.0
    low = min(found.low for found in theirs if found.low is not None)
    high = max(found.high for found in theirs if found.high is not None)
    below = max(1.0, facts.count * facts.quantiles.below(low, or_equal=False)) if facts.low < low else 0.0
    above = max(1.0, facts.count * (1 - facts.quantiles.below(high))) if facts.high > high else 0.0
    return float(math.ceil(below) + math.ceil(above))
