"""Putting tables of one library one below the other, and what is not the same in their columns."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any, Literal

from nbops.errors import UsageError
from nbops.frames.reading import through_narwhals
from nbops.frames.tables import library

__all__ = ["Mismatch", "differences", "stacked"]

_MOST_NAMED = 8
Mismatch = Literal["error", "fill", "intersect"]


def _schema(table: Any) -> dict[Any, str]:
    if library(table) == "pandas":
        kinds = zip(table.columns, table.dtypes, strict=True)
        return {name: _inferred(table[name]) if str(dtype) == "object" else str(dtype) for name, dtype in kinds}
    return {name: str(dtype) for name, dtype in through_narwhals(table).collect_schema().items()}


def _inferred(column: Any) -> str:
    """Return what a column of Python objects of pandas holds; empty when it holds nothing but nulls."""
    found = str(sys.modules["pandas"].api.types.infer_dtype(column, skipna=True)) if column.ndim == 1 else "object"
    return "" if found == "empty" else {"string": "str", "boolean": "bool", "integer": "int"}.get(found, found)


def differences(tables: Sequence[Any]) -> list[str]:
    """Return what is not the same in the columns of *tables*, a sentence each; the first one is the measure.

    Types of numbers that hold each other (int64 and float64 of pandas) are no difference.

    Example:
        >>> import pandas as pd
        >>> differences([pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"a": ["x"], "c": [2]})])
        ['table 2 has no b', 'table 2 has c, table 1 has not', 'a is int64 in table 1, str in table 2']
    """
    schemas = [_schema(table) for table in tables]
    first, said = schemas[0], []
    for at, schema in enumerate(schemas[1:], 2):
        missing = [str(name) for name in first if name not in schema]
        extra = [str(name) for name in schema if name not in first]
        said += [f"table {at} has no {_named(missing)}"] if missing else []
        said += [f"table {at} has {_named(extra)}, table 1 has not"] if extra else []
        for name, kind in first.items():
            if name in schema and not _fit(kind, schema[name]):
                said.append(f"{name} is {kind} in table 1, {schema[name]} in table {at}")
    return said


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join([*names[:_MOST_NAMED], *([f"{more:,} more columns"] if more > 0 else [])])


def _fit(one: str, other: str) -> bool:
    """Whether values of both types can stand in one column; a column of nothing but nulls fits every other."""
    nothing = ("", "Null", "null", "Unknown", "Object")
    return one in nothing or other in nothing or _family(one) == _family(other)


def _family(dtype: str) -> str:
    """Return what a type holds, so that types of one family can stand in one column."""
    name = dtype.lower()
    for family, marks in _FAMILIES.items():
        if name.startswith(marks):
            return f"time in {_zone(dtype)}" if family == "time" else family
    return name


def _zone(dtype: str) -> str:
    """Return the time zone in the name of a type; empty for times that are of none."""
    found = re.search(r"(?:, |tz=|time_zone=)'?([A-Za-z][\w/+-]*)'?[\])]", dtype)
    return found[1] if found and found[1] != "None" else ""


_FAMILIES = {
    "number": ("int", "uint", "float", "double", "decimal"),
    "text": ("str", "string", "large_string", "category", "categorical", "enum"),
    "truth": ("bool",),
    "time": ("datetime", "timestamp"),
}


def stacked(tables: Sequence[Any], mismatch: Mismatch) -> Any:
    """Return *tables* one below the other; columns are found by their names, the first table gives the order.

    Args:
        tables: At least one, all of one library.
        mismatch: With ``fill`` columns that one lacks are null in its rows, with ``intersect`` only the columns that
            all have stay. With ``error`` they must be the same.

    Raises:
        UsageError: The library cannot put columns of their types into one.
    """
    if mismatch == "intersect":
        common = set.intersection(*(set(_schema(table)) for table in tables))
        names = [name for name in _schema(tables[0]) if name in common]
        tables = [_only(table, names) for table in tables]
    found = library(tables[0])
    if found == "pandas":
        return sys.modules["pandas"].concat(list(tables), join="outer", sort=False)
    try:
        if found == "polars":
            return sys.modules["polars"].concat(list(tables), how="diagonal_relaxed")
        return _portable(tables)
    except Exception as error:
        what = f"their columns cannot be put together: {error}"
        raise UsageError(what, where="union", fix="cast(table, {column: type}) before") from error


def _only(table: Any, names: Sequence[Any]) -> Any:
    return table[list(names)] if library(table) == "pandas" else through_narwhals(table).select(*names).to_native()


def _portable(tables: Sequence[Any]) -> Any:
    import narwhals.stable.v2 as nw

    frames = [through_narwhals(table) for table in tables]
    return nw.to_native(nw.concat(frames, how="diagonal"))
