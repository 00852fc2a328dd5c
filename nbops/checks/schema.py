"""Checks of the table itself: how many rows, which columns, of what types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.model import Check, NumberCheck, check
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError, did_you_mean
from nbops.frames.conditions import Condition, Stat
from nbops.frames.tables import short
from nbops.records import Status

_FAMILIES = ("number", "bool", "text", "time")

__all__ = ["ColumnCount", "ColumnNamesMatch", "DistinctColumns", "Dtype", "HasColumns", "NoColumn", "NotEmpty",
           "OnlyColumns", "RowCount", "SchemaMatches", "TimeZoneAware"]  # fmt: skip


@check("row_count")
@dataclass(frozen=True)
class RowCount(NumberCheck):
    """The number of rows lies between *low* and *high*.

    Why it matters:
        Half a delivery has columns as good as a whole one.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(RowCount(1_000, 2_000), id=[1, 2, 3])
        'failed: it is 3 rows, allowed is between 1,000 and 2,000 rows'
    """

    needs_rows: ClassVar[bool] = False
    unit: ClassVar[str] = "rows"

    low: Any = None
    high: Any = None

    def number(self) -> Stat:
        """Return the number of rows."""
        return Stat("rows")


@check("not_empty")
@dataclass(frozen=True)
class NotEmpty(NumberCheck):
    """The table has rows.

    Why it matters:
        Nothing is wrong with any row of a table that has none.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotEmpty(), id=[])
        'failed: it is 0 rows, allowed is at least 1 rows'
    """

    needs_rows: ClassVar[bool] = False
    unit: ClassVar[str] = "rows"

    @property
    def bounds(self) -> tuple[Any, Any]:
        """One row at least."""
        return 1, None

    def number(self) -> Stat:
        """Return the number of rows."""
        return Stat("rows")


@dataclass(frozen=True)
class _Shape(Check):
    """A check that needs the names and types of the columns alone."""

    needs_rows: ClassVar[bool] = False

    def measures(self) -> dict[str, Stat | Condition]:
        """Return the names and the types."""
        return {"columns": Stat("columns"), "types": Stat("types")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return what is wrong, if anything is."""
        problem, observed = self.problem(seen)
        return Verdict(Status.FAILED if problem else Status.PASSED, problem, observed)

    def problem(self, seen: Mapping[str, Any]) -> tuple[str, str]:
        """Return what is wrong (empty: nothing), and what was seen."""
        raise NotImplementedError


@check("column_count")
@dataclass(frozen=True)
class ColumnCount(_Shape):
    """The table has *count* columns.

    Why it matters:
        A separator inside a field makes one column more, and moves all behind it.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(ColumnCount(2), id=[1])
        'failed: it has 1 columns, allowed are 2'
    """

    count: int

    def problem(self, seen: Mapping[str, Any]) -> tuple[str, str]:
        """Return whether the number differs."""
        found = len(seen["columns"])
        return (f"it has {found} columns, allowed are {self.count}" if found != self.count else ""), f"{found} columns"

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"it has {self.count} columns"


@check("has_columns")
@dataclass(frozen=True)
class HasColumns(_Shape):
    """The table has the columns *names*; with *is_exact* no others, with *is_ordered* in this order.

    Why it matters:
        A column that was renamed upstream is missing here, and the error comes three steps later.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(HasColumns(["id", "amount"]), id=[1], amonut=[2])
        "failed: no column 'amount' (did you mean 'amonut'?)"
    """

    names: tuple[str, ...]
    is_exact: bool = False
    is_ordered: bool = False

    def problem(self, seen: Mapping[str, Any]) -> tuple[str, str]:
        """Return which columns are missing, too many, double, or out of order."""
        found = list(seen["columns"])
        shown = [str(name) for name in found]
        missing = [name for name in self.names if name not in found]
        extra = [name for name in found if name not in self.names] if self.is_exact else []
        double = sorted({name for name in self.names if found.count(name) > 1})
        in_order = [name for name in found if name in self.names]
        told = [f"no column {name!r} ({did_you_mean(str(name), shown).rstrip()})" for name in missing]
        told += [f"column {name!r} is not expected" for name in extra]
        told += [f"column {name!r} stands {found.count(name)} times" for name in double]
        if not told and self.is_ordered and in_order != list(self.names):
            told = [f"they stand in the order {short(in_order)}"]
        return "; ".join(told), short(shown)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"it has the columns {short(list(self.names))}"


@check("no_column")
@dataclass(frozen=True)
class NoColumn(_Shape):
    """The table has none of the columns *names*.

    Why it matters:
        What must not leave the house is best not in the table at all.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NoColumn("ssn"), id=[1], ssn=["1"])
        "failed: column 'ssn' is there"
    """

    names: tuple[str, ...]

    def problem(self, seen: Mapping[str, Any]) -> tuple[str, str]:
        """Return which of the columns are there."""
        there = [name for name in self.names if name in seen["columns"]]
        return "; ".join(f"column {name!r} is there" for name in there), short(there)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"it has no column {', '.join(map(str, self.names))}"


@check("distinct_columns")
@dataclass(frozen=True)
class DistinctColumns(_Shape):
    """No two columns bear the same name.

    Why it matters:
        After a join, ``amount`` may be two columns; which one is summed depends on the library.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(DistinctColumns(), id=[1], amount=[2])
        'passed'
    """

    def problem(self, seen: Mapping[str, Any]) -> tuple[str, str]:
        """Return which names stand more than once."""
        names = list(seen["columns"])
        double = sorted({str(name) for name in names if names.count(name) > 1})
        return "; ".join(f"several columns are named {name!r}" for name in double), short(double)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return "no two columns bear the same name"


@check("dtype")
@dataclass(frozen=True)
class Dtype(_Shape):
    """*column* is of the *type*: a family (``number bool text time``), or a type as its library names it (``int64``).

    Why it matters:
        A number that arrives as text compares as text: "9" is more than "10".

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Dtype("amount", "number"), amount=["9", "10"])
        'failed: it is text (str), allowed is number'
    """

    column: str
    type: str

    def validate(self) -> None:
        """Refuse an empty type."""
        if not self.type:
            raise UsageError("a type is needed", where="dtype", fix=f"one of {', '.join(_FAMILIES)}, or int64")

    def measures(self) -> dict[str, Stat | Condition]:
        """Return the names, the types and the column."""
        return {**super().measures(), "column": Stat("nulls", self.column)}

    def problem(self, seen: Mapping[str, Any]) -> tuple[str, str]:
        """Return whether the type differs."""
        observed = f"{seen['kind_of'](self.column)} ({seen['types'][self.column]})"
        wrong = _type_problem(self.type, seen, self.column)
        return (f"it is {wrong}, allowed is {self.type}" if wrong else ""), observed

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is of type {self.type}"


@check("only_columns")
@dataclass(frozen=True)
class OnlyColumns(_Shape):
    """The table has no other columns than *names*; some of them may be missing.

    Why it matters:
        A column that nobody asked for is how what must stay inside gets out.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(OnlyColumns(["id", "amount"]), id=[1], ssn=["1"])
        "failed: column 'ssn' is not expected"
    """

    names: tuple[str, ...]

    def problem(self, seen: Mapping[str, Any]) -> tuple[str, str]:
        """Return which columns are too many."""
        extra = [name for name in seen["columns"] if name not in self.names]
        return "; ".join(f"column {name!r} is not expected" for name in extra), short(list(map(str, seen["columns"])))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"it has no other columns than {short(list(self.names))}"


@check("column_names_match")
@dataclass(frozen=True)
class ColumnNamesMatch(_Shape):
    """The name of every column matches the regular expression *pattern* as a whole.

    Why it matters:
        'Amount ', 'amount' and 'AMOUNT' are three columns to code, and one to whoever filled them.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(ColumnNamesMatch("[a-z_]+"), id=[1], Amount=[2])
        "failed: column 'Amount' does not match [a-z_]+"
    """

    pattern: str

    def validate(self) -> None:
        """Refuse what is no regular expression."""
        try:
            re.compile(self.pattern)
        except (re.error, TypeError) as error:
            what = f"{self.pattern!r} is no regular expression: {error}"
            raise UsageError(what, where=self.kind, fix="pattern='[a-z_]+'") from error

    def problem(self, seen: Mapping[str, Any]) -> tuple[str, str]:
        """Return which names do not match."""
        wrong = [name for name in seen["columns"] if re.fullmatch(self.pattern, str(name)) is None]
        return "; ".join(f"column {name!r} does not match {self.pattern}" for name in wrong), short(
            list(map(str, wrong))
        )

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"its column names match {self.pattern}"


@check("schema_matches")
@dataclass(frozen=True)
class SchemaMatches(_Shape):
    """The table has the columns that *columns* names with their types: ``["id: int64", "amount: number", "note"]``.

    A type is a family, or a name as in ``dtype``; with *is_exact* there are no other columns, with *is_ordered* they
    stand in this order, with *is_caseless* upper and lower case of names are alike.

    Why it matters:
        One check that says what a table is made of is read by whoever writes it and whoever reads it.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(SchemaMatches(["id: number", "day: time"]), id=["1"], amount=[2])
        "failed: no column 'day' (known: id, amount); 'id' is text (str), allowed is number"
    """

    columns: tuple[str, ...]
    is_exact: bool = False
    is_ordered: bool = False
    is_caseless: bool = False

    def problem(self, seen: Mapping[str, Any]) -> tuple[str, str]:
        """Return which columns are missing, of another type, too many, or out of order."""
        fold = str.lower if self.is_caseless else str
        found = {fold(str(name)): name for name in seen["columns"]}
        wanted = {fold(name.strip()): kind.strip() for name, _, kind in (one.partition(":") for one in self.columns)}
        told = [f"no column {name!r} ({did_you_mean(name, found).rstrip()})" for name in wanted if name not in found]
        told += [f"{name!r} is {seen_as}, allowed is {kind}" for name, kind in wanted.items() if name in found
                 for seen_as in [_type_problem(kind, seen, found[name])] if seen_as]  # fmt: skip
        if self.is_exact:
            told += [f"column {name!r} is not expected" for name in found if name not in wanted]
        if not told and self.is_ordered and [name for name in found if name in wanted] != list(wanted):
            told = [f"they stand in the order {short(list(found))}"]
        return "; ".join(told), short(list(map(str, seen["columns"])))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"it has the columns {short(list(self.columns))}"


def _type_problem(kind: str, seen: Mapping[str, Any], column: Any) -> str:
    """Return what type *column* has; empty when it is *kind*, or none is asked for."""
    family, exact = seen["kind_of"](column), seen["types"][column]
    holds = not kind or (kind == family if kind in _FAMILIES else kind.lower() == exact.lower())
    return "" if holds else f"{family} ({exact})"


@check("time_zone_aware")
@dataclass(frozen=True)
class TimeZoneAware(_Shape):
    """The moments of *column* know their time zone.

    Why it matters:
        A moment without its zone is off by an hour for half of the year, and by a day around midnight.

    Example:
        >>> import datetime as dt
        >>> from nbops.checks.suite import tried
        >>> tried(TimeZoneAware("at"), at=[dt.datetime(2025, 1, 1)])
        'failed: it is datetime64[us]: no zone'
    """

    column: str

    def measures(self) -> dict[str, Stat | Condition]:
        """Return the names, the types and the column."""
        return {**super().measures(), "column": Stat("nulls", self.column)}

    def problem(self, seen: Mapping[str, Any]) -> tuple[str, str]:
        """Return whether the type has no zone."""
        exact = seen["types"][self.column]
        has_zone = re.search(r"tz=|time_zone='|\[\w+, ", exact)  # as Arrow, narwhals and pandas write it
        return ("" if has_zone else f"it is {exact}: no zone"), exact

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} knows its time zone"
