"""Categories that go together: each pair as often as it came, and each alone as often, too."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.frames.profile.coding import profile_from_json, profile_to_json
from nbops.frames.profile.table import profile
from nbops.synthesis.people import parts_of
from nbops.synthesis.table import Maker


def table(rows: int = 9_000) -> pd.DataFrame:
    """Return carriers that fly from some places more than from others, and a truth value that goes with one."""
    random = np.random.default_rng(1)
    carrier = random.choice(["AA", "BB", "CC"], rows, p=[0.5, 0.3, 0.2])
    homes = {"AA": [0.8, 0.1, 0.1], "BB": [0.1, 0.8, 0.1], "CC": [0.3, 0.3, 0.4]}
    origin = [random.choice(["EWR", "JFK", "LGA"], p=homes[one]) for one in carrier]
    return pd.DataFrame({"carrier": carrier, "origin": origin, "late": random.random(rows) < 0.3, "n": range(rows)})


def made() -> pd.DataFrame:
    """Return a table like it, from the profile as it is written."""
    found = profile_from_json(profile_to_json(profile(table(), name="t")))
    return Maker(found, 1, parts_of(), 9_000).make(9_000)


def test_pairs_come_as_often_as_they_came() -> None:
    """The table of both columns is the same, up to chance."""
    model = pd.crosstab(table()["carrier"], table()["origin"], normalize=True)

    found = made()

    both = pd.crosstab(found["carrier"], found["origin"], normalize=True)
    assert np.abs(both - model).to_numpy().max() < 0.02


def test_each_alone_comes_as_often_as_it_came() -> None:
    """The shares of each column stay."""
    for name in ("carrier", "origin"):
        shares = [one[name].value_counts(normalize=True).sort_index().tolist() for one in (made(), table())]
        assert shares[0] == pytest.approx(shares[1], abs=0.02)


def test_columns_that_have_nothing_to_do_with_each_other_are_left_alone() -> None:
    """Chance is no mix; the profile holds one where there is one, and pairs of ten rows or more."""
    mixes = profile(table()).relations.mixes

    assert {frozenset((one.left, one.right)) for one in mixes} == {frozenset(("carrier", "origin"))}
    assert min(rows for one in mixes for rows in one.cells.values()) >= 10


def test_mixes_of_two_parts_add_up() -> None:
    """Their cells are those of both."""
    whole = profile(table()) + profile(table())

    assert whole.relations.mixes[0].rows == 2 * profile(table()).relations.mixes[0].rows


def test_a_column_of_people_has_no_mix_in_a_file() -> None:
    """What is withheld of a column is withheld of its pairs."""
    frame = table().assign(mail=lambda one: one["carrier"].str.lower() + "@air.com")

    found = profile_from_json(profile_to_json(profile(frame, name="t")))

    assert not any("mail" in (one.left, one.right) for one in found.relations.mixes)
    assert "@air.com" not in profile_to_json(profile(frame, name="t"))
