"""Ties: what all other columns foretell of one, and what is told when it no longer holds."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from nbops.rules.verdict.baseline import Baseline
from nbops.rules.verdict.delivery import Delivery
from nbops.rules.verdict.state import from_json, to_json
from nbops.rules.verdict.ties import Levels, learn_levels, tie_metrics


def visits(seed: int, rows: int = 400) -> pd.DataFrame:
    """Return visits to shops: how long one lasts follows a little from each of five columns, and from the shop."""
    random = np.random.default_rng(seed)
    causes = random.normal(0, 1, (rows, 5))
    shop = random.integers(0, 40, rows)
    usual = np.random.default_rng(0).normal(0, 0.5, 40)
    length = 30 + 4 * (0.35 * causes.sum(axis=1) + usual[shop] + random.normal(0, 1, rows))
    table = pd.DataFrame(causes.round(3), columns=list("abcde"))
    return table.assign(
        shop=[f"shop {k:02d}" for k in shop], length=length.round(1), visit=np.arange(rows) + 1000 * seed
    )


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    """Return a baseline of fifteen days."""
    return Baseline.fit([visits(seed) for seed in range(1, 16)])


def test_weak_relations_together_tell_a_shuffled_column(baseline: Baseline) -> None:
    """No single relation is strong; the tie falls to nothing, and the column is named."""
    table = visits(16)
    shuffled = table.assign(length=np.random.default_rng(1).permutation(table.length))

    verdict = baseline.judge(shuffled)

    assert not baseline.judge(table).is_bad
    assert verdict.is_bad
    assert ("tie", "length") in {(cause.kind, cause.columns[0]) for cause in verdict.causes}
    assert any("go together" in text for text in verdict.sentences)


def test_a_number_that_runs_on_is_tied_to_nothing(baseline: Baseline) -> None:
    """What moves from delivery to delivery ties no rows of one together."""
    assert "visit" not in {tie.target for tie in baseline.structure.ties.ties}


def test_a_delivery_of_the_baseline_is_measured_without_its_own_rows(baseline: Baseline) -> None:
    """What goes with a value is told by the other deliveries alone."""
    ties = baseline.structure.ties
    first, *others = (Delivery(visits(seed), baseline.structure.kinds) for seed in range(1, 6))
    every: dict[str, Levels] = {}
    rest: dict[str, Levels] = {}
    for delivery in (first, *others):
        learn_levels(delivery, ties, every)
    for delivery in others:
        learn_levels(delivery, ties, rest)

    beside = dict(tie_metrics(first, ties, every, is_known=True))

    assert "shop" in ties.keys
    assert {key: m.value for key, m in beside.items()} == pytest.approx(
        {key: m.value for key, m in tie_metrics(first, ties, rest)}
    )


def test_ties_survive_being_written(baseline: Baseline) -> None:
    """What was read back judges as before, and goes on learning."""
    read = from_json(json.loads(json.dumps(to_json(baseline))))
    table = visits(17)

    assert read.judge(table).score == pytest.approx(baseline.judge(table).score, rel=1e-6)
    read.accept(table)
    assert read.memory.levels["shop"].counts.sum() == 16 * 400


def test_a_baseline_written_before_there_were_ties_is_read(baseline: Baseline) -> None:
    """An older file has none, and judges without them."""
    state = to_json(baseline)
    del state["structure"]["ties"], state["memory"]["levels"]

    assert not from_json(state).judge(visits(16)).is_bad
