"""The connection to the hub: opened once, read from freely, written to in short whole transactions.

Where it is decides how that is done: :mod:`nbops.store.sqlite` and :mod:`nbops.store.postgres` say what differs. For
both it holds that a read sees one state whatever others write meanwhile, and that writers take turns.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any, Protocol, Self

import sqlalchemy
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from nbops.errors import HubError, HubVersionError
from nbops.store import schema
from nbops.store.project import Project

__all__ = ["Backend", "Database"]

_STAMP = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    f"INSERT INTO alembic_version VALUES ('{schema.REVISION}')",
)


class Backend(Protocol):
    """What differs between the databases that a hub may be kept in."""

    where: str
    """How people call the place; never with a password."""

    engine: Engine
    read_options: dict[str, Any]
    write_options: dict[str, Any]
    has_one_connection: bool
    other_place: str
    """What to type when something else is kept there."""

    def make_place(self, project: Project) -> None:
        """Make what must be there before a connection."""

    def revision(self, connection: Connection) -> str:
        """Return the revision of the tables; empty when there are none."""

    def rights(self, connection: Connection) -> frozenset[str]:
        """Return what may be done to the hub: take records in (INSERT), and prune (DELETE)."""

    def clear(self, error: BaseException) -> HubError:
        """Return what an error of the database means."""


class Database:
    """One hub. Threads may share it; close it, or use it as a context manager.

    Args:
        url: Where it is, as :func:`nbops.store.address.hub_url` gives it.
        project: The project whose journals it is read from.

    Raises:
        HubVersionError: It was made by a newer nbops, or by an older one and this role may not migrate it.
        HubError: It cannot be opened.
    """

    def __init__(self, url: URL, project: Project) -> None:
        self.project = project
        self.url = url
        self._backend = _backend(url)
        self.where = self._backend.where
        self._rights: frozenset[str] | None = None
        self._turn = threading.RLock() if self._backend.has_one_connection else contextlib.nullcontext()
        self._engine = self._backend.engine
        try:
            self._backend.make_place(project)
            self._prepare()
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.where}>"

    @property
    def address(self) -> str:
        """Where it is, for another process to open it: it may hold a password, and is never shown; ``where`` is."""
        return self.url.render_as_string(hide_password=False)

    @property
    def version(self) -> str:
        """The revision of the tables."""
        with self.read() as connection:
            return self._backend.revision(connection)

    @property
    def may_write(self) -> bool:
        """Whether records may be taken in: a role of the database may only read, and so may every copy of a server."""
        return "INSERT" in self._known_rights()

    @property
    def may_prune(self) -> bool:
        """Whether runs may be forgotten."""
        return "DELETE" in self._known_rights()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the hub, whatever others write meanwhile."""
        reader = self._engine.execution_options(**self._backend.read_options)
        with self._turn, self._clear_errors(), reader.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose work is kept whole when the block ends well, and not at all when it raises.

        Nobody else writes meanwhile: what the block reads stays true until it ends.
        """
        writer = self._engine.execution_options(**self._backend.write_options)
        with self._turn, self._clear_errors(), writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _known_rights(self) -> frozenset[str]:
        if self._rights is None:
            with self.read() as connection:
                self._rights = self._backend.rights(connection)
        return self._rights

    def _prepare(self) -> None:
        with self.read() as connection:
            found = self._backend.revision(connection)
        if found == schema.REVISION:
            return
        try:
            self._bring_up_to_date()
        except HubVersionError:
            raise
        except HubError as error:
            if getattr(getattr(error.__cause__, "orig", None), "sqlstate", "") in ("42501", "25006"):
                raise _not_ours(found, self.where) from error
            raise

    def _bring_up_to_date(self) -> None:
        with self.write() as connection:
            tables = sqlalchemy.inspect(connection).get_table_names()
            found = self._backend.revision(connection)
            if {*tables} - {"alembic_version"} and not found:
                what = f"a database that is no hub: it holds {', '.join(tables[:3])}"
                raise HubError(what, where=self.where, fix=self._backend.other_place)
            if not tables:
                schema.metadata.create_all(connection)
                for statement in _STAMP:
                    connection.exec_driver_sql(statement)
            elif found != schema.REVISION:  # nobody else did it while this one waited for its turn
                from nbops.store.migrations import migrate

                migrate(connection, self.where)

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            raise self._backend.clear(error) from error


def _backend(url: URL) -> Backend:
    if url.get_backend_name() == "sqlite":
        from nbops.store.sqlite import SqliteBackend

        return SqliteBackend(url)
    from nbops.store.postgres import PostgresBackend

    return PostgresBackend(url)


def _not_ours(found: str, where: str) -> HubVersionError:
    """Return what a role is told that finds a hub of another revision, or none, and may not change that."""
    what = f"the hub is of revision {found}, this nbops needs {schema.REVISION}" if found else "there is no hub yet"
    fix = "let its owner open it once with this nbops: nbops hub"
    return HubVersionError(f"{what}, and this role may not {'migrate' if found else 'make'} it", where=where, fix=fix)
