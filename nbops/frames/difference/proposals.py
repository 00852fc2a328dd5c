"""Which columns may be the key: unique, shared by both sides, named like one."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from nbops.frames.difference.matching import hashes_of
from nbops.frames.difference.record import KeyProposal
from nbops.frames.difference.values import Array, Values
from nbops.frames.profile.hashing import mixed

__all__ = ["propose_keys"]

_NAMED = re.compile(
    r"(^|[_\s.-])(id|key|code|nr|no|num|number|uuid|guid|iso\w*|sku|ref|fips|pk)($|[_\s.-])|Id$|ID$", re.I
)
_MOST_COLUMNS = 60
_MOST_PARTS = 4
_SAMPLE = 5_000
_LEAST_SHARED = 0.3
_MOST = 3
_NEARLY = 0.9

Pair = tuple[Values, Values]


class _Part:
    """A column that may be part of a key; all its cells are hashed only when the first ones look like it."""

    def __init__(self, name: str, columns: Pair, rank: float) -> None:
        self.name = name
        self.rank = rank
        self._columns = columns
        head = [values.take(np.arange(min(len(values), _SAMPLE))) for values in columns]
        self.sample = hashes_of(head[0], head[1])
        self.distinct = _distinct(self.sample[0])

    @cached_property
    def hashes(self) -> tuple[Array, Array]:
        """The hashes of all its cells, on both sides."""
        return hashes_of(*self._columns)


def propose_keys(names: Sequence[str], pair: Callable[[str], Pair]) -> tuple[KeyProposal, ...]:
    """Return columns that may be the key, best first: unique on one side at least, and shared by both.

    Args:
        names: The columns that both sides have, in order; of more than sixty only the first.
        pair: What returns both sides of a column.
    """
    parts = [part for at, name in enumerate(names[:_MOST_COLUMNS]) if (part := _part(name, pair(name), at)) is not None]
    if not parts:
        return ()
    single = [_proposal([part]) for part in parts]
    found = sorted((one for one in single if one is not None), key=lambda one: -_worth(one, parts))
    if not any(one.unique_before and one.unique_after for one in found):
        found = sorted([*_compound(parts), *found], key=lambda one: -_worth(one, parts))
    return tuple(found[:_MOST])


def _part(name: str, columns: Pair, at: int) -> _Part | None:
    before, after = columns
    if not len(before) or not len(after) or before.kind in ("object", "bool"):
        return None
    if before.kind == "number" and not (_is_whole(before) and _is_whole(after)):
        return None
    if np.count_nonzero(before.nulls) > 0.1 * len(before):
        return None
    named = 2.0 if _NAMED.search(name) else 0.0
    kind = {"text": 1.0, "time": 1.0}.get(before.kind, 0.3)
    return _Part(name, columns, named + kind - at / 20)


def _is_whole(values: Values) -> bool:
    if values.data.dtype.kind != "f":
        return True
    sample = values.data[:: max(1, len(values) // _SAMPLE)]
    sample = sample[np.isfinite(sample)]
    return bool((sample == np.rint(sample)).all())


def _distinct(hashes: Array) -> int:
    return len(np.unique(hashes))


def _worth(one: KeyProposal, parts: Sequence[_Part]) -> float:
    rank = {part.name: part.rank for part in parts}
    meant = sum(rank[name] for name in one.columns) / len(one.columns)
    both = 6.0 if one.unique_before and one.unique_after else 0.0
    return both + 6 * one.shared + meant - 0.5 * len(one.columns)


def _proposal(parts: Sequence[_Part]) -> KeyProposal | None:
    """Return what may be said for some columns as the key; None when they are none."""
    samples = [_joined([part.sample[side] for part in parts]) for side in (0, 1)]
    if all(_unique_share(sample) < _NEARLY for sample in samples):
        return None
    before, after = (_joined([part.hashes[side] for part in parts]) for side in (0, 1))
    mine, theirs = np.unique(before), np.unique(after)
    unique = len(mine) == len(before), len(theirs) == len(after)
    if not any(unique):
        return None
    shared = len(np.intersect1d(mine, theirs, assume_unique=True)) / min(len(mine), len(theirs))
    if shared < _LEAST_SHARED:
        return None
    return KeyProposal(tuple(part.name for part in parts), *unique, round(shared, 4))


def _unique_share(hashes: Array) -> float:
    return _distinct(hashes) / len(hashes) if len(hashes) else 0.0


def _joined(hashes: Sequence[Array]) -> Array:
    if len(hashes) == 1:
        return hashes[0]
    total = np.zeros(len(hashes[0]), dtype="uint64")
    for at, one in enumerate(hashes):
        total += one * np.uint64(2 * at * 0x9E3779B1 + 1)
    return mixed(total)


def _compound(parts: Sequence[_Part]) -> list[KeyProposal]:
    """Return keys of two to four columns: each time the column joins that leaves the fewest repeats in a sample."""
    able = sorted(
        (part for part in parts if part.distinct > 1), key=lambda part: -part.rank - math.log2(part.distinct) / 2
    )
    able = able[:12]
    found: list[KeyProposal] = []
    for size in (2, 3, 4):
        if size == 2 or not found:
            found += _of_size(able[: 12 if size == 2 else 8], size)
        if found:
            break
    return found


def _of_size(parts: Sequence[_Part], size: int) -> list[KeyProposal]:
    found = []
    for some in itertools.combinations(parts, size):
        samples = [_joined([part.sample[side] for part in some]) for side in (0, 1)]
        if all(_unique_share(sample) < 1.0 for sample in samples):
            continue
        one = _proposal(some)
        if one is not None:
            found.append(one)
        if len(found) >= _MOST:
            break
    return found
