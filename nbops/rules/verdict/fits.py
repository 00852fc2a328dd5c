"""Columns that others foretell: a linear fit in asinh scale. Residuals see wrong levels and mixed up rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nbops.rules.verdict.delivery import Floats
from nbops.rules.verdict.pool import Pool, spread
from nbops.rules.verdict.relation import Relation

__all__ = ["find_fits"]

_MOST = 24
_TERMS = 4
_GAIN = 0.02
_LEAST = 0.3


def find_fits(pool: Pool, names: list[str]) -> Iterator[Relation]:
    """Yield, for each number column that others foretell, the fit."""
    numbers = [name for name in names if pool.kinds[name] == "number"]
    rows = spread(len(pool.batch), 4000)
    ready: dict[str, Floats] = {}
    scales: dict[str, float] = {}
    for name in numbers:
        values = pool.numbers[name][rows]
        sizes = np.abs(values[np.isfinite(values) & (values != 0)])
        if np.isfinite(values).mean() < 0.5 or len(np.unique(values)) < 8 or len(sizes) < 30:
            continue
        scales[name] = float(np.median(sizes))
        ready[name] = np.arcsinh(values / scales[name])
    few = list(ready)[:_MOST]
    for target in few:
        found = _fit(target, ready, [name for name in few if name != target])
        if found is not None:
            terms, weights = found
            all_scales = [scales[name] for name in (target, *terms)]
            yield Relation("fit", (target, *terms), (*weights, *all_scales))


def _fit(target: str, ready: dict[str, Floats], others: list[str]) -> tuple[list[str], list[float]] | None:
    y = ready[target]
    terms: list[str] = []
    strength = 0.0
    weights: Floats = np.empty(0)
    for _ in range(_TERMS):
        best = max(
            ((_explained(y, [ready[t] for t in (*terms, o)]), o) for o in others if o not in terms), default=None
        )
        if best is None or best[0] < strength + _GAIN:
            break
        strength, terms = best[0], [*terms, best[1]]
    if strength < _LEAST:
        return None
    weights = _weights(y, [ready[t] for t in terms])
    return terms, [float(w) for w in weights]


def _explained(y: Floats, sides: list[Floats]) -> float:
    table = np.column_stack([y, *sides])
    table = table[np.isfinite(table).all(axis=1)]
    if len(table) < max(30, 0.3 * len(y)):
        return 0.0
    table = table - table.mean(axis=0)
    if not (table.std(axis=0) > 1e-9).all():
        return 0.0
    cross = table.T @ table
    weights = np.linalg.lstsq(cross[1:, 1:], cross[1:, 0], rcond=None)[0]
    return float(weights @ cross[1:, 0] / cross[0, 0])


def _weights(y: Floats, sides: list[Floats]) -> Floats:
    table = np.column_stack([y, *sides, np.ones(len(y))])
    table = table[np.isfinite(table).all(axis=1)]
    weights = np.linalg.lstsq(table[:, 1:], table[:, 0], rcond=None)[0]
    for _ in range(5):  # rows far off say least: the fit goes through the many
        residual = np.abs(table[:, 0] - table[:, 1:] @ weights)
        heavy = np.sqrt(1.0 / np.maximum(residual, max(1e-6, float(np.median(residual)))))
        weights = np.linalg.lstsq(table[:, 1:] * heavy[:, None], table[:, 0] * heavy, rcond=None)[0]
    return np.asarray(weights, dtype=np.float64)
