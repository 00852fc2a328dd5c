"""The profile of a table: :func:`profile` takes it in one pass, two add up, and it is written as JSON."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nbops.errors import NbopsError, UsageError
from nbops.frames.files import open_file
from nbops.frames.masking import is_masked
from nbops.frames.profile.cells import Cells
from nbops.frames.profile.hashing import Array, mixed, name_factor, total
from nbops.frames.profile.numbers import NumberFacts, number_facts
from nbops.frames.profile.rare import Rare
from nbops.frames.profile.relations import Relations, relations_of
from nbops.frames.profile.texts import TextFacts, text_facts
from nbops.frames.profile.times import TimeFacts, time_facts
from nbops.frames.profile.values import Values, values_of
from nbops.frames.tables import is_frame, kind_of, library

__all__ = ["ColumnProfile", "Profile", "covered", "profile"]

_PART = 1_000_000  # rows of a lazy table that are looked at together


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What one column is like.

    Args:
        name: Its name.
        kind: What it holds: ``number``, ``bool``, ``text``, ``time`` or ``object``.
        type: Its type, as its library names it.
        rows: How many rows the table has.
        nulls: How many of its cells are null.
        rises: Whether no number or moment is less than the one in the row before.
        values: Which values it holds, and how often.
        number: What its numbers are like.
        time: What its moments are like.
        text: What its texts are like.
    """

    name: str
    kind: str
    type: str
    rows: int
    nulls: int
    rises: bool = False
    values: Values = field(default_factory=Values)
    number: NumberFacts | None = None
    time: TimeFacts | None = None
    text: TextFacts | None = None

    def __add__(self, other: ColumnProfile) -> ColumnProfile:
        rows, nulls = self.rows + other.rows, self.nulls + other.nulls
        if not self.filled or not other.filled:
            full = self if self.filled else other
            return dataclasses.replace(full, name=self.name, rows=rows, nulls=nulls)
        if self.kind != other.kind:
            return dataclasses.replace(
                self, kind="object", type=f"{self.type} and {other.type}", rows=rows, nulls=nulls, rises=False,
                values=self.values + other.values, number=None, time=None, text=None,
            )  # fmt: skip
        return ColumnProfile(
            self.name,
            self.kind,
            self.type if self.type == other.type else f"{self.type} and {other.type}",
            rows,
            nulls,
            self.rises and other.rises and _ends_before(self, other),
            self.values + other.values,
            self.number + other.number if self.number and other.number else None,
            self.time + other.time if self.time and other.time else None,
            self.text + other.text if self.text and other.text else None,
        )

    @property
    def filled(self) -> int:
        """How many cells are not null."""
        return self.rows - self.nulls

    @property
    def null_share(self) -> float:
        """The share of nulls; 0 for a table without rows."""
        return self.nulls / self.rows if self.rows else 0.0

    @property
    def is_unique(self) -> bool:
        """Whether no value repeats within a part, and none is null."""
        return self.rows > 1 and not self.nulls and not self.values.repeated

    def histogram(self, bins: int = 20) -> tuple[tuple[float, float, float], ...]:
        """Return (from, to, share of the values) for *bins* bins of equal width between the extremes.

        Exact up to 256 values; beyond, each share is off by twice the error of the quantiles at most.
        """
        facts = self.number or self.time
        if facts is None or not facts.count or facts.low is None or facts.high is None:
            return ()
        low, high = float(facts.low), float(facts.high)
        if low == high:
            return ((low, high, 1.0),)
        edges = [low + (high - low) * (at / bins) for at in range(bins + 1)]
        below = [0.0, *(facts.quantiles.below(edge) for edge in edges[1:-1]), 1.0]
        return tuple((edges[at], edges[at + 1], max(0.0, below[at + 1] - below[at])) for at in range(bins))


@dataclass(frozen=True, slots=True)
class Profile:
    """What a table is like. ``a + b`` is the profile of the rows of both.

    Args:
        name: The table's name.
        rows: How many rows.
        columns: Its columns, in order.
        duplicates: How many rows repeat one of the same part.
        content: The sum of the hashes of all rows: the same for the same rows in any order.
        relations: How its columns stand to each other.
        parts: How many tables went into it.
    """

    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    duplicates: int = 0
    content: int = 0
    relations: Relations = field(default_factory=Relations)
    parts: int = 1

    def __add__(self, other: Profile) -> Profile:
        theirs = {column.name: column for column in other.columns}
        mine = {column.name for column in self.columns}
        columns = [
            one + theirs[one.name] if one.name in theirs else _absent(one, other.rows) for one in self.columns
        ] + [_absent(one, self.rows) for one in other.columns if one.name not in mine]
        return Profile(
            self.name or other.name,
            self.rows + other.rows,
            tuple(columns),
            self.duplicates + other.duplicates,
            (self.content + other.content) % 2**64,
            self.relations + other.relations,
            self.parts + other.parts,
        )

    def __getitem__(self, name: str) -> ColumnProfile:
        """Return the column *name*.

        Raises:
            KeyError: There is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def __repr__(self) -> str:
        lines = [f"{self.name or 'table'}: {self.rows:,} rows, {len(self.columns):,} columns"]
        lines += [f"  {c.name}: {c.kind}, {c.values.distinct:,} different, {c.nulls:,} null" for c in self.columns]
        return "\n".join(lines)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)


def _ends_before(one: ColumnProfile, other: ColumnProfile) -> bool:
    mine, theirs = one.number or one.time, other.number or other.time
    if mine is None or theirs is None or mine.high is None or theirs.low is None:
        return False
    return mine.high <= theirs.low


def _absent(column: ColumnProfile, rows: int) -> ColumnProfile:
    """Return *column* where *rows* more rows had none of it: to the whole, they are null."""
    return dataclasses.replace(column, rows=column.rows + rows, nulls=column.nulls + rows)


def profile(table: Any, *, name: str = "") -> Profile:
    """Return what *table* is like.

    Args:
        table: A frame of pandas, polars, pyarrow, DuckDB …, or the path of a CSV or Parquet file.
        name: The table's name; that of its file when empty.

    Raises:
        UsageError: *table* is no table, cannot be read, or two of its columns bear one name.

    Example:
        >>> import pandas as pd
        >>> found = profile(pd.DataFrame({"id": [1, 2, 2], "city": ["Oslo", None, "Rome"]}))
        >>> found.rows, found["id"].values.distinct, found["city"].nulls
        (3, 2, 1)
    """
    if isinstance(table, (str, os.PathLike)):
        name = name or Path(table).name.split(".")[0]
        table = open_file(Path(table))
    if not is_frame(table):
        raise UsageError(f"{kind_of(table)} is no table", fix="give it a frame of pandas, polars, pyarrow, DuckDB …")
    found: Profile | None = None
    for part, types in _readable(_parts(table)):
        one = _of_pandas(part, types, name)
        found = one if found is None else dataclasses.replace(found + one, parts=1)
    return found or Profile(name, 0, ())


def _readable(parts: Iterator[tuple[Any, list[str]]]) -> Iterator[tuple[Any, list[str]]]:
    """Yield the *parts* of a table; what its library raises while it makes them is told as an error of the table."""
    try:
        yield from parts
    except NbopsError:
        raise
    except Exception as error:
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise UsageError(f"the table cannot be read: {told[0]}", fix="read it once by its own library") from error


def _parts(table: Any) -> Iterator[tuple[Any, list[str]]]:
    """Yield *table* as pandas frames of a size that fits in memory, with the types of its columns."""
    if library(table) == "pandas":
        yield table, [str(dtype) for dtype in table.dtypes]
        return
    try:
        import narwhals.stable.v2 as nw
        import pyarrow
    except ImportError as error:
        raise UsageError(f"reading it needs pyarrow: {error}", fix="pip install 'nbops[arrow]'") from error
    if library(table) == "duckdb":
        yield from _batches((getattr(table, "to_arrow_reader", None) or table.fetch_record_batch)(_PART))
        return
    if type(table).__name__ == "RecordBatch":
        table = pyarrow.Table.from_batches([table])
    if library(table) == "pyarrow":
        yield table.to_pandas(), [str(kind) for kind in table.schema.types]
        return
    frame = nw.from_native(table)
    types = [str(dtype) for dtype in frame.collect_schema().values()]
    if type(table).__name__ == "LazyFrame" and hasattr(table, "collect_batches"):  # polars; older ones have it not
        batches = iter(table.collect_batches(chunk_size=_PART, maintain_order=True))
        first = next(batches, None)
        for batch in [table.clear().collect()] if first is None else itertools.chain([first], batches):
            yield batch.to_arrow().to_pandas(), types
        return
    frame = frame.collect("pyarrow") if isinstance(frame, nw.LazyFrame) else frame
    yield frame.to_arrow().to_pandas(), types


def _batches(reader: Any) -> Iterator[tuple[Any, list[str]]]:
    """Yield what an Arrow reader reads as pandas frames; at least one, which tells the columns."""
    import pyarrow

    types = [str(kind) for kind in reader.schema.types]
    is_empty = True
    for batch in reader:
        is_empty = False
        yield pyarrow.Table.from_batches([batch]).to_pandas(), types
    if is_empty:
        yield reader.schema.empty_table().to_pandas(), types


def _of_pandas(frame: Any, types: list[str], name: str) -> Profile:
    names = [str(column) for column in frame.columns]
    double = sorted({one for one in names if names.count(one) > 1}) if len(set(names)) < len(names) else []
    if double:
        raise UsageError(f"several columns are named {double[0]!r}", where=name, fix="rename one of them")
    rows = len(frame)
    cells = {one: Cells(frame.iloc[:, at]) for at, one in enumerate(names)}
    row_hashes: Array = np.zeros(rows, dtype="uint64")
    columns = []
    for (one, cell), kind in zip(cells.items(), types, strict=True):
        columns.append(_of_column(one, cell, kind))
        row_hashes += cell.hashes * name_factor(one)
    distinct = {column.name: column.values.distinct for column in columns}
    has_key = any(column.is_unique for column in columns)
    duplicates = 0 if has_key or rows < 2 else _repeats(row_hashes)
    forms = {column.name: column.text.form for column in columns if column.text and column.text.form}
    relations = relations_of(cells, distinct, forms)
    return Profile(name, rows, tuple(columns), duplicates, total(mixed(row_hashes)), relations)


def _repeats(hashes: Array) -> int:
    ordered = np.sort(hashes)
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))


def _rises(numbers: Array) -> bool:
    head = numbers[:1000]
    return bool((head[1:] >= head[:-1]).all() and (numbers[1:] >= numbers[:-1]).all())


def _of_column(name: str, cells: Cells, kind: str) -> ColumnProfile:
    found = _measured(name, cells, kind)
    return covered(found) if is_masked(name) else found


def covered(column: ColumnProfile) -> ColumnProfile:
    """Return a masked column without anything that tells a value: how many, how long, of what kind may be known."""
    sentinels = column.values.sentinels if column.kind == "text" else {}  # words that everybody knows
    values = dataclasses.replace(
        column.values, counts=None, top={}, top_missed=0, sentinels=sentinels, rare=Rare(), common={}
    )
    text = column.text and dataclasses.replace(column.text, patterns={}, moments=None)
    return dataclasses.replace(column, values=values, number=None, time=None, text=text)


def _measured(name: str, cells: Cells, kind: str) -> ColumnProfile:
    is_number = cells.kind in ("number", "bool", "time")
    ordered = np.sort(cells.numbers) if is_number else None
    values = values_of(cells, ordered)
    rises = ordered is not None and len(ordered) > 1 and cells.kind != "bool" and _rises(cells.numbers)
    made = ColumnProfile(name, cells.kind, kind, cells.rows, cells.nulls, rises, values)
    if cells.kind == "text":
        return dataclasses.replace(made, text=text_facts(cells.texts, values.counts))
    if cells.kind == "time":
        return dataclasses.replace(made, time=time_facts(ordered, has_zone=cells.has_zone))
    return dataclasses.replace(made, number=number_facts(ordered)) if cells.kind == "number" else made
