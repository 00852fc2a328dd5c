"""The copula: values have the rank correlations that were asked for, ties or not, as far as they go together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nbops.synthesis.normals import PLACES, Ties, copula_of
from nbops.synthesis.streams import Streams

ROWS = 40_000


def values(places: np.ndarray, ties: Ties) -> np.ndarray:
    """Return places with those of one value made equal."""
    found = places.astype("int64")
    for low, high in ties:
        found[(found >= low) & (found < high)] = low
    return found


@pytest.mark.parametrize("wanted", [-0.95, -0.5, -0.1, 0.3, 0.6, 0.9, 0.98])
def test_two_columns_have_the_correlation_wanted(wanted: float) -> None:
    """Without ties, from strongly falling to strongly rising."""
    copula = copula_of({"x": [], "y": []}, {("x", "y"): wanted})

    assert copula is not None
    places = copula.places(ROWS, Streams(1, "t"))
    assert stats.spearmanr(places["x"], places["y"]).statistic == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("wanted", [-0.5, -0.2, 0.2, 0.6])
@pytest.mark.parametrize(
    "ties", [[(0, 40_000)], [(0, 20_000), (20_000, PLACES)], [(at, at + 8192) for at in range(0, PLACES, 8192)]]
)
def test_ties_are_made_up_for(wanted: float, ties: Ties) -> None:
    """A column that is zero in most rows, a truth value, and eight classes correlate as they should."""
    copula = copula_of({"x": ties, "y": []}, {("x", "y"): wanted})

    assert copula is not None
    places = copula.places(ROWS, Streams(1, "t"))
    found = stats.spearmanr(values(places["x"], ties), places["y"]).statistic
    assert found == pytest.approx(wanted, abs=0.03)


def test_places_are_even() -> None:
    """Each place is as likely as the others, whatever goes with it."""
    copula = copula_of({"x": [], "y": [], "z": []}, {("x", "y"): 0.9, ("y", "z"): -0.7, ("x", "z"): -0.5})

    assert copula is not None
    places = copula.places(ROWS, Streams(1, "t"))
    assert all(stats.kstest(one / PLACES, "uniform").statistic < 0.012 for one in places.values())


def test_correlations_that_cannot_be_become_near_ones() -> None:
    """Three columns cannot all fall against each other; what comes is the nearest that can be."""
    pairs = {("x", "y"): -0.6, ("y", "z"): -0.6, ("x", "z"): -0.6}

    copula = copula_of({"x": [], "y": [], "z": []}, pairs)

    assert copula is not None
    places = copula.places(ROWS, Streams(1, "t"))
    found = [stats.spearmanr(places[a], places[b]).statistic for a, b in pairs]
    assert found == pytest.approx([-0.48] * 3, abs=0.03)


def test_independent_columns_need_no_copula() -> None:
    """Nothing is mixed for nothing."""
    assert copula_of({"x": [], "y": []}, {("x", "y"): 0.01}) is None
    assert copula_of({"x": []}, {("x", "gone"): 0.9}) is None
