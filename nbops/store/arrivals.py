"""What the hub knows of sources: what each look found, the oldest first."""

from __future__ import annotations

import json

from sqlalchemy import func, select

from nbops.records import SourceSeen, encodable, from_json
from nbops.store import schema
from nbops.store.database import Database

__all__ = ["looks_at", "sources_seen"]


def looks_at(hub: Database, source: str, *, most: int = 1000) -> list[SourceSeen]:
    """Return the newest *most* looks at a source, the oldest first."""
    entry, seen = schema.entry.c, schema.source.c
    query = (
        select(entry.body)
        .join(schema.source, seen.entry == entry.id)
        .where(seen.source == encodable(source))
        .order_by(seen.at.desc(), entry.journal.desc(), entry.number.desc())
        .limit(most)
    )
    with hub.read() as connection:
        found = [from_json(json.loads(row.body)) for row in connection.execute(query)]
    return found[::-1]


def sources_seen(hub: Database) -> list[str]:
    """Return the names of all sources that were ever looked at, sorted."""
    name = schema.source.c.source
    with hub.read() as connection:
        return list(connection.scalars(select(name).group_by(name).order_by(func.lower(name))))
