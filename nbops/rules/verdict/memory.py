"""What is remembered of the deliveries so far: hashes of values, bounds, the last delivery; no rows."""

from __future__ import annotations

import string
from dataclasses import dataclass, field

import numpy as np

from nbops.rules.verdict.delivery import Codes, Column, Delivery, Floats, Hashes, among, decimals, distinct
from nbops.rules.verdict.pool import spread
from nbops.rules.verdict.structure import Structure
from nbops.rules.verdict.ties import Levels

__all__ = ["Entities", "KnownTexts", "Memory", "Previous", "shape_of"]

_MOST_VALUES = 50_000
_MOST_ENTITIES = 20_000
_MOST_SHAPED = 5_000  # of more distinct texts, evenly: one in a thousand of another shape is still seen
_LETTERS = str.maketrans(
    string.ascii_lowercase + string.ascii_uppercase + string.digits, "a" * 26 + "A" * 26 + "9" * 10
)


def shape_of(text: str) -> str:
    """Return a text with its letters as a or A and its digits as 9, runs of one made short.

    Example:
        >>> shape_of("AB-1023")
        'A-9'
    """
    made = text.translate(_LETTERS)
    kept = [c for i, c in enumerate(made) if i == 0 or c != made[i - 1] or c not in "aA9"]
    return "".join(kept)


@dataclass
class KnownTexts:
    """The values of a column that were seen: their hashes sorted, how often, and in how many deliveries."""

    hashes: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    counts: Codes = field(default_factory=lambda: np.empty(0, np.int64))
    batches: Codes = field(default_factory=lambda: np.empty(0, np.int64))
    least: Floats = field(default_factory=lambda: np.empty(0))
    novel: list[bool] = field(default_factory=list)

    def knows(self, hashes: Hashes) -> np.ndarray:
        """Return which hashes were seen before."""
        return self.places(hashes) >= 0

    def places(self, hashes: Hashes) -> Codes:
        """Return where hashes stand, -1 for those that were never seen."""
        if not len(self.hashes):
            return np.full(len(hashes), -1)
        found = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[found] == hashes, found, -1)

    def add(self, hashes: Hashes, counts: Codes) -> None:
        """Remember the values of one more delivery."""
        used = counts > 0
        hashes, counts = hashes[used], counts[used]
        self.novel.append(bool((~self.knows(hashes)).any()))
        every, place = np.unique(np.concatenate([self.hashes, hashes]), return_inverse=True)
        old, new = place[: len(self.hashes)], place[len(self.hashes) :]
        total, batches = np.zeros(len(every), np.int64), np.zeros(len(every), np.int64)
        least = np.ones(len(every))
        total[old], batches[old], least[old] = self.counts, self.batches, self.least
        np.add.at(total, new, counts)
        batches[new] += 1
        np.minimum.at(least, new, counts / max(1, counts.sum()))
        kept = np.arange(len(every))
        if len(every) > _MOST_VALUES:
            kept = np.sort(np.argsort(-total, kind="stable")[:_MOST_VALUES])
        self.hashes, self.counts, self.batches, self.least = every[kept], total[kept], batches[kept], least[kept]

    @property
    def is_full(self) -> bool:
        """Whether values had to be forgotten."""
        return len(self.hashes) >= _MOST_VALUES

    @property
    def once(self) -> int:
        """How many values came once only."""
        return int((self.counts == 1).sum())


@dataclass
class Entities:
    """The last values of every entity: of its key's hash, column by column."""

    keys: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    seen: Codes = field(default_factory=lambda: np.empty(0, np.int64))
    values: dict[str, Floats] = field(default_factory=dict)
    texts: dict[str, Hashes] = field(default_factory=dict)

    def update(self, delivery: Delivery, structure: Structure, batch: int) -> None:
        """Remember the newest values of the delivery's entities."""
        if any(name not in delivery.columns for name in structure.entity) or not delivery.rows:
            return
        keys, first = np.unique(delivery.key(structure.entity), return_index=True)
        old = ~among(self.keys, keys) & (self.seen >= batch - 14)
        joined = np.concatenate([self.keys[old], keys])
        order = np.argsort(joined)[:_MOST_ENTITIES]
        self.seen = np.concatenate([self.seen[old], np.full(len(keys), batch)])[order]
        for name, shape in structure.columns.items():
            if name in structure.entity or name not in delivery.columns:
                continue
            column = delivery.dates.get(name, delivery.columns[name])
            if column.values is not None:
                before = self.values.get(name, np.full(len(self.keys), np.nan))[old]
                self.values[name] = np.concatenate([before, column.values[first]])[order]
            elif shape.kind == "text":
                known = self.texts.get(name, np.zeros(len(self.keys), np.uint64))[old]
                self.texts[name] = np.concatenate([known, column.cells[first]])[order]
        self.keys = joined[order]


@dataclass
class Previous:
    """The delivery before: hashes only. Of many rows the smallest hashes are a fair sample."""

    rows: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    count: int = 0
    columns: dict[str, Hashes] = field(default_factory=dict)

    def shared(self, rows: Hashes) -> float:
        """Return the share of rows, by their distinct sorted hashes, that were there: among those that were kept."""
        if len(self.rows) >= _MOST_VALUES:
            rows = rows[: np.searchsorted(rows, self.rows[-1], side="right")]
        return float(among(rows, self.rows).mean()) if len(rows) else 0.0

    def is_same(self, delivery: Delivery) -> bool:
        """Whether *delivery* is that delivery once more."""
        return 0 < self.count == delivery.rows and self.shared(delivery.distinct_rows) >= 0.999


@dataclass
class Memory:
    """What is remembered of all deliveries so far."""

    batches: int = 0
    rows: int = 0
    texts: dict[str, KnownTexts] = field(default_factory=dict)
    shapes: dict[str, KnownTexts] = field(default_factory=dict)
    letters: dict[str, set[str]] = field(default_factory=dict)
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    hours: dict[str, set[int]] = field(default_factory=dict)
    depends: dict[str, tuple[Hashes, Hashes]] = field(default_factory=dict)
    previous: Previous = field(default_factory=Previous)
    entities: Entities = field(default_factory=Entities)
    marks: dict[str, float] = field(default_factory=dict)
    filled: dict[str, int] = field(default_factory=dict)
    levels: dict[str, Levels] = field(default_factory=dict)

    def update(self, delivery: Delivery, structure: Structure) -> None:
        """Remember one more delivery."""
        for name, column in delivery.columns.items():
            shape = structure.columns.get(name)
            if shape is None:
                continue
            self.filled[name] = self.filled.get(name, 0) + column.filled
            if column.kind == "text" and not shape.kind.startswith("date") and not shape.calendar:
                self._learn_texts(name, column)
            elif column.kind == "number" and shape.few and not shape.calendar:
                self.texts.setdefault(name, KnownTexts()).add(column.hashes, column.counts)
            if column.kind == "number" and len(column.sorted):
                self._widen(name, column.sorted)
                found = decimals(column.present[:: max(1, len(column.present) // 5000)])
                self.places[name] = max(self.places.get(name, 0), int(found.max()))
            date = delivery.dates.get(name)
            if date is not None and len(date.sorted):
                self._widen(name, date.sorted)
                self.hours.setdefault(name, set()).update(distinct(date.sorted % 86400 // 3600).astype(int).tolist())
        self._learn_dependencies(delivery, structure)
        if structure.entity:
            self.entities.update(delivery, structure, self.batches)
        self.previous = _previous(delivery)
        self.batches += 1
        self.rows += delivery.rows

    def _widen(self, name: str, values: Floats) -> None:
        low, high = self.bounds.get(name, (np.inf, -np.inf))
        self.bounds[name] = (min(low, float(values[0])), max(high, float(values[-1])))

    def _learn_texts(self, name: str, column: Column) -> None:
        order = np.argsort(column.hashes)
        self.texts.setdefault(name, KnownTexts()).add(column.hashes[order], column.counts[order])
        hashes, counts = shapes_of(column)
        self.shapes.setdefault(name, KnownTexts()).add(hashes, counts)
        self.letters.setdefault(name, set()).update("".join(column.texts[:20_000]))

    def _learn_dependencies(self, delivery: Delivery, structure: Structure) -> None:
        for relation in structure.relations:
            if relation.kind != "fd" or any(name not in delivery.columns for name in relation.columns):
                continue
            a, b = (delivery.columns[name].cells for name in relation.columns)
            key = "|".join(relation.columns)
            old = self.depends.get(key, (np.empty(0, np.uint64), np.empty(0, np.uint64)))
            self.depends[key] = _merged(old, a, b)


def _merged(old: tuple[Hashes, Hashes], a: Hashes, b: Hashes) -> tuple[Hashes, Hashes]:
    """Return what each value of a column goes with, the commonest in the newest delivery first."""
    order = np.lexsort((b, a))
    a, b = a[order], b[order]
    starts = np.flatnonzero(np.append(len(a) > 0, (a[1:] != a[:-1]) | (b[1:] != b[:-1])))
    counts = np.diff(np.append(starts, len(a)))
    a, b = a[starts], b[starts]
    order = np.lexsort((-counts, a))
    keys, first = np.unique(a[order], return_index=True)
    values = b[order][first]
    kept = ~among(old[0], keys)
    joined = np.concatenate([keys, old[0][kept]])
    order = np.argsort(joined)[:_MOST_VALUES]
    return joined[order], np.concatenate([values, old[1][kept]])[order]


def shapes_of(column: Column) -> tuple[Hashes, Codes]:
    """Return the hashes of the shapes of a column's texts, sorted, and how often each comes."""
    import pandas as pd

    places = spread(len(column.texts), _MOST_SHAPED)
    made = [shape_of(column.texts[place]) for place in places.tolist()]
    if not made:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    codes, names = pd.factorize(np.array(made, dtype=object))
    counts = np.bincount(codes, weights=column.counts[places], minlength=len(names)).astype(np.int64)
    hashes = pd.util.hash_array(np.asarray(names, dtype=object), categorize=False)
    order = np.argsort(hashes)
    return hashes[order], counts[order]


def _previous(delivery: Delivery) -> Previous:
    columns = {name: np.sort(column.hashes)[:5000] for name, column in delivery.columns.items()}
    return Previous(delivery.distinct_rows[:_MOST_VALUES], delivery.rows, columns)
