"""What ended a step: an exception told as a record, and an error of ours told without a traceback."""

from __future__ import annotations

import asyncio
import re
import traceback
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from nbops.errors import NbopsError, Refused, StepFailed
from nbops.records import Failure, Status

__all__ = ["StepTimeout", "failure_of", "status_of", "told_shortly"]

_LONGEST_MESSAGE = 4_000
_MOST_LINES = 200
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_OURS = str(Path(__file__).parents[2])
_SHELL = ("IPython/core/", "ipykernel/")


class StepTimeout(NbopsError, TimeoutError):
    """A step took longer than its ``--timeout``."""

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to show what happened instead of a traceback that ends in a signal handler."""
        return f"{type(self).__name__}: {self}".splitlines()


def failure_of(error: BaseException, cell_file: str, cell: int | None = None) -> Failure:
    """Return *error* as a record.

    Args:
        error: What was raised.
        cell_file: The file name that the cell was compiled under; tells its lines from others.
        cell: The cell's index in the notebook.
    """
    lines = [] if isinstance(error, StepFailed) else _traceback(error)
    return Failure(
        type=type(error).__name__,
        message=_COLOURS.sub("", _message(error))[:_LONGEST_MESSAGE],
        traceback=tuple(lines[-_MOST_LINES:]),
        line=_line(error, cell_file),
        cell=cell,
        fix=error.fix if isinstance(error, NbopsError) else "",
    )


def status_of(error: BaseException) -> Status:
    """Return what became of code that *error* ended."""
    if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
        return Status.INTERRUPTED
    if isinstance(error, Refused):
        return Status.REFUSED
    return Status.FAILED if isinstance(error, AssertionError) else Status.ERROR


def _message(error: BaseException) -> str:
    if isinstance(error, NbopsError):
        return error.what
    if isinstance(error, SyntaxError) and error.msg:
        return error.msg  # the file name that str() adds is one that IPython made up
    return _text(error)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as trouble:  # noqa: BLE001 - an exception of the user's may be unable to tell itself
        return f"<{type(error).__name__} whose text raises {type(trouble).__name__}>"


def _traceback(error: BaseException) -> list[str]:
    """Return the lines of the traceback from the cell on: what stands before is the shell and nbops."""
    told = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
    frames = [frame for frame in told.stack if not _is_machinery(frame.filename)]
    told.stack = traceback.StackSummary.from_list(frames)
    text = "".join(told.format())
    return _COLOURS.sub("", text).rstrip().splitlines()


def _is_machinery(filename: str) -> bool:
    return filename.startswith(_OURS) or any(part in filename for part in _SHELL)


def _line(error: BaseException, cell_file: str) -> int | None:
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == cell_file else None
    step: TracebackType | None = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == cell_file:
            line = step.tb_lineno
        step = step.tb_next
    return line


Told = TypeVar("Told", bound=Exception)


def told_shortly(error: Told) -> Told:
    """Make IPython show *error* without a traceback, which would only lead to nbops; returns it."""
    lines = f"{type(error).__name__}: {_text(error)}".splitlines()
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
    return error
