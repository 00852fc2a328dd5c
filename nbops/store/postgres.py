"""A hub in PostgreSQL: for machines that share one.

Readers see one state of it (``REPEATABLE READ``) and never wait. Writers take turns: each takes one lock of the
database, which is given back with its transaction, however that ends. What was read in a write is therefore still true
when it is written, as in SQLite, and nothing has to be tried again. A server that does not answer is given up after
ten seconds, and a connection that a network lost after half a minute.
"""

from __future__ import annotations

import os
import time
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError

from nbops.errors import HubError
from nbops.store.address import shown, without_secrets
from nbops.store.project import Project

__all__ = ["CONNECT_SECONDS", "PostgresBackend"]

CONNECT_SECONDS = 10
"""How long a server may take to answer, unless the address or ``PGCONNECT_TIMEOUT`` says otherwise."""

_TURN_SECONDS = 30
_IDLE_SECONDS = 600
_REST_SECONDS = 2.0
_LOCK = 0x6E626F7073  # "nbops" in ASCII: any number that others are unlikely to lock
_NETWORK = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4, "tcp_user_timeout": 30_000}
_REVISION = "SELECT to_regclass('alembic_version') IS NOT NULL"
_RIGHTS = """SELECT has_table_privilege('entry', 'INSERT') AND has_table_privilege('run', 'UPDATE'),
    has_table_privilege('entry', 'DELETE') AND has_table_privilege('tombstone', 'INSERT'),
    current_setting('transaction_read_only') = 'on'"""
_PASSFILE = "put the password into ~/.pgpass, or the file that PGPASSFILE names: host:port:database:user:password"


class PostgresBackend:
    """What a hub does differently in PostgreSQL.

    Args:
        url: The address, which may leave to a service file or to ``PG…`` variables what it does not say.
    """

    read_options: dict[str, Any] = {"isolation_level": "REPEATABLE READ"}
    write_options: dict[str, Any] = {"isolation_level": "READ COMMITTED", "nbops_writes": True}
    has_one_connection = False
    other_place = "name an empty database, or a schema of its own: …?options=-csearch_path%3Dnbops"

    def __init__(self, url: URL) -> None:
        self.where = shown(url)
        self._url = url
        arguments: dict[str, Any] = {**_NETWORK, "application_name": "nbops", "prepare_threshold": None}
        if "PGCONNECT_TIMEOUT" not in os.environ:
            arguments["connect_timeout"] = CONNECT_SECONDS
        given = {name: value for name, value in arguments.items() if name not in url.query}
        self.engine: Engine = sqlalchemy.create_engine(url, connect_args=given, use_native_hstore=False)
        event.listen(self.engine, "connect", _on_connect)
        event.listen(self.engine, "checkin", _on_checkin)
        event.listen(self.engine, "checkout", _on_checkout)
        event.listen(self.engine, "begin", _on_begin)

    def make_place(self, _project: Project) -> None:
        """Do nothing: a database is made by who owns the server."""

    def revision(self, connection: Connection) -> str:
        """Return the revision of the tables; empty when there are none."""
        if not connection.exec_driver_sql(_REVISION).scalar():
            return ""
        row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
        return str(row[0]) if row else ""

    def rights(self, connection: Connection) -> frozenset[str]:
        """Return what this role may do to a hub that is there: take records in (INSERT), and prune (DELETE)."""
        may_add, may_prune, is_read_only = connection.exec_driver_sql(_RIGHTS).one()
        may = {"INSERT": may_add, "DELETE": may_prune}
        return frozenset() if is_read_only else frozenset(name for name, given in may.items() if given)

    def clear(self, error: BaseException) -> HubError:
        """Return what *error* of the database means, and what to do about it. It never tells the password."""
        original = getattr(error, "orig", None) or error
        text = without_secrets(" ".join(str(original).split()), self._url)
        state = getattr(original, "sqlstate", None) or ""
        for states, words, what, fix in _MEANINGS:
            if state.startswith(states) if state else any(word in text for word in words):
                return HubError(f"{what}: {text}", where=self.where, fix=fix)
        return HubError(f"the hub cannot be read: {text}", where=self.where, fix="ask who runs the database")


_MEANINGS: tuple[tuple[tuple[str, ...], tuple[str, ...], str, str], ...] = (
    (("28",), ("password", "authentication", "pg_hba", "role "), "the hub lets nobody in by these names", _PASSFILE),
    (("3D",), ("database ",), "the hub's database is not there", "createdb it, or name another"),
    (("55P03",), ("lock timeout",), f"the hub is busy: others have been writing for {_TURN_SECONDS} s", "try again"),
    (("42501",), (), "this role may not do that to the hub", "ask the hub's owner: docs/hub_on_postgresql.md"),
    (("25006",), (), "the hub can only be read", "name the server that can be written; the journals lost nothing"),
    (("53100",), (), "the hub cannot be written", "make room on the server's disk; the journals lost nothing"),
    (("42P01", "42703"), (), "the hub's tables are not what they should be", "nbops hub rebuild"),
    (("08", "57P", "53"), ("connection", "server", "service", "timeout", "resolve"),
     "the hub does not answer", "look whether the server runs and can be reached; the journals lost nothing"),
)  # fmt: skip


def _on_connect(connection: Any, _record: object) -> None:
    connection.execute(
        f"SET lock_timeout = '{_TURN_SECONDS}s'; SET idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s'"
    )
    connection.commit()


def _on_checkin(_connection: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _on_checkout(connection: Any, record: Any, _proxy: object) -> None:
    """Make sure that a connection still lives which rested for a while: its server may have been started again."""
    if time.monotonic() - record.info.get("rests_since", time.monotonic()) < _REST_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error  # the pool then makes a new one


def _on_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("nbops_writes"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
