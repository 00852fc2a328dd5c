"""Forecasts: they find what a history follows and nothing else, and their limits hold as often as they say."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from nbops.stats.beta import proportion_interval
from nbops.stats.forecast import forecast
from nbops.stats.student import prediction_limits

FIRST = dt.date(2023, 1, 2)


def days(many: int, step: int = 1) -> list[dt.date]:
    """Return *many* days from the first, a Monday, on."""
    return [FIRST + dt.timedelta(days=step * n) for n in range(many)]


def test_a_level_is_that_of_prediction_limits() -> None:
    """Without a trend or a season, the limits are those of Student's t for independent values."""
    values = [10.0, 11.0, 12.0, 11.0, 10.5]
    found = forecast(days(5), values, FIRST + dt.timedelta(days=7), 0.05)

    assert found.terms == ()
    assert found.limits == pytest.approx(prediction_limits(values, 0.05))


@pytest.mark.parametrize(
    ("terms", "many", "effect"),
    [
        (("trend",), 20, lambda day: 0.05 * (day - FIRST).days),
        (("weekend",), 14, lambda day: -1.5 * (day.weekday() > 4)),
        (("weekday",), 70, lambda day: [0, 1, 2, 1, 3, -2, -1][day.weekday()]),
        (("month",), 1_000, lambda day: math.sin(day.month / 2)),
        ((), 60, lambda _: 0.0),
    ],
    ids=["trend", "weekend", "weekday", "month", "nothing"],
)
def test_what_a_history_follows_is_found(terms: tuple[str, ...], many: int, effect) -> None:  # type: ignore[no-untyped-def]
    """A trend, weekends, days of the week and months are found where they are, and the next value lies within."""
    random = np.random.default_rng(3)
    known, following = days(many), FIRST + dt.timedelta(days=many)
    values = [7 + effect(day) + random.normal(0, 0.1) for day in known]
    found = forecast(known, values, following, 0.01)

    assert found.terms == terms
    assert found.middle == pytest.approx(7 + effect(following), abs=0.3)
    assert found.reach < 0.6


@pytest.mark.parametrize("many", [5, 8, 14, 30, 60])
def test_limits_hold_as_often_as_they_say(many: int) -> None:
    """Over many histories, the next value lies outside no more often than the risk, whatever was found in them."""
    random = np.random.default_rng(many)
    known, following = days(many), FIRST + dt.timedelta(days=many)
    outside = 0
    for trial in range(1_000):
        weekly = -1.0 if trial % 2 else 0.0
        values = [weekly * (day.weekday() > 4) + random.normal(0, 0.05) for day in [*known, following]]
        found = forecast(known, values[:-1], following, 0.01)
        outside += not found.limits[0] <= values[-1] <= found.limits[1]

    assert proportion_interval(outside, 1_000)[0] <= 0.01


def test_a_day_that_never_was_is_unknown() -> None:
    """When the weekdays differ and no Sunday is known, nothing is told of a Sunday: the limits are open."""
    known = [day for day in days(80) if day.weekday() < 6]
    values = [10.0 + 5 * day.weekday() + n % 2 for n, day in enumerate(known)]
    found = forecast(known, values, dt.date(2023, 4, 2), 0.01)

    assert found.terms == ("weekday",)
    assert math.isinf(found.reach)
    assert math.isinf(forecast(days(5), [1.0, 2.0, 1.5, 1.2, 1.1], FIRST + dt.timedelta(days=5), 0.01).reach)


def test_what_is_known_from_elsewhere_narrows_few() -> None:
    """Three values with the spread of other columns have narrower limits than alone."""
    alone = forecast(days(3), [1.0, 1.1, 0.9], dt.date(2023, 1, 9), 1e-3)
    pooled = forecast(days(3), [1.0, 1.1, 0.9], dt.date(2023, 1, 9), 1e-3, prior_sd=0.1, prior_degrees=20)

    assert pooled.reach < alone.reach / 5
