"""One measurement of a delivery: a value on a scale where errors add up, and its own sampling error."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from nbops.rules.verdict.delivery import Floats

__all__ = ["Key", "Measured", "Metrics", "level", "proportion", "quantile"]

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


def quantile(ordered: Floats, share: float) -> Measured:
    """Return a quantile of sorted values; its error from the order statistics around it."""
    n = len(ordered)
    half = math.sqrt(share * (1.0 - share) / n)
    low, mid, high = np.interp(
        np.clip([share - half, share, share + half], 0.0, 1.0) * (n - 1), np.arange(n), ordered
    ).tolist()
    return Measured(mid, max((high - low) / 2.0, 1e-9))
