"""Leases: of all who want to run a slot of a schedule, one does.

The run itself holds the lease of its slot, not the server that started it: so a server may die while its runs go on.
A lease lives as long as its holder counts it up. Whether it does is told by looking twice, with the looker's own
watch: clocks that differ between machines, or are set, change nothing.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from nbops.store import schema
from nbops.store.database import Database
from nbops.store.process import ProcessMark, is_alive, this_process

__all__ = [
    "BEAT_SECONDS",
    "LEASE_SECONDS",
    "Lease",
    "beat",
    "claim",
    "finish",
    "forget_server",
    "is_served",
    "leases",
    "tell_server",
    "wanted",
]

BEAT_SECONDS = 4.0
"""How often a holder counts its lease up."""

LEASE_SECONDS = 30.0
"""How long a lease stands still before its holder counts as dead."""

_MOST = 200


@dataclass(frozen=True, slots=True)
class Lease:
    """One slot, and the run that holds it or held it last.

    Args:
        slot: The slot: the schedule and the time.
        schedule: The schedule.
        at: When the slot is, in seconds since 1970.
        state: ``running``, ``done``, ``released`` (to be tried again) or ``left`` (tried often enough).
        attempt: How many runs were begun for it.
        run: The run of the last attempt.
        holder: The process of that run.
        began: When that run began.
        beat: How often its holder counted it up.
        expires: Until when it is good if its holder is not heard of again, by the holder's clock.
    """

    slot: str
    schedule: str
    at: float
    state: str
    attempt: int
    run: str
    holder: ProcessMark
    began: float
    beat: int
    expires: float


def leases(hub: Database, schedule: str) -> list[Lease]:
    """Return the newest leases of a schedule, the newest slot first."""
    table = schema.slot.c
    query = select(schema.slot).where(table.schedule == schedule).order_by(table.at.desc()).limit(_MOST)
    with hub.read() as connection:
        return [_read(row) for row in connection.execute(query)]


def claim(hub: Database, lease: Lease, instead_of: tuple[str, int] | None = None) -> Lease | None:
    """Take the lease of a slot; None when another run has it, or the schedule runs in another slot.

    Args:
        hub: The hub.
        lease: The lease as its run wants it; which attempt it is follows.
        instead_of: The run that died with it, and how far it had counted: if it counted further, it lives.
    """
    table = schema.slot.c
    is_busy = (table.schedule == lease.schedule, table.state == "running", table.slot != lease.slot)
    with hub.write() as connection:
        row = connection.execute(select(schema.slot).where(table.slot == lease.slot)).one_or_none()
        if connection.scalar(select(table.slot).where(*is_busy).limit(1)) is not None:
            return None
        if not _may_be_taken(row, instead_of):
            return None
        mine = dataclasses.replace(lease, attempt=1 if row is None else row.attempt + 1)
        if row is None:
            connection.execute(insert(schema.slot).values(_row(mine)))
        else:
            connection.execute(update(schema.slot).where(table.slot == lease.slot).values(_row(mine)))
    return mine


def wanted(slot: str, schedule: str, at: float, run: str, now: float) -> Lease:
    """Return the lease that *run*, of this process, wants of a slot."""
    return Lease(slot, schedule, at, "running", 0, run, this_process(), now, 0, now + LEASE_SECONDS)


def _may_be_taken(row: Any, instead_of: tuple[str, int] | None) -> bool:
    if row is None:
        return True
    if row.state == "released":
        return instead_of is None or row.run == instead_of[0]
    return bool(row.state == "running" and instead_of == (row.run, row.beat))


def beat(hub: Database, lease: Lease, now: float) -> bool:
    """Count a lease up; return whether it is still that of its run."""
    table = schema.slot.c
    mine = (table.slot == lease.slot, table.run == lease.run, table.state == "running")
    with hub.write() as connection:
        done = connection.execute(
            update(schema.slot).where(*mine).values(beat=table.beat + 1, expires=now + LEASE_SECONDS)
        )
    return done.rowcount == 1


def finish(hub: Database, slot: str, run: str, state: str) -> bool:
    """Note what became of a slot that *run* holds; return whether it still held it."""
    table = schema.slot.c
    mine = (table.slot == slot, table.run == run, table.state.in_(("running", "released")))
    with hub.write() as connection:
        return connection.execute(update(schema.slot).where(*mine).values(state=state)).rowcount == 1


# ── servers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def tell_server(hub: Database, server: str, mark: ProcessMark, began: float, now: float) -> None:
    """Say that a server is alive."""
    values = {"host": mark.host, "pid": mark.pid, "boot": mark.boot, "began": began, "seen": now}
    with hub.write() as connection:
        new = schema.insert(connection, schema.server).values(server=server, **values)
        connection.execute(new.on_conflict_do_update(index_elements=["server"], set_=values))


def forget_server(hub: Database, server: str) -> None:
    """Say that a server ended."""
    with hub.write() as connection:
        connection.execute(delete(schema.server).where(schema.server.c.server == server))


def is_served(hub: Database, now: float) -> bool:
    """Return whether any server looks after the schedules of this hub."""
    with hub.read() as connection:
        rows = connection.execute(select(schema.server)).all()
    return any(is_alive(ProcessMark(row.host, row.pid, row.boot), row.began, row.seen, now) for row in rows)


def _row(lease: Lease) -> dict[str, Any]:
    return {
        "slot": lease.slot, "schedule": lease.schedule, "at": lease.at, "state": lease.state, "attempt": lease.attempt,
        "run": lease.run, "host": lease.holder.host, "pid": lease.holder.pid, "boot": lease.holder.boot,
        "began": lease.began, "beat": lease.beat, "expires": lease.expires,
    }  # fmt: skip


def _read(row: Any) -> Lease:
    holder = ProcessMark(row.host, row.pid, row.boot)
    return Lease(
        row.slot, row.schedule, row.at, row.state, row.attempt, row.run, holder, row.began, row.beat, row.expires
    )
