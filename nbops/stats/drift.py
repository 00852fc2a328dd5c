"""Whether two samples of one quantity differ: five measures, each with a floor for its size and a probability.

A large sample proves every difference and a small one shows differences that are none, so a drift must be both: larger
than a floor that matters, and rarer than a risk under equal distributions. What is compared are values with their
counts; nulls are left out before.

===============  ==============================================  =======  ============================================
measure          of                                              floor    probability under equal distributions
===============  ==============================================  =======  ============================================
``psi``          shares in ten classes, or of categories         0.1      chi-square of PSI · nm/(n+m), classes − 1
``js``           the same; a distance from 0 to 1                0.1      chi-square of 8 · JSD · nm/(n+m), in nats
``chi_square``   the same; Cramér's V                            0.1      chi-square
``ks``           numbers: the largest gap of the two curves      0.1      Kolmogorov's distribution; less with ties
``wasserstein``  numbers: how far values moved, in sd's          0.1      drawn anew from both samples together
===============  ==============================================  =======  ============================================

Drifts found, in per cent, at a risk of 1 % and the floors above; both samples normal and of one size, simulated on
1,000, 300 and 60 pairs. The first line of each size are false alarms; in brackets those without a floor::

    rows   moved by    psi        js         chi_square   ks         wasserstein
    100    nothing     0.7 (0.7)  0.4 (0.4)  0.6 (0.6)    0.5 (0.5)  0.6 (0.6)
    100    0.25 sd     4          4          4            12         20
    100    0.5 sd      36         32         34           67         84
    1000   nothing     0 (1.3)    0 (0.7)    0.7 (0.7)    0 (0.3)    1.3 (1.3)
    1000   0.1 sd      0          1          10           1          38
    1000   0.25 sd     17         82         94           78         100
    10000  nothing     0 (1.7)    0 (1.7)    0 (0)        0 (0)      0 (0)
    10000  0.1 sd      0          0          0            0          48
    10000  0.25 sd     0          75         100          63         100
    any    more        100 from half a standard deviation and 1,000 rows on

Source:
    PSI: Yurdakul, Statistical Properties of Population Stability Index (2018); Jensen–Shannon: Lin, IEEE Transactions
    on Information Theory 37 (1991), and Endres and Schindelin, 49 (2003); KS: Stephens, Journal of the Royal
    Statistical Society B 32 (1970); Cramér, Mathematical Methods of Statistics (1946), 21.9; Wasserstein: Ramdas,
    García Trillos and Cuturi, Entropy 19 (2017); several at once: Holm, Scandinavian Journal of Statistics 6 (1979).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbops.stats.chi_square import chi_square_above

__all__ = ["FLOORS", "MEASURES", "OF_NUMBERS", "Drift", "Sample", "drift_of", "holm"]

Array = np.ndarray[Any, np.dtype[Any]]

FLOORS: Mapping[str, float] = {"psi": 0.1, "js": 0.1, "chi_square": 0.1, "ks": 0.1, "wasserstein": 0.1}
"""The size of each measure below which a difference does not matter."""
OF_NUMBERS = ("ks", "wasserstein")
"""The measures that need numbers."""

_CLASSES = 10
_MOST_CATEGORIES = 50
_LEAST_EXPECTED = 5.0
_DRAWS = 1_000
_MOST_POINTS = 128


@dataclass(frozen=True, slots=True)
class Sample:
    """Two samples on one support: how often each value stands in the reference, and now.

    Args:
        values: The different values: numbers, rising; None for categories.
        before: How often each stands in the reference.
        now: How often each stands in what is judged.
    """

    values: Array | None
    before: Array
    now: Array

    @classmethod
    def of_numbers(cls, before: Any, now: Any) -> Sample:
        """Return the samples of two arrays of numbers.

        Example:
            >>> Sample.of_numbers([1, 2, 2], [2, 3]).before.tolist()
            [1.0, 2.0, 0.0]
        """
        one, other = np.asarray(before, float), np.asarray(now, float)
        return cls.of_counts(one, np.ones(len(one)), other, np.ones(len(other)))

    @classmethod
    def of_counts(cls, before: Array, before_counts: Array, now: Array, now_counts: Array) -> Sample:
        """Return the samples of numbers that stand so often."""
        values, at = np.unique(np.concatenate([before, now]), return_inverse=True)
        split = len(before)
        counts = (
            np.bincount(places, weights=weights, minlength=len(values))
            for places, weights in ((at[:split], before_counts), (at[split:], now_counts))
        )
        return cls(values, *counts)

    @property
    def sizes(self) -> tuple[float, float]:
        """How many values each sample has."""
        return float(self.before.sum()), float(self.now.sum())

    @property
    def effective(self) -> float:
        """The size n·m / (n + m), by which differences of two samples shrink."""
        n, m = self.sizes
        return n * m / (n + m) if n and m else 0.0

    def classes(self) -> tuple[Array, Array]:
        """Return the counts in at most ten classes of the reference's values, or of its most frequent categories."""
        if self.values is None:
            return _frequent(self.before, self.now)
        if len(self.values) <= _CLASSES:
            return self.before, self.now
        below = np.cumsum(self.before + self.now)
        number = np.minimum((below - 1e-9) / below[-1] * _CLASSES, _CLASSES - 1).astype(int)
        found = tuple(np.bincount(number, weights=one, minlength=_CLASSES) for one in (self.before, self.now))
        there = found[0] + found[1] > 0
        return found[0][there], found[1][there]


def _frequent(before: Array, now: Array) -> tuple[Array, Array]:
    order = np.argsort(-(before + now), kind="stable")
    first, rest = order[:_MOST_CATEGORIES], order[_MOST_CATEGORIES:]
    if not len(rest):
        return before, now
    return np.append(before[first], before[rest].sum()), np.append(now[first], now[rest].sum())


@dataclass(frozen=True, slots=True)
class Drift:
    """What one measure says of two samples.

    Args:
        measure: Its name.
        size: How large the difference is.
        floor: The size below which it does not matter.
        probability: How often samples of equal distributions differ so much.
    """

    measure: str
    size: float
    floor: float
    probability: float

    def is_drift(self, risk: float) -> bool:
        """Whether the difference matters and is rarer than *risk*."""
        return self.size >= self.floor and self.probability <= risk


def drift_of(sample: Sample, measure: str = "", *, floor: float | None = None, seed: int = 0) -> Drift:
    """Return what a measure says of two samples.

    Args:
        sample: The samples; neither is empty.
        measure: Its name; ``ks`` for numbers and ``chi_square`` for categories when empty.
        floor: The size below which a difference does not matter; the usual one by default.
        seed: For what is drawn.

    Raises:
        ValueError: The measure is unknown, or needs numbers; a sample is empty.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> same, moved = rng.normal(0, 1, (2, 800)), rng.normal(1, 1, 800)
        >>> drift_of(Sample.of_numbers(*same)).is_drift(0.01)
        False
        >>> found = drift_of(Sample.of_numbers(same[0], moved), "wasserstein")
        >>> found.is_drift(0.01), round(found.size, 1)
        (True, 1.0)
    """
    name = measure or ("chi_square" if sample.values is None else "ks")
    if name not in MEASURES:
        raise ValueError(f"unknown measure {name!r}; there are {', '.join(MEASURES)}")
    if name in OF_NUMBERS and sample.values is None:
        raise ValueError(f"{name} needs numbers")
    if not all(sample.sizes):
        raise ValueError("a sample is empty")
    size, probability = MEASURES[name](sample, seed)
    return Drift(name, size, FLOORS[name] if floor is None else floor, probability)


def holm(probabilities: Sequence[float]) -> list[float]:
    """Return probabilities that may each be compared with one risk, which then holds for all of them together.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__)
    found, least = [0.0] * len(probabilities), 0.0
    for rank, at in enumerate(order):
        least = max(least, min(1.0, (len(order) - rank) * probabilities[at]))
        found[at] = least
    return found


# ── the measures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _shares(sample: Sample) -> tuple[Array, Array]:
    """Return the shares in each class, half a value added to each so that none is empty."""
    before, now = sample.classes()
    return tuple((one + 0.5) / (one.sum() + 0.5 * len(one)) for one in (before, now))  # type: ignore[return-value]


def _psi(sample: Sample, _: int) -> tuple[float, float]:
    p, q = _shares(sample)
    size = float(((q - p) * np.log(q / p)).sum())
    return size, chi_square_above(size * sample.effective, len(p) - 1)


def _js(sample: Sample, _: int) -> tuple[float, float]:
    p, q = _shares(sample)
    middle = (p + q) / 2
    nats = max(0.0, float((p * np.log(p / middle) + q * np.log(q / middle)).sum()) / 2)
    return math.sqrt(nats / math.log(2)), chi_square_above(8 * nats * sample.effective, len(p) - 1)


def _chi_square(sample: Sample, _: int) -> tuple[float, float]:
    before, now = sample.classes()
    n, m = before.sum(), now.sum()
    both = before + now
    few = both * min(n, m) / (n + m) < _LEAST_EXPECTED
    if few.any():  # classes in which too little is expected are one
        before = np.append(before[~few], before[few].sum())
        now = np.append(now[~few], now[few].sum())
        both = before + now
    there = both > 0
    before, now, both = before[there], now[there], both[there]
    if len(both) < 2:
        return 0.0, 1.0
    value = float(((before * m - now * n) ** 2 / (both * n * m)).sum())
    return math.sqrt(value / (n + m)), chi_square_above(value, len(both) - 1)


def _curves(sample: Sample) -> tuple[Array, Array]:
    n, m = sample.sizes
    return np.cumsum(sample.before) / n, np.cumsum(sample.now) / m


def _ks(sample: Sample, _: int) -> tuple[float, float]:
    before, now = _curves(sample)
    size = float(np.abs(before - now).max())
    root = math.sqrt(sample.effective)
    return size, _kolmogorov((root + 0.12 + 0.11 / root) * size)


def _kolmogorov(value: float) -> float:
    """Return how probable a value above *value* is in Kolmogorov's distribution."""
    if value < 0.3:
        return 1.0
    terms = (2 * (-1) ** (k - 1) * math.exp(-2 * (k * value) ** 2) for k in range(1, 60))
    return min(1.0, max(0.0, math.fsum(terms)))


def _wasserstein(sample: Sample, seed: int) -> tuple[float, float]:
    """Return by how many standard deviations of the reference values moved, and how often chance moves them so far.

    The area between the two curves; drawn anew many times with both samples together as the distribution.
    """
    values, before, now = _thinned(sample)
    n, m = sample.sizes
    mean = float((values * before).sum() / n)
    sd = math.sqrt(float((before * (values - mean) ** 2).sum() / n)) or 1.0
    gaps = np.diff(values) / sd
    if not len(gaps):
        return 0.0, 1.0
    moved = float(np.abs(np.cumsum(before / n - now / m))[:-1] @ gaps)
    both = (before + now) / (n + m)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(int(n), both, _DRAWS) / int(n) - rng.multinomial(int(m), both, _DRAWS) / int(m)
    chance = np.abs(np.cumsum(drawn, axis=1))[:, :-1] @ gaps
    above = int((chance >= moved).sum())
    least = (above + 1) / (_DRAWS + 1)
    return moved, least if above else min(least, _tail(chance, moved))


def _thinned(sample: Sample) -> tuple[Array, Array, Array]:
    """Return the samples with neighbouring values taken together, so that there are at most some hundred."""
    assert sample.values is not None
    if len(sample.values) <= _MOST_POINTS:
        return sample.values, sample.before, sample.now
    both = sample.before + sample.now
    below = np.cumsum(both)
    number = np.minimum((below - 1e-9) / below[-1] * _MOST_POINTS, _MOST_POINTS - 1).astype(int)
    weights = np.bincount(number, weights=both, minlength=_MOST_POINTS)
    there = weights > 0
    values = np.bincount(number, weights=both * sample.values, minlength=_MOST_POINTS)[there] / weights[there]
    before, now = (
        np.bincount(number, weights=one, minlength=_MOST_POINTS)[there] for one in (sample.before, sample.now)
    )
    return values, before, now


def _tail(chance: Array, value: float) -> float:
    """Return how probable a value beyond all of those drawn is: an exponential tail through their uppermost."""
    top = np.sort(chance)[-len(chance) // 20 :]
    scale = float((top - top[0]).mean())
    return 0.05 * math.exp(-(value - float(top[0])) / scale) if scale > 0 and value > top[0] else 1.0


MEASURES: Mapping[str, Callable[[Sample, int], tuple[float, float]]] = {
    "psi": _psi, "js": _js, "chi_square": _chi_square, "ks": _ks, "wasserstein": _wasserstein,
}  # fmt: skip
"""What computes each measure's size and probability."""
