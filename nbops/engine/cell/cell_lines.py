"""The lines of a cell that runs: which one an exception came through, which one is executed, what stands there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import TracebackType

from nbops.engine.cell.holding import is_cell

__all__ = ["CellLines"]


class CellLines:
    """The lines of one cell.

    Args:
        first_line: The line of the cell in which *lines* begin, counted from 1.
        lines: The code.

    Example:
        >>> CellLines(2, ["rows = []", "assert rows"]).text(3)
        'assert rows'
    """

    def __init__(self, first_line: int, lines: Sequence[str]) -> None:
        self._first = first_line
        self._lines = lines

    def of(self, trace: TracebackType | None) -> int | None:
        """Return the line of the cell that an exception with this *trace* came through; None when it came not here."""
        while trace is not None:
            if is_cell(trace.tb_frame.f_code.co_name):
                return trace.tb_lineno + self._first - 1
            trace = trace.tb_next
        return None

    def now(self) -> int | None:
        """Return the line of the cell that is being executed; None when no cell is."""
        frame = sys._getframe(1)
        while frame is not None:
            if is_cell(frame.f_code.co_name):
                return frame.f_lineno + self._first - 1
            frame = frame.f_back  # type: ignore[assignment]
        return None

    def text(self, line: int | None) -> str:
        """Return what stands in *line*; empty for a line that is not the cell's."""
        at = (line or 0) - self._first
        return self._lines[at].strip() if 0 <= at < len(self._lines) else ""
