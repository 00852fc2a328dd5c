"""Texts that patterns cannot tell apart."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.frames.shapes import classes, shapes_of

PATTERNS = [
    r"^ORD-[0-9]{2,3}$|x", r"^[a-z0-9._]+@[a-z]+\.c$", r"\bfo\b", r"[^a-z]", r"[]a]", r"[\w-]+", r"a{2,}", r"a{,}x",
    "[a-]", r"\.\d", r"^\S+$", r"(?:a|b)+$", r"(?=a)[ab]", r"^(?!a)", "é", "[à-é]", r"\D", "a.b", r"$",
]  # fmt: skip
TEXTS = st.lists(st.text("aAbzZ019-_@. \n\tfoxéORD]^{},\x1f", max_size=8), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3), st.sampled_from([object, "str"]))
def test_a_shape_matches_as_each_of_its_texts_does(texts: list[str], patterns: list[str], stored: object) -> None:
    """Python's own search of every text says the same, whatever the patterns and however the texts are stored."""
    series = pd.Series(texts, dtype=stored)  # type: ignore[call-overload]
    shapes = shapes_of(pd.concat([series, pd.Series(["a"] * 200, dtype=stored)], ignore_index=True), patterns)  # type: ignore[call-overload]
    if shapes is None:  # too many different ones
        return
    for pattern in patterns:
        expected = [re.search(pattern, text) is not None for text in texts]

        assert expected == np.asarray(shapes.contains(pattern))[: len(texts)].tolist()


@pytest.mark.parametrize(
    "pattern", [r"(?i)a", r"(a)\1", r"\x41", r"\u0041", r"(?P<n>a)", "(?x) a", "[[a]", "[a", r"\t"]
)
def test_what_is_not_surely_understood_has_no_classes(pattern: str) -> None:
    """Such a pattern is searched in every text."""
    assert classes(pattern) is None


def test_references_are_one_shape() -> None:
    """A million different texts are one text to a pattern that sees digits."""
    series = pd.Series([f"ORD-{number:06d}" for number in range(50_000)])
    shapes = shapes_of(series, [r"^ORD-[0-9]{6}$"])

    assert shapes is not None
    assert shapes._texts == ["ORD-000000"]
    assert bool(shapes.contains(r"^ORD-[0-9]{6}$").all())


def test_a_column_of_many_shapes_is_left_alone() -> None:
    """Free text is not worth the look."""
    random = np.random.default_rng(1)
    words = ["".join(random.choice(list("abcdefgh "), 20)) for _ in range(3_000)]

    assert shapes_of(pd.Series(words), ["a", "b", "c", "d", "e", "f", "g", "h"]) is None
