"""The promise of suggested rules: of batches like the baseline, no more are refused than the budget says."""

from __future__ import annotations

import numpy as np
import pytest

from nbops.checks.suite import judge_table
from nbops.frames.profile.table import profile
from nbops.records import Status
from nbops.rules.suggest import suggest, suggest_from
from nbops.stats.beta import proportion_interval
from tests.rules.clean_tables import KINDS, clean_table

BUDGET = 0.05  # five times the default: a rate of one in a hundred could not be told from ten times as much in so few


def alarms(kind: str, rows: int, trials: int, *, batches: int = 1, batch_rows: int = 0, budget: float = BUDGET) -> int:
    """Return how many of *trials* clean batches are refused by rules learned from clean batches before them."""
    random = np.random.default_rng([rows, batches, sorted(KINDS).index(kind)])
    refused = 0
    for _ in range(trials):
        tables = [clean_table(kind, random, rows // batches) for _ in range(batches)]
        found = suggest(tables[0], budget=budget) if batches == 1 else suggest_from(map(profile, tables), budget=budget)
        batch = clean_table(kind, random, batch_rows or rows // batches)
        refused += any(result.status.is_bad for result in judge_table(batch, found.checks, limit=0))
    return refused


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rows", "trials"), [(200, 160), (1_000, 100), (5_000, 50), (20_000, 20), (100_000, 5)])
def test_clean_batches_are_refused_within_the_budget(kind: str, rows: int, trials: int) -> None:
    """For a table of every kind and size the measured rate does not contradict the budget (Clopper-Pearson, 95 %)."""
    assert proportion_interval(alarms(kind, rows, trials), trials)[0] <= BUDGET


def test_all_kinds_together_stay_within_the_budget() -> None:
    """Over all kinds of small tables, the rate is below the budget beyond doubt: its upper bound lies below it."""
    trials = 250
    refused = sum(alarms(kind, 300, trials, batch_rows=240) for kind in KINDS)

    assert proportion_interval(refused, trials * len(KINDS))[1] <= BUDGET


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_rows", [100, 4_000])
def test_batches_of_another_size_are_judged_by_their_own(kind: str, batch_rows: int) -> None:
    """A batch much smaller or larger than the baseline is refused no more often: limits follow from both sizes."""
    trials = 60

    assert proportion_interval(alarms(kind, 1_000, trials, batch_rows=batch_rows), trials)[0] <= BUDGET


@pytest.mark.parametrize("kind", KINDS)
def test_several_clean_batches_are_no_reason_for_alarms(kind: str) -> None:
    """Rules learned from eight batches keep the budget as well, and the number of rows is among them."""
    trials = 25

    assert proportion_interval(alarms(kind, 4_000, trials, batches=8), trials)[0] <= BUDGET


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rows", "trials"), [(200, 1_500), (5_000, 300), (100_000, 30), (1_000_000, 8)])
def test_the_default_budget_holds_up_to_a_million_rows(kind: str, rows: int, trials: int) -> None:
    """With the default of one in a hundred, from two hundred rows to a million."""
    assert proportion_interval(alarms(kind, rows, trials, budget=0.01), trials)[0] <= 0.01


def test_batches_that_differ_widen_the_limits() -> None:
    """Where batches differ more than chance explains, the next may differ as much: it is no alarm."""
    random = np.random.default_rng(4)
    refused = 0
    for _ in range(30):
        shares = random.beta(8, 8, 13)
        tables = [
            clean_table("normal", random, 500).assign(kind=np.where(random.random(500) < p, "a", "b")) for p in shares
        ]
        *history, batch = [table[["kind"]] for table in tables]
        found = suggest_from(map(profile, history), budget=BUDGET)
        refused += any(r.status is Status.FAILED for r in judge_table(batch, found.checks, limit=0))

    assert proportion_interval(refused, 30)[0] <= BUDGET
