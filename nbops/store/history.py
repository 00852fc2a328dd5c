"""What earlier runs say about a run: how long it usually takes, and whether its failure was seen before."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, distinct, func, select

from nbops.pipeline.run import History, RunState
from nbops.records import Status, encodable, from_json
from nbops.store import schema

__all__ = ["history_of"]

_GOOD = tuple(str(status) for status in Status if status.is_good)
_JUDGED_BAD = (Status.FAILED, Status.ERROR)
_RUNS = 30
_FEWEST_RUNS = 3  # that tell what is usual for rows


def history_of(connection: Connection, state: RunState) -> History:
    """Return the history of *state*, ``last_good`` apart: usual times, and how often its failure was seen before."""
    earlier = _earlier(state)
    seconds = _good_runs(connection, earlier)
    restored = _restored(connection, seconds)
    seconds = {run: took for run, took in seconds.items() if run not in restored}
    return History(
        seen_before=_seen_before(connection, state, earlier),
        usual_seconds=_usual_steps(connection, list(seconds)),
        usual_run_seconds=statistics.median(seconds.values()) if seconds else None,
        usual_dropped=_usual_dropped(connection, list(seconds), state),
        good_runs=len(seconds),
    )


def _earlier(state: RunState) -> ColumnElement[bool]:
    run, started = schema.run.c, state.started
    return (
        (run.notebook == encodable(started.notebook or ""))
        & (run.env == started.env)
        & (run.kind == "batch")
        & (run.started_at < started.at)
    )


def _good_runs(connection: Connection, earlier: ColumnElement[bool]) -> dict[str, float]:
    run = schema.run.c
    query = (
        select(run.run, (run.finished_at - run.started_at).label("seconds"))
        .where(earlier, run.status.in_(_GOOD))
        .order_by(run.started_at.desc())
        .limit(_RUNS)
    )
    return {row.run: row.seconds for row in connection.execute(query)}


def _restored(connection: Connection, runs: Iterable[str]) -> frozenset[str]:
    """Return those of *runs* in which steps were restored: they say nothing of how long it takes to run."""
    entry = schema.entry.c
    query = select(entry.run).where(
        entry.run.in_(list(runs)), entry.kind == "StepFinished", entry.body.like('%"remark":"↺ %')
    )
    return frozenset(connection.scalars(query))


def _usual_steps(connection: Connection, runs: list[str]) -> dict[str, float]:
    part = schema.part.c
    query = (
        select(part.step, func.sum(part.seconds))
        .where(part.run.in_(runs))
        .group_by(part.run, part.step)
        .having(func.count() == func.count().filter(part.status.in_(_GOOD)))  # skipped steps say nothing of time
    )
    found: dict[str, list[float]] = {}
    for step, seconds in connection.execute(query):
        found.setdefault(step, []).append(seconds)
    return {step: statistics.median(times) for step, times in found.items()}


def _usual_dropped(connection: Connection, runs: list[str], state: RunState) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the fewest and the most rows that each step of *state* dropped for each reason in *runs*."""
    steps = {encodable(one.name): one.name for one in state.steps if one.record and one.record.accounts}
    if not steps or len(runs) < _FEWEST_RUNS:
        return {}
    part, entry = schema.part.c, schema.entry.c
    query = (
        select(part.run, part.step, entry.body)
        .join(schema.entry, entry.id == part.entry)
        .where(part.run.in_(runs), part.step.in_(steps), entry.body.like('%"accounts":%'))
    )
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for run, step, body in connection.execute(query):
        for account in from_json(json.loads(body)).accounts:
            for one in account.entries:
                if one.kind == "dropped" and one.rows is not None:
                    by_run = counted.setdefault((steps[step], one.reason), {})
                    by_run[run] = by_run.get(run, 0) + one.rows
    told = {key: by_run.values() for key, by_run in counted.items() if len(by_run) >= _FEWEST_RUNS}
    return {key: (min(rows), max(rows)) for key, rows in told.items()}


def _seen_before(connection: Connection, state: RunState, earlier: ColumnElement[bool]) -> int:
    blame = _blame(state)
    if blame is None:
        return 0
    query = select(func.count(distinct(schema.run.c.run))).where(earlier, blame)
    return connection.scalar(query) or 0


def _blame(state: RunState) -> Any:
    """Return the condition that an earlier run failed as *state* did; None when it did not fail."""
    run, part, test = schema.run.c, schema.part.c, schema.test.c
    step = next((s for s in state.steps if s.status in _JUDGED_BAD), None)
    if step is None:
        return (
            (run.status == str(state.status)) & (run.reason == encodable(state.reason)) if state.status.is_bad else None
        )
    bad = next((t for t in step.tests if t.status in _JUDGED_BAD), None)
    if bad is not None:  # an attempt that was repeated does not count: then no part names its entry
        latest = select(part.entry).where(part.run == test.run, part.step == test.step)
        same = select(test.run).where(
            test.step == encodable(step.name),
            test.name == encodable(bad.name),
            test.status.in_([str(status) for status in _JUDGED_BAD]),
            test.entry.in_(latest),
        )
        return run.run.in_(same)
    failure = step.record.failure.type if step.record and step.record.failure else ""
    if not failure:
        return None
    return run.run.in_(select(part.run).where(part.step == encodable(step.name), part.failure == encodable(failure)))
