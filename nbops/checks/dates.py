"""Checks of dates: bounds, the future, days of the week, freshness."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from nbops.checks.forms import ColumnCheck
from nbops.checks.model import Check, RowCheck, check, refuse_bounds
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError, did_you_mean
from nbops.frames.comparing import moment
from nbops.frames.conditions import Condition, InRange, Stat, WeekdayIn
from nbops.records import Status
from nbops.settings import duration

Moment = dt.date | str

__all__ = [
    "DaysAgo",
    "Fresh",
    "FutureWithin",
    "NotAfter",
    "NotBefore",
    "NotFuture",
    "PlausibleYear",
    "Weekday",
    "WithinLast",
]

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class _Bound(RowCheck):
    """A bound of moments, on one side."""

    column: str
    date: Moment

    def validate(self) -> None:
        """Refuse what is no date."""
        try:
            moment(self.date)
        except TypeError as error:
            raise UsageError(str(error), where=self.kind, fix="2025-01-31") from error

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is {self.kind.replace('_', ' ')} {self.date}"


@check("not_before")
class NotBefore(_Bound):
    """Every moment in *column* is *date* or later.

    Why it matters:
        1900-01-01 and 1970-01-01 are what a missing date becomes.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotBefore("day", "2020-01-01"), day=[dt.date(2025, 1, 1), dt.date(1900, 1, 1)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    def condition(self) -> Condition:
        """Return that the moment is not before."""
        return InRange(self.column, moment(self.date), None)


@check("not_after")
class NotAfter(_Bound):
    """Every moment in *column* is *date* or earlier; a date means its first moment.

    Why it matters:
        9999-12-31 stands for "never" in one system, and for a very old customer in the next.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotAfter("day", "2030-01-01"), day=[dt.date(2025, 1, 1), dt.date(9999, 12, 31)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    def condition(self) -> Condition:
        """Return that the moment is not after."""
        return InRange(self.column, None, moment(self.date))


class _Now(RowCheck):
    """A check that looks at the clock: once, so that the condition stays the same."""

    def __post_init__(self) -> None:
        """Look at the clock."""
        object.__setattr__(self, "_now", dt.datetime.now(dt.UTC))
        super().__post_init__()

    @property
    def now(self) -> dt.datetime:
        """When the check was made."""
        return self._now  # type: ignore[attr-defined,no-any-return]


@check("not_future")
class NotFuture(_Now, ColumnCheck):
    """No moment in *column* lies in the future; moments without a zone are read as UTC.

    Why it matters:
        Day and month changed places, and the order of tomorrow was shipped yesterday.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotFuture("day"), day=[dt.datetime(2025, 1, 1), dt.datetime(2999, 1, 1)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    says = "is not in the future"

    def condition(self) -> Condition:
        """Return that the moment is past."""
        return InRange(self.column, None, self.now)


@dataclass(frozen=True)
class _Aged(_Now):
    """A check of how far moments lie from now."""

    column: str
    age: str

    def validate(self) -> None:
        """Refuse what is no duration."""
        duration(str(self.age))

    @property
    def length(self) -> dt.timedelta:
        """How far."""
        return dt.timedelta(seconds=duration(str(self.age)))


@check("future_within")
class FutureWithin(_Aged):
    """No moment in *column* lies further in the future than *age*: ``30d``, ``24h``.

    Why it matters:
        Nobody books a delivery for the year 2205; somebody typed it.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(FutureWithin("due", "365d"), due=[dt.datetime(2025, 1, 1), dt.datetime(2999, 1, 1)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    def condition(self) -> Condition:
        """Return that the moment is not too far away."""
        return InRange(self.column, None, self.now + self.length)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is at most {self.age} in the future"


@check("within_last")
class WithinLast(_Aged):
    """Every moment in *column* lies in the time *age* before now: ``7d``, ``24h``.

    Why it matters:
        A delivery of the last day that holds last month's rows was made from the wrong folder.

    Example:
        >>> from nbops.checks.suite import tried
        >>> now = dt.datetime.now(dt.UTC)
        >>> tried(WithinLast("at", "1d"), at=[now - dt.timedelta(hours=1), now - dt.timedelta(days=9)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    def condition(self) -> Condition:
        """Return that the moment is neither too old nor in the future."""
        return InRange(self.column, self.now - self.length, self.now)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is of the last {self.age}"


@check("days_ago")
@dataclass(frozen=True)
class DaysAgo(_Now):
    """Every moment in *column* is of the day *days* days before today, by the clock of UTC.

    Why it matters:
        The file of the day before yesterday, delivered again, is as good as yesterday's in every other respect.

    Example:
        >>> from nbops.checks.suite import tried
        >>> today = dt.datetime.now(dt.UTC).date()
        >>> tried(DaysAgo("day", 1), day=[today - dt.timedelta(days=1), today - dt.timedelta(days=2)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    days: int = 1

    def condition(self) -> Condition:
        """Return that the moment is of that day."""
        first = dt.datetime.combine(self.now.date() - dt.timedelta(days=self.days), dt.time(), dt.UTC)
        return InRange(self.column, first, first + dt.timedelta(days=1) - dt.timedelta(microseconds=1))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is of {self.days} days ago"


@check("plausible_year")
@dataclass(frozen=True)
class PlausibleYear(RowCheck):
    """The year of every moment in *column* lies between *low* and *high*.

    Why it matters:
        The years 0024 and 2205 are slips of a finger, and 1753 and 1900 what some systems keep for "none".

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(PlausibleYear("day", 1990, 2050), day=[dt.datetime(2025, 1, 1), dt.datetime(2205, 1, 1)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    low: int = 1901
    high: int = 2098

    def validate(self) -> None:
        """Refuse years that nothing can lie between."""
        refuse_bounds(self.low, self.high, self.kind)
        if not (self.low >= 1 and self.high < 9999):
            raise UsageError("years lie between 1 and 9998", where=self.kind, fix="low=1950, high=2050")

    def condition(self) -> Condition:
        """Return that the moment is of these years."""
        last = dt.datetime(self.high + 1, 1, 1, tzinfo=dt.UTC) - dt.timedelta(microseconds=1)
        return InRange(self.column, dt.datetime(self.low, 1, 1, tzinfo=dt.UTC), last)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is of the years {self.low} to {self.high}"


@check("weekday")
@dataclass(frozen=True)
class Weekday(RowCheck):
    """Every moment in *column* is of one of *days* of the week; Monday to Friday when none is named.

    Why it matters:
        A bank that books on a Sunday tells of a time zone that was lost.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Weekday("day"), day=[dt.datetime(2025, 1, 3), dt.datetime(2025, 1, 5)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    days: tuple[str, ...] = _DAYS[:5]

    def validate(self) -> None:
        """Refuse what is no day of the week."""
        for day in self.days:
            if str(day).lower() not in _DAYS:
                raise UsageError(f"{day!r} is no day", where=self.kind, fix=did_you_mean(str(day).lower(), _DAYS))

    def condition(self) -> Condition:
        """Return that the day is one of them."""
        return WeekdayIn(self.column, frozenset(_DAYS.index(day.lower()) for day in self.days))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is on {', '.join(self.days)}"


@check("fresh")
@dataclass(frozen=True)
class Fresh(Check):
    """The newest moment in *column* is no older than *max_age*: ``90m``, ``24h``, ``2d``.

    Why it matters:
        A job that ran well on yesterday's delivery reports yesterday as today.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Fresh("at", "1d"), at=[dt.datetime(2025, 1, 1)])[:15]
        'failed: the new'
    """

    column: str
    max_age: str

    def validate(self) -> None:
        """Refuse what is no duration."""
        duration(str(self.max_age))

    def measures(self) -> dict[str, Stat | Condition]:
        """Return the newest moment."""
        return {"newest": Stat("max", self.column), "rows": Stat("rows")}

    def judge(self, seen: Any) -> Verdict:
        """Return whether the newest moment is new enough."""
        newest = seen["newest"]
        if newest is None:
            return self.all_null(seen["rows"])
        age = (dt.datetime.now(dt.UTC) - moment(newest)).total_seconds()
        observed, allowed = f"{age / 3600:,.1f} hours old", f"at most {self.max_age} old"
        if age <= duration(str(self.max_age)):
            return Verdict(Status.PASSED, observed=observed, allowed=allowed)
        return Verdict(Status.FAILED, f"the newest is of {newest}, {observed}", observed, allowed=allowed)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is at most {self.max_age} old"
