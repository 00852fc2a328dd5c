"""Tolerances learned from a baseline: against SciPy, against published figures, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from nbops.errors import UsageError
from nbops.stats.beta import beta_below, beta_quantile, proportion_interval
from nbops.stats.student import prediction_limits, t_quantile
from nbops.stats.tolerance import Tolerance, least_expected, most_expected, read_tolerance

SHAPES = st.floats(0.5, 1e5)


@given(st.floats(0.001, 0.999), SHAPES, SHAPES)
def test_the_beta_distribution_is_that_of_scipy(x: float, a: float, b: float) -> None:
    """The distribution function agrees with SciPy's over nine orders of size."""
    assert math.isclose(beta_below(x, a, b), stats.beta.cdf(x, a, b), rel_tol=1e-7, abs_tol=1e-12)


@given(st.floats(1e-7, 0.999), st.floats(0.5, 1e4), st.floats(0.5, 1e4))
def test_a_quantile_is_where_the_distribution_has_that_share(p: float, a: float, b: float) -> None:
    """The quantile is the inverse of the distribution function."""
    assert math.isclose(stats.beta.cdf(beta_quantile(p, a, b), a, b), p, rel_tol=1e-6)


@pytest.mark.parametrize("degrees", [1, 2, 5, 29, 1000])
@pytest.mark.parametrize("tail", [0.1, 0.005, 1e-6])
def test_students_t_is_that_of_scipy(tail: float, degrees: int) -> None:
    """Quantiles of Student's t agree with SciPy's far into the tail."""
    assert math.isclose(t_quantile(tail, degrees), stats.t.isf(tail, degrees), rel_tol=1e-7)


@settings(max_examples=60)
@given(st.integers(1, 3000), st.floats(0.5, 3000), st.floats(0.5, 3000), st.sampled_from([0.05, 1e-3, 2e-5]))
def test_the_most_expected_rows_are_the_quantile_of_scipy(rows: int, a: float, b: float, risk: float) -> None:
    """The tolerance is the smallest count that is exceeded with the risk at most."""
    found = most_expected(rows, a, b, risk)
    tail = stats.betabinom(rows, a, b).sf

    assert tail(found) <= risk * (1 + 1e-6)
    assert found == 0 or tail(found - 1) > risk * (1 - 1e-6)


@settings(max_examples=40)
@given(st.integers(1, 3000), st.floats(0.5, 3000), st.floats(0.5, 3000), st.sampled_from([0.05, 1e-4]))
def test_the_least_expected_rows_are_the_other_end(rows: int, a: float, b: float, risk: float) -> None:
    """Below the least expected count lies the risk at most."""
    assert stats.betabinom(rows, a, b).cdf(least_expected(rows, a, b, risk) - 1) <= risk * (1 + 1e-6)


@pytest.mark.parametrize(
    ("family", "n", "seen", "m", "allowed"),
    [
        ("bounds", 1000, 0, 1000, (9, 12, 18)),
        ("bounds", 10_000, 0, 1000, (2, 3, 5)),
        ("bounds", 1000, 0, 10_000, (68, 95, 140)),
        ("rate", 1000, 0, 1000, (5, 8, 13)),
        ("rate", 1000, 50, 1000, (75, 84, 98)),
        ("rate", 10_000, 500, 1000, (68, 74, 82)),
        ("new", 1000, 0, 1000, (11, 15, 21)),
        ("new", 1000, 5, 1000, (27, 32, 41)),
    ],
)
def test_worked_figures(family: str, n: int, seen: int, m: int, allowed: tuple[int, int, int]) -> None:
    """Tolerances at one in a hundred, a thousand, fifty thousand are those that were worked out by hand."""
    found = tuple(Tolerance(family, n, seen, risk).allowed(m) for risk in (1e-2, 1e-3, 2e-5))  # type: ignore[arg-type]

    assert found == allowed


def test_a_tolerance_survives_being_written() -> None:
    """What a rule file holds means the same tolerance again."""
    for one in (Tolerance("bounds", 48_213, 0, 2e-5), Tolerance("rate", 1234.5, 3, 1e-3), Tolerance("new", 9, 2, 0.01)):
        assert read_tolerance(str(one)) == one


@pytest.mark.parametrize("text", ["", "rate(3) risk 1", "bounds(3, 4) risk 0.1", "rate(5, 3) risk 0.1", "rate(1, 3)"])
def test_what_is_no_tolerance_is_refused(text: str) -> None:
    """A tolerance that cannot be meant is told, with one that can."""
    with pytest.raises(UsageError, match="no tolerance"):
        read_tolerance(text)


@pytest.mark.parametrize("draw", ["normal", "pareto", "uniform"])
def test_bounds_hold_for_every_continuous_distribution(draw: str) -> None:
    """Of batches like the baseline, no more than the risk have more rows outside its extremes than allowed."""
    random = np.random.default_rng(5)
    make = {"normal": random.normal, "pareto": lambda size: random.pareto(1.5, size), "uniform": random.uniform}[draw]
    allowed, trials, wrong = Tolerance("bounds", 300, 0, 0.05).allowed(200), 2000, 0
    for _ in range(trials):
        base, batch = make(size=300), make(size=200)
        wrong += int(((batch < base.min()) | (batch > base.max())).sum() > allowed)

    assert proportion_interval(wrong, trials)[0] <= 0.05


def test_prediction_limits_cover_what_they_promise() -> None:
    """The next of six normal values leaves the limits as often as the risk says."""
    random = np.random.default_rng(8)
    outside = 0
    for _ in range(4000):
        *history, following = random.normal(3, 2, 7)
        low, high = prediction_limits(history, 0.05)
        outside += not low <= following <= high
    low_share, high_share = proportion_interval(outside, 4000, 0.999)

    assert low_share <= 0.05 <= high_share


def test_one_value_predicts_nothing() -> None:
    """A single batch sets no limits."""
    assert prediction_limits([3.0], 0.01) == (-math.inf, math.inf)
