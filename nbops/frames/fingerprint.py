"""Telling cheaply whether a value changed while a step ran.

A fingerprint is taken in about a millisecond whatever the size of the value: small data are hashed whole, big ones by
samples from all over them. So a changed fingerprint means that the value changed; an equal one means that it most
likely did not, which is enough to find a table that a step mutates behind everybody's back.
"""

from __future__ import annotations

import sys
import types
import zlib
from collections.abc import Callable, Iterable
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import PurePath
from typing import Any

from nbops.frames.tables import is_columnar, is_frame, library

__all__ = ["fingerprint"]

_WHOLE_BYTES = 1 << 20  # of one value; hashed whole up to here, sampled above
_PIECES, _PIECE_BYTES = 32, 1 << 11
_MOST_COLUMNS = 40
_SAMPLE_ROWS = 64
_MOST_ITEMS = 400
_TABLE_ITEMS = 100  # what a table inside a container costs of that
_DEEPEST = 7  # the pair of a dictionary counts as one
_PLAIN = (type(None), bool, int, float, complex, str, bytes, date, time, timedelta, Decimal, PurePath, range, frozenset)
_BY_IDENTITY = (
    types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type, types.GeneratorType
)  # fmt: skip


def fingerprint(value: object) -> str | None:
    """Return a text that changes when *value* does; None when nothing can be told about it cheaply.

    Example:
        >>> rows = [1, 2]
        >>> before = fingerprint(rows)
        >>> rows.append(3)
        >>> fingerprint(rows) == before
        False
    """
    try:
        return _Work().mark(value, 0)
    except Exception:  # noqa: BLE001 - a foreign object that cannot be looked at is one about which nothing can be told
        return None


class _Work:
    """One fingerprint being taken, with what is left of its budget."""

    def __init__(self) -> None:
        self._items = _MOST_ITEMS

    def mark(self, value: Any, depth: int) -> str | None:
        """Return the fingerprint of *value*, which stands *depth* containers deep."""
        if isinstance(value, _PLAIN):
            return f"{type(value).__name__}:{hash(value)}"
        if isinstance(value, _BY_IDENTITY):
            return f"id:{id(value)}"
        found = library(value)
        if found and is_columnar(value):
            self._items -= _TABLE_ITEMS
            return _TABLES.get(found, _by_identity)(value)
        if isinstance(value, (list, tuple, set, dict)):
            return self._container(value, depth)
        return self._instance(value, depth)

    def _container(self, value: Any, depth: int) -> str:
        head = f"{type(value).__name__}:{len(value)}:"
        if depth >= _DEEPEST:
            return f"{head}{id(value)}"
        items = value.items() if isinstance(value, dict) else value
        return head + self._hash_of(items, depth)

    def _instance(self, value: Any, depth: int) -> str | None:
        if library(value) == "numpy" and hasattr(value, "bit_generator"):
            return f"rng:{hash(str(value.bit_generator.state))}"
        state = getattr(value, "__dict__", None)
        if not isinstance(state, dict) or depth >= _DEEPEST:
            return None if depth == 0 else f"id:{id(value)}"
        public = ((name, item) for name, item in state.items() if not name.startswith("_"))
        return f"{type(value).__name__}:{id(value)}:{self._hash_of(public, depth)}"

    def _hash_of(self, items: Iterable[object], depth: int) -> str:
        marks = []
        for item in islice(items, max(self._items, 0)):
            self._items -= 1
            marks.append(self.mark(item, depth + 1))
        return str(hash(tuple(marks)))


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _by_identity(value: object) -> str:
    """Return the fingerprint of what cannot change: a lazy plan, an arrow table."""
    return f"{type(value).__name__}:{id(value)}"


def _numpy(value: Any) -> str:
    return f"{value.shape}:{value.dtype}:{_array(value)}"


def _array(value: Any, limit: int = _WHOLE_BYTES) -> int:
    """Return a hash of the contents of an array, or of samples of them when it has more than *limit* bytes."""
    if value.size == 0:
        return 0
    if value.dtype.hasobject:
        flat = value.ravel(order="K") if value.flags.forc else value.reshape(-1)[:_MOST_ITEMS]
        return hash(tuple(map(id, flat[:: max(1, len(flat) // _MOST_ITEMS)].tolist())))
    if value.flags.f_contiguous:
        value = value.T
    elif not value.flags.c_contiguous:
        thin = value if value.nbytes <= limit else value[:: max(1, value.nbytes // limit)]
        value = sys.modules["numpy"].ascontiguousarray(thin)
    return _bytes(memoryview(value.view("u1") if value.dtype.kind in "mM" else value).cast("B"), limit)


def _bytes(data: memoryview, limit: int) -> int:
    if len(data) <= limit:
        return zlib.crc32(data)
    check = len(data)
    step = (len(data) - _PIECE_BYTES) // (_PIECES - 1)
    for piece in range(_PIECES):
        check = zlib.crc32(data[piece * step : piece * step + _PIECE_BYTES], check)
    return check


def _pandas(value: Any) -> str:
    index = _pandas_column(getattr(value, "index", ()), _WHOLE_BYTES // 4)
    if not is_frame(value):
        return f"{type(value).__name__}:{len(value)}:{value.dtype}:{_pandas_column(value, _WHOLE_BYTES)}:{index}"
    names = hash(tuple(value.columns))
    kinds = hash(tuple(map(str, value.dtypes)))
    places = range(0, value.shape[1], max(1, value.shape[1] // _MOST_COLUMNS))
    limit = _WHOLE_BYTES // max(1, len(places))
    marks = hash(tuple(_pandas_column(value.iloc[:, at], limit) for at in places))
    return f"DataFrame:{value.shape}:{names}:{kinds}:{marks}:{index}"


def _pandas_column(column: Any, limit: int) -> int:
    numpy, pandas = sys.modules["numpy"], sys.modules["pandas"]
    if isinstance(column, tuple):
        return 0
    if isinstance(column, pandas.RangeIndex):
        return hash((column.start, column.stop, column.step))
    if isinstance(column.dtype, numpy.dtype) and column.dtype.kind != "O":
        return _array(column.to_numpy(), limit)
    if isinstance(column.dtype, pandas.CategoricalDtype) and hasattr(column, "array"):
        return hash((_array(column.array.codes, limit), len(column.array.categories)))
    rows = max(1, len(column) // _SAMPLE_ROWS)
    sample = column.iloc[::rows] if isinstance(column, pandas.Series) else column[::rows]
    return hash(tuple(map(str, sample.tolist())))


def _polars(value: Any) -> str:
    if not hasattr(value, "gather_every"):
        return _by_identity(value)
    polars = sys.modules["polars"]
    if isinstance(value, polars.LazyFrame):
        return _by_identity(value)
    rows = max(1, len(value) // _SAMPLE_ROWS)
    if isinstance(value, polars.Series):
        return f"Series:{len(value)}:{value.dtype}:{hash(tuple(map(str, value.gather_every(rows).to_list())))}"
    chosen = value.columns[:: max(1, len(value.columns) // _MOST_COLUMNS)]
    sample = value[chosen].gather_every(rows) if chosen else value
    head = hash((tuple(value.columns), tuple(map(str, value.dtypes))))
    return f"DataFrame:{value.shape}:{head}:{hash(str(sample.rows()))}"


_TABLES: dict[str, Callable[[Any], str]] = {"numpy": _numpy, "pandas": _pandas, "polars": _polars}
