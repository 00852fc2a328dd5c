"""The causes of one column: its changed cells are put before every cause of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from nbops.frames.difference.causes.candidate import TITLES, Candidate, Pairs
from nbops.frames.difference.causes.categories import category_candidate, permuted_candidate
from nbops.frames.difference.causes.choosing import Chosen, choose
from nbops.frames.difference.causes.numbers import number_candidates, plain
from nbops.frames.difference.causes.texts import text_candidates
from nbops.frames.difference.causes.times import time_candidates
from nbops.frames.difference.matching import Matching
from nbops.frames.difference.record import Cause
from nbops.frames.difference.values import Array, Values
from nbops.frames.masking import COVERED, is_masked
from nbops.frames.tables import shortened

__all__ = ["Explained", "explain"]

_MOST_TEXTS = 200_000
_LEAST_REWRITTEN = 5
_LEAST_PERMUTED, _MOST_PERMUTED = 8, 1_000_000


@dataclass(frozen=True, slots=True)
class Explained:
    """The causes of one column.

    Args:
        causes: The causes, most first.
        rows: For each the position before of a row that it explains.
        rest: The rows that none explains.
        nulled: How many cells became null.
        filled: How many were null.
    """

    causes: tuple[Cause, ...]
    rows: tuple[int, ...]
    rest: Array
    nulled: int
    filled: int


def explain(name: str, before: Values, after: Values, rows: Array, matching: Matching) -> Explained:
    """Return why the cells of a column changed.

    Args:
        name: The column.
        before: Its cells before.
        after: Its cells after.
        rows: The positions before of the changed ones.
        matching: The pairs of rows.
    """
    other = matching.after(rows)
    gone, lost = before.nulls[rows], after.nulls[other]
    nulled, filled = lost & ~gone, gone & ~lost
    full = ~(gone | lost)
    causes: list[Cause] = []
    examples: list[int] = []
    rest = rows[~full]
    for cause, row, left in _rewritten(name, (before, after), rows, (nulled, filled), matching):
        causes.append(cause)
        examples.append(row)
        rest = np.setdiff1d(rest, left)
    if full.any():
        pairs = _pairs(name, before, after, rows[full], other[full])
        moved = _permuted(pairs, before, after, rows, matching)
        found, unexplained = choose(
            pairs,
            lambda sample, whole: _candidates(
                sample, whole, before, matching, moved if len(whole) == len(pairs) else None
            ),
        )
        if moved is not None and any(one.candidate is moved for one in found):  # nulls moved with the other cells
            found, rest = [Chosen(moved, len(rows), found[0].row)], rest[:0]
        causes += [_cause(one, name, len(rows), pairs) for one in found]
        examples += [one.row for one in found]
        rest = np.concatenate([unexplained, rest])
    else:
        rest = np.concatenate([rows[full], rest])
    order = sorted(range(len(causes)), key=lambda at: -causes[at].explained)
    return Explained(tuple(causes[at] for at in order), tuple(examples[at] for at in order), rest,
                     int(nulled.sum()), int(filled.sum()))  # fmt: skip


def _cause(one: Chosen, name: str, changed: int, pairs: Pairs) -> Cause:
    kind, what = one.candidate.kind, one.candidate.what
    if is_masked(name) and kind in ("category renamed", "constant", "affix", "capped", "offset"):
        what = COVERED
    looked = len(pairs) if pairs.weight > 1 else None
    return Cause(kind, TITLES[kind], (name,), what, min(one.explained, changed), changed, looked_at=looked)


def _pairs(name: str, before: Values, after: Values, rows: Array, other: Array) -> Pairs:
    weight = 1.0
    if before.kind in ("text", "object") and len(rows) > _MOST_TEXTS:
        kept = np.linspace(0, len(rows) - 1, _MOST_TEXTS).astype("int64")
        weight = len(rows) / _MOST_TEXTS
        rows, other = rows[kept], other[kept]
    x, y = before.take(rows), after.take(other)
    if before.kind in ("text", "object"):
        return Pairs("text", name, x.objects(), y.objects(), rows, weight=weight)
    if before.kind == "time":
        return Pairs("time", name, x.data, y.data, rows, before.per_day)
    return Pairs(before.kind, name, x.data.astype("float64"), y.data.astype("float64"), rows)


def _permuted(pairs: Pairs, before: Values, after: Values, rows: Array, matching: Matching) -> Candidate | None:
    """Return that the changed cells, nulls among them, are the same as before in another order."""
    if len(rows) < _LEAST_PERMUTED or (before.kind not in ("number", "time") and len(rows) > _MOST_PERMUTED):
        return None
    held, holds = (_with_nulls(side.take(at)) for side, at in ((before, rows), (after, matching.after(rows))))
    changed = len(rows) / max(matching.pairs, 1)
    return permuted_candidate(
        held, holds, changed, lambda: _spread(before, matching), is_rolled=lambda: _is_rolled(pairs, before)
    )


def _with_nulls(values: Values) -> Array:
    if values.kind in ("text", "object"):
        return values.objects()
    if values.null is None:
        return values.data.astype("float64") if values.data.dtype.kind == "b" else values.data
    return np.where(values.null, np.nan, values.data.astype("float64"))


def _candidates(
    sample: Pairs, whole: Pairs, before: Values, matching: Matching, moved: Candidate | None
) -> Iterator[Candidate]:
    if sample.kind == "number":
        yield from number_candidates(sample)
    elif sample.kind == "text":
        yield from text_candidates(sample)
    elif sample.kind == "time":
        yield from time_candidates(sample)
    if sample.kind != "time":
        renamed = category_candidate(whole, lambda wanted: _counted(before, wanted, matching), _shown(sample.kind))
        yield from () if renamed is None else (renamed,)
    yield from () if moved is None else (moved,)


def _shown(kind: str) -> Callable[[object], str]:
    def shown(value: object) -> str:
        if kind == "bool":
            return str(bool(value)).lower()
        return plain(float(str(value))) if kind == "number" else shortened(str(value), 40) or "''"

    return shown


def _counted(before: Values, wanted: Array, matching: Matching) -> Array:
    """Return how many of the compared rows hold each of some values before."""
    import pandas

    rows = matching.before()
    here = before.take(rows) if len(rows) < len(before) else before
    if here.kind == "text" and here.is_arrow:
        counts = here.data.value_counts()
        known = dict(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True))
        return np.array([known.get(one, 0) for one in wanted.tolist()])
    cells = here.data if here.kind != "number" else here.data.astype("float64")
    counted = pandas.Series(cells).value_counts()
    return counted.reindex(list(wanted.tolist())).fillna(0).to_numpy()  # type: ignore[no-any-return]


def _spread(before: Values, matching: Matching) -> float:
    """Return the share of cells that would change if the column were shuffled, by a sample."""
    rows = matching.before()
    sample = before.take(rows[:: max(1, len(rows) // 2_000)]).objects()
    known: dict[object, int] = {}
    for cell in sample.tolist():
        known[cell] = known.get(cell, 0) + 1
    return 1.0 - sum((n / len(sample)) ** 2 for n in known.values()) if len(sample) else 0.0


def _is_rolled(pairs: Pairs, before: Values) -> bool:
    some = pairs.spread(500)
    inside = some.rows > 0
    if np.count_nonzero(inside) < 5:
        return False
    previous = before.take(some.rows[inside] - 1).objects()
    if pairs.kind == "time":
        previous = before.take(some.rows[inside] - 1).data
    return float(np.mean(previous == some.after[inside])) >= 0.9


def _rewritten(
    name: str, sides: tuple[Values, Values], rows: Array, null: tuple[Array, Array], matching: Matching
) -> Iterator[tuple[Cause, int, Array]]:
    """Yield that nulls became one value, or one value became null everywhere; with the rows that this explains."""
    before, after = sides
    for mask, cells, places, way in ((null[1], after, matching.after(rows), "null became {}"),
                                     (null[0], before, rows, "{} became null")):  # fmt: skip
        n = int(mask.sum())
        if n < _LEAST_REWRITTEN:
            continue
        values = cells.take(places[mask][:_MOST_TEXTS]).objects()
        first = values[0]
        if (values != first).any() or (way.endswith("null") and _left(before, first, rows[mask], matching)):
            continue
        what = way.format(COVERED if is_masked(name) else repr(first) if cells.kind == "text" else str(first))
        cause = Cause("null marker", TITLES["null marker"], (name,), what, n, len(rows))
        yield cause, int(rows[mask][0]), rows[mask]


def _left(before: Values, value: object, nulled: Array, matching: Matching) -> bool:
    """Whether *value* stands in more rows before than became null."""
    rows = matching.before()
    held = before.take(rows).objects() == value
    return int(np.count_nonzero(held)) > 1.1 * len(nulled)
