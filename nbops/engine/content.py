"""A hash of a value's content that is the same in every process; None where only its code can tell what it is."""

from __future__ import annotations

import datetime
import decimal
import enum
import hashlib
import pathlib
import sys
import uuid
from typing import Any

from nbops.store.codecs import freeze

__all__ = ["content_hash", "file_hash"]

_PLAIN = (
    bool, int, float, complex, str, bytes, type(None), datetime.date, datetime.time, datetime.timedelta,
    datetime.timezone, decimal.Decimal, uuid.UUID, range, slice,
)  # fmt: skip
_WHOLE_FILE_BYTES = 64 * 1024 * 1024
_MOST_ITEMS = 100_000


def content_hash(value: Any) -> str | None:
    """Return a hash of what *value* holds, whatever process asks; None for objects that only their code explains.

    Example:
        >>> content_hash({"b": [1, 2]}) == content_hash({"b": [1, 2]}), content_hash(1) == content_hash(1.0)
        (True, False)
        >>> content_hash(object()) is None
        True
    """
    digest = hashlib.blake2b(digest_size=10)
    return digest.hexdigest() if _add(digest, value, [_MOST_ITEMS]) else None


def file_hash(path: pathlib.Path) -> str:
    """Return a hash of a file's content; of a very large one its size and the time of its last change.

    Raises:
        OSError: It cannot be read.
    """
    seen = path.stat()
    if seen.st_size > _WHOLE_FILE_BYTES:
        return f"{seen.st_size}-{seen.st_mtime_ns}"
    return hashlib.blake2b(path.read_bytes(), digest_size=10).hexdigest()


def _add(digest: Any, value: Any, left: list[int]) -> bool:  # noqa: PLR0911 (a table of cases)
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
    if kind in (list, tuple):
        digest.update(f"{len(value)}:".encode())
        return all(_add(digest, item, left) for item in value)
    if kind is dict:
        digest.update(f"{len(value)}:".encode())
        return all(_add(digest, key, left) and _add(digest, item, left) for key, item in value.items())
    if kind in (set, frozenset):
        hashes = [content_hash(item) for item in value]
        digest.update("".join(sorted(filter(None, hashes))).encode())
        return None not in hashes
    return _add_array(digest, value)


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
