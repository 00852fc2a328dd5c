"""The columns that both sides have, read as they are needed, and kept where that costs no memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbops.frames.difference.sides import Side
from nbops.frames.difference.values import Array, Values, is_null, paired, values_of
from nbops.frames.masking import COVERED, is_masked
from nbops.frames.tables import shortened, told

__all__ = ["Shared", "cell_texts", "objects_at"]

_LONGEST = 120
_MOST_KEPT = 400
_MOST_ROWS_KEPT = 4_000_000


class Shared:
    """Both sides of a comparison, and what their columns hold.

    Args:
        before: The side before.
        after: The side after.
        was: For columns with another name, the name before by that after.
    """

    def __init__(self, before: Side, after: Side, was: Mapping[str, str] | None = None) -> None:
        self.before = before
        self.after = after
        self.was = dict(was or {})
        self._kept: dict[str, tuple[Values, Values]] = {}

    def pair(self, name: str) -> tuple[Values, Values]:
        """Return the column *name*, its name after, of both sides, made to compare with each other."""
        if name not in self._kept:
            first = values_of(self.before.column(self.was.get(name, name)))
            found = paired(first, values_of(self.after.column(name)))
            is_small = (
                self.before.rows + self.after.rows <= _MOST_ROWS_KEPT
            )  # else pieces of texts, joined, fill memory
            if is_small and not (self.before.is_read_anew or self.after.is_read_anew) and len(self._kept) < _MOST_KEPT:
                self._kept[name] = found
            return found
        return self._kept[name]


def objects_at(side: Side, name: str, rows: Array) -> Array:
    """Return some cells of a column as an array of objects, None for null."""
    return values_of(side.column(name).iloc[rows]).objects()


def cell_texts(side: Side, name: str, rows: Array) -> list[str | None]:
    """Return some cells of a column as people read them; masked ones covered."""
    array = side.column(name).array
    cells = [array[row] for row in rows.tolist()]  # taking rows out of Arrow's pieces would first join them all
    if is_masked(name):
        return [None if is_null(cell) else COVERED for cell in cells]
    return [None if is_null(cell) else _text(cell) for cell in cells]


def _text(value: Any) -> str:
    if hasattr(value, "item") and not hasattr(value, "__len__"):
        value = value.item()  # 3, not np.int64(3)
    if isinstance(value, str):
        return shortened(value, _LONGEST)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}"
    return shortened(told(value, str).removesuffix(" 00:00:00"), _LONGEST)
