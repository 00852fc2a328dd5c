"""Totals: every part is found, those that are seldom filled too."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
