"""pandas frames whose numbers stay where they were read: in a private, writable map of a file.

Arrow copies numbers into new memory when it makes a frame, because what it holds must not be written. A private map may
be written: a page is copied when it is first changed, and the file never is. So the columns of the frame are arrays in
the map itself, and a frame is there as soon as its file is.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["mapped_frame"]

_NUMBERS = "iufmM"
_PLAIN_TYPES = frozenset({"datetime", "timedelta"})


def mapped_frame(table: Any, data: Any) -> Any:
    """Return the pandas frame of an Arrow table that was read from *data*, without copying its numbers.

    Args:
        table: A table that was made of a pandas frame: where a number is null, NaN or NaT lie below, as pandas wrote
            them, so the marks of nulls are not needed.
        data: The writable memory in which its buffers lie.
    """
    import pyarrow

    found = _number_columns(table)
    for place in found:
        table = table.set_column(place, table.field(place), _unmarked(table.column(place).chunk(0)))
    frame = table.to_pandas(split_blocks=True)
    start = pyarrow.py_buffer(data).address
    for place, kind in found.items():
        if place < frame.shape[1] and frame.dtypes.iloc[place] == kind:
            frame.isetitem(place, _series(table.column(place).chunk(0), kind, frame.index, data, start))
    return frame


def _number_columns(table: Any) -> dict[int, Any]:
    """Return the places of the columns that are plain arrays of numbers or times in pandas, and their dtypes."""
    import numpy

    about = json.loads((table.schema.metadata or {}).get(b"pandas", b'{"columns": []}'))["columns"]
    found = {}
    for place, column in enumerate(about[: table.num_columns]):
        plain = column["pandas_type"] == column["numpy_type"] or column["pandas_type"] in _PLAIN_TYPES
        if not plain or table.column(place).num_chunks != 1:
            continue
        try:
            kind = numpy.dtype(column["numpy_type"])
        except TypeError:  # a type of pandas' own
            continue
        if kind.kind in _NUMBERS and kind.itemsize * 8 == table.field(place).type.bit_width:
            found[place] = kind
    return found


def _unmarked(array: Any) -> Any:
    import pyarrow

    return pyarrow.Array.from_buffers(array.type, len(array), [None, array.buffers()[1]], 0, array.offset)


def _series(array: Any, kind: Any, index: Any, data: Any, start: int) -> Any:
    import numpy
    import pandas

    first = array.buffers()[1].address - start + array.offset * kind.itemsize
    return pandas.Series(numpy.frombuffer(data, kind, len(array), first), index=index, copy=False)
