"""Whether two tables differ in how their columns go together: a classifier that tries to tell their rows apart.

Half of the rows of each teach it, the other half try it. Where the tables are alike it can only guess: the area under
its curve is a half, and how far chance takes it from there is known exactly enough, because the rows that try it are
none of those that taught it. So the test is honest whatever the classifier; a better one only sees more.

The classifier is a ridge regression on the columns and on random waves of them, which see what two columns have to do
with each other when each alone is as before.

Source:
    Lopez-Paz and Oquab, Revisiting Classifier Two-Sample Tests (2017); Rahimi and Recht, Random Features for
    Large-Scale Kernel Machines (2007); Mann and Whitney, Annals of Mathematical Statistics 18 (1947).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nbops.stats.drift import Drift

__all__ = ["FLOOR", "drift_together"]

Array = np.ndarray[Any, np.dtype[Any]]

FLOOR = 0.55
"""The area under the curve below which a difference does not matter; a half is none."""

_WAVES = 200
_RIDGE = 1.0
_MOST_ROWS = 20_000


def drift_together(before: Any, now: Any, *, floor: float = FLOOR, seed: int = 0) -> Drift:
    """Return how well a classifier tells the rows of two arrays apart.

    Args:
        before: The reference: one row for each row, one column of numbers for each column.
        now: What is judged, with the same columns.
        floor: The area under the curve below which a difference does not matter.
        seed: For the halves and the waves.

    Returns:
        The area under the curve, and how probable one so large is where the tables are alike.

    Raises:
        ValueError: There are fewer than 20 rows in one of them.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> x, noise = rng.normal(size=(2, 2000))
        >>> apart, together = np.column_stack([x, noise]), np.column_stack([x, 0.8 * x + 0.6 * noise])
        >>> drift_together(apart, together).is_drift(0.01), drift_together(apart[::2], apart[1::2]).is_drift(0.01)
        (True, False)
    """
    rng = np.random.default_rng(seed)
    one, other = (_some(np.asarray(rows, float), rng) for rows in (before, now))
    if min(len(one), len(other)) < 20:
        raise ValueError(f"a classifier needs 20 rows on each side, not {min(len(one), len(other))}")
    teach = np.concatenate([one[::2], other[::2]])
    trial = np.concatenate([one[1::2], other[1::2]])
    is_new = np.repeat([0.0, 1.0], [len(one[::2]), len(other[::2])])
    middle, spread = teach.mean(0), teach.std(0)
    spread[spread == 0] = 1.0
    waves = rng.normal(size=(teach.shape[1], _WAVES)) / math.sqrt(teach.shape[1]), rng.uniform(0, 2 * np.pi, _WAVES)
    sides = _sides((teach - middle) / spread, *waves)
    target = is_new - is_new.mean()
    centre = sides.mean(0)
    normal = (sides - centre).T @ (sides - centre) + _RIDGE * np.eye(sides.shape[1])
    weights = np.linalg.solve(normal, (sides - centre).T @ target)
    scores = (_sides((trial - middle) / spread, *waves) - centre) @ weights
    area, probability = _area(scores[: len(one[1::2])], scores[len(one[1::2]) :])
    return Drift("classifier", area, floor, probability)


def _some(rows: Array, rng: np.random.Generator) -> Array:
    """Return the rows in an order by chance, and not more than are needed."""
    return rows[rng.permutation(len(rows))[:_MOST_ROWS]]


def _sides(rows: Array, waves: Array, phases: Array) -> Array:
    clipped = np.clip(rows, -6, 6)  # an outlier must not be all that the classifier sees
    return np.column_stack([clipped, np.cos(clipped @ waves + phases)])


def _area(before: Array, now: Array) -> tuple[float, float]:
    """Return the share of pairs in which the newer row has the larger score, and how probable more is by chance."""
    n, m = len(before), len(now)
    _, at, counts = np.unique(np.concatenate([before, now]), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[at]
    u = float(ranks[n:].sum()) - m * (m + 1) / 2
    ties = float((counts.astype(float) ** 3 - counts).sum()) / ((n + m) * (n + m - 1))
    sd = math.sqrt(n * m / 12 * (n + m + 1 - ties))
    z = (u - n * m / 2) / sd if sd else 0.0
    return u / (n * m), 0.5 * math.erfc(z / math.sqrt(2))
