"""Simulation: on deliveries that are exchangeable, the verdict raises no more false alarms than its budget."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from nbops.rules.verdict.baseline import Baseline

BUDGET = 0.01
FAMILIES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda random, n: random.normal(100, 15, n),
    "heavy": lambda random, n: random.pareto(1.5, n) + 1,
    "discrete": lambda random, n: random.poisson(2, n),
    "long tail": lambda random, n: np.array([f"v{k}" for k in random.zipf(1.4, n) % 5000]),
    "groups": lambda random, n: random.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]),
}


def drawn(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return a delivery of about so many rows, drawn anew from all families."""
    n = int(random.poisson(rows))
    return pd.DataFrame({name: draw(random, n) for name, draw in FAMILIES.items()})


def interval(alarms: int, n: int) -> tuple[float, float]:
    """Return the Clopper-Pearson 95 % interval of a rate."""
    beta = pytest.importorskip("scipy.stats").beta
    low = float(beta.ppf(0.025, alarms, n - alarms + 1)) if alarms else 0.0
    return low, float(beta.ppf(0.975, alarms + 1, n - alarms))


def alarms_among(rows: int, tables: int, each: int, *, first: int = 0) -> int:
    """Return how many exchangeable deliveries alarm: *each* by each of so many baselines of 15 deliveries."""
    alarms = 0
    for seed in range(first, first + tables):
        random = np.random.default_rng(seed)
        baseline = Baseline.fit([drawn(random, rows) for _ in range(15)])
        alarms += sum(baseline.judge(drawn(random, rows)).is_bad for _ in range(each))
    return alarms


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "tables", "each"), [(2000, 20, 10), (20_000, 5, 10), (1_000_000, 1, 8)])
def test_exchangeable_deliveries_of_any_size_seldom_alarm(rows: int, tables: int, each: int) -> None:
    """The rate of false alarms is not above the budget of 1 %, by the Clopper-Pearson interval."""
    assert interval(alarms_among(rows, tables, each), tables * each)[0] <= BUDGET


@pytest.mark.slow
def test_the_rate_of_false_alarms_is_below_the_budget() -> None:
    """Draws enough to decide it: the whole interval lies below 1 %."""
    assert interval(alarms_among(200, 60, 10, first=10_000), 600)[1] <= BUDGET
