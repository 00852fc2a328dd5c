"""Whatever the table and its library: every row is accounted for, and the result is that of plain pandas."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops import aggregate, cast, dedupe, drop, join, keep, union, view
from nbops.records import RowAccount
from tests.rows.cell import LIBRARIES, Columns, account_of, cell, excluded, rows_of, tables

EVERY = pytest.mark.parametrize("library", LIBRARIES)
QUICK = settings(max_examples=12, deadline=None)


def counted(account: RowAccount, *kinds: str) -> int:
    """Return how many rows the entries of some kinds count."""
    return sum(entry.rows or 0 for entry in account.entries if entry.kind in kinds)


def options(library: str) -> dict[str, Any]:
    """Return what lets the rows of a lazy table be counted."""
    return {"count": True} if library == "polars lazy" else {}


@EVERY
@pytest.mark.parametrize("verb", [keep, drop, view])
@given(columns=tables())
@QUICK
def test_a_row_is_selected_or_excluded_for_a_reason(library: str, verb: Any, columns: Columns) -> None:
    """The rows that are selected, those that are not, and those that nobody knows of are all rows, each once."""
    table = LIBRARIES[library](columns)
    wanted = verb is not drop
    with cell() as judge:
        result = verb(table, "b == True", "reason", **options(library))
        account, left_out = account_of(judge), excluded(judge)
    selected = [row for row, b in zip(columns["row"], columns["b"], strict=True) if b is wanted]
    null = [row for row, b in zip(columns["row"], columns["b"], strict=True) if b is None]
    others = [row for row in columns["row"] if row not in (*selected, *null)]

    assert rows_of(result) == selected
    assert account.unexplained == 0
    assert [entry.rows for entry in account.entries] == [len(others), *([len(null)] if null else [])]
    if verb is not view and library != "polars lazy":
        assert left_out == {**({"reason": others} if others else {}), **({"condition null": null} if null else {})}


@pytest.mark.parametrize("library", ["pandas", "pandas nullable", "pandas arrow", "polars", "pyarrow"])
@given(columns=tables())
@QUICK
def test_a_column_of_booleans_selects_as_its_library_does(library: str, columns: Columns) -> None:
    """A mask that is not true, null or false, drops the row."""
    table = LIBRARIES[library](columns)
    mask = table.column("b") if library == "pyarrow" else table["b"]
    with cell() as judge:
        result = keep(table, mask, "reason")
        account = account_of(judge)

    assert rows_of(result) == [row for row, b in zip(columns["row"], columns["b"], strict=True) if b]
    assert account.unexplained == 0
    if library == "pandas":
        pd.testing.assert_frame_equal(result, table[table["b"] == True])  # noqa: E712 - of objects and nulls


@EVERY
@given(columns=tables(), which=st.sampled_from(["first", "last", "none"]), key=st.sampled_from(["k", ["k", "t"], None]))
@QUICK
def test_what_is_no_duplicate_stays(library: str, columns: Columns, which: str, key: Any) -> None:
    """One row of each key stays where it was, and all others are kept apart."""
    table = LIBRARIES[library](columns)
    with cell() as judge:
        result = dedupe(table, key, which, **options(library))
        account, left_out = account_of(judge), excluded(judge)
    plain = pd.DataFrame(columns).astype(object).where(lambda frame: frame.notna(), None)
    stays = plain.drop_duplicates(key, keep=False if which == "none" else which).row.tolist()

    assert rows_of(result) == stays
    assert (account.unexplained, counted(account, "dropped")) == (0, len(columns["row"]) - len(stays))
    if library != "polars lazy":
        assert sorted(stays + left_out.get("duplicate", [])) == columns["row"]


@EVERY
@pytest.mark.parametrize("how", ["inner", "left", "right", "outer"])
@given(left=tables(8), right=tables(8), on=st.sampled_from(["k", ["k", "t"]]))
@QUICK
def test_a_row_that_matches_nothing_is_counted_on_its_side(
    library: str, how: str, left: Columns, right: Columns, on: Any
) -> None:
    """Unmatched rows and repeated ones explain the number of rows of every join; no row of either side is lost."""
    if library == "pyarrow" and how in ("right", "outer"):
        return
    own, other = LIBRARIES[library](left), LIBRARIES[library](right)
    with cell() as judge:
        result = join(own, other, on, how, **options(library))
        account, left_out = account_of(judge), excluded(judge)
    alone = [rows for reason, rows in left_out.items() if not reason.startswith("of ")]
    found = {row for row in rows_of(result) if row is not None}

    assert account.unexplained == 0
    assert account.table_out.rows == len(rows_of(result))
    if library != "polars lazy" and how in ("inner", "right"):
        assert sorted([*found, *(alone[0] if alone else [])]) == left["row"]
    if library == "pandas" and left["row"] + right["row"]:
        pd.testing.assert_frame_equal(result, own.merge(other, how=how, on=on, suffixes=("", "_right")))


@pytest.mark.parametrize("library", ["pandas", "pandas nullable", "pandas arrow", "polars", "pyarrow"])
@given(parts=st.lists(tables(5), min_size=1, max_size=3))
@QUICK
def test_a_union_has_the_rows_of_all(library: str, parts: list[Columns]) -> None:
    """Rows follow each other in the order of the tables."""
    with cell() as judge:
        result = union(*(LIBRARIES[library](columns) for columns in parts))
        account = account_of(judge)

    assert rows_of(result) == [row for columns in parts for row in columns["row"]]
    assert (account.unexplained, account.rows_in) == (0, sum(len(columns["row"]) for columns in parts))


@EVERY
@given(columns=tables(), by=st.sampled_from(["k", ["k", "t"]]), dropna=st.booleans())
@QUICK
def test_groups_hold_all_rows_and_totals(library: str, columns: Columns, by: Any, dropna: bool) -> None:
    """The sizes of the groups and the rows without a group are all rows, and the sums those of the table."""
    table = LIBRARIES[library](columns)
    with cell() as judge:
        result = aggregate(
            table, by, dropna=dropna, size=("row", "size"), total=("row", "sum"), kinds=("t", "nunique"),
            **options(library),
        )  # fmt: skip
        account, left_out, tests = account_of(judge), excluded(judge), judge.results()
    plain = pd.DataFrame(columns).astype({"k": "Int64", "t": "string"})
    groups = plain.groupby(by, dropna=dropna, as_index=False).agg(
        n=("row", "size"), s=("row", "sum"), u=("t", "nunique")
    )

    assert account.unexplained == 0
    assert sorted(
        zip(rows_of(result, "size"), rows_of(result, "total"), rows_of(result, "kinds"), strict=True)
    ) == sorted(groups[["n", "s", "u"]].itertuples(index=False, name=None))
    if library != "polars lazy":
        gone = [row for rows in left_out.values() for row in rows]
        assert sum(rows_of(result, "size")) + len(gone) == len(columns["row"])
        assert [str(test.status) for test in tests] == ["passed", "passed"]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("errors", ["coerce", "drop"])
@given(texts=st.lists(st.none() | st.sampled_from(["1", " 2", "x", "2.5", "-7", "1e3", ""]), max_size=10))
@QUICK
def test_what_cannot_be_cast_is_counted(library: str, errors: str, texts: list[str | None]) -> None:
    """Values that are no number are null and counted, or their rows are left out; nulls stay nulls."""
    table = LIBRARIES[library]({"row": list(range(len(texts))), "t": texts})
    with cell() as judge:
        result = cast(table, {"t": "float"}, errors)
        account, left_out = account_of(judge), excluded(judge)
    bad = [row for row, text in enumerate(texts) if text is not None and text.strip() in ("x", "")]
    values = [None if text is None or row in bad else float(text) for row, text in enumerate(texts)]

    assert rows_of(result, "t") == [value for row, value in enumerate(values) if errors == "coerce" or row not in bad]
    assert [row for rows in left_out.values() for row in rows] == bad
    assert (account.unexplained, counted(account, "dropped", "aside")) == (0, len(bad))
