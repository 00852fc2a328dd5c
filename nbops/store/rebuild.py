"""Making the hub anew from what it was read from: journals, sealed ones too, and executed notebooks.

The new one is made beside the old one, and takes its place in one transaction: whoever reads meanwhile sees the old
hub or the new one, and a crash leaves the old one.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from nbops.errors import HubError, NbopsError, NotebookError
from nbops.pipeline.run import StepState, verdict
from nbops.records import STEP_MIME, Record, RunFinished, RunStarted, StepFinished, from_json
from nbops.store import schema
from nbops.store.address import hub_url
from nbops.store.database import Database
from nbops.store.hub import Hub, open_hub
from nbops.store.ingest import Ingested, ingest
from nbops.store.journal import Journal
from nbops.store.moving import carry_over
from nbops.store.project import Project

__all__ = ["ingest_notebook", "open_or_set_aside", "rebuild"]

_ROWS = 2_000


def rebuild(hub: Database, project: Project) -> Ingested:
    """Make *hub* anew from the journals of *project*; its executed notebooks tell of runs that no journal knows.

    Entries of journals that are not there are kept: those of other projects that share the hub, and of journals that
    somebody removed.

    Raises:
        HubError: It cannot be written; then it is as before.
    """
    temporary = tempfile.TemporaryDirectory(prefix="nbops-rebuild-")
    with temporary as folder, open_hub(project, str(Path(folder, "hub.db"))) as new:
        found = ingest(new, project, seal=False)
        with hub.read() as source:
            carry_over(source, new)
        recovered, problems = _recover(new, project, sorted(project.runs.glob("*/*.ipynb")))
        more = ingest(new, project, seal=False) if recovered else Ingested()
        with hub.write() as target:
            carry_over(target, new)  # what others wrote meanwhile; from here on they wait
            _copy(new, target)
    problems = (*found.problems, *problems, *more.problems)
    return Ingested(found.records + more.records, found.journals + more.journals, problems)


def ingest_notebook(hub: Hub, project: Project, path: Path) -> Ingested:
    """Take in the runs that the executed notebook at *path* holds records of and *hub* does not know.

    They are written to a journal first, so that they stay known when the hub is made anew.

    Raises:
        NotebookError: It cannot be read, or holds no records.
    """
    if not _runs_in(path):
        fix = "nbops run it, or papermill it with nbops loaded in its first cell"
        raise NotebookError("the notebook holds no records of a run", where=str(path), fix=fix)
    _, problems = _recover(hub, project, [path])
    found = ingest(hub, project)
    return Ingested(found.records, found.journals, (*problems, *found.problems))


def open_or_set_aside(project: Project, url: str = "") -> tuple[Hub, Path | None]:
    """Open the hub of *project*; when its file is broken, set that aside first and open an empty one in its place.

    Returns:
        The hub, and the path that the broken file has now (None when it was not broken).

    Raises:
        HubError: It cannot be opened for another reason; a hub of a newer version is not broken.
    """
    address = hub_url(project, url)
    file = Path(address.database or ":memory:")
    aside = None
    if address.get_backend_name() == "sqlite" and file.is_file() and _is_broken(file):
        aside = file.with_name(f"{file.name}.broken-{time.strftime('%Y%m%dT%H%M%S')}")
        try:
            for suffix in ("-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
            file.rename(aside)
        except OSError as error:
            raise HubError(f"the broken hub cannot be set aside: {error}", where=str(file), fix=f"rm {file}") from error
    return open_hub(project, url), aside


def _is_broken(file: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",))
    except sqlite3.OperationalError:  # busy, or no right to read it: that is another trouble
        return False
    except sqlite3.DatabaseError:
        return True


_TOLD = (schema.incident, schema.notice, schema.slot, schema.server)
"""What stands in no journal: numbers of incidents, that people were told, and who holds a slot at this moment."""


def _copy(new: Database, target: Connection) -> None:
    seen = schema.occurrence.c.run
    known = seen.in_(select(schema.run.c.run)) | seen.in_(select(schema.entry.c.id))
    target.execute(delete(schema.occurrence).where(known))  # of runs that were pruned nothing else tells any more
    for table in schema.metadata.sorted_tables:
        if table in (*_TOLD, schema.occurrence):
            continue
        target.execute(delete(table))
        for some in _rows_of(new, table):
            target.execute(insert(table), some)


def _rows_of(hub: Database, table: Table) -> Iterator[list[dict[str, Any]]]:
    with hub.read() as source:
        rows = source.execute(select(table), execution_options={"yield_per": _ROWS})
        for some in rows.mappings().partitions():
            yield [dict(row) for row in some]


# ── executed notebooks ───────────────────────────────────────────────────────────────────────────────────────────────


def _recover(hub: Database, project: Project, notebooks: Iterable[Path]) -> tuple[int, tuple[str, ...]]:
    """Write to a journal what *notebooks* tell of runs that *hub* does not know; return of how many, and problems."""
    journal = Journal(project)
    problems: list[str] = []
    known = _known_runs(hub)
    recovered = 0
    for path in notebooks:
        try:
            runs = _runs_in(path)
        except NbopsError as error:
            problems.append(str(error))
            continue
        for run, found in runs.items():
            if run not in known:
                known.add(run)
                recovered += 1
                for record in _whole(found, project.relative(path)):
                    journal.append(record)
    journal.close()
    return recovered, tuple(problems)


def _known_runs(hub: Database) -> set[str]:
    with hub.read() as connection:
        run, tombstone = schema.run.c, schema.tombstone.c
        started = connection.scalars(select(run.run).where(run.started_at.is_not(None)))
        return {*started, *connection.scalars(select(tombstone.run))}


def _runs_in(path: Path) -> dict[str, list[Record]]:
    """Return the records in the outputs and the metadata of an executed notebook, by run."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        found: dict[str, list[Record]] = {}
        for data in _records_in(notebook):
            record = from_json(data)
            found.setdefault(record.run, []).append(record)
        return found
    except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
        raise NotebookError(f"not an executed notebook: {error}", where=str(path), fix=f"open {path}") from error


def _records_in(notebook: Any) -> Iterator[Any]:
    yield from notebook.get("metadata", {}).get("nbops", {}).get("records", [])
    for cell in notebook.get("cells", []):
        for output in cell.get("outputs", []):
            if data := output.get("data", {}).get(STEP_MIME):
                yield json.loads("".join(data)) if isinstance(data, (str, list)) else data


def _whole(found: list[Record], output: str) -> list[Record]:
    """Return *found* with a start and an end, made from its steps when they are missing."""
    steps = [record for record in found if isinstance(record, StepFinished)]
    records = sorted(found, key=lambda record: record.at)
    if not any(isinstance(record, RunStarted) for record in records):
        run, at = records[0].run, min((s.started_at for s in steps), default=records[0].at)  # type: ignore[union-attr]
        names = tuple(dict.fromkeys(step.step for step in steps))
        records.insert(0, RunStarted(at, run, "batch", steps=names, output=output, launcher="recovered"))
    if not any(isinstance(record, RunFinished) for record in records):
        last = records[-1]
        status = verdict(StepState(s.step, s.status) for s in steps)
        reason = "recovered from the executed notebook; how it ended is not known beyond its steps"
        records.append(RunFinished(last.at, last.run, status, reason, output=output))  # type: ignore[union-attr]
    return records
