"""Which column decides another, and which numbers go together: in a sample, as counts of rows that do not."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nbops.frames.masking import is_masked
from nbops.frames.profile.cells import Cells
from nbops.frames.profile.hashing import Array
from nbops.frames.profile.rare import LEAST_ROWS
from nbops.frames.profile.written import DIGITS, parsed, part_that_is

__all__ = [
    "Dependency",
    "Halves",
    "cell_values",
    "codes_at",
    "common_dependencies",
    "common_halves",
    "dependencies_of",
    "halves_of",
    "place_among_filled",
    "sample_places",
]

_SAMPLE = 6_000
_HEAD = 400
_MOST_COLUMNS = 24
_TELLING = 20.0  # rows that would disagree by chance, from which on agreement says something
_MOST_ODD = 0.02
_LARGE_GROUPS = 0.9
_MOST_VALUES = 300
_LEAST_HIGH = 60
_LEAST_BY_CHANCE = 0.2  # a column of which nearly all values are one has no halves
_MOST_APART = 0.35  # of the rows in the upper half of one column, so many in the wrong half of the other


@dataclass(frozen=True, slots=True)
class Dependency:
    """Rows of the sample that agree in *left* agree in *right*, but for *odd* of *rows*.

    Args:
        left: The column that decides.
        right: The column that is decided.
        rows: The rows that share their value of *left* with an earlier one.
        odd: How many of them do not hold the commonest *right* of their *left*.
        by_chance: How many would not, were *right* shuffled.
        values: Which *right* goes with a *left*, where ten rows of the sample or more hold both.
        part: Which part of the moments in *left* the numbers in *right* are: ``year month day hour`` …, also on another
            clock, as ``hour in Asia/Tokyo``; or of its whole numbers: ``hundreds``, ``below hundred``.
    """

    left: str
    right: str
    rows: int
    odd: int
    by_chance: float
    values: Mapping[Any, Any] = field(default_factory=dict)
    part: str = ""


@dataclass(frozen=True, slots=True)
class Halves:
    """Where *left* is above its middle, *right* lies on one side of its own, but for *odd* of *rows*.

    The middles are those of every second row of the sample, which also choose the pair, and the counts are of the
    others: so a count is that of independent rows against fixed points, whatever the distribution.

    Args:
        left: One column of numbers.
        right: The other.
        at_left: The middle of *left*.
        at_right: The middle of *right*.
        rises: Whether *right* is above its middle there; otherwise it is not.
        rows: The rows in which *left* is above its middle.
        odd: How many of them have *right* on the other side.
    """

    left: str
    right: str
    at_left: float
    at_right: float
    rises: bool
    rows: int
    odd: int


def dependencies_of(
    columns: Mapping[str, Cells], distinct: Mapping[str, int], forms: Mapping[str, str]
) -> tuple[Dependency, ...]:
    """Return for each column the one that decides it best, if any does.

    Args:
        columns: The columns, by name.
        distinct: How many different values each has.
        forms: How texts that are days or moments are written.
    """
    rows = next((cells.rows for cells in columns.values()), 0)
    places = sample_places(rows)
    able = [name for name, cells in columns.items() if distinct[name] > 1 and _is_plain(cells)][:_MOST_COLUMNS]
    coded = {name: codes_at(columns[name], places) for name in able}
    best: dict[str, Dependency] = {}
    for left, right in itertools.permutations(able, 2):
        found = _dependency(left, right, coded[left], coded[right])
        if found and (right not in best or found.by_chance - found.odd > best[right].by_chance - best[right].odd):
            best[right] = found
    return tuple(
        replace(one, values=_values(one, columns, coded, places), part=_part(one, columns, places, forms))
        for one in best.values()
    )


def _part(one: Dependency, columns: Mapping[str, Cells], places: Array, forms: Mapping[str, str]) -> str:
    """Return which part of the left column's moments or numbers the right column is; empty when it is none."""
    left, right = columns[one.left], columns[one.right]
    if right.kind != "number" or not (left.kind in ("time", "number") or one.left in forms):
        return ""
    a, b = place_among_filled(left, places), place_among_filled(right, places)
    known = (a >= 0) & (b >= 0)
    whole = _moments(left, a[known], forms[one.left]) if left.kind == "text" else left.numbers[a[known]]
    if whole is None or not known.any():
        return ""
    numbers = right.numbers[b[known]]
    if left.kind == "number":
        return next((name for name, part in DIGITS.items() if bool((part(whole) == numbers).all())), "")
    is_utc = forms[one.left].endswith("Z") if left.kind == "text" else left.has_zone
    return part_that_is(whole, numbers, is_utc=is_utc)


def _moments(cells: Cells, rows: Array, form: str) -> Array | None:
    return parsed((cells.texts.text(int(row)) for row in rows), form)


def _values(one: Dependency, columns: Mapping[str, Cells], coded: Mapping[str, Array], places: Array) -> dict[Any, Any]:
    """Return which value of the right column goes with one of the left, where enough rows hold both."""
    if any(is_masked(name) or columns[name].kind not in ("text", "number", "bool") for name in (one.left, one.right)):
        return {}
    a, b = coded[one.left], coded[one.right]
    _, first, counts = np.unique(a * (int(b.max()) + 2) + b, return_index=True, return_counts=True)
    enough = first[(counts >= LEAST_ROWS) & (a[first] >= 0) & (b[first] >= 0)]
    if not len(enough) or len(enough) > _MOST_VALUES:
        return {}
    lefts, rights = (cell_values(columns[name], places[enough]) for name in (one.left, one.right))
    return dict(zip(lefts, rights, strict=True))


def place_among_filled(cells: Cells, rows: Array) -> Array:
    """Return for each of *rows* its place among the cells that are not null; −1 for a null."""
    if cells.nulls == 0:
        return rows
    there = ~cells.column.null
    return np.where(there[rows], (np.cumsum(there) - 1)[rows], -1)


def cell_values(cells: Cells, rows: Array) -> list[Any]:
    """Return the values in these rows, none of which is null, as JSON knows them."""
    there = place_among_filled(cells, rows)
    return [cells.texts.text(int(at)) for at in there] if cells.kind == "text" else cells.numbers[there].tolist()


def sample_places(rows: int) -> Array:
    """Return the rows of a table that are looked at: evenly spaced, at most 6,000."""
    return np.linspace(0, rows - 1, min(rows, _SAMPLE)).astype("int64")


def _is_plain(cells: Cells) -> bool:
    """Whether its values stand for something: measured numbers with digits behind the point decide nothing."""
    if cells.kind not in ("number", "bool", "text", "time") or cells.nulls == cells.rows:
        return False
    if cells.kind != "number" or cells.numbers.dtype.kind in "iub":
        return True
    head = cells.numbers[:2_000]
    return bool((np.floor(head) == head).all())


def codes_at(cells: Cells, places: Array) -> Array:
    """Return the values at *places* as numbers from 0, a null as −1."""
    hashes = cells.hashes[places]
    codes = np.unique(hashes, return_inverse=True)[1].astype("int64").ravel()
    return codes if cells.nulls == 0 else np.where(cells.column.null[places], -1, codes)


def _dependency(left: str, right: str, a: Array, b: Array) -> Dependency | None:
    if _odd(a[:_HEAD], b[:_HEAD])[1] > 0.1 * _HEAD:
        return None
    repeats, odd = _odd(a, b)
    if not repeats or odd > _MOST_ODD * repeats or (odd and repeats < _LARGE_GROUPS * len(a)):
        return None  # in small groups the commonest value is right too easily: more rows would show more that disagree
    mixed = b[np.random.default_rng(0).permutation(len(b))]
    by_chance = _odd(a, mixed)[1]
    is_telling = by_chance - odd >= _TELLING and odd < 0.2 * by_chance
    return Dependency(left, right, repeats, odd, float(by_chance)) if is_telling else None


def _odd(a: Array, b: Array) -> tuple[int, int]:
    """Return how many rows repeat an *a*, and how many do not hold the commonest *b* of their *a*."""
    known = (a >= 0) & (b >= 0)
    a, b = a[known], b[known]
    if not len(a):
        return 0, 0
    width = int(b.max()) + 1
    pairs, counts = np.unique(a * width + b, return_counts=True)
    groups = pairs // width
    starts = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
    return len(a) - len(starts), len(a) - int(np.maximum.reduceat(counts, starts).sum())


def halves_of(sample: Mapping[str, Array]) -> tuple[Halves, ...]:
    """Return for each column of *sample* the one that goes with it best, if any does.

    Args:
        sample: Columns of numbers with NaN for null, by name; rows at the same place belong together.
    """
    seen = {name: values[::2] for name, values in sample.items()}  # these choose, the others are counted
    middles = {name: _middle(values) for name, values in seen.items()}
    best: dict[str, Halves] = {}
    found = []
    for pair in itertools.combinations(sample, 2):
        for left, right in (pair, pair[::-1]):
            rises, odd = _going(seen[left], seen[right], middles[left], middles[right])
            if odd <= _MOST_APART:
                found.append((odd, left, right, rises))
            if odd < 1:
                break  # the first column of two is the one that is given, so that parts of a table say the same
    for _, left, right, rises in sorted(found):
        if left in best and right in best:
            continue
        high, above, _ = _counted(sample[left][1::2], sample[right][1::2], middles[left], middles[right])
        if high >= _LEAST_HIGH:
            one = Halves(left, right, middles[left], middles[right], rises, high, high - above if rises else above)
            best.setdefault(left, one)
            best.setdefault(right, one)
    return tuple(dict.fromkeys(best.values()))


def _middle(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(f"{np.median(finite):.6g}") if len(finite) else float("nan")


def _counted(a: Array, b: Array, at_left: float, at_right: float) -> tuple[int, int, float]:
    """Return where *a* is high, in how many rows *b* is so too, and the share of rows in which *b* is."""
    known = ~np.isnan(b)
    high = (a > at_left) & known
    above = b > at_right
    return int(high.sum()), int((high & above).sum()), float(above.sum()) / max(1, int(known.sum()))


def _going(a: Array, b: Array, at_left: float, at_right: float) -> tuple[bool, float]:
    """Return whether *b* is high where *a* is, and the share that goes the other way; 1 where that says nothing."""
    high, above, usual = _counted(a, b, at_left, at_right)
    if not _LEAST_HIGH / 2 <= high <= 0.8 * len(a):
        return False, 1.0
    rises = above / high > usual
    odd, by_chance = (1 - above / high, 1 - usual) if rises else (above / high, usual)
    return rises, odd if by_chance >= _LEAST_BY_CHANCE and odd <= 0.75 * by_chance else 1.0


def common_dependencies(mine: Sequence[Dependency], theirs: Sequence[Dependency]) -> tuple[Dependency, ...]:
    """Return those that both parts of a table show, with the rows of both."""
    known = {(one.left, one.right): one for one in mine}
    return tuple(
        Dependency(
            *pair,
            one.rows + known[pair].rows,
            one.odd + known[pair].odd,
            one.by_chance + known[pair].by_chance,
            {**one.values, **known[pair].values},
            one.part if one.part == known[pair].part else "",
        )
        for one in theirs
        if (pair := (one.left, one.right)) in known
    )


def common_halves(mine: Sequence[Halves], theirs: Sequence[Halves]) -> tuple[Halves, ...]:
    """Return those that both parts of a table show, with the rows of both; the middles are those of the first."""
    known = {(one.left, one.right, one.rises): one for one in mine}
    found = []
    for one in theirs:
        first = known.get((one.left, one.right, one.rises))
        if first is not None:
            rows, odd = first.rows + one.rows, first.odd + one.odd
            found.append(Halves(one.left, one.right, first.at_left, first.at_right, one.rises, rows, odd))
    return tuple(found)
