"""Texts that a set of patterns cannot tell apart, judged once: ``ORD-000017`` and ``ORD-000042`` are one shape.

A pattern such as ``^ORD-[0-9]+$`` sees no difference between two digits. All characters of ASCII that none of the
patterns tells apart are replaced by one of them, in one pass over the column; a million references become a handful
of different texts, and each further pattern costs nothing. The reading of a pattern is cautious: what is not surely
understood makes it a pattern without classes, which is searched in every text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["Shapes", "classes", "shapes_of"]

_ASCII = [chr(number) for number in range(128)]
_KNOWN = {
    "d": frozenset(char for char in _ASCII if char.isdigit()),
    "w": frozenset(char for char in _ASCII if char.isalnum() or char == "_"),
    "s": frozenset(char for char in _ASCII if re.match(r"\s", char)),
}
_LINE = frozenset("\n")
_QUANTITY = re.compile(r"\{\d*(?:,\d*)?\}")
_GROUP = re.compile(r"\(\?(?::|=|!|<=|<!)")
_MOST_SHAPES = 4096
_SAMPLE = 1000
_SEPARATOR = "\x00"


@functools.lru_cache(maxsize=1024)
def classes(pattern: str) -> tuple[frozenset[str], ...] | None:
    r"""Return the sets of ASCII characters that *pattern* may tell from the others; None when that is not sure.

    Example:
        >>> sorted(map(len, classes(r"^A-[0-9]\s?$")))
        [1, 1, 1, 1, 10, 10]
        >>> classes(r"(?i)a") is None, classes(r"(a)\1") is None
        (True, True)
    """
    try:
        return tuple(_classes(pattern))
    except _Unclear:
        return None


class _Unclear(Exception):
    """A part of a pattern that is not surely understood."""


def _classes(pattern: str) -> Iterator[frozenset[str]]:
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            yield _escaped(pattern, at)
            at += 2
        elif sign == "[":
            found, at = _set(pattern, at + 1)
            yield found
        elif sign == "(" and pattern[at + 1 : at + 2] == "?":
            group = _GROUP.match(pattern, at)
            if group is None:
                raise _Unclear
            at = group.end()
        elif sign == "{" and (quantity := _QUANTITY.match(pattern, at)):
            at = quantity.end()
        else:
            if sign in ".^$":
                yield _LINE
            elif sign not in "*+?|()":
                yield frozenset(sign)
            at += 1


def _escaped(pattern: str, at: int) -> frozenset[str]:
    sign = pattern[at + 1 : at + 2]
    if sign and sign in "dDwWsSbB":
        return _KNOWN["w" if sign in "bB" else sign.lower()]
    if sign and sign in "AZ":
        return _LINE
    if not sign or sign.isalnum():
        raise _Unclear
    return frozenset(sign)


def _set(pattern: str, at: int) -> tuple[frozenset[str], int]:
    """Return the characters of a set that begins at *at*, and where it ends."""
    found: set[str] = set()
    at += pattern[at : at + 1] == "^"
    is_first = True
    while is_first or pattern[at : at + 1] != "]":
        if at >= len(pattern) or pattern[at] == "[" or pattern[at : at + 2] in ("--", "&&", "||", "~~"):
            raise _Unclear
        if pattern[at] == "\\":
            found |= _escaped(pattern, at)
            at += 2
        elif pattern[at + 1 : at + 2] == "-" and pattern[at + 2 : at + 3] not in ("", "]", "\\", "["):
            found |= {chr(code) for code in range(ord(pattern[at]), min(ord(pattern[at + 2]), 127) + 1)}
            at += 3
        else:
            found.add(pattern[at])
            at += 1
        is_first = False
    return frozenset(found), at + 1


class Shapes:
    """The different shapes of a column.

    Args:
        texts: One text of each shape.
        codes: For each row, the number of its shape, as an array.
        known: What the shapes keep apart.
    """

    def __init__(self, texts: list[str], codes: Any, known: frozenset[frozenset[str]]) -> None:
        self._texts = texts
        self._codes = codes
        self._known = known

    def knows(self, pattern: str) -> bool:
        """Whether texts of one shape are all alike to *pattern*."""
        found = classes(pattern)
        return found is not None and self._known.issuperset(found)

    def contains(self, pattern: str) -> Any:
        """Return where the text matches *pattern*, as an array."""
        import numpy

        search = re.compile(pattern).search
        holds = numpy.array([search(text) is not None for text in self._texts], dtype=bool)
        return numpy.full(len(self._codes), holds[0]) if len(holds) == 1 else holds[self._codes]


def shapes_of(series: Any, patterns: Iterable[str]) -> Shapes | None:
    """Return the shapes of a Series of texts without nulls as *patterns* see them; None when they are many.

    Args:
        series: Texts, stored as objects or by Arrow.
        patterns: Those that are not understood are left out.
    """
    found = [one for one in map(classes, patterns) if one is not None]
    if not found or not len(series):
        return None
    known = frozenset(one for several in found for one in several)
    table = _table(known)
    sample = _encoded(series.iloc[:: max(1, len(series) // _SAMPLE)], table)
    if sample is None or len(sample[0]) > _SAMPLE // 4:
        return None
    shapes = _encoded(series, table)
    return None if shapes is None or len(shapes[0]) > _MOST_SHAPES else Shapes(*shapes, known)


@functools.lru_cache(maxsize=64)
def _table(known: frozenset[frozenset[str]]) -> bytes:
    """Return the byte that stands for each byte: the first of its class; those beyond ASCII stay."""
    first: dict[frozenset[frozenset[str]], int] = {}
    alike = [frozenset(one for one in known if char in one) for char in _ASCII]
    return bytes(first.setdefault(alike[code], code) if code else 0 for code in range(128)) + bytes(range(128, 256))


def _encoded(series: Any, table: bytes) -> tuple[list[str], Any] | None:
    is_arrow = getattr(series.dtype, "storage", "") == "pyarrow" or hasattr(series.dtype, "pyarrow_dtype")
    return _encoded_arrow(series.array.__arrow_array__(), table) if is_arrow else _encoded_objects(series, table)


def _encoded_arrow(column: Any, table: bytes) -> tuple[list[str], Any] | None:
    import pyarrow

    array = column.combine_chunks() if isinstance(column, pyarrow.ChunkedArray) else column
    if isinstance(array, pyarrow.ChunkedArray):  # too long for one piece
        return None
    if not (pyarrow.types.is_string(array.type) or pyarrow.types.is_large_string(array.type)):
        return None
    valid, offsets, data = array.buffers()
    mapped = pyarrow.py_buffer(bytes(data or b"").translate(table))
    replaced = pyarrow.Array.from_buffers(array.type, len(array), [valid, offsets, mapped], offset=array.offset)
    encoded = replaced.dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False)


def _encoded_objects(series: Any, table: bytes) -> tuple[list[str], Any] | None:
    import pandas

    texts = series.tolist()
    try:
        pieces = _SEPARATOR.join(texts).encode().translate(table).split(_SEPARATOR.encode())
    except (TypeError, UnicodeEncodeError):  # something that is no text, or half of a surrogate pair
        return None
    if len(pieces) != len(texts):  # a text holds the separator itself
        return None
    codes, found = pandas.factorize(pandas.array(pieces, dtype=object))
    return [piece.decode() for piece in found], codes
