"""Looking at the tables that steps leave: held at once, looked at by a thread of its own while the notebook goes on.

Nothing in here may stop or slow a step. A table is held as it is (pandas copies it only when somebody writes to it,
polars and pyarrow never change one), and let go as soon as it was looked at.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nbops.frames.tables import is_frame, library
from nbops.records import DatasetSeen, Record, StepFinished

__all__ = ["Observer", "drained"]

_MOST_WAITING = 200  # tables; each is held until it was looked at
_END_SECONDS = 60.0
_COPIES_ON_WRITE = 3  # the version of pandas
_current: list[Observer] = []


@dataclass(frozen=True, slots=True)
class _Job:
    record: StepFinished
    name: str
    table: Any
    at: float


class Observer:
    """Looks at the tables that the steps of one run leave.

    Args:
        append: Writes what was seen to the journal.
    """

    def __init__(self, append: Callable[[Record], object]) -> None:
        self._append = append
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._idle = threading.Event()
        self._idle.set()
        self._open = 0
        self._lock = threading.Lock()
        self._pid = os.getpid()
        _current[:] = [self]

    def see(self, record: StepFinished, namespace: Mapping[str, Any], nameless: Mapping[str, Any]) -> None:
        """Look soon at the tables that the cell of *record* left; trouble with it is told, and changes nothing.

        Args:
            record: What became of the cell.
            namespace: Where the variables are that it wrote.
            nameless: What it left without a variable, by the name to give it; looked at when it wrote none.
        """
        values = {name: namespace[name] for name in record.writes if name in namespace} or nameless
        try:
            for name, value in values.items():
                if is_frame(value) and self._open < _MOST_WAITING:
                    self._begin(_Job(record, name, _held(value), time.time()))
        except Exception as error:  # noqa: BLE001 - what is known of a table must never stop what makes it
            print(f"nbops: what this step left is not looked at ({type(error).__name__}: {error})", file=sys.stderr)

    def drain(self, seconds: float) -> bool:
        """Wait until every table was looked at, so long at most; return whether that is so."""
        return os.getpid() != self._pid or self._idle.wait(seconds)

    def end(self) -> None:
        """Look at what is waiting, and end."""
        if self._thread is None or os.getpid() != self._pid:
            return
        self._jobs.put(None)
        self._thread.join(_END_SECONDS)
        self._thread = None

    def _begin(self, job: _Job) -> None:
        with self._lock:
            self._open += 1
            self._idle.clear()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="nbops-datasets", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._append(_seen(job))
            with self._lock:
                self._open -= 1
                if not self._open:
                    self._idle.set()
            del job  # the table is let go before the next one comes


def drained(seconds: float) -> bool:
    """Wait until this process looked at every table that a step left; return whether that is so."""
    return all(observer.drain(seconds) for observer in _current)


def _seen(job: _Job) -> DatasetSeen:
    """Return what is to be recorded of a table; one that cannot be looked at says why."""
    from nbops.frames.structure import seen_in  # by the thread, when there is a table: a kernel need not wait for it

    record, place = job.record, {"part": job.record.part, "attempt": job.record.attempt}
    try:
        return seen_in(job.table, at=job.at, run=record.run, step=record.step, name=job.name, **place)
    except Exception as error:  # noqa: BLE001 - a table of any make: the run goes on, and its record says what failed
        problem = f"it could not be looked at ({type(error).__name__}: {str(error)[:200]})"
        kind = f"{library(job.table)}.{type(job.table).__name__}"
        return DatasetSeen(
            job.at, record.run, record.step, job.name, record.part, record.attempt, kind, problem=problem
        )


def _held(table: Any) -> Any:
    """Return *table* so that later changes of it are not seen: without a copy of its cells, where the library can."""
    if library(table) != "pandas":
        return table
    pandas = sys.modules["pandas"]
    if int(pandas.__version__.split(".")[0]) >= _COPIES_ON_WRITE:
        return table.copy(deep=False)
    from nbops.frames.structure import LOOKED

    step = max(1, -(-len(table) // LOOKED))
    return table.iloc[::step].copy() if step > 1 else table.copy()
