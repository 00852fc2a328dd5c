"""Tables of libraries that narwhals knows: lazy as they are, counted when that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd
import pytest

from nbops import aggregate, dedupe, drop, join, keep
from nbops.errors import UsageError
from nbops.frames.reading import through_narwhals
from nbops.frames.tables import library
from tests.rows.cell import account_of, cell

TABLE = pd.DataFrame({"k": ["a", "b", None, "a"], "x": [1.0, 2.0, 3.0, None]})


def of_duckdb() -> Any:
    """Return the table as DuckDB has it."""
    return pytest.importorskip("duckdb").from_df(TABLE)


def of_dask() -> Any:
    """Return the table as Dask has it."""
    return pytest.importorskip("dask.dataframe").from_pandas(TABLE, npartitions=2)


@pytest.mark.parametrize("make", [of_duckdb, of_dask])
@pytest.mark.parametrize(
    ("call", "entries", "rows"),
    [
        (lambda t: keep(t, "x > 1", "small", count=True), [1, 1], 2),
        (lambda t: drop(t, "x > 1", "big", count=True), [2, 1], 1),
        (lambda t: aggregate(t, "k", n=("x", "sum"), count=True), [1, 1], 3),
        (lambda t: join(t, t, "k", count=True), [1, 2, 1, 1, 1], 5),
    ],
    ids=["keep", "drop", "aggregate", "join"],
)
def test_what_is_counted_is_accounted_for(
    make: Callable[[], Any], call: Callable[[Any], Any], entries: list[int], rows: int
) -> None:
    """The result is of the library, and its rows are those of the account."""
    table = make()
    with cell() as judge:
        result = call(table)
        account = account_of(judge)
    here = through_narwhals(result).collect()

    assert library(result) == library(table)
    assert [entry.rows for entry in account.entries] == entries
    assert (account.table_out.rows, len(here), account.unexplained) == (rows, rows, 0)


@pytest.mark.parametrize("make", [of_duckdb, of_dask])
def test_what_is_not_counted_is_unknown(make: Callable[[], Any]) -> None:
    """And said to be."""
    with cell() as judge:
        keep(make(), "x > 1", "small")
        account = account_of(judge)

    assert (account.rows_in, account.entries[0].rows) == (None, None)
    assert "not counted" in account.note


def test_duplicates_of_a_database_are_counted() -> None:
    """A null is a value like any other."""
    with cell() as judge:
        dedupe(of_duckdb(), "k", "none", count=True)
        account = account_of(judge)

    assert (account.rows_in, account.entries[0].rows, account.table_out.rows) == (4, 2, 2)


def test_an_expression_of_narwhals_means_what_the_library_means() -> None:
    """A comparison with a null is null in a database."""
    with cell() as judge:
        drop(of_duckdb(), nw.col("x") > 1, "big", count=True)
        account = account_of(judge)

    assert [entry.rows for entry in account.entries] == [2, 1]


def test_an_order_that_is_not_there_is_refused() -> None:
    """The first of several rows means nothing to a database."""
    with pytest.raises(UsageError, match="has no order"):
        dedupe(of_duckdb(), "k", keep="first")
    with pytest.raises(UsageError, match="not known"):
        dedupe(of_dask(), "k", keep="none")


def test_booleans_are_no_condition_of_a_lazy_table() -> None:
    """They are of other rows."""
    with pytest.raises(UsageError, match="a text or an expression of narwhals"):
        keep(of_duckdb(), [True] * 4, "small")
