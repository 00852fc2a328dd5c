"""The filter of rare values: it denies no rare value, and tells nearly nothing of any other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.frames.profile.coding import profile_from_json, profile_to_json
from nbops.frames.profile.hashing import hash_numbers, mixed
from nbops.frames.profile.rare import Rare
from nbops.frames.profile.table import profile


def hashes(first: int, last: int) -> np.ndarray:
    """Return the hashes of some numbers."""
    return mixed(np.arange(first, last, dtype="uint64"))


@pytest.mark.parametrize("size", [1, 9, 600, 5_000, 100_000])
def test_no_rare_value_is_denied(size: int) -> None:
    """Whatever went into the filter is found in it."""
    assert Rare.of(hashes(0, size)).may_hold(hashes(0, size)).all()


@pytest.mark.parametrize("size", [1, 9, 600, 5_000, 100_000])
def test_a_quarter_of_wrong_guesses_is_not_denied(size: int) -> None:
    """Whoever asks for a value that is not there hears "maybe" often enough to learn little."""
    wrong = Rare.of(hashes(0, size)).may_hold(hashes(10**6, 10**6 + 20_000))

    assert 0.2 < wrong.mean() < 0.75


def test_two_filters_of_unlike_size_add_up() -> None:
    """The filter of two parts knows the rare values of both."""
    both = Rare.of(hashes(0, 50)) + Rare.of(hashes(50, 9_000))

    assert both.may_hold(hashes(0, 9_000)).all()


def test_too_many_rare_values_are_told() -> None:
    """A filter that could not deny anything says so instead."""
    found = Rare.of(hashes(0, 600_000))

    assert found.is_full
    assert (found + Rare.of(hashes(0, 9))).is_full


def test_a_profile_keeps_the_filter_through_json() -> None:
    """Numbers of fewer than ten rows are known to the filter after a profile was written and read."""
    table = pd.DataFrame({"x": [*range(1_000), *[5_000] * 50]})

    found = profile_from_json(profile_to_json(profile(table)))["x"].values

    assert found.rare.may_hold(hash_numbers(np.arange(1_000))).all()
    assert dict(found.common) == {5_000: 50}
