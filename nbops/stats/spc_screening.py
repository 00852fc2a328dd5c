"""Finding the odd points among those that a chart learned from, so that they do not widen its limits for ever."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbops.stats.spc_quantiles import t_quantiles
from nbops.stats.spc_seasons import SEASONS, TREND

__all__ = ["odd_points"]

Array = np.ndarray[Any, np.dtype[Any]]

_RISK = 0.01
_MOST_ODD = 3


def odd_points(y: Array, t: Array, weekday: Array, model: int) -> Array:
    """Return the positions of points that do not belong to the others: at most three, the oddest first.

    The largest residual, studentised by a fit without it, is compared with t at 1 % over the number of points; so of
    a hundred series without an odd point one loses one.

    Args:
        y: The values.
        t: Their times.
        weekday: Their days of the week, Monday being 0.
        model: The number of the model in :data:`nbops.stats.spc_seasons.TERMS`.

    Source:
        Cook and Weisberg, Residuals and Influence in Regression (1982), 2.2.2 (mean shift outlier).

    Example:
        >>> days = np.arange(14.0)
        >>> odd_points(np.where(days == 3, 50, 100 + days % 3), days, days.astype(int) % 7, 0).tolist()
        [3]
    """
    left = np.arange(len(y))
    odd: list[int] = []
    while len(odd) < _MOST_ODD:
        sides = SEASONS[model % TREND][weekday[left]]
        sides = sides[:, sides.any(0)]
        if model >= TREND:
            sides = np.column_stack([sides, t[left] - t[left].mean()])
        degrees = len(left) - sides.shape[1] - 1
        if degrees < 2:
            break
        basis, _ = np.linalg.qr(sides)
        gaps = y[left] - basis @ (basis.T @ y[left])
        free = np.maximum(1 - (basis**2).sum(1), 1e-9)  # a point that is alone in its class can't be odd
        rest = np.maximum((gaps**2).sum() - gaps**2 / free, 0.0) / degrees
        floor = 1e-12 * max(1.0, float(np.abs(y).max()) ** 2)
        sizes = np.where(free > 1e-6, np.abs(gaps) / np.sqrt(np.maximum(rest, floor) * free), 0.0)
        worst = int(sizes.argmax())
        if sizes[worst] <= t_quantiles(_RISK / (2 * len(left)), np.array([degrees]))[0]:
            break
        odd.append(int(left[worst]))
        left = np.delete(left, worst)
    return np.array(odd, int)
