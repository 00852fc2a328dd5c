"""Tables as bytes in the Arrow IPC format, and back: exactly, or not at all.

A table is *frozen* first: a copy that later changes of the original do not reach, made in no time where the library
copies on write. Its bytes are accepted only when dtypes, columns, index and attributes come back as they were.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

__all__ = ["from_ipc", "frozen_table", "to_ipc"]

_NAME = b"nbops.series"
_COPIES_ON_WRITE = 3


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


def to_ipc(table: Any) -> bytes:
    """Return the bytes of a frozen table.

    Raises:
        ValueError: It would not come back as it is.
    """
    if type(table).__module__.startswith("polars"):
        buffer = io.BytesIO()
        frame = table if hasattr(table, "write_ipc") else table.to_frame()
        frame.write_ipc(buffer)
        return (b"polars.DataFrame\n" if frame is table else b"polars.Series\n") + buffer.getvalue()
    import pyarrow

    if isinstance(table, pyarrow.Table):
        return b"pyarrow.Table\n" + _written(table)
    data = _written(_from_pandas(table))
    if not _is_same(table, _to_pandas(_read(data))):
        raise ValueError("Arrow does not bring its dtypes, index or attributes back")
    return b"pandas\n" + data


def from_ipc(data: bytes | memoryview) -> Any:
    """Return the table that *data* holds."""
    view = memoryview(data)
    head = bytes(view[:32]).split(b"\n", 1)[0]
    body = view[len(head) + 1 :]
    if head.startswith(b"polars."):
        import polars

        frame = polars.read_ipc(io.BytesIO(body))
        return frame if head == b"polars.DataFrame" else frame.to_series()
    table = _read(body)
    return table if head == b"pyarrow.Table" else _to_pandas(table)


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


def _to_pandas(table: Any) -> Any:
    frame = table.to_pandas()
    metadata = table.schema.metadata or {}
    if _NAME not in metadata:
        return frame
    return frame["value"].rename(json.loads(metadata[_NAME]))


def _written(table: Any) -> bytes:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _read(data: bytes | memoryview) -> Any:
    import pyarrow

    return pyarrow.ipc.open_stream(pyarrow.py_buffer(data)).read_all()


def _is_same(before: Any, after: Any) -> bool:
    """Return whether everything but the cells is the same; those Arrow keeps for every dtype that passes here."""
    if type(before) is not type(after) or before.shape != after.shape or before.attrs != after.attrs:
        return False
    if hasattr(before, "columns"):
        same = list(before.dtypes) == list(after.dtypes) and _is_same_index(before.columns, after.columns)
    else:
        same = before.dtype == after.dtype and before.name == after.name
    return bool(same and _is_same_index(before.index, after.index))


def _is_same_index(before: Any, after: Any) -> bool:
    return bool(
        type(before) is type(after)
        and before.equals(after)
        and list(before.names) == list(after.names)
        and getattr(before, "dtype", None) == getattr(after, "dtype", None)
        and getattr(before, "freq", None) == getattr(after, "freq", None)
    )
