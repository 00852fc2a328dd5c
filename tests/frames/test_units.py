"""Units that names tell, and conversions that quantiles tell."""

from __future__ import annotations

import numpy as np
import pytest

from nbops.frames.structure import SHARES
from nbops.frames.units import conversion_between, unit_in


@pytest.mark.parametrize(
    ("name", "unit"),
    [("distance_km", "km"), ("DistanceMiles", "mi"), ("price_eur", "EUR"), ("price [€]", "EUR"), ("share_pct", "%"),
     ("duration_sec", "s"), ("wait_min", "min"), ("min_wait", ""), ("minimum", ""), ("inn", ""), ("id", ""),
     ("temp_celsius", "°C"), ("t", ""), ("", "")],
)  # fmt: skip
def test_a_name_tells_its_unit(name: str, unit: str) -> None:
    """Whole words tell a unit; a word that means something else in front of others tells none."""
    assert unit_in(name) == unit


def quantiles(values: np.ndarray) -> list[float]:
    """Return the quantiles that are kept of a column."""
    return np.quantile(values, SHARES).tolist()


@pytest.mark.parametrize(
    ("factor", "offset", "units"),
    [(1.609344, 0, ("mi", "km")), (1 / 1.609344, 0, ("km", "mi")), (0.3048, 0, ("ft", "m")), (2.54, 0, ("in", "cm")),
     (1.8, 32, ("°C", "°F")), (1, 273.15, ("°C", "K")), (3600, 0, ("h", "s")), (1 / 86400, 0, ("s", "d"))],
)  # fmt: skip
def test_a_conversion_is_found_in_other_rows(factor: float, offset: float, units: tuple[str, str]) -> None:
    """Two batches share no row; the conversion shows in where their numbers lie."""
    random = np.random.default_rng(7)
    old, new = random.gamma(2.0, 10.0, 2_000), random.gamma(2.0, 10.0, 2_000) * factor + offset

    found = conversion_between(quantiles(old), quantiles(new))

    assert found is not None
    assert (found.source, found.target) == units


@pytest.mark.parametrize("factor", [1.0, 1.1, 0.9, 1.3, 5.0, 7.3])
def test_a_factor_that_nobody_uses_is_no_conversion(factor: float) -> None:
    """Prices may rise by a tenth, and a shop may sell five times as much."""
    random = np.random.default_rng(8)
    old, new = random.gamma(2.0, 10.0, 2_000), random.gamma(2.0, 10.0, 2_000) * factor

    assert conversion_between(quantiles(old), quantiles(new)) is None


def test_a_column_that_became_constant_is_no_conversion() -> None:
    """Without a spread nothing can be told of a factor."""
    assert conversion_between([1, 2, 3, 4, 5, 6, 7], [100] * 7) is None


BEFORE = [114.4, 129.4, 308.3, 491.3, 628.3, 882.5, 893.1]  # 90 uniform distances, and 200 others times 1.609
AFTER = [186.0402, 210.1803, 553.4534, 886.4267, 1190.754, 1391.761, 1438.593]


def test_of_two_conversions_that_fit_the_one_from_the_known_unit_is_told() -> None:
    """Miles become kilometres by 1.609, however near 1.852 lies: that is of nautical miles."""
    found = conversion_between(BEFORE, AFTER, noise=0.1, unit="mi")

    assert found is not None
    assert (found.text, found.source, found.target, found.note) == ("× 1.609", "mi", "km", "")


def test_where_nobody_knows_the_unit_the_other_that_fits_is_named() -> None:
    """A few rows cannot tell miles from nautical miles, and what is said must not sound as if they did."""
    found = conversion_between(BEFORE, AFTER, noise=0.1)

    assert found is not None
    assert found.note == "× 1.609 mi → km, × 1.944 m/s → kn would fit, too"  # no degrees: they have an offset


@pytest.mark.parametrize("factor", [60.0, 100.0, 0.001])
def test_a_conversion_is_seen_through_zeros(factor: float) -> None:
    """Where most numbers are zero, the others tell; where they lie on both sides of zero, those near it say nothing."""
    random = np.random.default_rng(9)
    rain = [np.where(random.random(3_000) < 0.6, 0.0, random.gamma(3.0, 10.0, 3_000)) for _ in range(2)]
    returns = [random.normal(0.02, 1.0, 3_000) for _ in range(2)]

    for old, new in (rain, returns):
        found = conversion_between(quantiles(old), quantiles(new * factor))

        assert found is not None
        assert found.factor == pytest.approx(factor)


def test_three_quantiles_that_grow_alike_are_no_unit() -> None:
    """Deaths of a day, most of them zero, half as many again everywhere: that happens."""
    assert conversion_between([0, 0, 0, 0, 10, 50, 130], [0, 0, 0, 0, 16, 80, 210]) is None
