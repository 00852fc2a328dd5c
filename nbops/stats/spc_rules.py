"""Run rules: patterns of several points that chance seldom makes, after Nelson and after Western Electric.

Each is judged on standardised values, with mean 0 and standard deviation 1 where nothing changed; those of
:attr:`nbops.stats.spc.Control.score` are independent by their making. *false_alarms* is the share of points at which a
rule signals on independent normal values, simulated on 400 series of 10,000 points; a run that goes on signals at
each of its points. All eight rules of Nelson together signal at 2.3 % of the points, the four of Western Electric at
1.7 %: that is why a chart here names what it saw with its rate, and only a point beyond the limits is a warning.

Source:
    Nelson, Journal of Quality Technology 16 (1984); Western Electric, Statistical Quality Control Handbook (1956);
    Champ and Woodall, Technometrics 29 (1987), on the rates of rules together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

__all__ = ["DEFAULT_RULES", "NELSON", "RULES", "WESTERN_ELECTRIC", "RunRule", "run_rules"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class RunRule:
    """A run rule.

    Args:
        name: Its short name, as ``nelson_2``.
        words: What it sees.
        points: How many points it looks at.
        false_alarms: The share of points at which it signals where nothing changed.
        test: Whether it signals, for windows of *points* along the last axis.
    """

    name: str
    words: str
    points: int
    false_alarms: float
    test: Callable[[Array], Array]


def _one_side(windows: Array) -> Array:
    return np.asarray((windows > 0).all(-1) | (windows < 0).all(-1))


def _trend(windows: Array) -> Array:
    steps = np.diff(windows, axis=-1)
    return np.asarray((steps > 0).all(-1) | (steps < 0).all(-1))


def _alternating(windows: Array) -> Array:
    steps = np.diff(windows, axis=-1)
    return np.asarray((steps[..., 1:] * steps[..., :-1] < 0).all(-1))


def _beyond(count: int, sigmas: float) -> Callable[[Array], Array]:
    """Return whether *count* of the points lie beyond so many sigmas on one side, the newest among them."""

    def test(windows: Array) -> Array:
        up, down = windows > sigmas, windows < -sigmas
        is_up, is_down = up.sum(-1) >= count, down.sum(-1) >= count
        return np.asarray((is_up & up[..., -1]) | (is_down & down[..., -1]))

    return test


def _within(windows: Array) -> Array:
    return np.asarray((np.abs(windows) < 1).all(-1))


def _outside(windows: Array) -> Array:
    is_both = (windows > 1).any(-1) & (windows < -1).any(-1)
    return np.asarray((np.abs(windows) > 1).all(-1) & is_both)


RULES: Mapping[str, RunRule] = {
    rule.name: rule
    for rule in (
        RunRule("nelson_1", "beyond three sigmas", 1, 0.0027, _beyond(1, 3.0)),
        RunRule("nelson_2", "9 on one side", 9, 0.0040, _one_side),
        RunRule("nelson_3", "6 rising or falling", 6, 0.0028, _trend),
        RunRule("nelson_4", "14 alternating", 14, 0.0045, _alternating),
        RunRule("nelson_5", "2 of 3 near a limit", 3, 0.0021, _beyond(2, 2.0)),
        RunRule("nelson_6", "4 of 5 far from the centre", 5, 0.0045, _beyond(4, 1.0)),
        RunRule("nelson_7", "15 close to the centre", 15, 0.0032, _within),
        RunRule("nelson_8", "8 far from the centre on both sides", 8, 0.0001, _outside),
        RunRule("western_electric_4", "8 on one side", 8, 0.0079, _one_side),
    )
}
"""Every rule by its name. The first three of Western Electric are Nelson's 1, 5 and 6."""
NELSON = tuple(name for name in RULES if name.startswith("nelson"))
"""The eight rules of Nelson."""
WESTERN_ELECTRIC = ("nelson_1", "nelson_5", "nelson_6", "western_electric_4")
"""The four rules of Western Electric."""
DEFAULT_RULES = ("nelson_2", "nelson_3", "nelson_5")
"""What a chart names unless it is asked for more: together they signal at 0.9 % of the points."""


def run_rules(scores: Any, rules: Iterable[str] = DEFAULT_RULES) -> dict[str, Array]:
    """Return at which points each rule signals: one row for each series, one column for each point.

    A point that is NaN is left out, as if the points around it followed each other.

    Example:
        >>> run_rules([0.1] * 9, ["nelson_2"])["nelson_2"][0].tolist()
        [False, False, False, False, False, False, False, False, True]
    """
    y = np.atleast_2d(np.asarray(scores, float))
    found = {name: np.zeros(y.shape, bool) for name in rules}
    there = np.isfinite(y)
    if there.all():
        for name, signals in found.items():
            _mark(RULES[name], y, signals)
        return found
    for i, is_there in enumerate(there):
        some = y[i : i + 1, is_there]
        for name, signals in found.items():
            row = np.zeros(some.shape, bool)
            _mark(RULES[name], some, row)
            signals[i, is_there] = row[0]
    return found


def _mark(rule: RunRule, y: Array, signals: Array) -> None:
    if y.shape[1] >= rule.points:
        signals[:, rule.points - 1 :] = rule.test(sliding_window_view(y, rule.points, axis=1))
