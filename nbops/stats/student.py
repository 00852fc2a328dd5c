"""Prediction limits: where the next of several batches will lie, when it is made as they were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from nbops.stats.beta import beta_quantile

__all__ = ["prediction_limits", "t_quantile"]


def t_quantile(tail: float, degrees: float) -> float:
    """Return what Student's t with *degrees* of freedom exceeds with probability *tail* (below one half).

    Source:
        NIST Digital Library of Mathematical Functions, 8.17 with x = ν / (ν + t²).

    Example:
        >>> round(t_quantile(0.025, 10), 4)
        2.2281
    """
    x = beta_quantile(2 * tail, degrees / 2, 0.5)
    return math.sqrt(degrees * (1 - x) / x)


def prediction_limits(values: Sequence[float], risk: float, *, least_sd: float = 0.0) -> tuple[float, float]:
    """Return the limits that the next value leaves with probability *risk*, when all are independent and normal.

    mean ± t(K−1, 1−risk/2) · s · √(1 + 1/K), where s is not taken below *least_sd* (the sampling error of one batch).

    Source:
        Hahn and Meeker, Statistical Intervals (1991), formula 4.6. Needs two values; honest from two on, and narrow
        enough to be of use from about ten.

    Example:
        >>> low, high = prediction_limits([10.0, 11.0, 12.0, 11.0, 10.5], 0.05)
        >>> round(low, 2), round(high, 2)
        (8.64, 13.16)
    """
    many = len(values)
    if many < 2:
        return -math.inf, math.inf
    middle = fmean(values)
    spread = math.sqrt(sum((value - middle) ** 2 for value in values) / (many - 1))
    reach = t_quantile(risk / 2, many - 1) * max(spread, least_sd) * math.sqrt(1 + 1 / many)
    return middle - reach, middle + reach
