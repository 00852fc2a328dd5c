"""Conditions as expressions of narwhals: where they fail, for any library that it speaks to."""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from typing import Any, Protocol

import narwhals.stable.v2 as nw

from nbops.frames import conditions as c
from nbops.frames import relating as r
from nbops.frames.comparing import fitting
from nbops.frames.conditions import Condition
from nbops.frames.expressions import evaluate, parse_expression
from nbops.frames.patterns import is_common

__all__ = ["PERIODS", "Columns", "failing", "is_expressible"]

PERIODS = {"minute": "1m", "hour": "1h", "day": "1d", "month": "1mo", "year": "1y"}
"""The periods that narwhals truncates moments to; of weeks, libraries disagree where they begin."""

_LARGEST = sys.float_info.max
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">=": operator.ge, ">": operator.gt
}  # fmt: skip


class Columns(Protocol):
    """What a condition asks of the table that it is judged on."""

    def kind(self, column: Any) -> str:
        """Return what *column* holds."""

    def dtype(self, column: Any) -> Any:
        """Return the type of *column*."""

    def cell(self, column: str) -> Any:
        """Return the values of *column*, NaN as null, dates as moments."""

    def null(self, column: str) -> Any:
        """Return where *column* is null."""

    def constant(self, value: Any, column: str) -> Any:
        """Return *value* as it compares with the values of *column*."""

    def truth(self, result: Any) -> Any:
        """Return where the result of a comparison is true."""

    def one_of(self, cell: Any, values: list[Any]) -> Any:
        """Return where *cell* is one of *values*."""


def is_expressible(condition: Condition) -> bool:
    """Whether an expression over one row can tell where *condition* fails."""
    if isinstance(condition, c.Within):
        return is_expressible(condition.inner)
    if isinstance(condition, c.Every):
        return all(map(is_expressible, condition.parts))
    if isinstance(condition, c.Matches):  # what only Python's regular expressions know
        return is_common(condition.pattern)
    return type(condition) in _FAILING and not (isinstance(condition, c.Aligned) and condition.period not in PERIODS)


def failing(reader: Columns, condition: Condition) -> Any:
    """Return where *condition* fails, never null."""
    if isinstance(condition, c.Within):
        return failing(reader, condition.inner) & evaluate(parse_expression(condition.where), reader)[0]
    if isinstance(condition, c.Every):
        return functools.reduce(operator.or_, [failing(reader, part) for part in condition.parts])
    found = _FAILING[type(condition)](reader, condition)
    if isinstance(condition, _ABOUT_NULLS):
        return found
    return functools.reduce(operator.and_, [~reader.null(column) for column in condition.columns], found)


def in_range(reader: Columns, condition: c.InRange) -> Any:
    """Return where the value lies outside."""
    cell, column = reader.cell(condition.column), condition.column
    below, above = (operator.le, operator.ge) if condition.is_strict else (operator.lt, operator.gt)
    parts = [below(cell, reader.constant(condition.low, column))] if condition.low is not None else []
    parts += [above(cell, reader.constant(condition.high, column))] if condition.high is not None else []
    never = reader.null(column) & ~reader.null(column)
    return functools.reduce(operator.or_, parts or [never])


def one_of_values(reader: Columns, condition: c.OneOf) -> Any:
    """Return where the value is none that is allowed; a value of another type is never found."""
    kind = reader.kind(condition.column)
    dtype = reader.dtype(condition.column)
    values = _storable(fitting(condition.values, kind), dtype)
    if not values:
        never = reader.null(condition.column) & ~reader.null(condition.column)
        return never if condition.is_negated else ~never
    cell = reader.cell(condition.column)
    if dtype.is_decimal() or dtype.is_float():
        cell = cell.cast(nw.Float64)
    found = cell.is_in([reader.constant(value, condition.column) for value in values] if kind == "time" else values)
    return found if condition.is_negated else ~found


def _storable(values: list[Any], dtype: Any) -> list[Any]:
    """Return those of *values* that a column of numbers can hold, as it holds them; libraries refuse the others."""
    if not dtype.is_numeric():
        return values
    finite = [value for value in values if abs(value) <= _LARGEST]
    if not dtype.is_integer():
        return [float(value) for value in finite]
    bits = int("".join(filter(str.isdigit, str(dtype))))
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if dtype.is_signed_integer() else (0, 2**bits - 1)
    return [int(value) for value in finite if value == int(value) and low <= value <= high]


def matches(reader: Columns, condition: c.Matches) -> Any:
    """Return where the text does not match."""
    found = _text(reader, condition.column).str.contains(condition.pattern)
    return found if condition.is_negated else ~found


def length(reader: Columns, condition: c.LengthIn) -> Any:
    """Return where the text is too short or too long."""
    length = _text(reader, condition.column).str.len_chars()
    failing = length < (condition.low or 0)
    return failing if condition.high is None else failing | (length > condition.high)


def _text(reader: Columns, column: str) -> Any:
    if reader.kind(column) != "text":
        raise TypeError(f"needs text, the column holds {reader.dtype(column)}")
    return reader.cell(column)


def _number(reader: Columns, column: str) -> Any:
    if reader.kind(column) not in ("number", "bool"):
        raise TypeError(f"needs numbers, the column holds {reader.dtype(column)}")
    return reader.cell(column).cast(nw.Float64)


def multiple(reader: Columns, condition: c.MultipleOf) -> Any:
    """Return where the number is no multiple."""
    times = _number(reader, condition.column) / condition.step
    return ~((times - times.round(0)).abs() <= 1e-9 * (times.abs() + 1))


def ordered(reader: Columns, condition: r.Ordered) -> Any:
    """Return where the two columns stand the wrong way."""
    return ~_OPERATORS[condition.operator](reader.cell(condition.left), reader.cell(condition.right))


def sums(reader: Columns, condition: r.SumsTo) -> Any:
    """Return where the parts do not add up to the total."""
    *parts, total = [_number(reader, column) for column in condition.columns]
    difference = (functools.reduce(operator.add, parts) - total).abs()
    return ~(difference <= total.abs() * 1e-9 + condition.tolerance)


def null_together(reader: Columns, condition: r.NullTogether) -> Any:
    """Return where some cells are null and others are not."""
    nulls = [reader.null(column) for column in condition.several]
    return functools.reduce(operator.or_, nulls) & ~functools.reduce(operator.and_, nulls)


def any_present(reader: Columns, condition: r.AnyPresent) -> Any:
    """Return where all cells are null."""
    return functools.reduce(operator.and_, [reader.null(column) for column in condition.several])


def outside(reader: Columns, condition: c.Outside) -> Any:
    """Return where the value lies inside."""
    cell, column = reader.cell(condition.column), condition.column
    return (cell >= reader.constant(condition.low, column)) & (cell <= reader.constant(condition.high, column))


def weekday(reader: Columns, condition: c.WeekdayIn) -> Any:
    """Return where the day is another day of the week."""
    return ~_time(reader, condition.column).dt.weekday().is_in([day + 1 for day in sorted(condition.days)])


def aligned(reader: Columns, condition: c.Aligned) -> Any:
    """Return where the moment is not the first of its period."""
    moments = _time(reader, condition.column)
    return moments != moments.dt.truncate(PERIODS[condition.period])


def _time(reader: Columns, column: str) -> Any:
    if reader.kind(column) != "time":
        raise TypeError(f"needs dates, the column holds {reader.dtype(column)}")
    cell = reader.cell(column)
    return cell.dt.replace_time_zone(None) if getattr(reader.dtype(column), "time_zone", None) else cell


def differ(reader: Columns, condition: r.DifferAcross) -> Any:
    """Return where two cells of a row are the same."""
    never = reader.null(condition.several[0]) & ~reader.null(condition.several[0])
    same = [
        (reader.cell(left) == reader.cell(right)).fill_null(False) & ~reader.null(left) & ~reader.null(right)
        for left, right in condition.alike(reader.kind)
    ]
    return functools.reduce(operator.or_, same, never)


_ABOUT_NULLS = (c.Present, r.NullTogether, r.AnyPresent, c.Holds, r.DifferAcross)
_FAILING: dict[type[Condition], Callable[[Columns, Any], Any]] = {
    c.Present: lambda reader, condition: reader.null(condition.column),
    c.InRange: in_range,
    c.Outside: outside,
    c.OneOf: one_of_values,
    c.Matches: matches,
    c.LengthIn: length,
    c.Finite: lambda reader, condition: ~_number(reader, condition.column).is_finite(),
    c.MultipleOf: multiple,
    c.WeekdayIn: weekday,
    c.Aligned: aligned,
    c.Holds: lambda reader, condition: evaluate(parse_expression(condition.text), reader)[1],
    r.Ordered: ordered,
    r.SumsTo: sums,
    r.NullTogether: null_together,
    r.AnyPresent: any_present,
    r.DifferAcross: differ,
}
