"""Judging a column of booleans row by row: which rows fail, which are null, and what stands in them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from nbops.frames.masking import COVERED, is_masked
from nbops.frames.tables import column_names, is_columnar, is_frame, library, row_count, short, shortened, told
from nbops.records import Examples

__all__ = ["Mask", "as_mask", "boolean_arrays", "cell_text", "examples", "first_rows", "row_cells", "values_at"]

_MOST_COLUMNS = 8
_CELL = 60
_NULL_TYPES = frozenset({"NAType", "NaTType"})


@dataclass(frozen=True, slots=True)
class Mask:
    """A column of verdicts, one for each row.

    Args:
        rows: How many rows were judged.
        failing: How many fail, nulls included: what is not known to be right is wrong.
        nulls: How many are null.
        index: The pandas index of the rows; None for other libraries.
        first: Returns the positions of the first *n* failing rows.
    """

    rows: int
    failing: int
    nulls: int
    index: Any
    first: Callable[[int], list[int]]

    def labels(self, positions: Sequence[int]) -> list[str]:
        """Return the labels of rows: of the index when there is one, else their positions."""
        if self.index is None:
            return [str(position) for position in positions]
        found = self.index[list(positions)]
        if any(is_masked(name) for name in found.names if name is not None):
            return [COVERED] * len(positions)
        return [told(label, _label_text) for label in found]


def _label_text(label: object) -> str:
    return f"({', '.join(map(str, label))})" if isinstance(label, tuple) else str(label)


def as_mask(value: Any, *, inverted: bool = False) -> Mask | None:
    """Return the verdicts that *value* holds; None when it is no column, array or frame of booleans.

    A row of a frame fails when one of its cells does. With *inverted*, true means that the row fails; null fails
    either way.
    """
    reader = _READERS.get(library(value))
    return reader(value, inverted) if reader else None


# ── libraries ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_arrays(true: Any, null: Any, index: Any, inverted: bool) -> Mask:
    """Make a mask of NumPy arrays of one or more dimensions; *null* may be None."""
    good = ~true if inverted else true
    if null is not None:
        good = good & ~null
    if good.ndim > 1:
        axes = tuple(range(1, good.ndim))
        good = good.all(axis=axes)
        null = None if null is None else null.any(axis=axes)
    count = sys.modules["numpy"].count_nonzero
    rows = len(good)
    failing = rows - int(count(good))
    nulls = 0 if null is None else int(count(null))
    return Mask(rows, failing, nulls, index, lambda n: (~good).nonzero()[0][:n].tolist())


def _numpy(value: Any, inverted: bool) -> Mask | None:
    if str(getattr(value, "dtype", None)) != "bool" or value.ndim == 0:
        return None
    numpy = sys.modules["numpy"]
    if isinstance(value, numpy.ma.MaskedArray):
        null = numpy.ma.getmaskarray(value)
        return _from_arrays(value.filled(False), null, None, inverted)
    return _from_arrays(value, None, None, inverted)


def _pandas(value: Any, inverted: bool) -> Mask | None:
    if is_frame(value):
        return _pandas_frame(value, inverted)
    if not is_columnar(value) or (arrays := boolean_arrays(value)) is None:
        return None
    return _from_arrays(*arrays, getattr(value, "index", None), inverted)


def _pandas_frame(frame: Any, inverted: bool) -> Mask | None:
    numpy = sys.modules["numpy"]
    columns = [boolean_arrays(frame.iloc[:, at]) for at in range(frame.shape[1])]
    if not columns or any(column is None for column in columns):
        return None
    known = [column for column in columns if column is not None]
    true = numpy.column_stack([true for true, _ in known])
    nulls = [numpy.zeros(len(frame), dtype=bool) if null is None else null for _, null in known]
    return _from_arrays(true, numpy.column_stack(nulls), frame.index, inverted)


def boolean_arrays(column: Any) -> tuple[Any, Any] | None:
    """Return where a column is true and where it is null (None: nowhere); None when it is not boolean."""
    numpy = sys.modules["numpy"]
    dtype = column.dtype
    if isinstance(dtype, numpy.dtype) and dtype.kind == "b":
        return numpy.asarray(column), None
    if str(dtype) in ("boolean", "bool[pyarrow]", "boolean[pyarrow]"):
        null = numpy.asarray(column.isna())
        return numpy.asarray(column.fillna(value=False), dtype=bool), null if null.any() else None
    if isinstance(dtype, numpy.dtype) and dtype.kind == "O" and _holds_booleans(column):
        null = numpy.asarray(sys.modules["pandas"].isna(column))
        return numpy.where(null, False, numpy.asarray(column)).astype(bool), null
    return None


def _holds_booleans(column: Any) -> bool:
    """Whether a column of objects holds booleans and nulls, as ``str.contains`` gives on a column with nulls."""
    return bool(sys.modules["pandas"].api.types.infer_dtype(column, skipna=True) == "boolean")


def _polars(value: Any, inverted: bool) -> Mask | None:
    polars = sys.modules["polars"]
    if isinstance(value, polars.DataFrame):
        if not value.columns or any(kind != polars.Boolean for kind in value.dtypes):
            return None
        cell = ~polars.all() if inverted else polars.all()
        good = value.select(polars.all_horizontal(cell.fill_null(False))).to_series()
        null = value.select(polars.any_horizontal(polars.all().is_null())).to_series()
        nulls = int(null.sum())
    elif isinstance(value, polars.Series) and value.dtype == polars.Boolean:
        good = (~value if inverted else value).fill_null(False)
        nulls = value.null_count()
    else:
        return None
    failing = len(good) - int(good.sum() or 0)
    return Mask(len(good), failing, nulls, None, lambda n: (~good).arg_true().head(n).to_list())


def _pyarrow(value: Any, inverted: bool) -> Mask | None:
    arrow = sys.modules["pyarrow"]
    if is_frame(value):
        columns = [_pyarrow(column, inverted) for column in value.columns]
        return _all_of([column for column in columns if column]) if columns and all(columns) else None
    if not isinstance(value, (arrow.Array, arrow.ChunkedArray)) or not arrow.types.is_boolean(value.type):
        return None
    import numpy

    null = numpy.asarray(value.is_null()) if value.null_count else None
    true = numpy.asarray(value.fill_null(False) if value.null_count else value, dtype=bool)
    return _from_arrays(true, null, None, inverted)


def _all_of(masks: Sequence[Mask]) -> Mask:
    """Return the mask of rows that fail in any of *masks*."""
    failing = sorted({position for mask in masks for position in mask.first(mask.rows)})
    nulls = max(mask.nulls for mask in masks)
    return Mask(masks[0].rows, len(failing), nulls, None, lambda n: failing[:n])


_READERS: dict[str, Callable[[Any, bool], Mask | None]] = {
    "pandas": _pandas,
    "numpy": _numpy,
    "polars": _polars,
    "pyarrow": _pyarrow,
}


# ── the failing rows ─────────────────────────────────────────────────────────────────────────────────────────────────


def examples(mask: Mask, related: Iterable[tuple[str, object]], limit: int = 5) -> Examples:
    """Return the first failing rows of *mask*, as they stand in the table that was judged.

    Args:
        mask: The verdicts.
        related: What the test looked at: its source and its value. The first frame that has these rows is shown,
            the columns that the test names among them; without a frame, every column of the same length.
        limit: How many rows at most.
    """
    positions = mask.first(limit)
    labels = tuple(shortened(label, _CELL) for label in mask.labels(positions))
    seen = [(text, value) for text, value in related if is_columnar(value)]
    mentioned = " ".join(text for text, _ in seen)
    for _, frame in seen:
        rows = _rows_of(frame, mask, positions, mentioned) if is_frame(frame) else None
        if rows is not None:
            return Examples(rows[0], labels, rows[1])
    columns = {text: cells for text, value in seen if (cells := values_at(mask, value, positions)) is not None}
    chosen = dict(list(columns.items())[:_MOST_COLUMNS])
    return Examples(tuple(chosen), labels, tuple(zip(*chosen.values(), strict=True)) or tuple(() for _ in labels))


def first_rows(frame: Any, limit: int = 5) -> Examples:
    """Return the first rows of *frame*, for a test whose very table of wrong rows should have been empty."""
    rows = row_count(frame) or 0
    index = frame.index if library(frame) == "pandas" else None
    everything = Mask(rows, rows, 0, index, lambda n: list(range(min(n, rows))))
    return examples(everything, [("", frame)], limit)


def values_at(mask: Mask, value: Any, positions: Sequence[int]) -> list[str | None] | None:
    """Return the cells of a column in rows of a mask; None when its rows are not those of the mask.

    Columns of booleans are no answer: they only repeat the verdict.

    Args:
        mask: The verdicts.
        value: The column, of the same library or another.
        positions: The rows of *mask*, counted from 0.
    """
    if is_frame(value) or not is_columnar(value) or getattr(value, "ndim", 1) != 1 or _is_boolean(value):
        return None
    places = _aligned(mask, value, positions)
    if places is None:
        return None
    found = library(value)
    if is_masked(getattr(value, "name", None) or ""):
        return [COVERED] * len(places)
    if found == "pandas":
        return [cell_text(cell) for cell in (value.iloc[places] if hasattr(value, "iloc") else value[list(places)])]
    if found == "pyarrow":
        return [cell_text(value[place].as_py()) for place in places]
    return [cell_text(value[place]) for place in places]


def _is_boolean(value: Any) -> bool:
    kind = getattr(value, "dtype", None) or getattr(value, "type", None)
    return str(kind).lower().startswith("bool")


def _rows_of(
    frame: Any, mask: Mask, positions: Sequence[int], mentioned: str
) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]] | None:
    places = _aligned(mask, frame, positions)
    if places is None:
        return None
    names = column_names(frame)
    chosen = _chosen(names, mentioned)
    found = library(frame)
    if found == "pandas":
        taken = [frame.iloc[:, at].array.take(list(places)).tolist() for at in chosen]  # pandas makes rows slowly
        cells: Iterable[Any] = zip(*taken, strict=True) if taken else ([()] * len(places))
    elif found == "polars":
        cells = frame[list(places), chosen].iter_rows()
    else:
        cells = ([column[place].as_py() for column in map(frame.column, chosen)] for place in places)
    shown = [names[at] for at in chosen]
    return tuple(shown), tuple(row_cells(shown, row) for row in cells)


def row_cells(names: Sequence[Any], cells: Iterable[Any]) -> tuple[str | None, ...]:
    """Return the cells of a row as short text; those of masked columns are covered."""
    return tuple(COVERED if is_masked(name) else cell_text(cell) for name, cell in zip(names, cells, strict=True))


def _chosen(names: Sequence[str], mentioned: str) -> list[int]:
    """Return which columns to show, in the frame's order: those that the test names, then the first ones."""
    if len(names) <= _MOST_COLUMNS:
        return list(range(len(names)))
    words = set(re.findall(r"\w+", mentioned))
    named = [at for at, name in enumerate(names) if name in words or (not name.isidentifier() and name in mentioned)]
    others = [at for at in range(len(names)) if at not in named]
    return sorted([*named, *others][:_MOST_COLUMNS])


def _aligned(mask: Mask, value: Any, positions: Sequence[int]) -> list[int] | None:
    """Return where the rows at *positions* of *mask* stand in *value*; None when it has other rows.

    Rows are the same when their pandas index says so, or, without one, when there are as many.
    """
    index = getattr(value, "index", None) if library(value) == "pandas" else None
    if index is None or callable(index) or mask.index is None:
        return list(positions) if row_count(value) == mask.rows else None
    if index is mask.index or (len(index) == mask.rows and index.equals(mask.index)):
        return list(positions)
    if not index.is_unique:
        return None
    places = index.get_indexer(mask.index[list(positions)])
    return places.tolist() if (places >= 0).all() else None


def cell_text(value: Any) -> str | None:
    """Return a cell as short text; None for a null (None, NaN, NaT, NA).

    Example:
        >>> cell_text(float("nan")) is None, cell_text("EWR"), cell_text(2.5)
        (True, 'EWR', '2.5')
    """
    if value is None or type(value).__name__ in _NULL_TYPES or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, str):
        return shortened(value, _CELL)
    if library(value) == "numpy" and str(value) in ("nan", "NaT"):
        return None
    text = (
        short(value, _CELL) if isinstance(value, (float, list, dict, bytes)) or is_columnar(value) else told(value, str)
    )
    return shortened(text, _CELL)
