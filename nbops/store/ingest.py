"""Taking journals into the hub.

Each journal is read on from where the last reading ended, and what was read is taken in together with the new offset
in one transaction: so a crash between two journals, or two processes that read the same one, do no harm. A journal
that nobody has written to for a day is sealed: it moves to ``journal/archive/YYYY-MM``, where it is looked at again
only when something is added to that folder, or when the hub is made anew.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection, Table, select

from nbops.errors import HubError, HubVersionError
from nbops.records import Act
from nbops.store import schema
from nbops.store.database import Database
from nbops.store.intake import Prepared, chunks, prepare, take
from nbops.store.journal import Entry, read_entries
from nbops.store.project import Project

__all__ = ["SEAL_AFTER", "Ingested", "ingest"]

SEAL_AFTER = 86_400.0
"""Seconds without a record after which a journal is sealed."""

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Ingested:
    """What taking in found.

    Args:
        records: How many records were read; those that the hub knew already are among them.
        journals: How many journals had something new.
        problems: What could not be taken in, one sentence each.
    """

    records: int = 0
    journals: int = 0
    problems: tuple[str, ...] = ()


def ingest(hub: Database, project: Project, *, seal: bool = True) -> Ingested:
    """Take into *hub* whatever is new in the journals of *project*.

    Args:
        hub: The hub to take it into.
        project: Whose journals to read.
        seal: Whether to move journals that are long over to the archive.

    Raises:
        HubError: The hub cannot be written. What was read before is in it, the rest comes with the next ingest.
    """
    files = _files(project.journals)
    with hub.read() as connection:
        query = select(schema.archive).where(schema.archive.c.folder.startswith(str(project.journals), autoescape=True))
        known = {row.folder: row.changed for row in connection.execute(query)}
        changed = dict(_changed_archives(project.journals / "archive", known))
        files += [file for folder in changed for file in _files(folder)]
        intake = _Intake(hub, _offsets(connection, [file.name for file in files]))
    for file in files:
        intake.read(file)
    intake.flush(changed)
    if seal:
        _seal(project.journals, intake.offsets)
    return Ingested(intake.records, intake.journals, tuple(intake.problems))


@dataclass(slots=True)
class _Intake:
    hub: Database
    offsets: dict[str, int]
    stopped: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    records: int = 0
    journals: int = 0
    _prepared: list[Prepared] = field(default_factory=list)
    _moved: dict[str, int] = field(default_factory=dict)

    def read(self, file: os.DirEntry[str]) -> None:
        """Read *file* on from where the last reading ended; from its beginning, when it became shorter."""
        known = self.offsets.get(file.name, 0)
        try:
            size = file.stat().st_size
            if size == known:
                return
            self._read_from(Path(file.path), known if known < size else 0)
        except FileNotFoundError:  # sealed by somebody else just now; the archive's folder has changed with it
            return
        except HubVersionError as error:
            self._stop(file.path, str(error))
        except HubError:  # the hub cannot be written: no fault of this file
            raise
        except OSError as error:
            self._stop(file.path, str(error))

    def _stop(self, path: str, why: str) -> None:
        """Leave for another time what stands in a journal from here on: its folder was not read to the end."""
        self.problems.append(f"{path}: {why}")
        self.stopped.add(str(Path(path).parent))

    def _read_from(self, path: Path, offset: int) -> None:
        before = self.records
        for entry, end, problem in read_entries(path, offset):
            if entry and isinstance(entry.record, Act) and entry.record.verb == "prune" and not self.hub.may_prune:
                self._stop(str(path), "it forgets runs, which this role may not; let the hub's owner take it in")
                break
            misfit = self._add(entry) if entry else problem
            if misfit:
                self.problems.append(f"{path} before byte {end}: {misfit}")
            self.offsets[path.name] = self._moved[path.name] = end
            if len(self._prepared) >= _BATCH:
                self.flush()
        self.journals += self.records > before

    def _add(self, entry: Entry) -> str:
        try:
            prepared = prepare(entry)
        except (TypeError, ValueError, AttributeError) as error:
            return f"not a record ({type(error).__name__}: {error})"
        self._prepared.append(prepared)
        self.records += 1
        return ""

    def flush(self, folders: Mapping[Path, int] = MappingProxyType({})) -> None:
        """Take in what was read, and how far; and which of *folders*, that were read whole, had changed when.

        Raises:
            HubError: The hub cannot be written.
        """
        whole = {str(folder): at for folder, at in folders.items() if str(folder) not in self.stopped}
        if not (self._moved or whole):
            return
        if not self.hub.may_write:
            what = "what is new in the journals here cannot be taken in: this hub can only be read"
            raise HubError(what, where=self.hub.where, fix="by another role or server: docs/hub_on_postgresql.md")
        with self.hub.write() as connection:
            take(connection, self._prepared)
            _note(connection, schema.journal, "name", "offset", self._moved)
            _note(connection, schema.archive, "folder", "changed", whole)
        self._prepared, self._moved = [], {}


def _note(connection: Connection, table: Table, key: str, value: str, found: dict[str, int]) -> None:
    """Write *found* into the columns *key* and *value* of *table*, over what stood there."""
    if found:
        new = schema.insert(connection, table)
        statement = new.on_conflict_do_update(index_elements=[key], set_={value: new.excluded[value]})
        connection.execute(statement, [{key: name, value: number} for name, number in found.items()])


def _offsets(connection: Connection, names: list[str]) -> dict[str, int]:
    """Return how far the journals of these names were read; a hub that is shared knows many more."""
    journal = schema.journal.c
    return {
        row.name: row.offset
        for some in chunks(names)
        for row in connection.execute(select(journal.name, journal.offset).where(journal.name.in_(some)))
    }


def _files(folder: Path) -> list[os.DirEntry[str]]:
    """Return the journals in *folder*, oldest first; none when there is no such folder."""
    try:
        with os.scandir(folder) as found:
            files = [file for file in found if file.name.endswith(".jsonl")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(files, key=lambda file: file.name)


def _changed_archives(archive: Path, known: dict[str, int]) -> Iterator[tuple[Path, int]]:
    """Yield the folders of *archive* that something was added to, with the time of it as read *before* the folder."""
    try:
        folders = sorted(archive.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for folder in folders:
        changed = folder.stat().st_mtime_ns
        if folder.is_dir() and known.get(str(folder)) != changed:
            yield folder, changed


def _seal(journals: Path, offsets: dict[str, int]) -> None:
    """Move the journals that are over, and wholly read, to the archive's folder of their month."""
    for file in _files(journals):
        with contextlib.suppress(FileNotFoundError):  # somebody else seals too
            status = file.stat()
            is_read = offsets.get(file.name) == status.st_size
            if is_read and time.time() - status.st_mtime > SEAL_AFTER:
                folder = journals / "archive" / time.strftime("%Y-%m", time.gmtime(status.st_mtime))
                folder.mkdir(parents=True, exist_ok=True)
                os.replace(file.path, folder / file.name)
