"""What the control limits of a thousand series cost, each point judged by those before it; and what they catch."""

from __future__ import annotations

import statistics
import time

import numpy as np

from nbops.stats.spc import control_counts
from tests.bench.measuring import Bar
from tests.stats.weekly import days_of, weekly_rows

SERIES, POINTS = 1_000, 365


def limits_cost(rounds: int = 5) -> Bar:
    """Measure the limits of a year of a thousand series, weekends, weekdays and trends looked for at every point.

    In seconds of the processor: one thread does it all, and others may be at work on this machine.
    """
    rng = np.random.default_rng(0)
    days = days_of(SERIES, POINTS, rng)
    rows = weekly_rows(days, rng)
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        control_counts(rows, days)
        taken.append(time.process_time() - start)
    what = f"control limits of {SERIES:,} series × {POINTS} points, processor"
    return Bar(what, statistics.median(taken), 2, "s", f"n={rounds}")


def misses(points: int, most: float, series: int = 4_000) -> list[Bar]:
    """Measure how often half of a day's rows is missed after so many points, and how often a usual day alarms."""
    rng = np.random.default_rng(2)
    days = days_of(series, points + 1, rng)
    rows = weekly_rows(days, rng)
    damaged = rows.copy()
    damaged[:, -1] /= 2
    missed = 1 - control_counts(damaged, days).is_out[:, -1].mean()
    false = control_counts(rows, days).is_out.mean()
    about = f"{series:,} series, weekday 1000, weekend 200, ± 5 %"
    return [
        Bar(f"−50 % missed at {points} points", float(missed) * 100, most, "%", about),
        Bar(f"false alarms a point, up to {points} points", float(false) * 100, 1, "%", about),
    ]


def measure() -> list[Bar]:
    """Measure every bar of this page."""
    return [limits_cost(), *misses(14, 5), *misses(30, 1), *misses(60, 1)]
