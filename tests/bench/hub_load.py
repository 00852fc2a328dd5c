"""A hub as it is after years: any number of runs of ten steps with twenty tests each, made quickly and as ingest would.

One run of each kind (good, warned, failed) is taken in by nbops itself, into a hub in memory. Its rows are then copied
as often as needed under other ids, times and notebooks, past nbops: by ``COPY`` into PostgreSQL, by ``executemany``
into SQLite. A test compares a small one, row by row, with what taking in the same records gives.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from nbops.records import (
    CheckResult,
    ColumnSeen,
    DatasetSeen,
    Failure,
    Record,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
)
from nbops.store import schema
from nbops.store.database import Database
from nbops.testing import memory_hub

__all__ = ["NOTEBOOKS", "STEPS", "day_of", "fill", "notebook_of", "records_of_number", "run_of"]

STEPS, TESTS = 10, 20
NOTEBOOKS = 200
_RUN, _NOTEBOOK, _SLOT, _JOURNAL = "0123456789abcdef" * 2, "team/pipeline_XXX.ipynb", 1_111_111, "J" * 32
_SLOT_SECONDS = 1_000
_FIRST_SLOT = 1_750_000  # the middle of June 2025
_SLOTS = 7_776  # ninety days
_BATCH = 20_000
_TABLES = ("entry", "run", "part", "test", "dataset")


def fill(hub: Database, runs: int) -> None:
    """Put so many runs into an empty hub.

    Args:
        hub: The hub.
        runs: How many.
    """
    load = _Load(hub)
    for number in range(runs):
        load.add(number, runs)
    load.flush()
    load.finish()


def run_of(number: int) -> str:
    """Return the id of the run of that number."""
    return f"{random.Random(number).getrandbits(128):032x}"


def notebook_of(number: int) -> str:
    """Return the path of the notebook of that run."""
    return _NOTEBOOK.replace("XXX", f"{number % NOTEBOOKS:03d}")


def day_of(number: int, runs: int) -> datetime.date:
    """Return the day on which the run of that number, of so many, began: here."""
    return datetime.datetime.fromtimestamp(_slot_of(number, runs) * _SLOT_SECONDS).astimezone().date()


def _slot_of(number: int, runs: int) -> int:
    return _FIRST_SLOT + number * _SLOTS // runs


def _env_of(number: int) -> str:
    return ("prod", "prod", "test", "dev")[number // NOTEBOOKS % 4]


def _kind_of(number: int) -> int:
    return 2 if number % 23 == 0 else 1 if number % 7 == 0 else 0


@dataclass
class _Load:
    hub: Database

    def __post_init__(self) -> None:
        self._templates = {(kind, env): _rows_of(kind, env) for kind in range(3) for env in ("dev", "test", "prod")}
        self._columns = {name: list(schema.metadata.tables[name].columns.keys()) for name in _TABLES}
        self._waiting: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
        self._left: dict[tuple[str, str, str, str], dict[str, Any]] = {}

    def add(self, number: int, runs: int) -> None:
        slot = _slot_of(number, runs)
        run, notebook, env = run_of(number), notebook_of(number), _env_of(number)
        shift = float((slot - _SLOT) * _SLOT_SECONDS)
        words = ((_JOURNAL, run[::-1]), (_RUN, run), (_NOTEBOOK, notebook), (str(_SLOT), str(slot)))
        for name, rows in self._templates[_kind_of(number), env].items():
            for row in rows:
                self._waiting[name].append(tuple(_moved(value, words, shift) for value in row))
        for row in self._templates[_kind_of(number), env]["dataset"]:
            self._count(dict(zip(self._columns["dataset"], row, strict=True)), notebook, env, run, shift)
        if len(self._waiting["entry"]) >= _BATCH:
            self.flush()

    def _count(self, look: dict[str, Any], notebook: str, env: str, run: str, shift: float) -> None:
        key = (notebook, look["name"], look["step"], env)
        known = self._left.setdefault(key, {"runs": 0, "place": (0.0, "")})
        known["runs"] += 1
        began = float(_SLOT * _SLOT_SECONDS) + shift
        if (began, run) > known["place"]:
            facts = {"newest": run, "started_at": began, "at": look["at"] + shift}
            known |= {**facts, "rows": look["rows"], "columns": look["columns"], "place": (began, run)}

    def flush(self) -> None:
        with self.hub.write() as connection:
            for name, rows in self._waiting.items():
                _insert(connection, name, self._columns[name], rows)
                rows.clear()

    def finish(self) -> None:
        table = schema.dataset_summary
        rows = [
            dict(zip(("notebook", "name", "step", "env"), key, strict=True))
            | {k: v for k, v in facts.items() if k != "place"}
            for key, facts in self._left.items()
        ]
        with self.hub.write() as connection:
            connection.execute(table.insert(), rows)
        with self.hub.read() as connection:
            raw = connection.connection.dbapi_connection
            connection.rollback()
            if connection.dialect.name == "postgresql":
                raw.autocommit = True  # type: ignore[union-attr]
                raw.execute("VACUUM ANALYZE")  # type: ignore[union-attr]
                raw.autocommit = False  # type: ignore[union-attr]


def _moved(value: Any, words: tuple[tuple[str, str], ...], shift: float) -> Any:
    if isinstance(value, str):
        for old, new in words:
            value = value.replace(old, new)
    elif isinstance(value, float) and value > 1e9:
        value += shift
    return value


def _insert(connection: Any, name: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    raw = connection.connection.cursor()
    listed = ", ".join(f'"{column}"' for column in columns)
    if connection.dialect.name == "postgresql":
        with raw.copy(f'COPY "{name}" ({listed}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
    else:
        raw.executemany(f'INSERT INTO "{name}" ({listed}) VALUES ({", ".join("?" * len(columns))})', rows)


# ── the runs that are copied ─────────────────────────────────────────────────────────────────────────────────────────


def _rows_of(kind: int, env: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows that nbops makes of one run, by table."""
    with memory_hub(list(records_of(kind, env)), root=Path("/")) as hub, hub.read() as connection:
        journal = connection.scalar(select(schema.entry.c.journal).limit(1)) or ""
        return {
            name: [
                tuple(v.replace(journal, _JOURNAL) if isinstance(v, str) else v for v in row)
                for row in connection.execute(select(schema.metadata.tables[name]))
            ]
            for name in _TABLES
        }


def records_of_number(number: int, runs: int) -> Iterator[Record]:
    """Yield the records that the run of that number, of so many, would have left."""
    where = {"run": run_of(number), "notebook": notebook_of(number), "slot": _slot_of(number, runs)}
    return records_of(_kind_of(number), _env_of(number), **where)  # type: ignore[arg-type]


def records_of(
    kind: int, env: str, *, run: str = _RUN, notebook: str = _NOTEBOOK, slot: int = _SLOT
) -> Iterator[Record]:
    """Yield the records of one run: good (0), with a warning (1), failed in its ninth step (2)."""
    at = float(slot * _SLOT_SECONDS)
    names = tuple(f"step_{n}" for n in range(STEPS))
    yield RunStarted(at, run, "batch", notebook, env=env, steps=names, owner="ada", host="etl-3", pid=7, boot="b")
    worst = (Status.PASSED, Status.WARNED, Status.FAILED)[kind]
    last = STEPS - 1 if kind < 2 else STEPS - 2
    for n, step in enumerate(names[: last + 1]):
        bad = worst if n == last else Status.PASSED
        began, ended = at + 10 * n, at + 10 * n + 8 + n / 8
        yield StepStarted(began, run, step)
        yield _finished(ended, run, step, bad, ended - began)
        if n % 3 == 0:
            columns = tuple(ColumnSeen(f"column_{c}", "int64", "number", nulls=0) for c in range(8))
            yield DatasetSeen(ended, run, step, f"table_{n}", kind="pandas.DataFrame", rows=1_000 + n, columns=columns)
    yield RunFinished(
        at + 10 * (last + 1), run, worst, f"{names[last]}: test 3 of it" if kind == 2 else "", cells=STEPS
    )


def _finished(at: float, run: str, step: str, status: Status, seconds: float) -> StepFinished:
    tests = tuple(
        CheckResult(
            f"orders.column_{n}.between",
            status if n == 3 else Status.PASSED,
            source=f"expect(orders).between('column_{n}', 0, 100)",
            why="2 of 1,000 rows fail" if n == 3 and status is not Status.PASSED else "",
            rows=1_000,
            nulls=0,
            seconds=0.001,
        )
        for n in range(TESTS)
    )
    failure = Failure("StepFailed") if status is Status.FAILED else None
    return StepFinished(at, run, step, status, seconds=seconds, tests=tests, failure=failure, reads=("orders",))
