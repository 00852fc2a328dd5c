"""The verdict on a run, from how its cells ended and what its steps recorded."""

from __future__ import annotations

import pytest

from nbops.engine.kernel.endings import CellEnd, failure_of, judge_run
from nbops.pipeline.run import StepState
from nbops.records import CheckResult, Failure, Status, StepFinished


def step(name: str, status: Status, *tests: CheckResult, failure: Failure | None = None, remark: str = "") -> StepState:
    """Return a step that ended."""
    record = StepFinished(at=1, run="r", step=name, status=status, tests=tests, failure=failure, remark=remark, cell=1)
    return StepState(name, status, record)


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([Status.PASSED, Status.PASSED], Status.PASSED),
        ([Status.PASSED, Status.WARNED], Status.WARNED),
        ([Status.PASSED, Status.SKIPPED], Status.PASSED),
        ([Status.SKIPPED, Status.SKIPPED], Status.SKIPPED),
        ([Status.PASSED, Status.FAILED], Status.FAILED),
    ],
)
def test_a_run_whose_cells_all_ran_is_judged_by_its_steps(steps: list[Status], status: Status) -> None:
    """The worst step decides; skipped ones only when there is no other."""
    assert judge_run([step(f"s{i}", s) for i, s in enumerate(steps)], None, None).status is status


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (CellEnd("error", "ValueError", "x"), Status.ERROR),
        (CellEnd("error", "AssertionError", "x"), Status.FAILED),
        (CellEnd("error", "KeyboardInterrupt"), Status.INTERRUPTED),
        (CellEnd("interrupted", "KeyboardInterrupt", "Ctrl-C"), Status.INTERRUPTED),
        (CellEnd("timeout", "KeyboardInterrupt", "too long"), Status.ERROR),
        (CellEnd("dead", "DeadKernelError", "killed"), Status.ERROR),
    ],
)
def test_a_cell_that_ended_the_run_decides(end: CellEnd, status: Status) -> None:
    """Whatever the steps before said, a bad end is the run's end."""
    assert judge_run([step("a", Status.PASSED)], end, 5).status is status


def test_the_reason_names_the_failed_test_and_how_many_more() -> None:
    """One line says which step and which test."""
    failed = [CheckResult(name, Status.FAILED) for name in ("no nulls", "unique")]

    end = judge_run([step("load", Status.FAILED, *failed)], CellEnd("error", "StepFailed", "…"), 1)

    assert (end.status, end.reason) == (Status.FAILED, "step load: no nulls (and 1 more)")


def test_the_reason_names_the_test_that_could_not_be_judged() -> None:
    """A test that raised is named with what it raised, instead of the count that the step's exception gives."""
    unknown = CheckResult("all have a name", Status.ERROR, why="KeyError: 'name'")
    failure = Failure("StepFailed", "step load: 1 could not be judged")

    end = judge_run([step("load", Status.ERROR, unknown, failure=failure)], CellEnd("error", "StepFailed", "…"), 1)

    assert end.reason == "step load: all have a name could not be judged: KeyError: 'name'"


def test_an_expected_exception_of_a_step_does_not_count() -> None:
    """Steps whose exceptions their author expects have no part in the verdict."""
    steps = [step("odd", Status.ERROR), step("even", Status.PASSED)]

    assert judge_run(steps, None, None, allowed={"odd"}).status is Status.PASSED


def test_a_failure_has_no_colours_and_knows_its_line() -> None:
    """The traceback is text, and the line is where the arrow points."""
    end = CellEnd("error", "KeyError", "\x1b[31m'x'\x1b[0m", ("\x1b[0;32m----> 3\x1b[0m rows['x']\n      4 done",))

    failure = failure_of(end, 2)

    assert (failure.message, failure.line, failure.cell) == ("'x'", 3, 2)
    assert failure.traceback == ("----> 3 rows['x']", "      4 done")


def test_the_reason_of_a_warned_run_names_the_first_test_that_warned() -> None:
    """A run that ended well but for a warning says which one, and how many more there are."""
    warned = [CheckResult(name, Status.WARNED, "warn") for name in ("few rows", "old rows")]

    end = judge_run([step("load", Status.PASSED), step("clean", Status.WARNED, *warned)], None, None)

    assert (end.status, end.reason) == (Status.WARNED, "step clean: few rows (and 1 more)")


@pytest.mark.parametrize(
    ("how", "hint"),
    [
        ("was killed by SIGKILL (9), perhaps because memory ran out", "more memory"),
        ("was killed by SIGSEGV (11)", "compiled library"),
        ("was killed by SIGTERM (15)", "who or what sent"),
        ("ended with exit code 3", "os._exit"),
    ],
)
def test_the_hint_for_a_dead_kernel_fits_how_it_ended(how: str, hint: str) -> None:
    """Memory is spoken of only when the process was killed from outside."""
    fix = failure_of(CellEnd("dead", "DeadKernelError", f"the kernel {how}"), 1).fix

    assert (hint in fix, "memory" in fix) == (True, "SIGKILL" in how)
