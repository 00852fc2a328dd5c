"""Facts: what is wrong as soon as it happens once, unless it happened before in what was accepted.

Every fact has a *mark*: how large the share of rows is that break it, 0 when it holds. A fact alarms when its mark is
above what the kind of fact allows, and never was in a delivery that was accepted. Where facts of a kind keep being
broken for the first time by accepted deliveries, the kind is no law of this table: then only a far larger mark alarms.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from nbops.frames.masking import COVERED, is_masked
from nbops.rules.verdict.calendar import DOMAINS
from nbops.rules.verdict.delivery import Column, Delivery, among, distinct, scattered
from nbops.rules.verdict.memory import KnownTexts, Memory
from nbops.rules.verdict.related import broken_relations, culprits
from nbops.rules.verdict.structure import ColumnShape, Structure

__all__ = ["ALLOWED", "Fact", "broken", "candidates", "marks"]

ALLOWED: Mapping[str, float] = {
    "nulls": 0.005,
    "negative": 0.015,
    "lost": 0.02,
    "row_count": 0.02,
    **dict.fromkeys(("broken_calendar", "broken_product", "broken_sum"), 0.02),
}
"""The share of rows up to which a fact is not broken; 0 for the others."""

_FEW_BATCHES = 8
_LEAST_ROWS = 15
_GONE, _GONE_EARLY = 4.0, 10.0
_FEW_VALUES = 60
_DAY = 86400.0
_LARGE = 0.02
_CONSTANT = 5
_LATER = frozenset({"frozen", "gaps", "lost", "broken_calendar", "broken_product", "broken_sum"})
_BY_ROW = frozenset({"duplicate_rows", "duplicate_apart", "nulls", "negative"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that is broken: its kind, its columns, and the share of rows that break it."""

    kind: str
    columns: tuple[str, ...]
    share: float
    detail: str = ""

    @property
    def key(self) -> str:
        """What identifies the fact."""
        return "|".join((self.kind, self.detail if self.kind.startswith("broken_") else "|".join(self.columns)))


def broken(delivery: Delivery, structure: Structure, memory: Memory) -> list[Fact]:
    """Return the facts that the delivery breaks for the first time."""
    return [fact for fact in candidates(delivery, structure, memory) if _is_broken(fact, delivery.rows, memory)]


def candidates(delivery: Delivery, structure: Structure, memory: Memory) -> Iterator[Fact]:
    """Yield the marks of a delivery for all facts, those that hold included."""
    yield from _of_structure(delivery, structure)
    if delivery.rows:
        for relation, share in broken_relations(delivery, structure, memory):
            named = culprits(relation, delivery) if relation.kind == "sum" else relation.columns
            yield Fact(f"broken_{relation.kind}", named, share, "|".join(relation.columns))
    yield from _off_calendar(delivery, structure)
    yield from _of_memory(delivery, structure, memory)
    yield from marks(delivery, structure)


def _off_calendar(delivery: Delivery, structure: Structure) -> Iterator[Fact]:
    """Yield the share of values that are no part of any date: an hour of 25."""
    for relation in structure.relations:
        column = delivery.columns.get(relation.columns[0])
        if relation.kind == "calendar" and column is not None and column.values is not None and len(column.sorted):
            low, high = DOMAINS[relation.word]
            part = column.sorted - relation.numbers[0]
            yield Fact("off_calendar", relation.columns[:1], float(((part < low) | (part > high)).mean()))


def _is_broken(fact: Fact, rows: int, memory: Memory) -> bool:
    is_early = memory.batches < _FEW_BATCHES
    if (is_early and fact.kind in _LATER) or (fact.kind == "row_count" and memory.batches < _CONSTANT):
        return False
    if fact.kind in _BY_ROW and fact.share * rows < 1.5 and (is_early or fact.share < _LARGE):
        return False
    allowed, mark = ALLOWED.get(fact.kind, 0.0), memory.marks.get(fact.key, 0.0)
    return mark <= allowed and fact.share > max(allowed, 4.0 * mark)


def _of_structure(delivery: Delivery, structure: Structure) -> Iterator[Fact]:
    if not delivery.rows:
        yield Fact("empty", (), 1.0)
    names = list(structure.columns)
    gone = [name for name in names if name not in delivery.columns]
    new = [name for name in delivery.names if name not in structure.columns]
    for name in gone:
        yield Fact("column_gone", (name,), 1.0)
    for name in new:
        yield Fact("column_new", (name,), 1.0)
    if not gone and not new and delivery.names != names:
        yield Fact("column_order", tuple(a for a, b in zip(delivery.names, names, strict=False) if a != b), 1.0)


def marks(delivery: Delivery, structure: Structure) -> Iterator[Fact]:
    """Yield the marks of a delivery that depend on it alone, with the share of its rows."""
    n = delivery.rows
    if not n:
        return
    yield from _duplicates(delivery, structure)
    for name, shape in structure.columns.items():
        column = delivery.columns.get(name)
        if column is None:
            continue
        date = delivery.dates.get(name)
        bad = (date.bad if date is not None else 0) or column.bad
        if bad and not (shape.number_like and column.kind == "text" and date is None):
            yield Fact("type", (name,), bad / n)
        yield Fact("nulls", (name,), float(column.missing.mean()))
        yield Fact("all_null", (name,), float(column.missing.all()))
        yield from _of_values(column, date, shape)


def _of_values(column: Column, date: Column | None, shape: ColumnShape) -> Iterator[Fact]:
    name = (column.name,)
    if column.kind == "number" and len(column.sorted):
        ordered = column.sorted
        yield Fact("negative", name, float((ordered < 0).mean()))
    if date is not None and len(date.sorted):
        yield Fact("old_date", name, float((date.sorted < 0).mean()))
        yield Fact("far_date", name, float((date.sorted > 4_000_000_000).mean()))
        days = distinct(np.floor(date.sorted / _DAY))
        if shape.regular and len(days) >= 5:
            yield Fact("gaps", name, float(1.0 - len(days) / (days[-1] - days[0] + 1)))
        if shape.whole_dates:
            yield Fact("time_of_day", name, float((date.sorted % _DAY != 0).mean()))
    counts = column.counts[column.counts > 0]
    if len(counts) == 1 and counts[0] > _LEAST_ROWS and not shape.calendar and date is None:
        yield Fact("frozen", name, 1.0)
    if len(counts) > 1 and (date is None or shape.calendar):
        yield Fact("not_constant", name, float(1.0 - counts.max() / counts.sum()))


def _duplicates(delivery: Delivery, structure: Structure) -> Iterator[Fact]:
    n, hashes = delivery.rows, delivery.row_hashes
    same = 1.0 - len(delivery.distinct_rows) / n
    yield Fact("duplicate_rows", (), same)
    for name, column in delivery.columns.items():
        rest = hashes - scattered(column.cells, name)
        share = 1.0 - len(distinct(rest)) / n
        yield Fact("duplicate_apart", (name,), share if share > same else 0.0)
    for name in structure.keys:
        if name in delivery.columns:
            column = delivery.columns[name]
            rows = int((~column.missing).sum())
            yield Fact("duplicate_key", (name,), 1.0 - (column.counts > 0).sum() / rows if rows else 0.0)


def _of_memory(delivery: Delivery, structure: Structure, memory: Memory) -> Iterator[Fact]:
    if not delivery.rows or not memory.batches:
        return
    previous = memory.previous
    if previous.count:
        yield Fact("row_count", (), abs(delivery.rows / previous.count - 1.0))
    if previous.is_same(delivery):
        yield Fact("repeated", (), 1.0)
    yield from _lost(delivery, structure, memory)
    for name, known in memory.texts.items():
        column = delivery.columns.get(name)
        if column is not None and column.filled:
            yield from _gone(column, known, memory.batches)
            if column.kind == "text":
                yield from _new(column, known)


def _lost(delivery: Delivery, structure: Structure, memory: Memory) -> Iterator[Fact]:
    """Yield the share of entities of the delivery before that are not there: alarms only where none ever was lost."""
    known = memory.entities
    if not structure.entity or any(n not in delivery.columns for n in structure.entity):
        return
    before = known.keys[known.seen == memory.batches - 1]
    if len(before) >= 20:
        share = 1.0 - float(among(before, distinct(delivery.key(structure.entity))).mean())
        if share * len(before) >= 2:
            yield Fact("lost", structure.entity, share)


def _gone(column: Column, known: KnownTexts, batches: int) -> Iterator[Fact]:
    if column.kind != "text" and len(known.hashes) > _FEW_VALUES:
        return
    needed = _GONE if batches >= _FEW_BATCHES else _GONE_EARLY
    steady = known.batches == batches
    needed += math.log(max(1, int(steady.sum())))  # of many values that always came, one fails to by chance
    always = steady & (known.least * column.counts.sum() >= needed)
    lost = always & ~among(known.hashes, np.sort(column.hashes[column.counts > 0]))
    if lost.any() and batches >= 2:
        yield Fact("value_gone", (column.name,), float(known.least[lost].sum()))


def _new(column: Column, known: KnownTexts) -> Iterator[Fact]:
    late = known.novel[max(1, len(known.novel) // 2) :]
    if len(known.hashes) > _FEW_VALUES or known.once or any(late) or not late:
        return
    new = ~known.knows(column.hashes) & (column.counts > 0)
    rows = int(column.counts[new].sum())
    if rows >= 2:
        texts = ", ".join(repr(column.texts[place]) for place in np.flatnonzero(new)[:3])
        told = COVERED if is_masked(column.name) else texts
        yield Fact("value_new", (column.name,), rows / max(1, column.counts.sum()), told)
