"""What is to be told to whom, until it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbops.store.migrations.types import text, whole

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the table; what happened before is not told."""
    op.create_table(
        "notice",
        sa.Column("key", text(), primary_key=True),
        sa.Column("route", text(), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("due", sa.Float, nullable=False),
        sa.Column("attempts", whole(), nullable=False),
        sa.Column("state", text(), nullable=False),
        sa.Column("why", text(sa.Text), nullable=False),
        sa.Column("body", text(sa.Text), nullable=False),
    )
    op.create_index("notice_by_due", "notice", ["state", "due"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("notice")
