"""One scan of a table: what statistics decide, what they cannot, and tables that are odd."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.checks.completeness import NotNull, Unique
from nbops.checks.suite import judge_table
from nbops.checks.values import Between, InSet, Positive
from nbops.checks.vocabulary import check_class
from nbops.errors import UsageError
from nbops.frames.conditions import InRange, Matches, OneOf, Present, Stat
from nbops.frames.pandas_reader import PandasReader
from nbops.frames.reading import Unmeasured
from nbops.frames.scan import Scan


def statuses(table: Any, *checks: Any) -> list[str]:
    """Return the verdicts of *checks* on *table*."""
    return [str(result.status) for result in judge_table(table, checks)]


def test_rows_are_not_looked_at_when_statistics_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds beyond the extremes, few distinct values and null counts need no row."""
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "x"]})
    asked: list[Any] = []
    monkeypatch.setattr(PandasReader, "count", lambda self, wanted: asked.extend(wanted) or {})
    found = Scan(frame).measure([InRange("a", 0, 5), OneOf("b", frozenset("x")), Matches("b", "^[xy]$"), Present("a")])

    assert (asked, [counted.failing for counted in found.values()]) == ([], [0, 1, 0, 0])


def test_a_statistic_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many checks ask for it, in one scan or the next of the same table."""
    asked: list[Stat] = []
    statistics = PandasReader.statistics
    monkeypatch.setattr(
        PandasReader, "statistics", lambda self, wanted: asked.extend(wanted) or statistics(self, wanted)
    )
    scan = Scan(pd.DataFrame({"a": [1, 2, 3]}))
    scan.measure([InRange("a", 0, bound) for bound in range(5, 50)])
    scan.measure([InRange("a", -1, 9)])

    assert [Stat("rows"), Stat("min", "a"), Stat("max", "a")] == asked


@pytest.mark.parametrize("arrow", [False, True])
def test_a_repeated_name_is_one_error_and_the_others_are_judged(arrow: bool) -> None:
    """Nobody knows which of the columns is meant, so neither is judged."""
    table: Any = pd.DataFrame([[1, 2, 3]], columns=["a", "a", "b"])
    if arrow:
        table = pa.table([[1], [2], [3]], names=["a", "a", "b"])

    assert statuses(table, NotNull("a"), Positive("a"), Positive("b")) == ["error", "skipped", "passed"]


def test_a_column_of_mixed_objects_is_judged_alone() -> None:
    """What cannot be compared is an error of its own; nulls and the other columns are judged."""
    frame = pd.DataFrame({"mixed": [1, "a", None, dt.date(2025, 1, 1)], "good": [1, 2, 3, 4]})
    checks = [Between("mixed", 0, 9), check_class("mean")("mixed", 0, 1), NotNull("mixed"), Between("good", 0, 9)]

    assert statuses(frame, *checks) == ["error", "error", "failed", "passed"]


def test_objects_that_cannot_be_hashed_are_compared_by_what_they_hold() -> None:
    """Two equal lists are the same value, although no table of values can hold them."""
    frame = pd.DataFrame({"lists": [[1], [1]], "good": [1, 2]})

    assert statuses(frame, Unique("lists"), Unique("good")) == ["failed", "passed"]


def test_names_that_are_no_text_can_be_judged() -> None:
    """Pandas lets a column be named by a number."""
    assert statuses(pd.DataFrame({0: [1, 1]}), Unique(0)) == ["failed"]  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", ["int64", "Int64", "uint64", "int64[pyarrow]"])
def test_big_integers_keep_their_last_digit(dtype: str) -> None:
    """A float would not see the difference of one."""
    big = 2**62
    frame = pd.DataFrame({"n": pd.Series([big, big + 1], dtype=dtype)})

    assert statuses(
        frame, Between("n", 0, big), Between("n", big, big + 1), check_class("sum")("n", 2**63 + 1, 2**63 + 1)
    ) == ["failed", "passed", "passed"]


@pytest.mark.parametrize("ordered", [False, True])
def test_categories_that_do_not_occur_do_not_count(ordered: bool) -> None:
    """A category is judged by the rows that have it."""
    values = pd.Categorical(["a", "b", None], categories=["a", "b", "z"], ordered=ordered)
    frame = pd.DataFrame({"c": values})

    assert statuses(
        frame, InSet("c", ["a", "b"]), check_class("distinct_count")("c", 2, 2), check_class("matches")("c", "a")
    ) == ["passed", "passed", "failed"]


def test_columns_of_many_texts_are_judged_by_whatever_is_fastest() -> None:
    """A long column says the same as a short one, whichever library searches it."""
    texts = [f"ORD-{number:06d}" for number in range(60_000)]
    frame = pd.DataFrame({"ref": [*texts, texts[0], None, "odd"]})
    checks = [check_class("matches")("ref", r"^ORD-\d{6}$"), check_class("matches")("ref", r"^(?=O)"), Unique("ref")]

    assert [result.failing for result in judge_table(frame, checks)] == [1, 1, 2]


def test_a_table_that_fails_halfway_is_an_error_and_the_process_lives() -> None:
    """A lazy table may raise when it is read at last."""
    table = pl.LazyFrame({"a": ["1", "x"]}).with_columns(pl.col("a").cast(pl.Int64))

    assert {"error"} <= set(statuses(table, NotNull("a"), Positive("a")))
    assert "passed" not in statuses(table, NotNull("a"), Positive("a"))


@pytest.mark.parametrize("thing", [3, "orders", [1, 2], np.array([1]), pd.Series([1])])
def test_what_is_no_table_is_refused(thing: object) -> None:
    """The error says what a table is."""
    with pytest.raises(UsageError, match="is no table"):
        Scan(thing)


def test_the_judged_table_is_not_changed() -> None:
    """Judging reads and never writes."""
    frame = pd.DataFrame({"a": [3.0, None, 1.0], "b": ["x", "y", None]})
    before = frame.copy(deep=True)
    judge_table(frame, [Unique("a"), Between("a", 0, 2), InSet("b", ["x"]), check_class("median")("a", 0, 9)])

    pd.testing.assert_frame_equal(before, frame)


def test_what_cannot_be_measured_says_why() -> None:
    """The reason names what the column holds."""
    found = Scan(pd.DataFrame({"a": ["x"]})).measure([Stat("mean", "a")])[Stat("mean", "a")]

    assert Unmeasured("needs numbers, the column holds text") == found


def test_a_million_allowed_values_are_no_trouble() -> None:
    """A set is looked up, not walked."""
    frame = pd.DataFrame({"id": range(1000)})

    assert statuses(frame, InSet("id", range(1_000_000))) == ["passed"]  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", ["object", "str", "category", "string"])
@pytest.mark.parametrize("bad", [[3, 9_998, 9_999], [9_999, 10_000, 10_001, 29_999], [12_000, 29_000], [1, 29_998]])
def test_the_first_failing_rows_are_the_same_wherever_they_lie(bad: list[int], dtype: str) -> None:
    """Rows are looked for at the beginning first: what lies later is found as well, with its label and in order."""
    frame = pd.DataFrame({"a": pd.Series(["x", "y"] * 15_000), "n": 1.0}, index=range(100, 30_100))
    frame.loc[frame.index[bad], ["a", "n"]] = ["Z", np.nan]
    frame["a"] = frame["a"].astype(dtype)
    checks = [InSet("a", ["x", "y"]), check_class("matches")("a", "^[a-z]$"), NotNull("n")]

    for limit in (1, 2, 3, 5):
        found = [one.examples.labels for one in judge_table(frame, checks, limit=limit)]

        assert found == [tuple(str(100 + row) for row in bad[:limit])] * 3
