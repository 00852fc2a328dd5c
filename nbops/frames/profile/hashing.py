"""Hashes of cells: the same in every process, on every machine, from whatever library the cells come.

A hash serves to count different values and to recognise a column whatever the order of its rows. It is not made to
withstand somebody who wants a collision. Numbers hash as floats, so that a column that became float by one null keeps
its hash; whole numbers that a float cannot hold hash by their own bits.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

__all__ = ["Array", "Texts", "hash_numbers", "hash_texts", "hash_word", "mixed", "name_factor", "runs", "total"]

Array = Any  # a NumPy array; its type says nothing that the name does not

_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)  # the finaliser of MurmurHash3
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SHIFT, _HALF = np.uint64(33), np.uint64(32)
_BLOCK = 16_384  # cells that fit in a core's own cache
_EXACT = 2.0**53


class Texts:
    """The bytes of many texts, one behind the other.

    Args:
        data: The bytes, UTF-8.
        starts: Where each text begins, and where the last ends.
    """

    def __init__(self, data: Array, starts: Array) -> None:
        self.data = data
        self.starts = starts
        self.sizes = np.diff(starts)

    def __len__(self) -> int:
        return len(self.sizes)

    def text(self, at: int) -> str:
        """Return one of the texts."""
        return bytes(self.data[self.starts[at] : self.starts[at + 1]]).decode("utf-8", "replace")


def mixed(bits: Array) -> Array:
    """Return *bits* (uint64) so mixed that each bit of the result depends on all of them."""
    found = np.empty_like(bits)
    for start in range(0, len(bits), _BLOCK):
        here, made = bits[start : start + _BLOCK], found[start : start + _BLOCK]
        np.right_shift(here, _SHIFT, out=made)
        np.bitwise_xor(here, made, out=made)
        for factor in (_FIRST, _SECOND):
            made *= factor
            made ^= made >> _SHIFT
    return found


def hash_numbers(values: Array) -> Array:
    """Return the hash of each of *values*, an array of numbers or booleans without nulls."""
    if values.dtype.kind in "iu" and len(values) and max(abs(int(values.min())), abs(int(values.max()))) >= _EXACT:
        return mixed(values.astype("uint64"))
    return mixed((values.astype("float64") + 0.0).view("uint64"))  # + 0.0 makes one zero of two


def hash_texts(texts: Texts) -> Array:
    """Return the hash of each text: its bytes are taken in words of eight."""
    sizes, starts = texts.sizes, texts.starts[:-1]
    found = sizes.astype("uint64") * _GOLDEN
    padded = np.concatenate([texts.data, np.zeros(8, np.uint8)])
    words = np.lib.stride_tricks.as_strided(padded, shape=(len(padded) - 7, 8), strides=(1, 1))
    rows: Any = slice(None)
    for taken in range(0, int(sizes.max()) if len(sizes) else 0, 8):
        left = sizes - taken
        if taken or not (left > 0).all():
            rows = np.flatnonzero(left > 0)
        word = np.ascontiguousarray(words[starts[rows] + taken]).view("uint64").ravel()
        unused = (8 - np.minimum(left[rows], 8)).astype("uint64") * np.uint64(8)
        made = (found[rows] ^ (word & (np.uint64(0xFFFFFFFFFFFFFFFF) >> unused))) * _FIRST
        found[rows] = made ^ (made >> _HALF)
    return mixed(found)


def hash_word(word: str) -> int:
    """Return the hash of one text."""
    data = np.frombuffer(word.encode(), np.uint8)
    return int(hash_texts(Texts(data, np.array([0, len(data)])))[0])


def name_factor(name: str) -> np.uint64:
    """Return the odd number by which the hashes of the column *name* enter those of its rows."""
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) | 1)


def runs(ordered: Array) -> tuple[Array, Array]:
    """Return where each different value of a sorted array begins, and how often it stands there."""
    if not len(ordered):
        return np.zeros(0, dtype="int64"), np.zeros(0, dtype="int64")
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    starts = np.concatenate([[0], starts])
    return starts, np.diff(starts, append=len(ordered))


def total(hashes: Array) -> int:
    """Return the sum of *hashes* modulo 2⁶⁴: the same for every order of the rows."""
    return int(hashes.sum(dtype="uint64")) if len(hashes) else 0
