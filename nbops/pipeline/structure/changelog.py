"""The change log of a dataset's structure: what each run changed, folded from what runs saw of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nbops.pipeline.structure.change import StructureChange
from nbops.pipeline.structure.learning import Known, learnt
from nbops.pipeline.structure.model import NOTHING, Structure
from nbops.records import ColumnSeen, DatasetSeen

__all__ = ["Changelog", "DatasetSummary", "Entry", "Look", "Reader", "fold_looks"]


@dataclass(frozen=True, slots=True)
class Look:
    """What one run saw of a dataset.

    Args:
        seen: What it saw.
        at: When the run began, in seconds since 1970.
        status: What became of the run.
    """

    seen: DatasetSeen
    at: float
    status: str = "passed"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a dataset.

    Args:
        name: A step, a notebook, a report, a person.
        how: How that is known: ``inferred`` from what ran, or ``declared`` in the dictionary.
    """

    name: str
    how: str = "inferred"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one run changed.

    Args:
        run: The run.
        at: When it began, in seconds since 1970.
        status: What became of it.
        changes: What it changed, the most telling first.
        rows: How many rows the dataset had.
        looked: How many of them were looked at.
    """

    run: str
    at: float
    status: str
    changes: tuple[StructureChange, ...]
    rows: int | None = None
    looked: int = 0


@dataclass(frozen=True, slots=True)
class Changelog:
    """The change log of one dataset.

    Args:
        dataset: Its full name, ``NOTEBOOK/NAME``.
        step: The step that leaves it.
        env: The environment whose runs are told of.
        entries: What runs changed, the newest first.
        structure: What is believed of it now.
        columns: Its columns as they were last seen with values in them.
        looks: How many runs saw it.
        since: When the first of them began; 0 when none did.
        until: When the last of them began.
        last: The run that saw it last.
        rows: How many rows it had then.
        readers: Who reads it.
        also_at: Other steps that leave a table of that name.
        problem: Why the last run saw no more of it; empty when all is well.
        unread: Why what people wrote in its dictionary does not count; empty when it does.
    """

    dataset: str
    step: str = ""
    env: str = ""
    entries: tuple[Entry, ...] = ()
    structure: Structure = NOTHING
    columns: tuple[ColumnSeen, ...] = ()
    looks: int = 0
    since: float = 0.0
    until: float = 0.0
    last: str = ""
    rows: int | None = None
    readers: tuple[Reader, ...] = ()
    also_at: tuple[str, ...] = field(default=())
    problem: str = ""
    unread: str = ""

    def of_run(self, run: str) -> Entry | None:
        """Return what the run with this id changed; None when that was nothing."""
        return next((entry for entry in self.entries if entry.run == run), None)


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """One line of the list of datasets.

    Args:
        dataset: Its full name, ``NOTEBOOK/NAME``.
        step: The step that leaves it.
        env: The environment.
        rows: How many rows it had last.
        columns: How many columns.
        runs: How many runs saw it.
        last: The run that saw it last.
        at: When that run began, in seconds since 1970.
    """

    dataset: str
    step: str
    env: str
    rows: int | None
    columns: int
    runs: int
    last: str
    at: float


def fold_looks(dataset: str, looks: Iterable[Look], *, step: str = "", env: str = "") -> Changelog:
    """Return the change log that *looks* tell of, the oldest of them first.

    Example:
        >>> from dataclasses import replace
        >>> km = ColumnSeen("km", "int64", nulls=0, distinct=9)
        >>> one = DatasetSeen(0.0, "r1", "load", "trips", rows=9, columns=(km,))
        >>> two = replace(one, run="r2", columns=(replace(km, type="str"),))
        >>> log = fold_looks("nb/trips", [Look(one, 0.0), Look(two, 1.0)])
        >>> log.looks, [[change.kind for change in entry.changes] for entry in log.entries]
        (2, [['type']])
    """
    known = Known()
    entries: list[Entry] = []
    some: Sequence[Look] = list(looks)
    for look in some:
        known, changes = learnt(known, look.seen)
        if changes:
            seen = look.seen
            entries.append(Entry(seen.run, look.at, look.status, changes, seen.rows, seen.looked))
    newest = some[-1] if some else None
    return Changelog(
        dataset=dataset,
        step=step,
        env=env,
        entries=tuple(reversed(entries)),
        structure=known.structure,
        columns=tuple(known.evidence[name].last for name in known.structure.names),
        looks=len(some),
        since=some[0].at if some else 0.0,
        until=newest.at if newest else 0.0,
        last=newest.seen.run if newest else "",
        rows=known.rows,
        problem=newest.seen.problem if newest else "",
    )
