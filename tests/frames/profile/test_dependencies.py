"""Which column decides another, and which numbers go together: what is found, what is not, and that parts add up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbops.frames.profile.coding import profile_from_json, profile_to_json
from nbops.frames.profile.table import profile


def table(rows: int = 3_000, seed: int = 1) -> pd.DataFrame:
    """Return a table in which the shop decides the region, and weight goes with size."""
    random = np.random.default_rng(seed)
    shop, size = random.integers(0, 40, rows), random.normal(50, 10, rows)
    return pd.DataFrame(
        {
            "shop": np.array([f"S{n:02}" for n in range(40)])[shop],
            "region": np.array(["north", "south", "east"])[shop % 3],
            "kind": random.choice(["a", "b"], rows),
            "size": size,
            "weight": -size + random.normal(0, 3, rows),
            "noise": random.normal(size=rows),
        }
    )


def test_a_column_that_decides_another_is_found() -> None:
    """The shop decides its region; nothing decides what is drawn by chance."""
    (found,) = profile(table()).relations.dependencies

    assert (found.left, found.right, found.odd) == ("shop", "region", 0)
    assert found.by_chance > 1_000


def test_few_rows_that_disagree_are_counted() -> None:
    """A dependency that one row in a hundred breaks is one, with those rows told; one that a tenth breaks is none."""
    some, many = table(), table()
    some.loc[::100, "region"] = "west"
    many.loc[::10, "region"] = "west"

    assert [one.odd for one in profile(some).relations.dependencies] == [30]
    assert profile(many).relations.dependencies == ()


def test_a_key_decides_nothing_that_can_be_told() -> None:
    """A column without repeats agrees with every other, which says nothing; so does a column of one value."""
    made = table().assign(id=range(3_000), same="x")

    assert {one.left for one in profile(made).relations.dependencies} == {"shop"}
    assert "same" not in {one.right for one in profile(made).relations.dependencies}


def test_numbers_that_go_together_are_found() -> None:
    """Weight is low where size is high; noise goes with nothing."""
    (found,) = profile(table()).relations.halves

    assert ({found.left, found.right}, found.rises) == ({"size", "weight"}, False)
    assert found.odd < 0.15 * found.rows


def test_the_count_of_the_wrong_half_is_fair() -> None:
    """Over many samples of two numbers with a known share in opposite halves, the counted share is that share."""
    random = np.random.default_rng(5)
    odd = rows = 0
    for _ in range(60):
        x = random.normal(size=800)
        y = np.where(random.random(800) < 0.4, random.normal(size=800), x)
        for one in profile(pd.DataFrame({"x": x, "y": y})).relations.halves:
            odd, rows = odd + one.odd, rows + one.rows

    assert abs(odd / rows - 0.2) < 0.01


def test_parts_add_up_and_are_written() -> None:
    """Two parts tell what both show, with the rows of both; JSON keeps it."""
    both = profile(table(seed=1)) + profile(table(seed=2))
    (dependency,), (halves,) = both.relations.dependencies, both.relations.halves

    assert dependency.rows == 2 * (3_000 - 40)
    assert halves.rows > 1_000
    assert profile_from_json(profile_to_json(both)).relations == both.relations
    assert (profile(table()) + profile(table().assign(region="x"))).relations.dependencies == ()


def test_nulls_are_left_out() -> None:
    """Rows with a null among both columns tell nothing of them."""
    made = table()
    made.loc[::3, "region"] = None
    made.loc[::4, "size"] = np.nan
    found = profile(made).relations

    assert [(one.left, one.odd) for one in found.dependencies] == [("shop", 0)]
    assert len(found.halves) == 1
