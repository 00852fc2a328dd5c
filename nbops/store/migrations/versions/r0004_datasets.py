"""Which tables each run left, and with how many rows and columns: what lists and change logs of datasets start from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table; runs of before told nothing of this kind."""
    op.create_table(
        "dataset",
        sa.Column("run", sa.String, primary_key=True),
        sa.Column("entry", sa.String, primary_key=True),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("rows", sa.Integer),
        sa.Column("columns", sa.Integer, nullable=False),
    )
    op.create_index("dataset_by_name", "dataset", ["name", "at"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("dataset")
