"""What changed since one step last passed: in the run that it failed in, when it passed there before, or in an earlier.

Everything is read from records; nothing is run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from nbops.engine.causes.changes import changes_between
from nbops.errors import NbopsError
from nbops.pipeline.changes import Change, Changes, CodeChange
from nbops.pipeline.run import RunState, StepState, fold
from nbops.records import CheckResult, Record, RunStarted, StepFinished, Table
from nbops.store.hub import Hub

__all__ = ["passed_before", "since_passed"]

_MOST_RUNS = 20
_NULLS_MOVED = 0.01  # as a share of the rows: less is told last


def since_passed(hub: Hub, state: RunState, step: str) -> Changes | None:
    """Return what changed in *step* since it last passed; None when it never did, or did not run.

    Args:
        hub: Where the runs are known.
        state: The run in which it is not well.
        step: Its name.
    """
    records = hub.records(state.run)
    now = _latest(records, step)
    then = passed_before(records, step) or _passed_earlier(hub, state, step)
    if not now or not then:
        return None
    return _between(hub, (state.started, now), then)


def passed_before(records: Sequence[Record], step: str) -> tuple[RunStarted, list[StepFinished]] | None:
    """Return when *step* passed before, in the one run that *records* tell of: its beginning, and the step's records.

    Each cell counts with its last good record; a cell that never was good makes the step one that never passed.
    """
    started = next((record for record in records if isinstance(record, RunStarted)), None)
    own = _of(records, step)
    good = {record.part: record for record in own if record.status.is_good}
    if started is None or set(good) != {record.part for record in own}:
        return None
    return started, [good[part] for part in sorted(good)]


def _of(records: Iterable[Record], step: str) -> list[StepFinished]:
    """Return what *records* tell of a step, in the order of time."""
    return sorted((r for r in records if isinstance(r, StepFinished) and r.step == step), key=lambda r: r.at)


def _latest(records: Iterable[Record], step: str) -> list[StepFinished]:
    latest = {record.part: record for record in _of(records, step)}
    return [latest[part] for part in sorted(latest)]


def _passed_earlier(hub: Hub, state: RunState, step: str) -> tuple[RunStarted, list[StepFinished]] | None:
    before = state.started.at
    for _ in range(_MOST_RUNS):
        found = hub.newest(notebook=state.started.notebook, env=state.started.env, before=before)
        if found is None or found.started_at >= before:
            return None
        before = found.started_at
        try:
            passed = passed_before(hub.records(found.run), step)
        except NbopsError:  # it was pruned meanwhile
            continue
        if passed and all(record.status.is_good for record in _latest(hub.records(found.run), step)):
            return passed
    return None


def _between(
    hub: Hub, now: tuple[RunStarted, list[StepFinished]], then: tuple[RunStarted, list[StepFinished]]
) -> Changes:
    states = [fold([started, *records]) for started, records in (now, then)]  # as if it were the only step
    by_hand = "session" in (now[0].kind, then[0].kind)
    found = changes_between(hub.project, states[0], states[1], now[1], then[1])
    return dataclasses.replace(
        found,
        at=max(record.at for record in then[1]),
        code=tuple(_code(found.code, now[1], then[1])),
        parameters=() if by_hand else found.parameters,
        profile=(*_tests(now[1], then[1]), *found.profile, *_nulls(states[0], states[1])),
        unknown=("by hand nobody records parameters",) if by_hand else (),
    )


def _code(
    found: Iterable[CodeChange], now: Sequence[StepFinished], then: Sequence[StepFinished]
) -> Iterator[CodeChange]:
    """Yield which code changed: the step's by the hashes of its cells, with its lines where both are known."""
    step = now[0].step
    if [record.source_hash for record in now] != [record.source_hash for record in then]:
        yield next((one for one in found if one.name == step), CodeChange(step))
    for change in found:
        if not change.diff and change.name != step:  # a module of one's own
            yield change


def _tests(now: Sequence[StepFinished], then: Sequence[StepFinished]) -> Iterator[Change]:
    """Yield what the tests that are bad now saw when they passed."""
    before = {test.name: test for record in then for test in record.tests}
    for test in (test for record in now for test in record.tests if test.status.is_bad):
        old = before.get(test.name)
        seen, saw = _seen(test), _seen(old) if old else ""
        if saw and seen and saw != seen:
            yield Change(test.name, saw, seen, is_large=True)


def _seen(test: CheckResult) -> str:
    """Return what a test saw, in words that read alike whether it passed or not."""
    if test.failing is not None and test.rows is not None:
        return f"{test.failing:,} of {test.rows:,} rows fail"
    return test.observed


def _nulls(now: RunState, then: RunState) -> Iterator[Change]:
    """Yield in which columns of the tables that both read or made the share of nulls moved."""
    before = _tables(then.steps)
    for name, table in _tables(now.steps).items():
        for column, share in _shares(table).items():
            old = _shares(before[name]).get(column) if name in before else None
            if old is not None and old != share:
                moved = abs(share - old) >= _NULLS_MOVED
                yield Change(f"nulls in {name}.{column}", f"{old:.1%}", f"{share:.1%}", moved)


def _tables(steps: Iterable[StepState]) -> dict[str, Table]:
    return {t.name: t for s in steps if s.record for t in (*s.record.tables_in, *s.record.tables_out)}


def _shares(table: Table) -> dict[str, float]:
    rows = table.rows or 0
    return {n: k / rows for n, k in zip(table.column_names, table.nulls, strict=False)} if rows else {}
