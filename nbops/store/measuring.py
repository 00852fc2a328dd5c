"""The numbers of runs, counted by the database: how many ended, how many badly, and how much of them is tested."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict

from sqlalchemy import ColumnElement, Connection, case, func, select

from nbops.pipeline.metrics import PipelineMetrics
from nbops.records import Status, from_json
from nbops.store import schema
from nbops.store.hub import Hub

__all__ = ["alarms", "occurred_between", "pipelines", "taken_back"]

_BAD = tuple(str(status) for status in Status if status.is_bad)
_DAY = 86_400.0


def pipelines(hub: Hub, since: float, until: float, env: str = "") -> tuple[PipelineMetrics, ...]:
    """Return the numbers of each notebook's batch runs that ended between *since* and *until*, most errors first."""
    run = schema.run.c
    day = func.floor(run.started_at / _DAY)
    chosen = [run.kind == "batch", run.started_at >= since, run.started_at < until, run.finished_at.is_not(None)]
    chosen += [run.env == env] if env else []
    is_bad = func.sum(case((run.status.in_(_BAD), 1), else_=0))
    query = select(run.notebook, day, func.count(), is_bad).where(*chosen).group_by(run.notebook, day).order_by(day)
    days: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    with hub.read() as connection:
        for notebook, number, ended, bad in connection.execute(query):
            date = dt.datetime.fromtimestamp(float(number) * _DAY, dt.UTC).date()
            days[notebook or "unknown"].append((date.isoformat(), ended, bad))
        tested = _tested(connection, chosen)
    found = [_of_days(name, tuple(each), tested.get(name, (0, 0, 0))) for name, each in days.items()]
    return tuple(sorted(found, key=lambda one: (-(one.error_rate or 0.0), one.notebook)))


def _of_days(name: str, days: tuple[tuple[str, int, int], ...], tested: tuple[int, int, int]) -> PipelineMetrics:
    return PipelineMetrics(name, sum(n for _, n, _ in days), sum(bad for _, _, bad in days), days, *tested)


def _tested(connection: Connection, chosen: list[ColumnElement[bool]]) -> dict[str, tuple[int, int, int]]:
    """Return by notebook how many steps its newest run had, how many of them had tests, and how many tests."""
    run, part = schema.run.c, schema.part.c
    newest = select(run.notebook, func.max(run.started_at).label("at")).where(*chosen).group_by(run.notebook).subquery()
    query = (
        select(run.notebook, run.steps, part.step, func.sum(part.tests))
        .join(newest, (newest.c.notebook == run.notebook) & (newest.c.at == run.started_at))
        .join(schema.part, part.run == run.run)
        .group_by(run.notebook, run.steps, part.step)
    )
    found: dict[str, tuple[int, int, int]] = {}
    for notebook, steps, _, tests in connection.execute(query):
        _, tested, every = found.get(notebook, (steps, 0, 0))
        found[notebook] = (steps, tested + (tests > 0), every + tests)
    return found


def alarms(hub: Hub, since: float, until: float, env: str = "") -> int:
    """Return how many batch runs were judged wrong by their tests."""
    run = schema.run.c
    query = select(func.count()).where(
        run.kind == "batch", run.status == str(Status.FAILED), run.started_at >= since, run.started_at < until
    )
    with hub.read() as connection:
        return connection.scalar(query.where(run.env == env) if env else query) or 0


def occurred_between(hub: Hub, since: float, until: float) -> set[str]:
    """Return the fingerprints of what went wrong at least once in a stretch of time."""
    seen = schema.occurrence.c
    query = select(seen.fingerprint).where(seen.fingerprint != "", seen.at >= since, seen.at < until).distinct()
    with hub.read() as connection:
        return set(connection.scalars(query))


def taken_back(hub: Hub, since: float, until: float) -> int:
    """Return of how many runs people took the verdict back: they waived a test of it, or accepted what it delivered."""
    entry = schema.entry.c
    query = select(entry.body).where(entry.kind == "Act", entry.run != "", entry.at >= since, entry.at < until)
    with hub.read() as connection:
        acts = [from_json(json.loads(body)) for body in connection.scalars(query)]
    return len({act.detail.get("resumes") or act.target for act in acts if act.verb in ("waive", "accept")})
