"""How values become bytes and come back the same: Arrow IPC for tables, npy, JSON, and pickles last.

A codec first *freezes* a value, in the thread that owns it and quickly; the frozen copy is encoded later, in another
thread, while the notebook goes on. A value that would not come back as it is goes to the next codec. Codecs of other
packages are found by the entry points ``nbops.codecs``; they are asked before ours.
"""

from __future__ import annotations

import functools
import importlib.metadata
import io
import json
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from nbops.frames.ipc import from_ipc, frozen_table, to_ipc
from nbops.frames.parquet import from_parquet, to_parquet
from nbops.store.pickles import CouldNotKeep, links_now, pickled, resolving, unpickled

__all__ = [
    "Codec",
    "CouldNotKeep",
    "Frozen",
    "Parts",
    "as_json",
    "codec_named",
    "freeze",
    "freeze_by_kind",
    "is_signed",
    "plain_containers",
]

_MOST_DEPTH = 6
_MOST_HEAD_BYTES = 1 << 17
_READ_ONLY = b"\0"  # behind the last value of an array that nobody may change; other readers leave it

Parts = Sequence[bytes | memoryview]
"""Bytes that follow each other; what is in memory already is not copied for it."""


class Codec(Protocol):
    """One way to keep values."""

    name: str

    def freeze(self, value: Any) -> Any:
        """Return a copy of *value* that later changes do not reach; None when this codec is not for it.

        A copy of the same type, unless :meth:`encode` never fails: when it does, the copy is pickled instead.
        """

    def encode(self, frozen: Any) -> bytes | Parts:
        """Return the bytes of a frozen value, in one piece or in parts.

        Raises:
            ValueError: It would not come back as it is.
        """

    def decode(self, data: Any) -> Any:
        """Return the value that *data* holds: bytes, or a file mapped into memory."""


class Frozen:
    """A value on its way to the disk: what its codec froze, and the value itself for the next codec.

    Args:
        codec: What froze it.
        content: What it froze.
    """

    def __init__(self, codec: Codec, content: Any) -> None:
        self.codec = codec
        self.content = content

    @property
    def links(self) -> tuple[str, ...]:
        """The variables that it holds links to instead of their values."""
        return tuple(self.content[1]) if isinstance(self.codec, _Pickle) else ()

    def encoded(self) -> tuple[str, bytes]:
        """Return the codec's name and the bytes; see :meth:`parts`."""
        name, parts = self.parts()
        return name, b"".join(parts)

    def parts(self, small: bool = False) -> tuple[str, Parts]:
        """Return the codec's name and the bytes; a pickle when its codec would not bring it back as it is.

        Args:
            small: Take time to make them few, because they will go far.

        Raises:
            CouldNotKeep: There is no form in which it could be kept.
        """
        try:
            return _packed(self.content) if small and isinstance(self.codec, _Arrow) else self._as_frozen()
        except CouldNotKeep:
            raise
        except Exception:  # noqa: BLE001 - a codec that cannot: then the last one, which names what is at fault
            pickled = _Pickle()
            return pickled.name, pickled.encode(pickled.freeze(self.content))

    def _as_frozen(self) -> tuple[str, Parts]:
        data = self.codec.encode(self.content)
        return self.codec.name, [data] if isinstance(data, (bytes, memoryview)) else data


def freeze(value: Any) -> Frozen:
    """Return *value* frozen by the first codec that is for it.

    Raises:
        CouldNotKeep: It cannot be pickled; the message names the attribute at fault.

    Example:
        >>> freeze([1, "a"]).encoded()
        ('json', b'[1, "a"]')
    """
    return freeze_by_kind(value) or Frozen(_Pickle(), _Pickle().freeze(value))


def freeze_by_kind(value: Any) -> Frozen | None:
    """Return *value* frozen by the codec for its kind; None when only a pickle is left for it."""
    for codec in codecs():
        content = codec.freeze(value)
        if content is not None:
            return Frozen(codec, content)
    return None


def as_json(value: Any) -> Frozen:
    """Return a value of which :func:`plain_containers` says that JSON keeps it."""
    return Frozen(_Json(), json.dumps(value))


def codec_named(name: str) -> Codec:
    """Return the codec of that name; our own ones are known before any package is asked for others.

    Raises:
        KeyError: There is none here.
    """
    own: tuple[Codec, ...] = (_Json(), _Arrow(), _Npy(), _Parquet(), _Pickle())
    found = next((codec for codec in own if codec.name == name), None)
    return found or {codec.name: codec for codec in codecs()}[name]


def is_signed(name: str) -> bool:
    """Whether what the codec of that name keeps is code when it is read, and so must carry our signature."""
    return name not in (_Json.name, _Npy.name, _Arrow.name, _Parquet.name)


@functools.cache
def codecs() -> tuple[Codec, ...]:
    """Return the codecs for kinds of values, in the order in which they are asked."""
    found = [point.load()() for point in importlib.metadata.entry_points(group="nbops.codecs")]
    return (*found, _Json(), _Arrow(), _Npy())


class _Json:
    """Scalars, lists and dicts that JSON brings back exactly."""

    name = "json"

    def freeze(self, value: Any) -> Any:
        return None if plain_containers(value) is None else json.dumps(value)

    def encode(self, frozen: str) -> bytes:
        return frozen.encode()

    def decode(self, data: Any) -> Any:
        return json.loads(bytes(data))


def plain_containers(value: Any) -> set[int] | None:
    """Return the ids of the lists and dicts in *value*, itself included, when JSON keeps it; else None.

    What holds one list twice is not for JSON, nor is what holds a list that is written as a link.

    Example:
        >>> plain_containers(1), plain_containers((1,)), len(plain_containers([[1], {"a": []}]))
        (set(), None, 4)
    """
    seen: set[int] = set()
    return seen if _is_json(value, seen, 0) and not seen & links_now().keys() else None


def _is_json(value: Any, seen: set[int], depth: int) -> bool:
    kind = type(value)
    if value is None or kind in (bool, int, float):
        return True
    if kind is str:
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    if kind not in (list, dict) or depth > _MOST_DEPTH or id(value) in seen:
        return False  # what holds the same list twice holds one list: a pickle keeps that
    seen.add(id(value))
    if kind is dict:
        return all(type(key) is str for key in value) and all(_is_json(v, seen, depth + 1) for v in value.values())
    return all(_is_json(item, seen, depth + 1) for item in value)


class _Arrow:
    """Tables of pandas, polars and pyarrow."""

    name = "arrow"

    def freeze(self, value: Any) -> Any:
        return frozen_table(value)

    def encode(self, frozen: Any) -> Parts:
        return to_ipc(frozen)

    def decode(self, data: Any) -> Any:
        return from_ipc(data)


class _Parquet:
    """The same tables where they go far; it freezes none, because Arrow does."""

    name = "parquet"

    def freeze(self, value: Any) -> Any:
        return None

    def encode(self, frozen: Any) -> Parts:
        return to_parquet(frozen)

    def decode(self, data: Any) -> Any:
        return from_parquet(data)


def _packed(table: Any) -> tuple[str, Parts]:
    """Return a table as Parquet, or as compressed Arrow where Parquet would not bring it back as it is."""
    try:
        return _Parquet.name, to_parquet(table)
    except Exception:  # noqa: BLE001 - whatever Parquet has against it, Arrow may have not
        return _Arrow.name, to_ipc(table, "zstd")


class _Npy:
    """Arrays of NumPy that hold no objects."""

    name = "npy"

    def freeze(self, value: Any) -> Any:
        numpy = sys.modules.get("numpy")
        is_array = numpy is not None and type(value) is numpy.ndarray and not value.dtype.hasobject
        if not is_array:
            return None
        frozen = value.copy(order="K")
        frozen.flags.writeable = value.flags.writeable
        return frozen

    def encode(self, frozen: Any) -> Parts:
        from numpy.lib import format as npy

        head = io.BytesIO()
        npy.write_array_header_1_0(head, npy.header_data_from_array_1_0(frozen))
        flat = frozen.T if frozen.flags.f_contiguous else frozen
        if not flat.flags.c_contiguous:
            flat = flat.copy(order="C")
        last = b"" if frozen.flags.writeable else _READ_ONLY
        return [head.getvalue(), memoryview(flat.reshape(-1).view("u1")), last]

    def decode(self, data: Any) -> Any:
        import numpy
        from numpy.lib import format as npy

        head = io.BytesIO(memoryview(data)[:_MOST_HEAD_BYTES])
        npy.read_magic(head)
        shape, is_fortran, dtype = npy.read_array_header_1_0(head)
        count = int(numpy.prod(shape, dtype="int64"))
        flat = numpy.frombuffer(data, dtype, count, head.tell()) if count else numpy.empty(0, dtype)
        array = flat.reshape(shape, order="F" if is_fortran else "C").copy(order="K")
        array.flags.writeable = len(data) == head.tell() + count * dtype.itemsize
        return array


class _Pickle:
    """Everything else that comes back from its own bytes."""

    name = "pickle"

    def freeze(self, value: Any) -> tuple[bytes, dict[str, Any]]:
        return pickled(value)

    def encode(self, frozen: tuple[bytes, dict[str, Any]]) -> Parts:
        data, linked = frozen
        try:
            with resolving(linked):
                unpickled(data)
        except Exception as error:  # noqa: BLE001 - objects raise what they like when they are read
            raise CouldNotKeep(f"it cannot be read back ({type(error).__name__}: {error})") from None
        return [data]

    def decode(self, data: Any) -> Any:
        return unpickled(data)
