"""Counting the nulls of every column at the end of a step, where that costs next to nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from nbops.frames.tables import is_frame, library

__all__ = ["null_counts"]

_MOST_COLUMNS = 200
_MOST_CELLS = 50_000_000  # about a twentieth of a second
_FEW_CELLS = 20_000
_OF_OBJECTS = 10  # cells of plain numbers that one of them costs


def null_counts(value: object) -> tuple[int, ...]:
    """Return how many nulls each column of a table holds, NaN among numbers of pandas included.

    The first 200 columns alone; empty for what is no table in memory, and where counting would take long: whether a
    table is counted depends on its shape and types, never on the clock.

    Example:
        >>> import pandas as pd
        >>> null_counts(pd.DataFrame({"id": [1, 2], "name": ["a", None]}))
        (0, 1)
        >>> null_counts([1, None])
        ()
    """
    counter = _COUNTERS.get(library(value)) if is_frame(value) else None
    return counter(value) if counter is not None else ()


def _pandas(value: Any) -> tuple[int, ...]:
    rows, columns = value.shape
    if rows * columns <= _FEW_CELLS:  # at once: each look at a column costs pandas a new object
        return tuple(value.isna().to_numpy().sum(0).tolist()[:_MOST_COLUMNS])
    names = min(columns, _MOST_COLUMNS)
    costs = [_cost(kind) for kind in value.dtypes.iloc[:names]]
    if rows * sum(costs) > _MOST_CELLS:
        return ()
    return tuple(_of_series(value.iloc[:, at]) if cost else 0 for at, cost in enumerate(costs))


def _cost(dtype: Any) -> int:
    """Return what counting one cell costs; whole numbers and booleans of NumPy hold no null."""
    if isinstance(dtype, sys.modules["numpy"].dtype):
        return 0 if dtype.kind in "iub" else 1 if dtype.kind in "fcmM" else _OF_OBJECTS
    return 1 if getattr(dtype, "kind", "O") in "iubfmM" else _OF_OBJECTS


def _of_series(series: Any) -> int:
    if getattr(series.dtype, "kind", "") == "f" and isinstance(series.dtype, sys.modules["numpy"].dtype):
        numbers = series.to_numpy()
        return int(sys.modules["numpy"].count_nonzero(numbers != numbers))  # noqa: PLR0124 - NaN alone differs from itself
    return int(series.isna().sum())


def _polars(value: Any) -> tuple[int, ...]:
    if type(value).__name__ == "LazyFrame":
        return ()
    return tuple(int(count) for count in value.null_count().row(0)[:_MOST_COLUMNS])


def _pyarrow(value: Any) -> tuple[int, ...]:
    return tuple(int(column.null_count) for column in value.columns[:_MOST_COLUMNS])


_COUNTERS: dict[str, Callable[[Any], tuple[int, ...]]] = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow}
