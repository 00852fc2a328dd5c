"""Summing up a table by groups, in its own library, with the totals by which it can be checked."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.frames.columns import refuse_unknown, without_level_names
from nbops.frames.reading import through_narwhals
from nbops.frames.selecting import snapshot
from nbops.frames.tables import library, row_count

__all__ = ["FUNCTIONS", "Grouped", "Total", "group"]

FUNCTIONS = ("count", "first", "last", "max", "mean", "median", "min", "nunique", "size", "std", "sum", "var")
"""What a group can be summed up by, named as pandas names it."""

_NARWHALS = {"nunique": "n_unique", "size": "len"}
_ADD_UP = ("sum", "size", "count")

Wanted = Mapping[str, tuple[Any, Any]]
"""By the name of a new column: a column, and the function that sums it up."""


@dataclass(frozen=True, slots=True)
class Total:
    """What the values of one column add up to before and after.

    Args:
        name: The column of the result.
        what: What it is the total of, as ``sum of amount``.
        before: The total of all rows that went in.
        excluded: The part of it in rows that belong to no group.
        after: The total of the result.
        tolerance: By how much they may differ because numbers are rounded.
    """

    name: str
    what: str
    before: float
    excluded: float
    after: float
    tolerance: float

    @property
    def is_equal(self) -> bool:
        """Whether what went in is what came out and what was left out."""
        return abs(self.before - self.excluded - self.after) <= self.tolerance

    @property
    def is_finite(self) -> bool:
        """Whether there is anything to compare: infinity less infinity says nothing."""
        return all(map(math.isfinite, (self.before, self.excluded, self.after)))


@dataclass(frozen=True, slots=True)
class Grouped:
    """What came of summing up. Numbers are None when only a computation could tell.

    Args:
        table: A row for each group.
        rows: How many rows there were.
        groups: How many groups there are.
        null_keys: How many rows have a null in the columns of the groups.
        others: Returns those rows; None for a lazy table.
        totals: The totals of columns that add up.
    """

    table: Any
    rows: int | None
    groups: int | None
    null_keys: int | None
    others: Callable[[], Any] | None = None
    totals: tuple[Total, ...] = ()


def group(table: Any, by: Sequence[Any], wanted: Wanted, *, dropna: bool, count: bool) -> Grouped:
    """Return a row for each group of *table*, sorted by the groups.

    Args:
        table: A frame of any library that is known.
        by: The columns of the groups.
        wanted: What to sum up. Functions that are called are for pandas alone.
        dropna: Leave out rows with a null among *by*; else null is a group like any other.
        count: Count the rows of a lazy table, which computes it once more.

    Raises:
        UsageError: It has no such column, or there is no such function.
    """
    refuse_unknown(table, [*by, *(column for column, _ in wanted.values())], "aggregate")
    for _, function in wanted.values():
        if function not in FUNCTIONS and not (callable(function) and library(table) == "pandas"):
            fix = did_you_mean(str(function), FUNCTIONS)
            raise UsageError(f"nothing is summed up by {function!r}", where="aggregate", fix=fix)
    if library(table) == "pandas":
        return _pandas(table, list(by), wanted, dropna)
    return _portable(table, list(by), wanted, dropna, count)


def _pandas(table: Any, by: list[Any], wanted: Wanted, dropna: bool) -> Grouped:
    null, held = table[by].isna().to_numpy().any(axis=1), snapshot(table)
    groups = without_level_names(table, by).groupby(by, dropna=dropna, as_index=False, observed=True)
    try:
        result = groups.agg(**wanted)
    except TypeError as error:
        if any(callable(function) for _, function in wanted.values()):
            raise  # it may be the function's own
        what = f"pandas cannot sum up so: {error}"
        raise UsageError(what, where="aggregate", fix="group by and sum up columns whose types can be") from error
    excluded = table[null] if dropna and null.any() else table.iloc[:0]
    totals = tuple(
        _total(
            name, (column, function), [_pandas_sum(side, column, function) for side in (table, excluded)], result[name]
        )
        for name, (column, function) in wanted.items()
        if function in _ADD_UP and _adds_up(table[column], function)
    )
    return Grouped(result, len(table), len(result), int(null.sum()), lambda: held[null], totals)


def _adds_up(column: Any, function: str) -> bool:
    return function != "sum" or bool(sys.modules["pandas"].api.types.is_numeric_dtype(column))


def _pandas_sum(table: Any, column: Any, function: str) -> tuple[float, float]:
    """Return the total of a column, and that of its sizes."""
    if function == "size":
        return float(len(table)), 0.0
    values = table[column]
    if function == "count":
        return float(values.count()), 0.0
    numbers = values.astype("float64")  # whose sum is never too large for its type, as that of integers may be
    return _number(numbers.sum()), _number(numbers.abs().sum())


def _number(value: Any) -> float:
    return float(value) if value is not None and not _is_na(value) else 0.0


def _is_na(value: Any) -> bool:
    return type(value).__name__ == "NAType"


def _total(name: str, of: tuple[Any, Any], sums: Sequence[tuple[float, float]], found: Any) -> Total:
    """Return a total: *of* which column by which function, its *sums* of all rows and of those that are left out."""
    column, function = of
    (before, sizes), (excluded, _) = sums
    what = "number of rows" if function == "size" else f"{function} of {column}"
    return Total(name, what, before, excluded, _number(_as_floats(found).sum()), 1e-9 * sizes)


def _as_floats(column: Any) -> Any:
    import narwhals.stable.v2 as nw

    return column.cast(nw.Float64) if isinstance(column, nw.Series) else column.astype("float64")


def _portable(table: Any, by: list[Any], wanted: Wanted, dropna: bool, count: bool) -> Grouped:
    import narwhals.stable.v2 as nw

    frame = through_narwhals(table)
    result = _summed_up(frame, by, wanted, dropna).sort(by, nulls_last=True)
    null = nw.any_horizontal(*(nw.col(name).is_null() for name in by), ignore_nulls=True)
    if isinstance(frame, nw.LazyFrame):
        rows = groups = nulls = None
        if count:
            asked = frame.select(nw.len().alias("n"), null.cast(nw.Int64).sum().alias("nulls")).collect().row(0)
            rows, nulls = int(asked[0]), int(asked[1] or 0)
            groups = int(result.select(nw.len().alias("n")).collect().row(0)[0])
        return Grouped(result.to_native(), rows, groups, nulls)
    excluded = frame.filter(null)
    none = excluded if dropna else excluded.head(0)
    schema = frame.schema
    totals = tuple(
        _total(
            name, (column, function), [_portable_sum(side, column, function) for side in (frame, none)], result[name]
        )
        for name, (column, function) in wanted.items()
        if function in _ADD_UP and (function != "sum" or schema[column].is_numeric())
    )
    return Grouped(result.to_native(), row_count(table), len(result), len(excluded), excluded.to_native, totals)


def _summed_up(frame: Any, by: list[Any], wanted: Wanted, dropna: bool) -> Any:
    """Return a row for each group; null is no different value, as with pandas."""
    import narwhals.stable.v2 as nw

    exprs = [_expression(column, function).alias(name) for name, (column, function) in wanted.items()]
    counted = {name: column for name, (column, function) in wanted.items() if function == "nunique"}
    flags = {name: f"__nbops_null_{at}__" for at, name in enumerate(counted)}
    marks = [nw.col(counted[name]).is_null().cast(nw.Int64).alias(flag) for name, flag in flags.items()]
    marked = frame.with_columns(*marks) if marks else frame
    found = marked.group_by(by, drop_null_keys=dropna).agg(*exprs, *(nw.col(flag).max() for flag in flags.values()))
    exact = [(nw.col(name).cast(nw.Int64) - nw.col(flag)).alias(name) for name, flag in flags.items()]
    return found.with_columns(*exact).select(*by, *wanted) if flags else found


def _expression(column: Any, function: str) -> Any:
    import narwhals.stable.v2 as nw

    return nw.len() if function == "size" else getattr(nw.col(column), _NARWHALS.get(function, function))()


def _portable_sum(frame: Any, column: Any, function: str) -> tuple[float, float]:
    import narwhals.stable.v2 as nw

    if function == "size":
        return float(len(frame)), 0.0
    if function == "count":
        return float(len(frame) - int(frame[column].null_count())), 0.0
    number = nw.col(column).cast(nw.Float64)
    row = frame.select(number.sum().alias("s"), number.abs().sum().alias("a")).row(0)
    return _number(row[0]), _number(row[1])
