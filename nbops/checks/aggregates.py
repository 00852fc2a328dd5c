"""Checks of one number of a column: its extremes, mean, median, sum, spread, quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbops.checks.model import NumberCheck, bounds_text, check
from nbops.errors import UsageError
from nbops.frames.conditions import Stat

__all__ = ["Max", "Mean", "Median", "Min", "Quantile", "Std", "Sum"]


@check("min")
@dataclass(frozen=True)
class Min(NumberCheck):
    """The smallest value of *column* lies between *low* and *high*.

    Why it matters:
        A year of data begins in January; when it does not, a month is missing.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Min("age", 0, 20), age=[3, 40])
        'passed'
    """

    column: str
    low: Any = None
    high: Any = None

    def number(self) -> Stat:
        """Return the number."""
        return Stat("min", self.column)


@check("max")
@dataclass(frozen=True)
class Max(NumberCheck):
    """The largest value of *column* lies between *low* and *high*.

    Why it matters:
        The largest number tells of a slip in the decimal point first.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Max("age", high=120), age=[3, 400])
        'failed: it is 400, allowed is at most 120'
    """

    column: str
    low: Any = None
    high: Any = None

    def number(self) -> Stat:
        """Return the number."""
        return Stat("max", self.column)


@check("mean")
@dataclass(frozen=True)
class Mean(NumberCheck):
    """The mean of *column* lies between *low* and *high*; nulls are left out.

    Why it matters:
        Each row may be right, and all of them together in the wrong unit.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Mean("age", 20, 60), age=[1, 3])
        'failed: it is 2, allowed is between 20 and 60'
    """

    column: str
    low: Any = None
    high: Any = None

    def number(self) -> Stat:
        """Return the number."""
        return Stat("mean", self.column)


@check("median")
@dataclass(frozen=True)
class Median(NumberCheck):
    """The median of *column* lies between *low* and *high*; nulls are left out.

    Why it matters:
        It tells of a shift of most rows, and no outlier can hide that.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Median("age", 20, 60), age=[1, 30, 500])
        'passed'
    """

    column: str
    low: Any = None
    high: Any = None

    def number(self) -> Stat:
        """Return the number."""
        return Stat("median", self.column)


@check("sum")
@dataclass(frozen=True)
class Sum(NumberCheck):
    """The sum of *column* lies between *low* and *high*; nulls are left out.

    Why it matters:
        A total that is known from elsewhere is the best test of all.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Sum("share", 0.99, 1.01), share=[0.25, 0.75])
        'passed'
    """

    column: str
    low: Any = None
    high: Any = None

    def number(self) -> Stat:
        """Return the number."""
        return Stat("sum", self.column)


@check("std")
@dataclass(frozen=True)
class Std(NumberCheck):
    """The standard deviation of *column* (of a sample) lies between *low* and *high*.

    Why it matters:
        A sensor that is stuck measures the same value again and again.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Std("level", low=0.1), level=[2.0, 2.0])
        'failed: it is 0, allowed is at least 0.1'
    """

    column: str
    low: Any = None
    high: Any = None

    def number(self) -> Stat:
        """Return the number."""
        return Stat("std", self.column)


@check("quantile")
@dataclass(frozen=True)
class Quantile(NumberCheck):
    """The quantile *q* of *column*, interpolated, lies between *low* and *high*; nulls are left out.

    Why it matters:
        The slowest hundredth of the answers is what people complain of.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Quantile("seconds", 0.5, high=2), seconds=[1, 3, 9])
        'failed: it is 3, allowed is at most 2'
    """

    column: str
    q: float
    low: Any = None
    high: Any = None

    def validate(self) -> None:
        """Refuse what is no share."""
        if not 0 <= self.q <= 1:
            raise UsageError(f"a quantile of {self.q:g} is none", where="quantile", fix="q=0.99 is the 99th percentile")
        super().validate()

    def number(self) -> Stat:
        """Return the number."""
        return Stat("quantile", self.column, self.q)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"quantile {self.q:g} of {self.column} is {bounds_text(self.low, self.high)}"
