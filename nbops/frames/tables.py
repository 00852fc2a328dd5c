"""Recognising the tables and columns of every dataframe library, without importing any of them.

A library is known by the module that a value's class comes from, so only libraries that the user has loaded are ever
touched, and nothing here makes a lazy table compute.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from reprlib import Repr
from typing import Any

from nbops.records import Table

__all__ = [
    "column_names",
    "describe",
    "has_repeated_names",
    "is_columnar",
    "is_frame",
    "kind_of",
    "library",
    "row_count",
    "short",
    "shortened",
    "told",
]

_LIBRARIES = frozenset(
    {"pandas", "numpy", "polars", "pyarrow", "dask", "duckdb", "modin", "pyspark", "ibis", "narwhals"}
)
_FRAMES = frozenset({"DataFrame", "LazyFrame", "Table", "RecordBatch", "DuckDBPyRelation", "Relation"})
_COLUMNS = frozenset({"Series", "ndarray", "Index", "ExtensionArray", "ChunkedArray", "Array", "Column", "MaskedArray"})
_EXPRESSIONS = frozenset({"Expr", "LazyFrame", "Expression"})
_MOST_COLUMNS = 200


_families: dict[type, tuple[str, frozenset[str]]] = {}


def _family(value: object) -> tuple[str, frozenset[str]]:
    """Return the library that *value*'s class comes from (its own, or that of a base class), and its bases' names."""
    kind = type(value)
    known = _families.get(kind)
    if known is None:
        if len(_families) > 1000:  # classes made in a loop must not be kept for ever
            _families.clear()
        roots = (str(base.__module__).partition(".")[0] for base in kind.__mro__)
        found = next((root for root in roots if root in _LIBRARIES), "")
        known = _families[kind] = found, frozenset(base.__name__ for base in kind.__mro__)
    return known


def library(value: object) -> str:
    """Return the dataframe library that *value* belongs to, ``pandas`` for a subclass of its frame; else empty."""
    return _family(value)[0]


def is_frame(value: object) -> bool:
    """Whether *value* is a table of columns."""
    found, names = _family(value)
    return bool(found) and not _FRAMES.isdisjoint(names)


def is_columnar(value: object) -> bool:
    """Whether *value* holds many values: a frame, a column, an array, or an expression that stands for one."""
    found, names = _family(value)
    if not found or (found == "numpy" and getattr(value, "ndim", 1) == 0):
        return False
    return not (_FRAMES | _COLUMNS | _EXPRESSIONS).isdisjoint(names)


def kind_of(value: object) -> str:
    """Return what *value* is, as ``Series of int64``."""
    name = type(value).__name__
    dtype = getattr(value, "dtype", None)
    if dtype is None and library(value) == "pyarrow":
        dtype = getattr(value, "type", None)
    return f"{name} of {dtype}" if dtype is not None else name


def row_count(value: object) -> int | None:
    """Return how many rows *value* has; None when only a computation could tell."""
    found, names = _family(value)
    if not found or not _EXPRESSIONS.isdisjoint(names):
        return None
    if found in ("pandas", "polars", "modin"):
        return len(value)  # type: ignore[arg-type]
    if found == "numpy":
        shape = getattr(value, "shape", ())
        return int(shape[0]) if shape else None
    if found == "pyarrow":
        rows = getattr(value, "num_rows", None)
        return int(rows) if rows is not None else len(value)  # type: ignore[arg-type]
    return None


def column_names(value: Any) -> list[str]:
    """Return the names of a frame's columns as text; none when only a computation could tell."""
    found = library(value)
    if found == "polars" and type(value).__name__ == "LazyFrame":
        return []
    names = getattr(value, "column_names" if found == "pyarrow" else "columns", ())
    return [str(name) for name in names] if names is not None and not callable(names) else []


def has_repeated_names(value: Any) -> bool:
    """Whether several columns of a frame bear one name, which only frames of pandas and Arrow can.

    Example:
        >>> has_repeated_names(None)
        False
    """
    names = column_names(value) if library(value) in ("pandas", "pyarrow") and is_frame(value) else []
    return len(set(names)) < len(names)


def describe(name: str, value: object) -> Table | None:
    """Return the shape of the table or column *value*; None when it is neither.

    Nothing is computed: the rows of a lazy table are unknown.

    Example:
        >>> describe("n", 3) is None
        True
    """
    found, names = _family(value)
    reader = _READERS.get(found)
    if reader is None or (_FRAMES | _COLUMNS).isdisjoint(names):
        return None
    return reader(name, value)


def _table(name: str, value: object, rows: int | None, columns: Sequence[object], types: Sequence[object]) -> Table:
    return Table(
        name=name,
        kind=f"{library(value)}.{type(value).__name__}",
        rows=rows,
        columns=len(columns),
        column_names=tuple(str(column) for column in columns[:_MOST_COLUMNS]),
        column_types=tuple(_type_text(kind) for kind in types[:_MOST_COLUMNS]),
    )


def _one_column(name: str, value: object, rows: int | None, label: object, kind: object) -> Table:
    labels = () if label is None else (str(label),)
    return Table(name, f"{library(value)}.{type(value).__name__}", rows, None, labels, (_type_text(kind),))


def _type_text(kind: object) -> str:
    try:
        return _type_text_cached(kind)
    except TypeError:  # a type that cannot be hashed
        return str(kind)


@functools.lru_cache(maxsize=1024)
def _type_text_cached(kind: object) -> str:
    return str(kind)


def _pandas(name: str, value: Any) -> Table | None:
    if is_frame(value):
        width = int(value.shape[1])
        head, types = value.columns, value.dtypes  # each look at them costs pandas a new object
        if width <= _MOST_COLUMNS:
            return _table(name, value, len(value), list(head), list(types))
        table = _table(name, value, len(value), list(head[:_MOST_COLUMNS]), list(types.iloc[:_MOST_COLUMNS]))
        return _with_columns(table, width)
    return _one_column(name, value, len(value), getattr(value, "name", None), value.dtype)


def _with_columns(table: Table, columns: int) -> Table:
    return Table(table.name, table.kind, table.rows, columns, table.column_names, table.column_types)


def _polars(name: str, value: Any) -> Table | None:
    kind = type(value).__name__
    if kind == "LazyFrame":  # its schema may cost a walk over the whole plan, or a read of a file's header
        return Table(name, "polars.LazyFrame")
    if is_frame(value):
        return _table(name, value, value.height, value.columns, value.dtypes)
    return _one_column(name, value, len(value), value.name or None, value.dtype)


def _pyarrow(name: str, value: Any) -> Table | None:
    if is_frame(value):
        return _table(name, value, value.num_rows, value.schema.names, value.schema.types)
    return _one_column(name, value, len(value), None, value.type)


def _numpy(name: str, value: Any) -> Table | None:
    if value.ndim == 0 or value.ndim > 2:
        return None
    rows = int(value.shape[0])
    if value.dtype.names:
        return _table(name, value, rows, value.dtype.names, [value.dtype[n] for n in value.dtype.names])
    if value.ndim == 1:
        return _one_column(name, value, rows, None, value.dtype)
    return Table(name, "numpy.ndarray", rows, int(value.shape[1]), (), (_type_text(value.dtype),))


def _lazy(name: str, value: Any) -> Table | None:
    names = column_names(value) if library(value) in ("dask", "modin", "duckdb", "pyspark") else []
    kind = f"{library(value)}.{type(value).__name__}"
    types: list[object] = []
    if library(value) in ("dask", "duckdb"):
        types = list(getattr(value, "dtypes", ()))
    rows = row_count(value)
    return Table(name, kind, rows, len(names) or None, tuple(names[:_MOST_COLUMNS]), tuple(map(_type_text, types)))


_READERS: dict[str, Callable[[str, Any], Table | None]] = {
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _pyarrow,
    "numpy": _numpy,
    "dask": _lazy,
    "duckdb": _lazy,
    "modin": _lazy,
    "pyspark": _lazy,
    "ibis": _lazy,
    "narwhals": _lazy,
}


# ── values as text ───────────────────────────────────────────────────────────────────────────────────────────────────


class _Short(Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxstring = self.maxother = 120
        self.maxlist = self.maxtuple = self.maxset = self.maxdict = 6


_SHORT = _Short()


def short(value: object, limit: int = 80) -> str:
    """Return *value* as text of at most *limit* characters: big values by their shape, never a traceback.

    Example:
        >>> short([1] * 100)
        '[1, 1, 1, 1, 1, 1, ...]'
        >>> short("a" * 30, limit=12)
        "'aaaaaaaaaa…"
    """
    text = " ".join(told(value, lambda value: _shape_text(value) or _repr(value)).split())
    return shortened(text, limit)


def shortened(text: str, limit: int) -> str:
    """Return *text*, cut to *limit* characters with an ellipsis when it is longer.

    Example:
        >>> shortened("flights_daily", 8)
        'flights…'
    """
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def told(value: object, tell: Callable[[object], str] = repr) -> str:
    """Return what *tell* says of *value*, never a traceback.

    Example:
        >>> told(0.1 + 0.2)
        '0.30000000000000004'
    """
    try:
        return tell(value)
    except Exception as error:  # noqa: BLE001 - a value whose repr fails must not hide the verdict about it
        return f"<{type(value).__name__}, its repr raised {type(error).__name__}>"


def _repr(value: object) -> str:
    if library(value) in ("numpy", "pandas") and hasattr(value, "item") and not is_columnar(value):
        value = value.item()  # ``3``, not ``np.int64(3)``
    if isinstance(value, float):
        return f"{value:.2f}" if 1e6 <= abs(value) < 1e15 else f"{value:.6g}"
    return _SHORT.repr(value)


def _shape_text(value: Any) -> str:
    if not is_columnar(value):
        return ""
    name = type(value).__name__
    if is_frame(value):
        rows, columns = row_count(value), column_names(value)
        return f"<{name} ({rows}, {len(columns)})>" if rows is not None else f"<{name}>"
    rows = row_count(value)
    shape = getattr(value, "shape", None)
    size = " × ".join(str(n) for n in shape) if shape and len(shape) > 1 else rows
    return f"<{kind_of(value)}, {size}>" if size is not None else f"<{name}>"
