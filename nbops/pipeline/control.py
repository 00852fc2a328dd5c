"""From runs to control charts: the numbers of runs that are alike, set beside each other and judged.

All series of a kind are judged at once. The risks of all charts of a run add up to at most :data:`BUDGET`: that is how
often a run that is like those before it warns.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nbops.pipeline.control_chart import SHARES, SIGNALS, ChartPoint, ControlChart, is_of
from nbops.pipeline.run import RunState
from nbops.pipeline.series import Observed, alike, day_parameter, observe
from nbops.stats.spc import LEARNING, Control, control_counts, control_values
from nbops.stats.spc_charts import ewma_chart
from nbops.stats.spc_rules import run_rules
from nbops.stats.spc_shares import control_shares

__all__ = ["BUDGET", "control_charts"]

BUDGET = 0.01
"""How often a run that is like those before it warns of a point beyond its limits."""

_MOST_RISK, _LEAST_RISK = 1e-3, 1e-7
_SECONDS_OFFSET, _SECONDS_SD = 5.0, 0.1
_GROWS_BY_FACTORS = 3.0
Array = np.ndarray[Any, np.dtype[Any]]
Accepted = Collection[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Column:
    """One run among those that are compared."""

    state: RunState
    day: dt.date
    seen: Mapping[tuple[str, str], Observed]


def control_charts(
    states: Sequence[RunState], *, accepted: Accepted = (), risk: float | None = None, newest_only: bool = False
) -> tuple[ControlChart, ...]:
    """Return the control charts of the numbers of the newest run.

    Args:
        states: Runs of one notebook in one environment, the newest, which is judged, last.
        accepted: What people accepted as a new level: a run, and a dataset, step, test or metric.
        risk: Of each chart; by default all share the budget of a run.
        newest_only: Whether the newest point of each chart is enough.

    Returns:
        One chart for each number of the newest run.
    """
    if not states:
        return ()
    columns = _columns(states)
    keys = list(columns[-1].seen)
    each = risk if risk is not None else min(_MOST_RISK, max(_LEAST_RISK, BUDGET / max(1, len(keys))))
    found: list[ControlChart] = []
    for kind in dict.fromkeys(kind for kind, _ in keys):
        judged = _Judged([key for key in keys if key[0] == kind], columns, frozenset(accepted), each)
        found += judged.charts(newest_only=newest_only)
    return tuple(found)


def _columns(states: Sequence[RunState]) -> list[_Column]:
    """Return the runs that are alike, in the order of the days of their data; of a day that ran again only the last."""
    given = [{name: s.started.parameters.get(name, "") for name in s.started.given} for s in states]
    by = day_parameter(given)
    like = alike(given)
    found: dict[object, _Column] = {}
    for state, values, is_like in zip(states, given, like, strict=True):
        if is_like:
            day = dt.date.fromisoformat(values[by][:10]) if by else dt.date.fromtimestamp(state.started.at)
            found.pop(day if by else state.run, None)
            found[day if by else state.run] = _Column(state, day, observe(state))
    newest = list(found.values())[-1]
    earlier = (
        [c for c in found.values() if c is not newest and c.day <= newest.day] if by else list(found.values())[:-1]
    )
    return [*sorted(earlier, key=lambda column: column.day), newest]


class _Judged:
    """The series of one kind, judged together."""

    def __init__(
        self,
        keys: Sequence[tuple[str, str]],
        columns: Sequence[_Column],
        accepted: frozenset[tuple[str, str]],
        risk: float,
    ) -> None:
        self.keys, self.columns, self.risk = keys, columns, risk
        self.seen = [[column.seen.get(key) for column in columns] for key in keys]
        values = np.array([[one.value if one else np.nan for one in row] for row in self.seen])
        self.of = np.array([[one.of if one and one.of else np.nan for one in row] for row in self.seen])
        went_wrong = np.array([column.state.status.is_bad for column in columns[:-1]] + [False])
        recorded = np.array([[_was_out(column.state, key) for column in columns] for key in keys])
        recorded[:, -1] = False
        anew = np.array([[_is_accepted(column.state.run, key[1], accepted) for column in columns] for key in keys])
        bad = (went_wrong | recorded) & ~anew
        days = np.array([column.day.toordinal() for column in columns], float)
        judge = _JUDGES.get(keys[0][0], _of_metrics)
        self.made = judge(values, self.of, days, {"risk": risk, "bad": bad, "anew": anew})
        self.values = values / self.of if keys[0][0] in SHARES else values
        self.used = self.made.is_used & ~bad

    def charts(self, *, newest_only: bool) -> Iterator[ControlChart]:
        """Yield the chart of each series."""
        start = len(self.columns) - 1 if newest_only else 0
        signals = None if newest_only else self._signals()
        notebook, env = self.columns[-1].state.started.notebook or "", self.columns[-1].state.started.env
        made = self.made
        arrays = (self.values, self.of, made.centre, made.low, made.high, made.is_out, self.used, made.history)
        for row, (kind, name) in enumerate(self.keys):
            unit = next(one.unit for one in reversed(self.seen[row]) if one)
            points = tuple(
                ChartPoint(
                    column.state.run, column.state.started.at, column.day, value, _or_none(of), _or_none(centre),
                    _or_none(low), _or_none(high), is_out, is_used, history, made.terms(row, at),
                    signals[row][at] if signals else (),
                )
                for at, (column, value, of, centre, low, high, is_out, is_used, history) in enumerate(
                    zip(self.columns[start:], *(one[row, start:].tolist() for one in arrays), strict=True), start
                )
                if value == value  # noqa: PLR0124 - NaN: this run does not tell of it
            )  # fmt: skip
            yield ControlChart(notebook, env, kind, name, points, self.risk, unit, LEARNING)

    def _signals(self) -> list[list[tuple[str, ...]]]:
        """Return the run rules that each point completes; a point that is out says so itself, an early one nothing."""
        tells = (self.made.history >= LEARNING) & self.made.is_used
        scores = np.where(tells, self.made.score, np.nan)
        where = {**run_rules(scores), "ewma": ewma_chart(scores).is_out & tells}
        named = {words: where[rule].tolist() for words, (rule, _) in SIGNALS.items()}
        rows, points = scores.shape
        return [
            [tuple(words for words, at in named.items() if at[row][point]) for point in range(points)]
            for row in range(rows)
        ]


def _was_out(state: RunState, key: tuple[str, str]) -> bool:
    return state.finished is not None and any((point.kind, point.name) == key for point in state.finished.out)


def _is_accepted(run: str, name: str, accepted: frozenset[tuple[str, str]]) -> bool:
    return any(run == target and is_of(name, what) for target, what in accepted)


# ── judging each kind ────────────────────────────────────────────────────────────────────────────────────────────────

Judge = Callable[[Array, Array, Array, dict[str, Any]], Control]


def _of_counts(values: Array, _: Array, days: Array, how: dict[str, Any]) -> Control:
    return control_counts(values, days, **how)


def _of_shares(values: Array, of: Array, _: Array, how: dict[str, Any]) -> Control:
    return control_shares(values, of, **how)


def _of_seconds(values: Array, _: Array, days: Array, how: dict[str, Any]) -> Control:
    """Judge times by factors, once a chart has learned; below some seconds, and below a tenth, none matters."""
    found = control_values(np.log(values + _SECONDS_OFFSET), days, least_sd=_SECONDS_SD, fewest=LEARNING, **how)
    centre, low, high = (np.exp(one) - _SECONDS_OFFSET for one in (found.centre, found.low, found.high))
    return replace(found, centre=centre, low=np.maximum(low, 0), high=high)


def _of_metrics(values: Array, _: Array, days: Array, how: dict[str, Any]) -> Control:
    """Judge metrics as they are; those that were always above zero and differ by factors as logarithms."""
    before = np.where(how["bad"] | how["anew"], np.nan, values)[:, :-1]
    with np.errstate(all="ignore"):
        low, high = (
            extreme.reduce(before, axis=1, initial=start) for extreme, start in ((np.fmin, np.inf), (np.fmax, -np.inf))
        )
    grows = (low > 0) & (high >= _GROWS_BY_FACTORS * low) & np.isfinite(high)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(np.maximum(values, np.where(np.isfinite(low), low, 1)[:, None] * 1e-9))
    found = control_values(np.where(grows[:, None], logs, values), days, **how)
    lines = (
        np.where(grows[:, None], np.exp(np.minimum(one, 700)), one) for one in (found.centre, found.low, found.high)
    )
    centre, lower, upper = lines
    return replace(found, centre=centre, low=lower, high=upper)


_JUDGES: Mapping[str, Judge] = {
    "rows": _of_counts, "nulls": _of_shares, "failing": _of_shares, "seconds": _of_seconds,
}  # fmt: skip


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
