"""Rows that are missing, told by gaps in what runs on and by the rows that a group has."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from nbops.rules.verdict.baseline import Baseline
from nbops.rules.verdict.state import from_json, to_json


def readings(day: int, rows: int) -> pd.DataFrame:
    """Return the readings of a day: as many as there happen to be, one every five minutes."""
    rng = np.random.default_rng(day)
    at = pd.Timestamp("2024-01-01") + pd.Timedelta(days=day) + pd.to_timedelta(np.arange(rows) * 300, unit="s")
    return pd.DataFrame({"at": at, "level": rng.normal(100, 15, rows).round(1)})


def orders(day: int, number: int) -> pd.DataFrame:
    """Return the lines of a day's orders, whose numbers run on within each shop, in steps of five and of eight."""
    rng = np.random.default_rng(day)
    lines = rng.poisson(3, number) + 1
    shop = np.where(np.arange(number) % 2 == 0, "north", "south")
    run = np.where(shop == "north", 5, 8) * (np.arange(number) // 2 + 1000 * day)
    order = np.repeat([f"{s[0]}{n:08d}" for s, n in zip(shop, run, strict=True)], lines)
    return pd.DataFrame({"order": order, "shop": np.repeat(shop, lines), "pieces": rng.integers(1, 9, lines.sum())})


def thinned(table: pd.DataFrame, share: float = 0.15) -> pd.DataFrame:
    """Return a table without a share of its rows, at random."""
    return table.sample(frac=1.0 - share, random_state=1).sort_index()


def test_gaps_in_regular_moments_are_seen_whatever_the_number_of_rows_is() -> None:
    """Days of 120 to 280 readings tell nothing of how many there should be; the missing ones leave gaps."""
    days = [readings(day, rows) for day, rows in enumerate(np.random.default_rng(0).integers(120, 280, 16))]
    known = Baseline.fit(days[:15])

    found = known.judge(thinned(days[15]))

    assert not known.judge(days[15]).is_bad
    assert (found.is_bad, found.causes[0].kind) == (True, "gapless")
    assert "directly follow another" in found.sentences[0]


def test_numbers_run_on_within_a_group_and_by_what_stands_before_them() -> None:
    """Each group has a step of its own, learnt once; a group of lines that is new each day has its usual size."""
    days = [orders(day, number) for day, number in enumerate(np.random.default_rng(1).integers(60, 140, 16))]
    known = Baseline.fit(days[:15])
    (chain,) = known.structure.sequences.chains

    assert sorted(chain.steps.values()) == [5.0, 8.0]
    assert known.structure.sequences.bundles == ("order",)
    assert not known.judge(days[15]).is_bad
    assert "group_rows" in [cause.kind for cause in known.judge(thinned(days[15], 0.3)).causes]


@pytest.mark.parametrize("damage", ["numbers as text", "no such column", "empty", "null"])
def test_what_does_not_run_any_more_is_measured_without_raising(damage: str) -> None:
    """A broken delivery is judged by what is left of it."""
    days = [readings(day, 200) for day in range(12)]
    known = Baseline.fit(days)
    bad = {
        "numbers as text": days[0].assign(at="x"),
        "no such column": days[0].drop(columns="at"),
        "empty": days[0].head(0),
        "null": days[0].assign(at=pd.NaT),
    }[damage]

    assert known.judge(bad).is_bad


def test_sequences_are_kept_with_the_baseline() -> None:
    """A baseline that was written and read again asks the same questions."""
    known = Baseline.fit([orders(day, 100) for day in range(12)])

    again = from_json(json.loads(json.dumps(to_json(known))))

    assert again.structure.sequences == known.structure.sequences


def test_a_day_that_was_left_out_is_no_alarm_and_hours_that_are_shifted_are() -> None:
    """Three days without a delivery move its day alone; another time zone moves when the rows begin."""
    rng = np.random.default_rng(3)

    def day(at: int, shift: int = 0) -> pd.DataFrame:
        n = int(rng.integers(80, 120))
        seconds = np.sort(rng.beta(2, 2, n)) * 12 * 3600 + (8 + shift) * 3600
        when = pd.Timestamp("2024-03-01") + pd.Timedelta(days=at) + pd.to_timedelta(seconds, unit="s").round("s")
        return pd.DataFrame({"when": when, "pieces": rng.integers(1, 9, n)})

    known = Baseline.fit([day(at) for at in range(15)])

    assert not known.judge(day(18)).is_bad
    assert "when" in known.judge(day(15, shift=5)).columns
    assert known.judge(day(15, shift=5)).is_bad


def test_columns_that_came_late_are_learnt_without_raising() -> None:
    """Older deliveries lack the column that runs on, and the one that it would run on within."""
    days = [orders(day, 100) for day in range(12)]
    days[:3] = [day.drop(columns=["order", "shop"]) for day in days[:3]]

    assert Baseline.fit(days).structure.sequences.chains == ()
