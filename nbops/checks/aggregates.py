"""Checks of one number of a column: its extremes, mean, sum, spread, shape, quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.forms import ColumnNumber
from nbops.checks.model import NumberCheck, bounds_text, check
from nbops.errors import UsageError
from nbops.frames.conditions import Stat

__all__ = [
    "Cv",
    "FractionalSum",
    "Iqr",
    "Kurtosis",
    "Max",
    "MaxLength",
    "Mean",
    "MeanLength",
    "Median",
    "Min",
    "MinLength",
    "Mode",
    "Negatives",
    "Quantile",
    "Range",
    "Skew",
    "Std",
    "Sum",
    "SumAbs",
    "Var",
    "Zeros",
]


@check("min")
class Min(ColumnNumber):
    """The smallest value of *column* lies between *low* and *high*.

    Why it matters:
        A year of data begins in January; when it does not, a month is missing.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Min("age", 0, 20), age=[3, 40])
        'passed'
    """


@check("max")
class Max(ColumnNumber):
    """The largest value of *column* lies between *low* and *high*.

    Why it matters:
        The largest number tells of a slip in the decimal point first.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Max("age", high=120), age=[3, 400])
        'failed: it is 400, allowed is at most 120'
    """


@check("range")
class Range(ColumnNumber):
    """The distance of the largest number of *column* from the smallest lies between *low* and *high*.

    Why it matters:
        A sensor that is stuck measures the same value again and again.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Range("level", low=0.1), level=[2.0, 2.0])
        'failed: it is 0, allowed is at least 0.1'
    """


@check("mean")
class Mean(ColumnNumber):
    """The mean of *column* lies between *low* and *high*; nulls are left out.

    Why it matters:
        Each row may be right, and all of them together in the wrong unit.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Mean("age", 20, 60), age=[1, 3])
        'failed: it is 2, allowed is between 20 and 60'
    """


@check("median")
class Median(ColumnNumber):
    """The median of *column* lies between *low* and *high*; nulls are left out.

    Why it matters:
        It tells of a shift of most rows, and no outlier can hide that.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Median("age", 20, 60), age=[1, 30, 500])
        'passed'
    """


@check("mode")
class Mode(ColumnNumber):
    """The most frequent number of *column*, the smallest of several, lies between *low* and *high*.

    Why it matters:
        A form that is sent with its default unseen shows in its most frequent value.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Mode("age", low=1), age=[0, 0, 30])
        'failed: it is 0, allowed is at least 1'
    """


@check("sum")
class Sum(ColumnNumber):
    """The sum of *column* lies between *low* and *high*; nulls are left out.

    Why it matters:
        A total that is known from elsewhere is the best test of all.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Sum("share", 0.99, 1.01), share=[0.25, 0.75])
        'passed'
    """


@check("sum_abs")
class SumAbs(ColumnNumber):
    """The sum of the numbers of *column* without their signs lies between *low* and *high*.

    Why it matters:
        Debits and credits add up to nothing, however many of them are lost.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(SumAbs("booked", low=20), booked=[5, -5])
        'failed: it is 10, allowed is at least 20'
    """


@check("fractional_sum")
class FractionalSum(ColumnNumber):
    """The sum of what stands behind the decimal points of *column* lies between *low* and *high*.

    Why it matters:
        Prices that were rounded on the way are plausible one by one; together they have lost all their cents.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(FractionalSum("price", low=0.5), price=[2.0, 7.0, 5.0])
        'failed: it is 0, allowed is at least 0.5'
    """


@check("std")
class Std(ColumnNumber):
    """The standard deviation of *column* (of a sample) lies between *low* and *high*.

    Why it matters:
        Values that were filled in all alike have a spread of nothing.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Std("level", low=0.1), level=[2.0, 2.0])
        'failed: it is 0, allowed is at least 0.1'
    """


@check("var")
class Var(ColumnNumber):
    """The variance of *column* (of a sample) lies between *low* and *high*.

    Why it matters:
        Noise that doubles is a device that wears out, long before its mean moves.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Var("level", high=1), level=[1.0, 5.0])
        'failed: it is 8, allowed is at most 1'
    """


@check("cv")
class Cv(ColumnNumber):
    """The standard deviation of *column*, as a share of its mean, lies between *low* and *high*.

    Why it matters:
        A spread that grows with the level is judged by their ratio.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Cv("price", high=0.5), price=[1.0, 9.0])
        'failed: it is 1.13137, allowed is at most 0.5'
    """


@check("iqr")
class Iqr(ColumnNumber):
    """The distance of the quartiles of *column* lies between *low* and *high*.

    Why it matters:
        It is the spread of the middle half, which no outlier touches.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Iqr("age", 10, 30), age=[1, 20, 30, 99])
        'failed: it is 32, allowed is between 10 and 30'
    """


@check("skew")
class Skew(ColumnNumber):
    """The skewness of *column*, its third standardised moment, lies between *low* and *high*.

    Why it matters:
        Incomes lean to one side; once they do not, somebody has cut off their tail.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Skew("income", low=0.5), income=[1, 2, 3])
        'failed: it is 0, allowed is at least 0.5'
    """


@check("kurtosis")
class Kurtosis(ColumnNumber):
    """The excess kurtosis of *column*, 0 for a normal distribution, lies between *low* and *high*.

    Why it matters:
        A few values far out weigh more in it than in any other number.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Kurtosis("noise", high=3), noise=[0.0] * 98 + [9.0, -9.0])
        'failed: it is 47, allowed is at most 3'
    """


@check("zeros")
class Zeros(ColumnNumber):
    """The number of zeros in *column* lies between *low* and *high*.

    Why it matters:
        A failed look-up that is filled with 0 is counted here, and seen nowhere else.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Zeros("price", high=0), price=[0, 2])
        'failed: it is 1 rows, allowed is at most 0 rows'
    """

    unit: ClassVar[str] = "rows"


@check("negatives")
class Negatives(ColumnNumber):
    """The number of numbers below zero in *column* lies between *low* and *high*.

    Why it matters:
        There are always some returns; none at all is a filter that nobody meant.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Negatives("quantity", low=1), quantity=[1, 2])
        'failed: it is 0 rows, allowed is at least 1 rows'
    """

    unit: ClassVar[str] = "rows"


@check("min_length")
class MinLength(ColumnNumber):
    """The length of the shortest text of *column* lies between *low* and *high*; nulls are left out.

    Why it matters:
        One empty text among names of people is a person without a name.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(MinLength("name", low=1), name=["Ada", ""])
        'failed: it is 0 characters, allowed is at least 1 characters'
    """

    unit: ClassVar[str] = "characters"


@check("max_length")
class MaxLength(ColumnNumber):
    """The length of the longest text of *column* lies between *low* and *high*; nulls are left out.

    Why it matters:
        Comments of which none is longer than 255 characters any more are cut off since somebody changed the table.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(MaxLength("comment", low=40), comment=["late", "the parcel was wet"])
        'failed: it is 18 characters, allowed is at least 40 characters'
    """

    unit: ClassVar[str] = "characters"


@check("mean_length")
class MeanLength(ColumnNumber):
    """The mean length of the texts of *column* lies between *low* and *high*; nulls are left out.

    Why it matters:
        A free text that is half as long as it was has lost a part, or its writers have lost interest.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(MeanLength("comment", 10, 100), comment=["ok", "fine"])
        'failed: it is 3 characters, allowed is between 10 and 100 characters'
    """

    unit: ClassVar[str] = "characters"


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
