"""Groups and keys of a table that narwhals reads: counts, sums and extremes of all groups in one query."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from decimal import Decimal
from math import isnan
from typing import Any, Protocol

import narwhals.stable.v2 as nw

from nbops.frames import conditions as c
from nbops.frames import relating as r
from nbops.frames.conditions import Condition, Stat
from nbops.frames.portable_conditions import Columns, failing
from nbops.frames.reading import Counted, Unmeasured, attempt

__all__ = ["MOST_SUM", "Table", "by_group", "grouped", "is_bad", "plain"]

MOST_SUM = 2.0**62
"""From which on libraries may wrap around without a word; as floats tell it, so with room."""


class Table(Columns, Protocol):
    """A table whose columns are known."""

    names: tuple[Any, ...]

    def is_native(self, condition: Condition) -> bool:
        """Whether the library can be asked where *condition* fails."""


def by_group(reader: Table, one: Stat | Condition) -> tuple[Any, str] | None:
    """Return a column and how it is aggregated in each group; None when only reading it here can tell."""
    if isinstance(one, Condition):
        simple = reader.is_native(one) and not isinstance(one, c.Within)
        expression = attempt(functools.partial(failing, reader, one)) if simple else None
        return None if expression is None or isinstance(expression, Unmeasured) else (expression, "failing")
    if one.name == "rows":
        return nw.lit(1), "rows"
    if one.name == "nulls":
        return reader.null(one.column), "failing"
    is_number = one.column in reader.names and reader.kind(one.column) == "number"
    if not is_number or one.name not in ("min", "max", "sum", "mean"):
        return None
    is_short = one.name == "sum" and reader.dtype(one.column).is_float()  # short floats lose digits
    cell = reader.cell(one.column)
    return cell.cast(nw.Float64) if is_short or one.name == "mean" else cell, one.name


def grouped(
    reader: Table, frame: Any, by: tuple[str, ...], asked: Mapping[Any, tuple[Any, str]]
) -> dict[Any, dict[Any, Any]]:
    """Return each of *asked* for each group of rows of *frame* that agree in the columns *by*, in one query.

    A sum of whole numbers that may be too large for the library, which would not say so, is left out.
    """
    keys = [f"k{at}" for at in range(len(by))]
    columns = [_key(reader, name).alias(key) for name, key in zip(by, keys, strict=True)]
    columns += [(e.cast(nw.Int64) if how in ("failing", "rows") else e).alias(f"v{at}")
                for at, (e, how) in enumerate(asked.values())]  # fmt: skip
    made = [getattr(nw.col(f"v{at}"), "sum" if how in ("failing", "rows") else how)().alias(f"v{at}")
            for at, (_, how) in enumerate(asked.values())]  # fmt: skip
    sizes = {at: asked[one][0] for at, one in enumerate(asked) if _is_whole_sum(reader, one)}
    columns += [cell.cast(nw.Float64).abs().alias(f"size{at}") for at, cell in sizes.items()]
    made += [nw.col(f"size{at}").sum() for at in sizes]
    filled = {at: one.column for at, one in enumerate(asked) if isinstance(one, Stat) and one.name == "sum"}
    columns += [(~reader.null(name)).cast(nw.Int64).alias(f"filled{at}") for at, name in filled.items()]
    made += [nw.col(f"filled{at}").sum() for at in filled]
    groups = frame.lazy().select(*columns).group_by(keys).agg(*made, nw.len().alias("n"))
    rows = groups.collect("pyarrow").to_native().to_pylist()
    too_large = {at for at in sizes if any((row[f"size{at}"] or 0) >= MOST_SUM for row in rows)}
    return {
        one: {tuple(_known(row[name]) for name in keys): _of_row(one, row, at) for row in rows}
        for at, one in enumerate(asked)
        if at not in too_large
    }


def _key(reader: Table, name: str) -> Any:
    """Return the values of a column as keys; NaN is null there, too."""
    return reader.cell(name) if reader.dtype(name).is_float() else nw.col(name)


def _is_whole_sum(reader: Table, one: Any) -> bool:
    return isinstance(one, Stat) and one.name == "sum" and reader.dtype(one.column).is_integer()


def _of_row(one: Any, row: Mapping[str, Any], at: int) -> Any:
    value = row[f"v{at}"]
    if isinstance(one, Condition):
        return Counted(int(value), row["n"])
    if row.get(f"filled{at}", 1) == 0:  # nothing does not add up to zero
        return None
    is_whole = isinstance(value, Decimal) and value == int(value)  # as DuckDB adds up whole numbers
    return int(value) if is_whole else value


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and isnan(value) else value


def is_bad(condition: Condition, keys: Any) -> Any:
    """Return which of the different *keys*, a pandas frame, fail."""
    if isinstance(condition, r.OfKeys):
        return condition.bad(keys)
    assert isinstance(condition, c.OfValues)
    return condition.bad(keys.iloc[:, 0].tolist())


def plain(value: Any) -> Any:
    """Return a value of a library as one of Python."""
    for method in ("as_py", "to_pydatetime", "item"):
        if hasattr(value, method):
            return getattr(value, method)()
    return value
