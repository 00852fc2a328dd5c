"""Patterns mean what they mean to Python, to whichever engine they are handed."""

from __future__ import annotations

import re

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbops.checks.suite import judge_table
from nbops.checks.text import Matches, NotMatches
from nbops.frames.patterns import found_in, is_common, may_explode
from tests.checks.backends import BACKENDS

PIECES = [
    "a", "b", "ab", "1", "_", "-", "<", ">", "[", "]", "{", "}", ",", ".", "&", "|", "~", " ", "^", "$", "(", "(?:",
    ")", "*", "+", "?", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\b", r"\B", r"\<", r"\>", r"\.", r"\-", r"\[",
    r"\]", r"\{", r"\\", "[^", "[a-b]", "[[:alpha:]]", "[a[:digit:]]", "{2}", "{1,}", "{,2}", "{1,2}", "{ 2}",
    "{1, 2}", r"\b{start}", r"\x61", r"\0", r"\a", r"\v", r"\_", r"\ ", "a-", "-b", "--", "&&", "||", "~~", "#",
    "[]a]", "[^]a]", r"[a\-b]", "[-a]", "(?:)", "()", "(|a)", "??", "+?", r"\h", r"\z", r"\Z", r"\K", "[a||b]",
    "[a--b]",
]  # fmt: skip
TEXTS = [
    "", "a", "b", "ab", "ba", "1", "a1", "aa", "abab", "start", "{start}", "a{2}", "a{ 2}", "a{,2}", "<a>", "a<b",
    "[a]", "a]", "a&&b", "a--b", "a||b", "-", "_", "^", "$", "\\", " ", "a b", "#", "|", "~", "alpha", "d]", "digit",
    ":", "{", "}", "Z",
]  # fmt: skip


def python(pattern: str) -> list[bool]:
    """Return where Python finds a pattern."""
    return [re.search(pattern, text) is not None for text in TEXTS]


@pytest.mark.filterwarnings("ignore:Possible")  # of sets in sets, which Python may know one day
@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join))
@example(r"\<a")  # the beginning of a word, to Rust
@example(r"\b{start}")
@example("[a[b]]")  # a set in a set, to Rust
@example("[a[:digit:]]")  # digits, to both
@example("a{ 2}")  # twice, to Rust
@example(r"\B")  # in an empty text, to both
def test_engines_agree_about_every_pattern_that_they_are_asked_for(pattern: str) -> None:
    """What Rust's or RE2's engine does not refuse, and is handed to it, it finds where Python does."""
    try:
        found_by_python = python(pattern)
    except (re.error, OverflowError):
        return
    if not is_common(pattern):
        return
    for engine in (
        lambda: pl.Series(TEXTS).str.contains(pattern).to_list(),
        lambda: pc.match_substring_regex(pa.array(TEXTS), pattern).to_pylist(),
    ):
        try:
            found = engine()
        except (pl.exceptions.PolarsError, pa.ArrowInvalid):  # refused, so Python is asked
            continue

        assert found_by_python == found


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["(a+)+$", "(a|ab)*b", r"^(\w+\s?)*$", r"(a?){12}b", "(é|e)+x", r"^(\d+)*\b"]),
       st.lists(st.text("ab1 é\n\x1c٣", max_size=6), max_size=12))  # fmt: skip
def test_what_might_explode_is_found_where_python_finds_it(pattern: str, texts: list[str]) -> None:
    """Texts beyond ASCII are searched by Python itself; the others by an engine that never looks back."""
    assert may_explode(pattern)
    assert [re.search(pattern, text) is not None for text in texts] == found_in(texts, pattern)


@pytest.mark.parametrize(
    "pattern", ["^[A-Z]{2}-[0-9]+$", r"^\w+@\w+\.[a-z]{2,}$", "^(DE|FR)$", "(ab)?c", "(?:[0-9]{4} ?){3}"]
)
def test_a_repetition_alone_does_not_explode(pattern: str) -> None:
    """Only what repeats inside of what repeats, and choices that repeat, are left to other engines."""
    assert not may_explode(pattern)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "^(a|a)*$", "^((a)*)*$", "^(?:a?){40}$", r"^([a\s]*)*$"])
@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "dask"])
def test_a_pattern_that_python_would_search_for_ever_is_searched_straight(backend: str, pattern: str) -> None:
    """A text that nearly matches takes no longer than others: this test ends."""
    texts = ["a" * 40 + "!", "a" * 30, None, *(f"{'a' * 45}{n}" for n in range(30))]
    table = BACKENDS[backend](pa.table({"s": texts}))
    matches, fails = judge_table(table, [Matches("s", pattern), NotMatches("s", pattern)])

    assert (matches.failing, fails.failing) == (31, 1)  # Python alone would take years


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_many_such_texts_are_searched_straight(dtype: object) -> None:
    """However pandas stores them, and however many different ones there are."""
    texts = [f"{'a' * 40}{n:05x}!" for n in range(6_000)] + ["a" * 30]
    (result,) = judge_table(pd.DataFrame({"s": pd.Series(texts, dtype=dtype)}), [Matches("s", "^(a+)+$")])

    assert result.failing == 6_000
