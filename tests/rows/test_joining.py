"""join: cardinality is a test, and a bad one stops before rows multiply."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

from nbops import join
from nbops.errors import CheckFailed, StepFailed, UsageError
from tests.rows.cell import account_of, cell, excluded

FLIGHTS = pd.DataFrame({"row": [0, 1, 2], "carrier": ["UA", "AA", "??"]})
CARRIERS = pd.DataFrame({"carrier": ["UA", "AA", "AA", "DL"], "name": ["United", "American", "A. Airlines", "Delta"]})


def test_a_fan_out_is_a_failed_test_before_the_join_is_made() -> None:
    """It says which table repeats its key, in how many rows, and shows them."""
    with cell() as judge, pytest.raises(StepFailed):
        join(FLIGHTS, CARRIERS, on="carrier", expect="m:1")
    (test,) = judge.results()

    assert (test.name, str(test.status), test.kind) == ("join of FLIGHTS with CARRIERS is m:1", "failed", "account")
    assert test.why == "2 rows of CARRIERS share their carrier with another"
    assert [row[0] for row in test.examples.rows] == ["AA", "AA"]


@pytest.mark.parametrize("expect", ["m:1", "1:1", "many_to_one", "one_to_one"])
def test_outside_a_step_a_fan_out_raises(expect: str) -> None:
    """The names of pandas mean the same."""
    with pytest.raises(CheckFailed, match="share their carrier"):
        join(FLIGHTS, CARRIERS, on="carrier", expect=expect)


@pytest.mark.parametrize("expect", ["1:m", "m:m", ""])
def test_what_may_be_repeated_is_counted(expect: str) -> None:
    """The rows that there are more stand in the account."""
    with cell() as judge:
        result = join(FLIGHTS, CARRIERS, on="carrier", how="left", expect=expect)
        account = account_of(judge)
    added = [entry for entry in account.entries if entry.kind == "added"]

    assert (len(result), [(entry.reason, entry.rows) for entry in added]) == (
        4,
        [("repeated by several matches in CARRIERS", 1)],
    )


def test_rows_without_a_match_are_kept_of_both_sides() -> None:
    """Those of the left table as dropped, those of the right one beside."""
    with cell() as judge:
        join(FLIGHTS, CARRIERS.assign(row=range(4)), on="carrier")
        found = excluded(judge)

    assert found == {"without a match in right": [2], "of right without a match in FLIGHTS": [3]}


def test_nulls_in_a_key_are_told() -> None:
    """Pandas lets a null match a null: nobody meant that."""
    left, right = pd.DataFrame({"k": [1.0, None]}), pd.DataFrame({"k": [float("nan")] * 2, "v": [1, 2]})
    with cell() as judge:
        result = join(left, right, on="k")
        account = account_of(judge)

    assert len(result) == 2
    assert {entry.reason: entry.rows for entry in account.entries if "null" in entry.reason} == {
        "of left with a null in the key": 1,
        "of right with a null in the key": 2,
    }


def test_a_lazy_join_stays_lazy() -> None:
    """Its rows are unknown, and an expectation is refused instead of passed."""
    left, right = pl.from_pandas(FLIGHTS).lazy(), pl.from_pandas(CARRIERS).lazy()
    with cell() as judge:
        result = join(left, right, on="carrier")
        account = account_of(judge)

    assert (isinstance(result, pl.LazyFrame), account.unexplained) == (True, None)
    with pytest.raises(UsageError, match="not known before"):
        join(left, right, on="carrier", expect="m:1")
    with pytest.raises(CheckFailed, match="2 rows of right share"):
        join(left, right, on="carrier", expect="m:1", count=True)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"on": "carier"}, "no column 'carier'"),
        ({}, "needs its columns"),
        ({"on": "carrier", "how": "cross"}, "unknown way"),
        ({"on": "carrier", "expect": "2:1"}, "says not how often"),
        ({"left_on": "carrier"}, "needs its columns"),
        ({"left_on": ["carrier"], "right_on": ["carrier", "name"]}, "1 columns on the left, 2 on the right"),
        ({"left_on": "row", "right_on": "name"}, "nothing can match"),
    ],
)
def test_what_cannot_be_joined_is_refused(arguments: dict[str, object], what: str) -> None:
    """With what is wrong, before anything is computed."""
    with pytest.raises(UsageError, match=what):
        join(FLIGHTS, CARRIERS, **arguments)  # type: ignore[arg-type]


def test_keys_that_the_library_cannot_compare_are_refused() -> None:
    """Its own words, and what to do."""
    with pytest.raises(UsageError, match="is float64 on the left and object on the right") as caught:
        join(pd.DataFrame({"k": [1.0]}), pd.DataFrame({"k": [None]}), on="k")
    assert "cast" in caught.value.fix


def test_tables_of_two_libraries_are_refused() -> None:
    """Nothing is converted without a word."""
    with pytest.raises(UsageError, match="cannot be joined"):
        join(FLIGHTS, pl.from_pandas(CARRIERS), on="carrier")
