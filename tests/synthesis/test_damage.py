"""Realistic damage: many kinds, each told with its columns, none of which changes the table it was given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.synthesis.damage import DAMAGE, damage


def table() -> pd.DataFrame:
    """Return a table with a column of every kind."""
    return pd.DataFrame(
        {
            "id": range(100),
            "x": np.linspace(0.1, 9.9, 100),
            "group": ["aa", "bb", "cc", "dd"] * 25,
            "name": [f"name {i}" for i in range(100)],
            "also": np.linspace(5, 6, 100),
            "at": pd.date_range("2024-01-01", periods=100, freq="h"),
        }
    )


def test_there_are_more_than_forty_kinds() -> None:
    """The test of a rule set tries at least forty kinds."""
    assert len(DAMAGE) >= 40


@pytest.mark.parametrize("kind", DAMAGE)
def test_each_kind_damages_a_copy(kind: str) -> None:
    """A damaged table differs from what was given, which stays as it was; the same seed does the same."""
    given = table()

    made = damage(given, kind, 3)

    assert made is not None
    assert not made[0].equals(table())
    assert given.equals(table())
    again = damage(given, kind, 3)
    assert again is not None
    assert made[0].equals(again[0])


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize("dtypes", ["as read from CSV", "nullable"])
def test_nulls_are_left_alone(kind: str, dtypes: str) -> None:
    """Every column may hold nulls, of whichever kind: damage is done to values."""
    given = table().astype(object).where(np.arange(600).reshape(100, 6) % 7 != 0).infer_objects()
    given = given.convert_dtypes() if dtypes == "nullable" else given

    made = [damage(given, kind, seed) for seed in range(6)]

    assert all(one is None or len(one[0].columns) >= 5 for one in made)


@pytest.mark.parametrize("kind", DAMAGE)
def test_nothing_is_damaged_in_nothing(kind: str) -> None:
    """An empty table is damaged, or told to have nothing to damage, without an error."""
    made = [damage(pd.DataFrame(), kind), damage(table().iloc[:0], kind)]

    assert all(each is None or len(each[0]) <= 1 for each in made)
