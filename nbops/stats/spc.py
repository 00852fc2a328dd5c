"""Control charts of many series at once, each point judged by the points before it alone.

What is asked of a chart here is not whether a past was stable but whether the newest point is like the past. So its
limits are those of a prediction: Shewhart's individuals chart with Student's t in the place of the three sigmas, which
is honest from five points on, and with the spread of the residuals in the place of the moving range, which a
week's rhythm would inflate. Weekends, days of the week and a trend are taken into account where the history shows
them (:mod:`nbops.stats.spc_seasons`).

* A point is never within its own limits.
* A point that was found bad never enters those of a later one.
* Fewer than :data:`LEARNING` points: the chart says that it learns. Fewer than :data:`FEWEST`: nothing is judged.

The classical charts, for a past as a whole, are in :mod:`nbops.stats.spc_charts`; run rules in
:mod:`nbops.stats.spc_rules`.

False alarms and catches, simulated (4,000 series of a weekday at 1000 and a weekend at 200, noise 5 %, normal; the
newest point of any weekday, risk 0.001)::

    points in the history      8      14     30     60
    −50 % caught           99.8 % 100 %  100 %  100 %
    −30 % caught            49 %   87 %   98 %   99 %
    false alarms          0.00 % 0.15 % 0.03 % 0.08 %

Source:
    Shewhart, Economic Control of Quality of Manufactured Product (1931); Hahn and Meeker, Statistical Intervals
    (1991), 4.8; residuals of prediction as chart: Quesenberry, Journal of Quality Technology 23 (1991).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nbops.stats.spc_quantiles import normal_score, t_quantiles
from nbops.stats.spc_screening import odd_points
from nbops.stats.spc_seasons import SEASONS, TERMS, TREND, Sums, choose, knows_such_days

__all__ = ["FEWEST", "LEARNING", "Control", "control_counts", "control_values", "flags"]

Array = np.ndarray[Any, np.dtype[Any]]

FEWEST = 5
"""Fewer good points in the history, and nothing is judged."""
LEARNING = 14
"""Fewer good points in the history, and the limits are still wide."""

_ROUNDING = 1e-6
_MOST_CARRIED = 10.0


@dataclass(frozen=True, slots=True)
class Control:
    """A chart of each series: one row for each, one column for each point.

    Args:
        centre: What was expected; NaN where nothing could be.
        low, high: The limits; NaN where the point was not judged.
        score: How far it lies from what was expected, as a standard normal value; NaN where it was not judged.
        is_out: Whether it lies beyond the limits, or was found bad while the chart learned.
        is_used: Whether it tells of later points.
        history: How many points told of it.
        model: The number of its model in :data:`nbops.stats.spc_seasons.TERMS`.
    """

    centre: Array
    low: Array
    high: Array
    score: Array
    is_out: Array
    is_used: Array
    history: Array
    model: Array

    def terms(self, series: int, point: int) -> tuple[str, ...]:
        """Return what the limits of a point follow: ``weekend`` or ``weekday``, ``trend``; empty for a level."""
        return TERMS[int(self.model[series, point])]


def control_values(
    values: Any,
    days: Any,
    *,
    risk: float = 1e-3,
    least_sd: float = 0.0,
    fewest: int = FEWEST,
    bad: Any = None,
    anew: Any = None,
) -> Control:
    """Return the charts of series of measured values.

    Args:
        values: One series, or one in each row; NaN where there is none.
        days: The day of each point as a number, Monday 1 January of the year 1 being 1 (``date.toordinal``): for all
            series, or for each.
        risk: The probability that a point like those before it lies beyond its limits.
        least_sd: What the standard deviation is not taken below.
        fewest: How many good points must be there before one is judged; more where values are not nearly normal.
        bad: Whether a point is known to be bad: then it is judged, and not used.
        anew: Whether the level begins anew with a point, because a person said so; the spread stays known.

    Example:
        >>> rows = [1000.0, 1010, 990, 1005, 995, 205, 195] * 3
        >>> chart = control_values([*rows, 1003, 500], range(1, 24))
        >>> chart.is_out[0].nonzero()[0].tolist(), chart.terms(0, 22)
        ([22], ('weekend',))
    """
    y = np.atleast_2d(np.asarray(values, float))
    t = np.broadcast_to(np.asarray(days, float), y.shape)
    charting = _Charting(y, t, risk, lambda mean: np.full(len(mean), least_sd))
    charting.fewest = fewest
    return charting.control(bad, anew)


def control_counts(values: Any, days: Any, *, risk: float = 1e-3, bad: Any = None, anew: Any = None) -> Control:
    """Return the charts of series of counts, which vary by factors: judged as logarithms of the count and a half.

    The spread is not taken below the sampling error of a count, the reciprocal of its root. Arguments are those of
    :func:`control_values`; the limits are counts.

    Example:
        >>> chart = control_counts([100, 104, 97, 101, 99, 103, 98, 30], range(1, 9))
        >>> chart.is_out[0].nonzero()[0].tolist(), round(chart.low[0, 7])
        ([7], 53)
    """
    y = np.log(np.atleast_2d(np.asarray(values, float)) + 0.5)
    t = np.broadcast_to(np.asarray(days, float), y.shape)
    found = _Charting(y, t, risk, lambda mean: np.exp(-np.minimum(mean, 80) / 2)).control(bad, anew)
    centre, low, high = (np.exp(np.minimum(one, 700)) - 0.5 for one in (found.centre, found.low, found.high))
    return replace(found, centre=centre, low=np.maximum(low, 0.0), high=high)


class _Charting:
    """The points of some series, taken one after the other."""

    def __init__(self, y: Array, t: Array, risk: float, least: Callable[[Array], Array]) -> None:
        self.weekday = (t.astype(int) - 1) % 7
        at = np.isfinite(y).argmax(axis=1)
        self.first = np.nan_to_num(y[np.arange(len(y)), at])
        self.y = y - self.first[:, None]  # small numbers keep the sums of squares exact
        self.t = t - t[:, :1]
        self.risk, self.least, self.fewest = risk, least, FEWEST
        self.sums = Sums.empty(len(y))
        self.carried, self.carried_degrees = np.zeros(len(y)), np.zeros(len(y))  # squares of an earlier level
        self.made = {name: np.full(y.shape, np.nan) for name in ("centre", "low", "high", "score", "history", "model")}
        self.out, self.used = np.zeros(y.shape, bool), np.zeros(y.shape, bool)

    def control(self, bad: Any, anew: Any) -> Control:
        """Judge every point by those before it."""
        known_bad, begins = flags(bad, self.y), flags(anew, self.y)
        is_there = np.isfinite(self.y)
        for at in range(self.y.shape[1]):
            if begins[:, at].any():
                self._begin_anew(begins[:, at])
            self.out[:, at] = self._judge(at) & is_there[:, at] & ~begins[:, at]
            self.used[:, at] = is_there[:, at] & ~self.out[:, at] & ~known_bad[:, at]
            self.sums.add(self.weekday[:, at], self.t[:, at], self.y[:, at], self.used[:, at].astype(float))
            learned = self.used[:, at] & (self.sums.n.sum(1) == LEARNING) & ~begins[:, : at + 1].any(1)
            for one in np.flatnonzero(learned):
                self._screen(int(one), at)
        shift, made = self.first[:, None], self.made
        return Control(
            made["centre"] + shift, made["low"] + shift, made["high"] + shift, made["score"],
            self.out, self.used, made["history"].astype(int), made["model"].astype(int),
        )  # fmt: skip

    def _begin_anew(self, which: Array) -> None:
        """Forget the level of some series; how they vary stays known."""
        model, fits = choose(self.sums, np.zeros(len(which), int))
        squares, degrees = (_picked(model, [getattr(fit, name) for fit in fits]) for name in ("squares", "degrees"))
        keeps = np.clip(degrees, 0, _MOST_CARRIED)
        self.carried = np.where(which, squares / np.maximum(degrees, 1) * keeps, self.carried)
        self.carried_degrees = np.where(which, keeps, self.carried_degrees)
        self.sums.forget(which)

    def _judge(self, at: int) -> Array:
        """Return which series have a point beyond its limits, and note these."""
        y, t, weekday = self.y[:, at], self.t[:, at], self.weekday[:, at]
        model, fits = choose(self.sums, weekday)
        expected = [fit.at(SEASONS[number % TREND][weekday].argmax(1), t) for number, fit in enumerate(fits)]
        centre = _picked(model, [mean for mean, _ in expected])
        degrees = _picked(model, [fit.degrees for fit in fits]) + self.carried_degrees
        squares = _picked(model, [fit.squares for fit in fits]) + self.carried
        spread = np.maximum(np.sqrt(squares / np.maximum(degrees, 1)), self.least(centre + self.first))
        error = np.maximum(spread, _ROUNDING) * np.sqrt(1 + _picked(model, [variance for _, variance in expected]))
        history = self.sums.n.sum(1)
        known = np.where(self.carried_degrees > 0, history >= 2, history >= self.fewest)
        judged = known & (degrees >= 1) & knows_such_days(self.sums, weekday)
        reach = np.where(judged, t_quantiles(self.risk / 2, degrees) * error, np.nan)
        score = normal_score((y - centre) / error, np.maximum(degrees, 1))
        noted = {
            "centre": np.where(history > 0, centre, np.nan), "low": centre - reach, "high": centre + reach,
            "score": np.where(judged, score, np.nan), "history": history, "model": model,
        }  # fmt: skip
        for name, value in noted.items():
            self.made[name][:, at] = value
        return np.asarray(judged & ~(np.abs(y - centre) <= reach))

    def _screen(self, one: int, at: int) -> None:
        """Now that a chart has learned, find the odd ones among the points that it learned from, and unlearn them."""
        of = np.flatnonzero(self.used[one, : at + 1])
        y, t, weekday = self.y[one], self.t[one], self.weekday[one]
        model = int(self.made["model"][one, at])
        for point in of[odd_points(y[of], t[of], weekday[of], model)]:
            self.out[one, point], self.used[one, point] = True, False
            self.sums.take_back(one, int(weekday[point]), float(t[point]), float(y[point]))


def _picked(model: Array, of_each: Sequence[Array]) -> Array:
    return np.asarray(np.choose(model, of_each))


def flags(given: Any, like: Array) -> Array:
    """Return what is said of each point, as booleans of one shape; nothing said is False."""
    return np.broadcast_to(np.zeros(1, bool) if given is None else np.asarray(given, bool), like.shape)
