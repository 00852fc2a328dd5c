"""Simulation: on deliveries that are exchangeable, the verdict raises no more false alarms than its budget."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from nbops.rules.verdict.baseline import Baseline

BUDGET = 0.05
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


def most_likely_below(alarms: int, n: int) -> float:
    """Return the lower end of the Clopper-Pearson 95 % interval of a rate."""
    scipy = pytest.importorskip("scipy.stats")
    return float(scipy.beta.ppf(0.025, alarms, n - alarms + 1)) if alarms else 0.0


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "tables", "each"), [(200, 12, 20), (2000, 6, 20), (20_000, 2, 15)])
def test_exchangeable_deliveries_seldom_alarm(rows: int, tables: int, each: int) -> None:
    """The rate of false alarms is not above the budget, by the Clopper-Pearson interval."""
    alarms = 0
    for seed in range(tables):
        random = np.random.default_rng(seed)
        baseline = Baseline.fit([drawn(random, rows) for _ in range(15)])
        alarms += sum(baseline.judge(drawn(random, rows)).is_bad for _ in range(each))

    assert most_likely_below(alarms, tables * each) <= BUDGET
