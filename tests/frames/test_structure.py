"""What a table is made of, looked at quickly, whatever it is called and however large it is."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbops.frames.masking import masking
from nbops.frames.structure import names_apart, seen_in
from nbops.records import ColumnSeen, DatasetSeen, from_json, to_json


def look(table: object) -> DatasetSeen:
    """Return what a run would record of *table*."""
    return seen_in(table, at=0.0, run="r", step="load", name="t")


def column(values: object, name: str = "c") -> ColumnSeen:
    """Return what is seen of one column."""
    return look(pd.DataFrame({name: values})).columns[0]


@pytest.mark.parametrize(
    ("values", "kind", "grain"),
    [
        (pd.date_range("2025-01-01", periods=5, freq="YS"), "time", "year"),
        (pd.date_range("2025-01-01", periods=5, freq="QS"), "time", "quarter"),
        (pd.date_range("2025-01-01", periods=5, freq="MS"), "time", "month"),
        (pd.date_range("2025-01-06", periods=5, freq="7D"), "time", "week"),
        (pd.date_range("2025-01-01", periods=5), "time", "day"),
        (pd.date_range("2025-01-01", periods=5, freq="h"), "time", "hour"),
        (pd.date_range("2025-01-01", periods=5, freq="7min"), "time", "minute"),
        ([dt.date(2025, 1, 1), dt.date(2025, 2, 1)], "time", "day"),
        ([1, 2], "number", ""),
        ([None, None], "", ""),
    ],
)
def test_the_grain_of_moments(values: object, kind: str, grain: str) -> None:
    """The longest period of which all are the first; two moments alone say no more than that they are days."""
    seen = column(values)

    assert (seen.kind, seen.grain) == (kind, grain)


def test_values_of_groups_are_kept_and_others_are_not() -> None:
    """Few values with their counts; not those of persons, of masked columns, or of columns in which most are single."""
    groups = column(["Oslo", "Rome", "Rome"] * 20)
    mails = column([f"a{n}@example.org" for n in range(3)] * 20)
    single = column([f"word {n}" for n in range(60)])
    with masking("c"):
        (masked,) = to_json(look(pd.DataFrame({"c": ["Oslo", "Rome", "Rome"] * 20})))["columns"]

    assert groups.values == {"Oslo": 20, "Rome": 40}
    assert (mails.values, mails.sketch, mails.quantiles) == ({}, (), ())
    assert single.values == {}
    assert masked.keys() <= {"kind", "name", "type", "meaning", "nulls", "distinct", "is_masked"}


def test_a_value_is_the_same_text_when_its_type_changed() -> None:
    """Ones and zeros as whole numbers, as floats because a null came, and as truth values' words."""
    whole, half = column([0, 1] * 30), column([0.0, 1.0, None] * 20)

    assert (whole.values, half.values) == ({"0": 30, "1": 30}, {"0": 20, "1": 20})
    assert column([True, False] * 5).values == {"false": 5, "true": 5}


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame(index=range(3)), pl.DataFrame(), pl.DataFrame({"a": []}),
        pd.DataFrame({"a": [[1], [2]]}), pd.DataFrame({"a": [{"x": 1}, None]}), pd.DataFrame({"a": [1, "x", None]}),
        pd.DataFrame({"a": [10**400, 1]}, dtype=object), pd.DataFrame({"a": [np.inf, -np.inf, np.nan]}),
        pd.DataFrame({"a": pd.Categorical(["x", None])}), pd.DataFrame({"a": [1 + 2j]}),
        pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
        pd.DataFrame({"a": pd.to_timedelta([1, 2], unit="s")}), pd.DataFrame({"a": pd.period_range("2025", periods=2)}),
        pl.DataFrame({"a": [[1], [2]], "b": [{"x": 1}, {"x": 2}]}),
    ],
)  # fmt: skip
def test_odd_tables_are_looked_at(table: object) -> None:
    """Empty, nested, mixed, infinite, complex: there is a record, and it is the same when it was written and read."""
    seen = look(table)

    assert seen.problem == ""
    assert from_json(to_json(seen)) == seen


def test_what_one_row_stands_for() -> None:
    """A column that never repeats, or the fewest that together do not, where chance would make them."""
    days = pd.date_range("2025-01-01", periods=30)
    both = pd.DataFrame({"day": np.repeat(days, 4), "shop": ["a", "b", "c", "d"] * 30, "sold": np.arange(120) % 17})
    measured = pd.DataFrame({"x": np.random.default_rng(1).normal(size=50)})

    assert look(both).keys == (("day", "shop"),)
    assert look(both.assign(id=range(120))).keys == (("id",),)
    assert look(measured).keys == ()


def test_names_are_told_apart_and_can_be_written() -> None:
    """One name twice, a number and its text, half a surrogate pair, a name that is the numbered one already."""
    names = ["a", "a (2)", "a", "\ud800", "a"]

    assert names_apart(names) == ["a", "a (2)", "a (3)", "\\ud800", "a (4)"]


def test_of_a_very_wide_table_only_names_and_types_are_kept() -> None:
    """Six thousand columns are no reason to hold up a run."""
    seen = look(pd.DataFrame(np.zeros((2, 6_000))))

    assert (len(seen.columns), seen.looked, seen.columns[0].type) == (6_000, 0, "float64")
    assert seen.problem.startswith("it has 6,000 columns")
