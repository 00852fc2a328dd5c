"""Checks of completeness and uniqueness: nulls, keys, counts of different values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.model import NumberCheck, RowCheck, check
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError
from nbops.frames.conditions import Condition, Present, Stat
from nbops.frames.relating import AnyPresent, NullTogether
from nbops.frames.relating import Unique as UniqueKey

__all__ = ["AnyFilled", "DistinctCount", "NotNull", "NullShare", "NullsTogether", "Unique"]


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
