"""What shares parts with other variables in a way that could not be brought back, and what can be changed at all."""

from __future__ import annotations

import collections
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbops.engine.reuse.sharing import is_changeable, shared_part

INNER: list[int] = [1]
QUEUE = collections.deque([1])
TABLE = pd.DataFrame({"x": [1]})
ARRAY = np.arange(5)
COPY = "which would come back as a copy"


class Box:
    """Holds something."""

    def __init__(self, held: Any) -> None:
        self.held = held


@dataclass(slots=True)
class Slotted:
    """Holds something in a slot."""

    held: Any


def problem(kept: dict[str, Any], others: dict[str, Any]) -> str:
    """Return what values share beside the variables of before."""
    return shared_part(kept, {id(value): (name, value) for name, value in others.items()})


@pytest.mark.parametrize(
    ("kept", "others", "told"),
    [
        ({"part": QUEUE}, {"rows": [QUEUE]}, f"part: it shares a deque with rows, {COPY}"),
        ({"box": Box(INNER)}, {"rows": INNER}, f"box: it shares a list with rows, {COPY}"),
        (
            {"box": Box(INNER), "rows": [[INNER]]},
            {},
            f"rows: it shares a list with box, {COPY}",
        ),
        (
            {"box": Slotted(INNER)},
            {"rows": [INNER]},
            f"box: it shares a list with rows, {COPY}",
        ),
        ({"view": ARRAY[1:]}, {"whole": ARRAY}, "view: it shares its memory with whole; view.copy() would not"),
        ({"view": ARRAY[1:], "other": ARRAY[:2]}, {}, "other: it shares its memory with view; other.copy() would not"),
    ],
)
def test_a_shared_part_is_named(kept: dict[str, Any], others: dict[str, Any], told: str) -> None:
    """Parts of values of before; through objects, their slots, and windows into arrays."""
    assert problem(kept, others) == told


@pytest.mark.parametrize(
    ("kept", "others"),
    [
        ({"rows": [INNER], "more": {"k": (INNER, 1)}}, {}),
        ({"rows": [QUEUE], "more": {"k": QUEUE}}, {}),
        ({"tables": {"t": TABLE}}, {"t": TABLE}),
        ({"tables": {"t": TABLE}, "t": TABLE}, {}),
        ({"a": 1, "t": "x", "u": ["x", len]}, {"b": 1, "v": ["x", len]}),
        ({"numbers": list(np.arange(400_000))}, {}),
    ],
)
def test_what_comes_back_as_shared_is_no_problem(kept: dict[str, Any], others: dict[str, Any]) -> None:
    """What containers hold is pickled together, whole variables are links; numbers and functions do not count."""
    assert problem(kept, others) == ""


def test_too_much_to_look_at_is_said() -> None:
    """Unknown is not taken for nothing."""
    assert "there is too much to look at" in problem({"rows": [[i] for i in range(300_001)]}, {})


def test_what_can_be_changed_is_told_by_its_type() -> None:
    """Numbers of NumPy and moments of pandas are as unchanging as Python's."""
    unchanging = [1, "x", len, np.float64(1), pd.Timestamp(0), pd.NaT]

    assert [value for value in unchanging if is_changeable(value)] == []
    assert all(map(is_changeable, [[], (), TABLE, ARRAY, QUEUE, Box(1)]))
