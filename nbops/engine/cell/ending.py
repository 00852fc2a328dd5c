"""The exception that ends a cell, when it means something else than it seems: nothing to do, a timeout, a warning.

It is caught where IPython is about to show it, behind all frames of the user's: a handler inside the cell would let
the traceback of every other exception point at the wrong line.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol

from nbops.checks.expect import NothingToDo

__all__ = ["EndingCell", "ExceptionsOfCell", "PlainCell"]


class EndingCell(Protocol):
    """A cell that knows which exceptions may end it in another way than they seem."""

    @property
    def expected(self) -> tuple[type[BaseException], ...]:
        """The exceptions it wants to see before they are shown."""

    def settled(self, error: BaseException) -> BaseException | None:
        """Return what is to be shown instead of *error*; None when the cell has ended well."""


class PlainCell:
    """A cell outside all steps: only ``skip()`` means something else than it seems, also there.

    Args:
        note_skip: Told the reason.
    """

    expected: tuple[type[BaseException], ...] = (NothingToDo,)

    def __init__(self, note_skip: Callable[[str], None]) -> None:
        self._note_skip = note_skip

    def settled(self, error: BaseException) -> BaseException | None:
        """The run has nothing more to do: say so, and end the cell well."""
        self._note_skip(str(error))
        print(f"skipped: {error}")
        return None


class ExceptionsOfCell:
    """Stands between IPython and the exceptions that a cell expects, as long as it runs.

    Args:
        shell: The IPython shell.
        cell: The cell.
    """

    def __init__(self, shell: Any, cell: EndingCell) -> None:
        self._shell = shell
        self._cell = cell
        self._seen: BaseException | None = None
        self._shown: BaseException | None = None
        self._before = (shell.custom_exceptions, shell.CustomTB)
        shell.set_custom_exc((*cell.expected, *shell.custom_exceptions), self._show)

    def settle(self, result: Any) -> BaseException | None:
        """The cell ended: give IPython's own handler back, let *result* say what was shown, and return that."""
        self._shell.custom_exceptions, self._shell.CustomTB = self._before
        if result is None:
            return KeyboardInterrupt()  # the cell was cancelled from outside
        if self._seen is not None and result.error_in_exec is self._seen:
            result.error_in_exec = self._shown
            self._shell.last_execution_succeeded = self._shown is None
        error: BaseException | None = result.error_before_exec or result.error_in_exec
        return error

    def _show(
        self, shell: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, tb_offset: Any = None
    ) -> Any:
        if not isinstance(error, self._cell.expected):
            return self._before[1](kind, error, trace, tb_offset=tb_offset)
        self._seen, self._shown = error, self._cell.settled(error)
        if self._shown is None:
            return None
        render = getattr(self._shown, "_render_traceback_", None)
        lines = render() if render else shell.InteractiveTB.structured_traceback(kind, error, trace)
        shell._showtraceback(type(self._shown), self._shown, lines)
        return lines
