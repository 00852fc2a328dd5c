"""Checks against what was usual, and tolerances that follow from the rows of both tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.checks.baseline import UsualMix, UsualSpread
from nbops.checks.completeness import NotNull
from nbops.checks.suite import judge_table, tried
from nbops.checks.values import Between
from nbops.errors import UsageError
from nbops.records import Status


@pytest.mark.parametrize(
    ("rows", "bad", "passes"), [(1_000, 12, True), (1_000, 13, False), (100, 3, True), (100, 9, False)]
)
def test_a_tolerance_follows_from_the_rows_of_both_tables(rows: int, bad: int, passes: bool) -> None:
    """The same rule allows twelve rows of a thousand, and fewer of a hundred."""
    rule = Between("x", 0, 10, usual="bounds(1000) risk 1e-3")
    (result,) = judge_table(pd.DataFrame({"x": [99] * bad + [5] * (rows - bad)}), [rule])

    assert (result.status is Status.PASSED) is passes
    assert result.allowed.endswith("(as the baseline tells)")


def test_two_tolerances_are_refused() -> None:
    """A rule has a share that is allowed, or what a baseline tells; not both."""
    with pytest.raises(UsageError, match="do not go together"):
        NotNull("x", allow=3, usual="rate(0, 10) risk 0.1")
    with pytest.raises(UsageError, match="no tolerance"):
        NotNull("x", usual="about three")


def test_a_fifth_more_is_seen() -> None:
    """A column that is a fifth higher in all rows is spread as never before; one that is drawn alike is not."""
    random = np.random.default_rng(1)
    base, batch = np.sort(random.lognormal(3, 0.5, 5_000)), random.lognormal(3, 0.5, 2_000)
    ranks = (250, 1250, 2500, 3750, 4750)
    rule = UsualSpread("x", [base[k - 1] for k in ranks], ranks, ranks, [5_000] * 5, 1e-4)  # type: ignore[arg-type]

    assert tried(rule, x=list(batch)) == "passed"
    assert tried(rule, x=list(batch * 1.2)).startswith("failed: ")


def test_a_shop_that_sends_nothing_is_seen() -> None:
    """A usual value that is gone is told by name, with what was usual."""
    rule = UsualMix("shop", ["a", "b", "c"], [600, 300, 100], [1000] * 3, 1e-4)  # type: ignore[arg-type]

    assert tried(rule, shop=["a"] * 60 + ["b"] * 30 + ["c"] * 10) == "passed"
    assert "'c' stands in 0 of 1,000 rows, usual are" in tried(rule, shop=["a"] * 650 + ["b"] * 350)


@pytest.mark.parametrize("made", [UsualMix, UsualSpread])
def test_nothing_to_judge_is_an_error(made: type) -> None:
    """A column of nulls alone was not judged, unless that is allowed."""
    counts = ([1], [1], [2]) if made is UsualMix else ([1], [1], [1], [2])

    assert tried(made("x", *counts, 0.01), x=[None, None]).startswith("error: all 2 rows are null")
    assert tried(made("x", *counts, 0.01, allow_empty=True), x=[None, None]) == "passed"


@pytest.mark.parametrize("counts", [([1, 2], [1], [2]), ([1], [3], [2]), ([], [], [])])
def test_counts_that_cannot_be_are_refused(counts: tuple[list[int], list[int], list[int]]) -> None:
    """Lists of different lengths, more rows than there were, and nothing at all mean nothing."""
    with pytest.raises(UsageError):
        UsualMix("x", *counts, 0.01)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="risk"):
        UsualMix("x", [1], [1], [2], 0)  # type: ignore[arg-type]
