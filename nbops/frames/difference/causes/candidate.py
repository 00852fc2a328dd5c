"""What a cause is before it is believed: a rule that says of every changed cell whether it explains it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from nbops.frames.difference.values import Array

__all__ = ["TITLES", "Candidate", "Pairs", "Rule"]

Rule = Callable[[Array, Array], Array]
"""Tells for the cells before and after which of the changes it explains."""

TITLES = {
    "unit factor": "Unit changed",
    "offset": "Shifted by a constant",
    "sign": "Sign turned",
    "inverted": "True and false swapped",
    "rounding": "Rounded",
    "capped": "Capped",
    "constant": "Replaced by one value",
    "null marker": "Null written in another way",
    "time zone": "Time zone shifted",
    "day shift": "Dates shifted",
    "time shift": "Times shifted",
    "day and month": "Day and month swapped",
    "case": "Case changed",
    "padding": "Padding changed",
    "encoding": "Encoding broken",
    "truncation": "Cut off",
    "affix": "Text added or removed",
    "format": "Written in another way",
    "category renamed": "Category renamed",
    "permuted": "Permuted against the key",
    "columns swapped": "Columns swapped",
    "column moved": "Column moved",
    "column renamed": "Column renamed",
    "join fan-out": "Rows multiplied",
    "rows merged": "Repeated rows removed",
    "rows cut off": "File cut off",
    "group lost": "Group missing",
    "group new": "Group added",
    "yesterday's copy": "Yesterday's copy",
}
"""Each kind of cause, and how a headline begins with it."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The changed cells of one column that are null on neither side.

    Args:
        kind: What the column holds: ``number``, ``bool``, ``text`` or ``time``.
        name: The column's name.
        before: The cells before: floats, whole numbers since 1970, or texts.
        after: The cells after.
        rows: The positions of their rows before.
        per_day: How many units of a moment a day has; 0 for other columns.
        weight: How many changed cells each pair stands for: more than 1 where only some of very many are looked at.
    """

    kind: str
    name: str
    before: Array
    after: Array
    rows: Array
    per_day: int = 0
    weight: float = 1.0

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, rows: Array) -> Pairs:
        """Return some of the pairs, by a mask or positions."""
        return replace(self, before=self.before[rows], after=self.after[rows], rows=self.rows[rows])

    def spread(self, most: int) -> Pairs:
        """Return at most *most* of the pairs, evenly spread."""
        if len(self) <= most:
            return self
        return replace(
            self.at(np.linspace(0, len(self) - 1, most).astype("int64")), weight=self.weight * len(self) / most
        )

    def shuffled(self) -> Pairs:
        """Return the pairs with the cells after in an order that has nothing to do with those before."""
        order = np.random.default_rng(len(self)).permutation(len(self))
        return replace(self, after=self.after[order])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cause that may be.

    Args:
        kind: Which of :data:`TITLES`.
        what: What happened, in words.
        explains: What tells for the cells before and after which of them it explains.
        least: The share of the changed cells that it must explain to be believed.
        distinct: How many different cells before must be among them.
        rows: How many cells it must explain.
        rank: Of two that explain as much, the one with the lower rank is named.
        by_chance: Whether it must explain far more than it would if before and after had nothing to do with each other.
    """

    kind: str
    what: str
    explains: Rule
    least: float = 0.5
    distinct: int = 3
    rows: int = 3
    rank: int = 5
    by_chance: bool = True
