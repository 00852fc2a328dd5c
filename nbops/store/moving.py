"""Carrying entries from one hub to another: whole, in order, and as often as one likes.

Entries are carried; almost everything else is made from them as when a journal is read. So a copy that was interrupted
goes on where it stopped, one that is made again adds what is new, and a hub that already knows other runs keeps them.
What no entry tells is carried as it is: numbers of incidents, what is known of those whose runs were pruned, and which
notices were told. A number that means another incident in the target already goes on meaning that one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select

from nbops.errors import HubError
from nbops.records import from_json
from nbops.store import schema
from nbops.store.database import Database
from nbops.store.intake import Prepared, chunks, prepare, see, take
from nbops.store.journal import Entry

__all__ = ["Copied", "carry_over", "copy_hub"]

_BATCH = 2_000
_STREAM = {"yield_per": _BATCH}


@dataclass(frozen=True, slots=True)
class Copied:
    """What copying a hub did.

    Args:
        entries: How many records the source holds.
        added: How many of them were new to the target.
        runs: How many runs and sessions the source knows.
    """

    entries: int
    added: int
    runs: int


def copy_hub(
    source: Database, target: Database, on_progress: Callable[[int, int], None] = lambda done, of: None
) -> Copied:
    """Bring everything that *source* knows into *target*, batch by batch, and count whether it is all there.

    What was pruned in either is pruned in the target. How far journals were read is copied last: an interrupted copy
    makes the next look read them again.

    Args:
        source: The hub to copy; it is only read.
        target: The hub to copy it into; others may use it meanwhile.
        on_progress: Told how many records were looked at, and of how many.

    Raises:
        HubError: One of them cannot be read or written; or the target lacks something that the source holds.
    """
    with source.read() as reading:
        entries = reading.scalar(select(func.count()).select_from(schema.entry)) or 0
        added = done = 0
        for some in _batches(reading):
            with target.write() as writing:
                new = _unknown(writing, some)
                take(writing, new)
                _see(reading, writing, {record.run for record in new if not record.is_act})
            added, done = added + len(new), done + len(some)
            on_progress(done, entries)
        _see_all(reading, target)
        runs = reading.scalar(select(func.count()).select_from(schema.run).where(schema.run.c.started_at.is_not(None)))
        if lacking := _lacking(reading, target):
            what = f"{len(lacking):,} records did not arrive, {lacking[0]} for one"
            raise HubError(what, where=target.where, fix="copy again: what is there stays")
    return Copied(entries, added, runs or 0)


def carry_over(source: Connection, target: Database) -> None:
    """Take the entries behind *source* that *target* does not know, in one transaction."""
    with target.write() as writing:
        runs: set[str] = set()
        for some in _batches(source):
            new = _unknown(writing, some)
            take(writing, new)
            runs |= {record.run for record in new}
        _see(source, writing, runs)


def _batches(source: Connection) -> Iterator[Sequence[Any]]:
    """Yield all entries in the order of their ids; acts that prune stand anywhere among them."""
    entry = schema.entry.c
    query = select(entry.id, entry.body).order_by(entry.id)
    yield from source.execute(query, execution_options=_STREAM).partitions()


def _unknown(target: Connection, rows: Sequence[Any]) -> list[Prepared]:
    known = _known(target, rows)
    return [prepare(Entry(row.id, from_json(json.loads(row.body)), row.body)) for row in rows if row.id not in known]


def _known(target: Connection, rows: Sequence[Any]) -> set[str]:
    entry = schema.entry.c.id
    return {i for some in chunks(r.id for r in rows) for i in target.scalars(select(entry).where(entry.in_(some)))}


def _see(source: Connection, target: Connection, runs: set[str]) -> None:
    """Note when *runs* were last heard of: heartbeats are no entries."""
    run, tombstone = schema.run.c, schema.tombstone.c.run
    for ids in chunks(runs):
        buried = set(target.scalars(select(tombstone).where(tombstone.in_(ids))))
        seen = source.execute(select(run.run, run.last_seen).where(run.run.in_(ids)))
        see(target, {row.run: row.last_seen for row in seen if row.run not in buried})


def _see_all(source: Connection, target: Database) -> None:
    """Note every last sign of life, and how far which journals were read: what was in them is all there now."""
    with target.write() as writing:
        for some in source.execute(select(schema.run.c.run), execution_options=_STREAM).partitions():
            _see(source, writing, {row.run for row in some})
        _insert(source, writing, schema.journal, "name", "offset")
        _insert(source, writing, schema.archive, "folder", "")
        for table in (schema.incident, schema.occurrence, schema.notice):
            _insert(source, writing, table, "", "")


def _insert(source: Connection, target: Connection, table: Table, key: str, larger: str) -> None:
    """Add the rows of *table*; of those that are there, keep the larger *larger*, or theirs."""
    new = schema.insert(target, table)
    statement: Any = new.on_conflict_do_nothing()
    if larger:
        further = new.excluded[larger] > table.c[larger]
        statement = new.on_conflict_do_update(index_elements=[key], set_={larger: new.excluded[larger]}, where=further)
    for some in source.execute(select(table), execution_options=_STREAM).mappings().partitions():
        target.execute(statement, [dict(row) for row in some])


def _lacking(source: Connection, target: Database) -> list[str]:
    """Return the entries that *target* lacks, but for those of runs that are pruned there."""
    entry, tombstone = schema.entry.c, schema.tombstone.c
    lacking: list[str] = []
    with target.read() as reading:
        query = select(entry.id, entry.run, entry.kind).order_by(entry.id)
        for some in source.execute(query, execution_options=_STREAM).partitions():
            known = _known(reading, some)
            gone = {row.id: row.run for row in some if row.id not in known and row.kind != "Act"}
            buried = {
                run
                for ids in chunks(set(gone.values()))
                for run in reading.scalars(select(tombstone.run).where(tombstone.run.in_(ids)))
            }
            lacking += [row.id for row in some if row.id not in known and gone.get(row.id) not in buried]
    return lacking
