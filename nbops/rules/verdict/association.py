"""How strongly two columns go together, by ranks: correlation, and the share explained by groups."""

from __future__ import annotations

import math

import numpy as np

from nbops.rules.verdict.delivery import Floats, Hashes, mid_ranks

__all__ = ["commonest", "eta_squared", "spearman"]


def commonest(values: Floats) -> float:
    """Return the share of the commonest value."""
    if not len(values):
        return 1.0
    ordered = np.sort(values)
    edges = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return float(np.diff(np.append(edges, len(ordered))).max() / len(ordered))


def spearman(x: Floats, y: Floats) -> tuple[float, float]:
    """Return the rank correlation of the rows where both are there, and how many rows carry information.

    Rows at a column's commonest value say little: only the others count.
    """
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    n = len(x)
    if n < 8:
        return math.nan, 0.0
    effective = n * min(1.0, 1.0 - max(commonest(x), commonest(y)) + 1.0 / n)
    if effective < 8:
        return math.nan, 0.0
    a, b = mid_ranks(x), mid_ranks(y)
    a, b = a - a.mean(), b - b.mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return (float(a @ b) / size if size else math.nan), effective


def eta_squared(values: Floats, groups: Hashes) -> tuple[float, float]:
    """Return the share of the ranks' variance that groups explain, less what chance explains, and its rows."""
    known = np.isfinite(values)
    n = int(known.sum())
    if n < 12:
        return math.nan, 0.0
    ranked = mid_ranks(values[known])
    codes = np.unique(groups[known], return_inverse=True)[1]
    sizes = np.bincount(codes)
    k = len(sizes)
    total = float(((ranked - ranked.mean()) ** 2).sum())
    if total == 0 or k < 2 or n - k < 6:
        return math.nan, 0.0
    means = np.bincount(codes, weights=ranked) / sizes
    between = float((sizes * (means - ranked.mean()) ** 2).sum()) / total
    effective = n * (1.0 - commonest(values[known]) + 1.0 / n)
    return 1.0 - (1.0 - between) * (n - 1) / (n - k), effective
