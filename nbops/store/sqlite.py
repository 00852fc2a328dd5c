"""A hub in a SQLite file: for one machine, and for a team that shares none.

The file is in WAL mode, so that readers never wait; a write begins with ``BEGIN IMMEDIATE``, so that it waits for its
turn (30 s) instead of failing when a read turns into a write.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL

from nbops.errors import HubError
from nbops.store.address import shown
from nbops.store.project import Project

__all__ = ["BUSY_SECONDS", "SqliteBackend"]

BUSY_SECONDS = 30.0
"""How long a write waits for its turn."""

_WRITES = "nbops_writes"
_ELSEWHERE = "give yourself the right to write there, or keep the hub elsewhere: NBOPS_HUB=/path/to/hub.db"


class SqliteBackend:
    """What a hub does differently in SQLite.

    Args:
        url: The file, or memory.
    """

    read_options: dict[str, Any] = {}
    write_options: dict[str, Any] = {_WRITES: True}
    other_place = "name another file: NBOPS_HUB=/path/to/hub.db"

    def __init__(self, url: URL) -> None:
        self.where = shown(url)
        self.has_one_connection = self.where == "memory"
        pool = sqlalchemy.StaticPool if self.has_one_connection else sqlalchemy.QueuePool
        arguments = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        self.engine: Engine = sqlalchemy.create_engine(url, connect_args=arguments, poolclass=pool)
        event.listen(self.engine, "connect", _on_connect)
        event.listen(self.engine, "begin", _on_begin)

    def make_place(self, project: Project) -> None:
        """Make the folder of the file, and put the file into WAL mode, where it stays.

        Raises:
            HubError: It cannot be made.
        """
        if self.where == "memory":
            return
        folder = Path(self.where).parent
        try:
            if folder == project.folder:
                project.make_folder()
            else:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HubError(f"the hub's folder cannot be made: {error}", where=self.where, fix=_ELSEWHERE) from error
        try:
            _use_wal(self.where)
        except sqlite3.Error as error:
            raise self.clear(error) from error

    def revision(self, connection: Connection) -> str:
        """Return the revision of the tables; empty when there are none."""
        known = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first()
        row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first() if known else None
        return str(row[0]) if row else ""

    def rights(self, _connection: Connection) -> frozenset[str]:
        """Return what may be done to a hub that is there: whatever its file lets itself be done."""
        return frozenset({"INSERT", "DELETE"})

    def clear(self, error: BaseException) -> HubError:
        """Return what *error* of the database means, and what to do about it."""
        text = str(getattr(error, "orig", None) or error)
        if "locked" in text:
            busy = f"the hub is busy: others have been writing to it for {BUSY_SECONDS:g} s"
            return HubError(busy, where=self.where, fix="try again")
        if "full" in text or "disk I/O" in text:
            fix = "make room on the disk; the journals lost nothing"
            return HubError(f"the hub cannot be written: {text}", where=self.where, fix=fix)
        if "unable to open" in text or "readonly" in text:
            return HubError(f"the hub cannot be opened for writing: {text}", where=self.where, fix=_ELSEWHERE)
        return HubError(f"the hub cannot be read: {text}", where=self.where, fix="nbops hub rebuild")


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    connection.execute("PRAGMA synchronous = NORMAL")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _use_wal(file: str) -> None:
    """SQLite does not wait for others when the mode changes, so this does."""
    deadline = time.monotonic() + BUSY_SECONDS
    with contextlib.closing(sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
