"""Least squares of many series at once, from sums by day of the week: a level, weekends or weekdays, and a trend.

The models are nested analyses of covariance: a mean for each class of days, and one slope for all of them. Everything
they need follows from six sums for each day of the week, so that a point is added or judged for a thousand series by a
few operations on arrays.

Source:
    Snedecor and Cochran, Statistical Methods (1989), chapter 18 (one-way analysis of covariance).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbops.stats.spc_quantiles import f_quantiles

__all__ = ["LEVEL", "SEASONS", "TERMS", "TREND", "WEEKDAY", "WEEKEND", "Fit", "Sums", "choose", "knows_such_days"]

Array = np.ndarray[Any, np.dtype[Any]]

LEVEL, WEEKEND, WEEKDAY, TREND = 0, 1, 2, 3
"""The seasons; a model is a season, plus ``TREND`` where it has a slope."""
TERMS: tuple[tuple[str, ...], ...] = (
    (),
    ("weekend",),
    ("weekday",),
    ("trend",),
    ("weekend", "trend"),
    ("weekday", "trend"),
)
"""The words for each model, by its number."""

_DAYS = np.arange(7)
SEASONS = (np.ones((7, 1)), np.stack([_DAYS < 5, _DAYS >= 5], axis=1).astype(float), np.eye(7))
"""For each season which class each day of the week, Monday first, belongs to."""

_CERTAIN = 1e-3
_LEAST_IN_CLASS = (1, 2, 4)
_LEAST_FOR_TREND = 14
_FEW = 1e-12


@dataclass(slots=True)
class Sums:
    """What is known of each series: counts and sums of ``t``, ``y`` and their products, by day of the week.

    Args:
        n, t, y, tt, ty, yy: One row for each series, one column for each day of the week.
    """

    n: Array
    t: Array
    y: Array
    tt: Array
    ty: Array
    yy: Array

    @classmethod
    def empty(cls, series: int) -> Sums:
        """Return those of *series* series without a point."""
        return cls(*(np.zeros((series, 7)) for _ in range(6)))

    def add(self, weekday: Array, t: Array, y: Array, weight: Array) -> None:
        """Add a point to each series *weight* times: once, or not at all."""
        at = np.arange(len(weekday)), weekday
        t, y = np.where(weight == 0, 0.0, t), np.where(weight == 0, 0.0, y)
        for name, value in (("n", 1.0), ("t", t), ("y", y), ("tt", t * t), ("ty", t * y), ("yy", y * y)):
            getattr(self, name)[at] += weight * value

    def take_back(self, series: int, weekday: int, t: float, y: float) -> None:
        """Take a point back from one series."""
        for name, value in (("n", 1.0), ("t", t), ("y", y), ("tt", t * t), ("ty", t * y), ("yy", y * y)):
            getattr(self, name)[series, weekday] -= value

    def forget(self, which: Array) -> None:
        """Empty those series that *which* marks."""
        for name in ("n", "t", "y", "tt", "ty", "yy"):
            getattr(self, name)[which] = 0.0

    def grouped(self, season: int) -> Sums:
        """Return the sums by the classes of a season."""
        classes = SEASONS[season]
        return Sums(*(getattr(self, name) @ classes for name in ("n", "t", "y", "tt", "ty", "yy")))


@dataclass(slots=True)
class Fit:
    """A model fitted to each series.

    Args:
        squares: The sum of the squared residuals.
        degrees: Its degrees of freedom.
        sums: The sums by classes.
        slope: The slope; 0 for a model without one.
        spread_t: The sum of squares of ``t`` within the classes.
    """

    squares: Array
    degrees: Array
    sums: Sums
    slope: Array
    spread_t: Array

    @classmethod
    def of(cls, found: Sums, *, has_trend: bool) -> Fit:
        """Return the fit of a model to the sums by the classes of its season."""
        n = np.maximum(found.n, 1)
        yy = np.maximum((found.yy - found.y**2 / n).sum(1), 0.0)
        degrees = found.n.sum(1) - (found.n > 0).sum(1)
        if not has_trend:
            return cls(yy, degrees, found, np.zeros(len(yy)), np.zeros(len(yy)))
        tt = np.maximum((found.tt - found.t**2 / n).sum(1), 0.0)
        ty = (found.ty - found.t * found.y / n).sum(1)
        slope = np.where(tt > _FEW, ty / np.maximum(tt, _FEW), 0.0)
        return cls(np.maximum(yy - slope * ty, 0.0), degrees - 1, found, slope, tt)

    def at(self, cls_of_day: Array, t: Array) -> tuple[Array, Array]:
        """Return the value expected at *t* in a class, and its variance in units of the residuals' variance."""
        at = np.arange(len(t)), cls_of_day
        n, mean_t = self.sums.n[at], self.sums.t[at] / np.maximum(self.sums.n[at], 1)
        away = t - mean_t
        mean = self.sums.y[at] / np.maximum(n, 1) + self.slope * away
        reach = np.where(self.spread_t > _FEW, away**2 / np.maximum(self.spread_t, _FEW), 0.0)
        return np.where(n > 0, mean, np.nan), 1 / np.maximum(n, 1) + reach


def choose(sums: Sums, weekday: Array) -> tuple[Array, list[Fit]]:
    """Return the number of the model that each series shows, and the fits of all models.

    Forward selection by F tests at one in a thousand. A term is looked for where the history can show it: two points
    of each of weekdays and weekends, four of each day of the week, fourteen points for a trend.

    Args:
        sums: What is known of each series.
        weekday: The day of the week that is to be judged: a season must know days like it.
    """
    grouped = [sums.grouped(season) for season in (LEVEL, WEEKEND, WEEKDAY)]
    fits = [Fit.of(one, has_trend=slope) for slope in (False, True) for one in grouped]
    able = [_able(sums, season, weekday) for season in (LEVEL, WEEKEND, WEEKDAY)]
    able_trend = sums.n.sum(1) >= _LEAST_FOR_TREND

    def gain(less: int, more: int) -> Array:
        shown = able[more % TREND] & (able_trend if more >= TREND > less else True)
        return np.where(shown, _gain(fits[less], fits[more]), 0.0)

    by_weekend, by_weekday, by_trend = gain(LEVEL, WEEKEND), gain(LEVEL, WEEKDAY), gain(LEVEL, TREND)
    trend_first = (by_trend > 1) & (by_trend >= by_weekend) & (by_trend >= by_weekday)
    by_weekend = np.where(trend_first, gain(TREND, TREND + WEEKEND), by_weekend)
    by_weekday = np.where(trend_first, gain(TREND, TREND + WEEKDAY), by_weekday)
    season = np.where((by_weekend > 1) & (by_weekend >= by_weekday), WEEKEND, np.where(by_weekday > 1, WEEKDAY, LEVEL))
    finer = np.where(trend_first, gain(TREND + WEEKEND, TREND + WEEKDAY), gain(WEEKEND, WEEKDAY))
    season = np.where((season == WEEKEND) & (finer > 1), WEEKDAY, season)
    later = np.choose(season, [by_trend, gain(WEEKEND, TREND + WEEKEND), gain(WEEKDAY, TREND + WEEKDAY)])
    return np.where(trend_first | (later > 1), season + TREND, season), fits


def _gain(less: Fit, more: Fit) -> Array:
    """Return by what factor F is above what chance reaches once in a thousand times."""
    added = np.maximum(less.degrees - more.degrees, 1)
    rest = np.where(more.degrees > 1, more.squares / np.maximum(more.degrees, 1), np.inf)
    gained = np.maximum(less.squares - more.squares, 0.0) / added
    found: Array = np.zeros(len(rest))
    for classes in np.unique(added):
        is_it = (added == classes) & (less.degrees > more.degrees)
        limit = f_quantiles(_CERTAIN, int(classes), more.degrees)
        found = np.where(is_it, gained / (np.maximum(rest, _FEW) * limit), found)
    return np.asarray(np.nan_to_num(found))


def _able(sums: Sums, season: int, weekday: Array) -> Array:
    """Whether the history can show a season: enough points in each class that occurs, two classes, and days like it."""
    counts = sums.n @ SEASONS[season]
    if season == LEVEL:
        return np.ones(len(counts), bool)
    least = _LEAST_IN_CLASS[season]
    enough = ((counts == 0) | (counts >= least)).all(1) & ((counts > 0).sum(1) > 1)
    return np.asarray(enough & ((counts * SEASONS[season][weekday]).sum(1) >= least))


def knows_such_days(sums: Sums, weekday: Array) -> Array:
    """Whether the history tells of days like this one: two weekends' points or two weekdays', or of no other days."""
    counts = sums.n @ SEASONS[WEEKEND]
    like = (counts * SEASONS[WEEKEND][weekday]).sum(1)
    return np.asarray((like >= 2) | ((like > 0) & (counts.min(1) == 0)))
