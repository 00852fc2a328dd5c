"""How far the relations between columns that were learnt hold in a delivery."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from nbops.rules.verdict.association import eta_squared, spearman
from nbops.rules.verdict.calendar import date_parts
from nbops.rules.verdict.delivery import Delivery, Floats
from nbops.rules.verdict.delivery import clumped_numbers as inflation
from nbops.rules.verdict.memory import Memory
from nbops.rules.verdict.metric import Key, Measured, proportion
from nbops.rules.verdict.pool import spread
from nbops.rules.verdict.relation import Relation
from nbops.rules.verdict.structure import Structure

__all__ = ["broken_relations", "culprits", "relation_metrics"]

Found = Iterator[tuple[Key, Measured]]
_MOST = 10_000
_EXACT = frozenset({"calendar", "product", "sum"})


def relation_metrics(delivery: Delivery, structure: Structure, memory: Memory) -> Found:
    """Yield the measurements of all relations that can be measured."""
    for relation in structure.relations:
        if all(_is_there(delivery, name) for name in relation.columns):
            yield from _MEASURED[relation.kind](relation, delivery, memory)


def broken_relations(delivery: Delivery, structure: Structure, memory: Memory) -> Iterator[tuple[Relation, float]]:
    """Yield the exact relations with the share of rows that break them; single rows do not count."""
    for relation in structure.relations:
        if relation.kind in _EXACT and all(_is_there(delivery, name) for name in relation.columns):
            for _, (share, _sd) in _MEASURED[relation.kind](relation, delivery, memory):
                if share * delivery.rows >= 1.5:
                    yield relation, share


def _is_there(delivery: Delivery, name: str) -> bool:
    return name in delivery.columns


def violations(kind: str, columns: tuple[str, ...], bad: np.ndarray) -> Found:
    """Yield the share of rows that break a relation; its error no smaller than one row's."""
    n = len(bad)
    if n >= 5:
        share = float(bad.mean())
        yield (kind, *columns), Measured(share, math.sqrt(max(share * (1 - share), 1.0 / n) / n))


def _values(delivery: Delivery, name: str) -> Floats:
    column = delivery.dates.get(name, delivery.columns[name])
    return column.values if column.values is not None else np.full(delivery.rows, np.nan)


def _calendar(relation: Relation, delivery: Delivery, memory: Memory) -> Found:
    values, seconds = (_values(delivery, name) for name in relation.columns)
    constant, shift = relation.numbers
    part = date_parts(seconds + 3600.0 * shift)[relation.word]
    known = np.isfinite(values) & np.isfinite(part)
    yield from violations("calendar", relation.columns, (values - part != constant)[known])


def _order(relation: Relation, delivery: Delivery, memory: Memory) -> Found:
    a, b = (_values(delivery, name) for name in relation.columns)
    known = np.isfinite(a) & np.isfinite(b)
    yield from violations("order", relation.columns, (a > b)[known])


def _sum(relation: Relation, delivery: Delivery, memory: Memory) -> Found:
    table = np.column_stack([_values(delivery, name) for name in relation.columns])
    table[:, 1:] = np.nan_to_num(table[:, 1:])
    table = table[np.isfinite(table[:, 0])]
    off = table[:, 0] - table[:, 1:] @ np.array(relation.numbers[:-1]) - relation.numbers[-1]
    bad = np.abs(off) > relation.tolerance
    yield from violations("sum", relation.columns, bad)


def culprits(relation: Relation, delivery: Delivery) -> tuple[str, ...]:
    """Return the two columns of a broken sum whose values go most with what is left over."""
    table = np.column_stack([_values(delivery, name) for name in relation.columns])
    table[:, 1:] = np.nan_to_num(table[:, 1:])
    table = table[np.isfinite(table[:, 0])]
    off = table[:, 0] - table[:, 1:] @ np.array(relation.numbers[:-1]) - relation.numbers[-1]
    is_bad = np.abs(off) > relation.tolerance
    found = [(_guilt(table[:, place], off, is_bad), name) for place, name in enumerate(relation.columns)]
    return tuple(name for _, name in sorted(found, reverse=True)[:2])


def _guilt(values: Floats, off: Floats, is_bad: np.ndarray) -> float:
    """Return how well a column explains where a sum is off, 0 to 1.

    By rank; by being off in proportion, as with another unit; or by one value wherever the sum is off and hardly
    elsewhere, as with a default.
    """
    bad, rest, off = values[is_bad], values[~is_bad], off[is_bad]
    if (bad == bad[0]).all():
        return 1.0 - float((rest == bad[0]).mean()) ** len(bad) if len(rest) else 0.0
    strength, _ = spearman(bad, off)
    share = float((bad * off).sum() / (bad * bad).sum())
    in_proportion = 1.0 - float(np.abs(off - share * bad).sum() / np.abs(off).sum())
    return max(abs(strength) if math.isfinite(strength) else 0.0, in_proportion)


def _product(relation: Relation, delivery: Delivery, memory: Memory) -> Found:
    t, a, b = (_values(delivery, name) for name in relation.columns)
    sign, constant = relation.numbers
    known = (t > 0) & (a > 0) & (b > 0)
    gap = np.log(t[known]) - np.log(a[known]) - sign * np.log(b[known]) - constant
    yield from violations("product", relation.columns, np.abs(gap) > relation.tolerance)


def _fd(relation: Relation, delivery: Delivery, memory: Memory) -> Found:
    yield from _within(relation, delivery)
    known = memory.depends.get("|".join(relation.columns))
    if known is None or not len(known[0]):
        return
    a, b = (delivery.columns[name].cells for name in relation.columns)
    place = np.minimum(np.searchsorted(known[0], a), len(known[0]) - 1)
    joined = known[0][place] == a
    yield from violations("fd", relation.columns, b[joined] != known[1][place[joined]])


def _within(relation: Relation, delivery: Delivery) -> Found:
    """Yield the share of rows that differ from most of their group in this delivery: groups may all be new."""
    a, b = (delivery.columns[name].cells for name in relation.columns)
    order = np.lexsort((b, a))
    a, b = a[order], b[order]
    new_group = np.append(len(a) > 0, a[1:] != a[:-1])
    starts = np.flatnonzero(new_group | np.append(True, b[1:] != b[:-1]))
    counts = np.diff(np.append(starts, len(a)))
    group = (np.cumsum(new_group) - 1)[starts]
    sizes, most = np.bincount(group, weights=counts), np.zeros(int(group[-1]) + 1 if len(group) else 0)
    np.maximum.at(most, group, counts)
    told = sizes >= 2
    rows = float(sizes[told].sum())
    if rows >= 8 and told.sum() >= 3:
        yield ("within", *relation.columns), proportion(float(1.0 - most[told].sum() / rows), float(rows - told.sum()))


def _pair(relation: Relation, delivery: Delivery, memory: Memory) -> Found:
    a, b = (_some(_values(delivery, name)) for name in relation.columns)
    found, rows = spearman(a, b)
    if math.isfinite(found) and rows > 4:
        yield ("pair", *relation.columns), Measured(math.atanh(max(-0.999, min(0.999, found))), 1 / math.sqrt(rows - 3))


def _group(relation: Relation, delivery: Delivery, memory: Memory) -> Found:
    number, key = relation.columns
    cells = delivery.columns[key].cells
    found, rows = eta_squared(_some(_values(delivery, number)), cells[spread(len(cells), _MOST)])
    if math.isfinite(found) and rows > 4:
        eta = math.sqrt(max(0.0, found))
        yield ("group", number, key), Measured(math.atanh(min(0.999, eta)), 1 / math.sqrt(rows))


def _fit(relation: Relation, delivery: Delivery, memory: Memory) -> Found:
    terms = len(relation.columns)
    scales = relation.numbers[terms:]
    table = [np.arcsinh(_some(_values(delivery, n)) / s) for n, s in zip(relation.columns, scales, strict=True)]
    sides = np.column_stack([*table[1:], np.ones(len(table[0]))])
    guess = sides @ np.array(relation.numbers[:terms])
    off = table[0] - guess
    off = off[np.isfinite(off)]
    if len(off) < 8:
        return
    middle = float(np.median(off))
    around = 1.4826 * float(np.median(np.abs(off - middle))) + 1e-4
    wide = max(around, 0.5 * float(off.std())) * inflation(off)
    yield ("fit_level", *relation.columns), Measured(middle, 1.25 * wide / math.sqrt(len(off)))
    yield ("fit_spread", *relation.columns), Measured(math.log(around), 1.2 / math.sqrt(len(off)))


def _some(values: Floats) -> Floats:
    some: Floats = values[spread(len(values), _MOST)]
    return some


_MEASURED: dict[str, Callable[[Relation, Delivery, Memory], Found]] = {
    "calendar": _calendar,
    "order": _order,
    "sum": _sum,
    "product": _product,
    "fd": _fd,
    "pair": _pair,
    "group": _group,
    "fit": _fit,
}
