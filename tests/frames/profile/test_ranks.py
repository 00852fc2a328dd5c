"""Rank correlations: those that SciPy computes, with nulls and with ties; and two parts add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nbops.frames.profile.ranks import ranks_of
from nbops.frames.profile.table import profile


def test_they_are_those_of_scipy() -> None:
    """With ties, the ranks of equal values are their mean."""
    random = np.random.default_rng(1)
    x = random.normal(size=4_000)
    table = {"x": x, "y": np.round(x + random.normal(size=4_000)), "z": random.poisson(1, 4_000).astype(float)}

    found = ranks_of(table)

    wanted = stats.spearmanr(table["x"], table["y"]).statistic
    assert found["x", "y"].value == pytest.approx(wanted, abs=1e-4)
    assert ("x", "z") not in found or abs(found["x", "z"].value) < 0.05


def test_nulls_are_left_out() -> None:
    """A row in which one column is null says nothing of the pair."""
    x = np.arange(1_000.0)
    y = np.where(np.arange(1_000) % 3 == 0, np.nan, -x)

    assert ranks_of({"x": x, "y": y})["x", "y"].value == pytest.approx(-1, abs=0.01)


def test_ranks_of_a_pair_are_those_of_its_rows() -> None:
    """A gust is known where the wind is strong: there the ranks of the wind are others than in all rows."""
    random = np.random.default_rng(2)
    wind = random.gamma(2, 5, 5_000)
    gust = np.where(wind > 15, wind * random.uniform(1.2, 1.6, 5_000), np.nan)
    both = ~np.isnan(gust)

    found = ranks_of({"wind": wind, "gust": gust})["wind", "gust"]

    assert found.rows == both.sum()
    assert found.value == pytest.approx(stats.spearmanr(wind[both], gust[both]).statistic, abs=1e-4)


def test_days_as_text_have_ranks_too() -> None:
    """A day that is written as text rises with the number of the month."""
    days = pd.date_range("2024-01-01", periods=300).strftime("%d.%m.%Y")
    table = pd.DataFrame({"day": days, "n": range(300)})

    found = profile(table).relations.ranks

    assert found["n", "day"].value == pytest.approx(1, abs=0.01)


def test_parts_add_up() -> None:
    """The correlation of two parts is their mean, weighted by rows."""
    x = np.arange(1_000.0)
    one = ranks_of({"x": x, "y": x})["x", "y"]
    other = ranks_of({"x": x, "y": -x})["x", "y"]

    assert (one + other).value == pytest.approx(0)
    assert (one + other).rows == 2_000
