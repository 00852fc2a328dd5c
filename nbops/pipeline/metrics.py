"""How well the whole is doing: numbers of a stretch of time, made from runs and incidents."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cause", "Metrics", "PipelineMetrics"]


@dataclass(frozen=True, slots=True)
class PipelineMetrics:
    """The numbers of one notebook.

    Args:
        notebook: Its path.
        runs: How many runs of it ended.
        bad: How many of them stopped a gate.
        by_day: For each day that had runs, in order: how many ended, and how many of them badly.
        steps: How many steps its newest run had.
        tested: How many of them had a test.
        tests: How many tests that run had.
    """

    notebook: str
    runs: int
    bad: int
    by_day: tuple[tuple[str, int, int], ...] = ()
    steps: int = 0
    tested: int = 0
    tests: int = 0

    @property
    def error_rate(self) -> float | None:
        """The share of runs that stopped a gate; None when none ended."""
        return self.bad / self.runs if self.runs else None


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of errors: its incident, where and what it is, how often it occurred, and whether a test guards it.

    *can_have_test* says whether there may be tables to make one from: not of a run that never began, nor of what a
    person told.
    """

    number: int
    where: str
    what: str
    count: int
    is_open: bool
    has_test: bool
    can_have_test: bool = True


@dataclass(frozen=True, slots=True)
class Metrics:
    """The numbers of all notebooks.

    Args:
        since: Where the stretch of time begins, in seconds since 1970.
        until: Where it ends.
        env: The environment; empty for all.
        pipelines: The numbers of each notebook, the one with most errors first.
        incidents: How many incidents occurred.
        is_open: How many of them are open.
        by_tests: How many were found by tests and runs.
        by_people: How many were told by people.
        with_test: How many have a test that guards against them now.
        to_detect: Median of the seconds from the start of the run to the error; None when nothing is known.
        to_recover: Median of the seconds from the first occurrence to the run, or act, that fixed it; None likewise.
        alarms: How many runs were judged wrong by their tests.
        false_alarms: How many of those verdicts people took back: a test waived, a delivery accepted.
        causes: What occurred most often.
    """

    since: float
    until: float
    env: str = ""
    pipelines: tuple[PipelineMetrics, ...] = ()
    incidents: int = 0
    is_open: int = 0
    by_tests: int = 0
    by_people: int = 0
    with_test: int = 0
    to_detect: float | None = None
    to_recover: float | None = None
    alarms: int = 0
    false_alarms: int = 0
    causes: tuple[Cause, ...] = ()

    @property
    def runs(self) -> int:
        """How many runs ended."""
        return sum(one.runs for one in self.pipelines)

    @property
    def bad(self) -> int:
        """How many of them stopped a gate."""
        return sum(one.bad for one in self.pipelines)

    @property
    def error_rate(self) -> float | None:
        """The share of runs that stopped a gate; None when none ended."""
        return self.bad / self.runs if self.runs else None

    @property
    def coverage(self) -> float | None:
        """The share of steps that have a test; None when there are no steps."""
        steps = sum(one.steps for one in self.pipelines)
        return sum(one.tested for one in self.pipelines) / steps if steps else None

    @property
    def test_share(self) -> float | None:
        """The share of incidents that a test guards against; None when there are none."""
        return self.with_test / self.incidents if self.incidents else None
