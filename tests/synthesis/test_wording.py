"""Texts put together from pools: in their patterns, never one that is rare, keys without repeats."""

from __future__ import annotations

import re

import numpy as np
import pytest

from nbops.frames.profile.rare import Rare
from nbops.synthesis import wording
from nbops.synthesis.streams import Stream
from nbops.synthesis.wording import fresh, hashes_of, joined, mixture, numbered, of_pattern, of_pools, pools_of


def texts(found: object) -> list[str]:
    """Return an array of texts as a list."""
    return [str(one) for one in found]  # type: ignore[attr-defined]


@pytest.fixture(params=["arrow", "without arrow"])
def _library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put texts together with and without Arrow."""
    if request.param == "without arrow":
        monkeypatch.setattr(wording, "find_spec", lambda name: None)


@pytest.mark.usefixtures("_library")
def test_texts_are_written_in_their_pattern() -> None:
    """Each text of a pattern matches it, and they vary."""
    found = texts(of_pattern("AB-[0-9]{4}[A-Z]{2}")(500, Stream(1)))

    assert all(re.fullmatch("AB-[0-9]{4}[A-Z]{2}", one) for one in found)
    assert len(set(found)) > 490


@pytest.mark.usefixtures("_library")
def test_both_ways_make_the_same_texts() -> None:
    """Whether Arrow is there changes nothing of what is drawn."""
    draw = mixture({"[A-Z]{3}": 2, "x[0-9]{5}": 1}, of_pattern)

    assert texts(draw(5, Stream(1))) == ["IUI", "PLB", "LYC", "CWH", "x25956"]


@pytest.mark.usefixtures("_library")
def test_rare_texts_are_drawn_again() -> None:
    """None of the texts that must not come comes."""
    seen = joined([([f"K{n:03}" for n in range(0, 1_000, 2)], np.arange(500))])

    found = fresh(of_pattern("K[0-9]{3}"), 300, Rare.of(hashes_of(seen)), Stream(1), 4)

    assert len(found) == 300
    assert not set(texts(found)) & set(texts(seen))


def test_where_all_texts_of_a_pattern_are_rare_they_become_longer() -> None:
    """No text is as long as those that must not come."""
    seen = joined([([f"K{n}" for n in range(10)], np.arange(10))])

    found = texts(fresh(of_pattern("K[0-9]"), 50, Rare.of(hashes_of(seen)), Stream(1), 2))

    assert len(found) == 50
    assert not set(found) & set(texts(seen))


def test_a_full_filter_makes_texts_longer() -> None:
    """Where there were too many rare texts for a filter, length alone tells the new ones from them."""
    found = texts(fresh(of_pattern("[0-9]{6}"), 50, Rare(is_full=True), Stream(1), 6))

    assert min(map(len, found)) > 6


@pytest.mark.parametrize("rows", [1, 300, 40_000])
def test_numbered_texts_never_repeat(rows: int) -> None:
    """Keys are different, in one draw and in two."""
    draw = numbered(pools_of("ORD-[0-9]{6}"), 2 * rows)

    found = texts(draw(rows, Stream(1))) + texts(draw(rows, Stream(1)))

    assert len(set(found)) == 2 * rows


def test_kinds_come_as_often_as_they_weigh() -> None:
    """Of two kinds with weights three and one, a quarter is of the second."""
    found = texts(mixture({"a": 3, "b": 1}, lambda kind: of_pools([[kind]]))(40_000, Stream(1)))

    assert found.count("b") / len(found) == pytest.approx(0.25, abs=0.01)
    assert texts(mixture({"a": 1}, lambda kind: of_pools([[kind]]))(0, Stream(1))) == []
