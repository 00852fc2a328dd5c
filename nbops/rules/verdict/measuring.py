"""All soft measurements of a delivery: of the table, of each column, of what repeats, of relations."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from nbops.rules.verdict.delivery import Column, Delivery, Floats, among, decimals, distinct
from nbops.rules.verdict.memory import KnownTexts, Memory, shapes_of
from nbops.rules.verdict.metric import Key, Measured, Metrics, clumped, level, proportion, quantile
from nbops.rules.verdict.related import relation_metrics
from nbops.rules.verdict.repeating import entity_metrics
from nbops.rules.verdict.sequences import sequence_metrics
from nbops.rules.verdict.structure import ColumnShape, Structure, scaled, without_extreme
from nbops.rules.verdict.ties import tie_metrics

__all__ = ["measure"]

Found = Iterator[tuple[Key, Measured]]
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_EDGES = (("early", 0.05), ("late", 0.95))
_SKIP = 0.5  # days: a delivery may be left out; a date that is read otherwise lies weeks off
_SHARE = 0.03
_USUAL = 0.7
_MOST_SHARES = 20
_FEWEST = 5


def measure(delivery: Delivery, structure: Structure, memory: Memory, *, is_known: bool = False) -> Metrics:
    """Return the measurements of a delivery, each with what was known before it."""
    found: Metrics = dict(_table(delivery, memory))
    if not delivery.rows:
        return found
    for name, shape in structure.columns.items():
        column = delivery.columns.get(name)
        if column is None:
            continue
        found.update(_column(column, memory))
        if shape.calendar:
            continue
        date = delivery.dates.get(name)
        if date is not None:
            found.update(_date(name, date, memory))
        elif column.kind == "number":
            found.update(_number(column, shape, memory))
        if column.kind == "text":
            found.update(_text(column))
        if name in memory.texts and date is None:
            found.update(_values(column, shape, memory))
    found.update(entity_metrics(delivery, structure, memory))
    found.update(relation_metrics(delivery, structure, memory))
    found.update(sequence_metrics(delivery, structure.sequences))
    found.update(tie_metrics(delivery, structure.ties, memory.levels, is_known=is_known))
    return {key: m for key, m in found.items() if math.isfinite(m.value) and math.isfinite(m.sd)}


def _table(delivery: Delivery, memory: Memory) -> Found:
    n = delivery.rows
    yield ("rows",), Measured(math.log(max(n, 0.5)), 0.3 / math.sqrt(max(n, 1)))
    if n:
        hashes = delivery.distinct_rows
        yield ("duplicates",), proportion(1.0 - len(hashes) / n, n)
        if memory.previous.count:
            yield ("repeated_rows",), proportion(memory.previous.shared(hashes), n)


def _column(column: Column, memory: Memory) -> Found:
    name, n = column.name, len(column.missing)
    yield ("nulls", name), proportion(float(column.missing.mean()), n)
    counts = column.counts[column.counts > 0]
    if not len(counts):
        return
    d = len(counts)
    once, twice, filled = int((counts == 1).sum()), int((counts == 2).sum()), int(counts.sum())
    error = math.sqrt(max(once - twice - once * once / filled, 0.25))  # of the number of kinds in a sample
    yield ("distinct", name), Measured(math.log(d), error / d + 0.3 / math.sqrt(n) / 3)
    total = float(counts.sum()) / column.clumping**2
    yield ("top_share", name), proportion(float(counts.max() / counts.sum()), total)
    before = memory.previous.columns.get(name)
    if before is not None and len(before):
        hashes = np.sort(column.hashes[column.counts > 0])[:5000]
        yield ("overlap", name), proportion(float(among(hashes, before).mean()), len(hashes))


def _number(column: Column, shape: ColumnShape, memory: Memory) -> Found:
    name, ordered = column.name, column.sorted
    n = len(ordered)
    if n < 3:
        return
    values = scaled(ordered, shape.scale)
    factor = column.clumping
    unit = 0.3 * _unit(name, shape, memory) / math.hypot(shape.scale, float(ordered[n // 2]))
    steps, counts = column.steps
    middles = (np.cumsum(counts) - counts / 2.0) / n
    for share in _QUANTILES:
        found = quantile(scaled(steps, shape.scale), middles, share, n / factor**2, counts)
        yield (f"q{round(share * 100)}", name), Measured(found.value, max(found.sd, unit))
    mean = _wider(level(values), factor)
    yield ("mean", name), Measured(mean.value, max(mean.sd, unit if len(steps) <= 2 else 0.0))
    if n - int(counts.max()) >= _FEWEST:
        yield ("spread", name), _wider(_log_spread(values), factor)
    total = level(without_extreme(ordered) if shape.heavy else ordered)
    size = math.hypot(shape.scale, total.value)
    yield ("average", name), Measured(math.asinh(total.value / shape.scale), factor * total.sd / size + 1e-9)
    low, high = np.interp([0.05, 0.95], middles, scaled(steps, shape.scale)).tolist()
    deviation = max((high - low) / 3.3, unit, 0.3 * min(float(values.std()), high - low + 1.0))
    yield ("min", name), Measured(float(values[0]), 0.25 * deviation + 1e-9)
    yield ("max", name), Measured(float(values[-1]), 0.25 * deviation + 1e-9)
    yield ("zeros", name), clumped(column.present == 0)
    yield ("negatives", name), clumped(column.present < 0)
    yield from _written(name, column.present, memory)
    yield from _beyond(name, ordered, values, shape, memory)
    yield from _order_of_file(name, column.present)


def _wider(found: Measured, factor: float) -> Measured:
    return Measured(found.value, factor * found.sd)


def _log_spread(values: Floats) -> Measured:
    """Return the logarithm of the standard deviation; its error from the fourth moment, sd²=(κ-1)/4n."""
    n = len(values)
    deviation = float(values.std())
    if deviation <= 1e-12:
        return Measured(math.log(1e-3), 0.5)
    squares = ((values - values.mean()) / deviation) ** 2
    kurtosis = float((squares * squares).mean())
    return Measured(math.log(deviation + 1e-3), math.sqrt(max(kurtosis - 1.0, 0.5) / (4.0 * n)))


def _unit(name: str, shape: ColumnShape, memory: Memory) -> float:
    """Return the last decimal place in which a column is written, 0 when that is not known yet."""
    places = memory.places.get(name)
    return 0.0 if places is None or places > 6 else float(10.0**-places)


def _written(name: str, values: Floats, memory: Memory) -> Found:
    some = values[:: max(1, len(values) // 5000)]
    n = len(some)
    yield ("whole", name), proportion(float((some % 1 == 0).mean()), n)
    places = decimals(some)
    if name in memory.places:
        yield ("finer", name), proportion(float((places > memory.places[name]).mean()), n)
    yield ("decimals", name), Measured(float(places.mean()), float(places.std()) / math.sqrt(n) + 0.05)
    yield ("most_decimals", name), Measured(float(places.max()), 0.3)


def _beyond(name: str, ordered: Floats, values: Floats, shape: ColumnShape, memory: Memory) -> Found:
    low, high = memory.bounds.get(name, (math.nan, math.nan))
    if not math.isfinite(low):
        return
    n = len(ordered)
    below, above = np.searchsorted(ordered, low), n - np.searchsorted(ordered, high, side="right")
    yield ("outside", name), proportion(float((below + above) / n), n)
    bounds = scaled(np.array([low, high]), shape.scale)
    beyond = max(0.0, float(bounds[0] - values[0]), float(values[-1] - bounds[1]))
    yield ("beyond", name), Measured(math.log1p(beyond / max(float(values.std()), 1e-6)), 0.3)


def _order_of_file(name: str, values: Floats) -> Found:
    some = values[:5000]
    if len(some) < 20:
        return
    from nbops.rules.verdict.association import spearman

    found, effective = spearman(some[:-1], some[1:])
    if math.isfinite(found):
        yield ("file_order", name), Measured(math.atanh(max(-0.999, min(0.999, found))), 1 / math.sqrt(effective - 3))


def _date(name: str, column: Column, memory: Memory) -> Found:
    ordered = column.sorted / 86400.0
    n = len(ordered)
    if n < 1:
        return
    middle = float(np.median(ordered))
    day = math.floor(middle)  # a day that was left out moves the day alone, another time zone all but that
    yield ("day", name), Measured(float(day), _SKIP)
    yield ("begins", name), Measured(float(ordered[0]) - day, 0.02)
    yield ("ends", name), Measured(float(ordered[-1]) - day, 0.02)
    yield ("centre", name), Measured(middle - day, 0.02)
    if n >= _FEWEST * 2:
        yield from _edges(name, column, day)
    yield ("span", name), Measured(math.log(float(ordered[-1] - ordered[0]) + 0.02), 0.1)
    hours = ordered % 1.0 * 24.0
    yield ("hour", name), Measured(float(np.median(hours)), 1.25 * float(hours.std()) / math.sqrt(n) + 0.1)
    known = memory.hours.get(name)
    if known:
        new = ~np.isin(np.floor(hours), sorted(known))
        yield ("new_hours", name), proportion(float(new.mean()), min(n, 100))
    days = distinct(np.floor(ordered))
    yield ("day_rows", name), Measured(math.log(n / len(days)), 0.3 / math.sqrt(n))
    yield ("day_coverage", name), Measured(len(days) / (days[-1] - days[0] + 1), 0.02)


def _edges(name: str, column: Column, day: int) -> Found:
    """Yield when the first and the last twentieth of the rows come: no single row moves that."""
    steps, counts = column.steps
    middles = (np.cumsum(counts) - counts / 2.0) / counts.sum()
    n = float(counts.sum()) / column.clumping**2
    for kind, share in _EDGES:
        found = quantile(steps / 86400.0 - day, middles, share, n, counts)
        yield (kind, name), Measured(found.value, max(found.sd, 0.02))


def _text(column: Column) -> Found:
    name, counts = column.name, column.counts
    if not len(counts):
        return
    lengths = np.fromiter(map(len, column.texts), np.float64, len(column.texts))
    n = float(counts.sum())
    mean = float((lengths * counts).sum() / n)
    deviation = math.sqrt(max(0.0, float((counts * (lengths - mean) ** 2).sum() / n)))
    yield ("length", name), Measured(mean, deviation / math.sqrt(n) + 1e-3 * mean + 1e-9)
    yield ("shortest", name), Measured(float(lengths.min()), 0.3 * deviation + 0.1)
    yield ("longest", name), Measured(float(lengths.max()), 0.3 * deviation + 0.1)
    padded = np.array([text[:1].isspace() or text[-1:].isspace() for text in column.texts])
    yield ("padded", name), proportion(float(counts[padded].sum() / n), n)


def _values(column: Column, shape: ColumnShape, memory: Memory) -> Found:
    known = memory.texts[column.name]
    yield from _novelty("new_values", column.name, known, column.hashes, column.counts)
    if column.kind == "text" and column.name in memory.shapes:
        yield from _novelty("new_shapes", column.name, memory.shapes[column.name], *shapes_of(column))
        yield from _unseen_letters(column, memory)
    if known.batches.size and memory.batches >= 3:
        always = known.hashes[known.batches == memory.batches]
        if len(always):
            gone = len(always) - int(among(always, np.sort(column.hashes[column.counts > 0])).sum())
            yield ("gone_values", column.name), Measured(math.sqrt(gone), 0.3)
    total = float(column.counts.sum())
    if not total or not (shape.few or column.kind == "text"):
        return
    usual = np.where(known.batches >= _USUAL * memory.batches, known.counts / max(1, int(known.counts.sum())), 0.0)
    for place in np.argsort(-usual, kind="stable")[:_MOST_SHARES]:
        if usual[place] < _SHARE:
            break
        here = column.counts[column.hashes == known.hashes[place]].sum()
        yield (
            ("share", column.name, f"{known.hashes[place]:x}"),
            proportion(float(here / total), total / column.clumping**2),
        )


def _novelty(kind: str, name: str, known: KnownTexts, hashes: np.ndarray, counts: np.ndarray) -> Found:
    """Yield by how much new values are more than those seen once foretell (Good-Turing), in sd."""
    seen = int(known.counts.sum())
    if not seen or known.is_full or sum(known.novel[1:]) > 0.7 * len(known.novel) > 2:
        return
    n = float(counts.sum())
    new = float(counts[~known.knows(hashes) & (counts > 0)].sum())
    expected = n * known.once / seen
    yield (kind, name), Measured((new - expected) / math.sqrt(expected + 1.0), 1.0)


def _unseen_letters(column: Column, memory: Memory) -> Found:
    known = memory.letters.get(column.name)
    if not known:
        return
    some = column.texts[:20_000]
    new = set("".join(some)) - known
    rows = sum(int(count) for text, count in zip(some, column.counts, strict=False) if new & set(text)) if new else 0
    yield ("new_letters", column.name), Measured(math.sqrt(rows), 0.5)
