"""The numbers that a run tells of itself, which runs after it are compared with: rows, nulls, seconds, metrics.

:func:`observe` reads them off a run's state. A further kind of number is a further function in :data:`OBSERVERS`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nbops.pipeline.run import RunState
from nbops.records import Status, StepFinished, Table

__all__ = ["OBSERVERS", "Observed", "alike", "day_parameter", "observe"]

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_RESTORED = "↺"


@dataclass(frozen=True, slots=True)
class Observed:
    """A number that a run tells.

    Args:
        kind: ``rows``, ``nulls``, ``seconds``, ``failing`` or ``metric``.
        name: The dataset, ``dataset.column``, the step (empty: the whole run), ``step::test`` or the metric.
        value: The number; of a share, the rows that were counted.
        of: Of how many rows; None for what is no share.
        unit: What it counts.
    """

    kind: str
    name: str
    value: float
    of: float | None = None
    unit: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the other numbers of a run."""
        return self.kind, self.name


def observe(state: RunState) -> dict[tuple[str, str], Observed]:
    """Return the numbers of a run by kind and name. Steps that were restored tell nothing: they did not run."""
    records = [step.record for step in state.steps if step.record and step.status.is_final]
    ran = [record for record in records if not record.remark.startswith(_RESTORED)]
    return {one.key: one for observer in OBSERVERS for one in observer(state, ran)}


def _rows(_: RunState, ran: Sequence[StepFinished]) -> Iterator[Observed]:
    for table in _tables(ran).values():
        if table.rows is not None:
            yield Observed("rows", table.name, table.rows, unit="rows")


def _nulls(_: RunState, ran: Sequence[StepFinished]) -> Iterator[Observed]:
    for table in _tables(ran).values():
        for column, nulls in zip(table.column_names, table.nulls, strict=False):
            if table.rows:
                yield Observed("nulls", f"{table.name}.{column}", nulls, table.rows, "of the rows")


def _tables(ran: Iterable[StepFinished]) -> dict[str, Table]:
    """Return the tables that the steps left, each as the last of them left it; single columns are none."""
    return {t.name: t for record in ran if record.status.is_good for t in record.tables_out if t.columns is not None}


def _seconds(state: RunState, ran: Sequence[StepFinished]) -> Iterator[Observed]:
    good = [record for record in ran if record.status.is_good]
    for record in good:
        yield Observed("seconds", record.step, record.seconds, unit="s")
    if state.steps and len(good) == len(state.steps):
        yield Observed("seconds", "", state.seconds, unit="s")


def _failing(_: RunState, ran: Sequence[StepFinished]) -> Iterator[Observed]:
    for record in ran:
        for test in record.tests:
            if test.rows and test.failing is not None and test.status is not Status.ERROR:
                yield Observed("failing", f"{record.step}::{test.name}", test.failing, test.rows, "of the rows")


def _metrics(_: RunState, ran: Sequence[StepFinished]) -> Iterator[Observed]:
    for record in ran:
        for metric in record.metrics:
            yield Observed("metric", metric.name, metric.value, unit=metric.unit)


OBSERVERS: tuple[Callable[[RunState, Sequence[StepFinished]], Iterator[Observed]], ...] = (
    _rows, _nulls, _seconds, _failing, _metrics,
)  # fmt: skip
"""What reads numbers off a run; each takes the state, and the records of the steps that ran."""


# ── which runs are alike ─────────────────────────────────────────────────────────────────────────────────────────────


def day_parameter(given: Sequence[Mapping[str, str]]) -> str:
    """Return the parameter that names the day of a run's data: the first whose values are dates that differ.

    Args:
        given: The parameters of each run as text, the newest run last.

    Example:
        >>> day_parameter([{"day": "2025-03-01", "since": "2020-01-01"}, {"day": "2025-03-02", "since": "2020-01-01"}])
        'day'
        >>> day_parameter([{"region": "EU"}])
        ''
    """
    for name in given[-1] if given else ():
        values = {run.get(name, "") for run in given}
        if len(values) > 1 and all(_is_date(value) for value in values):
            return name
    return ""


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.match(text)) and dt.date.fromisoformat(text[:10]) is not None
    except ValueError:
        return False


def alike(given: Sequence[Mapping[str, str]]) -> list[bool]:
    """Return which runs were given the same as the last of them, dates aside.

    A parameter that is another one nearly every time (a path, a token) tells no runs apart.

    Example:
        >>> alike([{"region": "EU", "day": "2025-03-01"}, {"region": "US"}, {"region": "EU", "day": "2025-03-02"}])
        [True, False, True]
    """
    names = {name for run in given for name in run}
    telling = [name for name in sorted(names) if len({_masked(run, name) for run in given}) <= max(2, len(given) // 3)]
    wanted = [_masked(given[-1], name) for name in telling] if given else []
    return [[_masked(run, name) for name in telling] == wanted for run in given]


def _masked(run: Mapping[str, str], name: str) -> str:
    """Return the value of a parameter without its dates; a parameter that is only a date tells nothing."""
    return _DATE.sub("*", run.get(name, "")).replace("*", "")
