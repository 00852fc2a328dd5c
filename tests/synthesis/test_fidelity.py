"""Likeness: distances are those of SciPy, leaks are counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nbops.synthesis.fidelity import distance, fidelity, rank_distance
from nbops.synthesis.leaks import leaks


def test_the_distance_is_that_of_kolmogorov_and_smirnov() -> None:
    """Of numbers, it is what SciPy computes."""
    random = np.random.default_rng(1)
    one, other = random.normal(size=500), random.normal(0.5, size=700)

    assert distance(pd.Series(one), pd.Series(other)) == pytest.approx(stats.ks_2samp(one, other).statistic)


def test_texts_are_compared_by_their_shares() -> None:
    """A category of half of the rows that became a tenth is four tenths off."""
    model, made = pd.Series(["a"] * 50 + ["b"] * 50), pd.Series(["a"] * 10 + ["b"] * 90)

    assert distance(made, model) == pytest.approx(0.4)


def test_rare_texts_count_as_one() -> None:
    """A rare text never comes again, so which others stand in its place is no difference; how many do, is one."""
    model = pd.Series(["a"] * 97 + ["b", "c", "d"])

    assert distance(pd.Series(["a"] * 97 + ["x", "y", "z"]), model) == pytest.approx(0.0)
    assert distance(pd.Series(["a"] * 100), model) == pytest.approx(0.03)


def test_what_a_rare_number_costs_is_told() -> None:
    """Of 23 speeds 8 are the largest: none of them may come again, so eight rows in 23 have to lie elsewhere."""
    model = pd.DataFrame({"speed": [90.0 + 7 * n for n in range(15)] + [432.0] * 8})

    (found,) = fidelity(pd.DataFrame({"speed": [90.5 + 7 * n for n in range(15)] + [231.5] * 8}), model)

    assert found.owed == pytest.approx(8 / 23)
    assert found.distance == pytest.approx(8 / 23)
    assert found.leaks == 0


def test_keys_and_rare_texts_have_no_distance() -> None:
    """What is not meant to come again is not compared."""
    assert distance(pd.Series([4, 5]), pd.Series([1, 2])) is None
    assert distance(pd.Series(["x"] * 5), pd.Series(["a", "a", "b", "b", "c"])) is None


def test_leaks_are_rare_values_that_come_again() -> None:
    """A common value may come again; a rare text, number or moment may not; days are everybody's."""
    days = pd.date_range("2024-01-01", periods=40)
    model = pd.DataFrame(
        {"text": ["often"] * 38 + ["rare", "odd"], "n": [1] * 39 + [7], "day": days, "at": days + pd.Timedelta("61s"),
         "said": days.strftime("%d.%m.%Y"), "truth": [True] * 39 + [False]}
    )  # fmt: skip

    found = leaks(model, model)

    assert found == {"text": 2, "n": 1, "at": 40}


def test_the_likeness_of_a_table_to_itself_is_perfect() -> None:
    """Nothing is apart but what leaks."""
    table = pd.DataFrame({"x": list(range(40)) * 30, "y": list(range(40)) * 30, "z": ["a"] * 1_200})

    assert [(one.distance, one.rank_distance, one.leaks) for one in fidelity(table, table)] == [
        (0.0, 0.0, 0), (0.0, 0.0, 0), (0.0, None, 0)
    ]  # fmt: skip
    assert rank_distance(table.assign(y=table["y"].to_numpy()[::-1]), table)["x"] == pytest.approx(2.0)
