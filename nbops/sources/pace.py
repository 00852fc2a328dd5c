"""Sources that arrive several times a day: how long their usual silence lasts, counted in the hours that are active."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from nbops.sources.slots import Slot
from nbops.stats.student import prediction_limits

__all__ = ["Pace", "learn_pace"]

_RISK = 0.002
_SLACK = 1.25
_ACTIVE = 0.5
_HOUR = timedelta(hours=1)
_DAYS_AHEAD = 14
_LEAST_GAP = 1.0
_SLOTS_BACK = 60
_SLOTS_AHEAD = 50

ActiveHours = frozenset[tuple[bool, int]]


@dataclass(frozen=True, slots=True)
class Pace:
    """What the silences between arrivals tell of the next one.

    Args:
        arrivals: The arrivals known, in seconds since 1970, in order.
        usual: The usual silence, in minutes of active hours.
        longest: The longest that is still usual.
        hours: The active hours: whether it is a weekend, and the hour of the day.
        zone: By whose clocks.
        confidence: The share of silences that keep within the limits.
        holidays: Days without active hours.
    """

    arrivals: tuple[float, ...]
    usual: float
    longest: float
    hours: ActiveHours
    zone: ZoneInfo
    confidence: float
    holidays: frozenset[date] = frozenset()

    def before(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots that are expected at *now* or before it, the newest first."""
        until = bisect_right(self.arrivals, now.timestamp())
        known = self.arrivals[max(0, until - _SLOTS_BACK) : until]
        slots = [self._slot(datetime.fromtimestamp(at, self.zone)) for at in known]
        while slots and len(slots) < 2 * _SLOTS_BACK and slots[-1].due <= now:  # silence goes on: more became due
            slots.append(self._slot(slots[-1].due))
        return (slot for slot in reversed(slots) if slot.expected <= now)

    def after(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots that are expected after *now*, the next first."""
        until = bisect_right(self.arrivals, now.timestamp())
        slot = self._slot(datetime.fromtimestamp(self.arrivals[max(0, until - 1)], self.zone))
        for _ in range(_SLOTS_AHEAD):
            if slot.expected > now:
                yield slot
            slot = self._slot(slot.due)

    def _slot(self, since: datetime) -> Slot:
        return Slot(self._later(since, self.usual), self._later(since, self.longest))

    def _later(self, since: datetime, minutes: float) -> datetime:
        """Return the moment at which so many minutes of active hours have passed."""
        moment, left = since.astimezone(UTC), minutes
        end = moment + timedelta(days=_DAYS_AHEAD)
        while moment < end:
            local = moment.astimezone(self.zone)
            next_hour = (
                moment + _HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
            )
            if _is_active(local, self.hours, self.holidays):
                span = (next_hour - moment).total_seconds() / 60
                if span >= left:
                    return (moment + timedelta(minutes=left)).astimezone(self.zone)
                left -= span
            moment = next_hour
        return moment.astimezone(self.zone)

    def __str__(self) -> str:
        """Say it in words."""
        return f"about every {_said(self.usual)}, at most {_said(self.longest)} apart ({self.zone.key}), learned"


def learn_pace(known: Sequence[float], zone: ZoneInfo, holidays: frozenset[date]) -> Pace | str:
    """Return what arrivals several times a day tell of the next one, or why they tell nothing.

    Args:
        known: The arrivals, in seconds since 1970, in order.
        zone: The time zone of the active hours.
        holidays: Days without active hours.
    """
    moments = [datetime.fromtimestamp(at, zone) for at in known]
    hours = _active_hours(moments, holidays)
    if not hours:
        return "it comes several times a day, and at no hour more often than not"
    gaps = [
        max(gap, _LEAST_GAP)
        for one, other in itertools.pairwise(moments)
        if (gap := _active_minutes(one, other, hours, holidays)) > 0
    ]
    logs = [math.log(gap) for gap in gaps]
    _, high = prediction_limits(logs, _RISK)
    ordered = sorted(gaps)
    typical = ordered[len(ordered) // 2]
    longest = max(math.exp(high), ordered[min(len(ordered) - 1, int(0.995 * len(ordered)))] * _SLACK)
    return Pace(tuple(known), typical, longest, hours, zone, sum(g <= longest for g in gaps) / len(gaps), holidays)


def _active_hours(moments: Sequence[datetime], holidays: frozenset[date]) -> ActiveHours:
    """Return the hours in which something arrives on at least half of the days."""
    first, last = moments[0].date(), moments[-1].date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    counted = {False: 0, True: 0}
    for day in days:
        counted[day.weekday() > 4] += day not in holidays
    seen = {(moment.date(), moment.hour) for moment in moments}
    hits: dict[tuple[bool, int], int] = {}
    for day, hour in seen:
        key = (day.weekday() > 4, hour)
        hits[key] = hits.get(key, 0) + 1
    active = {key for key, many in hits.items() if many >= _ACTIVE * max(1, counted[key[0]])}
    return frozenset(_without_holes(active))


def _without_holes(active: set[tuple[bool, int]]) -> set[tuple[bool, int]]:
    """Return *active* with the hours between the first and the last of a kind of day, unless they are a night."""
    found = set(active)
    for kind in (False, True):
        hours = sorted(hour for weekend, hour in active if weekend == kind)
        for one, other in itertools.pairwise(hours):
            if other - one <= 6:
                found |= {(kind, hour) for hour in range(one, other)}
    return found


def _is_active(local: datetime, hours: ActiveHours, holidays: frozenset[date]) -> bool:
    return (local.weekday() > 4, local.hour) in hours and local.date() not in holidays


def _active_minutes(one: datetime, other: datetime, hours: ActiveHours, holidays: frozenset[date]) -> float:
    """Return how many minutes of active hours lie between two moments."""
    moment, end, found = one.astimezone(UTC), other.astimezone(UTC), 0.0
    if (end - moment).days > _DAYS_AHEAD:
        return 0.0
    while moment < end:
        local = moment.astimezone(one.tzinfo)
        next_hour = (
            moment + _HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        )
        if _is_active(local, hours, holidays):
            found += (min(next_hour, end) - moment).total_seconds() / 60
        moment = next_hour
    return found


def _said(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
