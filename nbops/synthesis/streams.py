"""Random bits that are the same on every machine.

Only the raw 64-bit words of NumPy's PCG64 are used, whose sequence NumPy keeps for ever; what becomes of them is whole
numbers and single IEEE operations here, and no method of a ``Generator``, which may change between versions.
Each purpose has a stream of its own, named by the column and the use: so threads do not change what is drawn.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

__all__ = ["Array", "Stream", "Streams"]

Array = Any  # a NumPy array; its type says nothing that the name does not

_WORD = np.uint64(32)
_FRACTION = np.uint64(11)  # 53 bits are left, as many as a float holds
_UNIT = 2.0**-53


class Stream:
    """Random bits of one purpose.

    Args:
        seed: Any whole number.
        names: What they are for, as the names of the table, of the column and of the use.

    Example:
        >>> Stream(1, "a").shorts(3).tolist() == Stream(1, "a").shorts(3).tolist()
        True
        >>> Stream(1, "a").shorts(3).tolist() == Stream(1, "b").shorts(3).tolist()
        False
    """

    def __init__(self, seed: int, *names: str) -> None:
        said = json.dumps([int(seed), *names], ensure_ascii=True).encode()
        self._bits = np.random.PCG64(int.from_bytes(hashlib.blake2b(said, digest_size=16).digest(), "little"))

    def longs(self, size: int) -> Array:
        """Return *size* numbers of 64 bits."""
        return self._bits.random_raw(size) if size else np.zeros(0, dtype="uint64")

    def words(self, size: int) -> Array:
        """Return *size* numbers of 32 bits."""
        return self.longs((size + 1) // 2).astype("<u8", copy=False).view("<u4")[:size]

    def shorts(self, size: int) -> Array:
        """Return *size* numbers of 16 bits."""
        return self.longs((size + 3) // 4).astype("<u8", copy=False).view("<u2")[:size]

    def fractions(self, size: int) -> Array:
        """Return *size* floats from 0 to below 1."""
        return (self.longs(size) >> _FRACTION).astype("float64") * _UNIT

    def below(self, limits: Array | int, size: int) -> Array:
        """Return *size* whole numbers from 0 to below *limits*, one number or one for each."""
        most = int(np.max(limits)) if size else 0
        if most <= 1 << 32:
            drawn = self.words(size).astype("uint64")
            drawn *= np.asarray(limits).astype("uint64")
            drawn >>= _WORD
            return drawn.view("int64")
        with_rounding = np.floor(self.fractions(size) * np.asarray(limits, dtype="float64")).astype("int64")
        return np.minimum(with_rounding, np.asarray(limits) - 1)

    def shuffled(self, size: int) -> Array:
        """Return the numbers below *size* in random order."""
        return np.argsort(self.longs(size), kind="stable")


class Streams:
    """The streams of one table, each made when it is first asked for; what is drawn goes on where it ended.

    Args:
        seed: Any whole number.
        table: The table's name.
    """

    def __init__(self, seed: int, table: str) -> None:
        self._seed, self._table = seed, table
        self._made: dict[tuple[str, str], Stream] = {}

    def of(self, column: str, use: str) -> Stream:
        """Return the stream for a *use* of a *column*."""
        return self._made.setdefault((column, use), Stream(self._seed, self._table, column, use))
