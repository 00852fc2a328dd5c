"""Pairing rows by their keys as numbers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.frames.difference.matching import hashes_of, match, repeats_in
from nbops.frames.difference.values import values_of

keys = st.lists(st.sampled_from([-(2**40), -3, 0, 1, 2, 5, 2**40]), max_size=12)


@settings(deadline=None)  # the clock is the machine's, and it is busy
@given(before=keys, after=keys)
def test_pairs_are_those_of_counters(before: list[int], after: list[int]) -> None:
    """As many rows of a key are paired as both sides have, each with one of the same key."""
    found = match(np.array(before, dtype="int64"), np.array(after, dtype="int64"))
    rows = found.before()
    rows = rows[: found.pairs] if found.place is None else rows
    shared = Counter(before) & Counter(after)

    assert found.pairs == sum(shared.values())
    assert [before[row] for row in rows] == [after[row] for row in found.after(rows)]
    assert Counter(after[row] for row in found.added) == Counter(after) - shared
    assert Counter(before[row] for row in found.removed) == Counter(before) - shared
    assert len(set(found.after(rows).tolist())) == len(rows)


@settings(deadline=None)
@given(before=keys)
def test_repeats_are_rows_that_stood_before(before: list[int]) -> None:
    """A key of three rows repeats twice."""
    assert repeats_in(np.array(before, dtype="int64")) == len(before) - len(set(before))


def test_the_nth_row_of_a_key_belongs_to_the_nth() -> None:
    """Repeats keep their order."""
    found = match(np.array([7, 9, 7, 7]), np.array([7, 7, 9]))

    assert found.place is not None
    assert found.place.tolist() == [0, 2, 1, -1]


def test_hashes_are_equal_where_cells_are() -> None:
    """Whole numbers, floats and nulls of other types have the same hash when they say the same."""
    whole = values_of(pd.Series([1, 2**60, 3]))
    other = values_of(pd.Series([1, 2**60, None], dtype="Int64"))
    floats = values_of(pd.Series([1.0, -0.0, np.nan]))
    first, second = hashes_of(whole, other)
    third, fourth = hashes_of(values_of(pd.Series([1, 0, 5])), floats)

    assert (first == second).tolist() == [True, True, False]
    assert (third == fourth).tolist() == [True, True, False]
