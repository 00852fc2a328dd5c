"""What a step costs, measured around it: time, processor, memory, and the warnings that its code raises."""

from __future__ import annotations

import contextlib
import resource
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

from nbops.records import WarningSeen

__all__ = ["Stopwatch", "WarningLog"]

_MOST_WARNINGS = 50
_LONGEST_WARNING = 1_000
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Stopwatch:
    """Wall time, processor time and the peak of memory since it was made.

    Example:
        >>> Stopwatch().seconds < 5
        True
    """

    def __init__(self) -> None:
        self._peak = _peak_memory()
        self._cpu = time.process_time()
        self._wall = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall time so far."""
        return time.perf_counter() - self._wall

    @property
    def cpu_seconds(self) -> float:
        """Time of this process so far, user and system."""
        return time.process_time() - self._cpu

    @property
    def memory_bytes(self) -> int:
        """By how much the peak of resident memory rose."""
        return max(0, _peak_memory() - self._peak)


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT


class WarningLog:
    """Notes the Python warnings that are shown while it listens, and lets them be shown all the same."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, int | None], int] = {}

    @property
    def seen(self) -> tuple[WarningSeen, ...]:
        """Each different warning with its count, in the order of their first appearance."""
        return tuple(WarningSeen(*key, count) for key, count in self._seen.items())

    @contextlib.contextmanager
    def listening(self, cell_file: str) -> Iterator[None]:
        """Listen; a warning raised by the code of *cell_file* is noted with its line."""
        shown = warnings.showwarning

        def note(message: Any, category: Any, filename: str, lineno: int, *where: Any, **more: Any) -> None:
            self._note(category.__name__, str(message), lineno if filename == cell_file else None)
            shown(message, category, filename, lineno, *where, **more)

        warnings.showwarning = note
        try:
            yield
        finally:
            if warnings.showwarning is note:  # else somebody put a function of their own there: it stays
                warnings.showwarning = shown

    def _note(self, category: str, message: str, line: int | None) -> None:
        key = (category, message[:_LONGEST_WARNING], line)
        if key in self._seen or len(self._seen) < _MOST_WARNINGS:
            self._seen[key] = self._seen.get(key, 0) + 1
