"""The tables of the hub.

``entry`` holds every record that was taken in, as it was written; the other tables are made from it and only make
questions quick. Whatever is in them follows from the *set* of entries, never from the order in which they came: that
is what lets journals be taken in twice, torn, late or interleaved, and a hub be made anew.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Float, Index, MetaData, Table, text
from sqlalchemy import Integer as _Integer
from sqlalchemy import String as _String
from sqlalchemy import Text as _Text
from sqlalchemy.dialects import postgresql, sqlite

__all__ = [
    "REVISION",
    "archive",
    "dataset",
    "dataset_summary",
    "entry",
    "incident",
    "insert",
    "journal",
    "metadata",
    "notice",
    "occurrence",
    "part",
    "run",
    "server",
    "slot",
    "source",
    "test",
    "tombstone",
]

REVISION = "0010"
"""The newest revision in ``migrations/versions``; a hub of another one is migrated when it is opened."""

# PostgreSQL orders text by the rules of a language, unless told to go by code points as SQLite does; and its plain
# whole numbers end at 2^31, before the bytes of a journal and the nanoseconds of a file's time.
Integer = _Integer().with_variant(BigInteger(), "postgresql")
String = _String().with_variant(_String(collation="C"), "postgresql")
Text = _Text().with_variant(_Text(collation="C"), "postgresql")

metadata = MetaData()

entry = Table(
    "entry",
    metadata,
    Column("id", String, primary_key=True),
    Column("journal", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", String, nullable=False),
    Column("run", String, nullable=False),  # for an act: its target
    Column("body", Text, nullable=False),
    Index("entry_by_run", "run", "at"),
    Index("entry_acts", "at", sqlite_where=text("kind = 'Act'"), postgresql_where=text("kind = 'Act'")),
)
"""The truth as taken in: one row for each record, heartbeats apart (they live on as ``run.last_seen``)."""

run = Table(
    "run",
    metadata,
    Column("run", String, primary_key=True),
    Column("last_seen", Float, nullable=False),
    Column("started_at", Float),  # null until its RunStarted comes; such a run is not listed
    Column("finished_at", Float),
    Column("kind", String),
    Column("notebook", String),
    Column("env", String),
    Column("owner", String),
    Column("status", String),
    Column("reason", Text),
    Column("parameters", Text),
    Column("host", String),
    Column("pid", Integer),
    Column("boot", String),
    Column("steps", Integer),
    Column("tests_passed", Integer),
    Column("tests_failed", Integer),
    Column("tests", Integer),  # in all: warned ones are neither passed nor failed
    Index("run_by_time", "started_at"),
    Index("run_by_kind", "kind", "started_at"),
    Index("run_by_notebook", "notebook", "env", "kind", "started_at"),
    Index("run_by_status", "status", "started_at"),
)

part = Table(
    "part",
    metadata,
    Column("run", String, primary_key=True),
    Column("step", String, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("journal", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("entry", String, nullable=False),
    Column("status", String, nullable=False),  # running, while only its start is known
    Column("seconds", Float, nullable=False),
    Column("tests_passed", Integer, nullable=False),
    Column("tests_failed", Integer, nullable=False),
    Column("failure", String, nullable=False),  # the class of the exception that ended it
    Column("tests", Integer, nullable=False, server_default="0"),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Index(
        "part_failures",
        "step",
        "failure",
        sqlite_where=text("failure <> ''"),
        postgresql_where=text("failure <> ''"),
    ),
)
"""The record of each cell of each step that counts: of its last attempt, the end once there is one."""

test = Table(
    "test",
    metadata,
    Column("run", String, primary_key=True),
    Column("entry", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("step", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", String, nullable=False),
    Index("test_by_name", "step", "name"),
)
"""The tests that did not pass, attempts that were repeated included (then no ``part`` names their entry)."""

dataset = Table(
    "dataset",
    metadata,
    Column("run", String, primary_key=True),
    Column("entry", String, primary_key=True),
    Column("step", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("rows", Integer),
    Column("columns", Integer, nullable=False),
)
"""The tables that steps left, each look at one a row; what was seen stands in its entry."""

dataset_summary = Table(
    "dataset_summary",
    metadata,
    Column("notebook", String, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("step", String, primary_key=True),
    Column("env", String, primary_key=True),
    Column("runs", Integer, nullable=False),
    Column("newest", String, nullable=False),
    Column("started_at", Float, nullable=False),  # of the newest run
    Column("at", Float, nullable=False),  # of its last look
    Column("rows", Integer),
    Column("columns", Integer, nullable=False),
    Index("dataset_summary_by_name", "name"),
)
"""What batch runs left of each dataset: how many runs did, and what the newest of them left."""

incident = Table(
    "incident",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", String, nullable=False, unique=True),
)
"""The numbers that people call incidents by. A number that was told once is never given to another cause."""

occurrence = Table(
    "occurrence",
    metadata,
    Column("run", String, primary_key=True),  # of a report by a person: its entry
    Column("fingerprint", String, nullable=False),  # empty: the run was looked at, and nothing is to be told
    Column("at", Float, nullable=False),
    Column("status", String, nullable=False),  # the run's, as it was looked at
    Column("body", Text, nullable=False),
    Index("occurrence_by_fingerprint", "fingerprint", "at"),
)
"""What went wrong in runs that others rely on, and what people told of."""

notice = Table(
    "notice",
    metadata,
    Column("key", String, primary_key=True),  # of what is told and the route: each is told once
    Column("route", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("due", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String, nullable=False),  # waiting, delivered, failed
    Column("why", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("notice_by_due", "state", "due"),
)
"""The outbox: what is to be told to whom, until it was."""

slot = Table(
    "slot",
    metadata,
    Column("slot", String, primary_key=True),
    Column("schedule", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("state", String, nullable=False),  # running, done, released, left
    Column("attempt", Integer, nullable=False),
    Column("run", String, nullable=False),  # of the last attempt, and whose lease it is
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("boot", String, nullable=False),
    Column("began", Float, nullable=False),
    Column("beat", Integer, nullable=False),  # counts up while whoever holds it lives
    Column("expires", Float, nullable=False),
    Index("slot_by_schedule", "schedule", "at"),
)
"""The slots of schedules: which run holds each of them now, or held it last."""

server = Table(
    "server",
    metadata,
    Column("server", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("boot", String, nullable=False),
    Column("began", Float, nullable=False),
    Column("seen", Float, nullable=False),
)
"""The servers that look after schedules, and when each was heard of last."""

source = Table(
    "source",
    metadata,
    Column("source", Text, primary_key=True),
    Column("entry", String, primary_key=True),
    Column("at", Float, nullable=False),
    Column("due", Float),
    Column("arrived_at", Float),
    Column("state", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Index("source_by_time", "source", "at"),
)
"""The looks at sources, one a row; what was seen stands in its entry."""

journal = Table(
    "journal",
    metadata,
    Column("name", String, primary_key=True),
    Column("offset", Integer, nullable=False),
)
"""How many bytes of each journal were taken in."""

archive = Table(
    "archive",
    metadata,
    Column("folder", String, primary_key=True),
    Column("changed", Integer, nullable=False),
)
"""When each folder of sealed journals had last changed as it was read, in nanoseconds since 1970."""

tombstone = Table(
    "tombstone",
    metadata,
    Column("run", String, primary_key=True),
    Column("act", String, nullable=False),
    Column("started_at", Float),  # null, and so all that follows, where the act does not tell
    Column("kind", String),
    Column("notebook", String),
    Column("env", String),
    Column("status", String),
    Column("seconds", Float),
    Column("tests", Integer),
    Column("tests_failed", Integer),
    Index("tombstone_by_time", "started_at"),
)
"""The runs that were pruned, each with the act that did it: whatever still comes of them is not taken in.

What counts of them are made from stays: without it, how often a notebook failed last year would change by pruning.
"""


def insert(connection: Connection, table: Table) -> Any:
    """Return an insertion into *table* that knows ``ON CONFLICT``, in the words of the database of *connection*."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
