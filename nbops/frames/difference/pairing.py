"""Which rows are compared with which: by the key that was given, by one that was found, by their position, or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nbops.errors import UsageError, did_you_mean
from nbops.frames.difference.matching import Matching, hashes_of, key_numbers, match
from nbops.frames.difference.proposals import propose_keys
from nbops.frames.difference.record import KeyProposal, Multiset
from nbops.frames.difference.schema import kind_of_type
from nbops.frames.difference.shared import Shared
from nbops.frames.difference.values import Array
from nbops.frames.profile.hashing import name_factor

__all__ = ["Pairing", "bag", "pair_rows"]

_SHARED_ENOUGH = 0.5
_SAMPLE = 2_000
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Pairing:
    """How rows were paired.

    Args:
        how: ``key``, ``proposed key``, ``position`` or ``nothing``.
        key: The columns of the key.
        matching: The pairs.
        numbers: The keys as numbers, of both sides; None where there is no key.
        keyless: How many rows have no key, on both sides.
        proposals: Columns that may be the key, when none was given.
        notes: What was not compared, and why.
    """

    how: str
    key: tuple[str, ...]
    matching: Matching
    numbers: tuple[Array, Array] | None = None
    keyless: tuple[int, int] = (0, 0)
    proposals: tuple[KeyProposal, ...] = ()
    notes: tuple[str, ...] = ()


def pair_rows(shared: Shared, names: Sequence[str], key: Sequence[str]) -> Pairing:
    """Return which rows belong together.

    Args:
        shared: Both sides.
        names: The columns that both have.
        key: The columns of the key; none lets one be looked for.

    Raises:
        UsageError: A column of the key is missing on one side.
    """
    if key:
        _check(shared, key)
        return _by_key(shared, tuple(key), "key")
    proposals = propose_keys(names, shared.pair)
    good = [one for one in proposals if one.shared >= _SHARED_ENOUGH]
    if good:
        return _by_key(shared, good[0].columns, "proposed key", proposals)
    rows = shared.before.rows, shared.after.rows
    if rows[0] == rows[1] and rows[0] and _is_alike(shared, names):
        none = np.zeros(0, dtype="int64")
        return Pairing("position", (), Matching(None, rows[0], rows[0], none, none), proposals=proposals)
    note = "rows one by one: no key was given, none was found, and the rows do not stand at the same places"
    place = np.full(rows[0], -1, dtype="int64")
    matching = Matching(place, rows[0], 0, np.zeros(0, dtype="int64"), np.zeros(0, dtype="int64"))
    return Pairing("nothing", (), matching, proposals=proposals, notes=(note,) if all(rows) and names else ())


def _check(shared: Shared, key: Sequence[str]) -> None:
    for side in (shared.before, shared.after):
        for name in key:
            wanted = shared.was.get(name, name) if side is shared.before else name
            if wanted not in side:
                fix = did_you_mean(name, side.names[:50])
                raise UsageError(f"{side.name or 'a side'} has no column {name!r}, which the key names", fix=fix)
    if len(set(key)) < len(key):
        raise UsageError(f"the key names a column twice: {', '.join(key)}", fix="name each once")


def _by_key(shared: Shared, key: tuple[str, ...], how: str, proposals: tuple[KeyProposal, ...] = ()) -> Pairing:
    pairs = [shared.pair(name) for name in key]
    (first, gone), (second, lost) = key_numbers(pairs, key)
    matching = match(first, second, (gone, lost))
    notes = []
    keyless = int(np.count_nonzero(gone)), int(np.count_nonzero(lost))
    if any(keyless):
        notes.append(f"rows that have no key, because it is null: {keyless[0]:,} before, {keyless[1]:,} after")
    if not matching.pairs and len(first) and len(second):
        notes.append(f"cells: no key of one side stands on the other{_kinds(shared, key)}")
    return Pairing(how, key, matching, (first, second), keyless, proposals, tuple(notes))


def _kinds(shared: Shared, key: Sequence[str]) -> str:
    apart = []
    for name in key:
        was = shared.before.types[shared.was.get(name, name)]
        if kind_of_type(was) != kind_of_type(shared.after.types[name]):
            apart.append(f"{name} is {was} before and {shared.after.types[name]} after")
    return f"; {', '.join(apart)}" if apart else ""


def _is_alike(shared: Shared, names: Sequence[str]) -> bool:
    """Whether most columns agree at the same places, more than they would in another order."""
    alike = 0
    looked = list(names[:30])
    for name in looked:
        before, after = shared.pair(name)
        rows = np.linspace(0, len(before) - 1, min(len(before), _SAMPLE)).astype("int64")
        held, holds = before.take(rows).objects(), after.take(rows).objects()
        same = np.mean([x == y for x, y in zip(held.tolist(), holds.tolist(), strict=True)])
        rolled = np.mean([x == y for x, y in zip(np.roll(held, 1).tolist(), holds.tolist(), strict=True)])
        alike += bool(same >= _ALIKE and (same > rolled + 0.1 or same == 1.0))
    return alike >= max(1, len(looked) / 2)


def bag(shared: Shared, names: Sequence[str]) -> Multiset:
    """Return how the rows compare as a bag: by the hashes of all columns that both sides have."""
    mine, theirs = (np.zeros(side.rows, dtype="uint64") for side in (shared.before, shared.after))
    for name in names:
        first, second = hashes_of(*shared.pair(name))
        mine += first * name_factor(name)
        theirs += second * name_factor(name)
    found = match(mine, theirs)
    return Multiset(found.pairs, len(found.removed), len(found.added))
