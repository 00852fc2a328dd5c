"""Checks of several columns, and of several tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.model import Check, RowCheck, check
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError, did_you_mean
from nbops.frames.conditions import Condition, Holds, Stat, Within
from nbops.frames.expressions import parse_expression
from nbops.frames.relating import InTable, Ordered, SumsTo
from nbops.frames.scan import Scan
from nbops.frames.tables import is_frame, kind_of
from nbops.records import Status

_OPERATORS = ("<", "<=", "==", "!=", ">=", ">")

__all__ = ["Compare", "ForeignKey", "Implies", "PartsSumTo", "SameRowCount", "Satisfies"]


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


@check("foreign_key")
@dataclass(frozen=True)
class ForeignKey(RowCheck):
    """Every key in *columns* stands in the table *other*, in its columns *there* (the same names when empty).

    Rows with a null in their key are left out.

    Why it matters:
        An order of a customer whom nobody knows is lost by the first join.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> tried(ForeignKey("customer", pd.DataFrame({"id": [1, 2]}), "id"), customer=[1, 2, 3])
        'failed: 1 of 3 rows fail (33.3%), allowed are 0 rows'
    """

    columns: tuple[str, ...]
    other: Any
    there: tuple[str, ...] = ()

    def validate(self) -> None:
        """Refuse what is no table, or has no such columns."""
        if not is_frame(self.other):
            what = f"the other table is {kind_of(self.other)}"
            raise UsageError(what, where="foreign_key", fix="foreign_key('customer', customers, 'id')")
        names = self.there or self.columns
        if len(names) != len(self.columns):
            what = f"{len(self.columns)} columns here, {len(names)} there"
            raise UsageError(what, where="foreign_key", fix="name as many columns there as here")
        known = [str(name) for name in Scan(self.other).names]
        for name in names:
            if str(name) not in known:
                what = f"the other table has no column {name!r}"
                raise UsageError(what, where="foreign_key", fix=did_you_mean(str(name), known))

    def condition(self) -> Condition:
        """Return that the key stands in the other table."""
        return InTable(self.columns, self.there or self.columns, self.other)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(map(str, self.columns))} stands in the other table"


@check("same_row_count")
@dataclass(frozen=True)
class SameRowCount(Check):
    """The table has as many rows as the table *other*; with *tolerance*, give or take so many.

    Why it matters:
        A join that was meant to add columns must not add or lose rows.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> tried(SameRowCount(pd.DataFrame({"id": [1, 2]})), id=[1, 2, 3])
        'failed: 3 rows here, 2 rows there'
    """

    needs_rows: ClassVar[bool] = False

    other: Any
    tolerance: int = 0

    def validate(self) -> None:
        """Refuse what is no table."""
        if not is_frame(self.other):
            what = f"the other table is {kind_of(self.other)}"
            raise UsageError(what, where="same_row_count", fix="same_row_count(orders)")

    def measures(self) -> dict[str, Stat | Condition]:
        """Return the number of rows."""
        return {"rows": Stat("rows")}

    def judge(self, seen: Any) -> Verdict:
        """Return whether there are as many rows."""
        here, there = seen["rows"], Scan(self.other).measure([Stat("rows")])[Stat("rows")]
        observed, allowed = f"{here:,} rows", f"{there:,} rows"
        if abs(here - there) <= self.tolerance:
            return Verdict(Status.PASSED, observed=observed, allowed=allowed)
        return Verdict(Status.FAILED, f"{observed} here, {allowed} there", observed, allowed=allowed)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return "it has as many rows as the other table"
