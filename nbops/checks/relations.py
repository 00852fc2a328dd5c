"""Checks of several columns of a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from nbops.checks.model import NumberCheck, RowCheck, check
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError, did_you_mean
from nbops.frames.conditions import Condition, Holds, Stat, Within
from nbops.frames.expressions import parse_expression
from nbops.frames.relating import Determines, KeyIn, Ordered, SumsTo
from nbops.frames.tables import short
from nbops.records import Status

_OPERATORS = ("<", "<=", "==", "!=", ">=", ">")

__all__ = ["Compare", "EqualSums", "FunctionalDependency", "Implies", "PairsInSet", "PartsSumTo", "Satisfies"]


@check("compare")
@dataclass(frozen=True)
class Compare(RowCheck):
    """*left* stands to *right* as *operator* says: ``< <= == != >= >``. Rows with a null in either are left out.

    Why it matters:
        What was shipped before it was ordered was never ordered like that.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Compare("ordered", "<=", "shipped"), ordered=[1, 5], shipped=[2, 4])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    left: str
    operator: str
    right: str

    def validate(self) -> None:
        """Refuse an operator that is none."""
        if self.operator not in _OPERATORS:
            fix = did_you_mean(str(self.operator), _OPERATORS)
            raise UsageError(f"unknown operator {self.operator!r}", where="compare", fix=fix)

    def condition(self) -> Condition:
        """Return how the columns stand to each other."""
        return Ordered(self.left, self.operator, self.right)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.left} {self.operator} {self.right}"


@check("sums_to")
@dataclass(frozen=True)
class PartsSumTo(RowCheck):
    """The numbers in *parts* add up to *total*, give or take *tolerance*. Rows with a null among them are left out.

    Why it matters:
        Net and tax that do not make gross mean that one of three is wrong.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(PartsSumTo(["net", "tax"], "gross", 0.005), net=[1.0, 1.0], tax=[0.2, 0.2], gross=[1.2, 1.3])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    parts: tuple[str, ...]
    total: str
    tolerance: float = 1e-6

    def condition(self) -> Condition:
        """Return that the parts add up."""
        return SumsTo(self.parts, self.total, self.tolerance)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{' + '.join(self.parts)} = {self.total}"


@check("equal_sums")
@dataclass(frozen=True)
class EqualSums(NumberCheck):
    """The sums of the numbers of *left* and *right* are equal, give or take *tolerance*; nulls are left out.

    Sums that differ by no more than rounding of floats are equal.

    Why it matters:
        Debit and credit agree in no single row, and must agree in all of them together.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(EqualSums("debit", "credit"), debit=[10, 5, None], credit=[None, None, 14])
        'failed: they differ by 1, allowed is 0'
    """

    left: str
    right: str
    tolerance: float = 0

    @property
    def bounds(self) -> tuple[Any, Any]:
        """How far the difference may lie from zero."""
        return -self.tolerance, self.tolerance

    def number(self) -> Stat:
        """Return the difference."""
        return Stat("sum_difference", self.left, self.right)

    def judge_number(self, value: Any, rows: int) -> Verdict:
        """Return whether the difference is small enough."""
        found = super().judge_number(value, rows)
        why = f"they differ by {found.observed.removeprefix('-')}, allowed is {self.tolerance:,.10g}"
        return replace(found, why=why) if found.status is Status.FAILED else found

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"the sum of {self.left} is that of {self.right}"


@check("satisfies")
@dataclass(frozen=True)
class Satisfies(RowCheck):
    """*expression* is true in every row; where a null makes it unknown, the row does not fail.

    An expression knows column names (odd ones in backticks), numbers, texts, ``+ - * /``, comparisons, ``in [...]``,
    ``is None``, ``and``, ``or``, ``not``.

    Why it matters:
        The rules of the business are about several columns at once.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Satisfies("paid <= total or status == 'refund'"), paid=[2, 3], total=[2, 2], status=["ok", "ok"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    expression: str

    def validate(self) -> None:
        """Refuse what is no expression."""
        parse_expression(self.expression)

    def condition(self) -> Condition:
        """Return that the expression is true."""
        return Holds(self.expression)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return self.expression


@check("implies")
@dataclass(frozen=True)
class Implies(RowCheck):
    """Where the expression *given* is true, the expression *then* is not false.

    Why it matters:
        A shipped order has a date of shipping; any other needs none.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Implies("state == 'shipped'", "day is not None"), state=["shipped", "new"], day=[None, None])
        'failed: 1 of 1 rows fail (100.0%), allowed are 0 rows'
    """

    given: str
    then: str

    def validate(self) -> None:
        """Refuse what is no expression."""
        parse_expression(self.given)
        parse_expression(self.then)

    def condition(self) -> Condition:
        """Return that the second holds within the rows of the first."""
        return Within(Holds(self.then), self.given)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.given} implies {self.then}"


@check("pairs_in_set")
@dataclass(frozen=True)
class PairsInSet(RowCheck):
    """The values of *columns* stand together in *values*, a list of lists; rows with a null among them are left out.

    Why it matters:
        Each of two codes is known, and yet the two never go together.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(
        ...     PairsInSet(["country", "currency"], [["DE", "EUR"], ["US", "USD"]]),
        ...     country=["DE", "US"],
        ...     currency=["EUR", "EUR"],
        ... )
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    columns: tuple[str, ...]
    values: tuple[Any, ...]

    def validate(self) -> None:
        """Refuse values that are not as many as the columns."""
        if not self.values:
            raise UsageError("an empty set allows nothing", where=self.kind, fix="values=[['DE', 'EUR']]")
        for one in self.values:
            if isinstance(one, str) or len(one) != len(self.columns):
                what = f"{one!r} is no value of {len(self.columns)} columns"
                raise UsageError(what, where=self.kind, fix="values=[['DE', 'EUR']]")

    def condition(self) -> Condition:
        """Return that the values stand together."""
        return KeyIn(self.columns, frozenset(tuple(one) for one in self.values))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(self.columns)} are one of {short([list(one) for one in self.values])}"


@check("functional_dependency")
@dataclass(frozen=True)
class FunctionalDependency(RowCheck):
    """Rows that agree in *columns* agree in *then*, too; rows with a null among them are left out.

    Why it matters:
        One postal code with two names of its city, and every total by city is wrong.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(FunctionalDependency("zip", "city"), zip=[1, 1, 2], city=["Bern", "Berne", "Basel"])
        'failed: 2 of 3 rows fail (66.7%), allowed are 0 rows'
    """

    columns: tuple[str, ...]
    then: str

    def condition(self) -> Condition:
        """Return that the one decides the other."""
        return Determines((*self.columns, self.then))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(map(str, self.columns))} decides {self.then}"
