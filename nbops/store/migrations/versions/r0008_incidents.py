"""What went wrong in runs that others rely on, and the numbers that people call it by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbops.store.migrations.types import text, whole

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables; runs of before are looked at when incidents are first asked for."""
    op.create_table(
        "incident",
        sa.Column("number", whole(), primary_key=True, autoincrement=False),
        sa.Column("fingerprint", text(), nullable=False, unique=True),
    )
    op.create_table(
        "occurrence",
        sa.Column("run", text(), primary_key=True),
        sa.Column("fingerprint", text(), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("status", text(), nullable=False),
        sa.Column("body", text(sa.Text), nullable=False),
    )
    op.create_index("occurrence_by_fingerprint", "occurrence", ["fingerprint", "at"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("occurrence")
    op.drop_table("incident")
