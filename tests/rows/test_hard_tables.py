"""Tables that are hard to account for: nulls of several kinds, types that do not meet, names that mean two things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbops import aggregate, cast, dedupe, join, union
from nbops.errors import CheckFailed, UsageError
from tests.rows.cell import account_of, cell

NOON = pd.to_datetime(["2024-01-01 12:00"])


def test_none_and_nan_are_the_same_nothing_in_a_key() -> None:
    """Dedupe takes nulls of Python objects as equal, whatever they are made of, as join and aggregate do."""
    table = pd.DataFrame({"k": ["a", None, np.nan], "x": [1, 2, 3]}, dtype=object)

    assert dedupe(table, "k").x.tolist() == [1, 2]
    assert table.k.tolist()[1] is None


@pytest.mark.parametrize("function", [lambda t: dedupe(t, "k"), lambda t: aggregate(t, "k", x=("x", "sum"))])
def test_a_name_of_index_and_column_means_the_column(function: Callable[[Any], Any]) -> None:
    """Pandas finds it ambiguous; a row function asks for columns."""
    table = pd.DataFrame({"k": [1, 1], "x": [0, 0]}, index=pd.Index([7, 8], name="k"))

    assert function(table).k.tolist() == [1]
    assert table.index.name == "k"


def test_a_join_by_a_name_of_index_and_column_means_the_column() -> None:
    """The index of both goes anyway."""
    table = pd.DataFrame({"k": [1, 2]}, index=pd.Index([7, 8], name="k"))

    assert join(table, pd.DataFrame({"k": [1]}), "k").k.tolist() == [1]


@pytest.mark.parametrize(
    "function",
    [lambda t: dedupe(t, "k"), lambda t: join(t, t, "k"), lambda t: aggregate(t, "k", x=("x", "sum"))],
    ids=["dedupe", "join", "aggregate"],
)
def test_levels_columns_of_one_name_and_lists_are_refused(function: Callable[[Any], Any]) -> None:
    """Each says what it is and what to do."""
    level = pd.DataFrame({"x": [1]}, index=pd.Index([1], name="k"))
    twice = pd.DataFrame([[1, 2, 3]], columns=["k", "k", "x"])
    lists = pd.DataFrame({"k": [[1], [1]], "x": [1, 2]})

    with pytest.raises(UsageError, match=r"reset_index\(\)"):
        function(level)
    with pytest.raises(UsageError, match="2 columns are called 'k'"):
        function(twice)
    with pytest.raises(UsageError, match="unhashable"):
        function(lists)


def test_large_integers_of_both_signs_keep_their_digits() -> None:
    """Beside unsigned integers others would become floats: 2**60 is not 2**60 + 1."""
    own = pd.DataFrame({"k": np.array([2**60 + 1], dtype="int64")})
    other = pd.DataFrame({"k": np.array([2**60], dtype="uint64")})
    with cell() as judge:
        result = join(own, other, "k")

    assert len(result) == 0
    assert account_of(judge).unexplained == 0


@pytest.mark.parametrize(
    ("left", "right"), [([1], ["1"]), ([1], [1.0]), (NOON.tz_localize("UTC"), NOON.tz_localize("Europe/Berlin"))]
)
def test_keys_of_other_types_are_named_with_their_types(left: Any, right: Any) -> None:
    """Types that are not the same are none to polars; the columns bear the names that the user gave them."""
    with pytest.raises(UsageError, match=r"^'k' is .* on the left and .* on the right"):
        join(pl.DataFrame({"k": left}), pl.DataFrame({"k": right}), "k")


def test_a_suffix_that_is_taken_is_told() -> None:
    """The cause is the name, not the type of a key."""
    left = pd.DataFrame({"k": [1], "y": [1], "y_right": [2]})

    with pytest.raises(UsageError, match="suffix="):
        join(left, pd.DataFrame({"k": [1.0], "y": [1]}), "k")


@pytest.mark.parametrize("other", [None, "Europe/Berlin"])
@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_times_of_several_zones_are_no_one_column(library: Callable[[Any], Any], other: str | None) -> None:
    """Below each other they would be objects, of which some have a zone and others none."""
    january, february = library({"t": NOON.tz_localize("UTC")}), library({"t": NOON.tz_localize(other)})

    with pytest.raises(UsageError, match="the columns of the tables are not the same: t is"):
        union(january, february)
    assert len(union(january, january)) == 2


def test_categories_that_differ_are_put_together() -> None:
    """Rows and matches are those of the texts."""
    one = pd.DataFrame({"k": pd.Categorical(["a", "b", None])})
    other = pd.DataFrame({"k": pd.Categorical(["b", "c", None])})

    assert union(one, other).k.fillna("?").tolist() == ["a", "b", "?", "b", "c", "?"]
    assert join(one, other, "k").k.fillna("?").tolist() == ["b", "?"]


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_times_with_several_offsets_become_utc(library: Callable[[Any], Any]) -> None:
    """Where some have an offset, one without is no time: nobody knows which."""
    texts = ["2024-01-01T12:00:00Z", "2024-01-01T12:00:00+02:00", "2024-01-01", "2024-01-01 12:00", None]
    found = cast(library({"t": texts}), {"t": "datetime"}, errors="coerce")["t"].to_list()

    assert [str(time)[:16] for time in found[:2]] == ["2024-01-01 12:00", "2024-01-01 10:00"]
    assert all(time is None or pd.isna(time) for time in found[2:])


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_a_sum_that_is_too_large_for_its_type_does_not_add_up(library: Callable[[Any], Any]) -> None:
    """The sum of two positive numbers is not negative, although the library says so of the whole table, too."""
    with pytest.raises(CheckFailed, match="s adds up to the sum of x"):
        aggregate(library({"k": [1, 1], "x": [2**62, 2**62]}), "k", s=("x", "sum"))
    assert len(aggregate(library({"k": [1, 2], "x": [2**62, 2**62]}), "k", s=("x", "sum"))) == 2


def test_a_list_in_the_place_of_a_column_is_no_column() -> None:
    """One pair of brackets too many is told as such."""
    with pytest.raises(UsageError, match=r"no column \['k'\]"):
        dedupe(pd.DataFrame({"k": [1]}), [["k"]])
