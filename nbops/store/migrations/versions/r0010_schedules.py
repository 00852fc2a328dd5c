"""Slots of schedules with who holds them, and the servers that look after schedules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbops.store.migrations.types import text, whole

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the tables; which slots were run before stands in the entries."""
    op.create_table(
        "slot",
        sa.Column("slot", text(), primary_key=True),
        sa.Column("schedule", text(), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("state", text(), nullable=False),
        sa.Column("attempt", whole(), nullable=False),
        sa.Column("run", text(), nullable=False),
        sa.Column("host", text(), nullable=False),
        sa.Column("pid", whole(), nullable=False),
        sa.Column("boot", text(), nullable=False),
        sa.Column("began", sa.Float, nullable=False),
        sa.Column("beat", whole(), nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
    )
    op.create_index("slot_by_schedule", "slot", ["schedule", "at"])
    op.create_table(
        "server",
        sa.Column("server", text(), primary_key=True),
        sa.Column("host", text(), nullable=False),
        sa.Column("pid", whole(), nullable=False),
        sa.Column("boot", text(), nullable=False),
        sa.Column("began", sa.Float, nullable=False),
        sa.Column("seen", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("server")
    op.drop_table("slot")
