"""Which row after belongs to which row before: keys as 64-bit numbers, matched once, repeats in their order.

A single key of whole numbers or moments is taken as it is. Every other key is a hash of 64 bits: two different keys
among n get one number with a chance of about n²/2⁶⁵, for ten million rows 3 in a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbops.frames.difference.values import Array, Values
from nbops.frames.profile.hashing import Texts, hash_texts, mixed, name_factor

__all__ = ["Matching", "hashes_of", "key_numbers", "match", "repeats_in"]

_NULL = np.uint64(0x9AE16A3B2F90404F)
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Matching:
    """The pairs of rows.

    Args:
        place: For each row before the position of its row after, -1 for none; None when each has its own position.
        rows: How many rows there are before.
        pairs: How many pairs.
        removed: The positions of rows before without a row after.
        added: The positions of rows after without a row before.
        repeats: How many rows have a key that stood before, on both sides.
    """

    place: Array | None
    rows: int
    pairs: int
    removed: Array
    added: Array
    repeats: tuple[int, int] = (0, 0)

    def before(self) -> Array:
        """Return the positions before of the pairs, in order."""
        return np.arange(self.rows) if self.place is None else np.flatnonzero(self.place >= 0)

    def after(self, rows: Array) -> Array:
        """Return the positions after of *rows*, which are positions before that have a pair."""
        return rows if self.place is None else self.place[rows]


def key_numbers(
    before: Sequence[tuple[Values, Values]], names: Sequence[str]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return for both sides the keys as numbers, and where all parts of the key are null.

    Args:
        before: The pairs of columns that make the key, made to compare with each other.
        names: Their names.
    """
    gone = [np.logical_and.reduce([pair[side].nulls for pair in before]) for side in (0, 1)]
    first, second = before[0]
    if (
        len(before) == 1
        and first.kind in ("number", "time")
        and {first.data.dtype.kind, second.data.dtype.kind} == {"i"}
    ):
        return (first.data, gone[0]), (second.data, gone[1])
    sums = [np.zeros(len(first), dtype="uint64"), np.zeros(len(second), dtype="uint64")]
    for pair, name in zip(before, names, strict=True):
        for side, hashes in enumerate(hashes_of(*pair)):
            sums[side] += hashes * name_factor(name)
    return (mixed(sums[0]), gone[0]), (mixed(sums[1]), gone[1])


def hashes_of(before: Values, after: Values) -> tuple[Array, Array]:
    """Return the hash of each cell of two columns that compare: equal cells, equal hashes."""
    if before.kind in ("text", "object"):
        return _text_hashes(before), _text_hashes(after)
    kinds = {before.data.dtype.kind, after.data.dtype.kind}
    is_whole = kinds <= {"i", "u", "b"}
    return _number_hashes(before, is_whole=is_whole), _number_hashes(after, is_whole=is_whole)


def _number_hashes(values: Values, *, is_whole: bool) -> Array:
    data = values.data
    bits = data.astype("int64").view("uint64") if is_whole else (data.astype("float64") + 0.0).view("uint64")
    found = mixed(bits)
    if values.nulls.any():
        found[values.nulls] = _NULL
    return found


def _text_hashes(values: Values) -> Array:
    if values.is_arrow:
        array = values.data
        _, starts, data = array.buffers()
        size = len(array)
        if data is None:
            places, held = np.zeros(size + 1, "int64"), np.zeros(0, "uint8")
        else:
            places = np.frombuffer(starts, "int64")[array.offset : array.offset + size + 1]
            held = np.frombuffer(data, "uint8")
        found = hash_texts(Texts(held, places))
    else:
        encoded = ["" if value is None else str(value) for value in values.data.tolist()]
        joined = [one.encode("utf-8", "replace") for one in encoded]
        places = np.concatenate([[0], np.cumsum([len(one) for one in joined], dtype="int64")]).astype("int64")
        found = hash_texts(Texts(np.frombuffer(b"".join(joined), "uint8"), places))
    if values.nulls.any():
        found[values.nulls] = _NULL
    return found


def repeats_in(keys: Array) -> int:
    """Return how many of *keys* stand somewhere before."""
    if len(keys) < 2 or (keys[1:] > keys[:-1]).all():
        return 0
    ordered = np.sort(keys)
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))


def match(before: Array, after: Array, gone: tuple[Array, Array] | None = None) -> Matching:
    """Pair the rows of equal keys; of keys that repeat, the first with the first, the second with the second.

    Args:
        before: The keys before.
        after: The keys after.
        gone: Where there is no key, on both sides; such a row gets no pair and counts as neither added nor removed.

    Example:
        >>> found = match(np.array([3, 1, 2]), np.array([2, 3, 4]))
        >>> found.place.tolist(), found.removed.tolist(), found.added.tolist()
        ([1, -1, 0], [1], [2])
    """
    if gone is not None and (gone[0].any() or gone[1].any()):
        return _match_some(before, after, gone)
    if len(before) == len(after) and np.array_equal(before, after):
        none = np.zeros(0, "int64")
        return Matching(None, len(before), len(before), none, none, (repeats_in(before),) * 2)
    repeats = repeats_in(before), repeats_in(after)
    place = _dense(before, after) if repeats == (0, 0) else None
    if place is None:
        place = _sorted(before, after, is_unique=repeats == (0, 0))
    return _found(place, len(after), repeats)


def _found(place: Array, rows_after: int, repeats: tuple[int, int]) -> Matching:
    is_paired = place >= 0
    is_met = np.zeros(rows_after, dtype=bool)
    is_met[place[is_paired]] = True
    removed, added = np.flatnonzero(~is_paired), np.flatnonzero(~is_met)
    return Matching(place, len(place), len(place) - len(removed), removed, added, repeats)


def _match_some(before: Array, after: Array, gone: tuple[Array, Array]) -> Matching:
    here, there = np.flatnonzero(~gone[0]), np.flatnonzero(~gone[1])
    found = match(before[here], after[there])
    place = np.full(len(before), -1, dtype="int64")
    rows = found.before()
    place[here[rows]] = there[found.after(rows)]
    return Matching(place, len(before), found.pairs, here[found.removed], there[found.added], found.repeats)


def _dense(before: Array, after: Array) -> Array | None:
    """Return the places of whole numbers that lie close together, by a table; None where such a table were large."""
    if before.dtype.kind != "i" or after.dtype.kind != "i" or not len(before) or not len(after):
        return None
    low = min(int(before.min()), int(after.min()))
    high = max(int(before.max()), int(after.max()))
    if high - low > 4 * (len(before) + len(after)):
        return None
    table = np.full(high - low + 1, -1, dtype="int64")
    table[after - low] = np.arange(len(after))
    found: Array = table[before - low]
    return found


def _sorted(before: Array, after: Array, *, is_unique: bool) -> Array:
    """Return the places by sorting both sides; the n-th row of a key belongs to the n-th."""
    kind: Any = "quicksort" if is_unique else "stable"
    here, there = np.argsort(before, kind=kind), np.argsort(after, kind=kind)
    keys, others = before[here], after[there]
    if not len(others):
        return np.full(len(before), -1, dtype="int64")
    at = np.searchsorted(others, keys)
    if not is_unique:
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, "int64")
        sizes = np.diff(starts, append=len(keys))
        at = at + (np.arange(len(keys)) - np.repeat(starts, sizes))
    inside = at < len(others)
    is_same = inside & (others[np.where(inside, at, 0)] == keys)
    place = np.full(len(before), -1, dtype="int64")
    place[here[is_same]] = there[at[is_same]]
    return place
