"""Finding what holds between columns: order, sums, products, dependencies, correlation, levels of groups."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from nbops.rules.verdict.association import eta_squared, spearman
from nbops.rules.verdict.delivery import Delivery, Floats, Hashes, distinct
from nbops.rules.verdict.pool import Pool, spread
from nbops.rules.verdict.relation import Relation
from nbops.rules.verdict.sums import completed

__all__ = ["find_relations"]

_MOST_NUMBERS = 32
_HOLDS = 0.998
_INFORMATIVE = 0.05
_PAIR = 0.3
_GROUP = 0.12
_PER_COLUMN = 4
_MOST_GROUPS = 60
_ALONE = 0.7
_BATCHES = 12


def find_relations(
    deliveries: Sequence[Delivery], pool: Pool, names: list[str], entity: tuple[str, ...]
) -> list[Relation]:
    """Return the relations that hold in the baseline."""
    numbers = [name for name in names if pool.kinds[name] == "number" and _is_measure(pool.numbers[name])]
    numbers = numbers[:_MOST_NUMBERS]
    exact = [*(completed(pool, found) for found in _sums(pool, numbers)), *_products(pool, numbers)]
    return [
        *exact,
        *_orders(pool, numbers, names),
        *_dependencies(pool, names, entity),
        *_pairs(deliveries, numbers),
        *_groups(deliveries, pool, numbers, names),
    ]


def _is_measure(values: Floats) -> bool:
    known = values[np.isfinite(values)]
    return len(known) > 0.02 * len(values) and len(known) >= 30 and len(distinct(known)) >= 3


def _orders(pool: Pool, numbers: list[str], names: list[str]) -> Iterator[Relation]:
    dates = [name for name in names if name in pool.dates]
    random = np.random.default_rng(0)
    for group, held in ((numbers, pool.numbers), (dates, pool.dates)):
        for a, b in itertools.permutations(group, 2):
            known = np.isfinite(held[a]) & np.isfinite(held[b])
            if known.sum() < 50:
                continue
            x, y = held[a][known], held[b][known]
            if (x <= y).mean() < _HOLDS or (x == y).mean() > 0.98:
                continue
            if (x > random.permutation(y)).mean() > _INFORMATIVE:
                yield Relation("order", (a, b))


def _sums(pool: Pool, numbers: list[str]) -> Iterator[Relation]:
    full = [name for name in numbers if np.isfinite(pool.numbers[name]).mean() > 0.02]
    done: set[frozenset[str]] = set()
    for target in [name for name in full if np.isfinite(pool.numbers[name]).mean() > 0.5]:
        others = [name for name in full if name != target]
        found = _sum_of(pool, target, others)
        if found is not None and not any(len(known ^ set(found.columns)) <= 0.3 * len(known) for known in done):
            done.add(frozenset(found.columns))
            yield found


def _sum_of(pool: Pool, target: str, others: list[str]) -> Relation | None:
    table = np.column_stack([pool.numbers[name] for name in (target, *others)])
    table[:, 1:] = np.nan_to_num(table[:, 1:])  # what is not there adds nothing
    table = table[np.isfinite(table[:, 0])]
    table = table[spread(len(table), 3000)]
    if not others or len(table) < max(40, 4 * len(others)) or table[:, 0].std() == 0:
        return None
    scale = np.abs(table).max(axis=0)
    scale[scale == 0] = 1.0
    sides = np.column_stack([table[:, 1:] / scale[1:], np.ones(len(table))])
    weights = np.linalg.lstsq(sides, table[:, 0], rcond=None)[0]
    for _ in range(3):
        residual = np.abs(table[:, 0] - sides @ weights)
        best = residual <= np.quantile(residual, 0.9)
        weights = np.linalg.lstsq(sides[best], table[best, 0], rcond=None)[0]
    factors = np.append(weights[:-1] / scale[1:], weights[-1])
    factors = np.where(np.abs(factors - np.round(factors, 2)) < 1e-4, np.round(factors, 2), factors)
    kept = [i for i, name in enumerate(others) if abs(factors[i]) * scale[i + 1] > 1e-5 * scale[0]]
    tolerance = 1e-6 * float(np.median(np.abs(table[:, 0]))) + 1e-9 + 0.6 * _unit(table[:, 0])
    guess = table[:, 1:][:, kept] @ factors[kept] + factors[-1]
    off = np.abs(table[:, 0] - guess) > tolerance
    small = np.median(np.abs(table[:, 0] - np.median(table[:, 0]))) <= 4 * tolerance
    if not kept or small or off.mean() > 0.05 or len(kept) > 30:
        return None
    return Relation("sum", (target, *(others[i] for i in kept)), (*factors[kept], factors[-1]), tolerance=tolerance)


def _unit(values: Floats) -> float:
    """Return the last decimal place in which values are written; at most 6 of them."""
    for places in range(7):
        if np.abs(values - np.round(values, places)).max() < 1e-9 * max(1.0, np.abs(values).max()):
            return float(10.0**-places)
    return 0.0


def _products(pool: Pool, numbers: list[str]) -> Iterator[Relation]:
    rows = spread(len(pool.batch), 1500)
    logs = {}
    for name in numbers:
        values = pool.numbers[name][rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            logs[name] = np.where(values > 0, np.log(values), np.nan)
    full = [name for name in numbers if np.isfinite(logs[name]).mean() > 0.2 and np.nanstd(logs[name]) > 0.05][:20]
    done: set[frozenset[str]] = set()
    for target in full:
        for a, b in itertools.combinations([name for name in full if name != target], 2):
            if frozenset((target, a, b)) in done:
                continue
            for sign in (1.0, -1.0):
                gap = logs[target] - logs[a] - sign * logs[b]
                if _constant(gap, logs[target]):
                    done.add(frozenset((target, a, b)))
                    yield Relation("product", (target, a, b), (sign, float(np.nanmedian(gap))), tolerance=2e-3)


def _constant(gap: Floats, target: Floats) -> bool:
    first = gap[:200]
    first = first[np.isfinite(first)]
    if len(first) >= 20 and np.quantile(np.abs(first - np.median(first)), 0.8) > 2e-3:
        return False
    known = gap[np.isfinite(gap)]
    return len(known) >= 40 and bool((np.abs(known - np.median(known)) < 2e-3).mean() > 0.9) and target.std() != 0


def _dependencies(pool: Pool, names: list[str], entity: tuple[str, ...]) -> Iterator[Relation]:
    rows = spread(len(pool.batch), 6000)
    coded = {name: np.unique(pool.cells[name][rows], return_inverse=True) for name in names}
    counts = {name: len(found[0]) for name, found in coded.items()}
    n = len(rows)
    plain = [name for name in names if pool.kinds[name] == "text" or _codes(pool, name)]
    random = np.random.default_rng(0)
    for a in [name for name in plain if 2 <= counts[name] < 0.7 * n]:
        for b in names:
            if b == a or counts[b] < 2 or np.bincount(coded[b][1]).max() > 0.9 * n or pool.kinds[b] == "date":
                continue
            if counts[b] > 1.5 * counts[a] + 5:
                continue
            share, base = _modal(coded[a][1], coded[b][1]), _modal(coded[a][1], random.permutation(coded[b][1]))
            least = 0.9 if (a,) == entity else 0.95
            if share > least and share - base > 0.1:
                yield Relation("fd", (a, b))


def _codes(pool: Pool, name: str) -> bool:
    values = pool.numbers.get(name, np.empty(0))
    values = values[np.isfinite(values)]
    return len(values) > 0 and bool((values % 1 == 0).all()) and pool.kinds[name] == "number"


def _modal(group: np.ndarray, value: np.ndarray) -> float:
    """Return the share of rows at the commonest value of their group, among groups of three rows and more."""
    pairs, counts = np.unique(group.astype(np.int64) * (int(value.max()) + 1) + value, return_counts=True)
    groups = pairs // (int(value.max()) + 1)
    best = np.zeros(int(group.max()) + 1)
    np.maximum.at(best, groups, counts)
    sizes = np.bincount(group, minlength=len(best))
    big = sizes >= 3
    if sizes[big].sum() < 0.3 * len(group):
        return 0.0
    return float(best[big].sum() / sizes[big].sum())


def _pairs(deliveries: Sequence[Delivery], numbers: list[str]) -> Iterator[Relation]:
    few = _some(deliveries, numbers)
    if not few:
        return
    strength: dict[tuple[str, str], float] = {}
    for a, b in itertools.combinations(numbers, 2):
        found = np.array([spearman(_values(d, a), _values(d, b))[0] for d in few])
        found = found[np.isfinite(found)]
        middle = float(np.median(found)) if len(found) >= max(1, len(few) // 2) else 0.0
        if abs(middle) > _PAIR and (np.sign(found) == np.sign(middle)).mean() >= 0.9:
            strength[a, b] = abs(middle)
    used: dict[str, int] = {}
    for pair in sorted(strength, key=lambda pair: -strength[pair]):
        if min(used.get(pair[0], 0), used.get(pair[1], 0)) < _PER_COLUMN:
            used.update({name: used.get(name, 0) + 1 for name in pair})
            yield Relation("pair", pair)


def _groups(deliveries: Sequence[Delivery], pool: Pool, numbers: list[str], names: list[str]) -> Iterator[Relation]:
    several = [n for n in names if len(distinct(pool.cells[n])) >= 2 and pool.kinds[n] != "date"]
    few = _some(deliveries, [*numbers, *several])
    keys = [n for n in several if len(distinct(pool.cells[n])) <= _MOST_GROUPS or _comes_again(few, n)]
    for number in numbers:
        found = []
        for key in keys:
            if key == number or not few:
                continue
            etas = np.array([eta_squared(_values(d, number), _cells(d, key))[0] for d in few])
            etas = etas[np.isfinite(etas)]
            if len(etas) >= max(1, len(few) // 2) and np.median(etas) > _GROUP:
                found.append((float(np.median(etas)), key))
        for _, key in sorted(found, reverse=True)[:2]:
            yield Relation("group", (number, key))


def _comes_again(deliveries: Sequence[Delivery], name: str) -> bool:
    """Whether rows of one delivery share their values, as the lines of an invoice do."""
    shares = [len(distinct(cells)) / len(cells) for cells in (_cells(d, name) for d in deliveries) if len(cells)]
    return bool(shares) and float(np.median(shares)) < _ALONE


def _some(deliveries: Sequence[Delivery], names: list[str]) -> list[Delivery]:
    alike = [d for d in deliveries if d.rows >= 10 and set(names) <= set(d.columns)]
    return [alike[i] for i in spread(len(alike), _BATCHES)]


def _values(delivery: Delivery, name: str) -> Floats:
    values = delivery.columns[name].values
    assert values is not None
    some: Floats = values[spread(len(values), 2000)]
    return some


def _cells(delivery: Delivery, name: str) -> Hashes:
    some: Hashes = delivery.columns[name].cells[spread(delivery.rows, 2000)]
    return some
