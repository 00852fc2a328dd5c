"""Following a run: the engine's own records, and those that the kernel writes to a journal of its own meanwhile."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from nbops.engine.kernel.shipping import ship
from nbops.errors import HubVersionError
from nbops.pipeline.run import RunState, fold
from nbops.records import (
    STEP_MIME,
    Act,
    Heartbeat,
    Record,
    RunStarted,
    StepFinished,
    StepStarted,
    from_json,
    to_json,
)
from nbops.store.journal import Journal, read_entries
from nbops.store.project import Project

__all__ = ["HEARTBEAT_SECONDS", "Following"]

HEARTBEAT_SECONDS = 10.0
_BEATS_A_SHIPMENT = 6
_SEARCH_SECONDS = 0.2


class Following:
    """All that is known of one run while it runs.

    Args:
        project: Whose journals to follow.
        run: The run's id.
        hub: Where the hub is, as in the settings.
        on_record: Called with each record as it becomes known, in this thread; heartbeats are left out.
        redact: Takes the secrets out of a text tree before a record of the engine is written.
    """

    def __init__(
        self,
        project: Project,
        run: str,
        hub: str = "",
        on_record: Callable[[Record], None] = lambda record: None,
        redact: Callable[[object], object] = lambda tree: tree,
    ) -> None:
        self.run = run
        self.records: list[Record] = []
        self._project = project
        self._hub = hub
        self._journal = Journal(project)
        self._on_record = on_record
        self._redact = redact
        self._seen: set[str] = set()
        self._before = frozenset(self._names())  # journals of others; by name, since a clock may be set back
        self._followed: dict[Path, int] = {}
        self._searched = 0.0
        self._ended = threading.Event()
        self._pulse = threading.Thread(target=self._beat, name="nbops heartbeat", daemon=True)

    def write(self, record: Record) -> None:
        """Write a record of the engine's own to its journal, and make it known."""
        record = from_json(self._redact(to_json(record)))  # type: ignore[arg-type]
        self._journal.append(record, sync=True)
        self._make_known(record)
        if isinstance(record, RunStarted):
            self._pulse.start()

    def look(self, *, surely: bool = False) -> None:
        """Take in what the kernel has journaled since the last look.

        Until the kernel's journal is found, its folder is searched a few times a second; now when it must be *surely*.
        """
        self._followed = {path: offset for path, offset in self._followed.items() if path.exists()}
        if not self._followed and (surely or time.monotonic() - self._searched > _SEARCH_SECONDS):
            self._searched = time.monotonic()
            self._find_journal()
        for path, offset in self._followed.items():
            self._followed[path] = self._read(path, offset)

    def take_shown(self, outputs: Iterable[Mapping[str, Any]]) -> None:
        """Take in the records of steps that the kernel showed in *outputs* and could not journal.

        The kernel journals a record before it shows it, so one that only the output has can be read nowhere else.
        """
        for record in _shown(outputs):
            if record.run == self.run and not self._knows(record):
                self.look(surely=True)
            if record.run == self.run and not self._knows(record):
                self._make_known(record)

    def open_steps(self) -> list[StepStarted]:
        """Return the cells of steps that began and did not end."""
        open_parts: dict[tuple[str, int], StepStarted] = {}
        for record in self.records:
            if isinstance(record, StepStarted):
                open_parts[record.step, record.part] = record
            elif isinstance(record, StepFinished):
                open_parts.pop((record.step, record.part), None)
        return list(open_parts.values())

    def who_stopped(self) -> str:
        """Return who wished the run to end, and why, as ``stopped by ann: wrong day``; empty when nobody did."""
        acts = [record for path in self._recent() for record, _ in self._entries(path, 0) if isinstance(record, Act)]
        wish = next((act for act in acts if act.verb == "stop" and act.target == self.run), None)
        if wish is None:
            return ""
        return f"stopped by {wish.who}" + (f": {wish.reason}" if wish.reason else "")

    @property
    def state(self) -> RunState:
        """The run as it stands."""
        return fold(self.records)

    def close(self) -> None:
        """End the heartbeat and the journal."""
        self._ended.set()
        if self._pulse.is_alive():
            self._pulse.join()
        self._journal.close()

    def _beat(self) -> None:
        beats = 0
        while not self._ended.wait(HEARTBEAT_SECONDS):
            self._journal.append(Heartbeat(at=time.time(), run=self.run))
            beats += 1
            if beats % _BEATS_A_SHIPMENT == 0:  # a long run is seen in the hub while it runs
                ship(self._project, self._hub, lambda trouble: None)

    def _knows(self, record: StepFinished) -> bool:
        mark = (record.step, record.part, record.attempt)
        ended = (known for known in reversed(self.records) if isinstance(known, StepFinished))
        return any((known.step, known.part, known.attempt) == mark for known in ended)

    def _make_known(self, record: Record) -> None:
        self.records.append(record)
        self._on_record(record)

    def _find_journal(self) -> None:
        """Look into the journals that others began since the run began: the kernel's is the one that names the run."""
        for path in self._recent():
            if path.name in self._seen or path == self._journal.path:
                continue
            first = next(iter(self._entries(path, 0)), None)
            if first is not None:
                self._seen.add(path.name)
                if getattr(first[0], "run", "") == self.run:
                    self._followed[path] = 0

    def _recent(self) -> list[Path]:
        return [self._project.journals / name for name in self._names() if name not in self._before]

    def _names(self) -> list[str]:
        try:
            with os.scandir(self._project.journals) as found:
                return [entry.name for entry in found if entry.name.endswith(".jsonl")]
        except OSError:  # not there yet, or closed to us: the kernel then shows what it cannot journal
            return []

    def _read(self, path: Path, offset: int) -> int:
        for record, after in self._entries(path, offset):
            offset = after
            if record and not isinstance(record, Act | Heartbeat) and record.run == self.run:
                self._make_known(record)
        return offset

    def _entries(self, path: Path, offset: int) -> list[tuple[Record | None, int]]:
        try:
            if path.stat().st_size == offset:
                return []
            return [(entry.record if entry else None, after) for entry, after, _ in read_entries(path, offset)]
        except (OSError, HubVersionError):  # gone meanwhile, or a newer kernel's: the hub tells of it, not the run
            return []


def _shown(outputs: Iterable[Mapping[str, Any]]) -> list[StepFinished]:
    shown = [output.get("data", {}).get(STEP_MIME) for output in outputs]
    records = [_record(data) for data in shown if isinstance(data, Mapping)]
    return [record for record in records if isinstance(record, StepFinished)]


def _record(data: Mapping[str, Any]) -> object:
    """Return the record that *data* holds; None when it holds none: any cell may show what it likes as one."""
    try:
        return from_json(data)
    except (HubVersionError, TypeError, ValueError, AttributeError):
        return None
