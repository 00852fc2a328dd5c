"""Sums whose rarest parts a regression overlooks: columns that are seldom filled, and explain where a sum fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nbops.rules.verdict.dates import Floats
from nbops.rules.verdict.pool import Pool
from nbops.rules.verdict.relation import Relation

__all__ = ["completed"]

_LEAST = 2


def completed(pool: Pool, relation: Relation) -> Relation:
    """Return a sum with the columns added, as often as its other parts, that explain rows where it fails."""
    sizes = np.abs(np.array(relation.numbers[:-1]))
    if not len(sizes) or sizes.max() - sizes.min() > 1e-6 * sizes.max():  # parts that count differently: no total
        return relation
    left = _left_over(pool, relation)
    others = [n for n in pool.numbers if pool.kinds[n] == "number" and n not in relation.columns]
    while (failing := _failing(left, relation)) >= _LEAST:
        tried = [
            (_failing(left - sign * sizes[0] * np.nan_to_num(pool.numbers[name]), relation), name, float(sign))
            for name in others
            for sign in (1, -1)
        ]
        rest, name, sign = min(tried, default=(failing, "", 0.0))
        if rest > failing - _LEAST:
            break
        left = left - sign * sizes[0] * np.nan_to_num(pool.numbers[name])
        others.remove(name)
        numbers = (*relation.numbers[:-1], sign * float(sizes[0]), relation.numbers[-1])
        relation = replace(relation, columns=(*relation.columns, name), numbers=numbers)
    return relation


def _left_over(pool: Pool, relation: Relation) -> Floats:
    target, *parts = relation.columns
    left = pool.numbers[target] - relation.numbers[-1]
    for name, factor in zip(parts, relation.numbers, strict=False):
        left = left - factor * np.nan_to_num(pool.numbers[name])
    return left


def _failing(left: Floats, relation: Relation) -> int:
    return int((np.abs(left) > relation.tolerance).sum())
