"""For your own tests: a hub in memory, and records as a run would leave them.

from nbops.testing import memory_hub, records

def test_a_failed_run_is_listed():
    with memory_hub(records("sales.ipynb", failing="clean")) as hub:
        assert hub.runs(failed=True)[0].notebook == "sales.ipynb"
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from nbops.records import (
    CheckResult,
    Record,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
    Table,
    to_json,
    worst,
)
from nbops.store.hub import Hub, open_hub
from nbops.store.intake import prepare, take
from nbops.store.journal import Entry
from nbops.store.project import Project

__all__ = ["memory_hub", "records"]


def memory_hub(*runs: Iterable[Record], root: Path | None = None) -> Hub:
    """Return a hub in memory that knows the records of *runs*. Close it, or use it as a context manager.

    Args:
        runs: The records of each run, as :func:`records` makes them.
        root: The root of the project that it stands for; the working directory by default.
    """
    hub = open_hub(Project((root or Path.cwd()).absolute()), "sqlite://")
    with hub.write() as connection:
        for some in runs:
            journal = uuid.uuid4().hex
            entries = [
                Entry(f"{journal}-{number}", record, json.dumps(to_json(record)))
                for number, record in enumerate(some, start=1)
            ]
            take(connection, [prepare(entry) for entry in entries])
    return hub


def records(
    notebook: str = "sales.ipynb",
    *,
    run: str = "",
    at: float | None = None,
    steps: Sequence[str] = ("load", "clean", "publish"),
    seconds: float = 1.0,
    failing: str = "",
    env: str = "dev",
    owner: str = "",
) -> list[Record]:
    """Return the records of one run of *notebook*: each step reads the table of the one before and has one test.

    Args:
        notebook: The notebook's path.
        run: The run's id; a new one by default.
        at: When it began, in seconds since 1970; an hour ago by default.
        steps: The names of its steps.
        seconds: How long each step took.
        failing: The step whose test failed; those behind it are skipped.
        env: The environment it ran in.
        owner: Who answers for it.

    Example:
        >>> [type(record).__name__ for record in records(steps=["load"])]
        ['RunStarted', 'StepStarted', 'StepFinished', 'RunFinished']
    """
    run = run or uuid.uuid4().hex
    begin = time.time() - 3600 if at is None else at
    found: list[Record] = [
        RunStarted(
            begin, run, kind="batch", notebook=notebook, identified_by="name", env=env, steps=tuple(steps), owner=owner
        )
    ]
    for number, step in enumerate(steps):
        status = Status.FAILED if step == failing else Status.PASSED
        start = begin + number * seconds
        found += [StepStarted(start, run, step), _finished(start + seconds, run, step, status, seconds)]
        if step == failing:
            break
    statuses = [record.status for record in found if isinstance(record, StepFinished)]
    reason = f"{failing}: ids are unique" if failing else ""
    found.append(RunFinished(found[-1].at, run, worst(statuses), reason, cells=len(steps)))
    return found


def _finished(at: float, run: str, step: str, status: Status, seconds: float) -> StepFinished:
    is_bad = status is Status.FAILED
    test = CheckResult(
        name="ids are unique",
        status=status,
        source="orders.id.is_unique",
        why="2 of 100 rows failed" if is_bad else "",
        rows=100,
        failing=2 if is_bad else 0,
    )
    table = Table(name="orders", kind="pandas.DataFrame", rows=100, columns=2, column_names=("id", "amount"))
    return StepFinished(at, run, step, status, seconds=seconds, tests=(test,), tables_in=(table,), tables_out=(table,))
