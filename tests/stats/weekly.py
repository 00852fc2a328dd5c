"""Simulated daily series: a weekday at one level, a weekend at another, noise of some per cent."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["days_of", "weekly_rows"]

Array = np.ndarray[Any, np.dtype[Any]]


def days_of(series: int, points: int, rng: np.random.Generator) -> Array:
    """Return the days of each series, which begin on any day of the week."""
    return np.asarray(rng.integers(1, 8, (series, 1)) + 735_000 // 7 * 7 + np.arange(points))


def weekly_rows(days: Array, rng: np.random.Generator, noise: float = 0.05, weekend: float = 200.0) -> Array:
    """Return rows a day: 1,000 on a weekday, *weekend* on Saturdays and Sundays, give or take *noise*."""
    usual = np.where((days - 1) % 7 < 5, 1000.0, weekend)
    return np.asarray(usual * (1 + noise * rng.standard_normal(days.shape)))
