"""Groups and keys of a table that narwhals reads: counts, sums and extremes of all groups in one query."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from math import isnan
from typing import Any, Protocol

import narwhals.stable.v2 as nw

from nbops.frames import conditions as c
from nbops.frames import relating as r
from nbops.frames.conditions import Condition, Stat
from nbops.frames.portable_conditions import Columns, failing
from nbops.frames.reading import Counted, Unmeasured, attempt

__all__ = ["Table", "by_group", "grouped", "is_bad", "plain"]


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
    return (reader.cell(one.column), one.name) if is_number and one.name in ("min", "max", "sum", "mean") else None


def grouped(
    reader: Table, frame: Any, by: tuple[str, ...], asked: Mapping[Any, tuple[Any, str]]
) -> dict[Any, dict[Any, Any]]:
    """Return each of *asked* for each group of rows of *frame* that agree in the columns *by*, in one query."""
    keys = [f"k{at}" for at in range(len(by))]
    columns = [nw.col(name).alias(key) for name, key in zip(by, keys, strict=True)]
    columns += [(e.cast(nw.Int64) if how in ("failing", "rows") else e).alias(f"v{at}")
                for at, (e, how) in enumerate(asked.values())]  # fmt: skip
    made = [getattr(nw.col(f"v{at}"), "sum" if how in ("failing", "rows") else how)().alias(f"v{at}")
            for at, (_, how) in enumerate(asked.values())]  # fmt: skip
    groups = frame.lazy().select(*columns).group_by(keys).agg(*made, nw.len().alias("n"))
    rows = groups.collect("pyarrow").to_native().to_pylist()
    found: dict[Any, dict[Any, Any]] = {one: {} for one in asked}
    for row in rows:
        key = tuple(_known(row[name]) for name in keys)
        for at, one in enumerate(asked):
            value = row[f"v{at}"]
            found[one][key] = Counted(int(value), row["n"]) if isinstance(one, Condition) else value
    return found


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and isnan(value) else value


def is_bad(condition: Condition, keys: Any) -> Any:
    """Return which of the different *keys*, a pandas frame, fail."""
    if isinstance(condition, r.OfKeys):
        return condition.bad(keys)
    assert isinstance(condition, (c.WellFormed, c.Matches))
    return [not condition.holds(value) for value in keys.iloc[:, 0]]


def plain(value: Any) -> Any:
    """Return a value of a library as one of Python."""
    for method in ("as_py", "to_pydatetime", "item"):
        if hasattr(value, method):
            return getattr(value, method)()
    return value
