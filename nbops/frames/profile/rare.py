"""Which values are so rare that they may tell of a person or a row, as a filter that cannot be read back.

Test data must not repeat a value that few rows hold, and a profile must not hold one. The filter is a set of bits in
which each rare value has left one (Bloom, 1970, with a single hash). At least a quarter of the bits is set, if need be
by values that do not exist: so whoever asks it for a guess hears "maybe" for one of four guesses that are wrong, and
learns little. What it denies is surely no rare value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbops.frames.profile.hashing import Array, mixed, total

__all__ = ["LEAST_ROWS", "Rare", "is_written_shortly", "rare_among"]

LEAST_ROWS = 10
"""A value that stands in fewer rows is rare."""

_LEAST_BITS, _MOST_BITS = 10, 17  # of which two to the power is taken
_MOST_VALUES = 1 << 19  # above, nearly all bits would be set
_LEAST_FILLED = 0.25
_SECRET = np.uint64(0x51A3D90F7B2E64C5)


@dataclass(frozen=True, slots=True)
class Rare:
    """A filter of rare values; two add up.

    Args:
        bits: The bits; empty when no value is rare.
        is_full: Whether there were too many for a filter: then every value may be rare.
    """

    bits: bytes = b""
    is_full: bool = False

    @classmethod
    def of(cls, hashes: Array) -> Rare:
        """Return the filter of the values with these hashes.

        Example:
            >>> found = Rare.of(mixed(np.arange(5, dtype="uint64")))
            >>> bool(found.may_hold(mixed(np.arange(5, dtype="uint64"))).all())
            True
        """
        if not len(hashes):
            return cls()
        if len(hashes) > _MOST_VALUES:
            return cls(is_full=True)
        size = 1 << min(_MOST_BITS, max(_LEAST_BITS, len(hashes).bit_length() + 1))
        marks = np.zeros(size, dtype="bool")
        marks[_places(hashes, size)] = True
        chaff = mixed(np.arange(size, dtype="uint64") ^ np.uint64(total(mixed(hashes ^ _SECRET))))
        needed = int(_LEAST_FILLED * size)
        for start in range(0, size, size // 16):  # as the data alone could tell, and nobody without it
            if int(np.count_nonzero(marks)) >= needed:
                break
            marks[_places(chaff[start : start + size // 16], size)] = True
        return cls(np.packbits(marks).tobytes())

    def __add__(self, other: Rare) -> Rare:
        if self.is_full or other.is_full:
            return Rare(is_full=True)
        if not self.bits or not other.bits:
            return self if self.bits else other
        mine, theirs = (np.frombuffer(one.bits, "uint8") for one in (self, other))
        longer, shorter = (mine, theirs) if len(mine) >= len(theirs) else (theirs, mine)
        return Rare((longer | np.tile(shorter, len(longer) // len(shorter))).tobytes())

    def may_hold(self, hashes: Array) -> Array:
        """Return which of *hashes* may be those of rare values."""
        if self.is_full or not self.bits:
            return np.full(len(hashes), self.is_full)
        marks = np.unpackbits(np.frombuffer(self.bits, "uint8")).astype("bool")
        return marks[_places(hashes, len(marks))]


def _places(hashes: Array, size: int) -> Array:
    return (hashes & np.uint64(size - 1)).astype("int64")


def rare_among(counts: Array) -> Array:
    """Return which values are rare, by how many rows hold each."""
    return counts < LEAST_ROWS


def is_written_shortly(numbers: Array) -> bool:
    """Whether half of *numbers* or more have at most nine digits behind the point.

    Example:
        >>> is_written_shortly(np.array([0.1, 2.25])), is_written_shortly(np.array([1 / 3, 2 / 7]))
        (True, False)
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return 2 * int(np.count_nonzero(np.round(numbers, 9) == numbers)) >= len(numbers)
