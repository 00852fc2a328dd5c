"""Checks against a history of batches: a number with its season, hours, segments, a file that came before."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbops.checks.baseline import UsualCounts
from nbops.checks.model import Check, check
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError
from nbops.frames.conditions import Condition, Stat
from nbops.frames.tables import short
from nbops.records import Status
from nbops.stats.forecast import forecast
from nbops.stats.tolerance import least_expected, most_expected

__all__ = ["NotDelivered", "UsualDependency", "UsualHours", "UsualNumber", "UsualValues", "growth"]

_STATISTICS = ("rows", "sum", "mean", "median", "min", "max", "distinct", "nulls")
_NO_DAY = dt.date(1970, 1, 1)


@check("usual_number")
@dataclass(frozen=True)
class UsualNumber(Check):
    """A number of the table is what its history lets expect for its day.

    *statistic* is ``rows``, or ``sum mean median min max distinct nulls`` of *column*; *seen* has its value in each
    batch of the history, and *days* the day of each. The day of a table is its newest one in the column *on*. A trend,
    weekends, days of the week and months are looked for in the history, and taken into account where it shows them.
    Without *on* there is a level alone.

    Args:
        is_log: Whether it grows by factors: for rows and sums.
        is_growth: Whether what is judged is by how much it grew a day since the last of *days*: for running totals.
        least: The sampling error of one batch, below which the spread is not taken.
        spread: The spread that other columns tell of, where the batches are few; *degrees* is what it is worth.

    Why it matters:
        Half of a Monday is as much as a whole Sunday; only against other Mondays does it show.

    Example:
        >>> from nbops.checks.suite import tried
        >>> days = [f"2025-03-{n:02}" for n in range(3, 17)]
        >>> rule = UsualNumber("rows", [9, 9, 10, 9, 10, 2, 2] * 2, 1e-3, on="day", days=days, is_log=True)
        >>> tried(rule, day=[dt.date(2025, 3, 22)] * 2), tried(rule, day=[dt.date(2025, 3, 17)] * 2)
        ('passed', 'failed: rows is 2, usual on 2025-03-17 is 7.58 to 11.6 (weekend)')
    """

    statistic: str
    seen: tuple[float, ...]
    risk: float
    column: str = ""
    on: str = ""
    days: tuple[Any, ...] = ()
    is_log: bool = False
    is_growth: bool = False
    least: float = 0.0
    spread: float = 0.0
    degrees: float = 0.0

    def validate(self) -> None:
        """Refuse what is no history."""
        if self.statistic not in _STATISTICS:
            raise UsageError(f"unknown statistic {self.statistic!r}", where=self.kind, fix=" ".join(_STATISTICS))
        if len(self.seen) < 2 or (self.on and len(self.days) != len(self.seen)):
            fix = "days: [2025-03-30, 2025-03-31], seen: [980, 1020]"
            raise UsageError("its lists must be of one length, two at least", where=self.kind, fix=fix)
        if not 0 < self.risk < 1:
            raise UsageError(f"a risk of {self.risk!r} is none", where=self.kind, fix="risk: 1e-4")
        days = [_day(day) for day in self.days]
        if self.is_growth and (len(days) < 3 or any(b <= a for a, b in itertools.pairwise(days))):
            raise UsageError("growth needs three days, one after the other", where=self.kind, fix="is_growth: false")
        if self.is_log and min(growth(days, self.seen) if self.is_growth else self.seen) <= 0:
            raise UsageError("a logarithm needs numbers above zero", where=self.kind, fix="is_log: false")

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return the number, and the newest day."""
        number = Stat("rows") if self.statistic == "rows" else Stat(self.statistic, self.column)
        day = {"day": Stat("max", self.on)} if self.on else {}
        return {"number": number, **day, "rows": Stat("rows")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether the number is as usual on such a day."""
        value, newest = seen["number"], seen["day"] if self.on else _NO_DAY
        if value is None or newest is None:
            return Verdict(Status.ERROR, f"all {seen['rows']:,} rows are null: nothing to judge")
        value, day = float(value), _day(newest)
        observed = f"{self._what} is {value:,.10g}"
        days = [_day(one) for one in self.days] if self.on else [_NO_DAY] * len(self.seen)
        numbers = list(self.seen)
        if self.is_growth:
            value = (value - numbers[-1]) / max(1, (day - days[-1]).days)
            days, numbers = days[1:], growth(days, numbers)
            observed += f", {value:,.6g} a day more"
        scale = math.log if self.is_log else float
        found = forecast(
            days, [scale(one) for one in numbers], day, self.risk,
            least_sd=self.least, prior_sd=self.spread, prior_degrees=self.degrees,
        )  # fmt: skip
        if math.isinf(found.reach):
            return Verdict(Status.SKIPPED, f"not judged: the history tells nothing of days like {day} yet", observed)
        low, high = (math.exp(min(one, 700.0)) if self.is_log else one for one in found.limits)
        slack = 1e-9 * max(abs(low), abs(high))
        allowed = f"{low:,.3g} to {high:,.3g}"
        if low - slack <= value <= high + slack:
            return Verdict(Status.PASSED, observed=observed, allowed=allowed)
        after = f" ({', '.join(found.terms)})" if found.terms else ""
        when = f" on {day}" if self.on else ""
        return Verdict(Status.FAILED, f"{observed}, usual{when} is {allowed}{after}", observed, allowed=allowed)

    @property
    def _what(self) -> str:
        return self.statistic if self.statistic == "rows" else f"the {self.statistic} of {self.column}"

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self._what} is as usual on such a day"


def growth(days: Sequence[dt.date], seen: Sequence[float]) -> list[float]:
    """Return by how much *seen* grew a day, between each two of *days*.

    Example:
        >>> growth([dt.date(2025, 3, 1), dt.date(2025, 3, 2), dt.date(2025, 3, 4)], [10, 15, 35])
        [5.0, 10.0]
    """
    pairs = itertools.pairwise(zip(days, seen, strict=True))
    return [(b - a) / (later - day).days for (day, a), (later, b) in pairs]


def _day(value: Any) -> dt.date:
    """Return the day of a moment, however it is written.

    Raises:
        UsageError: It is none.
    """
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError as error:
        raise UsageError(f"{value!r} is no day", where="usual_number", fix="days: [2025-03-31]") from error


@check("usual_hours")
@dataclass(frozen=True)
class UsualHours(UsualCounts):
    """As many moments of *column* as usual lie in each of *hours* of the day: *seen* of *of* did.

    All limits together are left with probability *risk* by a table that is like the baseline.

    Why it matters:
        Times that were written in another zone are all valid, and all of them wrong by the same hours.

    Example:
        >>> from nbops.checks.suite import tried
        >>> rule = UsualHours("at", hours=[8, 9], seen=[500, 500], of=[1000, 1000], risk=1e-4)
        >>> tried(rule, at=[dt.datetime(2025, 1, 1, 8 + n % 2) for n in range(200)])
        'passed'
        >>> tried(rule, at=[dt.datetime(2025, 1, 1, 10 + n % 2) for n in range(200)])
        'failed: 0 of 200 rows lie in the hour 8, usual are 69 to 131; as if shifted by +2 hours'
    """

    column: str
    hours: tuple[int, ...]
    seen: tuple[float, ...]
    of: tuple[float, ...]
    risk: float

    def validate(self) -> None:
        """Refuse lists of different lengths."""
        self.validate_counts(self.hours, self.seen, self.of, self.risk)

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return how many rows lie in each hour of each day."""
        return {"periods": Stat("periods", self.column, "hour"), "rows": Stat("rows")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return in which hours there are too many or too few rows."""
        found = dict.fromkeys(range(24), 0)
        for hour, rows in seen["periods"].items():
            found[hour.hour] += rows
        many = sum(found.values())
        if not many:
            return self.all_null(seen["rows"])
        wrong = list(self._wrong(found, many))
        shift = self._shift(found) if wrong else 0
        return self.told([*wrong[:1], *([f"as if shifted by {shift:+d} hours"] if shift else [])], f"{many:,} rows")

    def _wrong(self, found: Mapping[int, int], rows: int) -> Iterator[str]:
        each = self.risk / (2 * len(self.hours))
        for hour, k, n in zip(self.hours, self.seen, self.of, strict=True):
            low = least_expected(rows, k + 0.5, n - k + 0.5, each)
            high = most_expected(rows, k + 0.5, n - k + 0.5, each)
            if not low <= found[hour] <= high:
                yield f"{found[hour]:,} of {rows:,} rows lie in the hour {hour}, usual are {low:,} to {high:,}"

    def _shift(self, found: Mapping[int, int]) -> int:
        """Return by how many hours the rows are most like the baseline, when they are moved back."""
        usual = {hour: k / n for hour, k, n in zip(self.hours, self.seen, self.of, strict=True)}
        alike = {
            shift: sum(share * found[(hour + shift) % 24] for hour, share in usual.items()) for shift in range(-12, 13)
        }
        return max(alike, key=lambda shift: (alike[shift], -abs(shift)))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} lies in the usual hours of the day"


@check("usual_values")
@dataclass(frozen=True)
class UsualValues(UsualCounts):
    """Each of *values*, which stood in *seen* of *of* rows, occurs in *column* where chance cannot leave it out.

    In a table so small that a value may well be missing, it may. All values together are found missing with
    probability *risk* in a table that is like the baseline.

    Why it matters:
        One shop of two hundred that sends nothing moves no total so far that anybody would see it.

    Example:
        >>> from nbops.checks.suite import tried
        >>> rule = UsualValues("shop", values=["a", "b"], seen=[500, 5], of=[1000, 1000], risk=1e-3)
        >>> tried(rule, shop=["a"] * 200), tried(rule, shop=["b"] * 200)
        ('passed', "failed: 1 of 2 values do not occur: ['a']")
    """

    column: str
    values: tuple[Any, ...]
    seen: tuple[float, ...]
    of: tuple[float, ...]
    risk: float

    def validate(self) -> None:
        """Refuse lists of different lengths."""
        self.validate_counts(self.values, self.seen, self.of, self.risk)

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return the different values with their counts."""
        return {"keys": Stat("keys", "", (self.column,)), "rows": Stat("rows")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return which values are missing."""
        rows, there = seen["rows"], {_plain(value) for value in seen["keys"]["k0"].tolist()}
        if not there:
            return self.all_null(rows)
        each = self.risk / len(self.values)
        missing = [
            value
            for value, k, n in zip(self.values, self.seen, self.of, strict=True)
            if value not in there and least_expected(rows, k + 0.5, n - k + 0.5, each) > 0
        ]
        why = f"{len(missing):,} of {len(self.values):,} values do not occur: {short(missing)}"
        return self.told([why] if missing else [], f"{len(there):,} different values")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} has all of its usual values"


def _plain(value: Any) -> Any:
    value = getattr(value, "item", lambda: value)()
    return getattr(value, "to_pydatetime", lambda: value)()


@check("usual_dependency")
@dataclass(frozen=True)
class UsualDependency(Check):
    """Rows that agree in *column* agree in *then*, but for as many as usual: *odd* of *rows* that repeat a value.

    What is counted are the rows that do not hold the commonest *then* of their *column*.

    Why it matters:
        Values that were shuffled against their keys are each valid; only beside their key do they show.

    Example:
        >>> from nbops.checks.suite import tried
        >>> rule = UsualDependency("zip", "city", odd=0, rows=2000, risk=1e-4)
        >>> tried(rule, zip=[1, 2] * 50, city=["Bern", "Basel"] * 50)
        'passed'
        >>> tried(rule, zip=[1, 2] * 50, city=["Bern", "Bern", "Basel", "Basel"] * 25)
        'failed: 50 of 98 rows disagree, usual are at most 2'
    """

    column: str
    then: str
    odd: float
    rows: float
    risk: float

    def validate(self) -> None:
        """Refuse counts that cannot be."""
        if not 0 <= self.odd <= self.rows or not self.rows or not 0 < self.risk < 1:
            raise UsageError("such counts cannot be", where=self.kind, fix="odd: 0, rows: 2000, risk: 1e-4")

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return how often each two values stand together."""
        return {"pairs": Stat("contingency", self.column, self.then), "rows": Stat("rows")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether few enough rows disagree."""
        best: dict[Any, int] = {}
        for (value, _), rows in seen["pairs"].items():
            best[value] = max(best.get(value, 0), rows)
        many = sum(seen["pairs"].values())
        repeats, odd = many - len(best), many - sum(best.values())
        if not repeats:
            return Verdict(Status.PASSED, observed="no value repeats")
        limit = most_expected(repeats, self.odd + 0.5, self.rows - self.odd + 0.5, self.risk)
        observed, allowed = f"{odd:,} of {repeats:,} rows disagree", f"at most {limit:,}"
        why = f"{observed}, usual are {allowed}" if odd > limit else ""
        return Verdict(Status.FAILED if why else Status.PASSED, why, observed, many, odd, allowed=allowed, unit="rows")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} decides {self.then}"


@check("not_delivered_before")
@dataclass(frozen=True)
class NotDelivered(Check):
    """The table is none of those that came before: not as many *rows* with the same sums of *columns*.

    *sums* has a list for each earlier table, with a sum for each column.

    Why it matters:
        Yesterday's file again passes every test that yesterday's file passed.

    Example:
        >>> from nbops.checks.suite import tried
        >>> rule = NotDelivered(["net"], rows=[2], sums=[[7.75]])
        >>> tried(rule, net=[3.5, 4.25]), tried(rule, net=[3.5, 4.5])
        ('failed: it has the 2 rows and the sums of one that came before', 'passed')
    """

    columns: tuple[str, ...]
    rows: tuple[int, ...]
    sums: tuple[Any, ...]

    def validate(self) -> None:
        """Refuse lists of different lengths."""
        if len(self.rows) != len(self.sums) or any(len(one) != len(self.columns) for one in self.sums):
            raise UsageError(
                "each table needs its rows and a sum of each column", where=self.kind, fix="sums: [[7.75]]"
            )
        object.__setattr__(self, "sums", tuple(map(tuple, self.sums)))

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return the rows, and the sums."""
        return {"rows": Stat("rows"), **{f"sum {at}": Stat("sum", name) for at, name in enumerate(self.columns)}}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether one that came before is the same."""
        sums = [seen[f"sum {at}"] for at in range(len(self.columns))]
        observed = f"{seen['rows']:,} rows"
        for rows, known in zip(self.rows, self.sums, strict=True):
            if rows == seen["rows"] and all(map(_same, sums, known)):
                why = f"it has the {observed} and the sums of one that came before"
                return Verdict(Status.FAILED, why, observed)
        return Verdict(Status.PASSED, observed=observed)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return "it is no table that came before"


def _same(one: Any, other: Any) -> bool:
    """Whether two sums are one, added up in any order."""
    if one is None or other is None:
        return one is None and other is None
    return math.isclose(float(one), float(other), rel_tol=1e-9)
