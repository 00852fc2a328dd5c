"""The classical charts and the run rules alarm as often as they state."""

from __future__ import annotations

import numpy as np
import pytest

from nbops.pipeline.control_chart import SIGNALS
from nbops.stats.spc_charts import cusum_chart, ewma_chart, individuals_chart, laney_p_chart, p_chart
from nbops.stats.spc_rules import DEFAULT_RULES, NELSON, RULES, WESTERN_ELECTRIC, run_rules

NORMAL = np.random.default_rng(11).standard_normal((60, 10_000))


@pytest.mark.parametrize("name", list(RULES))
def test_each_run_rule_alarms_as_often_as_it_states(name: str) -> None:
    """On independent normal values, to within a tenth."""
    share = run_rules(NORMAL, [name])[name].mean()

    assert share == pytest.approx(RULES[name].false_alarms, rel=0.1, abs=3e-5)


@pytest.mark.parametrize(
    ("rules", "stated"), [(NELSON, 0.023), (WESTERN_ELECTRIC, 0.0165), (DEFAULT_RULES, 0.0088)], ids=["n", "we", "few"]
)
def test_rules_together_alarm_as_often_as_is_stated(rules: tuple[str, ...], stated: float) -> None:
    """Which is less than the sum of them, and more than people expect."""
    together = np.logical_or.reduce(list(run_rules(NORMAL, rules).values()))

    assert together.mean() == pytest.approx(stated, rel=0.06)


def test_what_a_chart_names_states_the_rates_of_its_rules() -> None:
    """The words that people read stand for rules that are there, with their rates."""
    rules = {name: rate for name, rate in SIGNALS.values() if name in RULES}

    assert rules == {name: RULES[name].false_alarms for name in DEFAULT_RULES}


def test_individuals_and_ranges_alarm_as_often_as_is_stated() -> None:
    """One in 370, and about one in 110."""
    chart, ranges = individuals_chart(NORMAL)

    assert 1 / chart.is_out.mean() == pytest.approx(370, rel=0.1)
    assert 1 / ranges.is_out[:, 1:].mean() == pytest.approx(110, rel=0.1)


@pytest.mark.parametrize("chart", [ewma_chart, cusum_chart])
def test_charts_with_a_memory_find_a_small_shift_soon(chart: object) -> None:
    """About 370 points to a false alarm, about ten to a shift of one standard deviation."""
    rng = np.random.default_rng(12)

    def run_length(shift: float, points: int, series: int) -> float:
        out = chart(rng.standard_normal((series, points)) + shift).is_out  # type: ignore[operator]
        return float(np.where(out.any(1), out.argmax(1) + 1, points).mean())

    assert run_length(0.0, 3000, 600) == pytest.approx(370, rel=0.15)
    assert run_length(1.0, 200, 1500) == pytest.approx(9.5, rel=0.15)


def test_laney_allows_what_a_plain_p_chart_alarms() -> None:
    """Shares of large tables vary by more than sampling; only the plain chart takes all of that for alarms."""
    rng = np.random.default_rng(13)
    rows = np.full((200, 60), 50_000)
    bad = rng.binomial(rows, np.clip(0.1 + 0.01 * rng.standard_normal(rows.shape), 0, 1))

    assert p_chart(bad, rows).is_out.mean() > 0.5
    assert laney_p_chart(bad, rows).is_out.mean() < 0.01
    assert p_chart(rng.binomial(rows, 0.1), rows).is_out.mean() < 0.005


def test_gaps_are_left_out() -> None:
    """A missing point neither alarms nor breaks a run."""
    gap = float("nan")

    assert not individuals_chart([1.0, gap, 1.1, 0.9, gap]).__getitem__(0).is_out.any()
    assert run_rules([0.1] * 4 + [gap] + [0.1] * 5, ["nelson_2"])["nelson_2"][0].tolist() == [False] * 9 + [True]
    assert not ewma_chart([0.0, gap, 0.0]).is_out.any()
    assert np.isnan(cusum_chart([0.0, gap]).value[0, 1])
