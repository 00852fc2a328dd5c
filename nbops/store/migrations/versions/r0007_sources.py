"""What looks at sources found, and when: what lists of sources and their reliability start from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbops.store.migrations.types import text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table; nobody looked at a source before."""
    op.create_table(
        "source",
        sa.Column("source", text(sa.Text), primary_key=True),
        sa.Column("entry", text(), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("due", sa.Float),
        sa.Column("arrived_at", sa.Float),
        sa.Column("state", text(), nullable=False),
        sa.Column("fingerprint", text(), nullable=False),
    )
    op.create_index("source_by_time", "source", ["source", "at"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("source")
