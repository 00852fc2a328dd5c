"""The measurements of past deliveries, and from them what to expect of the next one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nbops.rules.verdict.delivery import Floats
from nbops.rules.verdict.metric import Key, Metrics
from nbops.rules.verdict.scoring import OF_ONE_ROW, USUAL, USUAL_OF_COLUMN, column_scores, limit, table_score

__all__ = ["Calibration", "History", "calibrate", "surprises"]

_WINDOW = 60
_LEVEL = 20
_STEPS = 5
_LAGS = (7, 12)
_PREFER = 0.9
_ENOUGH = 0.45
_CAP = 2.5
_MOST_FREEDOM = 200.0
_MOST_OF_ONE = 6.0
_MOST_OF_ALL = 15.0
_MASKED = frozenset({"average", "spread", "min", "max"})  # an outlier widens what it is measured by
_MASK = 1.5
_LATEST = 40

_SKIPPED = 3
_SKIPPED_OF_FEW = 9


@dataclass
class History:
    """The measurements of the deliveries that were accepted, oldest first."""

    rows: list[Metrics] = field(default_factory=list)

    def add(self, metrics: Metrics) -> None:
        """Append the measurements of a delivery; the oldest beyond the window are forgotten."""
        self.rows = [*self.rows, metrics][-_WINDOW:]

    def table(self) -> tuple[list[Key], Floats, Floats]:
        """Return the measured keys, their values and sampling errors; NaN where a delivery has none."""
        keys = list(dict.fromkeys(key for metrics in self.rows for key in metrics))
        place = {key: i for i, key in enumerate(keys)}
        values = np.full((len(self.rows), len(keys)), np.nan)
        errors = np.full_like(values, np.nan)
        for row, metrics in enumerate(self.rows):
            for key, (value, sd) in metrics.items():
                values[row, place[key]], errors[row, place[key]] = value, sd
        return keys, values, errors


@dataclass
class Calibration:
    """What was learnt from the past measurements.

    Args:
        keys: The measured keys.
        forecast: What is expected next, for each key.
        squares: The sum of squared past errors of the forecast.
        largest: The largest past error.
        count: How many past errors there are.
        floor: The usual sampling error.
        kinds: The place of each key's kind in *unruly*.
        unruly: By how much the surprises of a kind are divided.
        threshold: The score above which a table alarms.
        scores: The scores of past deliveries, each judged by the others.
        column_threshold: The score above which a column alarms.
    """

    keys: list[Key]
    forecast: Floats
    squares: Floats
    largest: Floats
    count: Floats
    floor: Floats
    kinds: np.ndarray
    unruly: Floats
    threshold: float
    scores: Floats
    column_threshold: float


def calibrate(history: History) -> Calibration:
    """Return what the past measurements say of the next delivery, and the threshold they set."""
    keys, values, errors = history.table()
    forecasts, following = _forecasts(values)
    chosen = _choose(values, forecasts)
    columns = np.arange(len(keys))
    off = np.abs(values - forecasts[chosen, :, columns].T)
    skipped = _SKIPPED if len(values) >= _SKIPPED_OF_FEW else max(1, len(values) // 3)
    off[:skipped] = np.nan
    floor = np.nanmedian(errors, axis=0) if len(keys) else np.empty(0)
    surprise = np.minimum(_left_out(off, floor), _most(keys))
    names = list(dict.fromkeys(key[0] for key in keys))
    kinds = np.array([names.index(key[0]) for key in keys], dtype=np.int64)
    unruly = _unruly(surprise[skipped:], kinds, len(names))
    past = surprise[skipped:] / unruly[kinds]
    scores = np.array([table_score(row) for row in past])
    of_columns = column_scores(past, keys).max(axis=1, initial=0.0)
    filled = np.nan_to_num(off)
    return Calibration(
        keys,
        following[chosen, columns],
        (filled**2).sum(axis=0),
        filled.max(axis=0, initial=0.0),
        np.isfinite(off).sum(axis=0).astype(np.float64),
        floor,
        kinds,
        unruly,
        limit(scores[-_LATEST:], USUAL),
        scores,
        limit(of_columns[-_LATEST:], USUAL_OF_COLUMN),
    )


def surprises(metrics: Metrics, known: Calibration) -> tuple[Floats, Floats]:
    """Return for each key the surprise of its measurement, and the measurement; NaN where there is none."""
    value, sd = np.full(len(known.keys), np.nan), np.full(len(known.keys), np.nan)
    for place, key in enumerate(known.keys):
        if key in metrics:
            value[place], sd[place] = metrics[key]
    masked = np.array([key[0] in _MASKED for key in known.keys])
    floor = np.fmax(known.floor, np.where(masked, np.minimum(sd, _MASK * known.floor), sd))
    found = _standardised(np.abs(value - known.forecast), known.squares, known.count, known.largest, floor)
    return np.minimum(found, _most(known.keys)) / known.unruly[known.kinds], value


def _standardised(off: Floats, squares: Floats, count: Floats, largest: Floats, floor: Floats) -> Floats:
    """Return errors as standard normal deviates.

    Their scale comes from past errors, with the sampling error as two more; where the past is short and sampling
    explains little of it, the same ratio says less: a t deviate is made normal by z² = ν·ln(1 + t²/ν) (Wallace 1959),
    with ν the count of errors over the part of the variance that sampling does not explain.
    """
    scale = np.sqrt((squares + 2 * floor**2) / (count + 1.0))
    scale = np.maximum(np.maximum(scale, floor), largest / _CAP)
    unexplained = np.maximum(1.0 - (floor / scale) ** 2, 0.01)
    freedom = np.minimum((count + 1.0) / unexplained, _MOST_FREEDOM)
    with np.errstate(invalid="ignore"):
        normal: Floats = np.sqrt(freedom * np.log1p((off / scale) ** 2 / freedom))
    return normal


def _most(keys: list[Key]) -> Floats:
    """Return how surprising each measurement can be at most: what a single row can move says only so much."""
    return np.array([_MOST_OF_ONE if key[0] in OF_ONE_ROW else _MOST_OF_ALL for key in keys])


def _forecasts(values: Floats) -> tuple[Floats, Floats]:
    """Return the forecasts of each past value from those before it, and of the next: by method, delivery, key."""
    n, m = values.shape
    made = np.full((3 + 2 * len(_LAGS), n + 1, m), np.nan)
    steps = np.diff(values, axis=0)
    with np.errstate(all="ignore"):
        for i in range(1, n + 1):
            made[0, i] = _median(values[max(0, i - _LEVEL) : i])
            made[1, i] = values[i - 1]
            if i >= 3:
                made[2, i] = values[i - 1] + _median(steps[max(0, i - 1 - _STEPS) : i - 1])
        for place, lag in enumerate(_LAGS):
            _seasonal(made, 3 + 2 * place, values, lag)
    return made[:, :n], made[:, n]


def _seasonal(made: Floats, method: int, values: Floats, lag: int) -> None:
    n = len(values)
    for i in range(lag, n + 1):
        made[method, i] = values[i - lag]
        if i >= 2 * lag:
            change = values[i - lag : i] - values[i - 2 * lag : i - lag]
            made[method + 1, i] = values[i - lag] + _median(change)


def _median(values: Floats) -> Floats:
    """Return the medians of columns, NaN where all is missing; faster than the library's for few rows."""
    ordered = np.sort(values, axis=0)  # NaN goes last
    count = np.isfinite(ordered).sum(axis=0)
    low, high = np.maximum(count - 1, 0) // 2, np.maximum(count, 1) // 2
    places = np.arange(values.shape[1])
    high = np.minimum(high, np.maximum(count - 1, 0))
    return np.where(count > 0, (ordered[low, places] + ordered[high, places]) / 2.0, np.nan)


def _choose(values: Floats, forecasts: Floats) -> np.ndarray:
    """Return the method that forecast each key best; the level unless another is clearly better."""
    off = np.abs(values[None] - forecasts)
    base = off[0]
    costs = [np.full(values.shape[1], _PREFER)]
    for method in range(1, len(forecasts)):
        both = np.isfinite(off[method]) & np.isfinite(base)
        own = np.where(both, off[method], 0.0).sum(axis=0)
        level = np.where(both, base, 0.0).sum(axis=0)
        known = both.sum(axis=0) >= max(3, _ENOUGH * len(values))
        costs.append(np.where(known, (own + 1e-12) / (level + 1e-12), np.inf))
    best: np.ndarray = np.argmin(np.array(costs), axis=0)
    return best


def _left_out(off: Floats, floor: Floats) -> Floats:
    """Return the surprise of each past measurement, scaled by the errors of all others."""
    filled = np.nan_to_num(off)
    count = np.isfinite(off).sum(axis=0)
    rest = (filled**2).sum(axis=0) - filled**2
    ordered = np.sort(filled, axis=0)
    first = ordered[-1] if len(off) else np.zeros(off.shape[1])
    second = ordered[-2] if len(off) > 1 else np.zeros(off.shape[1])
    largest = np.where(filled >= first, second, first)
    return _standardised(off, np.maximum(rest, 0.0), np.maximum(count - 1.0, 0.0), largest, floor)


def _unruly(surprise: Floats, kinds: np.ndarray, n: int) -> Floats:
    found = np.ones(n)
    if not len(surprise):
        return found
    filled = np.nan_to_num(surprise)
    for kind in range(n):
        worst = filled[:, kinds == kind].max(axis=1)
        found[kind] = max(2.0, float(np.quantile(worst, 0.8))) / 2.0
    return found
