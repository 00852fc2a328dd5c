"""Reading single values: numbers, text, dates and times, truth; each refuses what is not its type.

Text is read as the type; a value of another type is only taken when nothing can be lost by it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from nbops.errors import UsageError
from nbops.notebook.secret import Secret, secret_value
from nbops.settings import duration

__all__ = ["SCALARS", "Mismatch", "as_literal", "as_none"]


class Mismatch(ValueError):
    """A value is not of the type. *wanted* says what would be, *example* how to write it."""

    def __init__(self, wanted: str, example: str = "", hint: str = "") -> None:
        super().__init__(wanted)
        self.wanted, self.example, self.hint = wanted, example, hint


def as_literal(value: object) -> object:
    """Return what text means as a literal of Python, or *value* itself."""
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):  # plain text is what most values are
        return value


def as_none(value: object) -> object:
    """Return None if that is what *value* means."""
    if value is None or value in ("None", "none", "null"):
        return None
    raise Mismatch("None")


def _bool(value: object) -> bool:
    known = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    text = str(value).strip().lower()
    if isinstance(value, bool | int | str) and text in known:
        return known[text]
    raise Mismatch("true or false", "true")


def _int(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int | str) and not isinstance(value, bool):
        try:
            return int(value)
        except ValueError as error:
            raise Mismatch("a whole number", "10") from error
    raise Mismatch("a whole number", "10")


def _float(value: object) -> float:
    if isinstance(value, int | float | str | Decimal) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError) as error:
            raise Mismatch("a number", "0.5") from error
    raise Mismatch("a number", "0.5")


def _decimal(value: object) -> Decimal:
    if isinstance(value, int | float | str | Decimal) and not isinstance(value, bool):
        try:
            return Decimal(str(value).strip())
        except InvalidOperation as error:
            raise Mismatch("a decimal number", "0.50") from error
    raise Mismatch("a decimal number", "0.50")


def _str(value: object) -> str:
    if isinstance(value, str):
        return value
    raise Mismatch("text", hint="give it as text: papermill guesses types with -p and keeps text with -r")


def _secret(value: object) -> Secret:
    return secret_value(_str(value))


def _path(value: object) -> Path:
    if isinstance(value, str | Path) and str(value):
        return Path(value)
    raise Mismatch("a path", "data/in.csv")


def _date(value: object) -> date:
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date()
    elif isinstance(value, date):
        return value
    elif isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError as error:
            raise Mismatch("a date", "2013-01-31") from error
    raise Mismatch("a date", "2013-01-31")


def _datetime(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise Mismatch("a date and time", "2013-01-31T02:30") from error
    raise Mismatch("a date and time", "2013-01-31T02:30")


def _time(value: object) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str):
        try:
            return time.fromisoformat(value.strip())
        except ValueError as error:
            raise Mismatch("a time of day", "02:30") from error
    raise Mismatch("a time of day", "02:30")


def _timedelta(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return timedelta(seconds=duration(str(value)))
        except (UsageError, OverflowError) as error:
            raise Mismatch("a duration", "90s (or 10m, 2h, 30d)") from error
    raise Mismatch("a duration", "90s (or 10m, 2h, 30d)")


SCALARS: dict[str, Callable[[object], object]] = {
    "Any": as_literal,
    "object": as_literal,
    "None": as_none,
    "bool": _bool,
    "int": _int,
    "float": _float,
    "Decimal": _decimal,
    "str": _str,
    "Secret": _secret,
    "Path": _path,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "timedelta": _timedelta,
}
