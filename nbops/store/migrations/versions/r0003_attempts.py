"""Which attempt each row of a step's cell tells of: the latest by the clock is another one when that was set back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_PARTS = "SELECT run, step, part, entry FROM part"
_ENTRIES = (
    "SELECT id, journal, number, at, kind, run, body FROM entry WHERE kind IN ('StepStarted', 'StepFinished')"
    " ORDER BY at, journal, number"
)
_PART = sa.text(
    "UPDATE part SET at = :at, journal = :journal, number = :number, entry = :entry, attempt = :attempt,"
    " status = :status, seconds = :seconds, tests_passed = :tests_passed, tests_failed = :tests_failed,"
    " tests = :tests, failure = :failure WHERE run = :run AND step = :step AND part = :part"
)
_RUN = sa.text(
    "UPDATE run SET"
    " tests_passed = (SELECT coalesce(sum(tests_passed), 0) FROM part WHERE part.run = run.run),"
    " tests_failed = (SELECT coalesce(sum(tests_failed), 0) FROM part WHERE part.run = run.run),"
    " tests = (SELECT coalesce(sum(tests), 0) FROM part WHERE part.run = run.run)"
    " WHERE run = :run AND started_at IS NOT NULL"
)


def upgrade() -> None:
    """Add the number of the attempt, and let every row tell of the last attempt, at its end once it has ended."""
    op.add_column("part", sa.Column("attempt", sa.Integer, nullable=False, server_default="1"))
    connection = op.get_bind()
    chosen = {(row.run, row.step, row.part): row.entry for row in connection.execute(sa.text(_PARTS))}
    latest: dict[tuple[str, str, int], tuple[tuple[int, bool], dict[str, Any]]] = {}
    for entry in connection.execute(sa.text(_ENTRIES)).mappings():
        row = _row(entry, json.loads(entry["body"]))
        key, rank = (row["run"], row["step"], row["part"]), (row["attempt"], entry["kind"] == "StepFinished")
        if key not in latest or rank >= latest[key][0]:
            latest[key] = rank, row
    wrong = [row for key, (_, row) in latest.items() if chosen.get(key) != row["entry"] or row["attempt"] != 1]
    if wrong:
        connection.execute(_PART, wrong)
        connection.execute(_RUN, [{"run": run} for run in {row["run"] for row in wrong}])


def downgrade() -> None:
    """Forget which attempt a row tells of; it tells of the same one."""
    op.drop_column("part", "attempt")


def _row(entry: Any, record: Mapping[str, Any]) -> dict[str, Any]:
    statuses = [test["status"] for test in record.get("tests", ())]
    return {
        "run": entry["run"],
        "step": record["step"].encode("utf-8", "backslashreplace").decode("utf-8"),
        "part": record.get("part", 0),
        "at": entry["at"],
        "journal": entry["journal"],
        "number": entry["number"],
        "entry": entry["id"],
        "attempt": record.get("attempt", 1),
        "status": "running" if entry["kind"] == "StepStarted" else record["status"],
        "seconds": record.get("seconds", 0.0),
        "tests_passed": statuses.count("passed"),
        "tests_failed": statuses.count("failed") + statuses.count("error"),
        "tests": len(statuses),
        "failure": (record.get("failure") or {}).get("type", ""),
    }
