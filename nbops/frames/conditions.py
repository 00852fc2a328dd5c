"""What must hold in the rows of a table, as data: hashable, equal when they say the same, free of any library.

A row fails a condition when it is known not to hold there. A null makes it unknown, so a null never fails, with one
exception: :class:`Present`, which is about nulls. Each condition says which statistics of its columns may decide it,
so that rows are looked at only when they can't.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbops.frames.comparing import is_below

__all__ = [
    "AnyPresent",
    "Condition",
    "Finite",
    "Holds",
    "InRange",
    "InTable",
    "LengthIn",
    "Matches",
    "MultipleOf",
    "NullTogether",
    "OneOf",
    "Ordered",
    "Present",
    "Stat",
    "SumsTo",
    "Unique",
    "WellFormed",
    "Within",
]


@dataclass(frozen=True, slots=True)
class Stat:
    """One number about a table, or about one column of it.

    Args:
        name: ``rows``, ``columns``, ``types``; of a column: ``nulls min max mean sum std median quantile distinct
            counts``. Nulls, and NaN among numbers, are left out of all but ``nulls``.
        column: The column; empty for the table's.
        argument: What the statistic needs beside it: the share of a quantile.
    """

    name: str
    column: str = ""
    argument: float | None = None


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
        """Whether *value* is allowed."""
        return (value in self.values) is not self.is_negated


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
    """The text is written in a known format: ``email``, ``uuid``, ``iban`` …"""

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
class Ordered(Condition):
    """The value of *left* stands to that of *right* as *operator* says: ``< <= == != >= >``."""

    left: str
    operator: str
    right: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Both columns."""
        return self.left, self.right


@dataclass(frozen=True, slots=True)
class SumsTo(Condition):
    """The numbers of *parts* add up to that of *total*, give or take *tolerance*."""

    parts: tuple[str, ...]
    total: str
    tolerance: float = 1e-9

    @property
    def columns(self) -> tuple[str, ...]:
        """The parts and the total."""
        return *self.parts, self.total


@dataclass(frozen=True, slots=True)
class NullTogether(Condition):
    """The cells are all null or all filled."""

    several: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that belong together."""
        return self.several

    def statistics(self) -> tuple[Stat, ...]:
        """Return the null counts."""
        return tuple(Stat("nulls", column) for column in self.several)

    def decide(self, seen: Seen) -> int | None:
        """Return 0 when no cell is null at all."""
        return 0 if all(seen.get(stat) == 0 for stat in self.statistics()) else None


@dataclass(frozen=True, slots=True)
class AnyPresent(Condition):
    """At least one of the cells is filled."""

    several: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of which one must be filled."""
        return self.several

    def statistics(self) -> tuple[Stat, ...]:
        """Return the null counts."""
        return tuple(Stat("nulls", column) for column in self.several)

    def decide(self, seen: Seen) -> int | None:
        """Return 0 when one of the columns has no null."""
        return 0 if any(seen.get(stat) == 0 for stat in self.statistics()) else None


@dataclass(frozen=True, slots=True)
class Unique(Condition):
    """No other row has the same values in *several*; rows with a null in them are left out."""

    several: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the key."""
        return self.several

    def statistics(self) -> tuple[Stat, ...]:
        """Return what tells that a single column is unique; of a compound key, only its rows can tell."""
        if len(self.several) > 1:
            return ()
        (column,) = self.several
        return Stat("rows"), Stat("nulls", column), Stat("distinct", column)

    def decide(self, seen: Seen) -> int | None:
        """Return 0 when there are as many distinct values as there are values."""
        known = [seen.get(stat) for stat in self.statistics()]
        if not known or any(value is None for value in known):
            return None
        rows, nulls, distinct = map(int, known)  # type: ignore[arg-type]
        return 0 if rows - nulls == distinct else None


@dataclass(frozen=True, slots=True)
class InTable(Condition):
    """The values of *several* stand together in a row of another table, under the names *there*."""

    several: tuple[str, ...]
    there: tuple[str, ...]
    other: Any = field(hash=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the key."""
        return self.several

    def __eq__(self, other: object) -> bool:
        """Tables are compared by identity: comparing their rows would answer with a table."""
        return (
            isinstance(other, InTable)
            and (self.several, self.there) == (other.several, other.there)
            and self.other is other.other
        )

    def __hash__(self) -> int:
        return hash((self.several, self.there, id(self.other)))


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
