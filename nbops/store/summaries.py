"""Keeping count of datasets while records come in: a list of them is read, never counted over all runs.

As every table, ``dataset_summary`` follows from the set of records alone. A batch of records changes the summaries of
those datasets that the runs in it had left before, or have left after; the others are as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, select

from nbops.store import schema

__all__ = ["Left", "keep_summaries", "left_by"]

Key = tuple[str, str, str, str]
Left = dict[Key, dict[str, float]]
"""For a notebook, name, step and environment: the runs that left that dataset, and when each began."""

_KEY = ("notebook", "name", "step", "env")
_CHUNK = 500


def left_by(connection: Connection, runs: Iterable[str]) -> Left:
    """Return what those of *runs* that are batch runs of a notebook left, as far as the hub knows now."""
    d, r = schema.dataset.c, schema.run.c
    ordered = sorted(runs)
    found: Left = {}
    for start in range(0, len(ordered), _CHUNK):
        query = (
            select(r.notebook, d.name, d.step, r.env, r.run, r.started_at)
            .join(schema.run, r.run == d.run)
            .where(d.run.in_(ordered[start : start + _CHUNK]), r.notebook.is_not(None), r.kind == "batch")
            .distinct()
        )
        for notebook, name, step, env, run, at in connection.execute(query):
            found.setdefault((notebook, name, step, env), {})[run] = at
    return found


def keep_summaries(connection: Connection, before: Left, after: Left, touched: Iterable[str]) -> None:
    """Bring the summaries up to date.

    Args:
        connection: The transaction in which the records were taken in.
        before: What the touched runs had left before.
        after: What they have left now.
        touched: The runs that the records are about.
    """
    runs = frozenset(touched)
    for key in sorted({*before, *after}):
        gone, come = before.get(key, {}), after.get(key, {})
        if gone != come or come:
            _keep(connection, key, len(come) - len(gone), come, runs)


def _keep(connection: Connection, key: Key, more: int, come: Mapping[str, float], touched: frozenset[str]) -> None:
    table = schema.dataset_summary
    here = and_(*(table.c[name] == value for name, value in zip(_KEY, key, strict=True)))
    known = connection.execute(select(table).where(here)).mappings().first()
    runs = (known["runs"] if known else 0) + more
    if not runs:
        connection.execute(delete(table).where(here))
        return
    newest = _newest(connection, key, known, come, touched)
    if newest is None:
        return
    values = {"runs": runs, "newest": newest[1], "started_at": newest[0], **_last_look(connection, key, newest[1])}
    new = schema.insert(connection, table).values(**dict(zip(_KEY, key, strict=True)), **values)
    connection.execute(new.on_conflict_do_update(index_elements=list(_KEY), set_=values))


def _newest(
    connection: Connection, key: Key, known: Any, come: Mapping[str, float], touched: frozenset[str]
) -> tuple[float, str] | None:
    """Return when the newest run of a dataset began, and its id; all its runs are looked at only if need be."""
    best = max(((at, run) for run, at in come.items()), default=None)
    old = (known["started_at"], known["newest"]) if known else None
    if old is None or (best is not None and best >= old):
        return best
    if old[1] not in touched:
        return old
    d, r = schema.dataset.c, schema.run.c
    notebook, name, step, env = key
    query = (
        select(r.started_at, r.run)
        .join(schema.dataset, d.run == r.run)
        .where(r.notebook == notebook, r.env == env, r.kind == "batch", d.name == name, d.step == step)
        .order_by(r.started_at.desc(), r.run.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return (row.started_at, row.run) if row else None


def _last_look(connection: Connection, key: Key, run: str) -> dict[str, Any]:
    d = schema.dataset.c
    query = (
        select(d.at, d.rows, d.columns)
        .where(d.run == run, d.name == key[1], d.step == key[2])
        .order_by(d.attempt.desc(), d.part.desc(), d.at.desc(), d.entry.desc())
        .limit(1)
    )
    return dict(connection.execute(query).mappings().one())
