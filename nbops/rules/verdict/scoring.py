"""Scores of a delivery: how surprising it is as a whole, and how surprising its oddest column is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nbops.rules.verdict.delivery import Floats
from nbops.rules.verdict.metric import Key

__all__ = ["OF_ONE_ROW", "TOP", "USUAL", "USUAL_OF_COLUMN", "by_column", "column_scores", "limit", "table_score"]

TOP = 3
"""How many measurements make a score."""
LOWEST, HIGHEST = 3.5, 9.0
"""Between what the limit of a score lies."""
MARGIN = 1.45
"""How far above what is usual for the table's own past the limit is."""
QUANTILE = 0.8
"""What share of past scores counts as usual."""
USUAL, WEIGHT = 3.3, 20.0
"""The usual score of tables at large, and how many past deliveries it is worth."""
USUAL_OF_COLUMN = 2.8
"""The same of a table's oddest column."""
OF_ONE_ROW = frozenset(
    [
        "min",
        "max",
        "longest",
        "shortest",
        "begins",
        "ends",
        "centre",
        "first",
        "last",
        "span",
        "day_rows",
        "day_coverage",
        "beyond",
        "hour",
        "most_decimals",
        "moved",
        "shifted",
        "middle",
        "new_letters",
        "gone_values",
    ]
)
"""What a single row can move."""
_OF_TWO = frozenset({"pair", "order"})


def table_score(surprise: Floats) -> float:
    """Return one figure for a delivery: the root mean square of its largest surprises.

    Example:
        >>> table_score(np.array([0.0, 3.0, 3.0, np.nan, 3.0]))
        3.0
    """
    known = np.sort(surprise[np.isfinite(surprise)])[-TOP:]
    return float(np.sqrt((known**2).sum() / TOP))


def by_column(keys: Sequence[Key]) -> dict[str, list[int]]:
    """Return the places of each column's measurements: a relation is that of the column which it explains.

    Example:
        >>> by_column([("rows",), ("mean", "a"), ("fit_level", "b", "a"), ("pair", "a", "b")])
        {'a': [1, 3], 'b': [2, 3]}
    """
    found: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        for name in key[1:3] if key[0] in _OF_TWO else key[1:2]:
            found.setdefault(name, []).append(place)
    return found


def column_scores(surprises: Floats, keys: Sequence[Key]) -> Floats:
    """Return the score of every column in every delivery: by delivery, column.

    Of what a single row can move, only the largest counts: the measurements are one observation.
    """
    columns = by_column(keys)
    made = np.zeros((len(surprises), len(columns)))
    filled = np.nan_to_num(surprises)
    for at, places in enumerate(columns.values()):
        many = [place for place in places if keys[place][0] not in OF_ONE_ROW]
        one = [place for place in places if keys[place][0] in OF_ONE_ROW]
        told = np.column_stack([filled[:, many], filled[:, one].max(axis=1, initial=0.0)])
        made[:, at] = np.sqrt((np.sort(told, axis=1)[:, -TOP:] ** 2).sum(axis=1) / TOP)
    return made


def limit(scores: Floats, usual: float) -> float:
    """Return above which score a delivery is bad: a margin over what is usual, here and for tables at large."""
    n = len(scores)
    own = float(np.quantile(scores, QUANTILE)) if n else 0.0
    return min(HIGHEST, max(LOWEST, MARGIN * (n * own + WEIGHT * usual) / (n + WEIGHT)))
