"""The report is one page that tells everything and needs nothing."""

from __future__ import annotations

import dataclasses

import pytest

from nbops.pipeline.run import RunState
from nbops.pipeline.step import Pipeline
from nbops.records import Examples, Failure, Status
from nbops.views.report import report_body, report_html
from tests.bench.bench_report import run_of_tests
from tests.views.flights_run import CLEAN, HISTORY, LOAD, NASTY, PIPELINE, run_of
from tests.views.page_reading import Page, foreign_markup, loads_from_elsewhere

CELLS = {3: "%%step clean\nflown = raw['time_hour']\nassert flown > 0\n"}


@pytest.fixture(params=["failed", "raised", "passed"])
def state(request: pytest.FixtureRequest) -> RunState:
    """Return a run in each state."""
    found: RunState = request.getfixturevalue(request.param)
    return found


def words(html: str) -> str:
    """Return the text of a page with single spaces."""
    return Page(html).words


def test_it_is_well_formed_and_loads_nothing(state: RunState) -> None:
    """Every tag is closed; no source, link, style or font comes from anywhere."""
    html = report_html(state, HISTORY, PIPELINE, CELLS)

    assert Page(html).problems == []
    assert loads_from_elsewhere(html) == []


def test_its_content_can_stand_in_another_page(failed: RunState) -> None:
    """What stands in the report is given without the page around it, to the letter."""
    body = report_body(failed, HISTORY, PIPELINE, CELLS)

    assert body in report_html(failed, HISTORY, PIPELINE, CELLS)
    assert "<html" not in body
    assert "<style" not in body


def test_a_failed_run_is_told_from_the_top(failed: RunState) -> None:
    """Name, numbers, card, steps, failing rows, owner."""
    text = words(report_html(failed, HISTORY, PIPELINE, CELLS))

    for said in (
        "flights_daily @b21c77 ✗ failed",
        "5.0 s took, usual 4.0 s",
        "3 of 4 steps ran, 1 skipped",
        "3 of 5 tests passed, 1 warned, 1 failed",
        "WHAT departure is known failed: 50.8 % , allowed 0–11.2 %",
        "Mara Quist · not reached: publish",
        "472 of 930 rows fail · all of them null",
        "22 EV 3267",
        "2 of 472 failing rows",
        "day = 2013-02-08",
        "FutureWarning observed=False is old × 3",
    ):
        assert said in text


def test_the_time_before_the_first_step_stands_below_the_steps(failed: RunState) -> None:
    """A kernel's start is said in words; a start that took no time is not worth one."""
    late = [dataclasses.replace(s, at=s.at + 1.9) for s in (LOAD, CLEAN)]

    assert "the first step began 1.9 s after the run · grey: the usual time, the median of 30 good runs" in words(
        report_html(run_of(*late, status=Status.FAILED), HISTORY)
    )
    assert "the first step began" not in words(report_html(failed, HISTORY))


def test_given_parameters_come_before_defaults(failed: RunState) -> None:
    """A default is quiet."""
    html = report_html(failed, HISTORY)

    assert '<span class="chip">day = 2013-02-08</span>' in html
    assert '<span class="chip quiet" title="default">first = date(2013, 1, 1)</span>' in html
    assert html.index("day = ") < html.index("first = ")


def test_failed_tests_are_open_and_passed_ones_folded(failed: RunState) -> None:
    """What is wrong is seen without a click."""
    html = report_html(failed, HISTORY)

    assert html.count('<details class="test bad-test" open') == 1
    assert "flew at all" in html


def test_an_error_stands_with_its_cell(raised: RunState) -> None:
    """The message, the cell's source with the line that raised, and the traceback."""
    html = report_html(raised, HISTORY, PIPELINE, CELLS)
    text = words(html)

    assert "Error in clean cell 4, line 2 KeyError: 'time_hour'" in text
    assert '<span class="l here"><span class="no">2</span><span>flown = raw[&#39;time_hour&#39;]</span></span>' in html
    assert "Traceback (most recent call last):" in text


def test_an_interrupted_step_is_no_error() -> None:
    """The report heads its cell with what happened."""
    failure = Failure("KeyboardInterrupt", "", line=2, cell=3)
    step = dataclasses.replace(CLEAN, status=Status.INTERRUPTED, tests=(), failure=failure)
    text = words(report_html(run_of(step, status=Status.INTERRUPTED, reason="interrupted by Ctrl-C"), HISTORY))

    assert "Interrupted in clean cell 4, line 2" in text
    assert "Error in" not in text


def test_a_run_that_died_outside_its_steps_tells_why(passed: RunState) -> None:
    """A kernel that died has no step to blame; the run's own failure is shown."""
    failure = Failure("DeadKernelError", "the kernel died", fix="give it more memory")
    state = run_of(LOAD, status=Status.ERROR, failure=failure, reason="the kernel died")
    text = words(report_html(state))

    assert "DeadKernelError: the kernel died" in text
    assert "give it more memory" in text


def test_a_run_without_steps_is_told_too(passed: RunState) -> None:
    """A plain notebook has numbers and no tables."""
    text = words(report_html(dataclasses.replace(passed, steps=())))

    assert "6 cells, no steps" in text
    assert "no tests nothing is tested yet" in text


def test_the_graph_names_its_result(failed: RunState) -> None:
    """The picture says in words what it shows."""
    html = report_html(failed, HISTORY, PIPELINE)

    assert 'aria-label="4 steps: 1 passed, 1 warned, 1 failed, 1 skipped; not well: clean"' in html
    assert "load → clean: raw (reads raw in line 2)" in html


def test_nothing_that_a_notebook_brings_in_becomes_markup(nasty: RunState, nasty_pipeline: Pipeline) -> None:
    """HTML and ANSI in every field of every record stay text, and the page can be written as UTF-8."""
    html = report_html(nasty, HISTORY, nasty_pipeline, {0: NASTY})

    assert foreign_markup(html) == []
    assert Page(html).problems == []
    assert loads_from_elsewhere(html) == []
    assert html.encode("utf-8")


def test_nothing_of_a_template_is_run(failed: RunState) -> None:
    """Text that looks like a template's expression is shown as it is."""
    state = dataclasses.replace(failed, reason="{{ 7 * 7 }}{% raw %}", steps=(), status=Status.PASSED)

    assert "{{ 7 * 7 }}{% raw %}" in words(report_html(state))


def test_a_thousand_steps_are_told_in_time() -> None:
    """A large run still makes a page, without a graph that nobody could read."""
    steps = tuple(dataclasses.replace(LOAD, step=f"s{i}", at=LOAD.at + i) for i in range(1000))
    html = report_html(run_of(*steps, status=Status.PASSED))

    assert html.count("data-step=") == 1004
    assert len(html) < 6_000_000


@pytest.mark.parametrize("failing", [0, 5, 50, 500])
def test_a_report_of_five_hundred_tests_can_be_sent_by_mail(failing: int) -> None:
    """What failed stands first, the first ones with their rows, all of them with a line; what passed is folded."""
    html = report_html(run_of_tests(failing=failing))
    page = Page(html)

    assert len(html.encode()) < 200_000
    assert page.problems == []
    assert html.count("<tr><td>orders_") + html.count('data-status="failed"><summary>') == 500
    assert (f"{failing - 50} more not passed" in page.words) == (failing > 50)
    if 0 < failing < 500:
        assert page.words.index("column_0.not_null") < page.words.index("column_1.unique")


def test_rows_beyond_the_room_say_how_they_are_seen() -> None:
    """A test whose rows are left out names the command that shows them."""
    state = run_of_tests(failing=50)
    wide = Examples(tuple(f"c{n}" for n in range(60)), ("1",) * 5, (("x" * 60,) * 60,) * 5)
    tests = tuple(dataclasses.replace(test, examples=wide) for test in state.steps[0].tests if test.failing)
    record = dataclasses.replace(state.steps[0].record, tests=tests)  # type: ignore[type-var]
    html = report_html(run_of(record, status=Status.FAILED))  # type: ignore[arg-type]

    assert len(html.encode()) < 200_000
    assert "its rows: nbops show b21c77::step_0::orders_0.column_90.not_null" in words(html)
