"""The ledger of a cell: accounts follow by identity, then by name; results bear the names that they have at the end."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pandas as pd
import pytest

from nbops import dedupe, keep, union
from nbops.engine.cell.judging import Judge
from nbops.notebook.judge import TestTable
from nbops.pipeline.row_flows import RowFlow, flows
from nbops.records import RowAccount, Status, StepFinished, Table, collecting

LOAD = "raw = pd.DataFrame({'id': [1, 2, 2, 3, None], 'x': [1, 5, 6, 7, 8]})\n"


def run(code: str) -> tuple[Judge, dict[str, Any]]:
    """Run *code* as the cell of a step; return its judge and what it left."""
    judge = Judge(TestTable(lines=tuple(code.splitlines())))
    namespace: dict[str, Any] = {"pd": pd, "keep": keep, "dedupe": dedupe, "union": union}
    token = collecting(judge)
    try:
        exec(compile(code, "<cell>", "exec"), namespace)
    finally:
        token.var.reset(token)
    return judge, namespace


def accounts(code: str) -> tuple[RowAccount, ...]:
    """Return the accounts that *code* leaves."""
    judge, namespace = run(code)
    return judge.ledger.accounts(namespace)


def flow_of(code: str) -> RowFlow:
    """Return the one way of rows that *code* makes."""
    judge, namespace = run(code)
    tables = tuple(
        Table(name, "pandas.DataFrame", len(value))
        for name, value in namespace.items()
        if isinstance(value, pd.DataFrame)
    )
    step = StepFinished(0.0, "", "", Status.PASSED, tables_out=tables, accounts=judge.ledger.accounts(namespace))
    (flow,) = flows([step])
    return flow


def test_the_result_of_one_call_is_the_input_of_the_next() -> None:
    """Also when it never had a name."""
    found = accounts(LOAD + "clean = keep(dedupe(raw, 'id'), 'x > 4', 'small')")

    assert [(account.verb, account.sources, account.table_out.name) for account in found] == [
        ("dedupe", (-1,), ""),
        ("keep", (0,), "clean"),
    ]
    assert found[0].tables_in[0].name == "raw"


def test_one_name_may_be_bound_again_and_again() -> None:
    """Each result is followed, although only the last one is still there."""
    flow = flow_of(LOAD + "raw = dedupe(raw, 'id')\nraw = keep(raw, 'x > 1', 'small')\nraw = keep(raw, 'x > 5', 'big')")

    assert (flow.start_rows, flow.end.rows, flow.unexplained) == (5, 2, 0)
    assert [entry.reason for entry in flow.entries] == ["duplicate", "small", "big"]


def test_a_filter_between_two_calls_is_unexplained() -> None:
    """The name of the variable joins them, the difference is told."""
    flow = flow_of(LOAD + "raw = dedupe(raw, 'id')\nraw = raw[raw.x != 7]\nraw = keep(raw, 'x > 1', 'small')")

    assert flow.unexplained == -1


def test_a_name_that_is_bound_to_another_table_begins_a_way_of_its_own() -> None:
    """What was read anew did not come of what bore the name before."""
    found = accounts(
        LOAD + "raw = dedupe(raw, 'id')\nraw = pd.DataFrame({'x': range(9)})\nraw = keep(raw, 'x > 1', 'few')"
    )

    assert [account.sources for account in found] == [(-1,), (-1,)]


def test_a_change_in_place_is_unexplained() -> None:
    """The table is the same, its rows are not."""
    flow = flow_of(LOAD + "clean = dedupe(raw, 'id')\nclean.loc[9] = [9, 9]")

    assert flow.unexplained == 1


def test_new_columns_make_no_other_table() -> None:
    """What the result is called is what the cell made of it."""
    flow = flow_of(LOAD + "clean = keep(raw, 'x > 4', 'small').assign(y=1)")

    assert (flow.end.name, flow.end.rows, flow.unexplained) == ("clean", 4, 0)


def test_something_else_made_of_the_result_is_not_judged_by_its_account() -> None:
    """Groups are no rows of the table: the way ends where the account ends."""
    flow = flow_of(LOAD + "n = keep(raw, 'x > 4', 'small').groupby('id', as_index=False).size()")

    assert (flow.end.name, flow.end.rows, flow.unexplained) == ("", 4, 0)


def test_no_table_is_kept_alive_by_its_account() -> None:
    """What nobody else holds is gone."""
    judge, namespace = run(LOAD + "clean = keep(raw, 'x > 0', 'small')")
    watched = weakref.ref(namespace["clean"])
    del namespace["clean"]
    gc.collect()

    assert watched() is None
    assert judge.ledger.accounts(namespace)[0].table_out.rows == 5


def test_a_loop_of_very_many_calls_is_told_shortly() -> None:
    """The record stays small, and every row is still counted."""
    found = accounts(LOAD + "for n in range(1000):\n    keep(raw, 'x > 4', 'small')")

    assert len(found) == 200
    assert sum(account.rows_in or 0 for account in found) == 5000
    assert sum(account.entries[0].rows or 0 for account in found) == 1000
    assert all(account.unexplained == 0 for account in found)
    assert "told as one" in found[-1].note


def test_a_union_follows_its_first_table() -> None:
    """The rows of the others are added; their own ways end in it."""
    judge, namespace = run(LOAD + "a = keep(raw, 'x > 4', 'small')\nb = keep(raw, 'x < 2', 'big')\nboth = union(a, b)")
    found = flows([StepFinished(0.0, "", "", Status.PASSED, accounts=judge.ledger.accounts(namespace))])

    assert judge.ledger.accounts(namespace)[2].sources == (0, 1)
    assert [(flow.end.name, flow.unexplained) for flow in found] == [("b", 0), ("both", 0)]


@pytest.mark.parametrize("code", ["keep(raw, 'x > 4', 'small')", "y = [keep(raw, 'x > 4', 'small')]"])
def test_a_result_without_a_name_has_none(code: str) -> None:
    """Nothing is guessed."""
    assert accounts(LOAD + code)[0].table_out.name == ""


def test_what_was_counted_of_a_lazy_table_is_known_as_long_as_it_is_that_table() -> None:
    """Its rows are told at the end of the cell, too; of one that was filtered since nobody knows."""
    code = "lazy = pl.from_pandas(pd.DataFrame({'x': [1, 5, 6]})).lazy()\n"
    code += "large = keep(lazy, 'x > 2', 'small', count=True)\nodd = keep(lazy, 'x > 2', 'small', count=True)\n"
    judge, namespace = run("import polars as pl\n" + code + "odd = odd.filter(pl.col('x') != 6)")
    tables = [Table(name, "polars.LazyFrame") for name in ("lazy", "large", "odd")]

    assert [table.rows for table in judge.ledger.with_counts(tables, namespace)] == [None, 2, None]
