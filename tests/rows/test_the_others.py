"""dedupe, union, aggregate, cast and reconcile: what they tell, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import polars as pl
import pytest

from nbops import aggregate, cast, dedupe, join, reconcile, union
from nbops.errors import CheckFailed, StepFailed, UsageError
from nbops.frames.grouping import Total
from nbops.frames.masking import masking
from tests.rows.cell import account_of, cell

FLIGHTS = pd.DataFrame({"flight": [1, 2, 2, 3, 3], "delay": [5, 0, 9, 4, 4], "tags": [["x"]] * 5})


def test_what_differed_among_duplicates_is_told() -> None:
    """A row that differs is no copy: dropping it loses something, and the account shows what."""
    with cell() as judge:
        dedupe(FLIGHTS, "flight")
        (entry,) = account_of(judge).entries

    assert (entry.rows, entry.kept) == (2, 2)
    assert entry.note == "1 of 2 keys differ in delay (1); tags cannot be compared"
    assert [row[:2] for row in entry.examples.rows] == [("2", "0"), ("2", "9")]


def test_copies_are_called_copies() -> None:
    """Where nothing differs nothing is lost."""
    with cell() as judge:
        dedupe(FLIGHTS[["flight", "delay"]][3:])
        (entry,) = account_of(judge).entries

    assert (entry.rows, entry.note) == (1, "all of them copies")


def test_a_table_of_another_shape_is_no_part_of_a_union() -> None:
    """Missing columns, columns too many and columns of another kind are named."""
    other = pd.DataFrame({"flight": ["4"], "dealy": [1]})

    with pytest.raises(UsageError, match="table 2 has no delay") as caught:
        union(FLIGHTS[["flight", "delay"]], other)
    assert "table 2 has dealy, table 1 has not; flight is int64 in table 1, str in table 2" in caught.value.what


@pytest.mark.parametrize(("mismatch", "columns"), [("fill", ["flight", "delay", "gate"]), ("intersect", ["flight"])])
def test_a_union_fills_or_leaves_out_what_is_missing(mismatch: str, columns: list[str]) -> None:
    """As it was told to; the account says what was not the same."""
    first, second = FLIGHTS[["flight", "delay"]], pd.DataFrame({"flight": [4], "gate": ["A"]})
    with cell() as judge:
        result = union(first, second, mismatch=mismatch)
        note = account_of(judge).note

    assert (list(result.columns), len(result)) == (columns, 6)
    assert note.startswith(f"columns differ ({mismatch}): table 2 has no delay")


def test_types_that_do_not_fit_are_refused() -> None:
    """Polars says what it cannot put together."""
    with pytest.raises(UsageError, match="cannot be put together"):
        union(pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [[1]]}), mismatch="fill")


def test_a_null_group_is_counted() -> None:
    """It is a group of its own, or its rows are left out and kept."""
    table = pd.DataFrame({"carrier": ["UA", None], "n": [1, 2]})
    with cell() as judge:
        aggregate(table, "carrier", n=("n", "sum"))
        aggregate(table, "carrier", n=("n", "sum"), dropna=True)
        own, out = judge.ledger.accounts({}, keeps=True)

    assert [(entry.reason, entry.rows, entry.kind) for entry in own.entries] == [
        ("merged into 2 groups by carrier", 0, "merged"),
        ("with a null in carrier", 1, "aside"),
    ]
    assert [(entry.reason, entry.rows, entry.kept) for entry in out.entries] == [
        ("null in carrier", 1, 1),
        ("merged into 1 group by carrier", 0, 0),
    ]


def test_totals_differ_by_more_than_rounding_or_not_at_all() -> None:
    """What went in is what came out and what was left out."""
    assert Total("n", "sum of n", before=1000.0, excluded=10.0, after=990.0, tolerance=0.0).is_equal
    assert Total("n", "sum of n", before=0.3, excluded=0.0, after=0.1 + 0.2, tolerance=3e-10).is_equal
    assert not Total("n", "sum of n", before=1000.0, excluded=0.0, after=990.0, tolerance=1e-6).is_equal


def test_totals_without_end_are_not_judged() -> None:
    """Infinity less infinity says nothing."""
    table = pd.DataFrame({"g": ["a", None], "n": [1.0, float("inf")]})
    with cell() as judge:
        aggregate(table, "g", n=("n", "sum"), dropna=True)

    assert judge.results() == ()


def test_functions_of_ones_own_sum_up_in_pandas() -> None:
    """Anything that pandas can call."""
    result = aggregate(FLIGHTS, ["flight"], spread=("delay", lambda delay: delay.max() - delay.min()))

    assert result.spread.tolist() == [0, 9, 0]


def test_a_value_that_cannot_be_cast_is_a_failed_test() -> None:
    """It says how many there are and shows some."""
    orders = pd.DataFrame({"amount": ["5", "n/a", "7.5"]})
    with cell() as judge, pytest.raises(StepFailed):
        cast(orders, {"amount": int})
    (test,) = judge.results()

    assert (test.name, test.failing, test.rows) == ("amount can be cast to int", 2, 3)
    assert test.why == "2 values of orders are none, as 'n/a', '7.5'"


@pytest.mark.parametrize(
    ("values", "wanted", "found"),
    [
        (["1", " 2 "], "int", [1, 2]),
        (["9007199254740993"], "int", [9007199254740993]),
        ([1.0, None], "int", [1, None]),
        (["yes", "F", "1"], "bool", [True, False, True]),
        (["2013-02-08T06:00"], "datetime", [pd.Timestamp("2013-02-08 06:00")]),
        (["2013-02-08"], "date", [pd.Timestamp("2013-02-08")]),
        ([1, None], "str", ["1.0", None]),
        (["a"], "category", ["a"]),
        ([True, False], "int", [1, 0]),
    ],
)
def test_values_are_cast_as_they_are_written(values: list[object], wanted: str, found: list[object]) -> None:
    """Blanks aside, without losing a digit; nulls stay nulls."""
    result = cast(pd.DataFrame({"v": values}), {"v": wanted}).v

    assert [None if pd.isna(value) else value for value in result] == found


def test_a_row_that_several_columns_drop_is_counted_once() -> None:
    """One entry, with what each column holds."""
    with cell() as judge:
        result = cast(pd.DataFrame({"a": ["x", "1"], "b": ["y", "2"]}), {"a": int, "b": int}, errors="drop")
        (entry,) = account_of(judge).entries

    assert (len(result), entry.rows, entry.reason) == (1, 1, "a is no int, b is no int")


@pytest.mark.parametrize("errors", ["coerce", "drop"])
def test_a_lazy_table_is_cast_as_the_table_would_be(errors: str) -> None:
    """It stays lazy, nothing is read for it, and when it is computed its values are those of the eager cast."""
    table = pl.DataFrame({"n": ["1", " 2 ", "x", None, "2.5"], "x": ["1e3", "-", "7", "", None],
                          "b": ["yes", "no", "?", None, "0"], "k": [1, 2, 3, 4, 5]})  # fmt: skip
    types = {"n": int, "x": float, "b": bool, "k": str}
    with cell() as judge:
        lazy = cast(table.lazy(), types, errors)
        account = account_of(judge)

    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().equals(cast(table, types, errors))
    assert lazy.collect().schema == lazy.collect_schema()
    assert [entry.rows for entry in account.entries] == [None]
    assert account.table_out.rows is None


def test_the_values_of_a_lazy_table_are_looked_at_when_asked() -> None:
    """With count=True what cannot be cast is counted and told, and fails with ``raise``."""
    table = pl.LazyFrame({"a": ["1", "x", "y"], "b": [1, 2, 3]})
    with cell() as judge:
        made = cast(table, {"a": int}, "drop", count=True)
        account = account_of(judge)

    assert [(one.reason, one.rows) for one in account.entries] == [("a is no int", 2)]
    assert (account.tables_in[0].rows, account.table_out.rows) == (3, 1)
    assert made.collect()["b"].to_list() == [1]
    with pytest.raises(CheckFailed, match="2 values"):
        cast(table, {"a": int}, count=True)


def test_a_lazy_table_is_not_cast_unseen() -> None:
    """A failure would be told to nobody; and the type of moments in texts is not known before they are read."""
    with pytest.raises(UsageError, match="told to nobody"):
        cast(pl.LazyFrame({"a": ["1"]}), {"a": int})
    with pytest.raises(UsageError, match="offsets"):
        cast(pl.LazyFrame({"a": ["2024-01-01"]}), {"a": "datetime"}, "coerce")
    with pytest.raises(UsageError, match="no column"):
        cast(pl.LazyFrame({"a": ["1"]}), {"c": int}, "coerce")


def test_parts_that_are_not_all_are_a_failed_test() -> None:
    """Rows first, then totals; both say what is there and what should be."""
    with pytest.raises(CheckFailed, match="rows of FLIGHTS reconcile: 5 rows, but 2 in its parts and 1 dropped"):
        reconcile(FLIGHTS, FLIGHTS[:2], dropped=1)
    with pytest.raises(CheckFailed, match="delay of FLIGHTS reconciles: 22 in all, but 44 in its parts"):
        reconcile(FLIGHTS, FLIGHTS.assign(delay=FLIGHTS.delay * 2), totals="delay")


def test_parts_that_are_all_are_a_test_too() -> None:
    """Passed tests stand in the record, rows and each total."""
    with cell() as judge:
        reconcile(FLIGHTS, FLIGHTS[:2], FLIGHTS[2:], totals=["delay"])

    assert [(test.name, str(test.status)) for test in judge.results()] == [
        ("rows of FLIGHTS reconcile", "passed"),
        ("delay of FLIGHTS reconciles", "passed"),
    ]


def test_rounding_is_no_difference() -> None:
    """Sums of floats in another order."""
    table = pd.DataFrame({"x": [0.1] * 10})

    reconcile(table, table[:3], table[3:], totals="x")


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: dedupe(FLIGHTS, "fligth"), "no column 'fligth'"),
        (lambda: dedupe(FLIGHTS, "flight", keep="any"), "which row stays"),
        (lambda: dedupe([1]), "no table"),
        (union, "needs tables"),
        (lambda: union(FLIGHTS, 3), "no table"),
        (lambda: union(FLIGHTS, FLIGHTS, mismatch="ignore"), "mismatch"),
        (lambda: union(FLIGHTS, pl.DataFrame({"a": [1]})), "cannot stand in one table"),
        (lambda: aggregate(FLIGHTS, "flight"), "nothing is to be summed up"),
        (lambda: aggregate(FLIGHTS, "flight", n="delay"), "no pair"),  # type: ignore[arg-type]
        (lambda: aggregate(FLIGHTS, "flight", n=("delay", "summ")), "nothing is summed up by 'summ'"),
        (lambda: aggregate(FLIGHTS, "carrier", n=("delay", "sum")), "no column 'carrier'"),
        (lambda: cast(FLIGHTS, {"delay": "integer"}), "no type 'integer'"),
        (lambda: cast(FLIGHTS, {"dealy": int}), "no column 'dealy'"),
        (lambda: cast(FLIGHTS, {"delay": int}, errors="ignore"), "errors 'ignore'"),
        (lambda: reconcile(FLIGHTS), "needs the parts"),
        (lambda: reconcile(FLIGHTS, FLIGHTS, totals="tags"), "holds no numbers"),
        (lambda: reconcile(FLIGHTS, FLIGHTS, totals="x"), "no column 'x'"),
        (lambda: reconcile(FLIGHTS, pl.LazyFrame({"a": [1]})), "not known"),
    ],
)
def test_what_cannot_be_meant_is_refused(call: object, what: str) -> None:
    """With a word on what is wrong."""
    with pytest.raises(UsageError, match=what):
        call()  # type: ignore[operator]


def test_values_of_masked_columns_are_never_told() -> None:
    """Neither in a note, nor in a reason, nor in an example."""
    people = pd.DataFrame({"id": [1, 1], "iban": ["DE02", "CH93"]})
    with masking("iban"), cell() as judge:
        dedupe(people, "id")
        cast(people, {"iban": "int"}, errors="coerce")
        with pytest.raises(StepFailed):
            cast(people, {"iban": "int"})
        told = repr((judge.ledger.accounts({}), judge.results()))

    assert "iban" in told
    assert "DE02" not in told
    assert "CH93" not in told


@pytest.mark.parametrize(
    "call",
    [
        lambda table: dedupe(table, "g"),
        lambda table: aggregate(table, "g", dropna=True, n=("x", "size")),
        lambda table: join(table, pd.DataFrame({"g": [7.0]}), on="g"),
        lambda table: cast(table.assign(x="?"), {"x": int}, errors="drop"),
    ],
    ids=["dedupe", "aggregate", "join", "cast"],
)
def test_what_changes_afterwards_was_left_out_as_it_was(call: Callable[[pd.DataFrame], object]) -> None:
    """A change in place does not reach the rows that are about to be kept."""
    table = pd.DataFrame({"g": [None, None, None, 1.0], "x": [1, 2, 3, 4]})
    with cell() as judge:
        call(table)
        before = table.copy()
        table.loc[:, "x"] = 0
        ((_, _, rows), *_) = judge.ledger.excluded()

    assert set(rows().x) <= {*before.x, "?"}
    assert len(rows()) > 0


def test_tables_of_very_many_columns_are_told_shortly() -> None:
    """Neither an error nor a record holds ten thousand names."""
    wide = pd.DataFrame([["x"] * 2000], columns=[f"column_{n}" for n in range(2000)])
    with pytest.raises(UsageError, match="1,992 more columns") as caught:
        union(wide, FLIGHTS)
    with cell() as judge:
        cast(wide, dict.fromkeys(wide.columns[:500], "int"), errors="drop")
        (entry,) = account_of(judge).entries

    assert len(str(caught.value)) < 1_000
    assert (entry.rows, entry.reason.count(" is no int")) == (1, 4)
    assert entry.reason.endswith("496 more columns")
