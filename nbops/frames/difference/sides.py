"""One side of a comparison: a table of any library, or a file, that hands out its columns as pandas Series."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nbops.errors import NbopsError, UsageError, did_you_mean
from nbops.frames.files import open_file
from nbops.frames.reading import through_narwhals
from nbops.frames.tables import is_frame, kind_of, library

__all__ = ["Side", "open_side"]

_INDEX = re.compile(r"__index_level_\d+__")


class Side:
    """A table whose columns are asked for one by one, so that no more than two of them need to be in memory.

    Args:
        name: What it is called.
        rows: How many rows it has.
        types: The type of each column, as its library names it, in order.
        read: What returns a column, by its place.
        is_read_anew: Whether a column is read from a file each time, so that keeping it costs memory.
    """

    def __init__(
        self,
        name: str,
        rows: int,
        types: Sequence[tuple[str, str]],
        read: Callable[[int], Any],
        *,
        is_read_anew: bool = False,
    ) -> None:
        self.name = name
        self.rows = rows
        self.names = tuple(column for column, _ in types)
        self.types = dict(types)
        self._read = read
        self._last: tuple[str, Any] = "", None  # whoever asks for a column of a file asks for it more than once
        self.is_read_anew = is_read_anew
        double = sorted({one for one in self.names if self.names.count(one) > 1}) if self._has_double else []
        if double:
            raise UsageError(f"several columns are named {double[0]!r}", where=name, fix="rename one of them")
        self._places = {column: at for at, column in enumerate(self.names)}

    @property
    def _has_double(self) -> bool:
        return len(self.types) < len(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def column(self, name: str) -> Any:
        """Return one column as a pandas Series.

        Raises:
            UsageError: There is none of that name.
            NbopsError: It cannot be read.
        """
        if name not in self._places:
            raise UsageError(f"{self.name} has no column {name!r}", fix=did_you_mean(name, self.names[:50]))
        if self._last[0] == name:
            return self._last[1]
        try:
            found = self._read(self._places[name])
        except (OSError, ValueError, TypeError) as error:
            raise NbopsError(f"column {name!r} cannot be read: {error}", where=self.name) from error
        if self.is_read_anew:
            self._last = name, found
        return found


def open_side(table: Any, name: str = "") -> Side:
    """Return *table* as one side of a comparison.

    Args:
        table: A frame of pandas, polars, pyarrow, DuckDB …, or the path of a file.
        name: What it is called; the name of its file when empty.

    Raises:
        UsageError: It is no table, or two of its columns bear one name.
        NbopsError: It cannot be read.
    """
    if isinstance(table, (str, Path)):
        path = Path(table)
        if path.is_file() and path.suffix.lower() == ".parquet" and (side := _parquet(path, name or path.name)):
            return side
        return open_side(open_file(path), name or path.name)
    if not is_frame(table):
        fix = "give it a frame of pandas, polars, pyarrow, DuckDB …, or the path of a CSV or Parquet file"
        raise UsageError(f"{kind_of(table)} is no table", where=name, fix=fix)
    if library(table) == "pandas":
        return _pandas(table, name)
    return _arrow(_as_arrow(table, name), name)


def _pandas(table: Any, name: str) -> Side:
    levels = [str(level) for level in table.index.names if level is not None]
    taken = {str(column) for column in table.columns}
    if levels and not taken.intersection(levels):  # a named index is a column that stands outside
        table = table.reset_index()
    types = [(str(column), str(dtype)) for column, dtype in zip(table.columns, table.dtypes, strict=True)]
    return Side(name, len(table), types, lambda at: table.iloc[:, at])


def _as_arrow(table: Any, name: str) -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise UsageError(f"reading it needs pyarrow: {error}", where=name, fix="pip install 'nbops[arrow]'") from error
    found = library(table)
    kind = type(table).__name__
    if kind == "RecordBatch":
        return pyarrow.Table.from_batches([table])
    if found == "pyarrow":
        return table
    if found == "duckdb":
        reader = (getattr(table, "to_arrow_reader", None) or table.fetch_record_batch)(1_000_000)
        return reader.read_all()
    if found == "polars":
        try:
            return (table.collect() if kind == "LazyFrame" else table).to_arrow()
        except pyarrow.ArrowInvalid as error:  # 128-bit whole numbers
            fix = "cast the column that Arrow does not know to a type that it does"
            raise NbopsError(f"a column of it has no type in Arrow: {error}", where=name, fix=fix) from error
    import narwhals.stable.v2 as nw

    frame = through_narwhals(table)
    return (frame.collect("pyarrow") if isinstance(frame, nw.LazyFrame) else frame).to_arrow()


def _arrow(table: Any, name: str) -> Side:
    types = [(str(field.name), str(field.type)) for field in table.schema]
    return Side(name, table.num_rows, types, lambda at: _series(table.column(at)))


def _parquet(path: Path, name: str) -> Side | None:
    """Return a Parquet file whose columns are read one by one; None without pyarrow, which reads it."""
    try:
        import pyarrow.parquet
    except ImportError:
        return None
    try:
        file = pyarrow.parquet.ParquetFile(path)
    except (OSError, ValueError) as error:  # what pyarrow raises is one of the two
        raise NbopsError(f"no table can be read from it: {error}", where=str(path), fix=f"open {path}") from error
    fields = [field for field in file.schema_arrow if not _INDEX.fullmatch(field.name)]  # of pandas, without a name
    types = [(str(field.name), str(field.type)) for field in fields]

    def read(at: int) -> Any:
        table = pyarrow.parquet.read_table(path, columns=[fields[at].name], use_threads=False)
        return _series(table.column(0))

    return Side(name, file.metadata.num_rows, types, read, is_read_anew=True)


def _series(column: Any) -> Any:
    """Return an Arrow column as a pandas Series that holds it as it is."""
    import pandas
    import pyarrow

    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if "view" in str(kind):
        column = column.cast(pyarrow.large_string() if "string" in str(kind) else pyarrow.large_binary())
    elif pyarrow.types.is_decimal(kind):
        column = _decimals(column)
        if not pyarrow.types.is_floating(column.type):
            return pandas.Series(column.to_pylist(), dtype=object)
    return pandas.Series(pandas.arrays.ArrowExtensionArray(column))


def _decimals(column: Any) -> Any:
    """Return decimals as floats, or as they are where a float does not hold all their digits."""
    import pyarrow.compute

    floats = column.cast(pyarrow.float64())
    try:
        is_same = pyarrow.compute.all(pyarrow.compute.equal(floats.cast(column.type, safe=False), column)).as_py()
    except pyarrow.ArrowInvalid:  # rounded up to more digits than the type has
        is_same = False
    return column if is_same is False else floats
