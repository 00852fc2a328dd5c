"""Columns that hold what another column held: two that were swapped, or a row of them that moved by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from nbops.frames.difference.values import Array

__all__ = ["find_exchanged"]

_SAMPLE = 400
_MOST = 40
_AGREED, _BY_CHANCE = 0.95, 0.7


def find_exchanged(
    changed: Mapping[str, tuple[Array, Array]], cells: Callable[[str, str, Array], Array]
) -> dict[str, tuple[str, float]]:
    """Return for columns that hold what another one held, the name of that one, and in which share of the rows.

    Args:
        changed: For each changed column the positions of its changed rows, before and after; none where it is another.
        cells: What returns cells as objects: of the side ``before`` or ``after``, of a column, at positions.
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
    return found


def _agreement(held: Array, holds: Array) -> float:
    """Return the share of rows in which two columns agree; 0 when it is small, or is as large shifted by a row."""
    same = float(np.mean([x == y for x, y in zip(held.tolist(), holds.tolist(), strict=True)]))
    if same < _AGREED:
        return 0.0
    rolled = float(np.mean([x == y for x, y in zip(np.roll(held, 1).tolist(), holds.tolist(), strict=True)]))
    return same if rolled <= _BY_CHANCE else 0.0
