"""How long to wait before a step is tried again.

Each wait is twice the one before, so that a service that is down is not hammered, and up to a quarter longer or
shorter by chance, so that many runs that failed together do not come back together.
"""

from __future__ import annotations

import random

__all__ = ["longest_waits", "wait_before"]

_FACTOR = 2.0
_JITTER = 0.25
_LONGEST_SECONDS = 600.0
_chance = random.SystemRandom()  # its own source: the user's random numbers must not move


def wait_before(attempt: int, delay: float) -> float:
    """Return for how many seconds to wait before *attempt*, counted from 1; *delay* is the wait before the second.

    ``delay · 2^(attempt − 2)``, at most ten minutes (or *delay*, where that is longer), times 0.75 to 1.25.

    Example:
        >>> 7.5 <= wait_before(2, 10) <= 12.5, 30 <= wait_before(4, 10) <= 50, wait_before(3, 0)
        (True, True, 0.0)
    """
    return _wait(attempt, delay) * _chance.uniform(1 - _JITTER, 1 + _JITTER)


def longest_waits(retries: int, delay: float) -> float:
    """Return for how many seconds a step with so many retries may wait in all.

    Example:
        >>> longest_waits(3, 1)
        8.75
    """
    return sum(_wait(attempt, delay) for attempt in range(2, retries + 2)) * (1 + _JITTER)


def _wait(attempt: int, delay: float) -> float:
    return min(delay * _FACTOR ** min(attempt - 2, 60), max(_LONGEST_SECONDS, delay))
