"""Comparing values of different libraries and precision: dates with moments, decimals with floats."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

__all__ = ["is_below", "is_moment", "moment"]


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
