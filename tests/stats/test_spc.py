"""Control charts catch what they promise, alarm as seldom as they promise, and never learn from what is bad."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.stats.spc import FEWEST, LEARNING, control_counts, control_values
from nbops.stats.spc_quantiles import f_quantiles, t_quantiles
from nbops.stats.spc_screening import odd_points
from nbops.stats.spc_shares import control_shares
from tests.stats.weekly import days_of, weekly_rows

MONDAY = dt.date(2025, 3, 3).toordinal()


def caught(points: int, factor: float, series: int, seed: int) -> tuple[float, float]:
    """Return the share of series whose newest day is found, damaged by *factor*, and the share of false alarms."""
    rng = np.random.default_rng(seed)
    days = days_of(series, points + 1, rng)
    rows = weekly_rows(days, rng)
    damaged = rows.copy()
    damaged[:, -1] *= factor
    return float(control_counts(damaged, days).is_out[:, -1].mean()), float(control_counts(rows, days).is_out.mean())


@pytest.mark.parametrize(("points", "least"), [(14, 0.95), (30, 0.99)])
def test_half_of_a_day_is_caught_on_a_weekly_series(points: int, least: float) -> None:
    """−50 % on any day of a weekday and weekend series of ± 5 %, with at most one false alarm in a hundred points."""
    found, false = caught(points, 0.5, series=300, seed=1)

    assert found >= least
    assert false <= 0.01


@pytest.mark.slow
@pytest.mark.parametrize(
    ("points", "half", "third"), [(8, 0.99, 0.4), (14, 0.999, 0.83), (30, 0.999, 0.97), (60, 0.999, 0.98)]
)
def test_the_table_of_the_documentation_holds(points: int, half: float, third: float) -> None:
    """Four thousand series for each cell: −50 % and −30 % are caught, and false alarms keep to the risk."""
    found, false = caught(points, 0.5, series=4000, seed=2)

    assert found >= half
    assert caught(points, 0.7, series=4000, seed=2)[0] >= third
    assert false <= 0.0015


@pytest.mark.parametrize("points", [8, 14, 30])
def test_false_alarms_on_a_level_keep_to_the_risk(points: int) -> None:
    """Normal values without any season: of the newest points about the risk is beyond the limits, at any length."""
    rng = np.random.default_rng(3)
    chart = control_values(rng.standard_normal((4000, points + 1)), np.arange(points + 1) * 7 + MONDAY, risk=0.01)

    assert 0.004 <= chart.is_out[:, -1].mean() <= 0.018


def test_a_bad_point_never_widens_later_limits() -> None:
    """After a collapse the limits are to the bit what they are without that day."""
    rng = np.random.default_rng(4)
    days = np.arange(40) + MONDAY
    rows = weekly_rows(days[None], rng)
    damaged = rows.copy()
    damaged[:, 30] = 3
    missing = rows.copy()
    missing[:, 30] = np.nan
    one, other = control_counts(damaged, days), control_counts(missing, days)

    assert (bool(one.is_out[0, 30]), bool(one.is_used[0, 30])) == (True, False)
    assert np.array_equal(one.low[:, 31:], other.low[:, 31:])
    assert np.array_equal(one.high[:, 31:], other.high[:, 31:])


def test_a_point_known_to_be_bad_is_judged_and_not_used() -> None:
    """A run that failed tells nothing of what is usual, however its numbers look."""
    days = np.arange(20) + MONDAY
    values = np.array([10.0, 11, 9, 10, 12, 10, 11, 9, 10, 11, 10, 9, 11, 10, 12, 9, 10, 11, 10, 9])
    bad = np.arange(20) == 12
    chart = control_values(values, days, bad=bad)
    without = control_values(np.where(bad, np.nan, values), days)

    assert np.isfinite(chart.low[0, 12])
    assert np.array_equal(chart.low[0, 13:], without.low[0, 13:])


def test_an_odd_day_among_those_learned_from_is_unlearned() -> None:
    """A collapse in the first week would hide every later one; once a chart has learned, it is taken out."""
    rng = np.random.default_rng(5)
    days = days_of(200, 40, rng)
    rows = weekly_rows(days, rng)
    rows[:, 2] *= 0.3
    rows[:, 20] *= 0.5
    chart = control_counts(rows, days)

    assert chart.is_out[:, 2].mean() > 0.95
    assert chart.is_out[:, 20].mean() > 0.95


def test_few_points_are_not_judged_and_the_chart_says_how_many_told() -> None:
    """Fewer than five: nothing. The first Saturday after a working week: nothing, because nobody knows Saturdays."""
    days = np.arange(7) + MONDAY
    chart = control_counts([1000, 1010, 990, 1005, 995, 200, 210], days)

    assert np.isnan(chart.low[0, :FEWEST]).all()
    assert chart.history[0].tolist() == list(range(7))
    assert not chart.is_out.any()
    assert np.isnan(chart.low[0, 5])


def test_weekdays_and_a_trend_are_found_where_they_are() -> None:
    """Each day of the week has its level, or all grow; limits follow, and say what they follow."""
    rng = np.random.default_rng(6)
    days = np.arange(84) + MONDAY
    level = np.array([900, 1100, 1000, 950, 1200, 400, 300])[np.arange(84) % 7]
    weekly = control_counts(level * np.exp(0.03 * rng.standard_normal(84)), days)
    growing = control_counts(1000 * np.exp(0.01 * np.arange(84) + 0.03 * rng.standard_normal(84)), days)

    assert weekly.terms(0, 83) == ("weekday",)
    assert growing.terms(0, 83) == ("trend",)
    assert weekly.is_out.sum() + growing.is_out.sum() <= 2
    assert growing.low[0, 83] > 1000 * np.exp(0.01 * 83) * 0.8


def test_a_level_begins_anew_with_what_is_known_of_its_spread() -> None:
    """After a level was accepted its next point but one is judged, by the spread of before."""
    days = np.arange(30) + MONDAY
    wiggle = np.array([1.0, 1.02, 0.98, 1.01, 0.99] * 6)
    rows = np.where(np.arange(30) < 25, 1000, 500) * wiggle
    anew = np.arange(30) == 25
    chart = control_counts(rows, days, anew=anew)
    back = control_counts(np.where(np.arange(30) == 29, 1000, rows), days, anew=anew)

    assert not chart.is_out.any()
    assert bool(back.is_out[0, 29])
    assert bool(control_counts(rows, days).is_out[0, 25:].all())


def test_many_series_are_judged_as_each_alone() -> None:
    """A thousand at once or one after the other: the same limits to the bit."""
    rng = np.random.default_rng(7)
    days = np.arange(40) + MONDAY
    rows = weekly_rows(np.broadcast_to(days, (20, 40)), rng)
    rows[::3, 25] *= 0.4
    together = control_counts(rows, days)
    alone = [control_counts(one, days) for one in rows]

    assert np.allclose(together.low, np.vstack([one.low for one in alone]), equal_nan=True, rtol=1e-12)
    assert np.array_equal(together.is_out, np.vstack([one.is_out for one in alone]))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.integers(0, 10**9).map(float), st.just(float("nan"))), min_size=1, max_size=40),
    st.integers(1, 3_000_000),
)
def test_no_series_is_too_odd(values: list[float], first: int) -> None:
    """Zeros, gaps, constants and jumps of nine orders: limits are ordered, and what is missing is never out."""
    chart = control_counts(values, np.arange(len(values)) + first)
    judged = np.isfinite(chart.low)

    assert (chart.low[judged] <= chart.high[judged]).all()
    assert not (chart.is_out & np.isnan(values)).any()
    assert not (chart.is_out & chart.is_used).any()


def test_a_constant_series_is_not_alarmed_by_one_more() -> None:
    """A count that never varied has the sampling error of a count; a fifth of it is gone, and that is told."""
    days = np.arange(21) + MONDAY

    assert not control_counts([1000] * 20 + [1001], days).is_out.any()
    assert control_counts([1000] * 20 + [700], days).is_out[0, -1]


# ── shares ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("share", "rows"), [(0.0, 1000), (0.002, 1000), (0.05, 1000), (0.3, 200)])
def test_false_alarms_of_shares_keep_to_the_risk(share: float, rows: int) -> None:
    """Binomial counts, none at all among them."""
    rng = np.random.default_rng(8)
    bad = rng.binomial(rows, share, (3000, 31))

    assert control_shares(bad, np.full(bad.shape, rows), risk=0.01).is_out[:, -1].mean() <= 0.015


def test_shares_that_vary_beyond_sampling_are_allowed_to() -> None:
    """Odds that vary by a factor of two from day to day are no alarm, as a plain p chart would make of them."""
    rng = np.random.default_rng(9)
    odds = np.exp(np.log(0.02) + 0.7 * rng.standard_normal((1000, 31)))
    bad = rng.binomial(100_000, odds / (1 + odds))
    chart = control_shares(bad, np.full(bad.shape, 100_000), risk=0.01)

    assert chart.is_out[:, -1].mean() <= 0.02


def test_nulls_where_there_never_were_any_are_caught() -> None:
    """Two in a hundred rows, after thirty runs without one."""
    bad = np.array([[0] * 30 + [20]])

    assert control_shares(bad, np.full(bad.shape, 1000)).is_out[0].tolist() == [False] * 30 + [True]


# ── the numbers behind it ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tail", [5e-4, 5e-3, 1e-6])
def test_quantiles_agree_with_scipy(tail: float) -> None:
    """Between the knots, too; and F by its own tables."""
    stats = pytest.importorskip("scipy.stats")
    degrees = np.arange(1, 500)

    assert t_quantiles(tail, degrees) == pytest.approx(stats.t.isf(tail, degrees), rel=1e-3)
    assert f_quantiles(1e-3, 5, degrees[2:]) == pytest.approx(stats.f.isf(1e-3, 5, degrees[2:]), rel=1e-3)


def test_a_series_without_an_odd_point_keeps_its_points() -> None:
    """Of a hundred series one loses a point."""
    rng = np.random.default_rng(10)
    days = np.arange(LEARNING)
    lost = sum(len(odd_points(rng.standard_normal(LEARNING), days.astype(float), days % 7, 0)) > 0 for _ in range(500))

    assert lost <= 12
