"""What a run shows while it runs: a live table on a terminal, a line for each step in a pipe; with -v each test too."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from nbops.doors.cli.invocation import Invocation
from nbops.errors import NbopsError
from nbops.pipeline.run import History, RunState, fold
from nbops.records import CheckResult, Record, RunFinished, RunStarted, StepFinished, StepStarted
from nbops.store.project import Project
from nbops.views.words import line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from nbops.doors.cli.screen import Screen

__all__ = ["Progress"]

_TIMES_A_SECOND = 6


class Progress:
    """Shows the records of one run as they come.

    Args:
        invocation: Where to show them, and whether at all.
        project: The notebook's project, whose hub knows what the steps usually take.

    Attributes:
        found: What earlier runs say about the run; None before it ended, and when its hub was not asked.
    """

    def __init__(self, invocation: Invocation, project: Project) -> None:
        self._invocation = invocation
        self._project = project
        self._records: list[Record] = []
        self._alone: RunStarted | None = None
        self._of_step: dict[str, list[Record]] = {}
        self._history = History()
        self.found: History | None = None
        self._live: Live | None = None
        self._running = ""
        self._is_seen = not invocation.is_quiet

    @functools.cached_property
    def _screen(self) -> Screen:
        """The screen; made with the first record, when the kernel's process is started and boots."""
        return self._invocation.screen(progress=True)

    def learn(self, history: History) -> None:
        """Take notice of what earlier runs say about the run, which is over."""
        self.found = history

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.stop()

    def record(self, record: Record) -> None:
        """Show *record*. Where nobody can see it any more, the run goes on unseen."""
        self._keep(record)
        if not self._is_seen:
            return
        try:
            self._show(record)
        except OSError:  # the pipe is closed, the terminal is gone
            self._is_seen = False

    def _show(self, record: Record) -> None:
        if self._invocation.is_verbose and isinstance(record, RunStarted):
            self._print_plan(record)
        if self._screen.file.isatty():
            if isinstance(record, RunStarted):
                self._start_live()
            if isinstance(record, StepFinished):
                self._print_tests(record.tests)  # above the table
        else:
            self._print(record)

    def note(self, text: str) -> None:
        """Show a sentence that the user should read."""
        with contextlib.suppress(OSError):  # nobody can see it any more
            if self._live:
                self._live.console.print(f"note: {text}", style="dim")
            else:
                click.echo(f"note: {text}", err=True)

    # ── with -v ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _print_plan(self, started: RunStarted) -> None:
        """Print what will run, and with which parameters."""
        for label, words in (
            ("plan", started.steps),
            ("parameters", [f"{name}={value}" for name, value in started.parameters.items()]),
        ):
            if words:
                self._screen.print(f"{label:<10}  {', '.join(line(word) for word in words)}", soft_wrap=True)

    def _print_tests(self, tests: Sequence[CheckResult]) -> None:
        from nbops.views.terminal import test_line

        for test in tests if self._invocation.is_verbose else ():
            self._screen.print(test_line(test), soft_wrap=True)

    # ── on a terminal ────────────────────────────────────────────────────────────────────────────────────────────────

    def _start_live(self) -> None:
        from rich.live import Live

        self._live = Live(
            console=self._screen, transient=True, refresh_per_second=_TIMES_A_SECOND, get_renderable=self._table
        )
        self._live.start()
        # the database library takes its time to load: meanwhile the kernel boots
        threading.Thread(target=self._find_history, name="nbops history", daemon=True).start()

    def _table(self) -> RenderableType:
        from nbops.views.terminal import live_table

        return live_table(self._state(), self._history, now=time.time(), height=self._screen.height)

    def _state(self) -> RunState:
        return fold(list(self._records))

    def _find_history(self) -> None:
        try:
            self._history = history_of(self._state(), self._project, self._invocation.hub_of(self._project))
        except NbopsError as error:
            self.note(f"what the steps usually take is not known: {error.what}")

    # ── in a pipe ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _print(self, record: Record) -> None:
        """Print a step's line once nothing more of it can follow: when the next step starts, or the run ends."""
        if isinstance(record, StepStarted | RunFinished) and self._running:
            if isinstance(record, StepStarted) and record.step == self._running:
                return
            self._print_step(self._running)
            self._running = ""
        if isinstance(record, StepStarted | StepFinished):
            self._running = record.step

    def _print_step(self, name: str) -> None:
        from nbops.views.terminal import progress_line

        for step in fold(self._of_step[name]).steps:
            self._screen.print(progress_line(step), soft_wrap=True)
            self._print_tests(step.tests)

    def _keep(self, record: Record) -> None:
        """Keep *record* with its step too: folding the whole run for each line would make every step dearer."""
        self._records.append(record)
        if isinstance(record, RunStarted):
            self._alone = replace(record, steps=())
        elif isinstance(record, StepStarted | StepFinished) and self._alone:
            self._of_step.setdefault(record.step, [self._alone]).append(record)


def history_of(state: RunState, project: Project, url: str) -> History:
    """Return what earlier runs say about *state*.

    Raises:
        HubError: The hub cannot be read.
    """
    from nbops.doors.verbs import open_and_ingest
    from nbops.engine.causes.findings import history_of as known_history

    hub, _ = open_and_ingest(project, url)
    with hub:
        return known_history(hub, state)
