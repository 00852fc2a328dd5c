"""Checks of what is known for ever: totals of closed periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbops.checks.keys import refuse_no_table
from nbops.checks.model import Check, Measure, check, listed
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError, did_you_mean
from nbops.frames.comparing import moment
from nbops.frames.conditions import Per, Stat
from nbops.frames.masking import COVERED, is_masked
from nbops.frames.reading import Unmeasured
from nbops.frames.scan import Scan
from nbops.records import Examples, Status

__all__ = ["PERIODS", "PinnedTotals", "period_of", "totals_by_period"]

PERIODS = ("day", "week", "month", "quarter", "year")
_MOST_EXAMPLES = 20


def period_of(value: Any, by: str) -> str:
    """Return the period that a moment lies in, as text that sorts by time.

    Raises:
        TypeError: *value* is no moment.

    Example:
        >>> [period_of("2013-05-07", by) for by in PERIODS]
        ['2013-05-07', '2013-05-06', '2013-05', '2013-Q2', '2013']
    """
    day = moment(value.to_pydatetime() if hasattr(value, "to_pydatetime") else value).date()
    if by == "day":
        return day.isoformat()
    if by == "week":
        return (day - dt.timedelta(days=day.weekday())).isoformat()
    if by == "month":
        return f"{day.year:04}-{day.month:02}"
    return f"{day.year:04}-Q{(day.month + 2) // 3}" if by == "quarter" else f"{day.year:04}"


def totals_by_period(sums: Mapping[Any, Any], by: str) -> dict[str, float]:
    """Return sums by moment as sums by period; rows without a moment belong to none.

    Raises:
        TypeError: A moment is none.
    """
    found: dict[str, float] = {}
    for key, value in sums.items():
        at = key[0] if isinstance(key, tuple) else key
        if at is None:
            continue
        period = period_of(at, by)
        found[period] = found.get(period, 0) + (0 if value is None else value)
    return found


@check("pinned_totals")
@dataclass(frozen=True)
class PinnedTotals(Check):
    """In every period that *other* lists, there are as many rows, and *totals* sum up to the same, as was pinned.

    Args:
        on: The column with the moment of a row.
        by: The length of the periods: ``day``, ``week``, ``month``, ``quarter`` or ``year``.
        other: The table of what was pinned: ``period``, ``rows``, and a column for each of *totals*.
        totals: The columns that are summed up.
        share: How far a sum may be off, as a share of it; floats add up to a little less or more.
        allow_gone: Whether a period may be missing as a whole, as in a table that holds the newest periods alone.

    Why it matters:
        What was booked in January is known. When January is another sum in May, the past was restated, and every
        report that was made of it is wrong without a word.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> known = pd.DataFrame({"period": ["2025-01"], "rows": [2], "paid": [10.0]})
        >>> tried(PinnedTotals("day", "month", known, "paid"), day=["2025-01-05", "2025-01-09"], paid=[4.0, 5.0])
        'failed: 1 of 1 months is not what it was: 2025-01 (paid 9, was 10)'
    """

    on: str
    by: str
    other: Any
    totals: tuple[str, ...] = ()
    share: float = 1e-9
    allow_gone: bool = False

    def validate(self) -> None:
        """Refuse what is no period, and what lists no totals."""
        if self.by not in PERIODS:
            raise UsageError(f"unknown period {self.by!r}", where=self.kind, fix=did_you_mean(self.by, PERIODS))
        refuse_no_table(self.other, self.kind, ("period", "rows", *self.totals))

    def measures(self) -> Mapping[str, Measure]:
        """Return the rows and the sums of each moment; days are put together to periods here."""
        wanted: dict[str, Measure] = {"rows": Per(Stat("rows"), (self.on,))}
        return wanted | {f"sum {name}": Per(Stat("sum", name), (self.on,)) for name in self.totals}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return which periods are not what they were."""
        try:
            ours = {name: totals_by_period(seen[key], self.by) for name, key in self._keys().items()}
        except TypeError as error:
            return Verdict(Status.ERROR, f"{self.on} is no moment: {error}")
        theirs = self._pinned()
        bad: dict[str, list[tuple[str, Any, Any]]] = {}
        periods = sorted(theirs["rows"])
        gone = [period for period in periods if period not in ours["rows"]]
        for period in periods:
            if period not in gone:
                pairs = [(name, ours[name].get(period, 0), theirs[name].get(period, 0)) for name in theirs]
                wrong = [pair for pair in pairs if not self._agree(*pair[1:])]
                bad |= {period: wrong} if wrong else {}
            elif not self.allow_gone:
                bad[period] = [("rows", 0, theirs["rows"][period])]
        judged = len(periods) - (len(gone) if self.allow_gone else 0)
        if not bad:
            if not judged and not self.allow_empty:
                return Verdict(
                    Status.ERROR, f"none of the {len(periods):,} pinned {self.by}s is there: nothing to judge"
                )
            return Verdict(Status.PASSED, observed=f"{judged:,} {self.by}s", allowed="as pinned", unit=f"{self.by}s")
        return self._restated(bad, len(periods))

    def _keys(self) -> dict[str, str]:
        return {"rows": "rows"} | {name: f"sum {name}" for name in self.totals}

    def _pinned(self) -> dict[str, dict[str, float]]:
        """Return what was pinned, by total and period."""
        wanted: dict[str, Measure] = {name: Per(Stat("sum", name), ("period",)) for name in ("rows", *self.totals)}
        measured = Scan(self.other).measure(list(wanted.values()))
        found: dict[str, dict[str, float]] = {}
        for name, measure in wanted.items():
            sums = measured[measure]
            if isinstance(sums, Unmeasured):
                raise TypeError(f"the pinned totals: {sums.why}")
            found[name] = {_as_text(key, self.by): value or 0 for key, value in sums.items()}
        return found

    def _agree(self, here: Any, there: Any) -> bool:
        return abs(float(here) - float(there)) <= self.share * max(abs(float(here)), abs(float(there)))

    def _restated(self, bad: Mapping[str, list[tuple[str, Any, Any]]], of: int) -> Verdict:
        told, rows = [], []
        for period, wrong in bad.items():
            cells = [
                (name, *(COVERED if is_masked(name) else _number(value) for value in pair)) for name, *pair in wrong
            ]
            told.append(f"{period} ({', '.join(f'{name} {here}, was {there}' for name, here, there in cells)})")
            rows += [(period, name, here, there) for name, here, there in cells]
        verb, they = ("is", "it was") if len(bad) == 1 else ("are", "they were")
        why = f"{len(bad):,} of {of:,} {self.by}s {verb} not what {they}: {listed(told)}"
        shown = tuple(rows[:_MOST_EXAMPLES])
        examples = Examples((self.by, "total", "here", "was"), ("",) * len(shown), shown)
        restated = f"{len(bad):,} {self.by}{'s' if len(bad) > 1 else ''} restated"
        return Verdict(Status.FAILED, why, restated, allowed="as pinned", examples=examples,
                       unit=f"{self.by}s")  # fmt: skip

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        of = f" and the sums of {', '.join(self.totals)}" if self.totals else ""
        return f"the rows{of} of each pinned {self.by} are what they were"


def _as_text(key: Any, by: str) -> str:
    """Return a period as it is written: a CSV file may have made a number or a date of it."""
    value = key[0] if isinstance(key, tuple) else key
    value = getattr(value, "item", lambda: value)()
    if isinstance(value, (int, float)):
        return f"{int(value):04}"
    return str(value) if isinstance(value, str) else period_of(value, by)


def _number(value: Any) -> str:
    return f"{float(value):,.10g}"
