"""What shared hubs need: big numbers, the order of code points, and counts of datasets and of what is pruned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from nbops.store.migrations.types import text, whole

revision = "0006"
down_revision = "0004"

_FILL = """
INSERT INTO dataset_summary (notebook, name, step, env, runs, newest, started_at, at, rows, columns)
WITH looks AS (
    SELECT r.notebook, d.name, d.step, r.env, d.run, r.started_at, d.at, d.rows, d.columns, row_number() OVER (
        PARTITION BY r.notebook, d.name, d.step, r.env
        ORDER BY r.started_at DESC, d.run DESC, d.attempt DESC, d.part DESC, d.at DESC, d.entry DESC
    ) AS place
    FROM dataset AS d JOIN run AS r ON r.run = d.run WHERE r.kind = 'batch' AND r.notebook IS NOT NULL
), counted AS (
    SELECT notebook, name, step, env, count(DISTINCT run) AS runs FROM looks GROUP BY notebook, name, step, env
)
SELECT l.notebook, l.name, l.step, l.env, c.runs, l.run, l.started_at, l.at, l.rows, l.columns
FROM looks AS l JOIN counted AS c
    ON c.notebook = l.notebook AND c.name = l.name AND c.step = l.step AND c.env = l.env
WHERE l.place = 1
"""
_KEPT = ("started_at", "kind", "notebook", "env", "status", "seconds", "tests", "tests_failed")


def upgrade() -> None:
    """Add the counts; in PostgreSQL change the types of columns, which SQLite need not."""
    if op.get_context().dialect.name == "postgresql":
        for table, column, new, _ in _to_change():
            op.alter_column(table, column, type_=new)
    _make_summaries()
    op.execute(_FILL)
    op.drop_index("dataset_by_name", "dataset")  # a thousand notebooks may call their table "orders"
    for name in _KEPT:
        op.add_column("tombstone", sa.Column(name, _kind_of(name)))
    op.create_index("tombstone_by_time", "tombstone", ["started_at"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("tombstone_by_time", "tombstone")
    for name in _KEPT:
        op.drop_column("tombstone", name)
    op.create_index("dataset_by_name", "dataset", ["name", "at"])
    op.drop_table("dataset_summary")
    if op.get_context().dialect.name == "postgresql":
        for table, column, _, old in _to_change():
            op.alter_column(table, column, type_=old)


def _kind_of(name: str) -> sa.types.TypeEngine[Any]:
    if name in ("started_at", "seconds"):
        return sa.Float()
    return whole() if name.startswith("tests") else text(sa.String)


def _make_summaries() -> None:
    op.create_table(
        "dataset_summary",
        sa.Column("notebook", text(sa.String), primary_key=True),
        sa.Column("name", text(sa.Text), primary_key=True),
        sa.Column("step", text(sa.String), primary_key=True),
        sa.Column("env", text(sa.String), primary_key=True),
        sa.Column("runs", whole(), nullable=False),
        sa.Column("newest", text(sa.String), nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("rows", whole()),
        sa.Column("columns", whole(), nullable=False),
    )
    op.create_index("dataset_summary_by_name", "dataset_summary", ["name"])


def _to_change() -> Iterator[tuple[str, str, sa.types.TypeEngine[Any], sa.types.TypeEngine[Any]]]:
    """Yield the columns of text and of whole numbers in the tables of before, with their types now and before."""
    inspector = sa.inspect(op.get_bind())
    for table in ("entry", "run", "part", "test", "dataset", "journal", "archive", "tombstone"):
        for column in inspector.get_columns(table):
            name, old = column["name"], column["type"]
            if isinstance(old, sa.Integer):
                yield table, name, sa.BigInteger(), sa.Integer()
            elif isinstance(old, sa.String):
                kind = sa.Text if isinstance(old, sa.Text) else sa.String
                yield table, name, kind(collation="C"), kind(collation="default")
