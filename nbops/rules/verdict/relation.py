"""A relation between columns, as it is kept."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Relation"]


@dataclass(frozen=True, slots=True)
class Relation:
    """What holds between columns.

    Args:
        kind: ``calendar``, ``order``, ``sum``, ``product``, ``fd``, ``pair``, ``group`` or ``fit``.
        columns: The columns, the one that is explained first.
        numbers: The coefficients, in the order of the columns that explain; the constant last.
        word: What else must be known: the part of a date.
        tolerance: How far a row may be off.
    """

    kind: str
    columns: tuple[str, ...]
    numbers: tuple[float, ...] = ()
    word: str = ""
    tolerance: float = 0.0
