"""Causes in columns of moments: zones, days, months, lost times of day, day and month swapped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nbops.frames.difference.causes.candidate import Candidate, Pairs, Rule
from nbops.frames.difference.values import Array

__all__ = ["duration_words", "time_candidates"]

_FARTHEST = 26  # hours between the zones that lie farthest apart
_PARTS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def time_candidates(pairs: Pairs) -> Iterator[Candidate]:
    """Yield the causes that may explain how moments changed."""
    x, y, day = pairs.before, pairs.after, pairs.per_day
    yield from _shifted(x, y, day)
    yield from _calendar(day)
    for part, words in ((day, "day"), (day // 24, "hour"), (day // 1440, "minute"), (day // 86_400, "second")):
        if part > 1 and bool((y % part == 0).mean() >= 0.9):
            yield Candidate("rounding", f"down to the {words}", _floor(part), distinct=2, rank=4)
            break
    values, counts = np.unique(y, return_counts=True)
    most = int(values[np.argmax(counts)])
    moment = np.datetime_as_string(np.array([most]).astype(f"datetime64[{_unit(day)}]"), unit="auto")[0]
    what = f"{moment} stands where other moments stood"
    yield Candidate("constant", what, lambda a, b: b == most, least=0.8, rows=5, rank=6, by_chance=False)


def duration_words(seconds: float) -> str:
    """Return a shift of time in words.

    Example:
        >>> duration_words(7200), duration_words(-86400), duration_words(5400.0), duration_words(0.25)
        ('2 hours later', '1 day earlier', '90 minutes later', '0.25 seconds later')
    """
    way, size = "later" if seconds > 0 else "earlier", abs(seconds)
    for length, word in _PARTS:
        if size >= length and size % length == 0:
            n = int(size // length)
            return f"{n:,} {word}{'' if n == 1 else 's'} {way}"
    return f"{size:g} seconds {way}"


def _unit(day: int) -> str:
    return {86_400: "s", 86_400_000: "ms", 86_400_000_000: "us"}.get(day, "ns")


def _shifted(x: Array, y: Array, day: int) -> Iterator[Candidate]:
    values, counts = np.unique(y - x, return_counts=True)
    order = np.argsort(-counts)
    first = int(values[order[0]])
    hour, quarter = day // 24, day // 96
    words = duration_words(first / day * 86_400)
    if first % day == 0:
        yield Candidate("day shift", words, _away(first), distinct=1, rank=2)
    elif first % quarter == 0 and abs(first) <= _FARTHEST * hour:
        yield Candidate("time zone", f"{words}, as by another time zone", _away(first), distinct=1, rank=2)
    else:
        yield Candidate("time shift", words, _away(first), least=0.8, rank=3)
    if len(values) > 1:
        second = int(values[order[1]])
        near = abs(second - first) == hour and first % quarter == 0 and max(abs(first), abs(second)) <= 15 * hour
        if near:
            zone = f"{words} or {duration_words(second / day * 86_400)}, as by a zone with summer time"
            yield Candidate("time zone", zone, _away(first, second), least=0.8, rank=3)


def _away(*shifts: int) -> Rule:
    return lambda a, b: np.isin(b - a, shifts)


def _floor(part: int) -> Rule:
    return lambda a, b: a - a % part == b


def _calendar(day: int) -> Iterator[Candidate]:
    """Yield shifts by whole months or years, and day and month in each other's place."""
    unit = _unit(day)
    yield Candidate("day and month", "day and month have changed places", _swapped(unit), least=0.8, rank=1)
    for months in (1, -1, 12, -12):
        n, word = (1, "year") if abs(months) == 12 else (1, "month")
        what = f"{n} {word} {'later' if months > 0 else 'earlier'}"
        yield Candidate("day shift", what, _months(months, unit), least=0.8, rank=3)


def _parts(values: Array, unit: str) -> tuple[Array, Array, Array, Array]:
    moments = values.astype(f"datetime64[{unit}]")
    days = moments.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    within = (days - months).astype("int64") + 1
    return months.astype("int64") // 12, months.astype("int64") % 12 + 1, within, (moments - days).astype("int64")


def _swapped(unit: str) -> Rule:
    def explains(a: Array, b: Array) -> Array:
        (years, months, days, rest), (years2, months2, days2, rest2) = _parts(a, unit), _parts(b, unit)
        found: Array = (years == years2) & (months == days2) & (days == months2) & (rest == rest2)
        return found

    return explains


def _months(shift: int, unit: str) -> Rule:
    def explains(a: Array, b: Array) -> Array:
        (years, months, days, rest), (years2, months2, days2, rest2) = _parts(a, unit), _parts(b, unit)
        away = (years2 - years) * 12 + months2 - months
        found: Array = (away == shift) & (rest == rest2) & ((days == days2) | ((days > 28) & (days2 >= 28)))
        return found

    return explains
