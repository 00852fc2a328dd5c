"""Keeping what steps leave: frozen at once, written by a thread of its own while the notebook goes on.

Nothing in here may stop or slow a step: it begins after the step's record is written, and what cannot be kept only
means that the step will run again when a run is resumed.
"""

from __future__ import annotations

import atexit
import math
import os
import queue
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbops.engine.reuse.freezing import FrozenValues, freeze_values
from nbops.records import StepFinished, to_json
from nbops.store.artifacts import Artifacts, Kept, KeptStep
from nbops.store.codecs import CouldNotKeep, freeze
from nbops.store.discarding import discard

__all__ = ["RANDOM_STATES", "Keeper", "random_states"]

_END_SECONDS = 60.0

RANDOM_STATES: Mapping[str, tuple[str, Callable[[Any], Any], Callable[[Any, Any], None]]] = {
    "<random>": ("random", lambda m: m.getstate(), lambda m, state: m.setstate(state)),
    "<numpy.random>": ("numpy.random", lambda m: m.get_state(legacy=False), lambda m, state: m.set_state(state)),
}
"""The generators of random numbers that belong to a process: what each draw changes without any variable."""


def random_states() -> dict[str, Any]:
    """Return the states of those generators that are loaded."""
    return {name: get(sys.modules[module]) for name, (module, get, _) in RANDOM_STATES.items() if module in sys.modules}


@dataclass(frozen=True, slots=True)
class _Job:
    step: KeptStep
    frozen: tuple[FrozenValues, ...] = ()


class Keeper:
    """Keeps what the steps of one run leave.

    Args:
        artifacts: Where.
        room: How many bytes all that is kept may take; 0 keeps nothing.
        secrets: Texts that must never be written; more may be added while it works.
    """

    def __init__(self, artifacts: Artifacts, room: int, secrets: Sequence[str] = ()) -> None:
        self.artifacts = artifacts
        self._room = room
        self._secrets = secrets
        self._taken = 0
        self._jobs: queue.SimpleQueue[_Job | threading.Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    def keep(
        self, record: StepFinished, names: Iterable[str], namespace: Mapping[str, Any], drawn: Mapping[str, Any],
        known: Collection[str] | None = None,
    ) -> None:  # fmt: skip
        """Keep what *record*'s step left as it is now.

        Args:
            record: The record of a cell that just ended.
            names: The variables to keep.
            namespace: All variables.
            drawn: The random states that it changed.
            known: The variables that its key tells of; None for all.
        """
        step = _list_of(record)
        try:
            same, frozen = freeze_values(names, namespace, known)
            frozen += [FrozenValues(((name,),), freeze(state)) for name, state in drawn.items()]
        except CouldNotKeep as error:
            self.note(replace(step, problem=str(error)))
            return
        self._begin(_Job(replace(step, values=same), tuple(frozen)))

    def refuse(self, record: StepFinished, problem: str) -> None:
        """Note that nothing of what *record*'s step left is kept, because of a *problem*."""
        self.note(replace(_list_of(record), problem=problem))

    def note(self, step: KeptStep) -> None:
        """Note what a step left, whose values are kept already."""
        self._begin(_Job(step))

    def flush(self) -> None:
        """Wait until what was to be kept so far is written."""
        if self._thread is not None and os.getpid() == self._pid:
            done = threading.Event()
            self._jobs.put(done)
            done.wait(_END_SECONDS)

    def end(self) -> None:
        """Wait until everything is written."""
        if self._thread is None or os.getpid() != self._pid:
            return
        self._jobs.put(None)
        self._thread.join(_END_SECONDS)
        self._thread = None

    def _begin(self, job: _Job) -> None:
        if not self._room:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="nbops-artifacts", daemon=True)
            self._thread.start()
            atexit.register(self.end)
        self._jobs.put(job)

    def _work(self) -> None:
        self._make_room()
        while (job := self._jobs.get()) is not None:
            if isinstance(job, threading.Event):
                job.set()
                continue
            step = job.step
            try:
                values = [kept for frozen in job.frozen for kept in self._put(frozen)]
                step = replace(step, values=(*step.values, *values))
            except Exception as error:  # noqa: BLE001 - the thread lives on for the next step
                step = replace(step, values=(), problem=_told(error))
            try:
                self.artifacts.note(step)
            except OSError:  # the disk is full: that nothing is noted says that nothing was kept
                continue

    def _put(self, values: FrozenValues) -> tuple[Kept, ...]:
        if self._taken > self._room:
            raise CouldNotKeep(f"this run alone fills the {self._room / 1e9:g} GB that the setting artifacts leaves it")
        every = tuple(name for names in values.names for name in names)
        kept = self.artifacts.put(every, values.frozen, tuple(self._secrets))
        self._taken += kept.size
        if len(values.names) == 1:
            return (kept,)
        return tuple(replace(kept, names=names, part=part) for part, names in enumerate(values.names))

    def _make_room(self) -> None:
        """Discard what the oldest runs left, until all fits; what cannot be removed now is left to the next run."""
        try:
            self.artifacts.sweep()
            if self.artifacts.size() > self._room:
                discard(self.artifacts, math.inf, 0, self._room, dry=False)
        except OSError:  # another process tidies up at the same time
            return


def _list_of(record: StepFinished) -> KeptStep:
    """Return the list, empty as yet, of what *record*'s step left."""
    return KeptStep(record.key, record.run, record.run, record.at, record=to_json(record))


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, CouldNotKeep) else f"{type(error).__name__}: {error}"
