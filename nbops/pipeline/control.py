"""From runs to control charts: the numbers of runs that are alike, set beside each other and judged.

All series of a kind are judged at once. The risks of all charts of a run add up to at most :data:`BUDGET`: that is how
often a run that is like those before it warns.
"""

from __future__ import annotations

import datetime as dt
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
    states: Sequence[RunState], *, accepted: Accepted = (), risk: float | None = None
) -> tuple[ControlChart, ...]:
    """Return the control charts of the numbers of the newest run.

    Args:
        states: Runs of one notebook in one environment, the newest, which is judged, last.
        accepted: What people accepted as a new level: a run, and a dataset, step, test or metric.
        risk: Of each chart; by default all share the budget of a run.

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
        found += _of_kind([key for key in keys if key[0] == kind], columns, frozenset(accepted), each)
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


def _of_kind(
    keys: Sequence[tuple[str, str]], columns: Sequence[_Column], accepted: frozenset[tuple[str, str]], risk: float
) -> Iterator[ControlChart]:
    kind = keys[0][0]
    seen = [[column.seen.get(key) for column in columns] for key in keys]
    values = np.array([[one.value if one else np.nan for one in row] for row in seen])
    of = np.array([[one.of if one and one.of else np.nan for one in row] for row in seen])
    went_wrong = np.array([column.state.status.is_bad for column in columns[:-1]] + [False])
    recorded = np.array([[_was_out(column.state, key) for column in columns] for key in keys])
    recorded[:, -1] = False
    anew = np.array([[_is_accepted(column.state.run, key[1], accepted) for column in columns] for key in keys])
    bad = (went_wrong | recorded) & ~anew
    days = np.array([column.day.toordinal() for column in columns], float)
    made = _JUDGED.get(kind, _of_metrics)(values, of, days, {"risk": risk, "bad": bad, "anew": anew})
    used = (made.is_used & ~bad).tolist()
    for row, key in enumerate(keys):
        signals = _signals(made, row)
        unit = next(one.unit for one in reversed(seen[row]) if one)
        shown = values[row] / of[row] if kind in SHARES else values[row]
        points = tuple(
            replace(_point(made, (row, at), column, shown[at], of[row, at]), signals=signals[at], is_used=used[row][at])
            for at, column in enumerate(columns)
            if np.isfinite(shown[at])
        )
        started = columns[-1].state.started
        yield ControlChart(started.notebook or "", started.env, *key, points, risk, unit, LEARNING)


def _was_out(state: RunState, key: tuple[str, str]) -> bool:
    return state.finished is not None and any((point.kind, point.name) == key for point in state.finished.out)


def _is_accepted(run: str, name: str, accepted: frozenset[tuple[str, str]]) -> bool:
    return any(run == target and is_of(name, what) for target, what in accepted)


# ── judging each kind ────────────────────────────────────────────────────────────────────────────────────────────────

Judged = Callable[[Array, Array, Array, dict[str, Any]], Control]


def _of_counts(values: Array, _: Array, days: Array, how: dict[str, Any]) -> Control:
    return control_counts(values, days, **how)


def _of_shares(values: Array, of: Array, _: Array, how: dict[str, Any]) -> Control:
    return control_shares(values, of, **how)


def _of_seconds(values: Array, _: Array, days: Array, how: dict[str, Any]) -> Control:
    """Judge times by factors; below some seconds, and below a tenth, none matters."""
    found = control_values(np.log(values + _SECONDS_OFFSET), days, least_sd=_SECONDS_SD, **how)
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


_JUDGED: Mapping[str, Judged] = {
    "rows": _of_counts, "nulls": _of_shares, "failing": _of_shares, "seconds": _of_seconds,
}  # fmt: skip


def _point(made: Control, place: tuple[int, int], column: _Column, value: float, of: float) -> ChartPoint:
    started = column.state.started
    return ChartPoint(
        run=started.run,
        at=started.at,
        day=column.day,
        value=float(value),
        of=_number(of),
        centre=_number(made.centre[place]),
        low=_number(made.low[place]),
        high=_number(made.high[place]),
        is_out=bool(made.is_out[place]),
        history=int(made.history[place]),
        follows=made.terms(*place),
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _signals(made: Control, row: int) -> Sequence[tuple[str, ...]]:
    """Return the run rules that each point completes; a point that is out says so itself, and an early one nothing."""
    tells = (made.history[row] >= LEARNING) & made.is_used[row]
    scores = np.where(tells, made.score[row], np.nan)
    found = run_rules(scores)
    where = {words: found[name][0] for words, (name, _) in SIGNALS.items() if name in found}
    where["the mean has moved"] = ewma_chart(scores).is_out[0] & tells
    return [tuple(words for words, at in where.items() if at[point]) for point in range(len(scores))]
