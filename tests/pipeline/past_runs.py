"""Runs as a daily notebook would leave them: one a day, with rows, nulls, metrics and times as asked for."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from nbops.pipeline.run import RunState, fold
from nbops.records import (
    CheckResult,
    Metric,
    PointOut,
    Record,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    Table,
    worst,
)

MONDAY = dt.date(2025, 3, 3)
BEGAN = 1_700_000_000.0


def past_run(
    day: dt.date,
    rows: int,
    *,
    nulls: int = 0,
    seconds: float = 1.0,
    failing: int = 0,
    metrics: Mapping[str, float] | None = None,
    status: Status = Status.PASSED,
    ended: Status = Status.PASSED,
    out: tuple[PointOut, ...] = (),
    notebook: str = "sales.ipynb",
    parameters: Mapping[str, str] | None = None,
    at: float | None = None,
    remark: str = "",
) -> list[Record]:
    """Return the records of one run of a notebook with one step, whose table ``orders`` has *rows* rows."""
    run = uuid.uuid4().hex
    given = {"day": str(day), **(parameters or {})}
    begin = BEGAN + (day - MONDAY).days * 86_400 if at is None else at
    table = Table("orders", "pandas.DataFrame", rows, 2, ("id", "amount"), ("int64", "float64"), (0, nulls))
    test = CheckResult("amount is known", Status.PASSED, rows=rows, failing=failing)
    return [
        RunStarted(begin, run, "batch", notebook, "name", steps=("load",), parameters=given, given=tuple(given)),
        StepFinished(
            begin + seconds, run, "load", status, seconds=seconds, tests=(test,), tables_out=(table,), remark=remark,
            metrics=tuple(Metric(name, value) for name, value in (metrics or {}).items()),
        ),
        RunFinished(begin + seconds, run, worst([status, ended]), out=out),
    ]  # fmt: skip


def past_runs(rows: Sequence[int], first: dt.date = MONDAY, **about: object) -> list[RunState]:
    """Return the states of one run a day, oldest first."""
    days = [first + dt.timedelta(days=n) for n in range(len(rows))]
    return [fold(past_run(day, many, **about)) for day, many in zip(days, rows, strict=True)]  # type: ignore[arg-type]


def usual_rows(days: int, first: dt.date = MONDAY) -> list[int]:
    """Return rows of a shop that sells a thousand a weekday and two hundred a day at weekends, give or take 3 %."""
    wiggle = (7, -22, 15, 28, -9, -31, 12, 3, -17, 24, -5, 19, -26)
    base = [(1000 if (first + dt.timedelta(days=n)).weekday() < 5 else 200) for n in range(days)]
    return [many + many * wiggle[n % 13] // 1000 for n, many in enumerate(base)]
