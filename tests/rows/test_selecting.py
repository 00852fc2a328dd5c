"""keep, drop and view: what they take, what they refuse, and what they tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbops import drop, keep, view
from nbops.errors import UsageError
from tests.rows.cell import account_of, cell

FLIGHTS = pd.DataFrame({"flight": [1, 2, 3], "dep_time": [517.0, None, 542.0]}, index=["a", "b", "c"])


def test_the_index_stays_as_it_is() -> None:
    """A label finds the same row before and after."""
    assert list(keep(FLIGHTS, FLIGHTS.dep_time.notna(), "cancelled").index) == ["a", "c"]


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param([True, False, True], id="list"),
        pytest.param(np.array([True, False, True]), id="array"),
        pytest.param(lambda table: table.dep_time.notna(), id="function"),
        pytest.param("dep_time is not None", id="text"),
        pytest.param(pl.Series([True, False, True]), id="column of another library"),
    ],
)
def test_a_condition_can_be_said_in_many_ways(condition: object) -> None:
    """A list, an array, a function of the table, a text, a column."""
    assert keep(FLIGHTS, condition, "cancelled").flight.tolist() == [1, 3]


def test_a_condition_in_another_order_is_put_in_that_of_the_table() -> None:
    """Labels tell which row is meant, as pandas does it."""
    condition = pd.Series({"c": False, "a": True, "b": True})

    assert keep(FLIGHTS, condition, "late").flight.tolist() == [1, 2]


def test_an_expression_of_polars_selects() -> None:
    """Of a table and of a lazy one."""
    table = pl.from_pandas(FLIGHTS)

    assert keep(table, pl.col("dep_time") > 520, "early")["flight"].to_list() == [3]
    assert drop(table.lazy(), pl.col("dep_time") > 520, "late").collect()["flight"].to_list() == [1]


def test_a_lazy_table_stays_lazy_and_its_rows_unknown() -> None:
    """Nothing is computed that nobody asked for, and the account says that nothing is known."""
    table = pl.LazyFrame({"x": [1, 2]}).map_batches(
        lambda frame: pytest.fail("it was computed"), schema={"x": pl.Int64}
    )
    with cell() as judge:
        result = keep(table, pl.col("x") > 1, "small")
        account = account_of(judge)

    assert isinstance(result, pl.LazyFrame)
    assert (account.rows_in, account.entries[0].rows, account.unexplained) == (None, None, None)
    assert "not counted" in account.note


def test_count_counts_a_lazy_table() -> None:
    """Rows, selected ones and nulls, in one look at it."""
    with cell() as judge:
        keep(pl.LazyFrame({"x": [1, 2, None]}), pl.col("x") > 1, "small", count=True)
        account = account_of(judge)

    assert (account.rows_in, account.table_out.rows, [entry.rows for entry in account.entries]) == (3, 1, [1, 1])


def test_outside_a_step_nothing_is_recorded_and_nothing_fails() -> None:
    """A plain script uses the same functions."""
    assert view(FLIGHTS, "dep_time > 520", "late flights").flight.tolist() == [3]


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ([True, False], "2 rows"),
        (FLIGHTS.flight, "booleans"),
        (FLIGHTS, "no condition"),
        ("dep_tine > 5", "no column 'dep_tine'"),
        (pd.Series([True, True, True], index=["x", "y", "z"]), "other rows"),
        (3, "no condition"),
    ],
)
def test_what_is_no_condition_is_refused(condition: object, what: str) -> None:
    """With what was given instead."""
    with pytest.raises(UsageError, match=what):
        keep(FLIGHTS, condition, "cancelled")


def test_a_reason_is_needed() -> None:
    """Rows that go for no reason are what this is against."""
    with pytest.raises(UsageError, match="needs a reason"):
        keep(FLIGHTS, FLIGHTS.dep_time.notna(), " ")


def test_what_is_no_table_is_refused() -> None:
    """With a word on what is one."""
    with pytest.raises(UsageError, match="list is no table"):
        drop([1, 2], [True, False], "small")


def test_a_lazy_table_needs_an_expression() -> None:
    """Booleans would be of other rows."""
    with pytest.raises(UsageError, match="needs an expression"):
        keep(pl.LazyFrame({"x": [1]}), [True], "small")


def test_rows_that_change_later_are_kept_as_they_were() -> None:
    """What was left out is a table of the run as it stood when it was left out."""
    table = pd.DataFrame({"x": [1, 2, 3, 4]})
    with cell() as judge:
        keep(table, table.x > 3, "small")
        table.loc[:, "x"] = 0
        ((_, _, rows),) = judge.ledger.excluded()

    assert rows().x.tolist() == [1, 2, 3]
