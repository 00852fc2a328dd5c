"""Checks of numbers and of their order: digits, outliers, steps from row to row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbops.checks.forms import ColumnCheck
from nbops.checks.model import RowCheck, bounds_text, check, refuse_bounds
from nbops.errors import UsageError
from nbops.frames.conditions import Condition, Every, Fence, InRange, MultipleOf, OneOf, Outside
from nbops.frames.relating import InOrder, StepIn

__all__ = [
    "Decimals",
    "Decreasing",
    "EqualTo",
    "Increasing",
    "NonZero",
    "NotEqualTo",
    "OutsideOf",
    "Precision",
    "StepBetween",
    "WithinIqr",
    "WithinSd",
]


@check("outside")
@dataclass(frozen=True)
class OutsideOf(RowCheck):
    """No value of *column* lies between *low* and *high*, both included.

    Why it matters:
        Numbers that were set aside, as test customers or internal accounts, must not be among the real ones.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(OutsideOf("customer", 9000, 9999), customer=[17, 9001])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    low: Any
    high: Any

    def validate(self) -> None:
        """Refuse bounds that nothing can lie between."""
        if self.low is None or self.high is None:
            raise UsageError("both bounds are needed", where=self.kind, fix="below(…) or above(…) has one")
        refuse_bounds(self.low, self.high, self.kind)

    def condition(self) -> Condition:
        """Return that the value lies outside."""
        return Outside(self.column, self.low, self.high)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is not {bounds_text(self.low, self.high)}"


@check("equal_to")
@dataclass(frozen=True)
class EqualTo(RowCheck):
    """Every value of *column* is *value*.

    Why it matters:
        A file for one country that holds another was put into the wrong folder.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(EqualTo("country", "DE"), country=["DE", "FR"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    value: Any

    def validate(self) -> None:
        """Refuse what nothing equals."""
        if self.value is None or self.value != self.value:
            raise UsageError("null is equal to nothing", where=self.kind, fix="all_null(…) or not_null(…)")

    def condition(self) -> Condition:
        """Return that the value is the one."""
        return OneOf(self.column, frozenset({self.value}))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is {self.value!r}"


@check("not_equal_to")
@dataclass(frozen=True)
class NotEqualTo(EqualTo):
    """No value of *column* is *value*.

    Why it matters:
        One value that stands for "unknown" is taken for a real one by every mean.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotEqualTo("age", 999), age=[41, 999])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    def condition(self) -> Condition:
        """Return that the value is another."""
        return OneOf(self.column, frozenset({self.value}), is_negated=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is not {self.value!r}"


@check("non_zero")
class NonZero(ColumnCheck):
    """No number of *column* is zero.

    Why it matters:
        What is divided by must not be zero; a weight of zero removes its row from every mean.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NonZero("weight"), weight=[0.0, 1.5])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    says = "is not zero"

    def condition(self) -> Condition:
        """Return that the number is another."""
        return OneOf(self.column, frozenset({0}), is_negated=True)


@check("decimals")
@dataclass(frozen=True)
class Decimals(RowCheck):
    """Every number of *column* has at most *places* digits after the decimal point, but for rounding.

    Why it matters:
        A price with five decimals is the result of a division that somebody forgot to round.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Decimals("price", 2), price=[1.25, 1.255])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    places: int

    def validate(self) -> None:
        """Refuse what is no number of places."""
        if isinstance(self.places, bool) or not 0 <= self.places <= 15:
            raise UsageError(f"{self.places!r} is no number of places", where=self.kind, fix="places=2")

    def condition(self) -> Condition:
        """Return that the number is a multiple of its last place."""
        return MultipleOf(self.column, 10.0**-self.places)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} has at most {self.places} decimals"


@check("precision")
@dataclass(frozen=True)
class Precision(RowCheck):
    """Every number of *column* fits a decimal of *digits* digits, *places* of them after the point.

    Why it matters:
        A database that stores it cuts off, or refuses, what does not fit.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Precision("price", 4, 2), price=[12.25, 123.5, 1.255])
        'failed: 2 of 3 rows fail (66.7%), allowed are 0 rows'
    """

    column: str
    digits: int
    places: int = 0

    def validate(self) -> None:
        """Refuse what no decimal has."""
        if not 0 <= self.places <= self.digits <= 38 or not self.digits:
            what = f"there is no decimal of {self.digits} digits, {self.places} after the point"
            raise UsageError(what, where=self.kind, fix="digits=9, places=2")

    def condition(self) -> Condition:
        """Return that the number has room before the point, and after it."""
        most = 10 ** (self.digits - self.places)
        return Every((InRange(self.column, -most, most, is_strict=True), MultipleOf(self.column, 10.0**-self.places)))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} fits decimal({self.digits}, {self.places})"


@check("within_iqr")
@dataclass(frozen=True)
class WithinIqr(RowCheck):
    """Every number of *column* lies at most *factor* times the distance of the quartiles outside of them.

    Why it matters:
        An outlier is found without a bound that anybody has to know, however skewed the numbers are.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(WithinIqr("price"), price=[9, 10, 10, 11, 12, 1000])
        'failed: 1 of 6 rows fail (16.7%), allowed are 0 rows'
    """

    column: str
    factor: float = 1.5

    def validate(self) -> None:
        """Refuse a factor that keeps nothing."""
        _refuse_factor(self.factor, self.kind, 1.5)

    def condition(self) -> Condition:
        """Return that the number lies inside the fence."""
        return Fence(self.column, "iqr", self.factor)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is within {self.factor:g} quartile distances"


@check("within_sd")
@dataclass(frozen=True)
class WithinSd(RowCheck):
    """Every number of *column* lies at most *factor* standard deviations from the mean: its z-score is no larger.

    Why it matters:
        Where numbers scatter around one value, what lies far from it was not measured but mistyped.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(WithinSd("level", 3), level=[*[1.0, 1.1] * 50, 9.0])
        'failed: 1 of 101 rows fail (1.0%), allowed are 0 rows'
    """

    column: str
    factor: float = 3

    def validate(self) -> None:
        """Refuse a factor that keeps nothing."""
        _refuse_factor(self.factor, self.kind, 3)

    def condition(self) -> Condition:
        """Return that the number lies near the mean."""
        return Fence(self.column, "sd", self.factor)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is within {self.factor:g} standard deviations"


def _refuse_factor(factor: float, where: str, usual: float) -> None:
    if not factor > 0:
        raise UsageError(f"a factor of {factor!r} keeps nothing", where=where, fix=f"factor={usual:g}")


@check("increasing")
@dataclass(frozen=True)
class Increasing(RowCheck):
    """No value of *column* is below that of the row before; with *is_strict*, nor equal to it.

    Rows stand in the order of the column *order*, or as they stand in the table; with *by*, each group has its own
    order. Nulls are passed over.

    Why it matters:
        A meter never runs backwards; when it does, it was exchanged, or two meters bear one number.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Increasing("meter", by="house"), house=["a", "b", "a", "b"], meter=[5, 900, 6, 899])
        'failed: 1 of 2 groups fail: house=b (1 of 2)'
    """

    column: str
    is_strict: bool = False
    order: str = ""

    def condition(self) -> Condition:
        """Return that the value is not below."""
        return InOrder(self.column, self.order, is_strict=self.is_strict)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is {self.kind}{f' in the order of {self.order}' if self.order else ''}"


@check("decreasing")
@dataclass(frozen=True)
class Decreasing(Increasing):
    """No value of *column* is above that of the row before; with *is_strict*, nor equal to it.

    Why it matters:
        A ranking whose points grow on the way down was sorted as text.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Decreasing("points"), points=[90, 80, 85])
        'failed: 1 of 3 rows fail (33.3%), allowed are 0 rows'
    """

    def condition(self) -> Condition:
        """Return that the value is not above."""
        return InOrder(self.column, self.order, is_strict=self.is_strict, is_decreasing=True)


@check("step_between")
@dataclass(frozen=True)
class StepBetween(RowCheck):
    """The difference of *column* to the row before lies between *low* and *high*; of moments, in seconds.

    Rows stand in the order of the column *order*, or as they stand in the table; with *by*, each group has its own.

    Why it matters:
        A level that jumps by more than a pump can lift is a sensor that fell.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(StepBetween("level", -2, 2), level=[5.0, 6.0, 16.0])
        'failed: 1 of 3 rows fail (33.3%), allowed are 0 rows'
    """

    column: str
    low: float | None = None
    high: float | None = None
    order: str = ""

    def validate(self) -> None:
        """Refuse bounds that nothing can lie between."""
        refuse_bounds(self.low, self.high, self.kind)

    def condition(self) -> Condition:
        """Return that the step is neither too small nor too large."""
        return StepIn(self.column, self.order, low=self.low, high=self.high)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} changes by {bounds_text(self.low, self.high)} from row to row"
