"""The cells and rows that are shown: one of each kind of change first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nbops.frames.difference.matching import Matching
from nbops.frames.difference.record import Cause, Change
from nbops.frames.difference.shared import Shared, cell_texts
from nbops.frames.difference.sides import Side
from nbops.frames.difference.values import Array

__all__ = ["MOST_SHOWN", "ROWS_SHOWN", "Found", "example_cells", "some_rows"]

_MOST = 20
_MOST_KINDS = 60
_MORE_OF_EACH = 2
ROWS_SHOWN = 5
"""How many added and removed rows are shown."""
MOST_SHOWN = 30
"""How many of their columns."""


@dataclass(frozen=True, slots=True)
class Found:
    """A column's changes, as far as examples need them.

    Args:
        name: The column.
        rows: The positions before of its changed cells.
        causes: Its causes.
        explained: For each cause a row that it explains.
        rest: The rows that no cause explains.
    """

    name: str
    rows: Array
    causes: tuple[Cause, ...]
    explained: tuple[int, ...]
    rest: Array


def example_cells(
    shared: Shared, matching: Matching, key: Sequence[str], columns: Sequence[Found]
) -> tuple[Change, ...]:
    """Return changed cells: of each column one of each cause and one without, then some more."""
    first = [one for column in columns for one in _kinds(column)][:_MOST_KINDS]
    taken = {(name, row) for name, row, _ in first}
    more = [one for column in columns for one in _more(column) if (one[0], one[1]) not in taken]
    chosen = first + more[: max(0, _MOST - len(first))]
    if not chosen:
        return ()
    rows = np.array([row for _, row, _ in chosen])
    labels = _keys(shared, key, rows, matching)
    made = []
    for at, (name, row, cause) in enumerate(chosen):
        before = cell_texts(shared.before, shared.was.get(name, name), np.array([row]))[0]
        after = cell_texts(shared.after, name, matching.after(np.array([row])))[0]
        made.append(Change(labels[at], name, before, after, cause))
    return tuple(made)


def _kinds(column: Found) -> Iterator[tuple[str, int, str]]:
    for cause, row in zip(column.causes, column.explained, strict=False):
        yield column.name, row, cause.kind
    if len(column.rest):
        yield column.name, int(column.rest[0]), ""


def _more(column: Found) -> Iterator[tuple[str, int, str]]:
    for row in column.rest[1 : 1 + _MORE_OF_EACH].tolist():
        yield column.name, row, ""
    if len(column.causes) == 1 and not len(column.rest):
        for row in column.rows[1 : 1 + _MORE_OF_EACH].tolist():
            yield column.name, row, column.causes[0].kind


def _keys(shared: Shared, key: Sequence[str], rows: Array, matching: Matching) -> list[tuple[str, ...]]:
    if not key:
        return [(f"row {row + 1:,}",) for row in rows.tolist()]
    parts = [cell_texts(shared.after, name, matching.after(rows)) for name in key]
    return [tuple("null" if cell is None else cell for cell in cells) for cells in zip(*parts, strict=True)]


def some_rows(
    side: Side, rows: Array, known: Mapping[str, list[str | None]]
) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]]:
    """Return the columns and the first of some rows as text; *known* are columns of which they were read already."""
    if not len(rows):
        return (), ()
    names = side.names[:MOST_SHOWN]
    cells = [known[name] if name in known else cell_texts(side, name, rows[:ROWS_SHOWN]) for name in names]
    return names, tuple(zip(*cells, strict=True))
