"""Which categories go with which: for each column of categories the one that tells most of it, in a sample."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbops.frames.masking import is_masked
from nbops.frames.profile.cells import Cells
from nbops.frames.profile.dependencies import cell_values, codes_at, sample_places
from nbops.frames.profile.hashing import Array
from nbops.frames.profile.rare import LEAST_ROWS

__all__ = ["Mix", "common_mixes", "mixes_of"]

_MOST_COLUMNS = 24
_MOST_VALUES = 64
_LEAST = 0.01  # of Cramér's V squared, less what chance makes


@dataclass(frozen=True, slots=True)
class Mix:
    """In how many rows of the sample a value of *left* goes with one of *right*, where they are ten or more.

    Args:
        left: A column of categories or truth values.
        right: The column of categories of which it tells most.
        rows: How many rows were looked at.
        cells: How many rows hold both values, the left one first.
    """

    left: str
    right: str
    rows: int
    cells: Mapping[tuple[Any, Any], int] = field(default_factory=dict)


def mixes_of(columns: Mapping[str, Cells], distinct: Mapping[str, int]) -> tuple[Mix, ...]:
    """Return for each column of categories the one that tells most of it, if one does.

    Args:
        columns: The columns, by name.
        distinct: How many different values each has.
    """
    places = sample_places(next((cells.rows for cells in columns.values()), 0))
    able = [
        name for name, cells in columns.items()
        if cells.kind in ("text", "bool") and 2 <= distinct[name] <= _MOST_VALUES and not is_masked(name)
    ][:_MOST_COLUMNS]  # fmt: skip
    coded = {name: codes_at(columns[name], places) for name in able}
    best: dict[str, tuple[float, str]] = {}
    for left, right in itertools.combinations(able, 2):
        told = _association(coded[left], coded[right])
        for one, other in ((left, right), (right, left)):
            if columns[other].kind == "text" and told >= max(_LEAST, best.get(other, (0.0, ""))[0]):
                best[other] = (told, one)
    return tuple(
        Mix(left, right, len(places), _cells(columns, left, right, coded, places))
        for right, (_, left) in best.items()
    )  # fmt: skip


def _association(a: Array, b: Array) -> float:
    """Return Cramér's V squared of two arrays of codes, less its expectation where there is none."""
    known = (a >= 0) & (b >= 0)
    a, b = a[known], b[known]
    if len(a) < 2 * LEAST_ROWS:
        return 0.0
    height, width = int(a.max()) + 1, int(b.max()) + 1
    table = np.bincount(a * width + b, minlength=height * width).reshape(height, width)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / len(a)
    there = expected > 0
    chi = float(((table - expected)[there] ** 2 / expected[there]).sum())
    rows, across = int((table.sum(axis=1) > 0).sum()), int((table.sum(axis=0) > 0).sum())
    least = min(rows, across) - 1
    return max(0.0, chi / len(a) - (rows - 1) * (across - 1) / len(a)) / least if least > 0 else 0.0


def _cells(
    columns: Mapping[str, Cells], left: str, right: str, coded: Mapping[str, Array], places: Array
) -> dict[tuple[Any, Any], int]:
    a, b = coded[left], coded[right]
    _, first, counts = np.unique(a * (int(b.max()) + 2) + b, return_index=True, return_counts=True)
    enough = (counts >= LEAST_ROWS) & (a[first] >= 0) & (b[first] >= 0)
    lefts, rights = (cell_values(columns[name], places[first[enough]]) for name in (left, right))
    return dict(zip(zip(lefts, rights, strict=True), counts[enough].tolist(), strict=True))


def common_mixes(mine: Sequence[Mix], theirs: Sequence[Mix]) -> tuple[Mix, ...]:
    """Return the mixes that both parts of a table show, with the rows of both."""
    known = {(one.left, one.right): one for one in mine}
    found = []
    for one in theirs:
        first = known.get((one.left, one.right))
        if first is not None:
            cells = {pair: first.cells.get(pair, 0) + one.cells.get(pair, 0) for pair in {**first.cells, **one.cells}}
            found.append(Mix(one.left, one.right, first.rows + one.rows, cells))
    return tuple(found)
