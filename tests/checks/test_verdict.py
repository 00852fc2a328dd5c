"""Verdicts: what a condition came to, and what was seen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.checks.verdict import judge_value, not_judged
from nbops.errors import UsageError
from nbops.records import Status


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (True, Status.PASSED),
        (3, Status.PASSED),
        ("text", Status.PASSED),
        (np.bool_(True), Status.PASSED),
        (np.array(True), Status.PASSED),
        (pa.scalar(True), Status.PASSED),
        (False, Status.FAILED),
        (0, Status.FAILED),
        (None, Status.FAILED),
        ([], Status.FAILED),
        (np.bool_(False), Status.FAILED),
        (pa.scalar(False), Status.FAILED),
        (pa.scalar(None, pa.bool_()), Status.FAILED),
    ],
)
def test_scalars_are_judged_by_their_truth(value: object, status: Status) -> None:
    """A scalar is what Python says it is, except where a library forgets to say it."""
    assert judge_value(value).status is status


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (pd.Series([1, 2]), "got Series of int64"),
        (pd.DataFrame({"a": [1]}), "got DataFrame"),
        (pl.LazyFrame({"a": [True]}), "got LazyFrame"),
        (pl.col("a") > 1, "got Expr"),
        (np.array([1, 2]), "got ndarray of int64"),
        (pd.NA, "is NA"),
        ((n for n in [1]), "write all(…)"),
        (math.isnan, "call it, isnan()"),
        (pd.Series([True]), ""),
    ],
)
def test_what_cannot_be_judged_is_an_error_with_a_hint(value: object, hint: str) -> None:
    """Unknown is never passed."""
    verdict = judge_value(value)

    assert verdict.status is (Status.ERROR if hint else Status.PASSED)
    assert hint in verdict.why


def test_a_row_test_counts_and_shows_its_failing_rows() -> None:
    """How many, which, and what stands there."""
    table = pd.DataFrame({"x": [1.0, -2.0, 3.0, None]})
    verdict = judge_value(table.x > 0, [("table", table), ("table.x", table.x)], operands=[("table.x", table.x)])

    assert verdict.why == "2 of 4 rows fail (0 NA), at 1, 3 | table.x there: -2, null"
    assert (verdict.status, verdict.rows, verdict.failing, verdict.nulls) == (Status.FAILED, 4, 2, 0)
    assert verdict.examples.rows == (("-2",), (None,))


def test_no_rows_need_to_be_kept() -> None:
    """Who wants no data in records gets the counts alone."""
    verdict = judge_value(pd.Series([True, False]), limit=0)

    assert (verdict.why, verdict.examples.rows) == ("1 of 2 rows fail (0 NA)", ())


def test_a_bare_column_without_rows_cannot_be_judged() -> None:
    """No rows prove nothing; who means them to be fine writes ``.all()``."""
    none = pd.Series([], dtype=bool)

    assert judge_value(none).status is Status.ERROR
    assert judge_value(none.all(), form="all", subjects=[none]).status is Status.PASSED


def test_all_and_not_any_are_judged_by_the_rows_of_their_mask() -> None:
    """The reduced value is not all that is known."""
    mask = pd.Series([True, False, True])
    by_all = judge_value(False, form="all", subjects=[mask])
    by_any = judge_value(False, form="none", subjects=[mask])

    assert (by_all.failing, by_any.failing) == (1, 2)


def test_a_null_fails_although_the_library_leaves_it_out_of_all() -> None:
    """Pandas skips nulls in ``all()``; a test does not."""
    mask = pd.Series([True, None], dtype="boolean")

    assert bool(mask.all())
    assert judge_value(bool(mask.all()), form="all", subjects=[mask]).nulls == 1
    assert judge_value(bool(mask.all()), form="all", subjects=[mask]).status is Status.FAILED


@pytest.mark.parametrize(
    "column", [pd.Series([1, 2]) > 0, np.array([1, 2]) > 0, pl.Series([1, 2]) > 0, pl.col("a") > 0]
)
def test_and_or_not_between_columns_say_what_to_write(column: Any) -> None:
    """The ambiguous truth of a column is an error that names the operators to use."""
    with pytest.raises((ValueError, TypeError)) as caught:
        _ = not column

    verdict = not_judged(caught.value)
    assert verdict.status is Status.ERROR
    assert "use & | ~" in verdict.why


def test_an_assertion_is_a_failure_and_other_exceptions_are_errors() -> None:
    """An assertion judged the data; any other exception could not."""
    assert not_judged(AssertionError("sums differ")).why == "sums differ"
    assert not_judged(AssertionError()).status is Status.FAILED
    assert not_judged(KeyError("x")).why == "KeyError: 'x'"
    assert not_judged(KeyError("x")).status is Status.ERROR


def test_an_error_of_ours_is_told_in_one_line_with_what_to_do() -> None:
    """Its parts stand apart; words for a place and a way out are for the lines of a traceback."""
    verdict = not_judged(UsageError("unknown check 'is_in'", where="expect", fix="did you mean 'in_set'?"))

    assert verdict.why == "UsageError: unknown check 'is_in' · expect · did you mean 'in_set'?"


def test_a_truth_value_that_raises_is_an_error() -> None:
    """Whatever a foreign object does when asked, a verdict comes out."""

    class Moody:
        """Something whose truth cannot be had."""

        def __bool__(self) -> bool:
            raise OSError("not today")

    assert judge_value(Moody()).why == "OSError: not today"
