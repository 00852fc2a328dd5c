"""What a column of numbers is like."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from nbops.frames.profile.hashing import Array
from nbops.frames.profile.sketch import Quantiles

__all__ = ["NumberFacts", "added", "number_facts"]

_SAMPLE = 2_000
_MOST_DECIMALS = 9
_BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """The numbers of a column; nulls are left out, infinities of the moments and quantiles too.

    Args:
        count: How many finite numbers there are.
        low: The smallest of them.
        high: The largest.
        mean: Their mean.
        m2: Sum of the second powers of their distances from the mean.
        m3: Of the third powers.
        m4: Of the fourth powers.
        zeros: How many are zero.
        negatives: How many lie below zero.
        infinite: How many cells are infinite.
        whole: How many are whole numbers.
        decimals: In a sample, how many have so many digits behind the point.
        quantiles: Where they lie.
    """

    count: int = 0
    low: float | int | None = None
    high: float | int | None = None
    mean: float = 0.0
    m2: float = 0.0
    m3: float = 0.0
    m4: float = 0.0
    zeros: int = 0
    negatives: int = 0
    infinite: int = 0
    whole: int = 0
    decimals: Mapping[int, int] = field(default_factory=dict)
    quantiles: Quantiles = field(default_factory=Quantiles)

    def __add__(self, other: NumberFacts) -> NumberFacts:
        if not self.count or not other.count:
            full, empty = (self, other) if self.count else (other, self)
            return replace(full, infinite=full.infinite + empty.infinite)
        mean, m2, m3, m4 = _moments_of_both(self, other)
        return NumberFacts(
            self.count + other.count,
            min(self.low, other.low),  # type: ignore[type-var]
            max(self.high, other.high),  # type: ignore[type-var]
            mean,
            m2,
            m3,
            m4,
            self.zeros + other.zeros,
            self.negatives + other.negatives,
            self.infinite + other.infinite,
            self.whole + other.whole,
            added(self.decimals, other.decimals),
            self.quantiles + other.quantiles,
        )

    @property
    def std(self) -> float | None:
        """The standard deviation of a sample; None below two numbers."""
        return math.sqrt(self.m2 / (self.count - 1)) if self.count > 1 else None

    @property
    def skewness(self) -> float | None:
        """The third standardised moment; None when all are equal."""
        return math.sqrt(self.count) * self.m3 / self.m2**1.5 if self.m2 > 0 else None

    @property
    def kurtosis(self) -> float | None:
        """The fourth standardised moment less three, that of a normal; None when all are equal."""
        return self.count * self.m4 / self.m2**2 - 3 if self.m2 > 0 else None

    @property
    def most_decimals(self) -> int:
        """The most digits behind the point, in the sample."""
        return max(self.decimals, default=0)


def _moments_of_both(a: NumberFacts, b: NumberFacts) -> tuple[float, float, float, float]:
    """Return the mean and the powers' sums of two parts together.

    Source:
        Pébay, Sandia report SAND2008-6212 (2008), formulas 2.1 to 2.4.
    """
    n, d = a.count + b.count, b.mean - a.mean
    p, q = a.count / n, b.count / n
    m2 = a.m2 + b.m2 + d * d * a.count * q
    m3 = a.m3 + b.m3 + d**3 * a.count * q * (p - q) + 3 * d * (p * b.m2 - q * a.m2)
    m4 = (
        a.m4 + b.m4 + d**4 * a.count * q * (p * p - p * q + q * q)
        + 6 * d * d * (p * p * b.m2 + q * q * a.m2) + 4 * d * (p * b.m3 - q * a.m3)
    )  # fmt: skip
    return a.mean + d * q, m2, m3, m4


def added(left: Mapping[int, int], right: Mapping[int, int]) -> dict[int, int]:
    """Return two counts together."""
    return {key: left.get(key, 0) + right.get(key, 0) for key in sorted({*left, *right})}


def number_facts(ordered: Array) -> NumberFacts:
    """Return what a sorted array of numbers without nulls is like."""
    infinite = 0
    if ordered.dtype.kind == "f" and len(ordered) and (math.isinf(ordered[0]) or math.isinf(ordered[-1])):
        finite = ordered[np.isfinite(ordered)]
        infinite, ordered = len(ordered) - len(finite), finite
    if not len(ordered):
        return NumberFacts(infinite=infinite)
    values = ordered.astype("float64", copy=False)
    mean, (m2, m3, m4) = _powers(values)
    first_zero, after_zero = (int(np.searchsorted(ordered, 0, side=side)) for side in ("left", "right"))
    return NumberFacts(
        len(ordered), ordered[0].item(), ordered[-1].item(), mean, m2, m3, m4,
        after_zero - first_zero, first_zero, infinite, _whole(ordered), _decimals(ordered),
        Quantiles.of(ordered),
    )  # fmt: skip


def _powers(values: Array) -> tuple[float, Array]:
    """Return the mean, and the sums of the second to fourth powers of the distances from it."""
    sums = np.zeros(3)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(values.mean())
        for start in range(0, len(values), _BLOCK):
            away = values[start : start + _BLOCK] - mean
            square = away * away
            sums += square.sum(), (square * away).sum(), (square * square).sum()
    return mean, sums.tolist()


def _whole(ordered: Array) -> int:
    return len(ordered) if ordered.dtype.kind in "iub" else int(np.count_nonzero(np.floor(ordered) == ordered))


def _decimals(ordered: Array) -> dict[int, int]:
    """Return how many digits behind the point a sample has; a number with more than nine counts as having ten."""
    if ordered.dtype.kind in "iub":
        return {0: min(len(ordered), _SAMPLE)}
    sample = ordered[np.linspace(0, len(ordered) - 1, min(len(ordered), _SAMPLE)).astype("int64")]
    found: dict[int, int] = {}
    for digits in range(_MOST_DECIMALS + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            fits = np.round(sample, digits) == sample
        found[digits] = int(np.count_nonzero(fits))
        sample = sample[~fits]
    found[_MOST_DECIMALS + 1] = len(sample)
    return {digits: rows for digits, rows in found.items() if rows}
