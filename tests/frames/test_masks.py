"""Masks: every library's columns of booleans are judged row by row, with nulls counted apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.frames.masks import as_mask, cell_text, examples

WITHOUT_NULLS: dict[str, Callable[[list[bool]], Any]] = {
    "pandas": pd.Series,
    "pandas nullable": lambda v: pd.Series(v, dtype="boolean"),
    "pandas arrow": lambda v: pd.Series(v, dtype=pd.ArrowDtype(pa.bool_())),
    "pandas objects": lambda v: pd.Series(v, dtype=object),
    "pandas frame": lambda v: pd.DataFrame({"a": v, "b": [True] * len(v)}),
    "pandas index": pd.Index,
    "numpy": np.array,
    "numpy matrix": lambda v: np.array([[x, True] for x in v]),
    "numpy masked": lambda v: np.ma.array(v, mask=[False] * len(v)),
    "polars": pl.Series,
    "polars frame": lambda v: pl.DataFrame({"a": v, "b": [True] * len(v)}),
    "pyarrow": pa.array,
    "pyarrow chunks": lambda v: pa.chunked_array([v[:1], v[1:]]),
    "pyarrow table": lambda v: pa.table({"a": v, "b": [True] * len(v)}),
}
WITH_NULLS: dict[str, Callable[[list[bool | None]], Any]] = {
    "pandas nullable": lambda v: pd.Series(v, dtype="boolean"),
    "pandas arrow": lambda v: pd.Series(v, dtype=pd.ArrowDtype(pa.bool_())),
    "pandas objects": lambda v: pd.Series(v, dtype=object),
    "pandas frame": lambda v: pd.DataFrame({"a": pd.array(v, dtype="boolean"), "b": [True] * len(v)}),
    "numpy masked": lambda v: np.ma.array([bool(x) for x in v], mask=[x is None for x in v]),
    "polars": pl.Series,
    "polars frame": lambda v: pl.DataFrame({"a": v, "b": [True] * len(v)}),
    "pyarrow": pa.array,
    "pyarrow chunks": lambda v: pa.chunked_array([pa.array(v[:1], pa.bool_()), pa.array(v[1:], pa.bool_())]),
    "pyarrow table": lambda v: pa.table({"a": v, "b": [True] * len(v)}),
}


@pytest.mark.parametrize("make", WITHOUT_NULLS.values(), ids=list(WITHOUT_NULLS))
def test_false_rows_fail(make: Callable[[list[bool]], Any]) -> None:
    """A row fails when its value, or one of its values, is false."""
    mask = as_mask(make([True, False, True, False]))

    assert mask is not None
    assert (mask.rows, mask.failing, mask.nulls, mask.first(5), mask.first(1)) == (4, 2, 0, [1, 3], [1])


@pytest.mark.parametrize("make", WITH_NULLS.values(), ids=list(WITH_NULLS))
def test_nulls_fail_and_are_counted_apart(make: Callable[[list[bool | None]], Any]) -> None:
    """What is not known to be right is wrong."""
    mask = as_mask(make([True, None, False, True]))

    assert mask is not None
    assert (mask.rows, mask.failing, mask.nulls, mask.first(5)) == (4, 2, 1, [1, 2])


@pytest.mark.parametrize("make", WITH_NULLS.values(), ids=list(WITH_NULLS))
def test_inverted_rows_fail_where_true_or_null(make: Callable[[list[bool | None]], Any]) -> None:
    """For ``not mask.any()`` true is wrong, and null still is."""
    value = make([True, None, False, False])
    mask = as_mask(value, inverted=True)
    is_frame = hasattr(value, "columns")  # every row of the frames has a true beside it

    assert mask is not None
    assert (mask.rows, mask.failing, mask.nulls) == ((4, 4, 1) if is_frame else (4, 2, 1))


@pytest.mark.parametrize("name", [name for name in WITHOUT_NULLS if name != "pandas objects"])
def test_no_rows_are_a_mask_without_failures(name: str) -> None:
    """An empty column of booleans has nothing that fails."""
    whole = WITHOUT_NULLS[name]([True])
    mask = as_mask(whole.slice(0, 0) if isinstance(whole, pa.Table) else whole[:0])

    assert mask is not None
    assert (mask.rows, mask.failing, mask.nulls, mask.first(3)) == (0, 0, 0, [])


def test_no_objects_are_no_booleans() -> None:
    """An empty column of objects holds nothing that tells what it is for."""
    assert as_mask(pd.Series([], dtype=object)) is None


@pytest.mark.parametrize(
    "value",
    [
        True,
        1,
        "text",
        None,
        [True, False],
        np.bool_(True),
        np.array(True),
        np.array([1, 0]),
        pd.Series([1, 0]),
        pd.Series(["a", None], dtype=object),
        pd.Series([None, None], dtype=object),
        pd.DataFrame({"a": [True], "b": [1]}),
        pd.DataFrame(),
        pd.Timestamp("2013-01-01"),
        pl.Series([1, 0]),
        pl.DataFrame({"a": [True], "b": [1]}),
        pl.col("a") > 1,
        pl.LazyFrame({"a": [True]}),
        pa.array([1, 0]),
        pa.scalar(True),
        pa.table({"a": [True], "b": [1]}),
    ],
)
def test_what_holds_no_column_of_booleans_is_no_mask(value: object) -> None:
    """Scalars, numbers, text and lazy tables are not judged by rows."""
    assert as_mask(value) is None


def test_examples_are_the_failing_rows_of_the_frame_that_was_judged() -> None:
    """The table's own rows are shown, with its labels."""
    table = pd.DataFrame({"x": [1.0, -2.0, None], "name": ["a", "b", "c"]}, index=["p", "q", "r"])
    mask = as_mask(table.x > 0)

    assert mask is not None
    shown = examples(mask, [("table", table), ("table.x", table.x)])
    assert (shown.columns, shown.labels) == (("x", "name"), ("q", "r"))
    assert shown.rows == (("-2", "b"), (None, "c"))


@pytest.mark.parametrize(
    ("table", "verdicts"),
    [
        (pl.DataFrame({"x": [1, -2, None], "y": ["a", "b", "c"]}), pl.Series([True, False, None])),
        (pa.table({"x": [1, -2, None], "y": ["a", "b", "c"]}), pa.array([True, False, None])),
    ],
)
def test_examples_of_other_libraries_are_found_by_the_number_of_rows(table: Any, verdicts: Any) -> None:
    """Polars and pyarrow have no labels, so positions stand for them."""
    mask = as_mask(verdicts)

    assert mask is not None
    shown = examples(mask, [("table", table)])
    assert (shown.columns, shown.labels, shown.rows) == (("x", "y"), ("1", "2"), (("-2", "b"), (None, "c")))


def test_examples_of_a_filtered_column_are_found_by_label() -> None:
    """A column that lost rows on the way is put back to the table's rows by its index."""
    table = pd.DataFrame({"x": [None, 1.0, -2.0], "name": ["a", "b", "c"]})
    mask = as_mask(table.x.dropna() > 0)

    assert mask is not None
    assert examples(mask, [("table", table)]).rows == (("-2", "c"),)


def test_examples_never_show_rows_of_another_table() -> None:
    """A table whose labels are not unique, or not these, is not shown."""
    table = pd.DataFrame({"x": [1, -2, 3]}, index=[0, 0, 1])
    mask = as_mask(pd.Series([True, False], index=[0, 1]))

    assert mask is not None
    assert examples(mask, [("table", table)]).columns == ()
    assert examples(mask, [("table", table)]).labels == ("1",)


def test_examples_without_a_table_show_the_columns() -> None:
    """Columns and arrays of the same length stand in for the table; columns of booleans only repeat the verdict."""
    left, right = np.array([1.0, 2.0, 3.0]), np.array([1.0, 9.0, 3.0])
    mask = as_mask(left == right)

    assert mask is not None
    shown = examples(mask, [("left", left), ("right", right), ("left == right", left == right)])
    assert (shown.columns, shown.labels, shown.rows) == (("left", "right"), ("1",), (("2", "9"),))


def test_labels_of_several_levels_are_readable() -> None:
    """A label that is a tuple is told by its parts."""
    days = pd.MultiIndex.from_tuples([("EWR", pd.Timestamp("2013-01-01"))])
    mask = as_mask(pd.Series([False], index=days))

    assert mask is not None
    assert mask.labels([0]) == ["(EWR, 2013-01-01 00:00:00)"]


def test_examples_of_a_wide_table_show_what_the_test_names() -> None:
    """Of many columns the judged ones are shown, and the first ones, in the order of the table."""
    table = pd.DataFrame({f"c{n}": [1, -1] for n in range(30)})
    mask = as_mask(table.c20 > 0)

    assert mask is not None
    shown = examples(mask, [("table", table), ("table.c20", table.c20)])
    assert shown.columns == ("c0", "c1", "c2", "c3", "c4", "c5", "c6", "c20")


def test_examples_are_limited() -> None:
    """No more rows are kept than asked for, and none of another length than its columns."""
    table = pd.DataFrame({"x": range(100)})
    mask = as_mask(table.x < 0)

    assert mask is not None
    assert [len(examples(mask, [("table", table)], limit).rows) for limit in (0, 3, 5)] == [0, 3, 5]


@pytest.mark.parametrize("null", [None, float("nan"), np.float64("nan"), pd.NA, pd.NaT, np.datetime64("NaT")])
def test_every_null_is_shown_as_one(null: object) -> None:
    """Each library's null is None in a cell."""
    assert cell_text(null) is None


def test_long_cells_are_cut() -> None:
    """A cell is never longer than a line."""
    assert len(cell_text("x" * 1000) or "") == 60
    assert len(cell_text(["x" * 1000]) or "") <= 60


def test_duplicated_column_names_do_no_harm() -> None:
    """A frame may have the same name twice."""
    table = pd.DataFrame([[1, -2], [-3, 4]], columns=["x", "x"])
    mask = as_mask(table > 0)

    assert mask is not None
    assert examples(mask, [("table", table)]).rows == (("1", "-2"), ("-3", "4"))
