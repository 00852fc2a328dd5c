"""Checks of one column, or of a key: completeness, uniqueness, numbers, sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.model import NumberCheck, RowCheck, bounds_text, check, refuse_bounds
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError
from nbops.frames.conditions import (
    AnyPresent,
    Condition,
    Finite,
    InRange,
    MultipleOf,
    NullTogether,
    OneOf,
    Present,
    Stat,
)
from nbops.frames.conditions import Unique as UniqueKey
from nbops.frames.tables import short

__all__ = [
    "Above",
    "AnyFilled",
    "AtLeast",
    "AtMost",
    "Below",
    "Between",
    "DistinctCount",
    "InSet",
    "IsFinite",
    "IsMultipleOf",
    "NonNegative",
    "NotInSet",
    "NotNull",
    "NullShare",
    "NullsTogether",
    "Positive",
    "Unique",
    "WholeNumber",
]


# ── completeness ─────────────────────────────────────────────────────────────────────────────────────────────────────


@check("not_null")
@dataclass(frozen=True)
class NotNull(RowCheck):
    """No cell of *column* is null; NaN is null.

    Why it matters:
        A join on a null key drops the row without a word.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotNull("id"), id=[1, 2])
        'passed'
        >>> tried(NotNull("id", allow=0.5), id=[1, None])
        'passed'
    """

    judges_nulls: ClassVar[bool] = True

    column: str

    def condition(self) -> Condition:
        """Return that the cell is filled."""
        return Present(self.column)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is not null"


@check("null_share")
@dataclass(frozen=True)
class NullShare(NumberCheck):
    """The share of nulls in *column* lies between *low* and *high*.

    Why it matters:
        A source that stops filling a column fills it with nulls: the table still loads, and every mean is still there.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NullShare("phone", high=0.4), phone=["1", None])
        'failed: it is 0.5, allowed is at most 0.4'
    """

    column: str
    low: Any = None
    high: Any = None

    def number(self) -> Stat:
        """Return the number of nulls."""
        return Stat("nulls", self.column)

    def judge_number(self, value: Any, rows: int) -> Verdict:
        """Return whether the share lies within the bounds."""
        return NumberCheck.judge_number(self, value / rows if rows else None, rows)


@check("null_together")
@dataclass(frozen=True)
class NullsTogether(RowCheck):
    """The cells of *columns* are all null or all filled.

    Why it matters:
        An amount without its currency is no amount.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NullsTogether(["amount", "currency"]), amount=[1.0, 2.0], currency=["EUR", None])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    columns: tuple[str, ...]

    def condition(self) -> Condition:
        """Return that the cells are null together."""
        return NullTogether(self.columns)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(self.columns)} are null together"


@check("any_filled")
@dataclass(frozen=True)
class AnyFilled(RowCheck):
    """At least one cell of *columns* is filled in every row.

    Why it matters:
        A customer with neither phone nor e-mail can't be reached.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(AnyFilled(["phone", "email"]), phone=["1", None], email=[None, "a@b.de"])
        'passed'
    """

    columns: tuple[str, ...]

    def condition(self) -> Condition:
        """Return that one of the cells is filled."""
        return AnyPresent(self.columns)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"one of {', '.join(self.columns)} is filled"


# ── uniqueness ───────────────────────────────────────────────────────────────────────────────────────────────────────


@check("unique")
@dataclass(frozen=True)
class Unique(RowCheck):
    """No two rows have the same values in *columns*; rows with a null among them are left out.

    Why it matters:
        A key that repeats makes a join multiply rows, and every sum after it is too high.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Unique(["day", "id"]), day=[1, 1, 2], id=[7, 7, 7])
        'failed: 2 of 3 rows fail (66.7%), allowed are 0 rows'
    """

    columns: tuple[str, ...]

    def validate(self) -> None:
        """Refuse a key without columns."""
        if not self.columns:
            raise UsageError("a key needs a column", where="unique", fix="unique('id')")

    def condition(self) -> Condition:
        """Return that the key stands once."""
        return UniqueKey(self.columns)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(map(str, self.columns))} is unique"


@check("distinct_count")
@dataclass(frozen=True)
class DistinctCount(NumberCheck):
    """The number of different values in *column*, nulls aside, lies between *low* and *high*.

    Why it matters:
        Twelve stores deliver every night; eleven are a delivery that failed.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(DistinctCount("store", low=3), store=["a", "b", "b"])
        'failed: it is 2 values, allowed is at least 3 values'
    """

    unit: ClassVar[str] = "values"

    column: str
    low: Any = None
    high: Any = None

    def number(self) -> Stat:
        """Return the number of different values."""
        return Stat("distinct", self.column)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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


@check("at_least")
@dataclass(frozen=True)
class AtLeast(RowCheck):
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
class AtMost(RowCheck):
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
class Above(RowCheck):
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
class Below(RowCheck):
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


# ── sets ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


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
