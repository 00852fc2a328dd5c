"""The control chart of shares, as of nulls among rows: each point judged by the points before it alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbops.stats.spc import FEWEST, Control, flags
from nbops.stats.spc_quantiles import normal_score, t_quantiles

__all__ = ["control_shares"]

Array = np.ndarray[Any, np.dtype[Any]]

_WILD = 2.0
_LEAST_COUNT = 5.0


def control_shares(bad_rows: Any, rows: Any, *, risk: float = 1e-3, bad: Any = None, anew: Any = None) -> Control:
    """Return the charts of series of shares: Laney's p′ chart, made for the newest point.

    A share is judged as the arcsine of its root, whose sampling error is known from the rows alone, also where no row
    was ever bad. Shares that vary more than that widen the limits by as much (Laney's sigma_z, here never below one).
    Where they vary by far more, from five rows on, sampling explains nothing, and what varies are the odds: these are
    judged by factors, as counts are.

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
    return _Shares(np.atleast_2d(np.asarray(bad_rows, float)), np.atleast_2d(np.asarray(rows, float))).control(
        risk, bad, anew
    )


class _Shares:
    """The points of some series of shares, taken one after the other.

    Args:
        k: How many rows were counted.
        n: Of how many.
    """

    def __init__(self, k: Array, n: Array) -> None:
        self.k, self.n = k, np.where(np.isfinite(k) & (n > 0), n, np.nan)
        self.weight = 4 * self.n + 2
        self.arcsine = np.arcsin(np.sqrt((k + 0.375) / (self.n + 0.75)))
        self.odds = np.log((k + 0.5) / (self.n - k + 0.5))
        self.sums = np.zeros((7, len(k)))  # points, weights, two of the arcsines, bad rows, two of the odds

    def control(self, risk: float, bad: Any, anew: Any) -> Control:
        """Judge every point by those before it."""
        shape = self.n.shape
        known_bad, begins, is_there = flags(bad, self.n), flags(anew, self.n), np.isfinite(self.n)
        made = {name: np.full(shape, np.nan) for name in ("centre", "low", "high", "score")}
        out, used, history = np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, int)
        for at in range(shape[1]):
            self.sums[:, begins[:, at]] = 0
            history[:, at] = self.sums[0]
            is_wild, value, mean, error = self._expected(at)
            degrees = self.sums[0] - 1
            reach = np.where(self.sums[0] >= FEWEST, t_quantiles(risk / 2, degrees) * error, np.nan)
            made["score"][:, at] = np.where(
                np.isfinite(reach), normal_score((value - mean) / error, np.maximum(degrees, 1)), np.nan
            )
            out[:, at] = np.isfinite(reach) & is_there[:, at] & ~(np.abs(value - mean) <= reach) & ~begins[:, at]
            for name, line in (("centre", mean), ("low", mean - reach), ("high", mean + reach)):
                made[name][:, at] = np.where(self.sums[0] > 0, self._as_share(line, at, is_wild), np.nan)
            used[:, at] = is_there[:, at] & ~out[:, at] & ~known_bad[:, at]
            self._add(at, used[:, at])
        no_model = np.zeros(shape, int)
        return Control(made["centre"], made["low"], made["high"], made["score"], out, used, history, no_model)

    def _expected(self, at: int) -> tuple[Array, Array, Array, Array]:
        """Return which series are judged by their odds; the value, what was expected, and the error of that."""
        many, weights, first, second, counted, first_odds, second_odds = self.sums
        points = np.maximum(many, 1)
        mean = first / np.maximum(weights, 1)
        spread = np.maximum((second - weights * mean**2) / np.maximum(many - 1, 1), 1.0)
        error = np.sqrt(spread * (1 / self.weight[:, at] + 1 / np.maximum(weights, 1)))
        is_wild = (spread > _WILD) & (counted / points >= _LEAST_COUNT)
        mean_odds = first_odds / points
        varies = np.maximum(second_odds - points * mean_odds**2, 0) / np.maximum(many - 1, 1)
        error_odds = np.sqrt(np.maximum(varies, 1e-12) * (1 + 1 / points))
        value = np.where(is_wild, self.odds[:, at], self.arcsine[:, at])
        return is_wild, value, np.where(is_wild, mean_odds, mean), np.where(is_wild, error_odds, error)

    def _as_share(self, line: Array, at: int, is_wild: Array) -> Array:
        """Return where a line lies among the shares of a point's rows."""
        n = self.n[:, at]
        of_arcsine = np.sin(np.clip(line, 0, np.pi / 2)) ** 2 * (n + 0.75) - 0.375
        of_odds = (n + 1) / (1 + np.exp(-np.clip(line, -700, 700))) - 0.5
        return np.asarray(np.clip(np.where(is_wild, of_odds, of_arcsine) / n, 0, 1))

    def _add(self, at: int, used: Array) -> None:
        weight, arcsine = np.where(used, self.weight[:, at], 0.0), np.nan_to_num(self.arcsine[:, at])
        odds, counted = np.where(used, self.odds[:, at], 0.0), np.where(used, self.k[:, at], 0.0)
        self.sums += np.stack([used, weight, weight * arcsine, weight * arcsine**2, counted, odds, odds**2])
