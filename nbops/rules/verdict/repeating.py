"""What the same entities were in the delivery before: keys lost and new, values unchanged, shifted, mixed up."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from nbops.rules.verdict.association import commonest, spearman
from nbops.rules.verdict.delivery import Delivery, Floats, among
from nbops.rules.verdict.memory import Memory
from nbops.rules.verdict.metric import Key, Measured, proportion
from nbops.rules.verdict.structure import Structure, scaled

__all__ = ["entity_metrics"]

_LEAST = 8


def entity_metrics(delivery: Delivery, structure: Structure, memory: Memory) -> Iterator[tuple[Key, Measured]]:
    """Yield how the delivery's entities compare with what they were last."""
    known = memory.entities
    if not structure.entity or not len(known.keys) or any(n not in delivery.columns for n in structure.entity):
        return
    keys, first = np.unique(delivery.key(structure.entity), return_index=True)
    place = np.minimum(np.searchsorted(known.keys, keys), len(known.keys) - 1)
    joined = known.keys[place] == keys
    last = known.seen == memory.batches - 1
    before = known.keys[last]
    lost = 1.0 - float(among(before, keys).mean()) if len(before) else math.nan
    yield ("lost", *structure.entity), proportion(lost, max(1, len(before)))
    yield ("arrived", *structure.entity), proportion(1.0 - float(joined.mean()), len(keys))
    old, rows = place[joined], first[joined]
    if len(rows) < _LEAST:
        return
    for name, texts in known.texts.items():
        if name in delivery.columns:
            same = delivery.columns[name].cells[rows] == texts[old]
            yield ("same", name), proportion(float(same.mean()), len(rows))
    for name, values in known.values.items():
        shape = structure.columns.get(name)
        if name not in delivery.columns or shape is None or shape.calendar:
            continue
        column = delivery.dates.get(name, delivery.columns[name])
        if column.values is None:
            continue
        if column.kind == "date":
            yield from _moved(name, column.values[rows], values[old])
        else:
            yield from _changed(name, column.values[rows], values[old], shape.scale)


def _moved(name: str, now: Floats, before: Floats) -> Iterator[tuple[Key, Measured]]:
    gap = (now - before) / 86400.0
    gap = gap[np.isfinite(gap)]
    if len(gap) >= _LEAST:
        moved = float(np.median(gap))  # by whole days: a delivery was left out, which the day of the column tells
        yield ("same", name), proportion(float((gap == 0).mean()), len(gap))
        yield ("shifted", name), Measured(moved - round(moved), 0.02)


def _changed(name: str, now: Floats, before: Floats, scale: float) -> Iterator[tuple[Key, Measured]]:
    known = np.isfinite(now) & np.isfinite(before)
    now, before = now[known], before[known]
    n = len(now)
    if n < _LEAST:
        return
    yield ("same", name), proportion(float((now == before).mean()), n)
    yield ("falling", name), proportion(float((now < before).mean()), n)
    effective = n * (1.0 - max(commonest(now), commonest(before))) + 1.0
    gap = scaled(now, scale) - scaled(before, scale)
    yield ("jumps", name), Measured(math.log(float(np.sqrt((gap**2).mean())) + 1e-3), 0.5 / math.sqrt(effective))
    sized = (now * before > 0) & (np.abs(now) + np.abs(before) > 0)
    if sized.sum() >= _LEAST:
        ratio = np.log(now[sized] / before[sized])
        middle = float(np.median(ratio))
        spread = 1.4826 * float(np.median(np.abs(ratio - middle)))
        yield ("ratio", name), Measured(middle, 1.25 * spread / math.sqrt(len(ratio)) + 2e-3)
    found, rows = spearman(now, before)
    if math.isfinite(found):
        yield ("rank", name), Measured(math.atanh(max(-0.9999, min(0.9999, found))), 1 / math.sqrt(rows - 3))
