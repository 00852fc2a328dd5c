"""Which columns look like the key."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbops.frames.difference.proposals import propose_keys
from nbops.frames.difference.shared import Shared
from nbops.frames.difference.sides import open_side


def proposed(before: pd.DataFrame, after: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the columns of each proposal, best first."""
    shared = Shared(open_side(before), open_side(after))
    return [one.columns for one in propose_keys(list(after.columns), shared.pair)]


def test_a_unique_column_named_like_a_key_comes_first() -> None:
    """Of two unique columns the one that is named like a key is meant."""
    before = pd.DataFrame({"amount": np.arange(50) * 3, "order_id": np.arange(50) + 7, "x": [1.5, 2.5] * 25})

    assert proposed(before, before.sample(frac=1, random_state=1))[0] == ("order_id",)


def test_a_column_whose_values_all_changed_is_no_key() -> None:
    """Both sides must share the keys."""
    before = pd.DataFrame({"batch_id": np.arange(50), "name": [f"n{at}" for at in range(50)]})

    assert proposed(before, before.assign(batch_id=before.batch_id + 1_000)) == [("name",)]


def test_columns_together_are_a_key() -> None:
    """Where no column is unique alone, two or more are tried together."""
    before = pd.DataFrame([(shop, day, shop * day % 3) for shop in range(9) for day in range(8)])
    before.columns = ["shop", "day", "sold"]

    assert proposed(before, before)[0] == ("shop", "day")


def test_a_key_that_repeats_on_one_side_is_still_one() -> None:
    """After a join that fanned out the key is unique before alone."""
    before = pd.DataFrame({"id": np.arange(40), "v": [1, 2] * 20})
    shared = Shared(open_side(before), open_side(pd.concat([before, before.head(9)])))
    found = propose_keys(["id", "v"], shared.pair)[0]

    assert (found.columns, found.unique_before, found.unique_after, found.shared) == (("id",), True, False, 1.0)


def test_measures_with_fractions_and_nulls_are_no_keys() -> None:
    """Floats differ by chance, and what is null in many rows cannot tell them apart."""
    before = pd.DataFrame({"f": np.arange(30) / 7, "n": [*range(20), *[None] * 10]})

    assert proposed(before, before) == []
