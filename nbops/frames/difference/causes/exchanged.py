"""Columns that hold what another column held: two that were swapped, or a row of them that moved by one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import numpy as np

from nbops.frames.difference.values import Array

__all__ = ["find_exchanged"]

_SAMPLE = 400
_MOST = 40
_AGREED, _BY_CHANCE = 0.95, 0.7
_LEAST_SAME = 20  # rows that did not change, in which both columns must be the same
Cells = Callable[[str, str, Array], Array]


def find_exchanged(
    changed: Mapping[str, tuple[Array, Array]], cells: Cells, pairs: tuple[Array, Array] | None = None
) -> dict[str, tuple[str, float]]:
    """Return for columns that hold what another one held, the name of that one, and in which share of the rows.

    Args:
        changed: For each changed column the positions of its changed rows, before and after; none where it is another.
        cells: What returns cells as objects: of the side ``before`` or ``after``, of a column, at positions.
        pairs: The positions of all rows that belong together, before and after: by those that did not change, swapped
            columns of few values are known, too.
    """
    found: dict[str, tuple[str, float]] = {}
    names = [name for name, (rows, _) in changed.items() if len(rows) >= 5][:_MOST]
    for name in names:
        rows, others = changed[name]
        some = np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype("int64")
        holds = cells("after", name, others[some])
        for origin in names:
            share = _agreement(cells("before", origin, rows[some]), holds) if origin != name else 0.0
            if share:
                found[name] = origin, share
                break
    if pairs is not None:
        for one, other in itertools.combinations([name for name in names if name not in found], 2):
            if not {one, other} & set(found) and _are_swapped(one, other, changed, cells, pairs):
                found[one], found[other] = (other, 1.0), (one, 1.0)
    return found


def _are_swapped(
    one: str, other: str, changed: Mapping[str, tuple[Array, Array]], cells: Cells, pairs: tuple[Array, Array]
) -> bool:
    """Whether two columns changed in the same rows, all those in which they differed, and hold each other's values.

    Where columns have few values, each other's values are easily those of chance; that they changed wherever they
    differed, and nowhere else, is not: at least so many rows must tell it.
    """
    rows, others = changed[one]
    if not np.array_equal(rows, changed[other][0]):
        return False
    at = np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype("int64")
    for name, origin in ((one, other), (other, one)):
        if cells("before", origin, rows[at]).tolist() != cells("after", name, others[at]).tolist():
            return False
    same = pairs[0][~np.isin(pairs[0], rows)]
    same = same[np.linspace(0, len(same) - 1, min(len(same), _SAMPLE)).astype("int64")] if len(same) else same
    if len(same) < _LEAST_SAME:
        return False
    return bool(cells("before", one, same).tolist() == cells("before", other, same).tolist())


def _agreement(held: Array, holds: Array) -> float:
    """Return the share of rows in which two columns agree; 0 when it is small, or is as large shifted by a row."""
    same = float(np.mean([x == y for x, y in zip(held.tolist(), holds.tolist(), strict=True)]))
    if same < _AGREED:
        return 0.0
    rolled = float(np.mean([x == y for x, y in zip(np.roll(held, 1).tolist(), holds.tolist(), strict=True)]))
    return same if rolled <= _BY_CHANCE else 0.0
