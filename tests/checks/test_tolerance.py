"""How much may fail."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.checks.suite import judge_table
from nbops.checks.tolerance import allowed_rows, binomial_quantile
from nbops.checks.values import Between
from nbops.errors import UsageError


def test_a_budget_leaves_so_much_room_for_chance() -> None:
    """A table whose rows fail as often as allowed in the long run fails about as seldom as the budget says."""
    random = np.random.default_rng(1)
    counts = random.binomial(10_000, 0.01, 200_000)
    limit = allowed_rows("1% at 0.001", 10_000)

    assert 0.0005 < (counts > limit).mean() <= 0.00125


@pytest.mark.parametrize(
    ("rows", "share", "chance"), [(1, 0.5, 0.4), (50, 0.02, 0.01), (30, 0.97, 0.5), (7, 0.1, 0.99)]
)
def test_the_quantile_is_the_least_number_that_is_seldom_exceeded(rows: int, share: float, chance: float) -> None:
    """As the sum of all probabilities says."""
    import math

    terms = [math.comb(rows, k) * share**k * (1 - share) ** (rows - k) for k in range(rows + 1)]
    least = next(k for k in range(rows + 1) if sum(terms[k + 1 :]) <= chance)

    assert least == binomial_quantile(rows, share, chance)


@pytest.mark.parametrize("allow", ["1%", "x at 0.1", "200% at 0.1", "1% at 0", True, -1, 1.5])
def test_what_is_no_tolerance_is_refused(allow: object) -> None:
    """The error shows the three forms."""
    with pytest.raises(UsageError, match=r"allow must not be|more than all"):
        Between("a", 0, 1, allow=allow)  # type: ignore[arg-type]


def test_what_is_allowed_is_allowed_in_each_group() -> None:
    """A group that hides among many good ones is found, and named."""
    frame = pd.DataFrame({"shop": ["a"] * 98 + ["b"] * 2, "price": [1.0] * 98 + [1.0, -1.0]})
    (whole,) = judge_table(frame, [Between("price", 0, 9, allow=0.05)])
    (each,) = judge_table(frame, [Between("price", 0, 9, allow=0.05, by="shop")])  # type: ignore[arg-type]

    assert (whole.status, each.status) == ("passed", "failed")
    assert each.why == "1 of 2 groups fail: shop=b (1 of 2)"
    assert (each.share, each.unit) == (0.01, "rows")
