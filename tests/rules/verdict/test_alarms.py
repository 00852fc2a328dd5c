"""The questions that are asked of a delivery: each alarms for the damage it is about."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.rules.verdict.baseline import Baseline
from nbops.rules.verdict.metric import quantile
from nbops.rules.verdict.scoring import column_scores


def baskets(seed: int, rows: int = 300) -> pd.DataFrame:
    """Return lines of baskets: every basket is new, and all its lines have one shop and one hour."""
    random = np.random.default_rng(seed)
    n = rows + int(random.integers(-4, 5))
    basket = np.sort(random.integers(0, n // 4, n))
    shop = random.integers(1, 90, n)[basket]
    at = pd.Timestamp("2024-05-01") + pd.to_timedelta(seed * 86400 + random.integers(0, 86400, n)[basket], unit="s")
    return pd.DataFrame(
        {
            "basket": basket + 1000 * seed,
            "shop": shop,
            "at": at,
            "hour": at.hour,
            "price": random.lognormal(1, 0.6, n).round(2),
            "warmth": random.normal(2, 1.5, n).round(1),
        }
    )


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    """Return a baseline of sixteen days."""
    return Baseline.fit([baskets(seed) for seed in range(16)])


def causes(baseline: Baseline, table: pd.DataFrame) -> set[tuple[str, ...]]:
    """Return what makes a table bad."""
    verdict = baseline.judge(table)
    return {(cause.kind, *cause.columns) for cause in verdict.causes} if verdict.is_bad else set()


def test_a_delivery_like_the_others_passes(baseline: Baseline) -> None:
    """Nothing alarms on the delivery that comes next."""
    assert causes(baseline, baskets(16)) == set()


def test_a_column_shuffled_against_new_groups_is_told(baseline: Baseline) -> None:
    """No basket was seen before; within this delivery the lines of one differ."""
    table = baskets(16)

    found = causes(baseline, table.assign(shop=np.random.default_rng(0).permutation(table.shop)))

    assert ("within", "basket", "shop") in found


def test_rows_dropped_at_random_are_missed(baseline: Baseline) -> None:
    """Fifteen of a hundred rows less, from days that are alike, need no second sign."""
    table = baskets(16).sample(frac=0.85, random_state=0).sort_index()

    assert ("rows",) in causes(baseline, table)


def test_zeros_in_place_of_values_are_told_alone(baseline: Baseline) -> None:
    """A measure near zero hides a default of zero from its level and its range, not from the share of zeros."""
    table = baskets(16)
    table.loc[table.sample(frac=0.12, random_state=0).index, "warmth"] = 0.0

    assert ("zeros", "warmth") in causes(baseline, table)


def test_an_hour_that_no_day_has_alarms_with_a_single_row(baseline: Baseline) -> None:
    """One row off its date may be a late entry; an hour of 22000 is wrong wherever it stands."""
    table = baskets(16)
    table.loc[5, "hour"] = 22_000

    assert "off_calendar|hour" in {fact.key for fact in baseline.judge(table).facts}


def test_what_one_row_moves_counts_once_in_its_column() -> None:
    """The largest value and how far it lies beyond the range are one observation."""
    keys = [("max", "a"), ("beyond", "a"), ("mean", "a"), ("mean", "b")]

    scores = column_scores(np.array([[6.0, 6.0, 3.0, 1.0]]), keys)

    assert scores.tolist() == [[pytest.approx(np.sqrt(45 / 3)), pytest.approx(np.sqrt(1 / 3))]]


def test_a_quantile_that_a_single_row_places_is_uncertain() -> None:
    """Where nearly all rows are zero, the next value is where chance put it."""
    values, counts = np.array([0.0, 5.0, 9.0]), np.array([110, 1, 1])
    middles = (np.cumsum(counts) - counts / 2) / counts.sum()

    assert quantile(values, middles, 0.95, 112.0, counts).sd > 2.0
    assert quantile(values, middles, 0.95, 112.0, 40 * counts).sd < 1.0


def test_a_period_is_no_amount() -> None:
    """A week that goes on is known to tell when, so it foretells nothing of a day."""
    tables = [baskets(seed).assign(week=1 + seed // 4) for seed in range(16)]

    made = Baseline.fit(tables)

    assert [name for name, shape in made.structure.columns.items() if shape.period] == ["week"]
    assert not made.judge(baskets(16).assign(week=5)).is_bad
