"""The exception that ends a cell, when it means something else than it seems: nothing to do, a timeout, a warning.

It is caught where IPython is about to show it, behind all frames of the user's: a handler inside the cell would let
the traceback of every other exception point at the wrong line.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from nbops.engine.step import StepCell

__all__ = ["ExceptionsOfCell"]


class ExceptionsOfCell:
    """Stands between IPython and the exceptions that a step expects, as long as its cell runs.

    Args:
        shell: The IPython shell.
        step: The step.
    """

    def __init__(self, shell: Any, step: StepCell) -> None:
        self._shell = shell
        self._step = step
        self._seen: BaseException | None = None
        self._shown: BaseException | None = None
        self._before = (shell.custom_exceptions, shell.CustomTB)
        shell.set_custom_exc((*step.expected, *shell.custom_exceptions), self._show)

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
        if not isinstance(error, self._step.expected):
            return self._before[1](kind, error, trace, tb_offset=tb_offset)
        self._seen, self._shown = error, self._step.settled(error)
        if self._shown is None:
            return None
        render = getattr(self._shown, "_render_traceback_", None)
        lines = render() if render else shell.InteractiveTB.structured_traceback(kind, error, trace)
        shell._showtraceback(type(self._shown), self._shown, lines)
        return lines
