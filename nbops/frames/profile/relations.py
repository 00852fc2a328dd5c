"""How the columns of a table stand to each other: order, sums, correlation, nulls together, keys of several columns."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbops.frames.masking import is_masked
from nbops.frames.profile.cells import Cells
from nbops.frames.profile.dependencies import (
    Dependency,
    Halves,
    common_dependencies,
    common_halves,
    dependencies_of,
    halves_of,
    place_among_filled,
)
from nbops.frames.profile.hashing import Array, name_factor
from nbops.frames.profile.mixes import Mix, common_mixes, mixes_of
from nbops.frames.profile.ranks import RankCorrelation, common_ranks, ranks_of, step_of
from nbops.frames.profile.sketch import Quantiles
from nbops.frames.profile.written import parsed

__all__ = ["Comoment", "Order", "Relations", "Sum", "covered_relations", "relations_of"]

_SAMPLE = 20_000
_MOST_COLUMNS = 24
_MOST_RANKED = 40
_MOST_NULLABLE = 40
_KEY_COLUMNS = 8
_LONGEST_KEY = 4
_PREFIX = 20_000
_TELLING = 0.05  # an order that holds between any two rows as well says that one column is small, not that it is less
_BITS_SET = np.array([number.bit_count() for number in range(256)])  # of a byte; NumPy 1 cannot count them
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Order:
    """*left* is at most *right* in every row of the sample where neither is null.

    Args:
        left: The column that is not above.
        right: The other.
        rows: How many rows were compared.
        strict: In how many it is less.
        gaps: By how many microseconds moments are less.
    """

    left: str
    right: str
    rows: int
    strict: int
    gaps: Quantiles = field(default_factory=Quantiles)


@dataclass(frozen=True, slots=True)
class Sum:
    """*left* and *right* add up to *total* in every row of the sample, but for *tolerance*."""

    left: str
    right: str
    total: str
    rows: int
    tolerance: float


@dataclass(frozen=True, slots=True)
class Comoment:
    """What the correlation of two columns is computed from, in the sample; two add up."""

    rows: int
    left: float
    right: float
    left_m2: float
    right_m2: float
    product: float

    def __add__(self, other: Comoment) -> Comoment:
        """Add two parts; Pébay (2008), formula 3.1."""
        n = self.rows + other.rows
        if not self.rows or not other.rows:
            return self if self.rows else other
        d, e, w = other.left - self.left, other.right - self.right, self.rows * other.rows / n
        return Comoment(
            n, self.left + d * other.rows / n, self.right + e * other.rows / n,
            self.left_m2 + other.left_m2 + d * d * w,
            self.right_m2 + other.right_m2 + e * e * w, self.product + other.product + d * e * w,
        )  # fmt: skip

    @property
    def correlation(self) -> float | None:
        """Pearson's correlation; None where a column is constant."""
        spread = self.left_m2 * self.right_m2
        return self.product / math.sqrt(spread) if spread > 0 and math.isfinite(spread) else None


@dataclass(frozen=True, slots=True)
class Relations:
    """What holds between columns. Orders, sums and correlations are those of a sample of at most 20,000 rows a part.

    Args:
        orders: Which columns are never above another.
        sums: Which columns add up to another.
        comoments: By pairs of columns of numbers.
        nulls_together: In how many rows both columns of a pair are null.
        keys: Sets of columns whose values together never repeat within a part, the smallest first.
        dependencies: Which column decides another, in at most 6,000 rows a part.
        halves: Which numbers go together, by the halves that they lie in.
        ranks: Spearman's correlations of numbers, moments and truth values, of at most 10,000 rows of the sample.
        mixes: Which categories go with which.
    """

    orders: tuple[Order, ...] = ()
    sums: tuple[Sum, ...] = ()
    comoments: Mapping[Pair, Comoment] = field(default_factory=dict)
    nulls_together: Mapping[Pair, int] = field(default_factory=dict)
    keys: tuple[tuple[str, ...], ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    halves: tuple[Halves, ...] = ()
    ranks: Mapping[Pair, RankCorrelation] = field(default_factory=dict)
    mixes: tuple[Mix, ...] = ()

    def __add__(self, other: Relations) -> Relations:
        mine = {(one.left, one.right): one for one in self.orders}
        orders = [
            Order(
                one.left,
                one.right,
                one.rows + mine[pair].rows,
                one.strict + mine[pair].strict,
                one.gaps + mine[pair].gaps,
            )
            for one in other.orders
            if (pair := (one.left, one.right)) in mine
        ]
        sums = {(one.left, one.right, one.total): one for one in self.sums}
        both = [
            Sum(*key, one.rows + sums[key].rows, max(one.tolerance, sums[key].tolerance))
            for one in other.sums
            if (key := (one.left, one.right, one.total)) in sums
        ]
        pairs = {*self.comoments, *other.comoments}
        nulls = {*self.nulls_together, *other.nulls_together}
        none = Comoment(0, 0, 0, 0, 0, 0)
        return Relations(
            tuple(orders),
            tuple(both),
            {p: self.comoments.get(p, none) + other.comoments.get(p, none) for p in sorted(pairs)},
            {p: self.nulls_together.get(p, 0) + other.nulls_together.get(p, 0) for p in sorted(nulls)},
            tuple(key for key in self.keys if key in other.keys),
            common_dependencies(self.dependencies, other.dependencies),
            common_halves(self.halves, other.halves),
            common_ranks(self.ranks, other.ranks),
            common_mixes(self.mixes, other.mixes),
        )


def covered_relations(found: Relations) -> Relations:
    """Return *found* without anything that tells a value of a column that is masked by now."""

    def shown(*names: str) -> bool:
        return not any(map(is_masked, names))

    return Relations(
        tuple(one for one in found.orders if shown(one.left, one.right)),
        tuple(one for one in found.sums if shown(one.left, one.right, one.total)),
        {pair: one for pair, one in found.comoments.items() if shown(*pair)},
        found.nulls_together,
        found.keys,
        tuple(one for one in found.dependencies if shown(one.left, one.right)),
        tuple(one for one in found.halves if shown(one.left, one.right)),
        {pair: one for pair, one in found.ranks.items() if shown(*pair)},
        tuple(one for one in found.mixes if shown(one.left, one.right)),
    )


def relations_of(columns: Mapping[str, Cells], distinct: Mapping[str, int], forms: Mapping[str, str]) -> Relations:
    """Return how *columns* stand to each other.

    Args:
        columns: The columns, by name.
        distinct: How many different values each has.
        forms: How texts that are days or moments are written.
    """
    rows = next((cells.rows for cells in columns.values()), 0)
    places = np.linspace(0, rows - 1, min(rows, _SAMPLE)).astype("int64")
    shown = {name: c for name, c in columns.items() if not is_masked(name)}
    wanted = [name for name, c in shown.items() if c.kind in ("number", "time") and c.nulls < rows]
    ranked = {name: _sampled(columns[name], places) for name in wanted[:_MOST_RANKED]}
    sample = {name: ranked[name] for name in wanted[:_MOST_COLUMNS]}
    numbers = [name for name in sample if columns[name].kind == "number" and distinct[name] > 1]
    truths = [name for name, c in shown.items() if c.kind == "bool" and distinct[name] > 1][:_MOST_COLUMNS]
    ranked |= {name: _sampled(columns[name], places) for name in truths}
    for name in [one for one in forms if one in shown and distinct[one] > 1][:_MOST_COLUMNS]:
        ranked[name] = _written(columns[name], places, forms[name])
    return Relations(
        tuple(_orders(sample, columns, distinct)),
        tuple(_sums({name: sample[name] for name in numbers})),
        _comoments({name: sample[name] for name in numbers}),
        _nulls_together(columns),
        _keys(columns, distinct, rows),
        dependencies_of(columns, distinct, forms),
        halves_of({name: sample[name] for name in numbers}),
        ranks_of(ranked),
        mixes_of(columns, distinct),
    )


def _sampled(cells: Cells, places: Array) -> Array:
    """Return the cells at *places* as floats, a null as NaN."""
    if cells.nulls == 0:
        return cells.numbers[places].astype("float64")
    there = ~cells.column.null
    found = np.full(len(places), np.nan)
    at = np.cumsum(there) - 1
    found[there[places]] = cells.numbers[at[places[there[places]]]]
    return found


def _written(cells: Cells, places: Array, form: str) -> Array:
    """Return days or moments that are written as text, as floats, those that are used for ranks alone."""
    found = np.full(len(places), np.nan)
    at = place_among_filled(cells, places)
    used = np.flatnonzero(at >= 0)
    used = used[used % step_of(len(places)) == 0]
    moments = parsed((cells.texts.text(int(row)) for row in at[used]), form)
    if moments is not None:
        found[used] = moments
    return found


def _orders(sample: Mapping[str, Array], columns: Mapping[str, Cells], distinct: Mapping[str, int]) -> list[Order]:
    found = []
    for left, right in itertools.permutations(sample, 2):
        if columns[left].kind != columns[right].kind or min(distinct[left], distinct[right]) < 2:
            continue
        a, b = sample[left], sample[right]
        if (a[:200] > b[:200]).any() or (a > b).any():
            continue
        rows = int(np.count_nonzero(~np.isnan(a) & ~np.isnan(b)))
        strict = int(np.count_nonzero(a < b))
        if strict and np.count_nonzero(a > np.roll(b, len(b) // 2)) > _TELLING * rows:
            gaps = b - a if columns[left].kind == "time" else a[:0]
            found.append(Order(left, right, rows, strict, Quantiles.of(np.sort(gaps[~np.isnan(gaps)]))))
    return found


def _sums(sample: Mapping[str, Array]) -> list[Sum]:
    found = []
    heads = {name: values[:300] for name, values in sample.items()}
    for left, right in itertools.combinations(sample, 2):
        head = heads[left] + heads[right]
        for total in sample:
            if total in (left, right) or not _adds_up(head, heads[total]):
                continue
            whole = sample[left] + sample[right]
            rows = int(np.count_nonzero(~np.isnan(whole) & ~np.isnan(sample[total])))
            if rows >= 30 and _adds_up(whole, sample[total]):
                found.append(Sum(left, right, total, rows, _slack(sample[total])))
    return found


def _adds_up(whole: Array, total: Array) -> bool:
    known = ~np.isnan(whole) & ~np.isnan(total)
    if not known.any():
        return False
    with np.errstate(invalid="ignore"):
        is_far = abs(whole[known] - total[known]) > _slack(total)
    return not is_far.any() and bool((total[known] != 0).any())


def _slack(total: Array) -> float:
    """Return what rounding in the last digits may make: a ten-millionth of the largest value."""
    finite = abs(total[np.isfinite(total)])
    return float(f"{1e-7 * max(1.0, float(finite.max()) if len(finite) else 1.0):.0e}")


def _comoments(sample: Mapping[str, Array]) -> dict[Pair, Comoment]:
    """Return what the correlations of all pairs are computed from, where both columns are finite."""
    names = list(sample)
    if len(names) < 2 or not len(sample[names[0]]):
        return {}
    values = np.array([sample[name] for name in names])
    known = np.isfinite(values)
    centres = [float(row[there].mean()) if there.any() else 0.0 for row, there in zip(values, known, strict=True)]
    away = np.where(known, values - np.array(centres)[:, None], 0.0)
    there = known.astype("float64")
    with np.errstate(over="ignore", invalid="ignore"):
        rows, sums, squares, products = (np.einsum("ik,jk->ij", a, b) for a, b in (
            (there, there), (away, there), (away * away, there), (away, away)
        ))  # fmt: skip
    found = {}
    for i, j in itertools.combinations(range(len(names)), 2):
        n = rows[i, j]
        if n:
            x, y = sums[i, j] / n, sums[j, i] / n
            found[(names[i], names[j])] = Comoment(
                int(n), centres[i] + float(x), centres[j] + float(y), float(squares[i, j] - n * x * x),
                float(squares[j, i] - n * y * y), float(products[i, j] - n * x * y),
            )  # fmt: skip
    return found


def _nulls_together(columns: Mapping[str, Cells]) -> dict[Pair, int]:
    some = [name for name, cells in columns.items() if cells.nulls][:_MOST_NULLABLE]
    packed = {name: np.packbits(columns[name].column.null) for name in some}
    return {(a, b): int(_BITS_SET[packed[a] & packed[b]].sum()) for a, b in itertools.combinations(some, 2)}


def _keys(columns: Mapping[str, Cells], distinct: Mapping[str, int], rows: int) -> tuple[tuple[str, ...], ...]:
    """Return the smallest sets of columns whose values together never repeat."""
    alone = tuple((name,) for name, cells in columns.items() if rows > 1 and distinct[name] == rows and not cells.nulls)
    if alone or rows < 2:
        return alone
    able = [name for name, cells in columns.items() if not cells.nulls and distinct[name] > 1 and _may_be_key(cells)]
    able = sorted(sorted(able, key=lambda name: -distinct[name])[:_KEY_COLUMNS], key=list(columns).index)
    heads = {name: columns[name].present_hashes[:_PREFIX] * name_factor(name) for name in able}
    for size in range(2, _LONGEST_KEY + 1):
        found = [
            names
            for names in itertools.combinations(able, size)
            if math.prod(distinct[name] for name in names) >= rows
            and _never_repeats([heads[name] for name in names])
            and (rows <= _PREFIX or _never_repeats([columns[n].present_hashes * name_factor(n) for n in names]))
        ]
        if found:
            return tuple(found)
    return ()


def _may_be_key(cells: Cells) -> bool:
    """Whether a column may be part of a key: measured numbers with digits behind the point never are."""
    if cells.kind != "number" or cells.numbers.dtype.kind in "iu":
        return True
    head = cells.numbers[:_PREFIX]
    return bool((np.floor(head) == head).all())


def _never_repeats(hashes: Sequence[Array]) -> bool:
    ordered: Any = np.sort(sum(hashes[1:], start=hashes[0]))
    return not (ordered[1:] == ordered[:-1]).any()
