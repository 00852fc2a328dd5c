"""Stopping a run: by Ctrl-C or a signal in its own process, by its deadline, or by ``nbops stop`` from elsewhere.

However a run is stopped, its kernel is interrupted first, so that the step that runs can end and say so; it is killed
only when it does not heed that. So a stopped run leaves a true record.
"""

from __future__ import annotations

import getpass
import os
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

from nbops.engine.kernel.endings import Stop
from nbops.errors import Refused
from nbops.pipeline.run import RunState
from nbops.records import Act, RunStarted
from nbops.store.journal import Journal
from nbops.store.process import ProcessMark, is_alive, this_process
from nbops.store.project import Project
from nbops.views.words import short_id

__all__ = ["Deadline", "RunInterrupted", "Signals", "stop_run", "user_name"]

_STOP_SECONDS = 30.0


class RunInterrupted(KeyboardInterrupt):
    """A run was interrupted; its record is written. *state* is the run as it ended."""

    def __init__(self, state: RunState) -> None:
        super().__init__(state.reason)
        self.state = state


class Deadline:
    """When a run must be over.

    Args:
        seconds: From now; None for never.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._at = None if seconds is None else time.monotonic() + seconds

    def stop(self) -> Stop | None:
        """Return why to stop, None as long as there is time."""
        if self._at is None or time.monotonic() < self._at:
            return None
        return Stop("timeout", f"the run took longer than its timeout of {self.seconds:g} s")


class Signals:
    """Holds Ctrl-C and the request to terminate while a run lasts, so that nothing is torn in the middle.

    The first one asks the run to stop, the second one kills the kernel, the third one breaks through. Outside the main
    thread signals cannot be held, and reach whoever is there.
    """

    def __init__(self) -> None:
        self.count = 0
        self.last = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._hold)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def stop(self) -> Stop | None:
        """Return why to stop, None as long as no signal came."""
        if not self.count:
            return None
        name = "interrupted by Ctrl-C" if self.last == signal.SIGINT else "terminated by SIGTERM"
        return Stop("interrupted", name, grace_seconds=10.0 if self.count == 1 else 0.0)

    def _hold(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        self.last = number
        if self.count > 2:
            raise KeyboardInterrupt


def stop_run(
    started: RunStarted, project: Project, *, reason: str = "", who: str = "", wait_seconds: float = _STOP_SECONDS
) -> bool:
    """Interrupt the process of a run, as Ctrl-C in its terminal would, and wait until it ended.

    The wish is recorded first, so that the run's record tells who stopped it, and why.

    Args:
        started: How the run started.
        project: Where to record the wish.
        reason: Why, in the user's words.
        who: Who stops it; the user's name when empty.
        wait_seconds: How long to wait for its end.

    Returns:
        Whether it ended in that time.

    Raises:
        Refused: It is a session, runs on another machine or as another user, or its process is gone.
    """
    here = this_process()
    where = f"run {short_id(started.run)}"
    if started.kind == "session":
        raise Refused(
            "it is a session: cells that somebody runs by hand",
            where=where,
            fix="interrupt its kernel, or shut it down, where the notebook is open",
        )
    if started.host != here.host:
        raise Refused(f"the run is on the machine {started.host}", where=where, fix=f"ssh {started.host} nbops stop …")
    mark = ProcessMark(started.host, started.pid, started.boot)
    if started.boot != here.boot or not is_alive(mark, started.at, 0.0):
        raise _gone(started)
    _send(0, started)
    journal = Journal(project)
    journal.append(
        Act(at=time.time(), verb="stop", target=started.run, who=who or user_name(), reason=reason), sync=True
    )
    journal.close()
    _send(signal.SIGINT, started)
    return _wait_for_end(mark, started.at, wait_seconds)


def _send(number: int, started: RunStarted) -> None:
    """Send the signal *number* to the process of a run; 0 only tries whether one may.

    Raises:
        Refused: One may not, or the process is gone.
    """
    try:
        os.kill(started.pid, number)
    except ProcessLookupError as error:
        raise _gone(started) from error
    except PermissionError as error:
        raise Refused(
            f"its process {started.pid} belongs to another user",
            where=f"run {short_id(started.run)}",
            fix=f"as that user, or with sudo: nbops stop {short_id(started.run)}",
        ) from error


def _gone(started: RunStarted) -> Refused:
    what = f"its process {started.pid} does not run any more"
    return Refused(what, where=f"run {short_id(started.run)}", fix="nbops runs")


def user_name() -> str:
    """Return the user's name, ``uid 1000`` where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without an entry
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def _wait_for_end(mark: ProcessMark, since: float, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(mark, since, 0.0):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
