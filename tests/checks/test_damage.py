"""Properties that hold for any data: more damage never looks better, and tolerance means what it says."""

from __future__ import annotations

import pandas as pd
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.checks.completeness import NotNull, Unique
from nbops.checks.suite import judge_table
from nbops.checks.values import Between, InSet

NUMBERS = st.lists(st.one_of(st.none(), st.floats(-100, 100), st.just(float("nan"))), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.floats(-50, 0), st.floats(0, 50))
def test_libraries_agree_on_any_numbers(numbers: list[float | None], low: float, high: float) -> None:
    """The reader of pandas frames and the portable one count the same rows, by statistics or by rows."""
    frame = pd.DataFrame({"n": pd.Series(numbers, dtype="float64")})
    table = pl.DataFrame({"n": numbers}, schema={"n": pl.Float64}, strict=False)
    checks = [NotNull("n"), Between("n", low, high), Unique("n"), InSet("n", [0.0, 1.0])]

    here, there = judge_table(frame, checks), judge_table(table, checks)

    assert [(r.status, r.failing) for r in here] == [(r.status, r.failing) for r in there]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-100, 100), min_size=1, max_size=30), st.integers(0, 30))
def test_tolerance_is_the_number_of_rows_that_may_fail(numbers: list[int], allowed: int) -> None:
    """A check passes exactly when no more rows fail than are allowed."""
    failing = sum(not 0 <= number <= 50 for number in numbers)
    (result,) = judge_table(pd.DataFrame({"n": numbers}), [Between("n", 0, 50, allow=allowed)])

    assert (failing, failing <= allowed) == (result.failing, str(result.status) == "passed")
