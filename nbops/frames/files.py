"""Tables in files: CSV and Parquet; big Parquet files stay on the disk and are read in pieces."""

from __future__ import annotations

import csv
import gzip
import tempfile
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nbops.errors import NbopsError, UsageError, did_you_mean

__all__ = ["is_table_file", "open_file"]

_BIG = 200_000_000  # bytes; above, a lazy library reads what is asked for, if there is one
_MANY_CELLS = 50_000_000  # of a Parquet file, which may be far smaller than its table in memory
_KINDS = (".csv", ".tsv", ".parquet", ".csv.gz")


def is_table_file(path: Path | str) -> bool:
    """Whether a path is named as a file that holds a table, be it there or not.

    Example:
        >>> is_table_file("old/Orders.CSV.gz"), is_table_file("sales/orders")
        (True, False)
    """
    return Path(path).name.lower().endswith(_KINDS)


def open_file(path: Path | str, *, big: int = _BIG) -> Any:
    """Return the table in a file: a pandas frame, or a lazy table of polars or DuckDB when the file is big.

    Columns that bear one name keep it: readers of CSV rename all but the first, and then nobody hears of it.

    Args:
        path: A CSV, TSV or Parquet file.
        big: From how many bytes on a file is not read whole.

    Raises:
        UsageError: There is no such file, or it is of no kind that holds a table.
        NbopsError: No table can be read from it: it is damaged, or was cut off.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError("there is no such file", where=str(path), fix=f"ls {path.parent}")
    name = path.name.lower()
    if not name.endswith(_KINDS):
        fix = f"{did_you_mean(path.suffix, _KINDS)}; or pass the table to nbops.check in Python"
        raise UsageError(
            f"{path.suffix or 'a file without a suffix'} is no kind of table file", where=str(path), fix=fix
        )
    is_parquet = name.endswith(".parquet")
    separator = "\t" if name.endswith(".tsv") else ","
    try:
        if path.stat().st_size >= big or (is_parquet and _cells(path) >= _MANY_CELLS):
            lazy = _lazy(path, separator, is_parquet=is_parquet)
            if lazy is not None:
                return lazy
        import pandas

        if is_parquet:
            return arrow if (arrow := _arrow_of_repeated(path)) is not None else pandas.read_parquet(path)
        return _named_as_written(pandas.read_csv(path, sep=separator, low_memory=False), path, separator)
    except NbopsError:
        raise
    except Exception as error:
        raise NbopsError(f"no table can be read from it: {error}", where=str(path), fix=f"open {path}") from error


def _cells(path: Path) -> int:
    """Return how many cells a Parquet file holds; 0 without pyarrow, which reads it."""
    if not find_spec("pyarrow"):
        return 0
    import pyarrow.parquet

    about = pyarrow.parquet.read_metadata(path)
    return int(about.num_rows * about.num_columns)


def _named_as_written(frame: Any, path: Path, separator: str) -> Any:
    """Return a frame of a CSV file with the names that several columns bear as they stand in its header."""
    header, repeated = _header(path, separator)
    if repeated and len(header) == frame.shape[1]:
        written = zip(header, frame.columns, strict=True)
        frame.columns = [name if name in repeated else read for name, read in written]
    return frame


def _header(path: Path, separator: str) -> tuple[list[str], list[str]]:
    """Return the names in the header of a CSV file, and those that stand there more than once."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        names = next((row for row in csv.reader(file, delimiter=separator) if row), [])
    return names, [name for name, times in Counter(names).items() if times > 1 and name]


def _arrow_of_repeated(path: Path) -> Any:
    """Return the table in a Parquet file in which columns bear one name, which pandas refuses to read; else None."""
    if not find_spec("pyarrow"):
        return None
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        names = file.schema_arrow.names
        return file.read() if len(set(names)) < len(names) else None


def _lazy(path: Path, separator: str, *, is_parquet: bool) -> Any:
    """Return a lazy table; None when no library that makes one is installed."""
    if not is_parquet and (repeated := _header(path, separator)[1]) and (find_spec("polars") or find_spec("duckdb")):
        what = f"its header names the column {repeated[0]!r} more than once"
        raise NbopsError(what, where=str(path), fix=f"give each column its own name in {path}")
    if find_spec("polars"):
        import polars

        return polars.scan_parquet(path) if is_parquet else polars.scan_csv(path, separator=separator)
    if find_spec("duckdb"):
        import duckdb

        connection = duckdb.connect(config={"memory_limit": "600MB", "temp_directory": tempfile.gettempdir()})
        return connection.read_parquet(str(path)) if is_parquet else connection.read_csv(str(path), sep=separator)
    return None
