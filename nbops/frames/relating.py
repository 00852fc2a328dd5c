"""What must hold between the columns of a row, between rows, and between tables, as data.

The same promises as in :mod:`nbops.frames.conditions`: hashable, equal when they say the same, free of any library.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from nbops.frames.conditions import Condition, Stat
from nbops.frames.reading import counted_keys, rows_of

__all__ = [
    "AnyPresent",
    "Determines",
    "DifferAcross",
    "InOrder",
    "InTable",
    "KeyCount",
    "KeyIn",
    "NullTogether",
    "OfKeys",
    "OfSequence",
    "OneSpelling",
    "Ordered",
    "Repeated",
    "StepIn",
    "SumsTo",
    "Unique",
]

Seen = Mapping[Stat, Any]


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
class _OfSeveral(Condition):
    """A condition on several columns that stand side by side."""

    several: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns."""
        return self.several


@dataclass(frozen=True, slots=True)
class NullTogether(_OfSeveral):
    """The cells are all null or all filled."""

    def statistics(self) -> tuple[Stat, ...]:
        """Return the null counts."""
        return tuple(Stat("nulls", column) for column in self.several)

    def decide(self, seen: Seen) -> int | None:
        """Return 0 when no cell is null at all."""
        return 0 if all(seen.get(stat) == 0 for stat in self.statistics()) else None


@dataclass(frozen=True, slots=True)
class AnyPresent(NullTogether):
    """At least one of the cells is filled."""

    def decide(self, seen: Seen) -> int | None:
        """Return 0 when one of the columns has no null."""
        return 0 if any(seen.get(stat) == 0 for stat in self.statistics()) else None


@dataclass(frozen=True, slots=True)
class DifferAcross(_OfSeveral):
    """No two of the cells of a row hold the same value; null is none."""

    def alike(self, kind: Callable[[str], str]) -> list[tuple[str, str]]:
        """Return the pairs of columns that can hold the same value at all: true is not 1 here, nor is "1".

        Args:
            kind: Returns what a column holds.
        """
        return [pair for pair in combinations(self.several, 2) if kind(pair[0]) == kind(pair[1])]


@dataclass(frozen=True, slots=True)
class Repeated(_OfSeveral):
    """No other row has the same cells in *several* (all columns when empty); null is like null."""


@dataclass(frozen=True, slots=True)
class OfSequence(Condition):
    """A condition on a row and the one before, among the rows that agree in *by*; nulls are passed over.

    Args:
        column: The column.
        order: The column that says in which order the rows stand; as they stand in the table when empty.
        by: The columns that rows of one sequence agree in.
    """

    column: str
    order: str = ""
    by: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The column, what orders it, and what parts it."""
        return tuple(dict.fromkeys((self.column, *((self.order,) if self.order else ()), *self.by)))

    def grouped(self, by: tuple[str, ...]) -> Condition:
        """Return the same for the sequences of each group."""
        return replace(self, by=(*self.by, *by))


@dataclass(frozen=True, slots=True, kw_only=True)
class InOrder(OfSequence):
    """The value is not below that of the row before; with *is_decreasing* not above, with *is_strict* nor equal."""

    is_decreasing: bool = False
    is_strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepIn(OfSequence):
    """The difference to the row before lies between *low* and *high*; of moments, in seconds."""

    low: float | None = None
    high: float | None = None


# ── conditions that the different keys decide, each looked at once ───────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class OfKeys(Condition):
    """A condition that the different keys in *several* decide; rows with a null among them are left out."""

    several: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the key."""
        return self.several

    def bad(self, keys: Any) -> Any:
        """Return which of the different *keys* fail, as an array of booleans.

        Args:
            keys: A pandas frame: one column for each of *several*, in their order, and ``n``, the rows of each key.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Unique(OfKeys):
    """No other row has the same values in *several*; rows with a null in them are left out."""

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

    def grouped(self, by: tuple[str, ...]) -> Condition:
        """Return that the key stands once in each group."""
        return Unique(tuple(dict.fromkeys((*by, *self.several))))

    def bad(self, keys: Any) -> Any:
        """Return the keys of several rows."""
        return (keys["n"] > 1).to_numpy()


@dataclass(frozen=True, slots=True)
class KeyIn(OfKeys):
    """The values of *several* stand together in *allowed*."""

    allowed: frozenset[tuple[Any, ...]] = frozenset()

    def bad(self, keys: Any) -> Any:
        """Return the keys that are not allowed."""
        numpy = sys.modules["numpy"]
        rows = keys.drop(columns="n").itertuples(index=False, name=None)
        return numpy.array([row not in self.allowed for row in rows], dtype=bool)


@dataclass(frozen=True, slots=True)
class Determines(OfKeys):
    """Rows that agree in all of *several* but the last column agree in that one, too."""

    def bad(self, keys: Any) -> Any:
        """Return the keys that differ in the last column alone."""
        return keys.duplicated(list(keys.columns[:-2]), keep=False).to_numpy()


@dataclass(frozen=True, slots=True)
class OneSpelling(OfKeys):
    """No two values differ in case or in the white space around them alone."""

    def bad(self, keys: Any) -> Any:
        """Return the spellings of values that have several."""
        return keys.iloc[:, 0].astype(object).map(_folded).duplicated(keep=False).to_numpy()


def _folded(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return " ".join(value.split()).casefold()


@dataclass(frozen=True, slots=True)
class InTable(OfKeys):
    """The values of *several* stand together in a row of another table, under the names *there*."""

    there: tuple[str, ...] = ()
    other: Any = field(default=None, hash=False)

    def __eq__(self, other: object) -> bool:
        """Tables are compared by identity: comparing their rows would answer with a table."""
        return type(self) is type(other) and self._identity() == other._identity()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[Any, ...]:
        return self.several, self.there, id(self.other)

    def bad(self, keys: Any) -> Any:
        """Return the keys that the other table does not have."""
        return rows_of(keys, counted_keys(self.other, self.there)).isna().to_numpy()


@dataclass(frozen=True, slots=True, eq=False)  # equal as its base says
class KeyCount(InTable):
    """Between *low* and *high* rows of another table have the values of *several*; with *is_same*, no fewer than here.

    With *is_same*, the key stands here at most as often as there.
    """

    low: int | None = None
    high: int | None = None
    is_same: bool = False

    def _identity(self) -> tuple[Any, ...]:
        return self.several, self.there, id(self.other), self.low, self.high, self.is_same

    def bad(self, keys: Any) -> Any:
        """Return the keys that stand there too often or too seldom."""
        there = rows_of(keys, counted_keys(self.other, self.there)).fillna(0)
        failing = there < (self.low or 0)
        if self.high is not None:
            failing |= there > self.high
        if self.is_same:
            failing |= keys["n"] > there
        return failing.to_numpy(dtype=bool)
