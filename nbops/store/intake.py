"""From entries to tables: what taking records into the hub does, whatever their order and however often they come.

Every statement here commutes with itself and may be repeated: entries are inserted once by id, of the records of a
cell the one wins that tells most of the last attempt, the last sign of life is a maximum, a tombstone is for ever. The
row of a run is then made anew from these.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from nbops.pipeline.run import count_tests
from nbops.records import (
    Act,
    DatasetSeen,
    Heartbeat,
    RunFinished,
    RunStarted,
    SourceSeen,
    Status,
    StepFinished,
    StepStarted,
    encodable,
    from_json,
)
from nbops.store import schema
from nbops.store.journal import Entry

__all__ = ["Prepared", "chunks", "prepare", "see", "take"]

_CHUNK = 500
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One record that is ready to be taken in.

    Args:
        run: The run that it is about; for an act its target, which may be no run.
        at: When it was made.
        prunes: The runs that it prunes, when it is such an act.
        rows: The rows that it alone makes, by table.
        is_act: Whether it is about no run: a person did it, or a source was looked at. Such a record is no sign of
            life, and is never pruned.
    """

    run: str
    at: float
    prunes: dict[str, str]
    rows: Rows
    is_act: bool


def prepare(entry: Entry) -> Prepared:
    """Return what taking in *entry* needs.

    Raises:
        TypeError: A field of its record is not of its type, so that no row can hold it (or ValueError,
            AttributeError).
    """
    record = entry.record
    if isinstance(record, Act):
        runs = _text(record.detail.get("runs", "")).split() if record.verb == "prune" else []
        rows = {"entry": [_entry_row(entry)]}
        return Prepared(_text(record.target), float(record.at), dict.fromkeys(runs, _text(entry.id)), rows, True)
    if isinstance(record, SourceSeen):
        rows = {"entry": [_entry_row(entry)], "source": [_source_row(entry)]}
        return Prepared(_text(record.run), float(record.at), {}, rows, True)
    rows = {} if isinstance(record, Heartbeat) else {"entry": [_entry_row(entry)]}
    if isinstance(record, (StepStarted, StepFinished)):
        rows["part"] = [_part_row(entry)]
    if isinstance(record, StepFinished):
        rows["test"] = list(_test_rows(entry))
    if isinstance(record, DatasetSeen):
        rows["dataset"] = [_dataset_row(entry)]
    if isinstance(record, RunStarted):
        _start_columns(record)
    if isinstance(record, RunFinished):
        _end_columns(record)
    return Prepared(_text(record.run), float(record.at), {}, rows, False)


def take(connection: Connection, records: Sequence[Prepared]) -> None:
    """Take *records* into the hub, in the transaction of *connection*."""
    _bury(connection, records)
    buried = _buried(connection, {record.run for record in records})
    rows: Rows = {"entry": [], "part": [], "test": [], "dataset": [], "source": []}
    seen: dict[str, float] = {}
    for record in records:
        if not record.is_act:
            if record.run in buried:
                continue
            seen[record.run] = max(seen.get(record.run, 0.0), record.at)
        for table, found in record.rows.items():
            rows[table] += found
    _insert(connection, rows)
    see(connection, seen)
    _make_runs(connection, seen)


def see(connection: Connection, seen: Mapping[str, float]) -> None:
    """Note when each of some runs, none of them pruned, was last heard of."""
    if seen:
        new = insert(schema.run)
        is_later = new.excluded.last_seen > schema.run.c.last_seen
        statement = _replacing(new, schema.run, is_later, ["last_seen"])
        connection.execute(statement, [{"run": run, "last_seen": at} for run, at in seen.items()])


def chunks(items: Iterable[str]) -> Iterator[list[str]]:
    """Yield *items*, sorted, in lists short enough for one ``IN``.

    Example:
        >>> list(chunks({"b", "a"}))
        [['a', 'b']]
    """
    ordered = sorted(items)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


# ── one entry ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _entry_row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    journal, number = entry.place
    return {
        "id": _text(entry.id),
        "journal": _text(journal),
        "number": number,
        "at": _number(record.at),
        "kind": type(record).__name__,
        "run": _text(record.target if isinstance(record, Act) else record.run),
        "body": entry.text,
    }


def _part_row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    journal, number = entry.place
    row = {
        "run": _text(record.run),
        "step": _text(record.step),
        "part": _whole(record.part),
        "attempt": _whole(record.attempt),
        "at": _number(record.at),
        "journal": _text(journal),
        "number": number,
        "entry": _text(entry.id),
    }
    if isinstance(record, StepStarted):
        no_tests = {"tests_passed": 0, "tests_failed": 0, "tests": 0}
        return row | {"status": "running", "seconds": 0.0, "failure": ""} | no_tests
    counts = count_tests(record.tests)
    return row | {
        "status": str(record.status),
        "seconds": _number(record.seconds),
        "tests_passed": counts.get(Status.PASSED, 0),
        "tests_failed": counts.get(Status.FAILED, 0) + counts.get(Status.ERROR, 0),
        "tests": len(record.tests),
        "failure": _text(record.failure.type) if record.failure else "",
    }


def _test_rows(entry: Entry) -> Iterator[dict[str, Any]]:
    for position, test in enumerate(entry.record.tests):
        if test.status is not Status.PASSED:
            yield {
                "run": _text(entry.record.run),
                "entry": _text(entry.id),
                "position": position,
                "step": _text(entry.record.step),
                "name": _text(test.name),
                "status": str(test.status),
            }


def _dataset_row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "run": _text(record.run),
        "entry": _text(entry.id),
        "step": _text(record.step),
        "name": _text(record.name),
        "part": _whole(record.part),
        "attempt": _whole(record.attempt),
        "at": _number(record.at),
        "rows": None if record.rows is None else _whole(record.rows),
        "columns": len(record.columns),
    }


def _source_row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "source": _text(record.source),
        "entry": _text(entry.id),
        "at": _number(record.at),
        "due": None if record.due is None else _number(record.due),
        "arrived_at": None if record.arrived_at is None else _number(record.arrived_at),
        "state": _text(record.state),
        "fingerprint": _text(record.fingerprint),
    }


def _text(value: object) -> str:
    """Return *value* as text that any database takes: half a surrogate pair is spelled out."""
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    return encodable(value)


def _number(value: object) -> float:
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise TypeError(f"a number expected, not {value!r}")
    return float(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or abs(value) >= 2**53:
        raise TypeError(f"a whole number expected, not {value!r}")
    return int(value)


def _start_columns(started: RunStarted) -> dict[str, Any]:
    return {
        "started_at": _number(started.at),
        "kind": _text(started.kind),
        "notebook": None if started.notebook is None else _text(started.notebook),
        "env": _text(started.env),
        "owner": _text(started.owner),
        "parameters": json.dumps({_text(name): _text(value) for name, value in started.parameters.items()}),
        "host": _text(started.host),
        "pid": _whole(started.pid),
        "boot": _text(started.boot),
        "steps": len({_text(step) for step in started.steps}),
    }


def _end_columns(finished: RunFinished) -> dict[str, Any]:
    return {
        "finished_at": _number(finished.at),
        "status": str(finished.status),
        "reason": _text(finished.reason),
    }


# ── many entries ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _insert(connection: Connection, rows: Rows) -> None:
    for table in (schema.entry, schema.test, schema.dataset, schema.source):
        if rows[table.name]:
            connection.execute(insert(table).on_conflict_do_nothing(), rows[table.name])
    if rows["part"]:
        new = insert(schema.part)
        is_later = tuple_(*_place_in_run(new.excluded)) > tuple_(*_place_in_run(schema.part.c))
        connection.execute(_replacing(new, schema.part, is_later), rows["part"])


def _place_in_run(part: Any) -> tuple[Any, ...]:
    """Return what orders the records of one cell, the same as folding does: a clock may be set back during a step."""
    return part.attempt, part.status != "running", part.at, part.journal, part.number


def _replacing(new: Any, table: Table, where: Any, columns: Sequence[str] = ()) -> Any:
    keys = [column.name for column in table.primary_key]
    names = columns or [column.name for column in table.columns if column.name not in keys]
    values = {name: new.excluded[name] for name in names}
    return new.on_conflict_do_update(index_elements=keys, set_=values, where=where)


def _bury(connection: Connection, records: Iterable[Prepared]) -> None:
    """Note the runs that acts of pruning name, and take them out of every table."""
    pruned = [{"run": run, "act": act} for record in records for run, act in record.prunes.items()]
    if not pruned:
        return
    new = insert(schema.tombstone)
    connection.execute(_replacing(new, schema.tombstone, new.excluded.act < schema.tombstone.c.act), pruned)
    for some in chunks({row["run"] for row in pruned}):
        for table in (schema.run, schema.part, schema.test, schema.dataset):
            connection.execute(delete(table).where(table.c.run.in_(some)))
        connection.execute(delete(schema.entry).where(schema.entry.c.run.in_(some), schema.entry.c.kind != "Act"))


def _buried(connection: Connection, runs: Iterable[str]) -> set[str]:
    tombstone = schema.tombstone.c.run
    return {
        row.run for some in chunks(runs) for row in connection.execute(select(tombstone).where(tombstone.in_(some)))
    }


# ── the row of a run ─────────────────────────────────────────────────────────────────────────────────────────────────


def _make_runs(connection: Connection, runs: Iterable[str]) -> None:
    for some in chunks(runs):
        records = _ends(connection, some)
        steps = _steps(connection, some)
        rows = [_run_row(run, *records[run], steps.get(run, {})) for run in some if run in records]
        for row in rows:
            connection.execute(update(schema.run).where(schema.run.c.run == row.pop("run")).values(row))


def _ends(connection: Connection, runs: list[str]) -> dict[str, tuple[RunStarted, RunFinished | None]]:
    """Return the first start and the last end of each of *runs* that has a start."""
    entry = schema.entry.c
    query = (
        select(entry.run, entry.body)
        .where(entry.run.in_(runs), entry.kind.in_(("RunStarted", "RunFinished")))
        .order_by(entry.at, entry.journal, entry.number)
    )
    started: dict[str, RunStarted] = {}
    finished: dict[str, RunFinished] = {}
    for row in connection.execute(query):
        record = from_json(json.loads(row.body))
        if isinstance(record, RunStarted):
            started.setdefault(row.run, record)
        else:
            finished[row.run] = record
    return {run: (record, finished.get(run)) for run, record in started.items()}


def _steps(connection: Connection, runs: list[str]) -> dict[str, dict[str, tuple[int, int, int]]]:
    part = schema.part.c
    query = (
        select(part.run, part.step, func.sum(part.tests_passed), func.sum(part.tests_failed), func.sum(part.tests))
        .where(part.run.in_(runs))
        .group_by(part.run, part.step)
    )
    found: dict[str, dict[str, tuple[int, int, int]]] = {}
    for run, step, *counts in connection.execute(query):
        found.setdefault(run, {})[step] = (counts[0], counts[1], counts[2])
    return found


def _run_row(
    run: str, started: RunStarted, finished: RunFinished | None, steps: Mapping[str, tuple[int, int, int]]
) -> dict[str, Any]:
    ended = _end_columns(finished) if finished else {"finished_at": None, "status": "running", "reason": ""}
    return {
        **_start_columns(started),
        **ended,
        "run": run,
        "steps": len({*map(_text, started.steps), *steps}),
        "tests_passed": sum(passed for passed, _, _ in steps.values()),
        "tests_failed": sum(failed for _, failed, _ in steps.values()),
        "tests": sum(every for _, _, every in steps.values()),
    }
