"""Counting kept values, and discarding them: those of old runs, and the oldest where they take too much room."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nbops.store.artifacts import Artifacts, KeptStep
from nbops.store.places import KeptFile

__all__ = ["YOUNG_SECONDS", "Discarded", "Sharing", "discard", "sharing"]

YOUNG_SECONDS = 600.0
"""How long a value stays that no list names: a run that keeps it right now writes its list after it."""


@dataclass(frozen=True, slots=True)
class Discarded:
    """What was discarded, or would be.

    Args:
        steps: What steps left in which runs, oldest first.
        files: The files of values that nothing needs any more.
        size: How many bytes those take.
        left: How many bytes stay.
        young: How many of those no run names, and stay only because they were written or asked for just now.
    """

    steps: tuple[KeptStep, ...] = ()
    files: tuple[KeptFile, ...] = ()
    size: int = 0
    left: int = 0
    young: int = 0

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs that cannot be resumed from these values any more."""
        return tuple(dict.fromkeys(step.run for step in self.steps))


@dataclass(frozen=True, slots=True)
class Sharing:
    """How much is kept, and how much less that is because equal values are kept once.

    Args:
        values: How many values are kept.
        runs: How many runs left them.
        size: How many bytes they take.
        named: How many bytes they would take if each run had its own.
    """

    values: int
    runs: int
    size: int
    named: int

    @property
    def saved(self) -> int:
        """How many bytes are not there because values are shared."""
        return max(0, self.named - self.size)


def sharing(artifacts: Artifacts) -> Sharing:
    """Count what is kept."""
    sizes: dict[str, int] = {}
    runs: set[str] = set()
    named = 0
    for step in artifacts.every():
        own = {kept.digest: kept.size for kept in step.values if kept.digest}
        sizes |= own
        named += sum(own.values())
        runs.add(step.run)
    return Sharing(len(sizes), len(runs), sum(sizes.values()), named)


def discard(
    artifacts: Artifacts, older_than_seconds: float, keep: int, max_bytes: int | None = None, *, dry: bool
) -> Discarded:
    """Discard what runs left that are older, but not of the newest *keep* runs; the oldest ones until the rest fits.

    Args:
        artifacts: Where it is kept.
        older_than_seconds: Only what is older than this.
        keep: So many of the newest runs stay, unless they alone take too much room.
        max_bytes: How much all that stays may take; None for no limit.
        dry: Only say what would be discarded.
    """
    steps = sorted(artifacts.every(), key=lambda step: step.at)
    runs = list(dict.fromkeys(step.run for step in reversed(steps)))
    before, newest = time.time() - older_than_seconds, set(runs[:keep])
    doomed = {step.run for step in steps if step.at < before} - newest
    while max_bytes is not None and _size(step for step in steps if step.run not in doomed) > max_bytes:
        doomed.add(next(run for run in reversed(runs) if run not in doomed))
    gone = [step for step in steps if step.run in doomed]
    left = [step for step in steps if step.run not in doomed]
    unused = artifacts.unused(left)
    files = tuple(file for file in unused if file.is_older(YOUNG_SECONDS))
    size = sum(file.size for file in files)
    young = sum(file.size for file in unused) - size
    found = Discarded(tuple(gone), files, size, artifacts.size() - size, young)
    if not dry:
        _remove(artifacts, gone, files)
    return found


def _remove(artifacts: Artifacts, steps: Sequence[KeptStep], files: Iterable[KeptFile]) -> None:
    for step in steps:  # the lists first: a list never names a value that is gone
        artifacts.forget(step)
    for file in files:
        artifacts.place.remove(file.name)
    artifacts.sweep()


def _size(steps: Iterable[KeptStep]) -> int:
    return sum({kept.digest: kept.size for step in steps for kept in step.values}.values())
