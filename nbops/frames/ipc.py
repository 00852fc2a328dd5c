"""Tables as bytes in the Arrow IPC format, and back: exactly, or not at all.

A table is *frozen* first: a copy that later changes of the original do not reach, made in no time where the library
copies on write. Its bytes are accepted only when dtypes, columns, index and attributes come back as they were.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

from nbops.frames.mapped import mapped_frame

__all__ = ["from_arrow", "from_ipc", "frozen_table", "to_arrow", "to_ipc"]

_NAME = b"nbops.series"
_COPIES_ON_WRITE = 3
_HEAD_BYTES = 64


def frozen_table(value: Any) -> Any:
    """Return a copy of a table that the original no longer changes; None when it is none that Arrow can hold.

    Columns of arbitrary objects are not for Arrow, nor are tables when pyarrow is not there.
    """
    kind = type(value)
    library = kind.__module__.split(".")[0]
    if library == "polars" and kind in (sys.modules["polars"].DataFrame, sys.modules["polars"].Series):
        return value.clone() if "Object" not in _polars_kinds(value) else None
    if library not in ("pandas", "pyarrow") or not _has_pyarrow():
        return None
    if library == "pyarrow":
        return value if kind is sys.modules["pyarrow"].Table else None
    return _frozen_pandas(value)


def _polars_kinds(value: Any) -> set[str]:
    return {str(kind) for kind in (value.dtypes if hasattr(value, "dtypes") else [value.dtype])}


def _frozen_pandas(value: Any) -> Any:
    pandas = sys.modules["pandas"]
    if type(value) is pandas.DataFrame:
        columns = [*value.dtypes, *getattr(value.index, "dtypes", [value.index.dtype])]
        fits = value.columns.is_unique and "object" not in map(str, columns)
    elif type(value) is pandas.Series:
        fits = "object" not in (str(value.dtype), str(value.index.dtype)) and isinstance(
            value.name, (str, int, type(None))
        )
    else:
        return None
    copies_on_write = int(pandas.__version__.split(".")[0]) >= _COPIES_ON_WRITE
    return value.copy(deep=not copies_on_write) if fits else None


def to_ipc(table: Any, compression: str | None = None) -> list[bytes | memoryview]:
    """Return the bytes of a frozen table, as parts that follow each other: what Arrow holds already is not copied.

    Args:
        table: What :func:`frozen_table` returned.
        compression: None, ``lz4`` or ``zstd``.

    Raises:
        ValueError: It would not come back as it is.
    """
    if type(table).__module__.startswith("polars"):
        is_frame = hasattr(table, "write_ipc")
        buffer = io.BytesIO()
        (table if is_frame else table.to_frame()).write_ipc(buffer, compression=compression or "uncompressed")
        return [_head("polars.DataFrame" if is_frame else "polars.Series"), buffer.getbuffer()]
    kind, arrow = to_arrow(table)
    return _written(arrow, kind, compression)


def to_arrow(table: Any) -> tuple[str, Any]:
    """Return what a frozen table of pandas or pyarrow is, and the same as an Arrow table.

    Raises:
        ValueError: It would not come back as it is.
    """
    import pyarrow

    if isinstance(table, pyarrow.Table):
        return "pyarrow.Table", table
    arrow = _from_pandas(table)
    if not _is_same(table, _to_pandas(arrow.slice(0, 0))):
        raise ValueError("Arrow does not bring its dtypes, index or attributes back")
    return "pandas", arrow


def from_ipc(data: Any) -> Any:
    """Return the table that *data* holds: bytes, or a private map of a file, which is then used in place."""
    view = memoryview(data)
    kind, body = bytes(view[:_HEAD_BYTES]).decode().strip(), view[_HEAD_BYTES:]
    if kind.startswith("polars."):
        import polars

        frame = polars.read_ipc(io.BytesIO(body))
        return frame if kind == "polars.DataFrame" else frame.to_series()
    return from_arrow(kind, _read(body), body)


def from_arrow(kind: str, table: Any, data: Any = b"") -> Any:
    """Return what the Arrow *table* was, by the *kind* that :func:`to_arrow` told.

    Args:
        kind: What it was.
        table: The table.
        data: The memory in which it lies; where that may be written, the numbers of a frame stay in it.
    """
    return table if kind == "pyarrow.Table" else _to_pandas(table, data)


def _head(kind: str) -> bytes:
    """Return what stands before the table: what it was; as long as Arrow wants its buffers aligned."""
    return kind.ljust(_HEAD_BYTES).encode()


def _has_pyarrow() -> bool:
    try:
        import pyarrow.ipc  # noqa: F401
    except ImportError:  # tables are pickled then
        return False
    return True


def _from_pandas(value: Any) -> Any:
    import pyarrow

    if hasattr(value, "columns"):
        return pyarrow.Table.from_pandas(value)
    table = pyarrow.Table.from_pandas(value.to_frame("value"))
    return table.replace_schema_metadata({**(table.schema.metadata or {}), _NAME: json.dumps(value.name).encode()})


def _to_pandas(table: Any, data: Any = b"") -> Any:
    stays = table.num_rows and not memoryview(data).readonly
    frame = mapped_frame(table, data) if stays else table.to_pandas()
    metadata = table.schema.metadata or {}
    if _NAME not in metadata:
        return frame
    return frame["value"].rename(json.loads(metadata[_NAME]))


class _Parts:
    """What Arrow takes for a file: it keeps the buffers that are written, and copies none."""

    closed = False

    def __init__(self, head: bytes) -> None:
        self.parts: list[bytes | memoryview] = [head]

    def write(self, part: Any) -> int:
        self.parts.append(part if isinstance(part, bytes) else memoryview(part))
        return len(part)

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        """All is in memory."""

    def close(self) -> None:
        """The parts stay."""


def _written(table: Any, kind: str, compression: str | None) -> list[bytes | memoryview]:
    import pyarrow

    sink, options = _Parts(_head(kind)), pyarrow.ipc.IpcWriteOptions(compression=compression)
    with pyarrow.ipc.new_stream(pyarrow.PythonFile(sink, "w"), table.schema, options=options) as writer:
        if table.num_rows:
            writer.write_table(table)
        else:  # without a batch the categories would not be written
            arrays = [c.chunk(0) if c.num_chunks else pyarrow.nulls(0, c.type) for c in table.columns]
            writer.write_batch(pyarrow.RecordBatch.from_arrays(arrays, schema=table.schema))
    return sink.parts


def _read(data: bytes | memoryview) -> Any:
    import pyarrow

    return pyarrow.ipc.open_stream(pyarrow.py_buffer(data)).read_all()


def _is_same(before: Any, empty: Any) -> bool:
    """Return whether all but the cells is the same in *empty*, the first no rows of what comes back.

    The cells Arrow keeps for every dtype that passes here.
    """
    if type(before) is not type(empty) or before.attrs != empty.attrs or before.flags != empty.flags:
        return False
    if hasattr(before, "columns"):
        is_same = list(before.dtypes) == list(empty.dtypes) and before.columns.equals(empty.columns)
        is_same = is_same and _is_same_index(before.columns, empty.columns)
    else:
        is_same = before.dtype == empty.dtype and before.name == empty.name
    return bool(is_same and _is_same_index(before.index, empty.index))


def _is_same_index(before: Any, after: Any) -> bool:
    return bool(
        type(before) is type(after)
        and list(before.names) == list(after.names)
        and getattr(before, "dtype", None) == getattr(after, "dtype", None)
        and [str(kind) for kind in getattr(before, "dtypes", ())]
        == [str(kind) for kind in getattr(after, "dtypes", ())]
        and getattr(before, "freq", None) == getattr(after, "freq", None)
    )
