"""What the tests of the hub write to journals, and what they compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from nbops.records import Record
from nbops.store import schema
from nbops.store.database import Database
from nbops.store.journal import Journal
from nbops.store.project import Project


def write(project: Project, *found: Record) -> Path:
    """Write *found* to a journal of its own and return its path."""
    journal = Journal(project)
    for record in found:
        journal.append(record)
    journal.close()
    return journal.path


def dump(hub: Database, *but: str) -> dict[str, list[Any]]:
    """Return every row of every table of *hub*, except of the tables named in *but*."""
    with hub.read() as connection:
        return {
            table.name: sorted(tuple(row) for row in connection.execute(select(table)))
            for table in schema.metadata.sorted_tables
            if table.name not in but
        }
