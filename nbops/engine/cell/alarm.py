"""Ending a cell that takes too long: the timeout of a step, kept inside the kernel."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

__all__ = ["Alarm"]

_AGAIN_SECONDS = 1.0  # time for a cell to tidy up after the exception, before it is raised again


class Alarm:
    """Rings after *seconds*, and from then on again and again until it is stopped.

    Code of the cell that is computing gets the exception right where it is. Code that awaits stands still inside the
    event loop, where an exception would end the kernel: its task is cancelled instead, and :attr:`has_rung` tells why.
    A cell that goes on nevertheless has swallowed the exception, as a loop does that tries everything and goes on after
    any ``Exception``: what it gets from then on is a cancellation, which is none.

    Args:
        seconds: How long the cell may take.
        cell_file: The file name that the cell was compiled under.
        make_error: Makes the exception that is raised in the cell, of the line that it was at.
        awaits: Whether the cell awaits something, so that it may stand still in the event loop.
    """

    def __init__(
        self, seconds: float, cell_file: str, make_error: Callable[[int | None], BaseException], *, awaits: bool
    ) -> None:
        self._seconds = seconds
        self._cell_file = cell_file
        self._make_error = make_error
        self._awaits = awaits
        self._task: asyncio.Task[object] | None = None
        self._before: object = None
        self._is_set = False
        self.has_rung = False
        self.line: int | None = None
        """The line of the cell that was running when it last rang, if any."""

    def start(self) -> None:
        """Set the alarm. Only the main thread of a POSIX system can be rung up; elsewhere this says so."""
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            print("nbops: --timeout cannot be kept here (it needs the main thread of a POSIX system)", file=sys.stderr)
            return
        self._task = _running_task() if self._awaits else None
        self._before = signal.signal(signal.SIGALRM, self._ring)
        self._is_set = True
        signal.setitimer(signal.ITIMER_REAL, self._seconds, _AGAIN_SECONDS)

    def stop(self) -> None:
        """Take the alarm off, and put back what was there before; harmless when it is off."""
        if not self._is_set:
            return
        self._is_set = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before or signal.SIG_DFL)  # type: ignore[arg-type]

    def _ring(self, number: int, frame: FrameType | None) -> None:
        line = self._line_in_cell(frame)
        if line is not None:
            is_first, self.has_rung, self.line = not self.has_rung, True, line
            raise self._make_error(line) if is_first else asyncio.CancelledError()
        if self._task is not None and _running_task() is not self._task:  # it stands still; else it has just ended
            self.has_rung = True
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    def _line_in_cell(self, frame: FrameType | None) -> int | None:
        while frame is not None:
            if frame.f_code.co_filename == self._cell_file:
                return frame.f_lineno
            frame = frame.f_back
        return None


def _running_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop runs in this thread
        return None
