"""Categories that go with others: a carrier flies from where it flew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from nbops.frames.profile.mixes import Mix
from nbops.frames.profile.table import Profile
from nbops.synthesis.columns import Drawn
from nbops.synthesis.streams import Array, Stream

__all__ = ["mixed", "mixing_order"]


def mixing_order(profile: Profile, fixed: Collection[str]) -> list[Mix]:
    """Return the mixes that can be kept together, each behind that of its left column.

    Args:
        profile: What the table is like.
        fixed: The columns that are decided otherwise.
    """
    above: dict[str, Mix] = {}
    for one in profile.relations.mixes:
        if one.right not in fixed and one.right not in _chain(above, one.left):
            above[one.right] = one
    return sorted(above.values(), key=lambda one: len(_chain(above, one.right)))


def _chain(above: dict[str, Mix], name: str) -> list[str]:
    found = [name]
    while found[-1] in above:
        found.append(above[found[-1]].left)
    return found


def mixed(one: Mix, left: Drawn, right: Drawn, stream: Stream) -> Drawn:
    """Return *right* drawn anew, so that it goes with *left* as it did; where nothing is known, it stays."""
    lefts = _labels(left)
    if lefts is None or right.pool is None:
        return right
    rights = {value: at for at, value in enumerate(right.pool)}
    codes, found = np.asarray(left.values).astype("int64"), right.values.copy()
    usual = np.bincount(right.values, minlength=len(right.pool)).astype("float64")
    for code, value in enumerate(lefts):
        here = np.flatnonzero(codes == code)
        weights = np.zeros(len(right.pool))
        for (mine, other), rows in one.cells.items():
            if mine == value and other in rights:
                weights[rights[other]] = rows
        if not len(here) or not weights.any():
            continue
        rest = max(0.0, len(here) / len(codes) * one.rows - weights.sum())
        weights += _spread(rest, usual * (weights == 0))
        found[here] = _drawn(weights, len(here), stream)
    return Drawn(found, right.pool)


def _labels(drawn: Drawn) -> Sequence[Any] | None:
    if drawn.pool is not None:
        return drawn.pool
    is_truth = isinstance(drawn.values, np.ndarray) and drawn.values.dtype == bool
    return (False, True) if is_truth else None


def _spread(rows: float, weights: Array) -> Array:
    """Return *rows* spread over what was not seen together ten times, as often as it is there at all."""
    return weights * (rows / weights.sum()) if weights.any() else weights


def _drawn(weights: Array, size: int, stream: Stream) -> Array:
    ends = np.cumsum(np.floor(weights * 1_000 + 0.5).astype("int64"))
    return np.searchsorted(ends, stream.below(int(ends[-1]), size), side="right").astype("int32")
