"""What a table is like, learnt once from the baseline: kinds, scales, calendar columns, keys, relations."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from nbops.rules.verdict.calendar import calendar_columns
from nbops.rules.verdict.dates import date_format
from nbops.rules.verdict.delivery import Delivery, Floats, among, distinct, look
from nbops.rules.verdict.fits import find_fits
from nbops.rules.verdict.pool import Pool, pooled
from nbops.rules.verdict.relation import Relation
from nbops.rules.verdict.relations import find_relations
from nbops.rules.verdict.sequences import Sequences, find_sequences
from nbops.rules.verdict.ties import Ties, find_ties

__all__ = ["ColumnShape", "Structure", "kinds_of", "learn", "without_extreme"]

_FEW = 60
_KEY = 0.97
_OVERLAP = 0.4
_HEAVY, _RECENT = 0.5, 12
_ONE = 0.9


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """What was learnt of one column.

    Args:
        kind: ``number``, ``date``, ``text``, or ``date:FORMAT`` for dates kept as text.
        scale: The median size of its numbers, by which they are made additive.
        few: Whether it has so few values that the share of each is watched.
        calendar: Whether it only repeats a part of a date.
        number_like: Whether it is text that mostly reads as numbers.
        whole_dates: Whether its dates never had a time.
        regular: Whether every day of a delivery has about as many rows.
        heavy: Whether a single row makes most of how uncertain the average of its numbers is.
        period: Whether most deliveries have one value of it, which goes on: it tells when, and no amount.
    """

    kind: str
    scale: float = 1.0
    few: bool = False
    calendar: bool = False
    number_like: bool = False
    whole_dates: bool = False
    regular: bool = False
    heavy: bool = False
    period: bool = False


@dataclass(frozen=True)
class Structure:
    """What was learnt of a table."""

    columns: dict[str, ColumnShape]
    keys: tuple[str, ...] = ()
    entity: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = field(default=())
    ties: Ties = field(default_factory=Ties)
    sequences: Sequences = field(default_factory=Sequences)

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of each column, as a delivery is read."""
        return {name: shape.kind for name, shape in self.columns.items()}


def kinds_of(frames: Sequence[pd.DataFrame]) -> dict[str, str]:
    """Return the kind of each column of the newest frame, by how it looks in all of them."""
    kinds: dict[str, str] = {}
    for place, name in enumerate(frames[-1].columns):
        seen = {
            look(frame.iloc[:, place] if list(frame.columns) == list(frames[-1].columns) else frame[name])
            for frame in frames
            if list(frame.columns) == list(frames[-1].columns) or (name in frame and frame.columns.is_unique)
        }
        kinds[str(name)] = next((kind for kind in ("text", "date", "number") if kind in seen), "text")
    return kinds


def learn(deliveries: Sequence[Delivery]) -> Structure:
    """Return the structure of a table, learnt from its deliveries, which were read as the kinds they look."""
    pool = pooled(deliveries)
    shapes = {name: _shape(name, pool) for name in deliveries[-1].names if name in deliveries[-1].columns}
    for name, shape in shapes.items():
        if shape.kind.startswith("date:"):
            for delivery in deliveries:
                if name in delivery.columns and name not in delivery.dates:
                    delivery._read(name, pd.Series(_texts_of(delivery, name)), shape.kind)
    pool = pooled(deliveries)
    calendar = calendar_columns(pool, shapes)
    marked = {relation.columns[0] for relation in calendar}
    shapes = {name: _marked(shape) if name in marked else shape for name, shape in shapes.items()}
    shapes = {n: replace(s, regular=all(_is_regular(d, n) for d in deliveries)) for n, s in shapes.items()}
    named = [name for name, shape in shapes.items() if _names_rows(shape, pool.numbers.get(name))]
    shapes = {n: replace(s, period=True) if _is_period(deliveries, n) else s for n, s in shapes.items()}
    keys = tuple(name for name in named if all(_unique(d, (name,)) >= 1.0 for d in deliveries if d.rows))
    entity = _entity(deliveries, [name for name in shapes if name not in marked])
    if not entity:  # rows that come again are large again: then the average is none of chance
        shapes = {n: replace(s, heavy=s.kind == "number" and _is_heavy(deliveries, n)) for n, s in shapes.items()}
    plain = [name for name in shapes if name not in marked]
    relations = (*calendar, *find_relations(deliveries, pool, plain, entity), *find_fits(pool, plain))
    ties = find_ties(pool, *([n for n in some if not shapes[n].period] for some in (plain, list(shapes))))
    groups = [n for n in plain if not shapes[n].period and 2 <= len(distinct(pool.cells[n])) <= _FEW]
    sequences = find_sequences(deliveries, plain, sorted(groups, key=lambda n: len(distinct(pool.cells[n]))))
    return Structure(shapes, keys, entity, relations, ties, sequences)


def _names_rows(shape: ColumnShape, values: Floats | None) -> bool:
    """Whether a column may be a key: fractions and moments that are all different are that by chance."""
    if shape.kind == "number" and values is not None:
        return bool((values[np.isfinite(values)] % 1 == 0).all())
    return shape.kind == "text" or shape.whole_dates


def _marked(shape: ColumnShape) -> ColumnShape:
    return replace(shape, few=False, calendar=True)


def _is_regular(delivery: Delivery, name: str) -> bool:
    if name not in delivery.dates:
        return False
    days, counts = np.unique(np.floor(delivery.dates[name].sorted / 86400.0), return_counts=True)
    return len(days) >= 5 and days[-1] - days[0] + 1 == len(days) and bool(counts.max() <= 1.5 * counts.min())


def _is_period(deliveries: Sequence[Delivery], name: str) -> bool:
    """Whether nearly all rows of most deliveries share one number, which goes on from delivery to delivery."""
    columns = [d.columns[name] for d in deliveries if name in d.columns and d.rows >= 5]
    if len(columns) < 3 or any(c.kind != "number" or not len(c.sorted) for c in columns):
        return False
    middles = np.array([c.sorted[len(c.sorted) // 2] for c in columns])
    shares = [float((c.sorted == middle).mean()) for c, middle in zip(columns, middles, strict=True)]
    return bool(np.median(shares) > _ONE and (np.diff(middles) >= 0).all() and middles[-1] > middles[0])


def _is_heavy(deliveries: Sequence[Delivery], name: str) -> bool:
    """Whether the farthest row moves the average by most of its standard error: near 1 where there is no variance."""
    found = []
    for delivery in deliveries[-_RECENT:]:
        ordered = delivery.columns[name].sorted if name in delivery.columns else np.empty(0)
        if len(ordered) >= 10 and ordered.std() > 0:
            moved = abs(float(ordered.mean() - without_extreme(ordered).mean()))
            found.append(moved / (float(ordered.std()) / np.sqrt(len(ordered))))
    return bool(found) and float(np.median(found)) > _HEAVY


def without_extreme(ordered: Floats) -> Floats:
    """Return sorted numbers without the largest in size."""
    return ordered[1:] if -ordered[0] > ordered[-1] else ordered[:-1]


def _texts_of(delivery: Delivery, name: str) -> list[str | None]:
    column = delivery.columns[name]
    assert column.codes is not None
    texts = [*column.texts, None]
    return [texts[code] for code in column.codes]


def _shape(name: str, pool: Pool) -> ColumnShape:
    column = pool.kinds[name]
    if column == "number":
        values = pool.numbers[name]
        values = values[np.isfinite(values)]
        sizes = np.abs(values[values != 0])
        scale = float(np.median(sizes)) if len(sizes) else 1.0
        few = 2 <= len(distinct(values)) <= min(_FEW, max(2, len(values) // 20))
        return ColumnShape("number", scale or 1.0, few)
    if column == "date":
        values = pool.numbers[name]
        values = values[np.isfinite(values)]
        return ColumnShape("date", whole_dates=bool(len(values)) and bool((values % 86400 == 0).all()))
    texts = pool.texts[name]
    form = date_format(texts)
    if form:
        found = pool.text_dates(name, form)
        return ColumnShape(f"date:{form}", whole_dates=bool((found % 86400 == 0).all()))
    made = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce")
    few = len(distinct(pool.cells[name])) <= _FEW
    return ColumnShape("text", few=few, number_like=bool(len(texts)) and bool(made.notna().mean() > 0.5))


def _unique(delivery: Delivery, names: tuple[str, ...]) -> float:
    """Return the share of rows whose key is their own; 0 where a column is missing or a key is null."""
    if any(name not in delivery.columns for name in names) or not delivery.rows:
        return 0.0
    if any(delivery.columns[name].missing.any() for name in names[:1]) and len(names) == 1:
        return 0.0
    return len(distinct(delivery.key(names))) / delivery.rows


def _entity(deliveries: Sequence[Delivery], names: list[str]) -> tuple[str, ...]:
    """Return the columns that name what repeats from delivery to delivery; empty when nothing does."""
    few = [d for d in deliveries if d.rows >= 5][-6:]
    if len(few) < 2:
        return ()
    kinds = {name: few[-1].columns[name].kind for name in names}
    singles = [
        (name,) for name in names if kinds[name] == "text" or (kinds[name] == "number" and _is_code(few[-1], name))
    ]
    pairs = [(a[0], b[0]) for i, a in enumerate(singles) for b in singles[i + 1 :]]
    for candidates in (singles, pairs[:200]):
        found = [(_overlap(few, names), names) for names in candidates if _identifies(few, names)]
        best = max(found, default=(0.0, ()))
        if best[0] > _OVERLAP:
            return best[1]
    return ()


def _is_code(delivery: Delivery, name: str) -> bool:
    values = delivery.columns[name].present
    return len(values) > 0 and bool((values % 1 == 0).all()) and len(distinct(values)) > 0.2 * len(values)


def _identifies(deliveries: Sequence[Delivery], names: tuple[str, ...]) -> bool:
    return all(_unique_mostly(d, names) >= _KEY for d in deliveries)


def _unique_mostly(delivery: Delivery, names: tuple[str, ...]) -> float:
    if any(name not in delivery.columns for name in names):
        return 0.0
    return len(distinct(delivery.key(names))) / max(delivery.rows, 1)


def _overlap(deliveries: Sequence[Delivery], names: tuple[str, ...]) -> float:
    shares = []
    for before, after in itertools.pairwise(deliveries):
        known = distinct(before.key(names))
        shares.append(float(among(after.key(names), known).mean()))
    return float(np.median(shares))


def scaled(values: Floats, scale: float) -> Floats:
    """Return numbers on a scale on which growth is roughly additive: asinh(x / scale)."""
    return np.arcsinh(values / scale)
