"""Columns that hold what another column held: two that were swapped, or a row of them that moved by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from nbops.frames.difference.values import Array

__all__ = ["find_exchanged"]

_SAMPLE = 400
_MOST = 40
_AGREED = 0.95


def find_exchanged(
    changed: Mapping[str, tuple[Array, Array]], cells: Callable[[str, str, Array], Array]
) -> dict[str, str]:
    """Return for columns that hold what another one held, the name of that one.

    Args:
        changed: For each changed column the positions of its changed rows, before and after; none where it is another.
        cells: What returns cells as objects: of the side ``before`` or ``after``, of a column, at positions.
    """
    found: dict[str, str] = {}
    names = [name for name, (rows, _) in changed.items() if len(rows) >= 5][:_MOST]
    for name in names:
        rows, others = changed[name]
        some = np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype("int64")
        holds = cells("after", name, others[some])
        for origin in names:
            if origin != name and _agrees(cells("before", origin, rows[some]), holds):
                found[name] = origin
                break
    return found


def _agrees(held: Array, holds: Array) -> bool:
    """Whether two columns agree, and not by chance: shifted by a row they would agree much less."""
    same = float(np.mean([x == y for x, y in zip(held.tolist(), holds.tolist(), strict=True)]))
    if same < _AGREED:
        return False
    rolled = float(np.mean([x == y for x, y in zip(np.roll(held, 1).tolist(), holds.tolist(), strict=True)]))
    return rolled <= 0.7
