"""What a delivery is recognised by: a hash of its content, its size and how many rows it has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

__all__ = ["WHOLE_BYTES", "Content", "content_of", "joined_content"]

WHOLE_BYTES = 256 * 1024 * 1024
"""Up to this size content is read whole; of more, evenly spaced blocks."""

_BLOCK = 1024 * 1024
_BLOCKS = 64
_LINES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")
_WITHOUT_HEADER = (".jsonl", ".ndjson", ".txt")


@dataclass(frozen=True, slots=True)
class Content:
    """What was read of a file.

    Args:
        fingerprint: The hash of its bytes, and of its size.
        size: How many bytes it has.
        rows: How many lines it has, a header not counted; None when it is not made of lines, or was not read whole.
    """

    fingerprint: str
    size: int
    rows: int | None


def content_of(file: BinaryIO, size: int, name: str) -> Content:
    r"""Return what *file* is recognised by.

    Args:
        file: It, opened at its beginning; it must be able to seek when it is larger than :data:`WHOLE_BYTES`.
        size: How many bytes it has.
        name: Its name: the suffix tells whether lines are rows.

    Example:
        >>> import io
        >>> found = content_of(io.BytesIO(b"day,n\n1,2\n2,3\n"), 14, "feed.csv")
        >>> found.rows, found.size
        (2, 14)
    """
    mark = hashlib.blake2b(digest_size=16)
    if size > WHOLE_BYTES:
        step = (size - _BLOCK) // (_BLOCKS - 1)
        for number in range(_BLOCKS):
            file.seek(number * step)
            mark.update(file.read(_BLOCK))
        mark.update(str(size).encode())
        return Content(mark.hexdigest(), size, None)
    read = lines = 0
    last = b"\n"
    while block := file.read(_BLOCK):
        mark.update(block)
        read += len(block)
        lines += block.count(b"\n")
        last = block[-1:]
    return Content(mark.hexdigest(), read, _rows(name, lines + (last != b"\n")))


def joined_content(parts: Iterable[tuple[str, Content]]) -> Content:
    """Return what a delivery of several parts, each with its name, is recognised by."""
    found = sorted(parts, key=lambda one: one[0])
    if len(found) == 1:
        return found[0][1]
    mark = hashlib.blake2b("\n".join(f"{name}\0{one.fingerprint}" for name, one in found).encode(), digest_size=16)
    rows = [one.rows for _, one in found]
    known = [count for count in rows if count is not None]
    total = sum(known) if len(known) == len(rows) else None
    return Content(mark.hexdigest(), sum(one.size for _, one in found), total)


def _rows(name: str, lines: int) -> int | None:
    if not name.lower().endswith(_LINES):
        return None
    return lines if name.lower().endswith(_WITHOUT_HEADER) else max(lines - 1, 0)
