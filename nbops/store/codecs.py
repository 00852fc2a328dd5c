"""How values become bytes and come back the same: Arrow IPC for tables, npy, JSON, and pickles last.

A codec first *freezes* a value, in the thread that owns it and quickly; the frozen copy is encoded later, in another
thread, while the notebook goes on. A value that would not come back as it is goes to the next codec. Codecs of other
packages are found by the entry points ``nbops.codecs``; they are asked before ours.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import io
import json
import pickle
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from nbops.frames.ipc import from_ipc, frozen_table, to_ipc

__all__ = ["Codec", "CouldNotKeep", "Frozen", "codec_named", "freeze", "is_signed"]

_MOST_DEPTH = 6


class CouldNotKeep(ValueError):
    """A value has no form in which it could be kept; the message names what is at fault."""


class Codec(Protocol):
    """One way to keep values."""

    name: str

    def freeze(self, value: Any) -> Any:
        """Return a copy of *value* that later changes do not reach; None when this codec is not for it.

        A copy of the same type, unless :meth:`encode` never fails: when it does, the copy is pickled instead.
        """

    def encode(self, frozen: Any) -> bytes | memoryview:
        """Return the bytes of a frozen value.

        Raises:
            ValueError: It would not come back as it is.
        """

    def decode(self, data: bytes) -> Any:
        """Return the value that *data* holds."""


class Frozen:
    """A value on its way to the disk: what its codec froze, and the value itself for the next codec.

    Args:
        codec: What froze it.
        content: What it froze.
    """

    def __init__(self, codec: Codec, content: Any) -> None:
        self.codec = codec
        self.content = content

    def encoded(self) -> tuple[str, bytes | memoryview]:
        """Return the codec's name and the bytes; a pickle when its codec would not bring it back as it is.

        Raises:
            CouldNotKeep: There is no form in which it could be kept.
        """
        try:
            return self.codec.name, self.codec.encode(self.content)
        except CouldNotKeep:
            raise
        except Exception:  # noqa: BLE001 - a codec that cannot: then the last one, which names what is at fault
            pickled = _Pickle()
            return pickled.name, pickled.encode(pickled.freeze(self.content))


def freeze(value: Any) -> Frozen:
    """Return *value* frozen by the first codec that is for it.

    Raises:
        CouldNotKeep: There is none; the message names the attribute at fault.

    Example:
        >>> freeze([1, "a"]).encoded()
        ('json', b'[1, "a"]')
    """
    for codec in codecs():
        content = codec.freeze(value)
        if content is not None:
            return Frozen(codec, content)
    raise CouldNotKeep(f"{type(value).__name__} fits no codec")


def codec_named(name: str) -> Codec:
    """Return the codec of that name.

    Raises:
        KeyError: There is none here.
    """
    return {codec.name: codec for codec in codecs()}[name]


def is_signed(name: str) -> bool:
    """Whether what the codec of that name keeps is code when it is read, and so must carry our signature."""
    return name not in (_Json.name, _Npy.name, _Arrow.name)


@functools.cache
def codecs() -> tuple[Codec, ...]:
    """Return the codecs in the order in which they are asked."""
    found = [point.load()() for point in importlib.metadata.entry_points(group="nbops.codecs")]
    return (*found, _Json(), _Arrow(), _Npy(), _Pickle())


class _Json:
    """Scalars, lists and dicts that JSON brings back exactly."""

    name = "json"

    def freeze(self, value: Any) -> Any:
        return json.dumps(value) if _is_json(value, set(), 0) else None

    def encode(self, frozen: str) -> bytes:
        return frozen.encode()

    def decode(self, data: bytes) -> Any:
        return json.loads(bytes(data))


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

    def encode(self, frozen: Any) -> bytes | memoryview:
        return to_ipc(frozen)

    def decode(self, data: bytes) -> Any:
        return from_ipc(data)


class _Npy:
    """Arrays of NumPy that hold no objects."""

    name = "npy"

    def freeze(self, value: Any) -> Any:
        numpy = sys.modules.get("numpy")
        is_array = numpy is not None and type(value) is numpy.ndarray and not value.dtype.hasobject
        return value.copy(order="K") if is_array else None

    def encode(self, frozen: Any) -> bytes | memoryview:
        import numpy

        buffer = io.BytesIO()
        numpy.save(buffer, frozen, allow_pickle=False)
        return buffer.getvalue()

    def decode(self, data: bytes) -> Any:
        import numpy

        return numpy.load(io.BytesIO(data), allow_pickle=False)


class _Pickle:
    """Everything else that comes back from its own bytes; by cloudpickle where pickle alone cannot and it is there."""

    name = "pickle"

    def freeze(self, value: Any) -> bytes:
        try:
            return pickle.dumps(value, protocol=5)
        except Exception as error:  # noqa: BLE001 - objects raise what they like when they are pickled
            data = _cloudpickled(value)
            if data is None:
                raise CouldNotKeep(_at_fault(value, error)) from None
            return data

    def encode(self, frozen: bytes) -> bytes:
        try:
            pickle.loads(frozen)
        except Exception as error:  # noqa: BLE001 - see above
            raise CouldNotKeep(f"it cannot be read back ({type(error).__name__}: {error})") from None
        return frozen

    def decode(self, data: bytes) -> Any:
        return pickle.loads(data)


def _cloudpickled(value: Any) -> bytes | None:
    if importlib.util.find_spec("cloudpickle") is None:
        return None
    cloudpickle = importlib.import_module("cloudpickle")
    try:
        data: bytes = cloudpickle.dumps(value)
    except Exception:  # noqa: BLE001 - then pickle's own complaint is told
        return None
    return data


def _at_fault(value: Any, error: Exception) -> str:
    """Return where in *value* the part is that cannot be pickled, as ``.model.lock (lock)``, and why."""
    path, part = "", value
    for _ in range(_MOST_DEPTH):
        child = next(((name, inner) for name, inner in _parts(part) if not _can_pickle(inner)), None)
        if child is None:
            break
        path, part = path + child[0], child[1]
    return f"{path or 'it'} ({type(part).__name__}) cannot be pickled: {error}"


def _parts(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(f"[{key!r}]", item) for key, item in value.items()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [(f"[{index}]", item) for index, item in enumerate(value)]
    attributes = getattr(value, "__dict__", None)
    return [(f".{name}", item) for name, item in attributes.items()] if isinstance(attributes, dict) else []


def _can_pickle(value: Any) -> bool:
    try:
        pickle.dumps(value, protocol=5)
    except Exception:  # noqa: BLE001 - see above
        return False
    return True
