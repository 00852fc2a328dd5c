"""The recorder of one run: what happens goes to the journal first, then to whoever watches."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nbops.notebook.secret import redact_tree
from nbops.pipeline.run import RunState, fold
from nbops.records import (
    CellKind,
    DatasetSeen,
    Heartbeat,
    Record,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
    encodable,
    from_json,
    to_json,
)
from nbops.store.journal import Journal

__all__ = ["Recorder", "current_recorder", "make_current"]

_SURROGATE = re.compile(r"\\ud[89a-f]")
Watcher = Callable[[Record], None]


class Recorder:
    """Writes the records of one run and knows them: the panel folds them, a rerun counts its attempts by them.

    Args:
        journal: Where the records go.
        run: The run's id.
        secrets: Values that must never be written; they are replaced in every record.
    """

    def __init__(self, journal: Journal, run: str, secrets: Sequence[str] = ()) -> None:
        self.journal = journal
        self.run = run
        self.secrets = list(secrets)
        self.started: RunStarted | None = None
        self._parts: dict[str, dict[object, int]] = {}
        self._attempts: dict[tuple[str, int], int] = {}
        self._latest: dict[tuple[str, int], StepStarted | StepFinished] = {}
        self._watchers: list[Watcher] = []

    def append(self, record: Record, *, sync: bool = False) -> Record:
        """Write *record* with its secrets redacted, tell the watchers, and return what was written."""
        if self.secrets:
            record = from_json(redact_tree(to_json(record), self.secrets))
        if isinstance(record, StepFinished) and _SURROGATE.search(repr(record)):  # or no view of it could be sent
            record = from_json(_encodable(to_json(record)))
        self.journal.append(record, sync=sync)
        if isinstance(record, RunStarted):
            self.started = record
        if isinstance(record, (StepStarted, StepFinished)):
            self._latest[record.step, record.part] = record
        if not isinstance(record, (DatasetSeen, Heartbeat)):  # which come from other threads, and change no step
            self._tell(record)
        return record

    def learn_secrets(self, values: Iterable[str]) -> None:
        """Never write *values* from now on."""
        self.secrets += [str(value) for value in values if value and str(value) not in self.secrets]

    def subscribe(self, watcher: Watcher) -> Callable[[], None]:
        """Call *watcher* with every later record, in the thread that wrote it; returns what ends this."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def _tell(self, record: Record) -> None:
        for watcher in tuple(self._watchers):
            try:
                watcher(record)
            except Exception as error:  # noqa: BLE001 - who watches must never stop the work that is watched
                self._watchers.remove(watcher)
                print(f"nbops: a view stopped following this run ({type(error).__name__}: {error})", file=sys.stderr)

    def part_of(self, step: str, kind: CellKind, cell_id: str, source_hash: str, *, is_batch: bool) -> int:
        """Return which part of *step* a cell is: the same as before when it was seen before, else the next one.

        A front end names its cells, so a cell is known by its id. Without ids a batch runs every cell once, and by
        hand a cell that was bad before, or has the same code, is taken for the same cell run again.
        """
        parts = self._parts.setdefault(step, {})
        key: object = cell_id or (len(parts) if is_batch else self._rerun(step, kind, source_hash))
        return parts.setdefault(key, len(parts))

    def _rerun(self, step: str, kind: CellKind, source_hash: str) -> object:
        for key, part in self._parts[step].items():
            seen = self._latest.get((step, part))
            if seen is None or seen.cell_kind != kind:
                continue
            was_bad = isinstance(seen, StepFinished) and (seen.status.is_bad or seen.status is Status.SKIPPED)
            if was_bad or seen.source_hash == source_hash:
                return key
        return len(self._parts[step])

    def next_attempt(self, step: str, part: int) -> int:
        """Return the number of the attempt that begins now, counted from 1."""
        number = self._attempts.get((step, part), 0) + 1
        self._attempts[step, part] = number
        return number

    @property
    def latest(self) -> Mapping[tuple[str, int], StepStarted | StepFinished]:
        """The last record of each part of each step, by ``(step, part)``."""
        return self._latest

    @property
    def state(self) -> RunState | None:
        """The run as far as it came; None before it started."""
        return fold([self.started, *self._latest.values()]) if self.started else None


def _encodable(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {_encodable(key): _encodable(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_encodable(item) for item in tree]
    return encodable(tree) if isinstance(tree, str) else tree


_current: list[Recorder] = []


def current_recorder() -> Recorder | None:
    """Return the recorder of this process, None before its first run began."""
    return _current[-1] if _current else None


def make_current(recorder: Recorder) -> None:
    """Make *recorder* the one of this process."""
    _current[:] = [recorder]
