"""A cell of a step that runs, and the same random table in every library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

from nbops.engine.cell.judging import Judge
from nbops.notebook.judge import TestTable
from nbops.records import RowAccount, collecting

Columns = dict[str, list[Any]]


def _arrow(columns: Columns) -> pa.Table:
    kinds = {"row": pa.int64(), "k": pa.int64(), "t": pa.string(), "x": pa.float64(), "b": pa.bool_()}
    return pa.table({name: pa.array(values, kinds[name]) for name, values in columns.items()})


LIBRARIES: dict[str, Callable[[Columns], Any]] = {
    "pandas": lambda columns: _arrow(columns).to_pandas().set_axis([f"r{n}" for n in columns["row"]]),
    "pandas nullable": lambda columns: _arrow(columns).to_pandas().convert_dtypes(),
    "pandas arrow": lambda columns: _arrow(columns).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda columns: pl.from_arrow(_arrow(columns)),
    "polars lazy": lambda columns: pl.from_arrow(_arrow(columns)).lazy(),
    "pyarrow": _arrow,
}
"""By the name of a library, what makes a table of it."""


def tables(most: int = 8) -> st.SearchStrategy[Columns]:
    """Return random tables: ``row`` tells rows apart, the other columns have few values and nulls."""
    row = st.tuples(
        st.none() | st.integers(0, 3),
        st.none() | st.sampled_from(["a", "b", ""]),
        st.none() | st.sampled_from([0.0, -1.5, 2.25, 1e9]),
        st.none() | st.booleans(),
    )
    return st.lists(row, max_size=most).map(_columns)


def _columns(rows: list[tuple[Any, ...]]) -> Columns:
    k, t, x, b = ([row[at] for row in rows] for at in range(4))
    return {"row": list(range(len(rows))), "k": k, "t": t, "x": x, "b": b}


@contextmanager
def cell() -> Iterator[Judge]:
    """Give the judge of a cell that runs: row functions tell it their accounts."""
    judge = Judge(TestTable())
    token = collecting(judge)
    try:
        yield judge
    finally:
        token.var.reset(token)


def account_of(judge: Judge) -> RowAccount:
    """Return the one account that a cell has told of."""
    (account,) = judge.ledger.accounts({}, keeps=True)
    return account


def rows_of(table: Any, column: str = "row") -> list[Any]:
    """Return the values of a column of a table of any library; those of a lazy one are computed, a null is None."""
    frame = nw.from_native(table)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    return [None if value is None or pd.isna(value) else value for value in frame[column].to_list()]


def excluded(judge: Judge) -> dict[str, list[Any]]:
    """Return which rows are to be kept as tables of the run, by the reasons of the accounts."""
    accounts = judge.ledger.accounts({}, keeps=True)
    return {accounts[at].entries[entry].reason: rows_of(rows()) for at, entry, rows in judge.ledger.excluded()}
