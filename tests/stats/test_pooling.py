"""Pooled variances: they find the common one, and are worth little where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import digamma, polygamma

from nbops.stats.pooling import _digamma, _trigamma, pooled_variance


@pytest.mark.parametrize("x", [0.1, 0.5, 1.0, 2.5, 9.0, 400.0])
def test_derivatives_are_those_of_scipy(x: float) -> None:
    """Digamma and trigamma agree with SciPy."""
    assert (_digamma(x), _trigamma(x)) == pytest.approx((float(digamma(x)), float(polygamma(1, x))), rel=1e-7)


@pytest.mark.parametrize("degrees", [1, 2, 4, 9])
def test_the_common_variance_is_found(degrees: int) -> None:
    """From many columns of one variance, it is found whatever the few degrees of each, and is worth much."""
    random = np.random.default_rng(degrees)
    found = [pooled_variance(list(3 * random.chisquare(degrees, 60) / degrees), degrees) for _ in range(30)]

    assert np.mean([one for one, _ in found]) == pytest.approx(3, rel=0.15)
    assert np.median([worth for _, worth in found]) > 3 * degrees


def test_columns_that_differ_are_worth_little() -> None:
    """Where variances range over five orders of magnitude, another column's tells next to nothing."""
    random = np.random.default_rng(1)
    spread = 10 ** random.uniform(-3, 3, 40) * random.chisquare(4, 40) / 4

    assert pooled_variance(list(spread), 4)[1] < 1
