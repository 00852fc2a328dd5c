"""The state of one run, folded from its records: what every screen shows, live or years later.

:func:`fold` is the only place that decides what a run's records mean. The engine folds them while it runs, the panel
while it is watched, the hub when it is asked: so all of them say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbops.pipeline.changes import Findings
from nbops.records import (
    Act,
    CheckResult,
    Failure,
    Record,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
    merge_parts,
    worst,
)

if TYPE_CHECKING:
    from nbops.pipeline.control_chart import ControlChart
    from nbops.pipeline.structure.changelog import Entry

__all__ = ["NO_HISTORY", "History", "RunState", "RunSummary", "StepState", "count_tests", "fold", "verdict"]


@dataclass(frozen=True, slots=True)
class StepState:
    """What is known of one step of a run.

    Args:
        name: The step's name.
        status: Its status now.
        record: Its parts so far, merged; None before the first one ended.
        running_since: When the part that is running began, seconds since 1970; None when none runs.
    """

    name: str
    status: Status = Status.PENDING
    record: StepFinished | None = None
    running_since: float | None = None

    @property
    def tests(self) -> tuple[CheckResult, ...]:
        """The verdicts so far."""
        return self.record.tests if self.record else ()

    @property
    def seconds(self) -> float | None:
        """Wall time of the parts that ended; None when none did."""
        return self.record.seconds if self.record else None


@dataclass(frozen=True, slots=True)
class RunState:
    """One run or session: how it started, what became of each step, how it ended."""

    started: RunStarted
    steps: tuple[StepState, ...] = ()
    status: Status = Status.RUNNING
    reason: str = ""
    failure: Failure | None = None
    finished: RunFinished | None = None
    last_seen: float = 0.0
    acts: tuple[Act, ...] = ()

    @property
    def run(self) -> str:
        """The run's whole id."""
        return self.started.run

    @property
    def name(self) -> str:
        """The notebook's path without its suffix, or ``unknown``."""
        notebook = self.started.notebook
        return notebook.rsplit(".", 1)[0] if notebook else "unknown"

    @property
    def seconds(self) -> float:
        """Wall time from the start to the end, or to the last sign of life; 0 when the clock was set back meanwhile."""
        return max(0.0, (self.finished.at if self.finished else self.last_seen) - self.started.at)

    @property
    def tests(self) -> tuple[CheckResult, ...]:
        """The verdicts of all steps, in order."""
        return tuple(test for step in self.steps for test in step.tests)

    @property
    def output(self) -> str:
        """The executed notebook, empty when there is none."""
        return (self.finished.output if self.finished else "") or self.started.output


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of a list of runs. Times in seconds since 1970, *seconds* None while it runs; *tests* are all tests."""

    run: str
    kind: str
    notebook: str | None
    env: str
    status: Status
    reason: str
    started_at: float
    seconds: float | None
    steps: int
    tests_passed: int
    tests_failed: int
    owner: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    tests: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """What earlier runs of the same notebook in the same environment say about a run.

    Args:
        last_good: The last run before it that passed or warned.
        seen_before: How many earlier runs failed at the same test or with the same error.
        usual_seconds: By step name, the median wall time of at most 30 good runs before it.
        usual_run_seconds: The same for the whole run; None when there was none.
        usual_dropped: By step and reason, the fewest and the most rows that row functions dropped in those runs; what
            fewer than three of them tell of is left out.
        good_runs: How many good runs the medians come from.
        findings: What was found out about a run that went wrong; None when nobody looked.
        charts: The control charts of the run's numbers; empty when nobody made them.
        structures: What the run changed in the structure of datasets, by their full names.
    """

    last_good: RunSummary | None = None
    seen_before: int = 0
    usual_seconds: Mapping[str, float] = field(default_factory=dict)
    usual_run_seconds: float | None = None
    usual_dropped: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    good_runs: int = 0
    findings: Findings | None = None
    charts: tuple[ControlChart, ...] = ()
    structures: tuple[tuple[str, Entry], ...] = ()


NO_HISTORY = History()
"""What is known of a run that nobody looked up."""


def count_tests(tests: Iterable[CheckResult]) -> dict[Status, int]:
    """Return how many of *tests* have each status; statuses that none has are left out."""
    counts: dict[Status, int] = {}
    for test in tests:
        counts[test.status] = counts.get(test.status, 0) + 1
    return counts


def fold(records: Iterable[Record], *, died: str = "") -> RunState:
    """Return the state of the one run that *records* tell of, in any order of processes (they are sorted by time).

    Args:
        records: What is known of the run.
        died: Why its process is known to be dead, in words; then a run without an end is shown as interrupted.

    Raises:
        ValueError: There is no RunStarted among them.
    """
    ordered = sorted(records, key=lambda r: r.at)
    started = next((r for r in ordered if isinstance(r, RunStarted)), None)
    if started is None:
        raise ValueError("no RunStarted among the records")
    finished = next((r for r in reversed(ordered) if isinstance(r, RunFinished)), None)
    steps = _fold_steps(started, ordered, is_over=finished is not None or bool(died))
    return RunState(
        started=started,
        steps=steps,
        status=finished.status if finished else Status.INTERRUPTED if died else Status.RUNNING,
        reason=finished.reason if finished else died,
        failure=finished.failure if finished else None,
        finished=finished,
        last_seen=max(r.at for r in ordered if not isinstance(r, Act)),
        acts=tuple(r for r in ordered if isinstance(r, Act)),
    )


def _fold_steps(started: RunStarted, ordered: list[Record], is_over: bool) -> tuple[StepState, ...]:
    """Fold what tells of steps: attempts by their number, each one's end after its beginning.

    Their times do not decide it, because a clock may be set back while a step runs.
    """
    running: dict[str, dict[int, StepStarted]] = {name: {} for name in started.steps}
    done: dict[str, dict[int, StepFinished]] = {name: {} for name in started.steps}
    of_steps = [record for record in ordered if isinstance(record, StepStarted | StepFinished)]
    for record in sorted(of_steps, key=lambda record: (record.attempt, isinstance(record, StepFinished))):
        if isinstance(record, StepStarted):
            running.setdefault(record.step, {})[record.part] = record
            done.setdefault(record.step, {}).pop(record.part, None)
        else:
            running.setdefault(record.step, {}).pop(record.part, None)
            done.setdefault(record.step, {})[record.part] = record
    return tuple(_step_state(name, running[name], done[name], is_over) for name in done)


def _step_state(name: str, running: dict[int, StepStarted], done: dict[int, StepFinished], is_over: bool) -> StepState:
    record = merge_parts(done.values()) if done else None
    if running:
        since = min(r.at for r in running.values())
        if is_over:  # its process died in it, or its end was never written
            return StepState(name, Status.INTERRUPTED, record)
        return StepState(name, Status.RUNNING, record, since)
    if record:
        return StepState(name, record.status, record)
    return StepState(name, Status.SKIPPED if is_over else Status.PENDING)


def verdict(steps: Iterable[StepState]) -> Status:
    """Return the status of a run whose steps ended like this; steps that were skipped do not count.

    Example:
        >>> verdict([StepState("a", Status.PASSED), StepState("b", Status.SKIPPED)])
        <Status.PASSED: 'passed'>
    """
    return worst((s.status for s in steps if s.status is not Status.SKIPPED), default=Status.PASSED)
