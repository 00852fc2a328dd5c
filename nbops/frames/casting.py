"""Casting columns to other types, with the values that are none of that type."""

from __future__ import annotations

import datetime
import functools
import operator
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.frames.columns import refuse_unknown
from nbops.frames.reading import through_narwhals
from nbops.frames.tables import library

__all__ = ["TYPES", "Cast", "cast_columns", "cast_lazily", "is_lazy_polars", "type_named"]

TYPES = ("int", "float", "str", "bool", "date", "datetime", "category")
"""The types that a column can be cast to."""

_BY_CLASS = {int: "int", float: "float", str: "str", bool: "bool", datetime.date: "date", datetime.datetime: "datetime"}
_OFFSET = re.compile(r"[T ]\d\d.*(?:[Zz]|[+-]\d\d(?::?\d\d)?)$")
_TRUE, _FALSE = ("true", "yes", "y", "t", "1"), ("false", "no", "n", "f", "0")


@dataclass(frozen=True, slots=True)
class Cast:
    """What came of casting columns.

    Args:
        table: The table with its new columns; what could not be cast is null.
        bad: By column, where its values could not be cast, as an array of booleans; columns without any are left out.
    """

    table: Any
    bad: Mapping[Any, Any]


def type_named(wanted: Any) -> str:
    """Return the type that *wanted* says: its name, or a class of Python.

    Raises:
        UsageError: It says none.

    Example:
        >>> type_named(int), type_named("datetime")
        ('int', 'datetime')
    """
    name = _BY_CLASS.get(wanted, wanted) if isinstance(wanted, type) else wanted
    if name not in TYPES:
        raise UsageError(f"no type {wanted!r}", where="cast", fix=did_you_mean(str(wanted), TYPES))
    return str(name)


def cast_columns(table: Any, types: Mapping[Any, str]) -> Cast:
    """Return an eager *table* with columns cast to other types.

    Args:
        table: A frame of pandas, or of a library that narwhals knows.
        types: By column, the name of its type.

    Raises:
        UsageError: It has no such column.

    Example:
        >>> import pandas as pd
        >>> found = cast_columns(pd.DataFrame({"n": ["1", "x", None]}), {"n": "int"})
        >>> found.table.n.tolist(), found.bad["n"].tolist()
        ([1, <NA>, <NA>], [False, True, False])
    """
    import pandas

    refuse_unknown(table, types, "cast")
    if library(table) == "pandas":
        columns = {name: _cast(table[name], wanted) for name, wanted in types.items()}
        return Cast(table.assign(**columns) if _are_texts(columns) else _assigned(table, columns), _bad(table, columns))
    frame = through_narwhals(table)
    before = {name: pandas.Series(frame[name].to_list(), dtype=object) for name in types}
    columns = {name: _cast(before[name].infer_objects(), wanted) for name, wanted in types.items()}
    series = [_series(frame, name, columns[name], wanted) for name, wanted in types.items()]
    return Cast(frame.with_columns(*series).to_native(), _bad(before, columns))


def is_lazy_polars(table: Any) -> bool:
    """Whether *table* is a lazy table of polars, which can be told to cast its columns when it is computed.

    Example:
        >>> is_lazy_polars(None)
        False
    """
    return library(table) == "polars" and type(table).__name__ == "LazyFrame"


def cast_lazily(table: Any, types: Mapping[Any, str], *, drop: bool) -> Any:
    """Return a lazy table of polars whose columns are cast when it is computed, by the rules of :func:`cast_columns`.

    Args:
        table: The lazy table; only its schema is asked for.
        types: By column, the name of its type.
        drop: Whether rows are left out that hold a value which cannot be cast; else it is null.

    Raises:
        UsageError: It has no such column; or texts would become moments, whose type depends on the offsets in them.
    """
    polars = sys.modules["polars"]
    schema = table.collect_schema()
    refuse_unknown(polars.DataFrame(schema=schema), types, "cast")
    for name, wanted in types.items():
        if wanted in ("date", "datetime") and not schema[name].is_temporal():
            what = f"{name}: whether its texts have offsets, and so of what type they are, is known when all are read"
            fix = f"lazy.with_columns(polars.col({name!r}).str.to_datetime(strict=False)), or collect it before"
            raise UsageError(what, where="cast", fix=fix)
    empty = polars.DataFrame(schema=schema)
    made = cast_columns(empty, types).table.schema

    def batch(part: Any) -> Any:
        found = cast_columns(part, types)
        result = found.table.cast({name: made[name] for name in types})
        if not drop or not found.bad:
            return result
        good = ~functools.reduce(operator.or_, found.bad.values())
        return result.filter(polars.Series(good))

    return table.map_batches(batch, schema=made, streamable=True)


def _are_texts(names: Mapping[Any, Any]) -> bool:
    return all(isinstance(name, str) for name in names)


def _assigned(table: Any, columns: Mapping[Any, Any]) -> Any:
    result = table.copy(deep=False)
    for name, column in columns.items():
        result[name] = column
    return result


def _bad(before: Any, after: Mapping[Any, Any]) -> dict[Any, Any]:
    found = {name: (column.isna() & before[name].notna()).to_numpy() for name, column in after.items()}
    return {name: bad for name, bad in found.items() if bad.any()}


def _cast(column: Any, wanted: str) -> Any:
    """Return a column of pandas as *wanted*; what is none of it is null."""
    return _CASTS[wanted](column)


def _as_float(column: Any) -> Any:
    pandas = sys.modules["pandas"]
    found = pandas.to_numeric(_stripped(column), errors="coerce")
    return found.astype("Float64") if str(found.dtype) in ("boolean", "Int64") else found.astype("float64")


def _as_int(column: Any) -> Any:
    pandas = sys.modules["pandas"]
    kind = column.dtype
    if pandas.api.types.is_integer_dtype(kind):
        return column if not column.isna().any() else column.astype("Int64")
    if pandas.api.types.is_bool_dtype(kind):
        return column.astype("Int64" if column.isna().any() else "int64")
    found = pandas.to_numeric(_stripped(column), errors="coerce")
    if pandas.api.types.is_integer_dtype(found.dtype):
        return found.astype("int64" if not found.isna().any() else "Int64")
    whole = found.notna() & (found % 1 == 0) & (found.abs() < 2**63)
    if whole.all():
        return found.astype("int64")
    exact = found.abs() < 2**53
    if not exact[whole].all():  # as floats they would lose digits
        return _exactly(column, whole)
    return found.where(whole).astype("Int64")


def _exactly(column: Any, whole: Any) -> Any:
    pandas = sys.modules["pandas"]
    values = [
        int(float(v)) if isinstance(v, float) else int(v) if w else None for v, w in zip(column, whole, strict=True)
    ]
    return pandas.Series(values, index=column.index, name=column.name, dtype="Int64")


def _as_bool(column: Any) -> Any:
    pandas = sys.modules["pandas"]
    if pandas.api.types.is_bool_dtype(column.dtype):
        return column
    texts = column.astype(object).where(column.notna(), None).map(_truth)
    return texts.astype("bool" if not texts.isna().any() else "boolean")


def _truth(value: Any) -> bool | None:
    if value is None:
        return None
    text = str(value).strip().lower()
    text = text.removesuffix(".0")
    return True if text in _TRUE else False if text in _FALSE else None


def _as_str(column: Any) -> Any:
    return column.astype("str") if str(column.dtype) not in ("string",) else column


def _as_datetime(column: Any) -> Any:
    pandas = sys.modules["pandas"]
    if pandas.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    if pandas.api.types.is_numeric_dtype(column.dtype):  # since when, and in what unit, nobody said
        return pandas.Series(pandas.NaT, index=column.index, name=column.name, dtype="datetime64[us]")
    texts = _stripped(column)
    try:
        return pandas.to_datetime(texts, errors="coerce", format="ISO8601")
    except ValueError:  # several offsets: all become UTC, and where none is written nobody knows the time
        found = pandas.to_datetime(texts, errors="coerce", format="ISO8601", utc=True)
        return found.where(texts.map(_has_offset))


def _has_offset(value: Any) -> bool:
    """Whether a time, or the text of one, says how far it is from UTC."""
    said = getattr(value, "tzinfo", None) is not None
    return said or (isinstance(value, str) and _OFFSET.search(value) is not None)


def _as_date(column: Any) -> Any:
    return _as_datetime(column).dt.normalize()


def _as_category(column: Any) -> Any:
    return column.astype("category")


def _stripped(column: Any) -> Any:
    pandas = sys.modules["pandas"]
    return column.str.strip() if pandas.api.types.is_string_dtype(column.dtype) and column.dtype != object else column


_CASTS = {
    "int": _as_int,
    "float": _as_float,
    "str": _as_str,
    "bool": _as_bool,
    "date": _as_date,
    "datetime": _as_datetime,
    "category": _as_category,
}


def _series(frame: Any, name: str, column: Any, wanted: str) -> Any:
    """Return a column of pandas as one of the library of *frame*."""
    import narwhals.stable.v2 as nw

    kinds = {
        "int": nw.Int64(),
        "float": nw.Float64(),
        "str": nw.String(),
        "bool": nw.Boolean(),
        "date": nw.Date(),
        "datetime": nw.Datetime("us"),
        "category": nw.Categorical(),
    }
    values = [None if bad else _plain(value, wanted) for value, bad in zip(column, column.isna(), strict=True)]
    if wanted == "category":
        return nw.new_series(name, values, nw.String(), backend=frame.implementation).cast(nw.Categorical())
    return nw.new_series(name, values, kinds[wanted], backend=frame.implementation)


def _plain(value: Any, wanted: str) -> Any:
    if wanted == "date":
        return value.date()
    if wanted == "datetime":
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value
