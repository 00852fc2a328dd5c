"""One fold decides what the records of a run mean, whoever asks and whatever order they come in."""

from __future__ import annotations

import itertools

import pytest

from nbops.pipeline.run import RunState, StepState, count_tests, fold, verdict
from nbops.records import (
    Act,
    CheckResult,
    Heartbeat,
    Record,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
)

STARTED = RunStarted(
    1.0, "r", kind="batch", notebook="reports/sales.ipynb", steps=("load", "clean"), output="out.ipynb"
)


def began(step: str, at: float, part: int = 0, attempt: int = 1) -> StepStarted:
    """Return the start of a cell of *step*."""
    return StepStarted(at, "r", step, part=part, attempt=attempt)


def ended(step: str, at: float, status: Status = Status.PASSED, part: int = 0, attempt: int = 1) -> StepFinished:
    """Return the end of a cell of *step*, which took a second."""
    return StepFinished(at, "r", step, status, part=part, attempt=attempt, seconds=1.0)


def statuses(state: RunState) -> dict[str, str]:
    """Return what became of each step."""
    return {step.name: str(step.status) for step in state.steps}


def test_a_run_that_just_began_has_its_steps_before_it() -> None:
    """Every step that is to run is pending, and the run runs."""
    state = fold([STARTED])

    assert (state.status, statuses(state)) == (Status.RUNNING, {"load": "pending", "clean": "pending"})
    assert (state.run, state.name, state.output, state.seconds) == ("r", "reports/sales", "out.ipynb", 0.0)


def test_a_run_is_followed_step_by_step() -> None:
    """One step is done, one runs since a known moment, and the last sign of life is the last record."""
    state = fold([STARTED, began("load", 2.0), ended("load", 3.0), began("clean", 4.0), Heartbeat(9.0, "r")])

    assert statuses(state) == {"load": "passed", "clean": "running"}
    assert [step.running_since for step in state.steps] == [None, 4.0]
    assert [step.seconds for step in state.steps] == [1.0, None]
    assert (state.last_seen, state.seconds) == (9.0, 8.0)


def test_an_end_counts_whatever_the_order() -> None:
    """Records of several processes come interleaved; their time decides."""
    records: list[Record] = [STARTED, began("load", 2.0), ended("load", 3.0), RunFinished(5.0, "r", Status.PASSED)]
    states = [fold(order) for order in itertools.permutations(records)]

    assert states == [states[0]] * len(states)
    assert (states[0].status, states[0].seconds) == (Status.PASSED, 4.0)


def test_a_step_that_was_never_reached_is_skipped_when_the_run_is_over() -> None:
    """After the end nothing is pending any more."""
    state = fold([STARTED, began("load", 2.0), ended("load", 3.0, Status.FAILED), RunFinished(4.0, "r", Status.FAILED)])

    assert statuses(state) == {"load": "failed", "clean": "skipped"}


def test_a_process_that_died_leaves_interrupted_work() -> None:
    """Without an end and without a process, the run and the step that ran are interrupted; why is said."""
    state = fold([STARTED, began("load", 2.0)], died="its process died: 7 on h")

    assert statuses(state) == {"load": "interrupted", "clean": "skipped"}
    assert (state.status, state.reason) == (Status.INTERRUPTED, "its process died: 7 on h")


def test_a_true_end_wins_over_the_news_of_a_death() -> None:
    """Who wrote its end did not die of anything."""
    state = fold([STARTED, RunFinished(2.0, "r", Status.PASSED)], died="its process died")

    assert (state.status, state.reason) == (Status.PASSED, "")


def test_a_rerun_of_a_cell_replaces_what_it_said_before() -> None:
    """While it runs again the old verdict is gone; then the new one stands alone."""
    first = [STARTED, began("load", 2.0), ended("load", 3.0, Status.FAILED)]
    again = [*first, began("load", 4.0, attempt=2)]

    assert statuses(fold(again))["load"] == "running"
    assert statuses(fold([*again, ended("load", 5.0, attempt=2)]))["load"] == "passed"


def test_a_clock_that_is_set_back_interrupts_nothing() -> None:
    """A step whose end bears an earlier time than its beginning has ended, after a retry too; no time is negative."""
    records = [STARTED, began("load", 50.0), ended("load", 40.0, Status.ERROR), began("load", 30.0, attempt=2)]
    retried = fold([*records, ended("load", 20.0, attempt=2), RunFinished(0.5, "r", Status.PASSED)])

    assert statuses(fold(records)) == {"load": "running", "clean": "pending"}
    assert statuses(retried) == {"load": "passed", "clean": "skipped"}
    assert retried.seconds == 0.0


def test_a_step_is_as_bad_as_its_worst_part() -> None:
    """A ``%%test`` cell that failed makes its step failed."""
    state = fold([STARTED, ended("load", 2.0), ended("load", 3.0, Status.FAILED, part=1)])

    assert statuses(state)["load"] == "failed"
    assert state.steps[0].seconds == 2.0


def test_a_step_that_nobody_announced_stands_behind_the_others() -> None:
    """In a session steps come as they are typed."""
    assert list(statuses(fold([STARTED, ended("extra", 2.0)]))) == ["load", "clean", "extra"]


def test_what_people_did_is_kept_and_is_no_sign_of_life() -> None:
    """Stopping a dead run does not make it live."""
    act = Act(99.0, "stop", target="r")

    assert (fold([STARTED, act]).acts, fold([STARTED, act]).last_seen) == ((act,), 1.0)


def test_a_run_without_a_beginning_cannot_be_told() -> None:
    """The caller asks for its start first."""
    with pytest.raises(ValueError, match="no RunStarted"):
        fold([ended("load", 2.0)])


def test_the_verdict_is_the_worst_of_what_ran() -> None:
    """Steps that were skipped do not count, and nothing at all is no harm."""
    steps = [StepState("a", Status.SKIPPED), StepState("b", Status.WARNED)]

    assert (verdict(steps), verdict(steps[:1]), verdict([])) == (Status.WARNED, Status.PASSED, Status.PASSED)


def test_tests_are_counted_by_status() -> None:
    """What does not occur is left out."""
    tests = [CheckResult("a", Status.PASSED), CheckResult("b", Status.FAILED), CheckResult("c", Status.PASSED)]

    assert count_tests(tests) == {Status.PASSED: 2, Status.FAILED: 1}
