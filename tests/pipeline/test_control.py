"""From runs to charts: which runs are compared, which numbers, and what becomes of those that are known to be bad."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from nbops.pipeline.control import BUDGET, control_charts
from nbops.pipeline.control_chart import ControlChart
from nbops.pipeline.run import RunState, fold
from nbops.pipeline.series import alike, day_parameter, observe
from nbops.records import PointOut, Status
from tests.pipeline.past_runs import BEGAN, MONDAY, past_run, past_runs, usual_rows


def run_of(day: int, rows: int, **about: Any) -> RunState:
    """Return the run of so many days after the first Monday."""
    return fold(past_run(MONDAY + dt.timedelta(days=day), rows, **about))


def rows_chart(states: list[RunState], **about: Any) -> ControlChart:
    """Return the chart of the rows of ``orders``."""
    return next(chart for chart in control_charts(states, **about) if chart.kind == "rows")


def test_a_run_tells_its_rows_nulls_times_failing_rows_and_metrics() -> None:
    """Each number once, by kind and name."""
    seen = observe(run_of(0, 100, nulls=7, seconds=2.5, failing=3, metrics={"auc": 0.9}))

    assert {key: (one.value, one.of) for key, one in seen.items()} == {
        ("rows", "orders"): (100, None),
        ("nulls", "orders.id"): (0, 100),
        ("nulls", "orders.amount"): (7, 100),
        ("seconds", "load"): (2.5, None),
        ("seconds", ""): (2.5, None),
        ("failing", "load::amount is known"): (3, 100),
        ("metric", "auc"): (0.9, None),
    }


def test_a_step_that_was_restored_tells_nothing() -> None:
    """It did not run: its rows are those of another run, and its time is none."""
    assert observe(run_of(0, 100, remark="↺ from @7f3a")) == {}


def test_a_usual_run_is_usual_and_half_of_it_is_not() -> None:
    """By its day of the week, not by the last day."""
    past = past_runs(usual_rows(35))  # five weeks: the next day is a Monday

    assert not rows_chart([*past, run_of(35, 1010)]).last.is_out
    assert rows_chart([*past, run_of(35, 500)]).last.is_out
    assert rows_chart([*past, run_of(40, 205)]).last.follows == ("weekend",)
    assert rows_chart([*past, run_of(40, 1000)]).last.is_out


def test_all_charts_of_a_run_share_one_budget() -> None:
    """The more numbers, the rarer each must be: a usual run warns once in a hundred."""
    charts = control_charts(past_runs(usual_rows(10), metrics={f"m{n}": 1.0 for n in range(40)}))

    assert sum(chart.risk for chart in charts) == pytest.approx(BUDGET)
    assert control_charts(past_runs(usual_rows(10)), risk=0.05)[0].risk == 0.05


def test_a_failed_run_is_shown_and_not_learned_from() -> None:
    """Its rows may be what made a later step fail; those of a step that failed itself are none."""
    states = past_runs(usual_rows(30))
    states[14] = run_of(14, 1030, ended=Status.FAILED)
    chart = rows_chart([*states, run_of(30, 1000)])

    assert [point.value for point in chart.points if not point.is_used] == [1030]
    assert not chart.out
    assert "orders" not in {name for _, name in observe(run_of(0, 1030, status=Status.FAILED))}


def test_what_was_out_when_it_ran_stays_out() -> None:
    """Whatever the limits are today, a point that a run was warned of does not widen them."""
    out = (PointOut("rows", "orders", 1040, 900, 1030),)
    states = past_runs(usual_rows(30))
    states[14] = run_of(14, 1040, out=out)
    chart = rows_chart([*states, run_of(30, 1000)])

    assert [point.day.day for point in chart.points if not point.is_used] == [17]


def test_an_accepted_run_begins_a_level() -> None:
    """From it on half of the rows are usual; what was accepted of another dataset changes nothing."""
    low = [rows // 2 for rows in usual_rows(8, MONDAY + dt.timedelta(days=28))]
    states = [*past_runs(usual_rows(28)), *past_runs(low, MONDAY + dt.timedelta(days=28))]

    assert rows_chart(states).last.is_out
    assert not rows_chart(states, accepted=[(states[28].run, "orders")]).last.is_out
    assert rows_chart(states, accepted=[(states[28].run, "customers")]).last.is_out


def test_a_day_that_ran_again_is_one_point() -> None:
    """The last run of a day counts."""
    states = past_runs(usual_rows(20))
    again = fold(past_run(MONDAY + dt.timedelta(days=10), 1015, at=BEGAN + 30 * 86_400))
    chart = rows_chart([*states[:-1], again, states[-1]])

    assert len(chart.points) == 20
    assert next(point for point in chart.points if point.day == MONDAY + dt.timedelta(days=10)).value == 1015


def test_runs_of_other_regions_are_other_series() -> None:
    """What was given tells runs apart, dates aside."""
    europe = [run_of(n, rows, parameters={"region": "EU"}) for n, rows in enumerate(usual_rows(20))]
    america = [run_of(n, 10 * rows, parameters={"region": "US"}) for n, rows in enumerate(usual_rows(20))]
    mixed = [run for pair in zip(europe, america, strict=True) for run in pair]

    assert len(rows_chart([*mixed, run_of(20, 200, parameters={"region": "EU"})]).points) == 21


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([{}], [True]),
        ([{"out": "a/2025-01-01.csv"}, {"out": "a/2025-01-02.csv"}], [True, True]),
        ([{"token": str(n)} for n in range(9)], [True] * 9),
        ([{"env": "a"}, {"env": "b"}] * 3, [False, True] * 3),
        ([{"limit": "10"}, {}], [False, True]),
    ],
)
def test_which_runs_are_alike(given: list[dict[str, str]], found: list[bool]) -> None:
    """Those that were given the same; dates in a path, and what is new each time, tell nothing."""
    assert alike(given) == found


def test_the_day_of_a_run_is_a_parameter_whose_dates_differ() -> None:
    """A start date that never changes is none; without one the day is that of the run."""
    assert day_parameter([{"since": "2020-01-01"}, {"since": "2020-01-01"}]) == ""
    assert day_parameter([{"day": "2025-02-30"}, {"day": "2025-02-28"}]) == ""
    assert rows_chart([fold(past_run(MONDAY, 10, at=BEGAN)), fold(past_run(MONDAY, 10, at=BEGAN + 86_400))]).points


def test_metrics_that_grow_by_factors_and_those_that_may_be_negative() -> None:
    """A revenue of three orders is judged by factors, a mean error around zero as it is."""
    revenue = [100.0 * 3 ** (n % 4) for n in range(30)]
    error = [0.1 * (-1) ** n for n in range(30)]
    states = [run_of(n, 1000, metrics={"revenue": revenue[n], "error": error[n]}) for n in range(30)]
    charts = {c.name: c for c in control_charts([*states, run_of(30, 1000, metrics={"revenue": 250.0, "error": 3.0})])}

    assert not charts["revenue"].last.is_out
    assert charts["revenue"].last.low > 0  # type: ignore[operator]
    assert charts["error"].last.is_out


def test_times_are_judged_once_a_chart_has_learned() -> None:
    """Times are wild: six runs tell nothing of them, thirty tell that a minute is not a quarter of an hour."""

    def chart_of(days: int, seconds: float) -> ControlChart:
        past = [run_of(n, 1000, seconds=60.0 + n % 7) for n in range(days)]
        charts = control_charts([*past, run_of(days, 1000, seconds=seconds)])
        return next(chart for chart in charts if (chart.kind, chart.name) == ("seconds", "load"))

    assert chart_of(6, 900.0).last.low is None
    assert chart_of(30, 900.0).last.is_out
    assert not chart_of(30, 75.0).last.is_out


def test_the_first_run_has_charts_that_say_nothing() -> None:
    """One point, not judged, learning."""
    chart = rows_chart([run_of(0, 100)])

    assert (len(chart.points), chart.last.low, chart.is_learning) == (1, None, True)
    assert control_charts([]) == ()
