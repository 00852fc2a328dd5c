"""Selecting the rows of a table by a condition, in its own library, with what was counted on the way.

A condition is true, false or unknown in each row. Rows are selected where it is known to be what was asked for; where
it is null the row is not selected, and counted apart. Lazy tables stay lazy: of them nothing is counted unless that
is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.frames.expressions import evaluate, parse_expression
from nbops.frames.masks import boolean_arrays
from nbops.frames.reading import through_narwhals
from nbops.frames.tables import is_columnar, is_frame, kind_of, library, row_count

__all__ = ["Selection", "is_copied_on_write", "select", "snapshot"]

_FIX = "give it booleans, one for each row, or a text: keep(orders, 'amount > 0', reason='free')"


@dataclass(frozen=True, slots=True)
class Selection:
    """What came of a selection. Numbers are None when only a computation could tell.

    Args:
        table: The rows that were selected.
        rows: How many rows there were.
        selected: How many were selected.
        unknown: In how many the condition is null.
        others: Returns the rows where the condition is known and which were not selected; None for a lazy table.
        unknowns: Returns the rows where it is null; None for a lazy table.
    """

    table: Any
    rows: int | None
    selected: int | None
    unknown: int | None
    others: Callable[[], Any] | None = None
    unknowns: Callable[[], Any] | None = None

    @property
    def rest(self) -> int | None:
        """How many rows were not selected although the condition is known."""
        if self.rows is None or self.selected is None or self.unknown is None:
            return None
        return self.rows - self.selected - self.unknown


def select(table: Any, condition: Any, *, where: bool = True, count: bool = False) -> Selection:
    """Return the rows of *table* in which *condition* is true, or with *where* false those in which it is false.

    Args:
        table: A frame of any library that is known, eager or lazy.
        condition: Booleans, one for each row: a column, an array or a list; an expression of the table's library; a
            text as ``amount > 0 and status != 'open'``; or a function of the table that returns one of these.
        where: Which truth is wanted.
        count: Count the rows of a lazy table, which reads it once.

    Raises:
        UsageError: It is no table, or the condition is none of it.

    Example:
        >>> import pandas as pd
        >>> found = select(pd.DataFrame({"x": [1.0, None, 3.0]}), "x > 2")
        >>> found.rows, found.selected, found.unknown, found.rest
        (3, 1, 1, 1)
    """
    if not is_frame(table):
        raise UsageError(f"{kind_of(table)} is no table", fix="give it a frame of pandas, polars, pyarrow, DuckDB …")
    if callable(condition) and not is_columnar(condition) and not _is_expression(condition):
        condition = condition(table)
    found = library(table)
    if found == "pandas":
        return _pandas(table, condition, where)
    if found == "polars" and not isinstance(condition, str):
        return _polars(table, condition, where, count)
    return _portable(table, condition, where, count)


def is_copied_on_write(table: Any) -> bool:
    """Whether a shallow copy of *table* stays as it is whatever is done to the table."""
    if library(table) == "pandas":
        return int(sys.modules["pandas"].__version__.partition(".")[0]) >= 3
    return library(table) in ("polars", "pyarrow")


def snapshot(table: Any) -> Any:
    """Return *table* as it is now, without copying a cell; the table itself where its library has no such thing."""
    return table.copy(deep=False) if library(table) == "pandas" and is_copied_on_write(table) else table


def _is_expression(condition: Any) -> bool:
    return library(condition) in ("polars", "narwhals", "pyarrow", "duckdb", "ibis", "pyspark")


# ── pandas ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _pandas(table: Any, condition: Any, where: bool) -> Selection:
    numpy = sys.modules["numpy"]
    true, null = _text_arrays(table, condition) if isinstance(condition, str) else _arrays(table, condition)
    good = true if where else ~true
    if null is not None:
        good = good & ~null
    held = snapshot(table)
    return Selection(
        table[good],
        len(table),
        int(numpy.count_nonzero(good)),
        0 if null is None else int(numpy.count_nonzero(null)),
        lambda: held[~good if null is None else ~(good | null)],
        lambda: held[numpy.zeros(len(held), dtype=bool) if null is None else null],
    )


def _text_arrays(table: Any, text: str) -> tuple[Any, Any]:
    numpy = sys.modules["numpy"]
    from nbops.frames.pandas_reader import PandasReader

    true, false = (numpy.asarray(side, dtype=bool) for side in _read(text, PandasReader(table)))
    unknown = ~(true | false)
    return true, unknown if unknown.any() else None


def _read(text: str, reader: Any) -> tuple[Any, Any]:
    expression = parse_expression(text)
    names = [str(name) for name in reader.names]
    for column in expression.columns:
        if column not in names:
            fix = did_you_mean(column, names)
            raise UsageError(f"no column {column!r}", where=f"the condition {text!r}", fix=fix)
    return evaluate(expression, reader)


def _arrays(table: Any, condition: Any) -> tuple[Any, Any]:
    """Return where the rows of *table* are true, and where unknown (None: nowhere)."""
    pandas = sys.modules["pandas"]
    if isinstance(condition, pandas.Series) and not condition.index.equals(table.index):
        condition = _as_ordered(table, condition)
    elif library(condition) in ("polars", "pyarrow") and hasattr(condition, "to_pandas"):
        condition = condition.to_pandas()
    elif isinstance(condition, (list, tuple)):
        condition = pandas.Series(list(condition), dtype=object if condition else bool)
    if is_frame(condition) or not is_columnar(condition) or getattr(condition, "ndim", 1) != 1:
        raise UsageError(f"{kind_of(condition)} is no condition of a table's rows", fix=_FIX)
    arrays = boolean_arrays(condition)
    if arrays is None and condition.dtype == object and pandas.isna(condition).all():
        nothing = sys.modules["numpy"].zeros(len(condition), dtype=bool)
        arrays = nothing, ~nothing  # a column without a value has no type of its own
    if arrays is None:
        raise UsageError(f"a condition is of booleans, this is {kind_of(condition)}", fix=_FIX)
    _refuse_other_length(len(arrays[0]), len(table))
    return arrays


def _as_ordered(table: Any, condition: Any) -> Any:
    """Return *condition* in the order of the table's rows, as pandas does when their labels are the same."""
    if not condition.index.is_unique or not table.index.isin(condition.index).all():
        what = f"the condition is of {len(condition):,} other rows than the table's {len(table):,}"
        raise UsageError(what, where="their indexes differ", fix="make the condition of the same table")
    return condition.reindex(table.index)


def _refuse_other_length(length: int, rows: int | None) -> None:
    if rows is not None and length != rows:
        what = f"the condition has {length:,} rows, the table has {rows:,}"
        raise UsageError(what, fix="make the condition of the same table")


# ── polars ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _polars(table: Any, condition: Any, where: bool, count: bool) -> Selection:
    polars = sys.modules["polars"]
    if isinstance(table, polars.LazyFrame):
        return _polars_lazy(table, _polars_expression(condition), where, count)
    series = _polars_series(table, condition)
    good, unknown = series if where else ~series, series.null_count()
    return Selection(
        table.filter(good),
        table.height,
        int(good.sum() or 0),
        unknown,
        lambda: table.filter(~good),
        lambda: table.filter(good.is_null()),
    )


def _polars_series(table: Any, condition: Any) -> Any:
    polars = sys.modules["polars"]
    if isinstance(condition, polars.Expr):
        condition = table.select(condition.alias("condition")).to_series()
    elif library(condition) == "pandas" and hasattr(condition, "array"):
        condition = polars.Series(condition.astype(object).where(condition.notna(), None).tolist())
    elif not isinstance(condition, polars.Series) and (is_columnar(condition) or isinstance(condition, (list, tuple))):
        condition = polars.Series(condition)
    if not isinstance(condition, polars.Series) or condition.dtype != polars.Boolean:
        raise UsageError(f"a condition is of booleans, this is {kind_of(condition)}", fix=_FIX)
    _refuse_other_length(len(condition), table.height)
    return condition


def _polars_expression(condition: Any) -> Any:
    polars = sys.modules["polars"]
    if not isinstance(condition, polars.Expr):
        what = f"a lazy table needs an expression, this is {kind_of(condition)}"
        raise UsageError(what, fix="polars.col('amount') > 0, or the text 'amount > 0'")
    return condition


def _polars_lazy(table: Any, condition: Any, where: bool, count: bool) -> Selection:
    polars = sys.modules["polars"]
    good = condition if where else ~condition
    rows = selected = unknown = None
    if count:
        asked = table.select(polars.len(), good.sum().alias("selected"), good.is_null().sum().alias("unknown"))
        rows, selected, unknown = (int(value or 0) for value in asked.collect().row(0))
    return Selection(table.filter(good), rows, selected, unknown)


# ── every other library ──────────────────────────────────────────────────────────────────────────────────────────────


def _portable(table: Any, condition: Any, where: bool, count: bool) -> Selection:
    import narwhals.stable.v2 as nw

    frame = through_narwhals(table)
    if isinstance(frame, nw.LazyFrame):
        return _portable_lazy(frame, *_portable_expressions(table, condition, where), count)
    if isinstance(condition, (str, nw.Expr)):
        good, null = _portable_expressions(table, condition, where)
        found = frame.select(good.alias("good"), null.alias("null"))
        chosen, null = found["good"], found["null"]
    else:
        series = _portable_series(frame, condition)
        chosen, null = (series if where else ~series).fill_null(False), series.is_null()
    return Selection(
        frame.filter(chosen).to_native(),
        row_count(table),
        int(chosen.sum() or 0),
        int(null.sum() or 0),
        lambda: frame.filter(~(chosen | null)).to_native(),
        lambda: frame.filter(null).to_native(),
    )


def _portable_expressions(table: Any, condition: Any, where: bool) -> tuple[Any, Any]:
    """Return where a condition is what was asked for, and where it is null; neither is ever null itself."""
    import narwhals.stable.v2 as nw

    if isinstance(condition, str):
        from nbops.frames.portable_reader import PortableReader

        true, false = _read(condition, PortableReader(table))
        return (true if where else false), ~(true | false)
    if not isinstance(condition, nw.Expr):
        what = f"a condition of a {kind_of(table)} is a text or an expression of narwhals, not {kind_of(condition)}"
        raise UsageError(what, fix="keep(orders, 'amount > 0', reason='free')")
    return (condition if where else ~condition).fill_null(False), condition.is_null()


def _portable_series(frame: Any, condition: Any) -> Any:
    import narwhals.stable.v2 as nw

    if library(condition) == "numpy":
        condition = condition.tolist()
    if isinstance(condition, (list, tuple)):
        condition = nw.new_series("condition", list(condition), nw.Boolean, backend=frame.implementation)
    elif library(condition) == "pyarrow" and not hasattr(condition, "chunks"):
        condition = sys.modules["pyarrow"].chunked_array([condition])
    series = condition if isinstance(condition, nw.Series) else nw.from_native(condition, series_only=True)
    if series.dtype != nw.Boolean:
        raise UsageError(f"a condition is of booleans, this is {series.dtype}", fix=_FIX)
    _refuse_other_length(len(series), len(frame))
    return series


def _portable_lazy(frame: Any, good: Any, null: Any, count: bool) -> Selection:
    import narwhals.stable.v2 as nw

    rows = selected = unknown = None
    if count:
        asked = frame.select(
            nw.len().alias("rows"),
            good.cast(nw.Int64).sum().alias("selected"),
            null.cast(nw.Int64).sum().alias("unknown"),
        )
        rows, selected, unknown = (int(value or 0) for value in asked.collect().row(0))
    return Selection(frame.filter(good).to_native(), rows, selected, unknown)
