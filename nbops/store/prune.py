"""Forgetting old runs, for ever: the act goes to a journal, so that a hub made anew forgets them too."""

from __future__ import annotations

import getpass
import json
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select

from nbops.errors import HubError, HubVersionError
from nbops.pipeline.run import RunSummary
from nbops.records import Act, RunFinished, RunStarted, from_json
from nbops.store import schema
from nbops.store.database import Database
from nbops.store.ingest import ingest
from nbops.store.intake import chunks
from nbops.store.journal import Journal, read_entries
from nbops.store.tombstones import told_of

__all__ = ["Pruned", "prune"]

_RUNS_PER_ACT = 1_000


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was forgotten, or would be.

    Args:
        runs: The runs and sessions, newest first.
        folders: The folders in ``.nbops/runs`` with their executed notebooks and reports.
        journals: The archived journals that held nothing else; known only after the fact.
    """

    runs: tuple[RunSummary, ...] = ()
    folders: tuple[Path, ...] = ()
    journals: tuple[Path, ...] = ()


def prune(
    hub: Database, ended: Sequence[RunSummary], older_than_seconds: float, keep: int, *, dry: bool, who: str = ""
) -> Pruned:
    """Forget those of *ended*, newest first, that began longer ago than *older_than_seconds*.

    Args:
        hub: The hub that knows them.
        ended: The runs and sessions that may be forgotten.
        older_than_seconds: The least age.
        keep: How many of each notebook, environment and kind to keep, however old.
        dry: Only say what would be forgotten.
        who: Who does it; the user by default.

    Raises:
        HubError: The act cannot be written down; then nothing is forgotten.
    """
    runs = _doomed(ended, time.time() - older_than_seconds, keep)
    folders = _folders(hub, [r.run for r in runs])
    if dry or not runs:
        return Pruned(runs, folders)
    if not hub.may_prune:
        fix = "let somebody do it who owns the hub: docs/hub_on_postgresql.md"
        raise HubError("nothing was pruned: this role may not forget runs", where=hub.where, fix=fix)
    _write_down(hub, runs, older_than_seconds, keep, who or _user())
    ingest(hub, hub.project)
    for folder in folders:
        shutil.rmtree(folder)
    return Pruned(runs, folders, _remove_spent_journals(hub))


def _doomed(ended: Iterable[RunSummary], before: float, keep: int) -> tuple[RunSummary, ...]:
    newer: Counter[tuple[object, ...]] = Counter()
    doomed = []
    for run in ended:
        group = (run.notebook, run.env, run.kind)
        if newer[group] >= keep and run.started_at < before:
            doomed.append(run)
        newer[group] += 1
    return tuple(doomed)


def _folders(hub: Database, runs: list[str]) -> tuple[Path, ...]:
    entry = schema.entry.c
    home = hub.project.runs
    found: set[Path] = set()
    with hub.read() as connection:
        for some in chunks(runs):
            query = select(entry.body).where(entry.run.in_(some), entry.kind.in_(("RunStarted", "RunFinished")))
            for row in connection.execute(query):
                found |= {hub.project.root / path for path in _written(from_json(json.loads(row.body)))}
    return tuple(sorted({path.parent for path in found if path.parent.parent == home and path.parent.is_dir()}))


def _written(record: RunStarted | RunFinished) -> set[str]:
    paths = {record.output} if isinstance(record, RunStarted) else {record.output, record.report}
    return paths - {""}


def _write_down(hub: Database, runs: Sequence[RunSummary], older_than_seconds: float, keep: int, who: str) -> None:
    journal = Journal(hub.project, on_trouble=lambda _: None)  # told below, as an error
    limits = {"older_than_seconds": f"{older_than_seconds:g}", "keep": str(keep)}
    for start in range(0, len(runs), _RUNS_PER_ACT):
        some = runs[start : start + _RUNS_PER_ACT]
        detail = {**limits, "runs": " ".join(run.run for run in some), "told": told_of(some)}
        journal.append(Act(time.time(), "prune", who=who, detail=detail), sync=True)
    journal.close()
    if journal.waiting:
        raise HubError(
            "nothing was pruned: the act cannot be written down",
            where=str(journal.path),
            fix="make room on the disk, or give yourself the right to write there",
        )


def _remove_spent_journals(hub: Database) -> tuple[Path, ...]:
    with hub.read() as connection:
        buried = set(connection.scalars(select(schema.tombstone.c.run)))
    spent = [path for path in sorted(hub.project.journals.glob("archive/*/*.jsonl")) if _is_spent(path, buried)]
    with hub.write() as connection:
        for some in chunks(path.name for path in spent):
            connection.execute(delete(schema.journal).where(schema.journal.c.name.in_(some)))
    for path in spent:
        path.unlink(missing_ok=True)
    return tuple(spent)


def _is_spent(path: Path, buried: set[str]) -> bool:
    """Return whether the journal tells of nothing but runs that were pruned."""
    try:
        found = [entry.record if entry else None for entry, _, _ in read_entries(path)]
    except HubVersionError:
        return False
    return all(record is not None and not isinstance(record, Act) and record.run in buried for record in found)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return ""
