"""What a comparison of two versions found: plain records of numbers and texts, without a row of the tables in them.

``Difference`` ─ ``Version`` (both sides) ─ ``SchemaChange`` ─ ``ColumnDifference`` ─ ``Facts`` ─ ``Change`` (examples)
─ ``Cause`` ─ ``KeyProposal``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = [
    "Cause",
    "Change",
    "ColumnDifference",
    "Difference",
    "Facts",
    "KeyProposal",
    "Multiset",
    "SchemaChange",
    "Version",
]


@dataclass(frozen=True, slots=True)
class Version:
    """One side of a comparison.

    Args:
        name: What it is called: the name of a variable or a file, a dataset of a run.
        rows: How many rows it has.
        columns: How many columns.
        repeats: Rows whose key stands in an earlier row too.
        keyless: Rows without a key, all its parts being null; they are not compared.
    """

    name: str
    rows: int
    columns: int
    repeats: int = 0
    keyless: int = 0


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One change of the columns themselves.

    Args:
        kind: ``added``, ``removed``, ``renamed``, ``retyped`` or ``moved``.
        column: The column, by its name after the change; before it when it was removed.
        before: Its type, name or place before.
        after: Its type, name or place after.
        note: How it was found out, for a column that was renamed.
    """

    kind: str
    column: str
    before: str = ""
    after: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one column is like on one side.

    Args:
        nulls: How many cells are null.
        mean: The mean of the numbers; None for other columns.
        low: The least number or moment, as text.
        high: The greatest number or moment, as text.
        distinct: How many different values; None where they were not counted.
        bins: The shares of the values in bins that both sides have in common.
    """

    nulls: int = 0
    mean: float | None = None
    low: str = ""
    high: str = ""
    distinct: int | None = None
    bins: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One changed cell, as an example.

    Args:
        key: The row's key, as text; its number where there is no key.
        column: The column.
        before: The cell before, as text; None for null.
        after: The cell after, as text; None for null.
        cause: The kind of the cause that explains it; empty for none.
    """

    key: tuple[str, ...]
    column: str
    before: str | None
    after: str | None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason that explains many changes.

    Args:
        kind: Which kind: ``unit factor``, ``category renamed`` …
        title: The kind as a headline has it: ``Unit changed``.
        columns: The columns; none when it is about whole rows.
        what: What happened, in words: ``× 1.609344, miles became kilometres``.
        explained: How many changed cells of the column, or how many rows, it explains.
        of: Of how many.
        unit: What is counted: ``cells`` or ``rows``.
        share_of_all: The share of all changed cells that it explains; of all added and removed rows for rows.
        looked_at: How many of *of* were looked at to say so; all of them unless this is less.
    """

    kind: str
    title: str
    columns: tuple[str, ...]
    what: str
    explained: int
    of: int
    unit: str = "cells"
    share_of_all: float = 0.0
    looked_at: int | None = None

    @property
    def share(self) -> float:
        """The share of the changes of its column, or of the rows, that it explains."""
        return self.explained / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class ColumnDifference:
    """One column that both sides have.

    Args:
        name: Its name, after the change.
        was: Its name before.
        kind: What it holds: ``number``, ``bool``, ``text``, ``time`` or ``object``.
        type: Its type after.
        changed: In how many compared rows its cell differs.
        compared: How many rows were compared; 0 where none could be.
        nulled: Of the changed cells, how many became null.
        filled: Of the changed cells, how many were null.
        before: What it is like before.
        after: What it is like after.
        causes: What explains its changes, most first.
    """

    name: str
    was: str
    kind: str
    type: str
    changed: int = 0
    compared: int = 0
    nulled: int = 0
    filled: int = 0
    before: Facts = field(default_factory=Facts)
    after: Facts = field(default_factory=Facts)
    causes: tuple[Cause, ...] = ()

    @property
    def share(self) -> float:
        """The share of the compared rows in which it changed."""
        return self.changed / self.compared if self.compared else 0.0

    @property
    def unexplained(self) -> int:
        """How many of its changed cells no cause explains."""
        return max(0, self.changed - sum(cause.explained for cause in self.causes if cause.unit == "cells"))


@dataclass(frozen=True, slots=True)
class KeyProposal:
    """Columns that may be the key.

    Args:
        columns: The columns.
        unique_before: Whether no row before has the key of another.
        unique_after: Whether no row after has.
        shared: The share of the keys of the smaller side that the other side has too.
    """

    columns: tuple[str, ...]
    unique_before: bool
    unique_after: bool
    shared: float


@dataclass(frozen=True, slots=True)
class Multiset:
    """How the rows compare as a bag, whatever their order and without a key.

    Args:
        both: Rows that both sides have, repeats counted.
        before: Rows that only the first side has.
        after: Rows that only the second side has.
    """

    both: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one version of a table to another.

    Args:
        before: The version before.
        after: The version after.
        key: The columns that tell which rows belong together; none when rows were not compared, or by their position.
        paired_by: How rows were paired: ``key``, ``proposed key``, ``position`` or ``nothing``.
        schema: What changed in the columns themselves.
        columns: The columns that both sides have, in their order after.
        added: Rows that only the version after has.
        removed: Rows that only the version before has.
        changed: Rows that both have, with at least one changed cell.
        same: Rows that both have, without one.
        causes: What explains the changes, most first.
        examples: Changed cells, one of each kind of change first.
        added_rows: The first added rows, as text, by the columns after.
        removed_rows: The first removed rows, as text, by the columns before.
        added_columns: The columns of *added_rows*.
        removed_columns: The columns of *removed_rows*.
        proposals: Columns that may be the key, when none was given.
        multiset: The rows as a bag; None where a key was given.
        not_compared: What could not be compared, and why.
        notes: What was compared in another way than cell by cell, or was left out because it was to be.
        seconds: How long it took.
        readers: Who reads the dataset after, where a run kept it: steps, notebooks, people.
    """

    before: Version
    after: Version
    key: tuple[str, ...] = ()
    paired_by: str = "nothing"
    schema: tuple[SchemaChange, ...] = ()
    columns: tuple[ColumnDifference, ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0
    causes: tuple[Cause, ...] = ()
    examples: tuple[Change, ...] = ()
    added_rows: tuple[tuple[str | None, ...], ...] = ()
    removed_rows: tuple[tuple[str | None, ...], ...] = ()
    added_columns: tuple[str, ...] = ()
    removed_columns: tuple[str, ...] = ()
    proposals: tuple[KeyProposal, ...] = ()
    multiset: Multiset | None = None
    not_compared: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    readers: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> ColumnDifference:
        """Return the column *name*.

        Raises:
            KeyError: Both sides have none of that name.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def cells(self) -> int:
        """How many cells changed in all."""
        return sum(column.changed for column in self.columns)

    @property
    def differs(self) -> bool:
        """Whether anything was found to differ."""
        bag = (
            self.paired_by == "nothing" and self.multiset is not None and (self.multiset.before or self.multiset.after)
        )
        return bool(self.added or self.removed or self.changed or self.schema or bag or self._has_more_rows)

    @property
    def _has_more_rows(self) -> bool:
        return self.before.rows != self.after.rows

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs, nor was left out of the comparison."""
        return not (self.differs or self.not_compared)
