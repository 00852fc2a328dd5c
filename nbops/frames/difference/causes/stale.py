"""Yesterday's copy under today's date: changed rows that hold what the same thing held a day, or a period, before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nbops.frames.difference.causes.times import duration_words
from nbops.frames.difference.matching import hashes_of, match
from nbops.frames.difference.shared import Shared, objects_at
from nbops.frames.difference.values import Array, Values
from nbops.frames.profile.hashing import mixed, name_factor

__all__ = ["find_stale"]

_LEAST = 5
_AGREED = 0.95
_SAMPLE = 500


def find_stale(
    shared: Shared, key: Sequence[str], changed: Mapping[str, tuple[Array, Array]]
) -> tuple[dict[str, float], str]:
    """Return which columns hold older values, in which share of their changed rows, and of when they are.

    Args:
        shared: Both sides.
        key: The key, of which one column must be a moment.
        changed: For each changed column the positions of its changed rows, before and after.
    """
    times = [name for name in key if shared.pair(name)[0].kind == "time"]
    if len(times) != 1 or len(key) < 2:
        return {}, ""
    moments = shared.pair(times[0])[0]
    gap = _period(moments)
    if not gap:
        return {}, ""
    others = np.zeros(shared.before.rows, dtype="uint64")
    for name in key:
        if name != times[0]:
            others += hashes_of(*shared.pair(name))[0] * name_factor(name)
    now, then = (mixed(others + mixed((moments.data - back).view("uint64"))) for back in (0, gap))
    found = {}
    for name, (rows, after) in changed.items():
        some = (
            np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype("int64") if len(rows) >= _LEAST else rows[:0]
        )
        earlier = match(then[rows[some]], now)
        pairs = earlier.before() if earlier.place is not None else np.arange(len(some))
        if len(pairs) < max(_LEAST, _AGREED * len(some)):
            continue
        held = objects_at(shared.before, shared.was.get(name, name), earlier.after(pairs))
        holds = objects_at(shared.after, name, after[some][pairs])
        share = float(np.mean([one == other for one, other in zip(held.tolist(), holds.tolist(), strict=True)]))
        if share >= _AGREED and len(set(holds.tolist())) >= _LEAST:
            found[name] = share * len(pairs) / len(some)
    return found, duration_words(-gap / moments.per_day * 86_400).replace("earlier", "before")


def _period(moments: Values) -> int:
    """Return the commonest distance between a moment of the column and the next; 0 where there is none."""
    different = np.unique(moments.data[~moments.nulls])
    if len(different) < 2:
        return 0
    gaps, counts = np.unique(np.diff(different), return_counts=True)
    return int(gaps[np.argmax(counts)])
