"""Columns that all others foretell together: numbers by their level, values by what usually goes with them.

One relation alone may be weak; together they tell a column that was mixed up, or is in another unit, from a usual one.
The slope of what is there on what is foretold is 1 while rows hang together, and 0 when a column was shuffled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nbops.rules.verdict.delivery import Codes, Delivery, Floats, Hashes, clumped_numbers, distinct
from nbops.rules.verdict.metric import Key, Measured
from nbops.rules.verdict.pool import Pool, spread

__all__ = ["Levels", "Tie", "Ties", "find_ties", "learn_levels", "tie_metrics"]

_MOST = 24
_MOST_KEYS = 12
_MOST_VALUES = 2000
_SIDES = 8
_SHRINK = 3.0
_FOLDS = 4
_LEAST, _SURE = 0.12, 6.0
_ROWS = 10_000
_FEWEST = 12


@dataclass(frozen=True, slots=True)
class Tie:
    """A column that others foretell.

    Args:
        target: The column.
        sides: The columns that foretell it by their level.
        keys: The columns that foretell it by what usually goes with their values.
        weights: The weight of each side, then of each key.
    """

    target: str
    sides: tuple[str, ...]
    keys: tuple[str, ...]
    weights: tuple[float, ...]

    @property
    def named(self) -> tuple[str, ...]:
        """The column, and the two that tell most of it."""
        order = sorted(zip(self.weights, (*self.sides, *self.keys), strict=True), key=lambda w: -abs(w[0]))
        return (self.target, *dict.fromkeys(name for _, name in order[:2]))


@dataclass(frozen=True)
class Ties:
    """All ties of a table, and the scales of its number columns: size, middle and spread of their logarithms."""

    scales: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    ties: tuple[Tie, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns that are foretold by keys."""
        return tuple(tie.target for tie in self.ties if tie.keys)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns whose values tell of others."""
        return tuple(dict.fromkeys(key for tie in self.ties for key in tie.keys))


@dataclass
class Levels:
    """What goes with the values of a column: how many rows, and the sums of the columns that they foretell."""

    hashes: Hashes
    counts: Floats
    sums: Floats

    def add(self, hashes: Hashes, counts: Floats, sums: Floats) -> None:
        """Remember more rows, by distinct sorted hashes."""
        every, place = np.unique(np.concatenate([self.hashes, hashes]), return_inverse=True)
        old, new = place[: len(self.hashes)], place[len(self.hashes) :]
        total, added = np.zeros(len(every)), np.zeros((len(every), sums.shape[1]))
        total[old], added[old] = self.counts, self.sums
        total[new] += counts
        added[new] += sums
        kept = np.sort(np.argsort(-total, kind="stable")[:_MOST_VALUES])
        self.hashes, self.counts, self.sums = every[kept], total[kept], added[kept]


def find_ties(pool: Pool, plain: Sequence[str], names: Sequence[str]) -> Ties:
    """Return what foretells the columns *plain*, looked for among all columns *names*."""
    scales = {name: found for name in names if (found := _scale(pool.numbers.get(name), pool.kinds[name]))}
    targets = [name for name in plain if name in scales][:_MOST]
    levels = {name: _standard(pool.numbers[name], scales[name]) for name in list(scales)[: 2 * _MOST]}
    coded = {name: code for name in names if (code := _coded(pool, name)) is not None}
    keys = sorted(coded, key=lambda name: int(coded[name].max()))[:_MOST_KEYS]
    made = (_tie(pool, target, levels, {key: coded[key] for key in keys if key != target}) for target in targets)
    ties = tuple(tie for tie in made if tie is not None)
    used = {name for tie in ties for name in (tie.target, *tie.sides)}
    return Ties({name: scale for name, scale in scales.items() if name in used}, ties)


def _scale(values: Floats | None, kind: str) -> tuple[float, float, float] | None:
    if values is None or kind != "number":
        return None
    known = values[np.isfinite(values)]
    sizes = np.abs(known[known != 0])
    if len(known) < 0.5 * len(values) or len(sizes) < 30 or len(distinct(known)) < 3:
        return None
    size = float(np.median(sizes))
    made = np.arcsinh(known / size)
    deviation = float(made.std())
    return (size, float(made.mean()), deviation) if deviation > 1e-9 else None


def _standard(values: Floats, scale: tuple[float, float, float]) -> Floats:
    size, middle, deviation = scale
    return np.clip((np.arcsinh(values / size) - middle) / deviation, -8.0, 8.0)


def _coded(pool: Pool, name: str) -> Codes | None:
    """Return the values of a column as codes, where enough rows share them; none of dates and of measures."""
    if pool.kinds[name] == "date":
        return None
    found, codes = np.unique(pool.cells[name], return_inverse=True)
    few = 2 <= len(found) <= min(_MOST_VALUES, len(codes) / 3)
    return codes.astype(np.int64) if few else None


def _tie(pool: Pool, target: str, levels: Mapping[str, Floats], coded: Mapping[str, Codes]) -> Tie | None:
    known = np.isfinite(levels[target])
    batch = pool.batch[known].astype(np.int64)
    y = _beside(levels[target][known], batch)
    sides = [name for name in levels if name != target]
    if not sides and not coded:  # the one number of a table whose other columns are all dates, or all different
        return None
    table = np.column_stack(
        [_beside(np.nan_to_num(levels[name][known]), batch) for name in sides]
        + [_usual(codes[known], batch, y) for codes in coded.values()]
    )
    names = [*sides, *coded]
    fold = batch * _FOLDS // (int(batch.max()) + 1) if len(y) else batch
    if len(y) < 60 or len(distinct(fold.astype(np.float64))) < 2:
        return None
    weights = _ridge(table, y)
    told = np.abs(weights) * table.std(axis=0)
    kept = np.sort(np.argsort(-told)[: min(_SIDES, int((told > 0.02).sum()))])
    table = table[:, kept]
    guess = np.empty(len(y))
    for one in range(_FOLDS):
        guess[fold == one] = table[fold == one] @ _ridge(table[fold != one], y[fold != one])
    strength = float(np.corrcoef(guess, y)[0, 1]) if guess.std() > 1e-9 else 0.0
    if not len(kept) or not strength > max(_LEAST, _SURE / math.sqrt(len(y))):
        return None
    weights = _ridge(table, y)
    of_sides = tuple(names[i] for i in kept if i < len(sides))
    of_keys = tuple(names[i] for i in kept if i >= len(sides))
    return Tie(target, of_sides, of_keys, tuple(float(w) for w in weights))


def _beside(values: Floats, batch: Codes) -> Floats:
    """Return values less the mean of their delivery: what moves from one to the next ties no rows together."""
    counts = np.maximum(np.bincount(batch), 1)
    found: Floats = values - (np.bincount(batch, values) / counts)[batch]
    return found


def _usual(codes: Codes, batch: Codes, y: Floats) -> Floats:
    """Return for each row what goes with its value in all other deliveries, drawn towards 0 where that is few rows."""
    size = int(codes.max()) + 1 if len(codes) else 1
    joint = batch * size + codes
    many = (int(batch.max()) + 1) * size if len(batch) else 1
    counts = np.bincount(codes, minlength=size)[codes] - np.bincount(joint, minlength=many)[joint]
    sums = np.bincount(codes, y, size)[codes] - np.bincount(joint, y, many)[joint]
    found: Floats = sums / (counts + _SHRINK)
    return found


def _ridge(table: Floats, y: Floats) -> Floats:
    cross = table.T @ table
    penalty = np.eye(len(cross)) * (0.005 * len(y) + 5.0)
    return np.asarray(np.linalg.solve(cross + penalty, table.T @ y), dtype=np.float64)


def learn_levels(delivery: Delivery, ties: Ties, known: dict[str, Levels]) -> None:
    """Remember what goes with the values of a delivery."""
    for key in ties.keys:
        if key in delivery.columns:
            hashes, counts, sums = _levels_of(delivery, ties, key)
            none = Levels(np.empty(0, np.uint64), np.empty(0), np.empty((0, len(ties.targets))))
            known.setdefault(key, none).add(hashes, counts, sums)


def _levels_of(delivery: Delivery, ties: Ties, key: str) -> tuple[Hashes, Floats, Floats]:
    rows = spread(delivery.rows, _ROWS)
    hashes, codes = np.unique(delivery.columns[key].cells[rows], return_inverse=True)
    sums = np.zeros((len(hashes), len(ties.targets)))
    for place, target in enumerate(ties.targets):
        scores = _scores(delivery, ties, target, rows)
        known = np.isfinite(scores)
        middle = float(scores[known].mean()) if known.any() else 0.0
        sums[:, place] = np.bincount(codes, np.where(known, scores - middle, 0.0), len(hashes))
    return hashes, np.bincount(codes, minlength=len(hashes)).astype(np.float64), sums


def _scores(delivery: Delivery, ties: Ties, name: str, rows: Codes) -> Floats:
    column = delivery.columns.get(name)
    if column is None or column.values is None or column.kind != "number":
        return np.full(len(rows), np.nan)
    return _standard(column.values[rows], ties.scales[name])


def tie_metrics(
    delivery: Delivery, ties: Ties, known: Mapping[str, Levels], *, is_known: bool = False
) -> Iterator[tuple[Key, Measured]]:
    """Yield for each tie how far it holds, and the level of the column beside what is foretold.

    Args:
        delivery: The delivery.
        ties: What was learnt.
        known: What goes with the values of keys.
        is_known: Whether the delivery's own rows are among them; then they are left out.
    """
    rows = spread(delivery.rows, _ROWS)
    scores: dict[str, Floats] = {}
    usual: dict[str, Floats] = {}
    for tie in ties.ties:
        for name in (tie.target, *tie.sides):
            if name not in scores:
                scores[name] = _scores(delivery, ties, name, rows)
        for key in tie.keys:
            if key not in usual:
                usual[key] = _going_with(delivery, ties, key, known.get(key), rows, is_known=is_known)
        place = ties.targets.index(tie.target) if tie.keys else 0
        parts = [np.nan_to_num(scores[name]) for name in tie.sides] + [usual[key][:, place] for key in tie.keys]
        guess = np.column_stack(parts) @ np.array(tie.weights)
        yield from _held(tie, scores[tie.target], guess)


def _going_with(
    delivery: Delivery, ties: Ties, key: str, known: Levels | None, rows: Codes, *, is_known: bool
) -> Floats:
    if known is None or key not in delivery.columns or not len(known.hashes):
        return np.zeros((len(rows), len(ties.targets)))
    cells = delivery.columns[key].cells[rows]
    counts, sums = known.counts, known.sums
    if is_known:
        hashes, own, own_sums = _levels_of(delivery, ties, key)
        place = np.minimum(np.searchsorted(known.hashes, hashes), len(known.hashes) - 1)
        there = known.hashes[place] == hashes
        counts, sums = counts.copy(), sums.copy()
        counts[place[there]] -= own[there]
        sums[place[there]] -= own_sums[there]
    place = np.minimum(np.searchsorted(known.hashes, cells), len(known.hashes) - 1)
    there = known.hashes[place] == cells
    found: Floats = np.where(there[:, None], sums[place] / (counts[place] + _SHRINK)[:, None], 0.0)
    return found


def _held(tie: Tie, y: Floats, guess: Floats) -> Iterator[tuple[Key, Measured]]:
    known = np.isfinite(y)
    y, guess = y[known], guess[known]
    n = len(y)
    if n < _FEWEST:
        return
    off = y - guess
    middle = float(np.median(off))
    around = 1.4826 * float(np.median(np.abs(off - middle))) + 0.05
    off = np.clip(off, middle - 4 * around, middle + 4 * around)
    factor = clumped_numbers(off)
    yield ("tie_level", *tie.named), Measured(float(off.mean()), factor * float(off.std()) / math.sqrt(n) + 1e-4)
    spread_of = guess - guess.mean()
    size = float((spread_of * spread_of).sum())
    if size / n < 1e-6:
        return
    y = guess + off
    slope = float((spread_of * y).sum()) / size
    rest = y - y.mean() - slope * spread_of
    error = factor * float(rest.std()) / math.sqrt(size)
    yield ("tie", *tie.named), Measured(max(-3.0, min(3.0, slope)), error + 0.01)
