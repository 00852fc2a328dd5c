"""Paths with dates, parts and stars."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbops.errors import UsageError
from nbops.sources.patterns import read_pattern

DAYS = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31))
PATTERNS = [
    "/feeds/flights_{day:%Y-%m-%d}.csv",
    "/feeds/{day:%Y/%m}/f_{day:%Y%m%d}.csv",
    "/feeds/{day-1:%Y%m%d}.csv",
    "feeds/{day:%Y}/{day:%j}.parquet",
    "/w/{week:%G-W%V}.csv",
    "/m/{month:%b-%Y}.csv",
    "/h/{day:%Y%m%dT%H}.csv",
]


@given(day=DAYS, text=st.sampled_from(PATTERNS))
def test_a_path_of_a_day_is_found_again_as_that_day(day: datetime, text: str) -> None:
    """Whatever the pattern, the path that it makes for a day matches, and has the key of that day."""
    pattern = read_pattern(text)
    assert (pattern.key(day), "") == pattern.match(pattern.path(day))


def test_the_day_before_is_named_by_a_shift() -> None:
    """A file that is named after yesterday belongs to the delivery of today."""
    pattern = read_pattern("/feeds/f_{day-1:%Y-%m-%d}.csv")
    assert pattern.path(datetime(2026, 3, 1)) == "/feeds/f_2026-02-28.csv"
    assert pattern.match("/feeds/f_2026-02-28.csv") == ("2026-03-01", "")


def test_digits_that_are_no_date_do_not_match() -> None:
    """The thirty-first of February is nobody's file."""
    assert read_pattern("/f_{day:%Y-%m-%d}.csv").match("/f_2026-02-31.csv") is None


def test_a_repeated_field_must_be_the_same_day() -> None:
    """A file of May in the folder of April is no match."""
    pattern = read_pattern("/in/{day:%Y-%m}/f_{day:%Y-%m-%d}.csv")
    assert pattern.match("/in/2026-04/f_2026-05-01.csv") is None
    assert pattern.match("/in/2026-05/f_2026-05-01.csv") == ("2026-05-01", "")


def test_parts_are_told_apart() -> None:
    """The part stands in the name."""
    assert read_pattern("/in/{day:%Y%m%d}_{part}.csv").match("/in/20260102_west.csv") == ("2026-01-02", "west")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("/in/{day}.csv", "says not how the date is written"),
        ("/in/{day:%m-%d}.csv", "a date without a year"),
        ("/in/{day:%Q}.csv", "%Q is not known"),
        ("/in/{day:%Y.csv", "braces"),
        ("/in/{day:%Y}/{day-1:%m}.csv", "shifted by different"),
    ],
)
def test_a_field_that_means_nothing_is_told(text: str, what: str) -> None:
    """Each mistake in a pattern is an error that names it."""
    with pytest.raises(UsageError, match=what):
        read_pattern(text)
