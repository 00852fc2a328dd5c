"""The outbox: what is to be told stands here until it was, so that a dead channel loses nothing and blocks nothing.

Whoever delivers takes what is due for a while (a lease); when it dies meanwhile, others take it after that. So of two
that deliver at once only one tells, and a receiver may get a message twice only when one died just after sending it:
the key that it carries is the same then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from nbops.store import schema
from nbops.store.database import Database

__all__ = ["Waiting", "delivered", "failed", "notices", "put", "take_due", "told"]

LEASE_SECONDS = 120.0
"""How long whoever took a notice has to deliver it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One notice.

    Args:
        key: What is told and to which route.
        route: The route.
        at: When it happened, in seconds since 1970.
        due: When it is to be told, or to be tried again.
        attempts: How often it was tried.
        state: ``waiting``, ``delivered`` or ``failed`` (given up).
        why: Why the last attempt failed.
        body: What is told.
    """

    key: str
    route: str
    at: float
    due: float
    attempts: int
    state: str
    why: str
    body: dict[str, Any]


def put(hub: Database, found: Sequence[Waiting]) -> int:
    """Put notices into the outbox, except those that stand there already; return how many are new."""
    with hub.write() as connection:
        known = _known(connection, [one.key for one in found])
        new = {one.key: one for one in found if one.key not in known}
        if new:
            connection.execute(insert(schema.notice), [_row(one) for one in new.values()])
    return len(new)


def told(hub: Database, keys: Sequence[str]) -> set[str]:
    """Return those of *keys* that stand in the outbox, delivered or not."""
    with hub.read() as connection:
        return _known(connection, keys)


def take_due(hub: Database, now: float) -> list[Waiting]:
    """Take what is due, the oldest first: nobody else gets it until the lease ends."""
    table = schema.notice.c
    query = select(schema.notice).where(table.state == "waiting", table.due <= now).order_by(table.at, table.key)
    with hub.write() as connection:
        rows = connection.execute(query).all()
        for row in rows:
            connection.execute(
                update(schema.notice)
                .where(table.key == row.key)
                .values(due=now + LEASE_SECONDS, attempts=row.attempts + 1)
            )
    return [_read(row, attempts=row.attempts + 1) for row in rows]


def delivered(hub: Database, keys: Sequence[str]) -> None:
    """Note that notices were told."""
    _set(hub, keys, state="delivered", why="")


def failed(hub: Database, keys: Sequence[str], why: str, *, again_at: float | None) -> None:
    """Note that notices could not be told, and when to try again; None: never."""
    if again_at is None:
        _set(hub, keys, state="failed", why=why)
    else:
        _set(hub, keys, due=again_at, why=why)


def notices(hub: Database, *, limit: int | None = 20, state: str = "") -> list[Waiting]:
    """Return the newest notices first.

    Args:
        hub: The hub.
        limit: How many at most; None for all.
        state: Only those in this state; empty: all.
    """
    table = schema.notice.c
    query = select(schema.notice).order_by(table.at.desc(), table.key).limit(limit)
    query = query.where(table.state == state) if state else query
    with hub.read() as connection:
        return [_read(row) for row in connection.execute(query)]


def how_many(hub: Database, state: str) -> int:
    """Return how many notices are in a state."""
    query = select(func.count()).select_from(schema.notice).where(schema.notice.c.state == state)
    with hub.read() as connection:
        return connection.scalar(query) or 0


def _known(connection: Connection, keys: Sequence[str]) -> set[str]:
    table = schema.notice.c
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        found |= set(connection.scalars(select(table.key).where(table.key.in_(keys[start : start + 500]))))
    return found


def _set(hub: Database, keys: Sequence[str], **values: Any) -> None:
    with hub.write() as connection:
        for key in keys:
            connection.execute(update(schema.notice).where(schema.notice.c.key == key).values(**values))


def _row(one: Waiting) -> dict[str, Any]:
    return {
        "key": one.key, "route": one.route, "at": one.at, "due": one.due, "attempts": one.attempts, "state": one.state,
        "why": one.why, "body": json.dumps(one.body),
    }  # fmt: skip


def _read(row: Any, attempts: int | None = None) -> Waiting:
    return Waiting(
        row.key, row.route, row.at, row.due, row.attempts if attempts is None else attempts, row.state, row.why,
        json.loads(row.body),
    )  # fmt: skip
