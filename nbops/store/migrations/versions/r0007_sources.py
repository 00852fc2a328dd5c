"""What looks at sources found, and when: what lists of sources and their reliability start from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table; nobody looked at a source before."""
    op.create_table(
        "source",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("entry", sa.String, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("due", sa.Float),
        sa.Column("arrived_at", sa.Float),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
    )
    op.create_index("source_by_time", "source", ["source", "at"])
