"""How many tests there were in all: warned ones are neither passed nor failed, and a list of runs left them out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the number of tests to steps and runs; of old ones it is known, because what did not pass is listed."""
    op.add_column("part", sa.Column("tests", sa.Integer, nullable=False, server_default="0"))
    op.add_column("run", sa.Column("tests", sa.Integer))
    op.execute(
        "UPDATE part SET tests = tests_passed + (SELECT count(*) FROM test"
        " WHERE test.run = part.run AND test.entry = part.entry)"
    )
    op.execute("UPDATE run SET tests = (SELECT coalesce(sum(tests), 0) FROM part WHERE part.run = run.run)")


def downgrade() -> None:
    """Count them no more."""
    op.drop_column("run", "tests")
    op.drop_column("part", "tests")
