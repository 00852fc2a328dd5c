"""The first tables. They are spelled out here once more, because this revision never changes and the schema does."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables in an empty hub."""
    _entries()
    _runs()
    _steps_and_tests()
    _bookkeeping()


def downgrade() -> None:
    """Leave no table."""
    for table in ("tombstone", "archive", "journal", "test", "part", "run", "entry"):
        op.drop_table(table)


def _needed(name: str, kind: type[sa.types.TypeEngine[Any]]) -> sa.Column[Any]:
    return sa.Column(name, kind(), nullable=False)


def _key(name: str, kind: type[sa.types.TypeEngine[Any]] = sa.String) -> sa.Column[Any]:
    return sa.Column(name, kind(), primary_key=True)


def _entries() -> None:
    op.create_table(
        "entry",
        _key("id"),
        _needed("journal", sa.String),
        _needed("number", sa.Integer),
        _needed("at", sa.Float),
        _needed("kind", sa.String),
        _needed("run", sa.String),
        _needed("body", sa.Text),
    )
    op.create_index("entry_by_run", "entry", ["run", "at"])
    acts = sa.text("kind = 'Act'")
    op.create_index("entry_acts", "entry", ["at"], sqlite_where=acts, postgresql_where=acts)


def _runs() -> None:
    op.create_table(
        "run",
        _key("run"),
        _needed("last_seen", sa.Float),
        sa.Column("started_at", sa.Float),
        sa.Column("finished_at", sa.Float),
        *(sa.Column(name, sa.String) for name in ("kind", "notebook", "env", "owner", "status")),
        sa.Column("reason", sa.Text),
        sa.Column("parameters", sa.Text),
        sa.Column("host", sa.String),
        sa.Column("pid", sa.Integer),
        sa.Column("boot", sa.String),
        *(sa.Column(name, sa.Integer) for name in ("steps", "tests_passed", "tests_failed")),
    )
    op.create_index("run_by_time", "run", ["started_at"])
    op.create_index("run_by_kind", "run", ["kind", "started_at"])
    op.create_index("run_by_notebook", "run", ["notebook", "env", "kind", "started_at"])
    op.create_index("run_by_status", "run", ["status", "started_at"])


def _steps_and_tests() -> None:
    op.create_table(
        "part",
        _key("run"),
        _key("step"),
        _key("part", sa.Integer),
        _needed("at", sa.Float),
        _needed("journal", sa.String),
        _needed("number", sa.Integer),
        _needed("entry", sa.String),
        _needed("status", sa.String),
        _needed("seconds", sa.Float),
        _needed("tests_passed", sa.Integer),
        _needed("tests_failed", sa.Integer),
        _needed("failure", sa.String),
    )
    failed = sa.text("failure <> ''")
    op.create_index("part_failures", "part", ["step", "failure"], sqlite_where=failed, postgresql_where=failed)
    op.create_table(
        "test",
        _key("run"),
        _key("entry"),
        _key("position", sa.Integer),
        _needed("step", sa.String),
        _needed("name", sa.Text),
        _needed("status", sa.String),
    )
    op.create_index("test_by_name", "test", ["step", "name"])


def _bookkeeping() -> None:
    op.create_table("journal", _key("name"), _needed("offset", sa.Integer))
    op.create_table("archive", _key("folder"), _needed("changed", sa.Integer))
    op.create_table("tombstone", _key("run"), _needed("act", sa.String))
