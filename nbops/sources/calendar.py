"""The days on which something may be expected: some days of the week, or one day of the month however it is counted."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

__all__ = ["DayRule", "MonthDay", "Weekdays", "WorkdayOfMonth"]

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONGEST = 800  # days: longer than any gap between days of one rule, holidays included


class DayRule(Protocol):
    """Some days of the calendar."""

    def __contains__(self, day: object) -> bool:
        """Whether *day* is one of them."""

    def __str__(self) -> str:
        """Say it in words."""


@dataclass(frozen=True, slots=True)
class Weekdays:
    """The same days of every week; Monday is 0.

    Example:
        >>> str(Weekdays(frozenset({0, 1, 2, 3, 4}))), date(2026, 11, 21) in Weekdays(frozenset({5}))
        ('Mon-Fri', True)
    """

    days: frozenset[int]

    def __contains__(self, day: object) -> bool:
        """Whether *day* is one of them."""
        return isinstance(day, date) and day.weekday() in self.days

    def __str__(self) -> str:
        """Say it in words."""
        if len(self.days) == 7:
            return "every day"
        first, last = min(self.days), max(self.days)
        if len(self.days) > 2 and last - first + 1 == len(self.days):
            return f"{_NAMES[first]}-{_NAMES[last]}"
        return ", ".join(_NAMES[day] for day in sorted(self.days))


@dataclass(frozen=True, slots=True)
class MonthDay:
    """One day of each month, counted from its beginning (1, 2 …) or from its end (−1 is the last)."""

    number: int

    def __contains__(self, day: object) -> bool:
        """Whether *day* is that day of its month."""
        if not isinstance(day, date):
            return False
        length = calendar.monthrange(day.year, day.month)[1]
        wanted = self.number if self.number > 0 else length + 1 + self.number
        return day.day == min(wanted, length)

    def __str__(self) -> str:
        """Say it in words."""
        return "the last day of the month" if self.number == -1 else f"day {self.number} of the month"


@dataclass(frozen=True, slots=True)
class WorkdayOfMonth:
    """One working day of each month, Monday to Friday and no holiday, counted as :class:`MonthDay` counts."""

    number: int
    holidays: frozenset[date] = frozenset()

    def __contains__(self, day: object) -> bool:
        """Whether *day* is that working day of its month."""
        if not isinstance(day, date):
            return False
        length = calendar.monthrange(day.year, day.month)[1]
        days = (day.replace(day=n) for n in range(1, length + 1))
        workdays = [one for one in days if one.weekday() < 5 and one not in self.holidays]
        at = self.number - 1 if self.number > 0 else self.number
        return -len(workdays) <= at < len(workdays) and workdays[at] == day

    def __str__(self) -> str:
        """Say it in words."""
        if self.number == -1:
            return "the last workday of the month"
        return "the first workday of the month" if self.number == 1 else f"workday {self.number} of the month"


def days_of(rule: DayRule, start: date, step: int, holidays: frozenset[date]) -> Iterator[date]:
    """Yield the days of *rule* from *start* on, forwards or backwards; holidays are left out."""
    day, idle = start, 0
    while idle < _LONGEST and date.min < day < date.max:
        if day in rule and day not in holidays:
            yield day
            idle = 0
        day += timedelta(days=step)
        idle += 1
