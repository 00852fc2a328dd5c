"""How like its model made data is: column by column, and by pairs of columns."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nbops.frames.profile.rare import LEAST_ROWS
from nbops.frames.profile.table import profile
from nbops.frames.profile.values import FEW
from nbops.frames.semantic import SemanticType, meaning_of
from nbops.synthesis.leaks import leaks
from nbops.synthesis.streams import Array

__all__ = ["Likeness", "distance", "fidelity", "rank_distance"]

_SAMPLE = 100_000
_NAMING = (SemanticType.KEY, SemanticType.ID)
_MOSTLY = 0.95
_LEAST_ROWS = 500  # below, a correlation is known to ±0.09 at best


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like a column of the model a made one is.

    Args:
        column: Its name.
        distance: The largest difference of the shares below a value (Kolmogorov, Smirnov); of texts, half of the sum of
            the differences of their shares, where rare ones, which are others by promise, count as one. None where
            values are not meant to come again: of keys, and of texts that are mostly rare.
        rank_distance: The largest difference of its rank correlations with other columns; None where it has none.
        nulls: The share of nulls of the model, and of the made one.
        leaks: How many rare values of the model stand in it.
        owed: How far the distributions may have to lie apart because nothing rare comes again: of numbers the share of
            the rows that hold the most frequent rare one, which may be the largest of all, so that all of them move; of
            texts the share of the rows that hold rare ones, in whose place common ones may stand.
    """

    column: str
    distance: float | None
    rank_distance: float | None
    nulls: tuple[float, float]
    leaks: int
    owed: float = 0.0


def fidelity(made: pd.DataFrame, table: pd.DataFrame) -> list[Likeness]:
    """Return how like *table* the columns of *made* are."""
    ranks, leaked = rank_distance(made, table), leaks(made, table)
    named = {one.name for one in profile(table).columns if meaning_of(one).type in _NAMING}
    return [
        Likeness(
            str(name), None if name in named else distance(made[name], table[name]), ranks.get(str(name)),
            (float(table[name].isna().mean()), float(made[name].isna().mean())), leaked.get(str(name), 0),
            _owed(table[name]),
        )
        for name in table.columns
    ]  # fmt: skip


def distance(made: pd.Series, model: pd.Series) -> float | None:
    """Return how far two columns' distributions lie apart, from 0 to 1; None where values are not meant to come again.

    Example:
        >>> distance(pd.Series([1, 2, 3, 4]), pd.Series([1, 2, 2, 2]))
        0.5
    """
    left, right = made.dropna(), model.dropna()
    if not len(left) or not len(right) or (right.is_unique and right.dtype.kind != "f"):
        return None
    if right.dtype.kind in "iufM" or isinstance(right.dtype, pd.DatetimeTZDtype):
        a, b = (_numbers(one) for one in (left, right))
        grid = np.unique(np.concatenate([a, b]))
        shares = [np.searchsorted(np.sort(one), grid, side="right") / len(one) for one in (a, b)]
        return float(np.abs(shares[0] - shares[1]).max())
    one, other = (series.astype(str).value_counts(normalize=True) for series in (left, right))
    if len(other) > FEW or float(other[other * len(right) >= LEAST_ROWS].sum()) < _MOSTLY:
        return None
    common = other.index[other * len(right) >= LEAST_ROWS]
    one, other = one.reindex(common, fill_value=0.0), other[common]
    return float((one.subtract(other).abs().sum() + abs(one.sum() - other.sum())) / 2)


def _owed(model: pd.Series) -> float:
    """Return how far the promise may hold a distribution off, by the rows of the rare values."""
    counts = model.value_counts()
    rare = counts[counts < LEAST_ROWS]
    if not len(rare) or model.dtype.kind in "bM":
        return 0.0
    return float((rare.max() if model.dtype.kind in "iuf" else rare.sum()) / counts.sum())


def _numbers(series: pd.Series) -> Array:
    if series.dtype.kind == "M" or isinstance(series.dtype, pd.DatetimeTZDtype):
        return series.astype("int64").to_numpy()
    return series.to_numpy(dtype="float64")


def rank_distance(made: pd.DataFrame, table: pd.DataFrame) -> dict[str, float]:
    """Return for each column the largest difference of its rank correlations with the others."""
    names = [
        name
        for name in table.columns
        if (table[name].dtype.kind in "iufbM") and not table[name].is_unique and table[name].nunique() > 1
    ]
    left, right = (_ranks(one[names].iloc[:: max(1, len(one) // _SAMPLE)]) for one in (made, table))
    there = table[names].notna().to_numpy().astype("float64")
    rows = there.T @ there
    found: dict[str, float] = {}
    for i, j in itertools.combinations(range(len(names)), 2):
        apart = abs(left[i, j] - right[i, j])
        if not np.isnan(apart) and rows[i, j] >= _LEAST_ROWS:
            for name in (names[i], names[j]):
                found[str(name)] = max(found.get(str(name), 0.0), float(apart))
    return found


def _ranks(frame: Any) -> Array:
    numbers = frame.apply(
        lambda series: series.astype("int64").where(series.notna()) if series.dtype.kind == "M" else series
    )
    return numbers.astype("float64").corr("spearman").to_numpy()
