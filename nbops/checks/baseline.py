"""Checks against what was usual: the spread of a column of numbers, the mix of one of categories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbops.checks.model import Check, check
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError
from nbops.frames.conditions import Condition, InRange, OneOf, Stat
from nbops.frames.tables import short
from nbops.records import Status
from nbops.stats.tolerance import Tolerance, least_expected, most_expected

__all__ = ["UsualCounts", "UsualMix", "UsualSpread"]


@dataclass(frozen=True)
class UsualCounts(Check):
    """Counts of rows that must lie where a baseline says, between limits that follow from the rows of both tables."""

    def validate_counts(
        self, points: tuple[Any, ...], seen: tuple[float, ...], of: tuple[float, ...], risk: float
    ) -> None:
        """Refuse lists of different lengths, and counts that cannot be."""
        lengths = {len(points), len(seen), len(of)}
        if len(lengths) > 1 or not points:
            raise UsageError("its lists must be of one length", where=self.kind, fix="one count and one total for each")
        if not 0 < risk < 1:
            raise UsageError(f"a risk of {risk!r} is none", where=self.kind, fix="risk: 1e-4")
        if any(not 0 <= k <= n or n <= 0 for k, n in zip(seen, of, strict=True)):
            raise UsageError("a count is above its total", where=self.kind, fix="seen: [250], of: [1000]")

    def told(self, wrong: list[str], seen: str) -> Verdict:
        """Return the verdict that *wrong* makes."""
        return Verdict(Status.FAILED if wrong else Status.PASSED, "; ".join(wrong[:3]), seen)


@check("usual_spread")
@dataclass(frozen=True)
class UsualSpread(UsualCounts):
    """As many values of *column* as usual lie at or below each of *at*: *seen* of *of* did, and *under* strictly below.

    Limits are the quantiles of beta-binomial distributions, exact for every continuous column and wider with ties; all
    of them together are left with probability *risk* by a table that is like the baseline. Nulls are left out.

    Why it matters:
        Each value may be right, and all of them a fifth too high.

    Example:
        >>> from nbops.checks.suite import tried
        >>> rule = UsualSpread("price", at=[10, 20], seen=[250, 500], under=[250, 500], of=[1000, 1000], risk=1e-4)
        >>> tried(rule, price=[5, 15, 25, 35] * 50), tried(rule, price=[29] * 200)[:44]
        ('passed', 'failed: 0 of 200 rows lie at or below 10, us')
    """

    column: str
    at: tuple[float, ...]
    seen: tuple[float, ...]
    under: tuple[float, ...]
    of: tuple[float, ...]
    risk: float

    def validate(self) -> None:
        """Refuse lists of different lengths."""
        self.validate_counts(self.at, self.seen, self.of, self.risk)
        self.validate_counts(self.at, self.under, self.of, self.risk)

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return how many rows lie above each point, and how many at or above it."""
        above = {f"above {i}": InRange(self.column, None, point) for i, point in enumerate(self.at)}
        least = {f"from {i}": InRange(self.column, None, point, is_strict=True) for i, point in enumerate(self.at)}
        return {"rows": Stat("rows"), "nulls": Stat("nulls", self.column), **above, **least}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return at which points too many or too few rows lie below."""
        rows = seen["rows"] - seen["nulls"]
        if not rows:
            return self.all_null(seen["rows"])
        return self.told(list(self._wrong(seen, rows)), f"{rows:,} rows")

    def _wrong(self, seen: Mapping[str, Any], rows: int) -> Iterator[str]:
        each = self.risk / (2 * len(self.at))
        for i, (point, k, least, n) in enumerate(zip(self.at, self.seen, self.under, self.of, strict=True)):
            # order statistics: below x(k) lies Beta(k, n−k+1); where values are tied, no less at or below it, and no
            # more strictly below the first of them
            below, strictly = rows - seen[f"above {i}"].failing, rows - seen[f"from {i}"].failing
            low = least_expected(rows, max(k, 0.5), n - k + 1, each)
            high = most_expected(rows, max(least, 0.5), n - least + 1, each)
            if below < low:
                yield f"{below:,} of {rows:,} rows lie at or below {short(point)}, usual are at least {low:,}"
            elif strictly > high:
                yield f"{strictly:,} of {rows:,} rows lie below {short(point)}, usual are at most {high:,}"

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is spread as usual"


@check("usual_mix")
@dataclass(frozen=True)
class UsualMix(UsualCounts):
    """Each of *values* stands in as many rows of *column* as usual: *seen* of *of* rows in the baseline.

    All limits together are left with probability *risk* by a table that is like the baseline.

    Why it matters:
        A shop that sends nothing leaves every other row as it was.

    Example:
        >>> from nbops.checks.suite import tried
        >>> rule = UsualMix("shop", values=["north"], seen=[500], of=[1000], risk=1e-4)
        >>> tried(rule, shop=["north", "south"] * 100), tried(rule, shop=["north"] * 200)
        ('passed', "failed: 'north' stands in 200 of 200 rows, usual are 70 to 130")
    """

    column: str
    values: tuple[Any, ...]
    seen: tuple[float, ...]
    of: tuple[float, ...]
    risk: float

    def validate(self) -> None:
        """Refuse lists of different lengths."""
        self.validate_counts(self.values, self.seen, self.of, self.risk)
        if any(isinstance(value, (list, dict, set)) for value in self.values):
            raise UsageError("a list is no value of a column", where=self.kind, fix="values: [north, south]")

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return how many rows hold each value."""
        held = {f"value {i}": OneOf(self.column, frozenset([value]), True) for i, value in enumerate(self.values)}
        return {"rows": Stat("rows"), "nulls": Stat("nulls", self.column), **held}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return which values stand in too many or too few rows."""
        rows = seen["rows"]
        if seen["nulls"] == rows:
            return self.all_null(rows)
        return self.told(list(self._wrong(seen, rows)), f"{rows:,} rows")

    def _wrong(self, seen: Mapping[str, Any], rows: int) -> Iterator[str]:
        each = self.risk / (2 * len(self.values))
        for i, (value, k, n) in enumerate(zip(self.values, self.seen, self.of, strict=True)):
            a, b = Tolerance("rate", n, k, each).shape
            found = seen[f"value {i}"].failing
            low, high = least_expected(rows, a, b, each), most_expected(rows, a, b, each)
            if not low <= found <= high:
                yield f"{short(value)} stands in {found:,} of {rows:,} rows, usual are {low:,} to {high:,}"

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"the mix of {self.column} is as usual"
