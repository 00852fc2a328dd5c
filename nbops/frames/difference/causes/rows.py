"""Causes of added and removed rows: a join that fans out, a file cut off, a group gone, yesterday's copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nbops.frames.difference.causes.candidate import TITLES
from nbops.frames.difference.causes.times import duration_words
from nbops.frames.difference.matching import Matching, hashes_of, match
from nbops.frames.difference.record import Cause
from nbops.frames.difference.shared import Shared, cell_texts
from nbops.frames.difference.sides import Side
from nbops.frames.difference.values import Array, Values
from nbops.frames.profile.hashing import name_factor

__all__ = ["group_of", "row_causes"]

_LEAST = 3
_MOSTLY = 0.9
_MOST_ROWS = 200_000


def row_causes(
    shared: Shared,
    names: Sequence[str],
    matching: Matching,
    keys: tuple[Array, Array] | None,
    key: Sequence[str],
    *,
    groups: tuple[Sequence[tuple[int, str, str]], Sequence[tuple[int, str, str]]],
) -> Iterator[Cause]:
    """Yield what explains the added and the removed rows.

    Args:
        shared: Both sides.
        names: The columns that both have.
        matching: The pairs of rows.
        keys: The keys of all rows as numbers; None where rows were not paired by a key.
        key: The columns of the key.
        groups: The columns of which the removed, and the added, rows are all rows of one value.
    """
    added, removed = matching.added, matching.removed
    if keys is not None:
        if len(added):
            yield from _repeated(keys, added, shared, names, grew=True)
        if len(removed):
            yield from _repeated((keys[1], keys[0]), removed, shared, names, grew=False)
    if len(removed) >= _LEAST:
        yield from _cut_off(shared.before.rows, removed)
        yield from _group(groups[0], removed, side=0)
    if len(added) >= _LEAST:
        copied = list(_copied(shared, names, added, key))
        yield from copied
        yield from () if copied else _group(groups[1], added, side=1)


def _cause(kind: str, what: str, explained: int, of: int, columns: tuple[str, ...] = ()) -> Cause:
    return Cause(kind, TITLES[kind], columns, what, explained, of, "rows")


def _repeated(
    keys: tuple[Array, Array], rows: Array, shared: Shared, names: Sequence[str], *, grew: bool
) -> Iterator[Cause]:
    """Yield that rows are added (or removed) whose key the other side has already, in fewer rows."""
    other, mine = keys
    is_known = np.isin(mine[rows], other)
    n = int(np.count_nonzero(is_known))
    if n < _LEAST or n < 0.5 * len(rows):
        return
    most = int(np.unique(mine[np.isin(mine, mine[rows[is_known]])], return_counts=True)[1].max())
    multiplied = len(np.unique(mine[rows[is_known]]))
    if grew:
        what = f"{multiplied:,} keys stand in up to {most:,} rows each, as after a join that fans out or a second load"
        yield _cause("join fan-out", what, n, len(rows))
    else:
        what = f"{multiplied:,} keys stood in up to {most:,} rows each, and repeats are gone"
        yield _cause("rows merged", what, n, len(rows))


def _cut_off(rows: int, removed: Array) -> Iterator[Cause]:
    n = len(removed)
    if n == rows:
        return
    share = f"{n / rows:.1%}".replace(".0%", "%").replace("%", " %")
    if int(removed[0]) == rows - n:
        yield _cause("rows cut off", f"the last {n:,} rows are missing, {share} of the file", n, n)
    elif int(removed[-1]) == n - 1:
        yield _cause("rows cut off", f"the first {n:,} rows are missing, {share} of the file", n, n)


def _group(groups: Sequence[tuple[int, str, str]], rows: Array, *, side: int) -> Iterator[Cause]:
    """Yield that the rows are all those of one value of a column: a shop, a day, a country."""
    if groups:
        _, name, value = min(groups)
        kind, word = ("group new", "added") if side else ("group lost", "removed")
        yield _cause(kind, f"the {word} rows are all the rows where {name} is {value}", len(rows), len(rows), (name,))


def group_of(side: Side, name: str, values: Values, rows: Array, at: int) -> tuple[int, str, str] | None:
    """Return the column and its value when *rows* are all the rows of *side* that hold it; with how telling that is.

    Args:
        side: The side on which the rows stand.
        name: The column's name there.
        values: Its cells.
        rows: The positions of the rows.
        at: The column's place: of several columns the first text is the most telling.
    """
    if len(rows) < _LEAST or not _is_only_value(values, rows):
        return None
    value = cell_texts(side, name, rows[:1])[0]
    rank = {"text": 0, "time": 1_000}.get(values.kind, 2_000)
    return None if value is None else (rank + at, name, value)


def _is_only_value(values: Values, rows: Array) -> bool:
    """Whether *rows* hold one value, and no other row does."""
    if values.kind == "object" or len(rows) == len(values):
        return False
    head = values.take(rows[:200]).objects()
    if head[0] is None or any(cell != head[0] for cell in head.tolist()):
        return False
    if values.is_arrow:
        import pyarrow.compute

        is_it = np.asarray(pyarrow.compute.equal(values.data, head[0]).fill_null(False))
    else:
        first = values.data[rows[0]]
        is_it = np.asarray(values.data == first, dtype=bool) & ~values.nulls
    return int(np.count_nonzero(is_it)) == len(rows) and bool(is_it[rows].all())


def _copied(shared: Shared, names: Sequence[str], added: Array, key: Sequence[str]) -> Iterator[Cause]:
    """Yield that the added rows repeat earlier ones in all but their date, by one and the same distance.

    An added row has a key that no other row has: it can repeat another one only where the date is part of the key.
    """
    times = [name for name in key if shared.pair(name)[0].kind == "time"]
    if not times or len(added) > _MOST_ROWS or len(names) < 3:
        return
    for name in times:
        rest = [one for one in names if one != name]
        old, new = (np.zeros(len(shared.pair(name)[side]), dtype="uint64") for side in (0, 1))
        for one in rest:
            first, second = hashes_of(*shared.pair(one))
            old += first * name_factor(one)
            new += second * name_factor(one)
        before, after = shared.pair(name)
        shift = _one_distance(before, after, old, new[added], added)
        if shift is not None:
            n, away = shift
            words = duration_words(away / after.per_day * 86_400).replace("later", "before").replace("earlier", "after")
            what = f"the added rows repeat those of {words} in every column but {name}"
            yield _cause("yesterday's copy", what, n, len(added), (name,))
            return


def _one_distance(before: Values, after: Values, old: Array, new: Array, added: Array) -> tuple[int, int] | None:
    """Return how many added rows are copies, and how much later they are; None when they are none."""
    if len(np.unique(new)) < _LEAST:
        return None
    order = np.argsort(before.data, kind="stable")[::-1]  # the newest of several originals is the one
    found: Matching = match(new, old[order])
    pairs = found.before()
    if len(pairs) < _MOSTLY * len(new):
        return None
    away = after.data[added[pairs]] - before.data[order[found.after(pairs)]]
    values, counts = np.unique(away, return_counts=True)
    most = int(np.argmax(counts))
    if counts[most] < _MOSTLY * len(new) or not values[most]:
        return None
    return int(counts[most]), int(values[most])
