"""How long a step waits before it is tried again."""

from __future__ import annotations

import random

import pytest

from nbops.engine.cell.backoff import longest_waits, wait_before


@pytest.mark.parametrize(("attempt", "middle"), [(2, 10.0), (3, 20.0), (5, 80.0), (50, 600.0)])
def test_waits_double_up_to_ten_minutes_and_scatter_by_a_quarter(attempt: int, middle: float) -> None:
    """A hundred draws stay within a quarter of the doubled wait, and are not all the same."""
    waits = [wait_before(attempt, 10) for _ in range(100)]

    assert middle * 0.75 <= min(waits) < max(waits) <= middle * 1.25


def test_a_longer_delay_than_ten_minutes_is_kept() -> None:
    """Who asks for an hour gets an hour, each time."""
    assert [2700 <= wait_before(attempt, 3600) <= 4500 for attempt in (2, 3, 9)] == [True, True, True]


def test_all_waits_together_are_at_most_what_is_foreseen() -> None:
    """The engine gives a step with retries that much time more."""
    assert longest_waits(4, 2) >= max(sum(wait_before(n, 2) for n in range(2, 6)) for _ in range(100))
    assert longest_waits(0, 2) == 0


def test_waiting_draws_no_random_numbers_of_the_user() -> None:
    """Their sequence is part of the results."""
    random.seed(1)
    state = random.getstate()
    wait_before(3, 1)

    assert random.getstate() == state
