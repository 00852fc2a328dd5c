"""The connection to the hub: opened once, read from freely, written to in short whole transactions.

On SQLite the file is in WAL mode, so that readers never wait; a write begins with ``BEGIN IMMEDIATE``, so that it
waits for its turn (30 s) instead of failing when a read turns into a write.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from nbops.errors import HubError, UsageError
from nbops.store import schema
from nbops.store.project import Project

__all__ = ["Database", "hub_url"]

BUSY_SECONDS = 30.0
_WRITES = "nbops_writes"
_ELSEWHERE = "give yourself the right to write there, or keep the hub elsewhere: NBOPS_HUB=/path/to/hub.db"
_GIVEN, _ADDRESS = "--hub, NBOPS_HUB or the setting hub", "write sqlite:////path/to/hub.db"
_STAMP = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    f"INSERT INTO alembic_version VALUES ('{schema.REVISION}')",
)


class Database:
    """One hub. Threads may share it; close it, or use it as a context manager.

    Args:
        url: Where it is, as :func:`hub_url` gives it.
        project: The project whose journals it is read from.

    Raises:
        HubVersionError: It was made by a newer nbops.
        HubError: It cannot be opened.
    """

    def __init__(self, url: URL, project: Project) -> None:
        self.project = project
        self.where = url.database if url.database and url.database != ":memory:" else "memory"
        self._turn = threading.RLock() if self.where == "memory" else contextlib.nullcontext()
        self._engine = _make_engine(url)
        try:
            self._make_place()
            self._prepare()
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.where}>"

    @property
    def version(self) -> str:
        """The revision of the tables."""
        with self.read() as connection:
            return _revision(connection)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the hub, whatever others write meanwhile."""
        with self._turn, self._clear_errors(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose work is kept whole when the block ends well, and not at all when it raises."""
        writer = self._engine.execution_options(**{_WRITES: True})
        with self._turn, self._clear_errors(), writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make_place(self) -> None:
        folder = Path(self.where).parent
        try:
            if folder == self.project.folder:
                self.project.make_folder()
            elif self.where != "memory":
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HubError(f"the hub's folder cannot be made: {error}", where=self.where, fix=_ELSEWHERE) from error

    def _prepare(self) -> None:
        if self.where != "memory":
            with self._clear_errors():
                _use_wal(self.where)
        with self.read() as connection:
            found = _revision(connection)
        if found != schema.REVISION:
            self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        with self.write() as connection:
            tables = sqlalchemy.inspect(connection).get_table_names()
            if {*tables} - {"alembic_version"} and not _revision(connection):
                fix = "name another file: NBOPS_HUB=/path/to/hub.db"
                raise HubError(
                    f"a database that is no hub: it holds {', '.join(tables[:3])}", where=self.where, fix=fix
                )
            if not tables:
                schema.metadata.create_all(connection)
                for statement in _STAMP:
                    connection.exec_driver_sql(statement)
            elif _revision(connection) != schema.REVISION:  # nobody else did it while this one waited for its turn
                from nbops.store.migrations import migrate

                migrate(connection, self.where)

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            raise _clear(error, self.where) from error


def hub_url(project: Project, where: str = "") -> URL:
    """Return the URL of a hub: of the project's own when *where* is empty, else of that URL or path of a SQLite file.

    Raises:
        UsageError: *where* is no URL, or of a database that is not known.

    Example:
        >>> str(hub_url(Project(Path("/srv/nbops")), "team.db"))
        'sqlite:////srv/nbops/team.db'
    """
    if "://" not in where:
        return URL.create("sqlite", database=str(project.root / where if where else project.hub_file))
    try:
        url = make_url(where)
    except ArgumentError as error:
        raise UsageError(f"{where!r} is no address of a hub", where=_GIVEN, fix=_ADDRESS) from error
    if url.get_backend_name() != "sqlite":
        raise UsageError(f"a hub cannot be kept in {url.get_backend_name()}", where=_GIVEN, fix=_ADDRESS)
    return url


def _make_engine(url: URL) -> Engine:
    pool = sqlalchemy.StaticPool if url.database in (None, "", ":memory:") else sqlalchemy.QueuePool
    arguments = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = sqlalchemy.create_engine(url, connect_args=arguments, poolclass=pool)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    connection.execute("PRAGMA synchronous = NORMAL")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _use_wal(file: str) -> None:
    """Put the file into WAL mode, where it stays. SQLite does not wait for others here, so this does."""
    deadline = time.monotonic() + BUSY_SECONDS
    with contextlib.closing(sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


def _revision(connection: Connection) -> str:
    known = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first()
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first() if known else None
    return str(row[0]) if row else ""


def _clear(error: BaseException, where: str) -> HubError:
    text = str(getattr(error, "orig", None) or error)
    if "locked" in text:
        return HubError(
            f"the hub is busy: others have been writing to it for {BUSY_SECONDS:g} s", where=where, fix="try again"
        )
    if "full" in text or "disk I/O" in text:
        return HubError(
            f"the hub cannot be written: {text}", where=where, fix="make room on the disk; the journals lost nothing"
        )
    if "unable to open" in text or "readonly" in text:
        return HubError(
            f"the hub cannot be opened for writing: {text}",
            where=where,
            fix=_ELSEWHERE,
        )
    return HubError(f"the hub cannot be read: {text}", where=where, fix="nbops hub rebuild")
