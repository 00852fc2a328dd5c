"""Patterns of texts: what all share belongs to them, and nothing that few texts share."""

from __future__ import annotations

import re

import hypothesis.strategies as st
from hypothesis import given

from nbops.frames.profile.patterns import parse_pattern, patterns_of


def test_letters_that_all_share_belong_to_the_pattern() -> None:
    """A prefix, separators and leading zeros are kept; digits that vary are a class with their range."""
    assert patterns_of({f"ORD-00{n}": 1 for n in range(100, 999)}) == {"ORD-00[1-9][0-9]{2}": 899}


def test_what_fewer_than_ten_texts_share_is_a_class() -> None:
    """Nothing in a pattern tells of a single text."""
    assert patterns_of({"ORD-7": 500, "ORD-8": 500}) == {"[A-Z]{3}-[0-9]": 1_000}


def test_rare_patterns_are_left_out() -> None:
    """A pattern that one of a thousand texts is written in is none."""
    texts = {f"{n:05}": 1 for n in range(1_000)} | {"Mr. X": 1}

    assert list(patterns_of(texts)) == ["00[0-9]{3}"]


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=40))
def test_each_text_that_gave_a_pattern_is_written_in_one(texts: list[str]) -> None:
    """A pattern can be parsed, and where it came from plain ASCII it is a regular expression that its texts match."""
    found = patterns_of(dict.fromkeys(texts, 5))

    plain = [text for text in texts if text.isascii() and text.isprintable()]
    assert all(parse_pattern(pattern) for pattern in found)
    if len(plain) == len(texts):
        assert all(any(re.fullmatch(pattern, text) for pattern in found) for text in texts) or len(set(texts)) > 5
