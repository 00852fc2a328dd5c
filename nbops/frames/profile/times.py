"""What a column of moments is like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nbops.frames.profile.hashing import Array, runs
from nbops.frames.profile.numbers import added
from nbops.frames.profile.sketch import Quantiles

__all__ = ["DAY", "TimeFacts", "moment_text", "time_facts"]

DAY = 86_400_000_000  # microseconds
_UNITS = {"day": DAY, "hour": DAY // 24, "minute": 60_000_000, "second": 1_000_000, "millisecond": 1_000}
_NAMES = [*_UNITS, "microsecond"]
_MOST_DAYS = 4_000


@dataclass(frozen=True, slots=True)
class TimeFacts:
    """The moments of a column, in microseconds since 1970; without a zone as they are written, with one in UTC.

    Args:
        count: How many there are.
        low: The earliest.
        high: The latest.
        unit: The longest of day, hour, minute, second … of which all are whole multiples.
        midnights: How many are the first moment of a day.
        hours: How many lie in each hour of the day.
        days: How many lie on each day, by days since 1970; empty where there are more than 4,000 days.
        has_zone: Whether they know their zone.
        quantiles: Where they lie.
    """

    count: int = 0
    low: int | None = None
    high: int | None = None
    unit: str = "day"
    midnights: int = 0
    hours: Mapping[int, int] = field(default_factory=dict)
    days: Mapping[int, int] = field(default_factory=dict)
    has_zone: bool = False
    quantiles: Quantiles = field(default_factory=Quantiles)

    def __add__(self, other: TimeFacts) -> TimeFacts:
        if not self.count or not other.count:
            return self if self.count else other
        days = added(self.days, other.days) if self.days and other.days else {}
        return TimeFacts(
            self.count + other.count,
            min(self.low, other.low),  # type: ignore[type-var]
            max(self.high, other.high),  # type: ignore[type-var]
            max(self.unit, other.unit, key=_NAMES.index),
            self.midnights + other.midnights,
            added(self.hours, other.hours),
            days if len(days) <= _MOST_DAYS else {},
            self.has_zone,
            self.quantiles + other.quantiles,
        )

    @property
    def missing_days(self) -> int | None:
        """How many days between the first and the last have no row; None where days are not counted."""
        return max(self.days) - min(self.days) + 1 - len(self.days) if self.days else None

    @property
    def weekdays(self) -> tuple[int, ...]:
        """How many rows lie on each day of the week, Monday first."""
        found = [0] * 7
        for day, rows in self.days.items():
            found[(day + 3) % 7] += rows  # 1970-01-01 was a Thursday
        return tuple(found)


def time_facts(ordered: Array, *, has_zone: bool) -> TimeFacts:
    """Return what a sorted array of microseconds since 1970 is like."""
    if not len(ordered):
        return TimeFacts(has_zone=has_zone)
    days = ordered // DAY
    starts, counts = runs(days)
    counted = dict(zip(days[starts].tolist(), counts.tolist(), strict=True)) if len(starts) <= _MOST_DAYS else {}
    inside = ordered - days * DAY
    hours, rows = np.unique(inside // _UNITS["hour"], return_counts=True)
    unit = next((name for name, length in _UNITS.items() if not (inside % length).any()), "microsecond")
    return TimeFacts(
        len(ordered), int(ordered[0]), int(ordered[-1]), unit, int(np.count_nonzero(inside == 0)),
        dict(zip(hours.tolist(), rows.tolist(), strict=True)), counted, has_zone, Quantiles.of(ordered),
    )  # fmt: skip


def moment_text(microseconds: float | None) -> str:
    """Return a moment as it is written: a date alone when it is the first moment of its day.

    Example:
        >>> moment_text(86_400_000_000), moment_text(1_500_000)
        ('1970-01-02', '1970-01-01 00:00:01.500000')
    """
    if microseconds is None:
        return ""
    try:
        found = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(microseconds))
    except OverflowError:
        return f"year {1970 + int(microseconds) // (DAY * 365)}"
    return found.date().isoformat() if found.time() == dt.time() else found.isoformat(sep=" ")
