"""Comparing values of different libraries and precision: dates with moments, decimals with floats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from numbers import Number
from typing import Any

__all__ = ["fitting", "is_below", "is_moment", "moment", "refuse_unlike"]


def is_below(low: Any, high: Any, *, or_equal: bool = False) -> bool:
    """Whether *low* lies below *high*; with *or_equal* at most at it.

    Raises:
        TypeError: The two cannot be compared.

    Example:
        >>> is_below(dt.date(2025, 1, 1), "2025-01-01T01:00")
        True
        >>> is_below(Decimal("1.5"), 1.5, or_equal=True)
        True
    """
    if isinstance(low, dt.date) or isinstance(high, dt.date):
        low, high = moment(low), moment(high)
    elif isinstance(low, Decimal) and isinstance(high, float):
        low = float(low)  # 2.2 means the decimal 2.20, not the binary number nearest to it
    elif isinstance(high, Decimal) and isinstance(low, float):
        high = float(high)
    return bool(low <= high) if or_equal else bool(low < high)


def moment(value: Any) -> dt.datetime:
    """Return *value* as a moment: a date as its first one, text as ISO 8601 says, without a zone as UTC.

    Raises:
        TypeError: *value* is no moment.
    """
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError as error:
            raise TypeError(f"{value!r} is no date: write it as 2025-01-31 or 2025-01-31T12:00") from error
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    raise TypeError(f"{value!r} is no date")


def is_moment(value: Any) -> bool:
    """Whether *value* says a moment.

    Example:
        >>> is_moment("2025-01-31"), is_moment("n/a")
        (True, False)
    """
    try:
        moment(value)
    except TypeError:
        return False
    return True


_UNLIKE: dict[str, tuple[type, ...]] = {"number": (str, dt.date), "bool": (str, dt.date), "text": (Number, dt.date)}


def refuse_unlike(value: Any, kind: str, holds: str) -> None:
    """Refuse *value* when it compares with nothing in a column of *kind*: some libraries would convert it silently.

    Raises:
        TypeError: It does not compare.

    Example:
        >>> refuse_unlike("5", "number", "Int64")
        Traceback (most recent call last):
        TypeError: '5' does not compare with what the column holds, Int64
    """
    is_span = holds.lower().startswith(("duration", "timedelta"))  # pyarrow and polars compare its ticks with a number
    if isinstance(value, (Number, str, dt.date) if is_span else _UNLIKE.get(kind, ())):
        said = value.isoformat() if isinstance(value, dt.date) else repr(value)
        raise TypeError(f"{said} does not compare with what the column holds, {holds}")


_TYPES: dict[str, tuple[type, ...]] = {
    "number": (int, float, Decimal), "bool": (int, float), "text": (str,), "time": (dt.date, str)
}  # fmt: skip


def fitting(values: Iterable[Any], kind: str) -> list[Any]:
    """Return those of *values* that can stand in a column of *kind* at all: text is never among numbers; true is 1.

    Example:
        >>> fitting([1, True, "1", 7], "bool"), fitting([2.5, False, "1"], "number"), fitting(["x", 1], "text")
        ([True, True], [2.5, 0], ['x'])
    """
    found = [value for value in values if isinstance(value, _TYPES.get(kind, (object,)))]
    if kind == "bool":
        return [bool(value) for value in found if value in (0, 1)]
    if kind == "number":
        return [int(value) if isinstance(value, bool) else value for value in found]
    return [value for value in found if is_moment(value)] if kind == "time" else found
