"""The control chart of shares, as of nulls among rows: each point judged by the points before it alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbops.stats.spc import FEWEST, Control, flags
from nbops.stats.spc_quantiles import normal_score, t_quantiles

__all__ = ["control_shares"]

Array = np.ndarray[Any, np.dtype[Any]]


def control_shares(bad_rows: Any, rows: Any, *, risk: float = 1e-3, bad: Any = None, anew: Any = None) -> Control:
    """Return the charts of series of shares: Laney's p′ chart, made for the newest point.

    A share is judged as the arcsine of its root, whose sampling error is known from the rows alone, also where no row
    was ever bad. Shares that vary more than that widen the limits by as much (Laney's sigma_z, here never below one).

    Args:
        bad_rows: How many rows were counted.
        rows: Of how many; NaN or 0 where there is no point.
        risk: The probability that a point like those before it lies beyond its limits.
        bad: Whether a point is known to be bad: then it is judged, and not used.
        anew: Whether the level begins anew with a point.

    Source:
        Laney, Quality Engineering 14 (2002); Anscombe, Biometrika 35 (1948), for the transformation.

    Example:
        >>> chart = control_shares([0, 0, 1, 0, 0, 40], [1000] * 6)
        >>> chart.is_out[0].tolist()
        [False, False, False, False, False, True]
    """
    k, n = np.atleast_2d(np.asarray(bad_rows, float)), np.atleast_2d(np.asarray(rows, float))
    n = np.where(np.isfinite(k) & (n > 0), n, np.nan)
    y, w = np.arcsin(np.sqrt((k + 0.375) / (n + 0.75))), 4 * n + 2
    known_bad, begins, is_there = flags(bad, y), flags(anew, y), np.isfinite(y)
    made = {name: np.full(y.shape, np.nan) for name in ("centre", "low", "high", "score")}
    out, used, history = np.zeros(y.shape, bool), np.zeros(y.shape, bool), np.zeros(y.shape, int)
    sums = np.zeros((4, len(y)))  # points, weights, weighted values, weighted squares
    for at in range(y.shape[1]):
        sums[:, begins[:, at]] = 0
        mean, error, degrees = _expected(sums, w[:, at])
        judged = sums[0] >= FEWEST
        reach = np.where(judged, t_quantiles(risk / 2, degrees) * error, np.nan)
        score = normal_score((y[:, at] - mean) / error, np.maximum(degrees, 1))
        made["score"][:, at] = np.where(judged, score, np.nan)
        out[:, at] = judged & is_there[:, at] & ~(np.abs(y[:, at] - mean) <= reach) & ~begins[:, at]
        for name, value in (("centre", mean), ("low", mean - reach), ("high", mean + reach)):
            made[name][:, at] = np.where(sums[0] > 0, _as_share(value, n[:, at]), np.nan)
        history[:, at] = sums[0]
        used[:, at] = is_there[:, at] & ~out[:, at] & ~known_bad[:, at]
        weight, value = np.where(used[:, at], w[:, at], 0.0), np.nan_to_num(y[:, at])
        sums += np.stack([used[:, at], weight, weight * value, weight * value**2])
    return Control(made["centre"], made["low"], made["high"], made["score"], out, used, history, np.zeros(y.shape, int))


def _expected(sums: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Return the value expected, the error of its prediction for a point of *weight*, and the degrees of freedom."""
    many, weights, first, second = sums
    mean = first / np.maximum(weights, 1)
    spread = np.maximum((second - weights * mean**2) / np.maximum(many - 1, 1), 1.0)
    return mean, np.sqrt(spread * (1 / weight + 1 / np.maximum(weights, 1))), many - 1


def _as_share(value: Array, rows: Array) -> Array:
    share = np.sin(np.clip(value, 0, np.pi / 2)) ** 2
    return np.asarray(np.clip((share * (rows + 0.75) - 0.375) / rows, 0, 1))
