"""A hash of a value's content that is the same in every process; None where only its code can tell what it is."""

from __future__ import annotations

import datetime
import decimal
import enum
import hashlib
import pathlib
import sys
import time
import uuid
from typing import Any

from nbops.store.codecs import freeze

__all__ = ["Shared", "content_hash", "file_hash"]

_PLAIN = (
    bool, int, float, complex, str, bytes, type(None), datetime.date, datetime.time, datetime.timedelta,
    datetime.timezone, decimal.Decimal, uuid.UUID, range, slice,
)  # fmt: skip
_WHOLE_FILE_BYTES = 64 * 1024 * 1024
_MOST_ITEMS = 100_000
_SETTLED_SECONDS = 2.0
_file_hashes: dict[pathlib.Path, tuple[tuple[int, int, int], str]] = {}

Shared = dict[int, tuple[int, Any]]
"""The values seen so far, by their identity: the how manieth each was, and the value."""


def content_hash(value: Any, seen: Shared | None = None) -> str | None:
    """Return a hash of what *value* holds, whatever process asks; None for objects that only their code explains.

    Two lists that are equal are not one list that stands twice: code that changes it would tell them apart, and so does
    the hash. Values that are hashed with the same *seen* are told apart in this way among each other, too.

    Example:
        >>> content_hash({"b": [1, 2]}) == content_hash({"b": [1, 2]}), content_hash(1) == content_hash(1.0)
        (True, False)
        >>> content_hash(object()) is None
        True
    """
    digest = hashlib.blake2b(digest_size=10)
    return digest.hexdigest() if _add(digest, value, [_MOST_ITEMS], {} if seen is None else seen) else None


def file_hash(path: pathlib.Path) -> str:
    """Return a hash of a file's content; of a very large one its size and the time of its last change.

    Raises:
        OSError: It cannot be read.
    """
    found = path.stat()
    stamp = found.st_size, found.st_mtime_ns, found.st_ino
    if found.st_size > _WHOLE_FILE_BYTES:
        return f"{found.st_size}-{found.st_mtime_ns}"
    known = _file_hashes.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    digest = hashlib.blake2b(path.read_bytes(), digest_size=10).hexdigest()
    if 0 < found.st_mtime < time.time() - _SETTLED_SECONDS:  # else it may change again without another time
        _file_hashes[path] = stamp, digest
    return digest


def _add(digest: Any, value: Any, left: list[int], seen: Shared) -> bool:  # noqa: PLR0911 (a table of cases)
    """Add *value* to *digest*; False when it cannot be told. *left* counts down how many items may still come."""
    left[0] -= 1
    kind = type(value)
    if left[0] < 0:
        return False
    digest.update(f"{kind.__module__}.{kind.__qualname__}:".encode())
    if isinstance(value, pathlib.PurePath) or kind in _PLAIN or kind is datetime.datetime:
        digest.update(repr(value).encode("utf-8", "surrogatepass") + b";")
        return True
    if isinstance(value, enum.Enum):
        digest.update(value.name.encode() + b";")
        return True
    if kind is not tuple and kind is not frozenset:
        if id(value) in seen:
            digest.update(f"the same as {seen[id(value)][0]};".encode())
            return True
        _add_memory(digest, value, seen)
        seen[id(value)] = len(seen), value  # which keeps it alive: its number must not become another's
    if kind in (list, tuple):
        digest.update(f"{len(value)}:".encode())
        return all(_add(digest, item, left, seen) for item in value)
    if kind is dict:
        digest.update(f"{len(value)}:".encode())
        return all(_add(digest, key, left, seen) and _add(digest, item, left, seen) for key, item in value.items())
    if kind in (set, frozenset):
        hashes = [content_hash(item) for item in value]
        digest.update("".join(sorted(filter(None, hashes))).encode())
        return None not in hashes
    return _add_array(digest, value)


def _add_memory(digest: Any, value: Any, seen: Shared) -> None:
    """Add where in the memory of another array *value* lies, when it is a window into it; and hold that one."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray) or value.base is None:
        return
    owner = value
    while isinstance(owner.base, numpy.ndarray):
        owner = owner.base
    if owner is value:  # its memory is that of something else, as a file
        return
    number, _ = seen.setdefault(id(owner), (len(seen), owner))
    digest.update(f"memory {number} from {value.ctypes.data - owner.ctypes.data} by {value.strides};".encode())


def _add_array(digest: Any, value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic) and not value.dtype.hasobject:
        digest.update(f"{value.dtype}:".encode() + value.tobytes())
        return True
    if type(value).__module__.split(".")[0] not in ("numpy", "pandas", "polars", "pyarrow"):
        return False
    try:
        codec, data = freeze(value).encoded()
    except ValueError:
        return False
    digest.update(data)
    return codec != "pickle"
