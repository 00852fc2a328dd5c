"""How good predictions are while their labels are still coming: each period compared with others at the same age.

Labels that come early are not like those that come late: who does not pay is known at once, who pays only when the
month is over. So the error of last week, by the labels that are there, is not compared with the error of last year by
all of its labels, but with what was known of earlier weeks when they were as old as last week is now.

Source:
    The limits are those of a prediction, Hahn and Meeker, Statistical Intervals (1991), formula 4.6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbops.stats.student import prediction_limits

__all__ = ["Cohort", "performance_under_delay"]

_LEAST_EARLIER = 3
_LEAST_LABELS = 5


@dataclass(frozen=True, slots=True)
class Cohort:
    """The predictions of one period, as far as they can be judged.

    Args:
        period: Its number: ``floor(predicted_at / length)``.
        predictions: How many predictions were made in it.
        labelled: How many of them have their label by now.
        usual_labelled: Which share of earlier periods had theirs at that age; NaN without an earlier one.
        error: The mean error of those that have; NaN without one.
        low: The lowest error that is as usual at that age; minus infinity where too few earlier periods tell.
        high: The highest.
        earlier: How many earlier periods tell.
    """

    period: int
    predictions: int
    labelled: int
    usual_labelled: float
    error: float
    low: float
    high: float
    earlier: int

    @property
    def is_worse(self) -> bool:
        """Whether the error is above what is usual at that age."""
        return self.error > self.high

    @property
    def is_judged(self) -> bool:
        """Whether enough earlier periods and labels tell."""
        return math.isfinite(self.high) and not math.isnan(self.error)


def performance_under_delay(
    predicted_at: Any, labelled_at: Any, errors: Any, *, now: float, length: float = 7.0, risk: float = 0.01
) -> list[Cohort]:
    """Return how good the predictions of each period are, oldest first.

    Args:
        predicted_at: When each prediction was made, as a number (days, say).
        labelled_at: When its label came, on the same scale; NaN when it has not come.
        errors: Its error, as 0 or 1 or a distance; what stands where there is no label does not matter.
        now: The moment from which it is looked at; labels that came later are unknown.
        length: How long a period is.
        risk: The probability that a period like those before it lies outside its limits.

    Example:
        >>> day = np.repeat(np.arange(42.0), 50)
        >>> late = day + 1 + np.arange(len(day)) % 10
        >>> wrong = np.where(day >= 35, np.arange(len(day)) % 3 == 0, np.arange(len(day)) % 9 == 0)
        >>> found = performance_under_delay(day, late, wrong, now=42.0)
        >>> [(one.labelled, one.is_worse) for one in found[-2:]]
        [(335, False), (140, True)]
    """
    made, came, wrong = (np.asarray(one, float) for one in (predicted_at, labelled_at, errors))
    numbers = np.floor(made / length).astype(int)
    periods = np.unique(numbers[made <= now])
    groups = {period: (made[at], came[at], wrong[at]) for period in periods.tolist() for at in [numbers == period]}
    return [_cohort(period, groups, now, length, risk) for period in groups]


def _cohort(period: int, groups: dict[int, tuple[Any, Any, Any]], now: float, length: float, risk: float) -> Cohort:
    age = now - period * length
    labelled, error, _ = _known(groups[period], period * length + age)
    earlier = [
        _known(group, other * length + age)
        for other, group in groups.items()
        if other < period and other * length + age <= now
    ]
    telling = [mean for many, mean, _ in earlier if many >= _LEAST_LABELS]
    low, high = -math.inf, math.inf
    if len(telling) >= _LEAST_EARLIER and labelled >= _LEAST_LABELS:
        spread = _sampling_sd(groups[period], now)
        low, high = prediction_limits(telling, risk, least_sd=spread)
    usual = float(np.mean([share for _, _, share in earlier])) if earlier else math.nan
    return Cohort(period, len(groups[period][0]), labelled, usual, error, low, high, len(telling))


def _known(group: tuple[Any, Any, Any], by: float) -> tuple[int, float, float]:
    """Return how many labels of a period had come by a moment, the mean error of those, and their share."""
    _, came, wrong = group
    there = came <= by
    many = int(there.sum())
    return many, float(wrong[there].mean()) if many else math.nan, many / len(came) if len(came) else math.nan


def _sampling_sd(group: tuple[Any, Any, Any], by: float) -> float:
    """Return the sampling error of the mean of a period."""
    there = group[1] <= by
    return float(group[2][there].std(ddof=1) / math.sqrt(there.sum()))
