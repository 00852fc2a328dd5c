"""Tables in databases: read in pieces, and kept on the disk while they are judged when they are big."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nbops.errors import NbopsError, UsageError, did_you_mean
from nbops.frames.files import open_file

__all__ = ["open_sql", "open_table", "table_name"]

_MOST_ROWS = 1_000_000  # in memory; above, a lazy library reads them from a file, if there is one
_PIECE = 100_000
_FIX = "sqlite:///shop.db::orders, or postgresql+psycopg://user@host/shop::sales.orders"


def open_table(said: str) -> Any:
    """Return the table that *said* names: ``URL::TABLE`` in a database, else a file.

    Raises:
        UsageError: It names nothing.
        NbopsError: It cannot be read.
    """
    return open_sql(said) if "://" in said else open_file(Path(said))


def table_name(said: str) -> str:
    """Return the plain name of the table that *said* names.

    Example:
        >>> table_name("data/orders.csv.gz"), table_name("sqlite:///shop.db::sales.orders")
        ('orders', 'orders')
    """
    if "://" in said:
        return said.rpartition("::")[2].rpartition(".")[2]
    return Path(said).name.partition(".")[0]


def open_sql(said: str, *, most_rows: int = _MOST_ROWS, piece: int = _PIECE) -> Any:
    """Return a table of a database: a pandas frame, or a lazy table over a file of its rows when they are many.

    Args:
        said: A URL of SQLAlchemy and the table, as ``sqlite:///shop.db::orders``; a schema stands before a dot.
        most_rows: Up to how many rows it is read into memory.
        piece: How many rows are fetched at a time.

    Raises:
        UsageError: There is no such database, driver or table.
        NbopsError: Reading failed halfway.
    """
    import sqlalchemy as sa

    address, _, name = said.rpartition("::")
    try:
        url = sa.make_url(address)
    except sa.exc.ArgumentError as error:
        raise UsageError("this is no table of a database", where=_without_password(said), fix=_FIX) from error
    where = f"{url.render_as_string(hide_password=True)}::{name}"
    _refuse_missing_file(url, where)
    try:
        engine = sa.create_engine(url)
    except (sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise UsageError(
            f"the database's driver is missing: {error}", where=where, fix="pip install its driver"
        ) from error
    try:
        return _read(engine, name, where, most_rows, piece)
    except NbopsError:
        raise
    except (sa.exc.SQLAlchemyError, ValueError, TypeError) as error:  # the last two: rows that fit in no column
        why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise NbopsError(
            f"the table cannot be read: {why}", where=where, fix="look whether the database answers"
        ) from error
    finally:
        engine.dispose()


def _refuse_missing_file(url: Any, where: str) -> None:
    """Refuse a SQLite file that is not there: connecting would make an empty one."""
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise UsageError("there is no such database file", where=where, fix=f"ls {Path(url.database).parent}")


def _without_password(said: str) -> str:
    head, at, tail = said.rpartition("@")
    return f"{head.partition('://')[0]}://***@{tail}" if at else said


def _read(engine: Any, name: str, where: str, most_rows: int, piece: int) -> Any:
    import sqlalchemy as sa

    schema, _, bare = name.rpartition(".")
    with engine.connect() as connection:
        try:
            table = sa.Table(bare, sa.MetaData(), schema=schema or None, autoload_with=connection)
        except sa.exc.NoSuchTableError as error:
            looked = sa.inspect(connection)
            known = [*looked.get_table_names(schema or None), *looked.get_view_names(schema or None)]
            raise UsageError(f"there is no table {name!r}", where=where, fix=did_you_mean(bare, known)) from error
        rows = connection.execution_options(stream_results=True, max_row_buffer=piece).execute(sa.select(table))
        return _collected(_pieces(rows, [column.name for column in table.columns], piece), most_rows)


def _pieces(rows: Any, names: list[str], piece: int) -> Iterator[Any]:
    """Yield the rows as frames; at least one, which tells the columns."""
    import pandas

    first = True
    for some in rows.partitions(piece):
        yield pandas.DataFrame.from_records(some, columns=names, coerce_float=True)
        first = False
    if first:
        yield pandas.DataFrame(columns=names)


def _collected(pieces: Iterator[Any], most_rows: int) -> Any:
    import pandas

    held: list[Any] = []
    count = 0
    for frame in pieces:
        held.append(frame)
        count += len(frame)
        if count > most_rows and find_spec("pyarrow") and (find_spec("polars") or find_spec("duckdb")):
            return _spooled(held, pieces)
    held = [frame for frame in held if len(frame)] or held[:1]
    return held[0] if len(held) == 1 else pandas.concat(held, ignore_index=True)


def _spooled(held: list[Any], pieces: Iterator[Any]) -> Any:
    """Return a lazy table over a file that holds the rows; it goes when nothing reads it any more."""
    import weakref

    import pyarrow
    import pyarrow.parquet

    folder = tempfile.TemporaryDirectory(prefix="nbops-table-")
    path = Path(folder.name) / "table.parquet"
    seen = [pyarrow.Schema.from_pandas(frame, preserve_index=False) for frame in held]
    found = pyarrow.unify_schemas(seen, promote_options="permissive")
    text = pyarrow.string()  # of a column that was null so far: whatever comes can be written so
    schema = pyarrow.schema([field.with_type(text) if field.type == pyarrow.null() else field for field in found])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        while held:
            writer.write_table(pyarrow.Table.from_pandas(held.pop(0), schema=schema, preserve_index=False))
        for frame in pieces:
            writer.write_table(pyarrow.Table.from_pandas(frame, schema=schema, preserve_index=False))
    table = open_file(path, big=0)
    weakref.finalize(table, folder.cleanup)
    return table
