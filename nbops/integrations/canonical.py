"""Many checks say the same in other words: ``positive`` is ``above 0``. Other tools are told the plainest of them.

What a check means is read from its condition, so a check of somebody's own is understood too.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

from nbops.checks.model import Check, RowCheck
from nbops.checks.vocabulary import check_class
from nbops.frames.comparing import moment
from nbops.frames.reading import attempt

__all__ = ["canonical", "parts_of"]


def canonical(check: Check) -> Check:
    """Return the plainest check that means the same as *check*; *check* itself when there is none.

    Example:
        >>> plain = canonical(check_class("positive")("price", severity="warn"))
        >>> plain.kind, plain.low, plain.severity
        ('above', 0, 'warn')
    """
    if check.kind == "not_empty":
        return _check("row_count")(1, severity=check.severity, name=check.name, allow_empty=check.allow_empty)
    if not isinstance(check, RowCheck):
        return check
    condition = check.condition()
    if not all(_is_given(getattr(condition, name, None), check) for name in ("low", "high")):
        return check
    found = _made(condition, _shared(check))
    return check if found is None else found


def _is_given(bound: Any, check: Check) -> bool:
    """Whether a bound is written in *check*; a moment that is not comes from the clock, and is another one tomorrow."""
    if not isinstance(bound, dt.date):
        return True
    for field in dataclasses.fields(check):
        value = getattr(check, field.name)
        if isinstance(value, (str, dt.date)) and value and attempt(lambda value=value: moment(value)) == moment(bound):  # type: ignore[misc]
            return True
    return False


def parts_of(check: Check) -> tuple[Check, ...]:
    """Return the plainest checks that together mean the same as *check*: a primary key is unique, and never null."""
    plain = canonical(check)
    if plain is not check or not isinstance(check, RowCheck) or check.allow or check.usual:
        return (plain,)
    shared = _shared(check)
    found = [_made(part, shared) for part in getattr(check.condition(), "parts", ())]
    if _name_of(check.condition()) != "Every" or not all(isinstance(one, Check) for one in found):
        return (plain,)
    return tuple(one for one in found if one is not None)


def _shared(check: Check) -> dict[str, Any]:
    """Return all options that every check of rows has, those of later versions too."""
    known = {field.name for field in dataclasses.fields(RowCheck)}
    return {field.name: getattr(check, field.name) for field in dataclasses.fields(check) if field.name in known}


def _name_of(condition: object) -> str:
    """Return the name of one of nbops' own conditions; empty for somebody else's."""
    kind = type(condition)
    return kind.__name__ if kind.__module__.startswith("nbops.frames.") else ""


def _made(condition: object, shared: dict[str, Any]) -> Check | None:
    make = _MAKERS.get(_name_of(condition))
    return make(condition, shared) if make else None


def _negated(it: Any, kind: str) -> str:
    return f"not_{kind}" if it.is_negated else kind


def _check(kind: str) -> Callable[..., Check]:
    return check_class(kind)


def _range(it: Any, shared: dict[str, Any]) -> Check | None:
    low, high = _day(it.low), _day(it.high)
    if not it.is_strict:
        return _check("between")(it.column, low, high, **shared)
    if high is None:
        return _check("above")(it.column, low, **shared)
    return _check("below")(it.column, high, **shared) if low is None else None


def _day(bound: Any) -> Any:
    """Return a moment that begins a day as that day."""
    if isinstance(bound, dt.datetime) and bound.timetz() in (dt.time(), dt.time(tzinfo=dt.UTC)):
        return bound.date()
    return bound


def _in_set(it: Any, shared: dict[str, Any]) -> Check:
    values = tuple(sorted(it.values, key=lambda value: (type(value).__name__, str(value))))
    values = tuple(sorted(values)) if _are_comparable(values) else values
    return _check(_negated(it, "in_set"))(it.column, values, **shared)


def _are_comparable(values: tuple[Any, ...]) -> bool:
    return all(isinstance(v, (int, float)) for v in values) or all(isinstance(v, str) for v in values)


_MAKERS: dict[str, Callable[[Any, dict[str, Any]], Check | None]] = {
    "InRange": _range,
    "OneOf": _in_set,
    "Matches": lambda it, shared: _check("not_matches" if it.is_negated else "matches")(
        it.column, it.pattern, **shared
    ),
    "LengthIn": lambda it, shared: _check("length")(it.column, it.low, it.high, **shared),
    "WellFormed": lambda it, shared: _check("format")(it.column, it.format, **shared),
    "Present": lambda it, shared: _check("not_null")(it.column, **shared),
    "Unique": lambda it, shared: _check("unique")(it.several, **shared),
    "Finite": lambda it, shared: _check("finite")(it.column, **shared),
    "MultipleOf": lambda it, shared: _check("multiple_of")(it.column, it.step, **shared),
    "Ordered": lambda it, shared: _check("compare")(it.left, it.operator, it.right, **shared),
    "SumsTo": lambda it, shared: _check("sums_to")(it.parts, it.total, it.tolerance, **shared),
    "NullTogether": lambda it, shared: _check("null_together")(it.several, **shared),
    "AnyPresent": lambda it, shared: _check("any_filled")(it.several, **shared),
    "Holds": lambda it, shared: _check("satisfies")(it.text, **shared),
}
