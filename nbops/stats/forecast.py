"""Where the next of a sequence of numbers will lie: a level, with a trend and a season where the history shows them.

Least squares on the days, with the terms that an F test finds at one in a thousand: a trend, weekends, days of the
week, months. The limits are those of a prediction with Student's t; they widen by themselves far from the history.

Source:
    Draper and Smith, Applied Regression Analysis (1998), sections 3.1 and 6.1.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from nbops.stats.beta import beta_below
from nbops.stats.student import t_quantile

__all__ = ["Forecast", "forecast"]

_CERTAIN = 1e-3
_TREND, _WEEKEND, _WEEKDAY, _MONTH = "trend", "weekend", "weekday", "month"
_LEAST = {_TREND: 1, _WEEKEND: 2, _WEEKDAY: 4, _MONTH: 2}  # values of each class, from which on it is looked for
_TWO_YEARS = 700
Rows = list[list[float]]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a history tells of the next value.

    Args:
        terms: What it follows: ``trend``, ``weekend`` or ``weekday``, ``month``; none for a level.
        middle: The value that is expected.
        reach: How far from it the next may lie; infinite where the history does not tell.
    """

    terms: tuple[str, ...]
    middle: float
    reach: float

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest value that are as usual."""
        if math.isinf(self.reach):
            return -math.inf, math.inf
        return self.middle - self.reach, self.middle + self.reach


def forecast(
    days: Sequence[dt.date],
    values: Sequence[float],
    on: dt.date,
    risk: float,
    *,
    least_sd: float = 0.0,
    prior_sd: float = 0.0,
    prior_degrees: float = 0.0,
) -> Forecast:
    """Return what *values*, one for each of *days*, tell of the value on the day *on*.

    Args:
        days: The days, in any order.
        values: The values.
        on: The day that is asked for.
        risk: The probability that a value like them lies outside.
        least_sd: What the standard deviation is not taken below: the sampling error of one value.
        prior_sd: The standard deviation that is known from elsewhere, as from other columns.
        prior_degrees: How many degrees of freedom that is worth.

    Example:
        >>> week = [dt.date(2025, 3, 3) + dt.timedelta(days=n) for n in range(28)]
        >>> rows = [210.0 + n % 3 if day.weekday() > 4 else 1000.0 + n % 5 for n, day in enumerate(week)]
        >>> found = forecast(week, rows, dt.date(2025, 4, 5), 0.001)
        >>> found.terms, round(found.middle)
        (('weekend',), 211)
    """
    terms = _terms(days, values)
    if _is_unknown(terms, days, on):
        return Forecast(terms, math.nan, math.inf)
    fit = _fit(_sides(days, terms, days), values)
    if fit is None or fit.degrees + prior_degrees <= 0:
        return Forecast(terms, math.nan, math.inf)
    degrees = fit.degrees + prior_degrees
    variance = (fit.squares + prior_degrees * prior_sd**2) / degrees
    (side,) = _sides([on], terms, days)
    leverage = sum(a * b * fit.inverse[i][j] for i, a in enumerate(side) for j, b in enumerate(side))
    spread = max(math.sqrt(variance), least_sd) * math.sqrt(1 + max(0.0, leverage))
    middle = sum(a * b for a, b in zip(side, fit.weights, strict=True))
    return Forecast(terms, middle, t_quantile(risk / 2, degrees) * spread)


def _terms(days: Sequence[dt.date], values: Sequence[float]) -> tuple[str, ...]:
    """Return the terms that the history shows, the most certain first."""
    able = [term for term in (_TREND, _WEEKEND, _WEEKDAY, _MONTH) if _can_show(term, days)]
    found: tuple[str, ...] = ()
    while able:
        chances = [(_chance((*found, term), found, days, values), term) for term in able]
        best, term = min(chances)
        if best >= _CERTAIN:
            break
        found = (*found, term)
        able = [one for one in able if one != term and not {one, term} <= {_WEEKEND, _WEEKDAY}]
        if term == _WEEKEND and _can_show(_WEEKDAY, days):
            finer = (*(one for one in found if one != _WEEKEND), _WEEKDAY)
            found = finer if _chance(finer, found, days, values) < _CERTAIN else found
    return found


def _can_show(term: str, days: Sequence[dt.date]) -> bool:
    classes = [_class(term, day) for day in days]
    if term == _TREND:
        return len(set(days)) >= 5
    if term == _MONTH and (max(days) - min(days)).days < _TWO_YEARS:
        return False
    seen = set(classes)
    return len(seen) > 1 and min(classes.count(one) for one in seen) >= _LEAST[term]


def _class(term: str, day: dt.date) -> int:
    """Return which of the classes of *term* a day belongs to."""
    return {_WEEKEND: day.weekday() // 5, _WEEKDAY: day.weekday(), _MONTH: day.month}.get(term, 0)


def _is_unknown(terms: Sequence[str], days: Sequence[dt.date], on: dt.date) -> bool:
    """Whether the history tells nothing of days like *on*."""
    classes = {*terms} | ({_WEEKEND} if len(set(days)) > 1 else set())  # who delivers on weekdays may rest on others
    return any(_class(term, on) not in {_class(term, day) for day in days} for term in classes)


def _sides(days: Sequence[dt.date], terms: Sequence[str], history: Sequence[dt.date]) -> Rows:
    """Return for each day the numbers that the weights of *terms* are multiplied with."""
    first, span = min(history), max(1, (max(history) - min(history)).days)
    classes = {term: sorted({_class(term, day) for day in history})[1:] for term in terms if term != _TREND}
    found = []
    for day in days:
        side = [1.0]
        for term in terms:
            if term == _TREND:
                side.append((day - first).days / span)
            else:
                side += [float(_class(term, day) == one) for one in classes[term]]
        found.append(side)
    return found


@dataclass(frozen=True, slots=True)
class _Fit:
    weights: list[float]
    inverse: Rows
    squares: float
    degrees: int


def _fit(sides: Rows, values: Sequence[float]) -> _Fit | None:
    """Return the least squares; None where the sides do not tell the weights apart."""
    many = len(sides[0])
    normal = [[math.fsum(side[i] * side[j] for side in sides) for j in range(many)] for i in range(many)]
    inverse = _inverse(normal)
    if inverse is None:
        return None
    right = [math.fsum(side[i] * value for side, value in zip(sides, values, strict=True)) for i in range(many)]
    weights = [math.fsum(a * b for a, b in zip(row, right, strict=True)) for row in inverse]
    gaps = [
        value - math.fsum(a * b for a, b in zip(side, weights, strict=True))
        for side, value in zip(sides, values, strict=True)
    ]
    return _Fit(weights, inverse, math.fsum(gap * gap for gap in gaps), len(sides) - many)


def _inverse(matrix: Rows) -> Rows | None:
    """Return the inverse by Gauss and Jordan, with the largest pivot of each column; None for a singular matrix."""
    many = len(matrix)
    rows = [[*row, *(float(i == j) for j in range(many))] for i, row in enumerate(matrix)]
    for at in range(many):
        pivot = max(range(at, many), key=lambda row: abs(rows[row][at]))
        if abs(rows[pivot][at]) < 1e-9:
            return None
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for other in range(many):
            if other != at and rows[other][at]:
                factor = rows[other][at]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[at], strict=True)]
    return [row[many:] for row in rows]


def _chance(more: Sequence[str], less: Sequence[str], days: Sequence[dt.date], values: Sequence[float]) -> float:
    """Return the probability that chance makes *more* terms fit so much better than *less*: the F test."""
    one, other = _fit(_sides(days, less, days), values), _fit(_sides(days, more, days), values)
    if one is None or other is None or other.degrees < 2 or one.degrees <= other.degrees:
        return 1.0
    added = one.degrees - other.degrees
    gained = max(0.0, one.squares - other.squares)
    if one.squares <= 1e-18 * math.fsum(value * value for value in values) or gained == 0:
        return 1.0
    # F = (gained/added) / (rest/degrees) is a beta variable by x = rest / (rest + gained)
    return beta_below(other.squares / (other.squares + gained), other.degrees / 2, added / 2)
