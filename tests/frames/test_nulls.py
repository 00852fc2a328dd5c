"""Null counts of a table are those that its library counts, and are left out where they would cost much."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from nbops.frames.nulls import null_counts
from tests.checks.backends import BACKENDS

TABLE = pa.table({
    "id": pa.array([1, 2, 3]),
    "n": pa.array([1, None, 3]),
    "x": pa.array([0.5, None, None]),
    "text": pa.array(["a", None, "c"]),
    "flag": pa.array([True, None, False]),
    "at": pa.array([dt.datetime(2025, 1, 1), None, None]),
})  # fmt: skip


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_nulls_are_counted_where_a_table_is_in_memory(backend: str) -> None:
    """Every library that holds its rows tells the same; a lazy one tells nothing, because nothing is computed."""
    assert null_counts(BACKENDS[backend](TABLE)) in ((0, 1, 2, 1, 1, 2), ())
    assert null_counts(TABLE) == (0, 1, 2, 1, 1, 2)


@pytest.mark.parametrize("few", [0, 1000])
def test_pandas_counts_what_pandas_takes_for_null(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN is a null among numbers, and columns of the same name are counted each on its own; few rows or many."""
    monkeypatch.setattr("nbops.frames.nulls._FEW_CELLS", few)
    table = pd.DataFrame([[1.0, None, 3], [float("nan"), "b", 4]], columns=["a", "b", "a"])

    assert null_counts(table) == tuple(table.isna().sum())
    assert null_counts(table.astype({"b": "string"})) == (1, 1, 0)


@pytest.mark.parametrize("value", [None, [1], {"a": [None]}, pd.Series([None, 1])])
def test_what_is_no_table_has_no_counts(value: Any) -> None:
    """Nobody counted, which is not the same as none."""
    assert null_counts(value) == ()


def test_a_table_too_large_to_count_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is one of cells, so that the same table is always counted, or never."""
    monkeypatch.setattr("nbops.frames.nulls._FEW_CELLS", 0)
    monkeypatch.setattr("nbops.frames.nulls._MOST_CELLS", 30)

    assert null_counts(pd.DataFrame({"x": [None, "a", "b", "c"]})) == ()
    assert null_counts(pd.DataFrame({"x": [0.5, None, 1.0, 2.0]})) == (1,)
