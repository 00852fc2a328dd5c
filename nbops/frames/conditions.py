"""What must hold in the rows of a table, as data: hashable, equal when they say the same, free of any library.

A row fails a condition when it is known not to hold there. A null makes it unknown, so a null never fails, with one
exception: :class:`Present`, which is about nulls. Each condition says which statistics of its columns may decide it,
so that rows are looked at only when they can't.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nbops.frames.comparing import is_below

__all__ = [
    "Aligned",
    "Condition",
    "Every",
    "Fence",
    "Finite",
    "Holds",
    "InRange",
    "LengthIn",
    "Matches",
    "MultipleOf",
    "OneOf",
    "Outside",
    "Per",
    "Present",
    "Stat",
    "WeekdayIn",
    "WellFormed",
    "Within",
]


_OF_TWO = ("correlation", "contingency")


@dataclass(frozen=True, slots=True)
class Stat:
    """One number about a table, or about its columns.

    Args:
        name: ``rows``, ``columns``, ``types``, ``keys``; of a column: ``nulls min max mean sum sum_abs std skew
            kurtosis median quantile zeros negatives distinct counts tally periods``; of two: ``correlation
            contingency``; or one of those that :mod:`nbops.frames.derived` makes of these. Nulls, and NaN among
            numbers, are left out of all but ``nulls``.
        column: The column; empty for the table's.
        argument: What the statistic needs beside it: the share of a quantile, the other column, the columns of keys,
            the length of periods.
    """

    name: str
    column: str = ""
    argument: Any = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it looks at."""
        if self.name == "keys":
            return tuple(self.argument)
        if self.name in _OF_TWO or self.name in ("cramers_v", "mutual_information"):
            return self.column, self.argument
        return () if self.column == "" else (self.column,)


Seen = Mapping[Stat, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must hold in every row."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it looks at."""
        column: str = self.column  # type: ignore[attr-defined]
        return (column,)

    def statistics(self) -> tuple[Stat, ...]:
        """Return the statistics that may decide it."""
        return ()

    def decide(self, seen: Seen) -> int | None:
        """Return how many rows fail, as far as statistics alone can tell; None when they can't."""
        return None

    def resolved(self, seen: Seen) -> Condition:
        """Return the condition with what statistics must tell first filled in."""
        return self

    def grouped(self, by: tuple[str, ...]) -> Condition:
        """Return the condition as it is meant inside each group of rows that agree in the columns *by*."""
        return self


@dataclass(frozen=True, slots=True)
class Present(Condition):
    """The cell is not null."""

    column: str

    def statistics(self) -> tuple[Stat, ...]:
        """Return the statistics that decide it: always."""
        return (Stat("nulls", self.column),)

    def decide(self, seen: Seen) -> int | None:
        """Return how many rows are null."""
        nulls: int | None = seen.get(Stat("nulls", self.column))
        return nulls


@dataclass(frozen=True, slots=True)
class InRange(Condition):
    """The value lies between *low* and *high*; None leaves that side open, *strict* leaves the bounds out."""

    column: str
    low: Any = None
    high: Any = None
    is_strict: bool = False

    def statistics(self) -> tuple[Stat, ...]:
        """Return the extremes."""
        return Stat("min", self.column), Stat("max", self.column)

    def decide(self, seen: Seen) -> int | None:
        """Return 0 when even the extremes lie inside."""
        least, most = (seen.get(stat) for stat in self.statistics())
        if least is None or most is None:
            return 0 if all(stat in seen for stat in self.statistics()) else None
        low_holds = self.low is None or not is_below(least, self.low, or_equal=self.is_strict)
        high_holds = self.high is None or not is_below(self.high, most, or_equal=self.is_strict)
        return 0 if low_holds and high_holds else None


@dataclass(frozen=True, slots=True)
class Outside(Condition):
    """The value lies below *low* or above *high*."""

    column: str
    low: Any
    high: Any

    def statistics(self) -> tuple[Stat, ...]:
        """Return the extremes."""
        return Stat("min", self.column), Stat("max", self.column)

    def decide(self, seen: Seen) -> int | None:
        """Return 0 when all values lie on one side."""
        least, most = (seen.get(stat) for stat in self.statistics())
        if least is None or most is None:
            return None
        return 0 if is_below(most, self.low) or is_below(self.high, least) else None


@dataclass(frozen=True, slots=True)
class Fence(Condition):
    """The number lies near the others: in a range that statistics of its own column give.

    Args:
        column: The column.
        kind: ``iqr``: at most *factor* times the distance of the quartiles beyond them (Tukey 1977, *Exploratory Data
            Analysis*, section 2E); ``sd``: at most *factor* standard deviations from the mean.
        factor: How far.
    """

    column: str
    kind: str
    factor: float

    def statistics(self) -> tuple[Stat, ...]:
        """Return what the range is made of, and the extremes that may decide it."""
        column = self.column
        made = [Stat("quantile", column, 0.25), Stat("quantile", column, 0.75)]
        if self.kind == "sd":
            made = [Stat("mean", column), Stat("std", column)]
        return *made, Stat("min", column), Stat("max", column)

    def resolved(self, seen: Seen) -> Condition:
        """Return the range."""
        first, second = (seen.get(stat) for stat in self.statistics()[:2])
        if first is None or (second is None and self.kind == "iqr"):
            return InRange(self.column, None, None)
        if self.kind == "sd":
            away = self.factor * (second or 0.0)
            return InRange(self.column, first - away, first + away)
        away = self.factor * (second - first)
        return InRange(self.column, first - away, second + away)


@dataclass(frozen=True, slots=True)
class WeekdayIn(Condition):
    """The day is one of *days* of the week, Monday being 0."""

    column: str
    days: frozenset[int]


@dataclass(frozen=True, slots=True)
class Aligned(Condition):
    """The moment is the first one of a *period*: ``minute hour day week month year``."""

    column: str
    period: str


@dataclass(frozen=True, slots=True)
class _OfValues(Condition):
    """A condition that one value alone decides, so that few distinct values decide it for all rows."""

    column: str

    def statistics(self) -> tuple[Stat, ...]:
        """Return the distinct values with their counts; there are none when they are many."""
        return (Stat("counts", self.column),)

    def decide(self, seen: Seen) -> int | None:
        """Return how many rows hold a value that fails."""
        counts = seen.get(Stat("counts", self.column))
        if counts is None:
            return None
        return sum(int(count) for value, count in counts.items() if not self.holds(value))

    def holds(self, value: Any) -> bool:
        """Whether the condition holds for *value*."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class OneOf(_OfValues):
    """The value is one of *values*; with *is_negated*, none of them."""

    values: frozenset[Any] = frozenset()
    is_negated: bool = False

    def holds(self, value: Any) -> bool:
        """Whether *value* is allowed; a decimal is one of them when it is written like the number."""
        is_one = value in self.values or (isinstance(value, Decimal) and float(value) in self.values)
        return is_one is not self.is_negated


@dataclass(frozen=True, slots=True)
class Matches(_OfValues):
    """A part of the text matches the regular expression *pattern*; with *is_negated*, no part does."""

    pattern: str = ""
    is_negated: bool = False

    def holds(self, value: Any) -> bool:
        """Whether *value* matches."""
        import re

        if not isinstance(value, str):
            raise TypeError(f"{value!r} is no text")
        return (re.search(self.pattern, value) is not None) is not self.is_negated


@dataclass(frozen=True, slots=True)
class WellFormed(_OfValues):
    """The text is written in a known format: ``email``, ``uuid``, ``date:%d.%m.%Y`` …"""

    format: str = ""

    def holds(self, value: Any) -> bool:
        """Whether *value* is in that format."""
        from nbops.frames.formats import is_well_formed

        return is_well_formed(value, self.format)


@dataclass(frozen=True, slots=True)
class LengthIn(_OfValues):
    """The text has between *low* and *high* characters."""

    low: int | None = None
    high: int | None = None

    def holds(self, value: Any) -> bool:
        """Whether *value* is as long as it should be."""
        return (self.low is None or len(value) >= self.low) and (self.high is None or len(value) <= self.high)


@dataclass(frozen=True, slots=True)
class Finite(Condition):
    """The number is not infinite."""

    column: str

    def statistics(self) -> tuple[Stat, ...]:
        """Return the extremes."""
        return Stat("min", self.column), Stat("max", self.column)

    def decide(self, seen: Seen) -> int | None:
        """Return 0 when the extremes are finite."""
        extremes = [seen.get(stat) for stat in self.statistics()]
        if any(value is None for value in extremes):
            return None
        return None if any(abs(value) == float("inf") for value in extremes if value is not None) else 0


@dataclass(frozen=True, slots=True)
class MultipleOf(Condition):
    """The number is a whole multiple of *step*, but for rounding in its last digits."""

    column: str
    step: float = 1


@dataclass(frozen=True, slots=True)
class Holds(Condition):
    """An expression over columns is true; see :mod:`nbops.frames.expressions` for what it may say."""

    text: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the expression names."""
        from nbops.frames.expressions import parse_expression

        return parse_expression(self.text).columns


@dataclass(frozen=True, slots=True)
class Within(Condition):
    """*inner* holds in the rows where the expression *where* is true."""

    inner: Condition
    where: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of both, each once."""
        return tuple(dict.fromkeys((*self.inner.columns, *Holds(self.where).columns)))

    def statistics(self) -> tuple[Stat, ...]:
        """Return those of the inner condition."""
        return self.inner.statistics()

    def decide(self, seen: Seen) -> int | None:
        """Return 0 when no row fails even without the restriction."""
        return 0 if self.inner.decide(seen) == 0 else None

    def resolved(self, seen: Seen) -> Condition:
        """Return the same with the inner condition resolved."""
        inner = self.inner.resolved(seen)
        return self if inner is self.inner else Within(inner, self.where)

    def grouped(self, by: tuple[str, ...]) -> Condition:
        """Return the same with the inner condition meant inside each group."""
        return Within(self.inner.grouped(by), self.where)


@dataclass(frozen=True, slots=True)
class Every(Condition):
    """All of *parts* hold."""

    parts: tuple[Condition, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all, each once."""
        return tuple(dict.fromkeys(column for part in self.parts for column in part.columns))

    def statistics(self) -> tuple[Stat, ...]:
        """Return those of all parts."""
        return tuple(stat for part in self.parts for stat in part.statistics())

    def decide(self, seen: Seen) -> int | None:
        """Return 0 when no row fails any part; which rows fail several, statistics cannot tell."""
        return 0 if all(part.decide(seen) == 0 for part in self.parts) else None

    def grouped(self, by: tuple[str, ...]) -> Condition:
        """Return the same with every part meant inside each group."""
        return Every(tuple(part.grouped(by) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Per:
    """A statistic of some rows, or of each group of rows; or how many rows of each group fail a condition.

    Args:
        what: The statistic or the condition.
        by: The columns that the rows of a group agree in; none: all rows are one group, and one number is measured.
        where: Only rows for which this expression is true are meant.
    """

    what: Stat | Condition
    by: tuple[str, ...] = ()
    where: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it looks at."""
        named = Holds(self.where).columns if self.where else ()
        return tuple(dict.fromkeys((*self.what.columns, *self.by, *named)))
