"""Checks of dates: bounds, the future, freshness."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from nbops.checks.model import Check, RowCheck, check
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError
from nbops.frames.comparing import moment
from nbops.frames.conditions import Condition, InRange, Stat
from nbops.records import Status
from nbops.settings import duration

Moment = dt.date | str

__all__ = ["Fresh", "NotAfter", "NotBefore", "NotFuture"]


@check("not_before")
@dataclass(frozen=True)
class NotBefore(RowCheck):
    """Every moment in *column* is *date* or later.

    Why it matters:
        1900-01-01 and 1970-01-01 are what a missing date becomes.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotBefore("day", "2020-01-01"), day=[dt.date(2025, 1, 1), dt.date(1900, 1, 1)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    date: Moment

    def validate(self) -> None:
        """Refuse what is no date."""
        _refuse_no_date(self.date, self.kind)

    def condition(self) -> Condition:
        """Return that the moment is not before."""
        return InRange(self.column, moment(self.date), None)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is not before {self.date}"


@check("not_after")
@dataclass(frozen=True)
class NotAfter(RowCheck):
    """Every moment in *column* is *date* or earlier; a date means its first moment.

    Why it matters:
        9999-12-31 stands for "never" in one system, and for a very old customer in the next.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotAfter("day", "2030-01-01"), day=[dt.date(2025, 1, 1), dt.date(9999, 12, 31)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    date: Moment

    def validate(self) -> None:
        """Refuse what is no date."""
        _refuse_no_date(self.date, self.kind)

    def condition(self) -> Condition:
        """Return that the moment is not after."""
        return InRange(self.column, None, moment(self.date))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is not after {self.date}"


@check("not_future")
@dataclass(frozen=True)
class NotFuture(RowCheck):
    """No moment in *column* lies in the future; moments without a zone are read as UTC.

    Why it matters:
        Day and month changed places, and the order of tomorrow was shipped yesterday.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotFuture("day"), day=[dt.datetime(2025, 1, 1), dt.datetime(2999, 1, 1)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str

    def __post_init__(self) -> None:
        """Look at the clock once, so that the condition stays the same."""
        object.__setattr__(self, "_now", dt.datetime.now(dt.UTC))
        super().__post_init__()

    def condition(self) -> Condition:
        """Return that the moment is past."""
        return InRange(self.column, None, self._now)  # type: ignore[attr-defined]

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is not in the future"


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
            why = f"all {seen['rows']:,} rows are null: nothing to judge"
            return Verdict(Status.PASSED) if self.allow_empty else Verdict(Status.ERROR, why)
        age = (dt.datetime.now(dt.UTC) - moment(newest)).total_seconds()
        observed, allowed = f"{age / 3600:,.1f} hours old", f"at most {self.max_age} old"
        if age <= duration(str(self.max_age)):
            return Verdict(Status.PASSED, observed=observed, allowed=allowed)
        return Verdict(Status.FAILED, f"the newest is of {newest}, {observed}", observed, allowed=allowed)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is at most {self.max_age} old"


def _refuse_no_date(value: Moment, where: str) -> None:
    try:
        moment(value)
    except TypeError as error:
        raise UsageError(str(error), where=where, fix="2025-01-31") from error
