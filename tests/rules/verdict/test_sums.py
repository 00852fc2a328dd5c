"""Totals: every part is found, those that are seldom filled too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from nbops.rules.verdict.baseline import Baseline


def month(seed: int) -> pd.DataFrame:
    """Return counts of four kinds by place, one of them hardly ever there, and their total."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame({f"kind{k}": random.poisson(100 * (k + 1), 60) for k in range(3)})
    table["returned"] = np.where(random.random(60) < 0.02, 1, 0)
    return table.assign(total=table.sum(axis=1))


def test_a_part_that_is_seldom_filled_belongs_to_the_sum() -> None:
    """Without it the total would fail in the baseline, and never alarm."""
    baseline = Baseline.fit([month(seed) for seed in range(15)])
    clean = month(99)

    verdict = baseline.judge(clean.assign(kind0=(clean.kind0 * 1.2).round()))

    assert [r.columns for r in baseline.structure.relations if r.kind == "sum" and "returned" in r.columns]
    assert "broken_sum" not in {fact.kind for fact in baseline.judge(clean).facts}
    assert "broken_sum" in {fact.kind for fact in verdict.facts}
    assert "kind0" in verdict.columns


@pytest.mark.parametrize(
    "broken",
    [
        lambda table: table.kind1.where(table.index > 11, 0),
        lambda table: table.kind1.where(table.index > 3, table.kind1 * 100),
        lambda table: (table.kind1 * 1.2).round(),
    ],
    ids=["default", "another unit in four rows", "another unit"],
)
def test_the_part_at_fault_is_named(broken: Callable[[pd.DataFrame], pd.Series]) -> None:
    """A default says it by its one value, another unit by its proportion, however few the rows."""
    baseline = Baseline.fit([month(seed) for seed in range(15)])
    table = month(99)

    facts = baseline.judge(table.assign(kind1=broken(table))).facts

    assert "kind1" in {name for fact in facts if fact.kind == "broken_sum" for name in fact.columns}


def test_the_average_of_a_column_without_variance_leaves_its_largest_row_out() -> None:
    """One row of a heavy tail says nothing of the others."""
    random = np.random.default_rng(5)
    tables = [pd.DataFrame({"claim": random.pareto(1.2, 300), "age": random.normal(40, 9, 300)}) for _ in range(12)]

    shapes = Baseline.fit(tables).structure.columns

    assert (shapes["claim"].heavy, shapes["age"].heavy) == (True, False)
