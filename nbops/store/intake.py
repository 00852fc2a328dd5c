"""From entries to tables: what taking records into the hub does, whatever their order and however often they come.

Every statement here commutes with itself and may be repeated: entries are inserted once by id, of the records of a
cell the one wins that tells most of the last attempt, the last sign of life is a maximum, a tombstone is for ever. The
row of a run is then made anew from these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, tuple_, update

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
    from_json,
)
from nbops.store import schema
from nbops.store.journal import Entry
from nbops.store.summaries import keep_summaries, left_by
from nbops.store.tombstones import tombstones
from nbops.store.values import number_of, text_of, whole_of

__all__ = ["Prepared", "chunks", "prepare", "see", "take"]

_CHUNK = 500
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One record that is ready to be taken in.

    Args:
        run: The run that it is about; for an act its target, which may be no run.
        at: When it was made.
        prunes: The tombstones of the runs that it prunes, by run, when it is such an act.
        rows: The rows that it alone makes, by table.
        is_act: Whether it is about no run: a person did it, or a source was looked at. Such a record is no sign of
            life, and is never pruned.
    """

    run: str
    at: float
    prunes: dict[str, dict[str, Any]]
    rows: Rows
    is_act: bool

    @property
    def concerns_datasets(self) -> bool:
        """Whether it may change what is counted of datasets."""
        return "dataset" in self.rows or any(row["kind"] == "RunStarted" for row in self.rows.get("entry", ()))


def prepare(entry: Entry) -> Prepared:
    """Return what taking in *entry* needs.

    Raises:
        TypeError: A field of its record is not of its type, so that no row can hold it (or ValueError,
            AttributeError).
    """
    record = entry.record
    if isinstance(record, Act):
        prunes = tombstones(text_of(entry.id), record.detail) if record.verb == "prune" else {}
        return Prepared(text_of(record.target), float(record.at), prunes, {"entry": [_entry_row(entry)]}, True)
    if isinstance(record, SourceSeen):
        rows = {"entry": [_entry_row(entry)], "source": [_source_row(entry)]}
        return Prepared(text_of(record.run), float(record.at), {}, rows, True)
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
    return Prepared(text_of(record.run), float(record.at), {}, rows, False)


def take(connection: Connection, records: Sequence[Prepared]) -> None:
    """Take *records* into the hub, in the transaction of *connection*."""
    touched = {record.run for record in records if record.concerns_datasets}
    touched |= {run for record in records for run in record.prunes}
    before = left_by(connection, touched) if touched else {}
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
    if touched:
        keep_summaries(connection, before, left_by(connection, touched), touched)


def see(connection: Connection, seen: Mapping[str, float]) -> None:
    """Note when each of some runs, none of them pruned, was last heard of."""
    if seen:
        new = schema.insert(connection, schema.run)
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
        "id": text_of(entry.id),
        "journal": text_of(journal),
        "number": number,
        "at": number_of(record.at),
        "kind": type(record).__name__,
        "run": text_of(record.target if isinstance(record, Act) else record.run),
        "body": entry.text,
    }


def _part_row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    journal, number = entry.place
    row = {
        "run": text_of(record.run),
        "step": text_of(record.step),
        "part": whole_of(record.part),
        "attempt": whole_of(record.attempt),
        "at": number_of(record.at),
        "journal": text_of(journal),
        "number": number,
        "entry": text_of(entry.id),
    }
    if isinstance(record, StepStarted):
        no_tests = {"tests_passed": 0, "tests_failed": 0, "tests": 0}
        return row | {"status": "running", "seconds": 0.0, "failure": ""} | no_tests
    counts = count_tests(record.tests)
    return row | {
        "status": str(record.status),
        "seconds": number_of(record.seconds),
        "tests_passed": counts.get(Status.PASSED, 0),
        "tests_failed": counts.get(Status.FAILED, 0) + counts.get(Status.ERROR, 0),
        "tests": len(record.tests),
        "failure": text_of(record.failure.type) if record.failure else "",
    }


def _test_rows(entry: Entry) -> Iterator[dict[str, Any]]:
    for position, test in enumerate(entry.record.tests):
        if test.status is not Status.PASSED:
            yield {
                "run": text_of(entry.record.run),
                "entry": text_of(entry.id),
                "position": position,
                "step": text_of(entry.record.step),
                "name": text_of(test.name),
                "status": str(test.status),
            }


def _dataset_row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "run": text_of(record.run),
        "entry": text_of(entry.id),
        "step": text_of(record.step),
        "name": text_of(record.name),
        "part": whole_of(record.part),
        "attempt": whole_of(record.attempt),
        "at": number_of(record.at),
        "rows": None if record.rows is None else whole_of(record.rows),
        "columns": len(record.columns),
    }


def _source_row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "source": text_of(record.source),
        "entry": text_of(entry.id),
        "at": number_of(record.at),
        "due": None if record.due is None else number_of(record.due),
        "arrived_at": None if record.arrived_at is None else number_of(record.arrived_at),
        "state": text_of(record.state),
        "fingerprint": text_of(record.fingerprint),
    }


def _start_columns(started: RunStarted) -> dict[str, Any]:
    return {
        "started_at": number_of(started.at),
        "kind": text_of(started.kind),
        "notebook": None if started.notebook is None else text_of(started.notebook),
        "env": text_of(started.env),
        "owner": text_of(started.owner),
        "parameters": json.dumps({text_of(name): text_of(value) for name, value in started.parameters.items()}),
        "host": text_of(started.host),
        "pid": whole_of(started.pid),
        "boot": text_of(started.boot),
        "steps": len({text_of(step) for step in started.steps}),
    }


def _end_columns(finished: RunFinished) -> dict[str, Any]:
    return {
        "finished_at": number_of(finished.at),
        "status": str(finished.status),
        "reason": text_of(finished.reason),
    }


# ── many entries ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _insert(connection: Connection, rows: Rows) -> None:
    for table in (schema.entry, schema.test, schema.dataset, schema.source):
        if rows[table.name]:
            connection.execute(schema.insert(connection, table).on_conflict_do_nothing(), rows[table.name])
    if rows["part"]:
        new = schema.insert(connection, schema.part)
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
    pruned = [row for record in records for row in record.prunes.values()]
    if not pruned:
        return
    new = schema.insert(connection, schema.tombstone)
    tells_more = tuple_(*_rank(new.excluded)) < tuple_(*_rank(schema.tombstone.c))
    connection.execute(_replacing(new, schema.tombstone, tells_more), pruned)
    for some in chunks({row["run"] for row in pruned}):
        for table in (schema.run, schema.part, schema.test, schema.dataset):
            connection.execute(delete(table).where(table.c.run.in_(some)))
        connection.execute(delete(schema.entry).where(schema.entry.c.run.in_(some), schema.entry.c.kind != "Act"))


def _rank(tombstone: Any) -> tuple[Any, ...]:
    """Return what orders the tombstones of one run: those that tell of it first, then by their acts."""
    return tombstone.started_at.is_(None), tombstone.act


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
        "steps": len({*map(text_of, started.steps), *steps}),
        "tests_passed": sum(passed for passed, _, _ in steps.values()),
        "tests_failed": sum(failed for _, failed, _ in steps.values()),
        "tests": sum(every for _, _, every in steps.values()),
    }
