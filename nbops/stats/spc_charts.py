"""The classical control charts of a past as a whole: I-MR, p, Laney's p′, EWMA and CUSUM, for many series at once.

They answer whether a series was stable; whether its newest point is like the others is answered by
:mod:`nbops.stats.spc`. Their false-alarm rates hold for a known mean and spread of independent normal values; taken
from few points, limits alarm more often: of I-MR limits from 20 points, 1.1 % of later points lie outside, of such
from 5 points 5.8 %.

Every function takes one series or one in each row, and leaves NaN out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Chart", "cusum_chart", "ewma_chart", "individuals_chart", "laney_p_chart", "p_chart"]

Array = np.ndarray[Any, np.dtype[Any]]

_D2 = 1.1283791670955126
"""The mean range of two normal values, in standard deviations: 2 / sqrt(pi)."""
_D4 = 3.2665
"""The upper limit of the range of two, in mean ranges: 1 + 3 d3 / d2."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: one row for each series, one column for each point.

    Args:
        value: What is drawn: the values, their moving mean, or their cumulated sum.
        centre, low, high: The centre line and the limits.
        is_out: Whether *value* lies beyond them.
    """

    value: Array
    centre: Array
    low: Array
    high: Array
    is_out: Array


def individuals_chart(values: Any, *, sigmas: float = 3.0) -> tuple[Chart, Chart]:
    """Return the chart of individual values, and that of their moving ranges: I-MR.

    mean ± 3 · mean moving range / 1.128; ranges up to 3.267 of their mean.

    False alarms:
        1 in 370 points for the individuals, about 1 in 110 for the ranges, which are not normal.

    Source:
        Shewhart (1931); Montgomery, Introduction to Statistical Quality Control (2013), 6.4.

    Example:
        >>> chart, ranges = individuals_chart([10.0, 11, 10, 12, 11, 10, 30])
        >>> chart.is_out[0].tolist()[-1], ranges.is_out[0].tolist()[-1]
        (True, True)
    """
    y = _rows(values)
    moves = np.full(y.shape, np.nan)
    moves[:, 1:] = np.abs(np.diff(y, axis=1))
    mean_range = _mean(moves)
    middle = _mean(y)
    reach = sigmas * mean_range / _D2
    zero = np.zeros_like(mean_range)
    return _chart(y, middle, middle - reach, middle + reach), _chart(moves, mean_range, zero, _D4 * mean_range)


def p_chart(bad_rows: Any, rows: Any, *, sigmas: float = 3.0) -> Chart:
    """Return the chart of shares, when nothing but sampling makes them differ.

    p ± 3 · sqrt(p (1 − p) / n), cut off at 0 and 1.

    False alarms:
        About 1 in 370 points where n·p is above ten; shares of large tables always vary by more than this chart
        allows, and then :func:`laney_p_chart` is the right one.

    Source:
        Montgomery (2013), 7.2.

    Example:
        >>> p_chart([10, 12, 9, 40], [1000] * 4).is_out[0].tolist()
        [False, False, False, True]
    """
    share, of, p = _shares(bad_rows, rows)
    reach = sigmas * np.sqrt(p * (1 - p) / of)
    return _chart(share, p, np.maximum(p - reach, 0), np.minimum(p + reach, 1))


def laney_p_chart(bad_rows: Any, rows: Any, *, sigmas: float = 3.0) -> Chart:
    """Return Laney's p′ chart of shares, whose limits widen by what the shares vary beyond sampling.

    p ± 3 · sqrt(p (1 − p) / n) · sigma_z, sigma_z being the mean moving range of the standardised shares / 1.128.

    False alarms:
        1 in 370 points, as the chart of individuals.

    Source:
        Laney, Quality Engineering 14 (2002).

    Example:
        >>> wild = [4000, 6000, 5000, 7000, 3000, 5500, 4500]
        >>> [int(chart(wild, [100_000] * 7).is_out.sum()) for chart in (p_chart, laney_p_chart)]
        [6, 0]
    """
    share, of, p = _shares(bad_rows, rows)
    sampling = np.sqrt(p * (1 - p) / of)
    scores = np.divide(share - p, sampling, out=np.zeros_like(share), where=sampling > 0)
    wider = _mean(np.abs(np.diff(np.where(np.isfinite(share), scores, np.nan), axis=1))) / _D2
    reach = sigmas * sampling * wider
    return _chart(share, p, np.maximum(p - reach, 0), np.minimum(p + reach, 1))


def ewma_chart(scores: Any, *, weight: float = 0.2, sigmas: float = 2.86) -> Chart:
    """Return the exponentially weighted moving mean of standardised values: it finds small shifts that stay.

    z ← weight · x + (1 − weight) · z, with limits ± sigmas · sqrt(weight / (2 − weight) · (1 − (1 − weight)^2i)).

    Args:
        scores: Values with mean 0 and standard deviation 1, as :attr:`nbops.stats.spc.Control.score`.
        weight: Of the newest value.
        sigmas: 2.86 for 1 false alarm in 370 points with a weight of 0.2.

    False alarms:
        1 in 370 points by the defaults; a shift of one standard deviation is found after 9 points on average (by
        single points beyond three sigmas: 44).

    Source:
        Roberts, Technometrics 1 (1959); Lucas and Saccucci, Technometrics 32 (1990).

    Example:
        >>> int(ewma_chart([0.0] * 5 + [1.5] * 8).is_out[0].argmax())
        9
    """
    x = _rows(scores)
    mean, weights = np.zeros(len(x)), np.zeros(len(x))
    value, reach = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    for at in range(x.shape[1]):
        is_there = np.isfinite(x[:, at])
        mean = np.where(is_there, weight * np.nan_to_num(x[:, at]) + (1 - weight) * mean, mean)
        weights = weights + is_there
        reach[:, at] = sigmas * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * weights)))
        value[:, at] = np.where(is_there, mean, np.nan)
    return _chart(value, np.zeros((len(x), 1)), -reach, reach)


def cusum_chart(scores: Any, *, slack: float = 0.5, limit: float = 4.77) -> Chart:
    """Return the cumulated sum of standardised values beyond *slack*: the larger of its two sides, with its sign.

    C⁺ ← max(0, C⁺ + x − slack) and C⁻ the same downwards; out of control beyond *limit*.

    Args:
        scores: Values with mean 0 and standard deviation 1.
        slack: Half of the shift that matters.
        limit: 4.77 for 1 false alarm in 370 points with a slack of 0.5.

    False alarms:
        1 in 370 points by the defaults; a shift of one standard deviation is found after 10 points on average.

    Source:
        Page, Biometrika 41 (1954); Hawkins and Olwell, Cumulative Sum Charts (1998), table 3.1.

    Example:
        >>> int(cusum_chart([0.0] * 5 + [1.5] * 8).is_out[0].argmax())
        9
    """
    x = _rows(scores)
    up, down = np.zeros(len(x)), np.zeros(len(x))
    value = np.full(x.shape, np.nan)
    for at in range(x.shape[1]):
        new = np.nan_to_num(x[:, at])
        is_there = np.isfinite(x[:, at])
        up = np.where(is_there, np.maximum(0, up + new - slack), up)
        down = np.where(is_there, np.maximum(0, down - new - slack), down)
        value[:, at] = np.where(is_there, np.where(up >= down, up, -down), np.nan)
    edge = np.full((len(x), 1), limit)
    return _chart(value, np.zeros((len(x), 1)), -edge, edge)


def _rows(values: Any) -> Array:
    return np.atleast_2d(np.asarray(values, float))


def _mean(values: Array) -> Array:
    """Return the mean of each row without its NaN, as a column."""
    there = np.isfinite(values)
    return np.asarray(np.where(there, values, 0.0).sum(1, keepdims=True) / np.maximum(there.sum(1, keepdims=True), 1))


def _shares(bad_rows: Any, rows: Any) -> tuple[Array, Array, Array]:
    """Return the shares, of how many rows, and the share of all rows together."""
    of = np.broadcast_to(_rows(rows), _rows(bad_rows).shape)
    bad = np.where(of > 0, _rows(bad_rows), np.nan)
    of = np.where(np.isfinite(bad), of, np.nan)
    total = np.nansum(of, axis=1, keepdims=True)
    return bad / of, of, np.nansum(bad, axis=1, keepdims=True) / np.maximum(total, 1)


def _chart(value: Array, centre: Array, low: Array, high: Array) -> Chart:
    centre, low, high = (np.broadcast_to(one, value.shape) for one in (centre, low, high))
    slack = 1e-9 * np.maximum(np.abs(low), np.abs(high))
    with np.errstate(invalid="ignore"):
        return Chart(value, centre, low, high, (value < low - slack) | (value > high + slack))
