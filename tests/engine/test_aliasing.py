"""What shares parts with other variables in a way that could not be brought back."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbops.engine.aliasing import shared

INNER: list[int] = [1]
QUEUE = collections.deque([1])
TABLE = pd.DataFrame({"x": [1]})
ARRAY = np.arange(5)


class Box:
    """Holds something."""

    def __init__(self, held: Any) -> None:
        self.held = held


@pytest.mark.parametrize(
    ("kept", "others", "told"),
    [
        ({"rows": [QUEUE]}, {"first": QUEUE}, "rows and first share a deque"),
        ({"rows": [QUEUE], "more": {"k": QUEUE}}, {}, "rows and more share a deque"),
        ({"box": Box(INNER)}, {"rows": [[INNER]]}, "box and rows share a list"),
        ({"tables": {"t": TABLE}}, {"t": TABLE}, "tables and t share a DataFrame"),
        ({"view": ARRAY[1:]}, {"whole": ARRAY}, "view and whole share a ndarray"),
        ({"pair": (QUEUE, 1)}, {"rows": QUEUE}, "pair and rows share a deque"),
    ],
)
def test_a_shared_part_is_named(kept: dict[str, Any], others: dict[str, Any], told: str) -> None:
    """Through lists, dictionaries, tuples, objects and views of arrays."""
    assert shared(kept, {**kept, **others}) == told


def test_containers_are_kept_as_shared() -> None:
    """A list that two variables hold comes back as one list, so it is nothing that forbids keeping them."""
    assert shared(["rows", "more"], {"rows": [INNER], "more": {"k": (INNER, 1)}}) == ""


def test_one_object_under_two_names_is_brought_back_as_one() -> None:
    """So that is nothing that is shared; nor are texts, numbers and functions."""
    both = [1]

    assert shared(["a", "b"], {"a": both, "b": both, "t": "x", "u": ["x", len]}) == ""


def test_too_much_to_look_at_is_said() -> None:
    """Unknown is not taken for nothing."""
    rows = [[i] for i in range(300_001)]

    assert "there is too much to look at" in shared(["rows"], {"rows": rows})


def test_a_long_list_of_numbers_is_not_too_much() -> None:
    """Its types tell."""
    assert shared(["rows"], {"rows": list(range(1_000_000))}) == ""
