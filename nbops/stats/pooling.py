"""A spread that many columns tell of together, when each has too few batches to tell its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, variance

__all__ = ["pooled_variance"]

_LEAST = 1e-6  # of the largest variance: a smaller one is rounding


def pooled_variance(variances: Sequence[float], degrees: float) -> tuple[float, float]:
    """Return the variance that *variances*, each of *degrees* of freedom, tell of a further one, and what it is worth.

    The variances are taken as drawn around a common one by a scaled inverse chi-square distribution, whose two
    parameters follow from the mean and the variance of their logarithms. Where they differ more than such few degrees
    explain, the result is worth little; at most, half of all degrees together, because columns are not independent.

    Source:
        Smyth, Statistical Applications in Genetics and Molecular Biology 3 (2004), section 6.2.

    Example:
        >>> alike, worth = pooled_variance([1.1, 0.9, 1.0, 1.2, 0.8, 1.0], 4)
        >>> round(alike, 1), worth
        (1.3, 12.0)
        >>> pooled_variance([0.001, 50.0, 0.1, 3000.0, 7.0, 0.004], 4)[1] < 1
        True
        >>> pooled_variance([1.0], 4)
        (0.0, 0.0)
    """
    largest = max(variances, default=0.0)
    if len(variances) < 3 or not 0 < largest < math.inf:
        return 0.0, 0.0
    shift = _digamma(degrees / 2) - math.log(degrees / 2)
    logs = [math.log(max(one, _LEAST * largest)) - shift for one in variances]
    more = variance(logs) - _trigamma(degrees / 2)
    most = len(variances) * degrees / 2
    worth = min(most, 2 * _inverse_trigamma(more)) if more > 0 else most
    usual = math.exp(fmean(logs) + _digamma(worth / 2) - math.log(worth / 2)) if more > 0 else math.exp(fmean(logs))
    return max(usual, fmean(variances)), worth  # the mean of the logarithms alone is low for one or two degrees


def _digamma(x: float) -> float:
    """Return the derivative of the logarithm of the gamma function; NIST DLMF 5.5.2 and 5.11.2."""
    found = 0.0
    while x < 8:
        found, x = found - 1 / x, x + 1
    square = 1 / (x * x)
    return found + math.log(x) - 0.5 / x - square * (1 / 12 - square * (1 / 120 - square / 252))


def _trigamma(x: float) -> float:
    """Return the derivative of the digamma function; NIST DLMF 5.15.5 and 5.15.8."""
    found = 0.0
    while x < 8:
        found, x = found + 1 / (x * x), x + 1
    square = 1 / (x * x)
    return found + 1 / x + square / 2 + square / x * (1 / 6 - square * (1 / 30 - square / 42))


def _inverse_trigamma(value: float) -> float:
    """Return where the trigamma function, which falls, has *value*, by bisection."""
    low, high = 1e-4, 1e6
    for _ in range(80):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if _trigamma(middle) > value else (low, middle)
    return low
