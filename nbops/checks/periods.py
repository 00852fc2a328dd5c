"""Checks of periods: days and months without rows, or with too many."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbops.checks.model import Check, Measure, RowCheck, bounds_text, check, refuse_bounds
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError, did_you_mean
from nbops.frames.conditions import Aligned, Condition, Stat
from nbops.records import Examples, Status

__all__ = ["AlignedTo", "NoGaps", "PeriodCount", "RowsPerPeriod"]

_PERIODS = ("minute", "hour", "day", "week", "month", "year")
_MOST_PERIODS = 1_000_000


@check("aligned_to")
@dataclass(frozen=True)
class AlignedTo(RowCheck):
    """Every moment in *column* is the first of its *period*: ``minute hour day week month year``.

    Why it matters:
        A month that is dated by its fifteenth in one file and by its first in another joins with nothing.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(AlignedTo("month", "month"), month=[dt.datetime(2025, 1, 1), dt.datetime(2025, 2, 15)])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    period: str

    def validate(self) -> None:
        """Refuse what is no period."""
        _refuse_no_period(self.period, self.kind)

    def condition(self) -> Condition:
        """Return that the moment begins a period."""
        return Aligned(self.column, self.period)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} begins a {self.period}"


class _Periods(Check):
    """A check of the periods that the moments of a column lie in."""

    def measures(self) -> Mapping[str, Measure]:
        """Return how many rows lie in each period."""
        column, every = self.column, self.every  # type: ignore[attr-defined]
        return {"periods": Stat("periods", column, every), "rows": Stat("rows")}

    def validate(self) -> None:
        """Refuse what is no period."""
        _refuse_no_period(self.every, self.kind)  # type: ignore[attr-defined]

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether the periods are as they should be."""
        if not seen["periods"]:
            return self.all_null(seen["rows"])
        return self.judge_periods(seen["periods"])

    def judge_periods(self, periods: Mapping[dt.datetime, int]) -> Verdict:
        """Return the verdict on the rows of each period that has any."""
        raise NotImplementedError

    def _bad(self, why: str, observed: str, allowed: str, rows: list[tuple[dt.datetime, int]]) -> Verdict:
        every = str(self.every)  # type: ignore[attr-defined]
        shown = rows[:5]
        cells = tuple((str(first), f"{count:,}") for first, count in shown)
        examples = Examples((every, "rows"), ("",) * len(shown), cells)
        return Verdict(Status.FAILED, why, observed, allowed=allowed, examples=examples, unit=f"{every}s")


@check("no_gaps")
@dataclass(frozen=True)
class NoGaps(_Periods):
    """Between the first and the last moment of *column*, no period has no row: *every* ``day``, ``hour``, ``month`` …

    Args:
        allow: How many periods may be missing.
        skip_weekends: Whether a Saturday or a Sunday may be missing; for days.

    Why it matters:
        A day without rows has no row that any other check could find wrong.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NoGaps("day"), day=[dt.datetime(2025, 1, 1), dt.datetime(2025, 1, 3)])
        'failed: 1 of 3 days are missing, allowed are 0: 2025-01-02'
    """

    column: str
    every: str = "day"
    allow: int = 0
    skip_weekends: bool = False

    def judge_periods(self, periods: Mapping[dt.datetime, int]) -> Verdict:
        """Return which periods are missing."""
        expected = list(_between(min(periods), max(periods), self.every))
        if self.skip_weekends and self.every == "day":
            expected = [first for first in expected if first.weekday() < 5]
        missing = [first for first in expected if first not in periods]
        observed, allowed = f"{len(missing):,} of {len(expected):,} {self.every}s", f"{self.allow:,} {self.every}s"
        if len(missing) <= self.allow:
            return Verdict(Status.PASSED, observed=observed, allowed=allowed, unit=f"{self.every}s")
        told = ", ".join(str(first).removesuffix(" 00:00:00") for first in missing[:5])
        why = f"{observed} are missing, allowed are {self.allow:,}: {told}{', …' if len(missing) > 5 else ''}"
        return self._bad(why, observed, allowed, [(first, 0) for first in missing])

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} has rows of every {self.every}"


@check("period_count")
@dataclass(frozen=True)
class PeriodCount(_Periods):
    """The number of different periods that have rows lies between *low* and *high*: *every* ``day``, ``month`` …

    Why it matters:
        A report of a year that was made from eleven months looks like any other.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(PeriodCount("day", "month", 12), day=[dt.datetime(2025, 1, 1), dt.datetime(2025, 3, 3)])
        'failed: it is 2 months, allowed is at least 12 months'
    """

    column: str
    every: str = "day"
    low: int | None = None
    high: int | None = None

    def validate(self) -> None:
        """Refuse what is no period, and bounds that nothing can lie between."""
        super().validate()
        refuse_bounds(self.low, self.high, self.kind)

    def judge_periods(self, periods: Mapping[dt.datetime, int]) -> Verdict:
        """Return whether there are as many periods as there should be."""
        unit = f"{self.every}s"
        observed, allowed = f"{len(periods):,} {unit}", bounds_text(self.low, self.high, unit)
        if (self.low or 0) <= len(periods) and (self.high is None or len(periods) <= self.high):
            return Verdict(Status.PASSED, observed=observed, allowed=allowed, unit=unit)
        return self._bad(f"it is {observed}, allowed is {allowed}", observed, allowed, sorted(periods.items()))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} has rows of {bounds_text(self.low, self.high, f'{self.every}s')}"


@check("rows_per_period")
@dataclass(frozen=True)
class RowsPerPeriod(_Periods):
    """Every period that has rows has between *low* and *high* of them: *every* ``day``, ``hour``, ``month`` …

    Why it matters:
        The sum over a year hides that one of its days was delivered twice.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(
        ...     RowsPerPeriod("day", "day", 2),
        ...     day=[dt.datetime(2025, 1, 1, 7), dt.datetime(2025, 1, 1, 9), dt.datetime(2025, 1, 2)],
        ... )
        'failed: 1 of 2 days have too few or too many rows: 2025-01-02 (1)'
    """

    column: str
    every: str = "day"
    low: int | None = None
    high: int | None = None

    def validate(self) -> None:
        """Refuse what is no period, and bounds that nothing can lie between."""
        super().validate()
        refuse_bounds(self.low, self.high, self.kind)

    def judge_periods(self, periods: Mapping[dt.datetime, int]) -> Verdict:
        """Return which periods have too few or too many rows."""
        bad = [
            (first, rows)
            for first, rows in sorted(periods.items())
            if rows < (self.low or 0) or (self.high is not None and rows > self.high)
        ]
        observed, allowed = f"{len(bad):,} of {len(periods):,} {self.every}s", bounds_text(self.low, self.high, "rows")
        if not bad:
            return Verdict(Status.PASSED, observed=observed, allowed=allowed, unit=f"{self.every}s")
        told = ", ".join(f"{str(first).removesuffix(' 00:00:00')} ({rows:,})" for first, rows in bad[:5])
        why = f"{observed} have too few or too many rows: {told}{', …' if len(bad) > 5 else ''}"
        return self._bad(why, observed, allowed, bad)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} has {bounds_text(self.low, self.high, 'rows')} in every {self.every}"


def _refuse_no_period(period: str, where: str) -> None:
    if period not in _PERIODS:
        raise UsageError(f"unknown period {period!r}", where=where, fix=did_you_mean(str(period), _PERIODS))


def _between(first: dt.datetime, last: dt.datetime, every: str) -> Iterator[dt.datetime]:
    """Yield the first moment of every period from that of *first* to that of *last*.

    Raises:
        TypeError: They are too many to be named.
    """
    steps = {"minute": "minutes", "hour": "hours", "day": "days", "week": "weeks"}
    at = first
    for _ in range(_MOST_PERIODS):
        if at > last:
            return
        yield at
        if every in steps:
            at += dt.timedelta(**{steps[every]: 1})
        else:
            months = at.month if every == "month" else at.month + 11
            at = at.replace(year=at.year + months // 12, month=months % 12 + 1)
    raise TypeError(f"there are more than {_MOST_PERIODS:,} {every}s between {first} and {last}")
