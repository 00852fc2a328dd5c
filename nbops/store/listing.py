"""Short answers over many runs: each reads as many rows as it gives, however many runs there are.

Which notebooks there are is found by leaping through an index from one name to the next, instead of reading all runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, BigInteger, Connection, Row, Select, cast, func, literal_column, select, union_all

from nbops.records import encodable
from nbops.store import schema

__all__ = ["DayCount", "day_counts", "newest_rows", "notebook_paths"]

_DAY = 86_400
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many batch runs of one notebook began on one day and ended in one way; those that were pruned count too.

    Args:
        day: The day, in days since 1970, in UTC.
        notebook: The notebook's path; None when it is not known.
        env: Their environment.
        status: How they ended; ``running`` of those whose end is not known.
        runs: How many.
        tests: How many tests they had.
        tests_failed: How many of those failed.
    """

    day: int
    notebook: str | None
    env: str
    status: str
    runs: int
    tests: int
    tests_failed: int


def notebook_paths(connection: Connection) -> list[str]:
    """Return the paths of all notebooks that ever ran, sorted."""
    names = _notebooks()
    return list(connection.scalars(select(names.c.notebook).where(names.c.notebook.is_not(None))))


def newest_rows(connection: Connection, env: str = "") -> list[Row[Any]]:
    """Return the row of the newest batch run of each notebook in each environment, newest first.

    Args:
        connection: What to read with.
        env: Only this environment; empty: all.
    """
    r = schema.run.c
    groups = _environments().subquery()
    newest = (
        select(r.run)
        .where(r.notebook == groups.c.notebook, r.env == groups.c.env, r.kind == "batch", r.started_at.is_not(None))
        .order_by(r.started_at.desc(), r.run.desc())
        .limit(1)
        .correlate(groups)
        .scalar_subquery()
    )
    ids = select(newest).select_from(groups)
    ids = ids.where(groups.c.env == encodable(env)) if env else ids
    runs = list(connection.scalars(ids))  # asked for by itself: else PostgreSQL expects many, and reads every run
    found = _newest_unknown(connection, env)
    for start in range(0, len(runs), _CHUNK):
        found += connection.execute(select(schema.run).where(r.run.in_(runs[start : start + _CHUNK])))
    return sorted(found, key=lambda row: (row.started_at, row.run), reverse=True)


def day_counts(
    connection: Connection, *, since: float | None = None, until: float | None = None, env: str = "", notebook: str = ""
) -> Iterator[DayCount]:
    """Yield how many batch runs began on each day, by notebook, environment and status; pruned ones count too.

    Args:
        connection: What to read with.
        since: Only those that began then or later, in seconds since 1970.
        until: Only those that began before.
        env: Only those of this environment; empty: of all.
        notebook: Only those of the notebook with exactly this path; empty: of all.
    """
    every = union_all(
        *(_counted(table, since, until, env, notebook) for table in (schema.run, schema.tombstone))
    ).subquery("every_run")
    day = _day(connection, every.c.started_at).label("day")
    c = every.c
    query = (
        select(day, c.notebook, c.env, c.status, func.count(), func.sum(c.tests), func.sum(c.tests_failed))
        .group_by(day, c.notebook, c.env, c.status)
        .order_by(day, c.notebook, c.env, c.status)
    )
    for row in connection.execute(query):
        yield DayCount(int(row[0]), row[1], row[2], row[3], int(row[4]), int(row[5] or 0), int(row[6] or 0))


# ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _notebooks() -> CTE:
    """Return the names of all notebooks and a null at the end: each is the least that is greater than the last."""
    r = schema.run.alias().c
    names = select(func.min(r.notebook).label("notebook")).cte("notebooks", recursive=True)
    s = schema.run.alias().c
    following = select(func.min(s.notebook)).where(s.notebook > names.c.notebook).scalar_subquery()
    return names.union_all(select(following).where(names.c.notebook.is_not(None)))


def _environments() -> Select[Any]:
    """Return every notebook with each of its environments."""
    names = _notebooks()
    r, s = schema.run.alias().c, schema.run.alias().c
    first = select(func.min(r.env)).where(r.notebook == names.c.notebook).correlate(names).scalar_subquery()
    pairs = (
        select(names.c.notebook, first.label("env"))
        .where(names.c.notebook.is_not(None))
        .cte("environments", recursive=True)
    )
    following = select(func.min(s.env)).where(s.notebook == pairs.c.notebook, s.env > pairs.c.env).scalar_subquery()
    pairs = pairs.union_all(select(pairs.c.notebook, following).where(pairs.c.env.is_not(None)))
    return select(pairs.c.notebook, pairs.c.env).where(pairs.c.env.is_not(None))


def _newest_unknown(connection: Connection, env: str) -> list[Row[Any]]:
    """Return the newest runs whose notebook is not known, one for each environment: they are few."""
    r = schema.run.c
    query = select(schema.run).where(r.notebook.is_(None), r.kind == "batch", r.started_at.is_not(None))
    query = query.where(r.env == encodable(env)) if env else query
    newest: dict[str, Row[Any]] = {}
    for row in connection.execute(query):  # in no order: SQLite would walk through all runs to find them in one
        known = newest.get(row.env)
        if known is None or (row.started_at, row.run) > (known.started_at, known.run):
            newest[row.env] = row
    return list(newest.values())


def _counted(table: Any, since: float | None, until: float | None, env: str, notebook: str) -> Select[Any]:
    c = table.c
    query = select(c.started_at, c.notebook, c.env, c.status, c.tests, c.tests_failed).where(
        c.kind == "batch", c.started_at.is_not(None)
    )
    query = query if since is None else query.where(c.started_at >= since)
    query = query if until is None else query.where(c.started_at < until)
    query = query.where(c.env == encodable(env)) if env else query
    return query.where(c.notebook == encodable(notebook)) if notebook else query


def _day(connection: Connection, at: Any) -> Any:
    """Return the day of a moment: PostgreSQL rounds where it casts, and not every SQLite has a floor."""
    days = at / literal_column(f"{_DAY}.0")
    return cast(func.floor(days) if connection.dialect.name == "postgresql" else days, BigInteger)
