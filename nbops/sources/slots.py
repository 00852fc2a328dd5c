"""When a source is expected: by cron and a margin, or by a deadline, in a time zone whose clocks may be set.

An expectation is a row of slots. Of each it is known from when on the delivery is expected, until when it is on time,
and before which moment it would be early.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbops.errors import UsageError, did_you_mean
from nbops.settings import duration

if TYPE_CHECKING:
    from cronsim import CronSim

    from nbops.sources.model import Definition

__all__ = ["Cron", "Deadline", "Expectation", "Slot", "declared_expectation", "zone_of"]

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SETS = {"weekdays": range(5), "weekends": range(5, 7), "daily": range(7), "days": range(7), "every day": range(7)}
_BY = re.compile(r"(?:by\s+)?(\d{1,2}):(\d{2})(?:\s+([A-Za-z_]+(?:/[\w+-]+)+|UTC|GMT))?(?:\s+(?:on\s+)?(.+))?", re.I)
_EXAMPLE = '--by "06:30 on weekdays", or --by "06:30 Europe/Berlin on mon,thu"'


@dataclass(frozen=True, slots=True)
class Slot:
    """One delivery that is expected.

    Args:
        expected: From when on it is expected; also the moment whose day a dated delivery is for.
        due: Until when it is on time.
        early: Before when it would be early; None when it cannot be.
    """

    expected: datetime
    due: datetime
    early: datetime | None = None


class Expectation(Protocol):
    """What is expected when."""

    def before(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots that are expected at *now* or before it, the newest first."""

    def after(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots that are expected after *now*, the next first."""

    def __str__(self) -> str:
        """Say it in words."""


@dataclass(frozen=True, slots=True)
class Cron:
    """Expected when cron says, and a margin later at the latest.

    Args:
        expression: Five fields of cron.
        margin: How much later it may come.
        zone: The time zone of the expression. Where clocks jump over a moment it is the first one after the gap; what
            comes twice counts once, unless it is expected every hour.
        holidays: Days on which nothing is expected.
    """

    expression: str
    margin: timedelta
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    def before(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots until *now*, the newest first."""
        start = _later(now.astimezone(self.zone).replace(microsecond=0), timedelta(seconds=1))
        return self._slots(self._cron(start, is_backwards=True))

    def after(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots after *now*, the next first."""
        return self._slots(self._cron(now.astimezone(self.zone), is_backwards=False))

    def _cron(self, start: datetime, *, is_backwards: bool) -> CronSim:
        return _cronsim(self.expression, start, is_backwards)

    def _slots(self, moments: Iterator[datetime]) -> Iterator[Slot]:
        for moment in moments:
            if moment.date() not in self.holidays:
                yield Slot(moment, _later(moment, self.margin), _later(moment, -max(self.margin, timedelta(hours=1))))

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.expression} ({self.zone.key}), {_short(self.margin)} margin"


@dataclass(frozen=True, slots=True)
class Deadline:
    """Expected on some days of the week, at any time until a deadline.

    Args:
        at: The deadline, by the clocks of *zone*.
        days: The days of the week, Monday is 0.
        zone: The time zone.
        holidays: Days on which nothing is expected.
    """

    at: time
    days: frozenset[int]
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    def before(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots until *now*, the newest first; a day's slot begins with the day."""
        return self._slots(now.astimezone(self.zone).date(), -1)

    def after(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots of the days after that of *now*, the next first."""
        return self._slots(now.astimezone(self.zone).date() + timedelta(days=1), 1)

    def _slots(self, day: date, step: int) -> Iterator[Slot]:
        while date.min < day < date.max:
            if day.weekday() in self.days and day not in self.holidays:
                yield Slot(_at(day, time(), self.zone), _at(day, self.at, self.zone))
            day += timedelta(days=step)

    def __str__(self) -> str:
        """Say it in words."""
        return f"by {self.at:%H:%M} ({self.zone.key}) on {_said_days(self.days)}"


def declared_expectation(definition: Definition) -> Expectation | None:
    """Return when a source is expected as its definition says; None when it says nothing.

    Raises:
        UsageError: It is expected both ways, or what is said means nothing.
    """
    where = f"source {definition.name!r}"
    zone = zone_of(definition.tz, where)
    holidays = frozenset(_day(text, where) for text in definition.holidays)
    if definition.cron and definition.by:
        raise UsageError("it is expected both by cron and by a deadline", where=where, fix="keep one of them")
    if definition.cron:
        _cronsim(definition.cron, datetime(2026, 1, 1, tzinfo=UTC), False, where)
        return Cron(definition.cron, timedelta(seconds=duration(definition.margin)), zone, holidays)
    return _deadline(definition.by, zone, holidays, where) if definition.by else None


def zone_of(name: str, where: str = "") -> ZoneInfo:
    """Return the time zone *name*, without one that of this system, or UTC when that is not known.

    Raises:
        UsageError: There is none of that name.
    """
    wanted = name or _system_zone()
    try:
        return ZoneInfo(wanted)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        if not name:
            return ZoneInfo("UTC")
        from zoneinfo import available_timezones

        raise UsageError(
            f"unknown time zone {name!r}", where=where, fix=did_you_mean(name, available_timezones())
        ) from error


def _system_zone() -> str:
    named = os.environ.get("TZ", "").lstrip(":")
    if named:
        return named
    parts = Path(os.path.realpath("/etc/localtime")).parts
    return "/".join(parts[parts.index("zoneinfo") + 1 :]) if "zoneinfo" in parts else "UTC"


def _cronsim(expression: str, start: datetime, is_backwards: bool, where: str = "") -> CronSim:
    from cronsim import CronSim, CronSimError

    fields = expression.split()
    try:
        if len(fields) != 5:
            raise CronSimError(f"{len(fields)} fields instead of 5")
        return CronSim(expression, start, reverse=is_backwards)
    except CronSimError as error:
        raise UsageError(f"{expression!r} is no cron expression: {error}", where=where,
                         fix="minute hour day month weekday, as '0 6 * * 1-5'") from None  # fmt: skip


def _deadline(text: str, zone: ZoneInfo, holidays: frozenset[date], where: str) -> Deadline:
    found = _BY.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise UsageError(f"{text!r} is no deadline", where=where, fix=_EXAMPLE)
    zone = zone_of(found[3], where) if found[3] else zone
    return Deadline(time(int(found[1]), int(found[2])), _days(found[4] or "daily", where), zone, holidays)


def _days(text: str, where: str) -> frozenset[int]:
    if text.strip().lower() in _SETS:
        return frozenset(_SETS[text.strip().lower()])
    found: set[int] = set()
    for word in re.split(r"[,\s]+", text.strip().lower()):
        first, dash, last = word.partition("-")
        numbers = [_WEEKDAYS.index(w[:3]) for w in (first, last) if w[:3] in _WEEKDAYS]
        if len(numbers) != (2 if dash else 1):
            raise UsageError(f"{word!r} is no day of the week", where=where, fix=_EXAMPLE)
        found |= {day % 7 for day in range(numbers[0], numbers[-1] + (8 if numbers[-1] < numbers[0] else 1))}
    return frozenset(found)


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError):
        raise UsageError(f"the holiday {text!r} is no day", where=where, fix='holidays = ["2026-12-25"]') from None


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return a moment by the clocks of *zone*; one that they jump over is the first after the gap."""
    moment = datetime.combine(day, at, zone)
    return moment.astimezone(UTC).astimezone(zone)


def _later(moment: datetime, by: timedelta) -> datetime:
    """Return the moment *by* later as time passes, also when clocks are set in between."""
    return (moment.astimezone(UTC) + by).astimezone(moment.tzinfo)


def _short(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes // 60}h" if minutes and minutes % 60 == 0 else f"{minutes}m"


def _said_days(days: frozenset[int]) -> str:
    for words, known in (("weekdays", range(5)), ("weekends", range(5, 7)), ("every day", range(7))):
        if days == frozenset(known):
            return words
    return ",".join(_WEEKDAYS[day] for day in sorted(days))
