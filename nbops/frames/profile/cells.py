"""The cells of one column as arrays, from whatever library its table comes."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from nbops.frames.pandas_column import Column
from nbops.frames.profile.hashing import Array, Texts, hash_numbers, hash_texts, mixed
from nbops.frames.tables import told

__all__ = ["Cells"]

_NULL = np.uint64(0x6E756C6C)


class Cells:
    """One column of a pandas frame, read once.

    Args:
        series: The column.
    """

    def __init__(self, series: Any) -> None:
        self.column = Column(series)
        self.kind = self.column.kind if len(series) != self.column.nulls else _declared(self.column)
        self.rows = len(series)
        self.nulls = self.column.nulls
        if self.kind in ("number", "time") and series.dtype == "object" and not self._is_measurable():
            self.kind = "object"

    def _is_measurable(self) -> bool:
        """Whether its values become an array: numbers beyond all floats do not, nor moments with and without zone."""
        try:
            return len(self.numbers) >= 0
        except (TypeError, ValueError, OverflowError):
            return False

    @cached_property
    def numbers(self) -> Array:
        """The numbers, truth values, or microseconds since 1970; nulls are left out."""
        if self.kind == "time":
            moments = self.column.times
            moments = moments if self.nulls == 0 else moments[~self.column.null]
            if self.has_zone:
                moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
            return moments.to_numpy().astype("datetime64[us]").view("int64")
        return self.column.numbers

    @property
    def has_zone(self) -> bool:
        """Whether its moments know their zone."""
        return getattr(self.column.times.dtype, "tz", None) is not None

    @cached_property
    def texts(self) -> Texts:
        """The texts; nulls are left out. What is no text is taken as it is printed."""
        present = self.column.present
        if self.column.is_category:
            present = present.astype("object")
        if self.kind != "text":
            present = present.map(told).astype("object")
        return _from_arrow(present) or _from_python(present)

    @cached_property
    def present_hashes(self) -> Array:
        """The hash of each cell that is not null."""
        return hash_numbers(self.numbers) if self.kind in ("number", "bool", "time") else hash_texts(self.texts)

    @property
    def hashes(self) -> Array:
        """The hash of each cell, that of a null among them."""
        if self.nulls == 0:
            return self.present_hashes
        found = np.full(self.rows, mixed(np.array([_NULL], dtype="uint64"))[0])
        found[~self.column.null] = self.present_hashes
        return found


def _declared(column: Column) -> str:
    """Return what a column without any value was meant to hold, as far as its type tells."""
    return column.kind if column.series.dtype != "object" else "object"


def _from_arrow(series: Any) -> Texts | None:
    """Return the texts of a Series that Arrow holds, without copying them; None when it does not."""
    make = getattr(series.array, "__arrow_array__", None)
    if make is None:
        return None
    import pyarrow

    found = make()
    if isinstance(found, pyarrow.ChunkedArray):
        found = found.combine_chunks() if found.num_chunks != 1 else found.chunk(0)
    found = found.cast(pyarrow.large_string()) if found.type != pyarrow.large_string() else found
    _, starts, data = found.buffers()
    if data is None:
        return Texts(np.zeros(0, "uint8"), np.zeros(len(found) + 1, "int64"))
    places = np.frombuffer(starts, "int64")[found.offset : found.offset + len(found) + 1]
    return Texts(np.frombuffer(data, "uint8"), places)


def _from_python(series: Any) -> Texts:
    encoded = [str(value).encode("utf-8", "replace") for value in series.tolist()]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in encoded], dtype="int64")]).astype("int64")
    return Texts(np.frombuffer(b"".join(encoded), "uint8"), starts)
