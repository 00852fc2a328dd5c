"""Tables in files: CSV and Parquet; big Parquet files stay on the disk and are read in pieces."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nbops.errors import NbopsError, UsageError, did_you_mean

__all__ = ["open_file"]

_BIG = 200_000_000  # bytes; above, a lazy library reads what is asked for, if there is one
_MANY_CELLS = 50_000_000  # of a Parquet file, which may be far smaller than its table in memory
_KINDS = (".csv", ".tsv", ".parquet", ".csv.gz")


def open_file(path: Path | str, *, big: int = _BIG) -> Any:
    """Return the table in a file: a pandas frame, or a lazy table of polars or DuckDB when the file is big.

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
    try:
        if path.stat().st_size >= big or (is_parquet and _cells(path) >= _MANY_CELLS):
            lazy = _lazy(path, is_parquet=is_parquet)
            if lazy is not None:
                return lazy
        import pandas

        if is_parquet:
            return pandas.read_parquet(path)
        return pandas.read_csv(path, sep="\t" if name.endswith(".tsv") else ",", low_memory=False)
    except Exception as error:
        raise NbopsError(f"no table can be read from it: {error}", where=str(path), fix=f"open {path}") from error


def _cells(path: Path) -> int:
    """Return how many cells a Parquet file holds; 0 without pyarrow, which reads it."""
    if not find_spec("pyarrow"):
        return 0
    import pyarrow.parquet

    about = pyarrow.parquet.read_metadata(path)
    return int(about.num_rows * about.num_columns)


def _lazy(path: Path, *, is_parquet: bool) -> Any:
    """Return a lazy table; None when no library that makes one is installed."""
    separator = "\t" if path.name.lower().endswith(".tsv") else ","
    if find_spec("polars"):
        import polars

        return polars.scan_parquet(path) if is_parquet else polars.scan_csv(path, separator=separator)
    if find_spec("duckdb"):
        import duckdb

        connection = duckdb.connect(config={"memory_limit": "600MB", "temp_directory": tempfile.gettempdir()})
        return connection.read_parquet(str(path)) if is_parquet else connection.read_csv(str(path), sep=separator)
    return None
