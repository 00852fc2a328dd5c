"""What shares parts with other variables could not be brought back as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbops.engine.sharing import shared

INNER: list[int] = [1]
TABLE = pd.DataFrame({"x": [1]})
ARRAY = np.arange(5)


class Box:
    """Holds something."""

    def __init__(self, held: Any) -> None:
        self.held = held


@pytest.mark.parametrize(
    ("kept", "others", "told"),
    [
        ({"rows": [INNER]}, {"first": INNER}, "rows and first share a list"),
        ({"rows": [INNER], "more": {"k": INNER}}, {}, "rows and more share a list"),
        ({"box": Box(INNER)}, {"rows": [[INNER]]}, "box and rows share a list"),
        ({"tables": {"t": TABLE}}, {"t": TABLE}, "tables and t share a DataFrame"),
        ({"view": ARRAY[1:]}, {"whole": ARRAY}, "view and whole share a ndarray"),
        ({"rows": [INNER], "same": [INNER]}, {}, "rows and same share a list"),
        ({"pair": (INNER, 1)}, {"rows": INNER}, "pair and rows share a list"),
    ],
)
def test_a_shared_part_is_named(kept: dict[str, Any], others: dict[str, Any], told: str) -> None:
    """Through lists, dictionaries, tuples, objects and views of arrays."""
    assert shared(kept, {**kept, **others}) == told


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
