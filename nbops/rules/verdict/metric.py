"""One measurement of a delivery: a value on a scale where errors add up, and its own sampling error."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nbops.rules.verdict.delivery import Floats

__all__ = ["Key", "Measured", "Metrics", "clumped", "level", "proportion", "quantile"]

Key = tuple[str, ...]
"""The kind of a measurement, and its columns."""


class Measured(NamedTuple):
    """A value and its sampling standard deviation."""

    value: float
    sd: float


Metrics = dict[Key, Measured]


def proportion(share: float, n: float) -> Measured:
    """Return a share on the angular scale, where its sampling error does not depend on it: 2·asin(√p), sd 1/√n.

    Example:
        >>> proportion(0.5, 100)
        Measured(value=1.5707963267948968, sd=0.1)
    """
    return Measured(2.0 * math.asin(math.sqrt(min(1.0, max(0.0, share)))), 1.0 / math.sqrt(max(n, 1.0)))


def level(values: Floats) -> Measured:
    """Return the mean of values and its standard error."""
    n = len(values)
    return Measured(float(values.mean()), float(values.std()) / math.sqrt(n) + 1e-9)


def quantile(values: Floats, middles: Floats, share: float, n: float, counts: npt.NDArray[np.int64]) -> Measured:
    """Return a quantile of distinct sorted values by their mid-distribution, and its error from the ranks around it.

    Args:
        values: The distinct values, sorted.
        middles: For each the share of rows below it, and half of those at it: so the quantile moves smoothly even
            where few values are taken by many rows.
        share: Which quantile.
        n: How many rows there are.
        counts: How many of them each value has: where a wide gap ends at a value of few rows, its place is chance.
    """
    half = math.sqrt(share * (1.0 - share) / n)
    at = np.array([share - 3 * half, share - half, share, share + half, share + 3 * half])
    lowest, low, mid, high, highest = np.interp(at, middles, values).tolist()
    error = max((high - low) / 2.0, (highest - lowest) / 6.0, 1e-6 + 1e-4 * abs(mid))
    return Measured(mid, max(error, _by_chance(values, middles, share, counts)))


def _by_chance(values: Floats, middles: Floats, share: float, counts: npt.NDArray[np.int64]) -> float:
    """Return how far a quantile between two values moves with the next of them, which few rows alone place there."""
    high = int(np.searchsorted(middles, share))
    if not 0 < high < len(values):
        return 0.0
    weight = float((share - middles[high - 1]) / (middles[high] - middles[high - 1]))
    above = float(values[min(high + 1, len(values) - 1)] - values[high]) or float(values[high] - values[high - 1])
    below = float(values[high - 1] - values[max(high - 2, 0)]) or float(values[high] - values[high - 1])
    return max(weight * above / float(counts[high]), (1.0 - weight) * below / float(counts[high - 1]))


def clumped(flags: npt.NDArray[np.bool_]) -> Measured:
    """Return the share of rows that are flagged; its error grows where neighbours are flagged together.

    Example:
        >>> clumped(np.array([True, False] * 50)).sd
        0.1
    """
    n = len(flags)
    share = float(flags.mean())
    if n < 20 or not 0.0 < share < 1.0:
        return proportion(share, n)
    off = flags[:20_000] - share
    rho = min(max(float((off[1:] * off[:-1]).sum()) / max(float((off * off).sum()), 1e-9), 0.0), 0.9)
    return proportion(share, n * (1.0 - rho) / (1.0 + rho))
