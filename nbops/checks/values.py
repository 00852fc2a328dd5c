"""Checks of the values of one column: numbers within bounds, values of a set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.model import RowCheck, bounds_text, check, refuse_bounds
from nbops.errors import UsageError
from nbops.frames.conditions import Condition, Finite, InRange, MultipleOf, OneOf
from nbops.frames.tables import short

__all__ = [
    "Above",
    "AtLeast",
    "AtMost",
    "Below",
    "Between",
    "InSet",
    "IsFinite",
    "IsMultipleOf",
    "NonNegative",
    "NotInSet",
    "Positive",
    "WholeNumber",
]


@check("between")
@dataclass(frozen=True)
class Between(RowCheck):
    """Every value of *column* lies between *low* and *high*, both allowed: numbers, dates or text.

    Why it matters:
        One amount in cents among thousands in euros changes every total.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Between("amount", 0, 100), amount=[1, 250, None])
        'failed: 1 of 3 rows fail (33.3%), allowed are 0 rows'
    """

    column: str
    low: Any = None
    high: Any = None

    is_strict: ClassVar[bool] = False

    def validate(self) -> None:
        """Refuse bounds that nothing can lie between."""
        refuse_bounds(self.low, self.high, self.kind)

    def condition(self) -> Condition:
        """Return that the value lies inside."""
        return InRange(self.column, self.low, self.high, self.is_strict)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is {bounds_text(self.low, self.high)}"


class _OneBound(RowCheck):
    """A check with a bound on one side."""

    def validate(self) -> None:
        """Refuse a bound that is none."""
        refuse_bounds(getattr(self, "low", None), getattr(self, "high", None), self.kind)


@check("at_least")
@dataclass(frozen=True)
class AtLeast(_OneBound):
    """Every value of *column* is *low* or more.

    Why it matters:
        What cannot be below its least value is a slip of a sign or of a unit.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(AtLeast("age", 18), age=[18, 40])
        'passed'
    """

    column: str
    low: Any

    def condition(self) -> Condition:
        """Return that the value is not below."""
        return InRange(self.column, self.low, None)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is {bounds_text(self.low, None)}"


@check("at_most")
@dataclass(frozen=True)
class AtMost(_OneBound):
    """Every value of *column* is *high* or less.

    Why it matters:
        A discount of more than the price is a gift.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(AtMost("discount", 1.0), discount=[0.1, 1.5])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    high: Any

    def condition(self) -> Condition:
        """Return that the value is not above."""
        return InRange(self.column, None, self.high)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is {bounds_text(None, self.high)}"


@check("above")
@dataclass(frozen=True)
class Above(_OneBound):
    """Every value of *column* is more than *low*.

    Why it matters:
        A price of zero is most often one that nobody entered.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Above("price", 0), price=[0.0, 2.5])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    low: Any

    def condition(self) -> Condition:
        """Return that the value is above."""
        return InRange(self.column, self.low, None, is_strict=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is above {self.low}"


@check("below")
@dataclass(frozen=True)
class Below(_OneBound):
    """Every value of *column* is less than *high*.

    Why it matters:
        A bound that is itself impossible, as 24 for an hour, is best written down as it is known.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Below("hour", 24), hour=[0, 23])
        'passed'
    """

    column: str
    high: Any

    def condition(self) -> Condition:
        """Return that the value is below."""
        return InRange(self.column, None, self.high, is_strict=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is below {self.high}"


@check("positive")
@dataclass(frozen=True)
class Positive(RowCheck):
    """Every number of *column* is above zero.

    Why it matters:
        A quantity of zero or less is a return, or an error, and never a sale.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Positive("quantity"), quantity=[1, -1])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str

    def condition(self) -> Condition:
        """Return that the number is above zero."""
        return InRange(self.column, 0, None, is_strict=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is positive"


@check("non_negative")
@dataclass(frozen=True)
class NonNegative(RowCheck):
    """Every number of *column* is zero or more.

    Why it matters:
        A distance, a weight, a count below zero is a slip of a sign.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NonNegative("weight"), weight=[0.0, 1.5])
        'passed'
    """

    column: str

    def condition(self) -> Condition:
        """Return that the number is not below zero."""
        return InRange(self.column, 0, None)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is not negative"


@check("finite")
@dataclass(frozen=True)
class IsFinite(RowCheck):
    """No number of *column* is infinite.

    Why it matters:
        One division by zero makes the mean of a million rows infinite.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(IsFinite("rate"), rate=[0.1, float("inf")])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str

    def condition(self) -> Condition:
        """Return that the number is finite."""
        return Finite(self.column)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is finite"


@check("multiple_of")
@dataclass(frozen=True)
class IsMultipleOf(RowCheck):
    """Every number of *column* is a whole multiple of *step*, but for rounding in its last digits.

    Why it matters:
        Amounts in cents are multiples of 0.01; one that is not was computed, not paid.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(IsMultipleOf("paid", 0.01), paid=[0.29, 0.295])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    step: float

    def validate(self) -> None:
        """Refuse a step of zero."""
        if not self.step:
            raise UsageError("nothing is a multiple of zero", where="multiple_of", fix="step=0.01")

    def condition(self) -> Condition:
        """Return that the number is a multiple."""
        return MultipleOf(self.column, self.step)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is a multiple of {self.step:g}"


@check("whole_number")
@dataclass(frozen=True)
class WholeNumber(RowCheck):
    """Every number of *column* is whole, whatever type it is stored as.

    Why it matters:
        One null turns a column of whole numbers into floats, and then nothing keeps them whole.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(WholeNumber("seats"), seats=[1.0, 2.0, None])
        'passed'
    """

    column: str

    def condition(self) -> Condition:
        """Return that the number is whole."""
        return MultipleOf(self.column, 1)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is a whole number"


@check("in_set")
@dataclass(frozen=True)
class InSet(RowCheck):
    """Every value of *column* is one of *values*.

    Why it matters:
        A new status that no code knows falls through every ``if``.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(InSet("status", ["new", "paid"]), status=["new", "piad"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    values: tuple[Any, ...]

    def validate(self) -> None:
        """Refuse an empty set."""
        if not self.values:
            raise UsageError("an empty set allows nothing", where=self.kind, fix="values=['new', 'paid']")
        try:
            object.__setattr__(self, "_set", frozenset(self.values))  # once, however often it is judged
        except TypeError as error:
            raise UsageError(f"values must be plain: {error}", where=self.kind, fix="numbers, texts, dates") from error

    def condition(self) -> Condition:
        """Return that the value is one of the set."""
        return OneOf(self.column, self._set)  # type: ignore[attr-defined]

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is one of {short(list(self.values))}"


@check("not_in_set")
@dataclass(frozen=True)
class NotInSet(InSet):
    """No value of *column* is one of *values*.

    Why it matters:
        -999, 'N/A' and 1900-01-01 are not data, they are what stands where data is missing.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotInSet("depth", [-999]), depth=[12, -999])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    def condition(self) -> Condition:
        """Return that the value is none of the set."""
        return OneOf(self.column, self._set, is_negated=True)  # type: ignore[attr-defined]

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is none of {short(list(self.values))}"
