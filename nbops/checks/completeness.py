"""Checks of completeness and uniqueness: nulls, placeholders, keys, repeated rows, spellings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.forms import ColumnCheck, ColumnNumber, ColumnsCheck
from nbops.checks.model import NumberCheck, RowCheck, check
from nbops.errors import UsageError
from nbops.frames.conditions import Condition, Every, OneOf, Present, Stat
from nbops.frames.relating import AnyPresent, DifferAcross, NullTogether, OneSpelling, Repeated
from nbops.frames.relating import Unique as UniqueKey

__all__ = [
    "AllNull",
    "AnyFilled",
    "CompleteRows",
    "DistinctRows",
    "DistinctWithinRow",
    "NoPlaceholder",
    "NotNull",
    "NullShare",
    "NullsTogether",
    "PrimaryKey",
    "SameSpelling",
    "Unique",
]

_WORDS = "n/a na nan nil none null unknown undefined missing empty blank tbd tba todo test xxx dummy"
_SIGNS = ("", "-", "--", "?", "??", ".", "#N/A", "#VALUE!", "#REF!", "#DIV/0!", "(null)", "<null>")
_NUMBERS = (-1, -9, -99, -999, -9999, -99999, 999, 9999, 99999, 999999, 9999999, 99999999, 999999999)
_DATES = tuple(dt.date(*day) for day in ((1, 1, 1), (1899, 12, 30), (1900, 1, 1), (1970, 1, 1), (2099, 12, 31),
                                         (9999, 12, 31)))  # fmt: skip
_SPELLINGS = (str.lower, str.upper, str.title, str.capitalize)
_PLACEHOLDERS = (*_SIGNS, *(spell(word) for word in _WORDS.split() for spell in _SPELLINGS), *_NUMBERS, *_DATES)


@check("not_null")
class NotNull(ColumnCheck):
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
    says = "is not null"

    def condition(self) -> Condition:
        """Return that the cell is filled."""
        return Present(self.column)


@check("all_null")
@dataclass(frozen=True)
class AllNull(NumberCheck):
    """Every cell of *column* is null.

    Why it matters:
        A column that must not be filled any more, and still is, tells of a writer that nobody switched off.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(AllNull("legacy_id"), legacy_id=[None, 7])
        'failed: it is 0.5, allowed is 1'
    """

    column: str

    @property
    def bounds(self) -> tuple[Any, Any]:
        """All of them."""
        return 1.0, 1.0

    def number(self) -> Stat:
        """Return the share of nulls."""
        return Stat("null_share", self.column)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is null everywhere"


@check("null_share")
class NullShare(ColumnNumber):
    """The share of nulls in *column* lies between *low* and *high*.

    Why it matters:
        A source that stops filling a column fills it with nulls: the table still loads, and every mean is still there.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NullShare("phone", high=0.4), phone=["1", None])
        'failed: it is 0.5, allowed is at most 0.4'
    """


@check("complete_rows")
class CompleteRows(ColumnsCheck):
    """No cell of *columns* is null.

    Why it matters:
        A model drops a row for one missing cell; what is left may be another population.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(CompleteRows(["age", "income"]), age=[30, None, 50], income=[1.0, 2.0, None])
        'failed: 2 of 3 rows fail (66.7%), allowed are 0 rows'
    """

    judges_nulls: ClassVar[bool] = True
    says = "are filled"

    def condition(self) -> Condition:
        """Return that all cells are filled."""
        return Every(tuple(Present(column) for column in self.columns))


@check("null_together")
class NullsTogether(ColumnsCheck):
    """The cells of *columns* are all null or all filled.

    Why it matters:
        An amount without its currency is no amount.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NullsTogether(["amount", "currency"]), amount=[1.0, 2.0], currency=["EUR", None])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    says = "are null together"

    def condition(self) -> Condition:
        """Return that the cells are null together."""
        return NullTogether(self.columns)


@check("any_filled")
class AnyFilled(ColumnsCheck):
    """At least one cell of *columns* is filled in every row.

    Why it matters:
        A customer with neither phone nor e-mail can't be reached.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(AnyFilled(["phone", "email"]), phone=["1", None], email=[None, "a@b.de"])
        'passed'
    """

    judges_nulls: ClassVar[bool] = True

    def condition(self) -> Condition:
        """Return that one of the cells is filled."""
        return AnyPresent(self.columns)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"one of {', '.join(map(str, self.columns))} is filled"


@check("no_placeholder")
@dataclass(frozen=True)
class NoPlaceholder(RowCheck):
    """No value of *column* is one that people write for "unknown": ``N/A``, ``-999``, ``1900-01-01`` …

    Args:
        values: The placeholders to look for, instead of the usual ones.

    Why it matters:
        A null that is written as a value passes every test for null, and is averaged with the others.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NoPlaceholder("age"), age=[41, -999])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    values: tuple[Any, ...] = ()

    def condition(self) -> Condition:
        """Return that the value is none of them."""
        return OneOf(self.column, frozenset(self.values or _PLACEHOLDERS), is_negated=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} holds no placeholder"


@check("unique")
class Unique(ColumnsCheck):
    """No two rows have the same values in *columns*; rows with a null among them are left out.

    Why it matters:
        A key that repeats makes a join multiply rows, and every sum after it is too high.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Unique(["day", "id"]), day=[1, 1, 2], id=[7, 7, 7])
        'failed: 2 of 3 rows fail (66.7%), allowed are 0 rows'
    """

    says = "is unique"

    def condition(self) -> Condition:
        """Return that the key stands once."""
        return UniqueKey(self.columns)


@check("primary_key")
class PrimaryKey(ColumnsCheck):
    """No two rows have the same values in *columns*, and none of them is null.

    Why it matters:
        What names a row must name one, and must be there.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(PrimaryKey("id"), id=[1, 2, 2, None])
        'failed: 3 of 4 rows fail (75.0%), allowed are 0 rows'
    """

    judges_nulls: ClassVar[bool] = True
    says = "is a primary key"

    def condition(self) -> Condition:
        """Return that the key is there, and stands once."""
        return Every((*(Present(column) for column in self.columns), UniqueKey(self.columns)))


@check("distinct_rows")
@dataclass(frozen=True)
class DistinctRows(RowCheck):
    """No row stands twice: no two rows agree in all *columns*, or in all columns of the table when none is named.

    Null is like null here.

    Why it matters:
        SELECT DISTINCT hides that a source delivers twice; counting the repeats finds it.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(DistinctRows(), id=[1, 1, 2], day=[None, None, 3])
        'failed: 2 of 3 rows fail (66.7%), allowed are 0 rows'
    """

    judges_nulls: ClassVar[bool] = True

    columns: tuple[str, ...] = ()

    def validate(self) -> None:
        """Refuse groups, which are but more columns."""
        if self.by:
            raise UsageError("groups are columns like others here", where=self.kind, fix="distinct_rows(['day', 'id'])")

    def condition(self) -> Condition:
        """Return that no other row is the same."""
        return Repeated(self.columns)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"no row repeats another{' in ' + ', '.join(map(str, self.columns)) if self.columns else ''}"


@check("distinct_within_row")
class DistinctWithinRow(ColumnsCheck):
    """No two of *columns* hold the same value in a row; nulls are left out.

    Why it matters:
        Sender and receiver, home and guest: the same one twice is a slip of the hand.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(DistinctWithinRow(["origin", "dest"]), origin=["JFK", "EWR"], dest=["LAX", "EWR"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    least: ClassVar[int] = 2
    says = "differ from each other"

    def condition(self) -> Condition:
        """Return that the cells differ."""
        return DifferAcross(self.columns)


@check("one_spelling")
class SameSpelling(ColumnCheck):
    """No two texts of *column* differ in case or white space alone.

    Why it matters:
        'Paris', 'PARIS' and 'Paris ' are three cities to a group-by.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(SameSpelling("city"), city=["Paris", "PARIS", "Rome"])
        'failed: 2 of 3 rows fail (66.7%), allowed are 0 rows'
    """

    says = "is spelled in one way"

    def condition(self) -> Condition:
        """Return that there is no other spelling."""
        return OneSpelling((self.column,))
