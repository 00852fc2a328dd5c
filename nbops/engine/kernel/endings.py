"""How cells and runs end: one truth, made of what the kernel replied and what the steps recorded."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from nbops.pipeline.run import StepState, verdict
from nbops.records import CheckResult, Failure, SourceGate, Status, worst

__all__ = ["CellEnd", "RunEnd", "Stop", "failure_of", "judge_run", "judged_by_gates", "why_bad"]

Kind = Literal["ok", "error", "dead", "timeout", "interrupted"]
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_ARROW = re.compile(r"^-+> (\d+)")
_KILLED = "killed by SIGKILL"
_CRASHES = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE")
_LONGEST_MESSAGE = 4_000
_MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a cell is to be stopped before its end.

    Args:
        kind: ``timeout`` or ``interrupted``.
        reason: Why, in words.
        grace_seconds: How long the kernel may take to end the cell before it is killed.
    """

    kind: Literal["timeout", "interrupted"]
    reason: str
    grace_seconds: float = 10.0

    @property
    def name(self) -> str:
        """The exception that it stands for, where the kernel tells none."""
        return "TimeoutError" if self.kind == "timeout" else "KeyboardInterrupt"


@dataclass(frozen=True, slots=True)
class CellEnd:
    """How one cell ended.

    Args:
        kind: ``ok``, ``error`` (an exception), ``dead`` (the kernel), ``timeout`` or ``interrupted``.
        name: The exception's class.
        message: Its text, or the reason.
        traceback: Its lines.
        is_allowed: Whether the cell's author expects it (the tag ``raises-exception``).
    """

    kind: Kind
    name: str = ""
    message: str = ""
    traceback: tuple[str, ...] = ()
    is_allowed: bool = False

    @property
    def ends_run(self) -> bool:
        """Whether nothing more is to run after it."""
        return self.kind != "ok" and not (self.kind == "error" and self.is_allowed)


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The verdict on a run, the reason in one line, and the exception behind it."""

    status: Status
    reason: str = ""
    failure: Failure | None = None


def failure_of(end: CellEnd, cell: int | None) -> Failure:
    """Return the failure that a cell's bad end means; *cell* is its index in the notebook.

    Example:
        >>> failure_of(CellEnd("error", "KeyError", "'x'", ("---> 2 rows['x']",)), 3)
        Failure(type='KeyError', message="'x'", traceback=("---> 2 rows['x']",), line=2, cell=3, fix='')
    """
    lines = [line for block in end.traceback for line in _ANSI.sub("", block).splitlines()]
    arrows = [match for match in map(_ARROW.match, lines) if match]
    return Failure(
        type=end.name,
        message=_ANSI.sub("", end.message)[:_LONGEST_MESSAGE],
        traceback=tuple(lines[-_MOST_LINES:]),
        line=int(arrows[0][1]) if arrows and end.kind == "error" else None,
        cell=cell,
        fix=_fix(end),
    )


def judge_run(
    steps: Sequence[StepState], end: CellEnd | None, cell: int | None, allowed: Collection[str] = ()
) -> RunEnd:
    """Return the verdict on a run.

    Args:
        steps: Its steps.
        end: How the cell ended that ended the run; None when all cells ran.
        cell: That cell's index in the notebook.
        allowed: The steps whose exceptions their author expects.

    Example:
        >>> judge_run([], CellEnd("error", "SystemExit", "0"), 4).status
        <Status.ERROR: 'error'>
        >>> judge_run([], None, None).status
        <Status.PASSED: 'passed'>
    """
    judged = [step for step in steps if step.name not in allowed]
    if end is None:
        return _good_end(judged)
    failure = failure_of(end, cell)
    step = _step_at(judged, cell)
    place = f"in step {step.name}" if step else "outside every cell" if cell is None else f"in cell {cell + 1}"
    if end.kind == "interrupted" or (end.kind == "error" and end.name == "KeyboardInterrupt"):
        return RunEnd(Status.INTERRUPTED, f"{_one_line(end.message) or 'interrupted'} {place}", failure)
    if end.kind in ("dead", "timeout"):
        return RunEnd(Status.ERROR, f"{_one_line(end.message)} {place}", failure)
    if step is not None and step.status.is_bad:
        failure = (step.record and step.record.failure) or failure
        return RunEnd(step.status, f"step {step.name}: {why_bad(step.tests, failure)}", failure)
    status = Status.FAILED if end.name in ("AssertionError", "StepFailed") else Status.ERROR
    return RunEnd(worst([status, verdict(judged)]), f"{_what(failure)} {place}", failure)


def judged_by_gates(end: RunEnd, gates: Sequence[SourceGate]) -> RunEnd:
    """Return the verdict on a run that went on without sources that it needs: it did not simply pass.

    Example:
        >>> judged_by_gates(RunEnd(Status.PASSED), [SourceGate("feed", "warned", reason="late: not here")])
        RunEnd(status=<Status.WARNED: 'warned'>, reason='without feed: late: not here', failure=None)
    """
    without = [gate for gate in gates if gate.answer in ("warned", "waived")]
    if not without or end.status not in (Status.PASSED, Status.WARNED):
        return end
    said = "; ".join(f"without {gate.source}: {gate.reason}" for gate in without)
    return RunEnd(Status.WARNED, f"{end.reason}; {said}" if end.reason else said, end.failure)


def _good_end(judged: Sequence[StepState]) -> RunEnd:
    status = verdict(judged)
    if status.is_bad:  # recorded as bad although no cell raised: the record is the truth
        bad = next(step for step in judged if step.status is status)
        failure = bad.record.failure if bad.record else None
        return RunEnd(status, f"step {bad.name}: {why_bad(bad.tests, failure)}", failure)
    skipped = [step for step in judged if step.status is Status.SKIPPED]
    if skipped and len(skipped) == len(judged):
        status = Status.SKIPPED
    if status is Status.WARNED:
        return RunEnd(status, _first_warning(judged))
    remarks = [step.record.remark for step in skipped if step.record and step.record.remark]
    return RunEnd(status, remarks[0] if remarks else "")


def _first_warning(steps: Sequence[StepState]) -> str:
    """Return in one line which test warned, and how many more did; empty when a step warned of something else."""
    warned = [(step.name, test) for step in steps for test in step.tests if test.status is Status.WARNED]
    if not warned:
        return ""
    name, test = warned[0]
    more = f" (and {len(warned) - 1} more)" if len(warned) > 1 else ""
    return f"step {name}: {_one_line(test.name)}{more}"


def _step_at(steps: Sequence[StepState], cell: int | None) -> StepState | None:
    """Return the bad step that the cell belongs to; a step of several cells names only its first, so any bad one."""
    bad = [step for step in steps if step.status.is_bad]
    here = [step for step in bad if step.record and step.record.failure and step.record.failure.cell == cell]
    return next(iter(here or bad), None)


def why_bad(tests: Sequence[CheckResult], failure: Failure | None) -> str:
    """Return in one line why a step ended badly: the first test that failed or could not be judged, else its failure.

    Example:
        >>> why_bad([CheckResult("no nulls", Status.FAILED), CheckResult("unique", Status.FAILED)], None)
        'no nulls (and 1 more)'
        >>> why_bad([CheckResult("is known", Status.ERROR, why="KeyError: 'x'")], Failure("StepFailed", "…"))
        "is known could not be judged: KeyError: 'x'"
    """
    failed = [test for test in tests if test.status is Status.FAILED]
    unknown = [test for test in tests if test.status is Status.ERROR]
    wrong = failed or unknown
    if not wrong or (not failed and failure and failure.type != "StepFailed"):
        return _what(failure) if failure else "no reason was recorded"
    why = _one_line(wrong[0].why).removeprefix("it could not be judged: ") if not failed else ""
    said = wrong[0].name if failed else f"{wrong[0].name} could not be judged{f': {why}' if why else ''}"
    return f"{said} (and {len(wrong) - 1} more)" if len(wrong) > 1 else said


def _what(failure: Failure) -> str:
    message = _one_line(failure.message)
    return f"{failure.type}: {message}" if message else failure.type


def _one_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0] if lines else ""


def _fix(end: CellEnd) -> str:
    if end.kind == "dead":
        return _fix_of_dead(end.message)
    if end.name == "SystemExit":
        return 'end a run that has nothing to do with nbops.skip("why"); an exit is an error'
    return ""


def _fix_of_dead(how: str) -> str:
    """Return what to look at when a kernel's process ended; only SIGKILL tells of memory."""
    if _KILLED in how:
        return "give the step less data or the machine more memory, and look at the cell's last lines"
    if any(name in how for name in _CRASHES):
        return "look at the compiled library that the cell's last lines call: such a signal comes from a fault in one"
    if "killed by" in how:
        return "look for who or what sent the signal: a scheduler, a container's stop, a person, the cell itself"
    return "look at the kernel's last words, and at what in the cell ends the process: os._exit, or a library"
