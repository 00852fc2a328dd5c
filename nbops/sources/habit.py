"""How large a delivery usually is: the limits that its bytes or rows keep within, by the days of the week."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from nbops.records import SourceSeen
from nbops.sources.model import Delivery
from nbops.stats.forecast import forecast

__all__ = ["FEWEST", "Habit", "habit_of"]

FEWEST = 8
"""From how many deliveries on a habit is believed."""

_MOST = 60
_RISK = 1e-3
_LEAST_SD = 0.03  # of the logarithm: three percent are never unusual
_GOOD = ("on time", "early", "late")


@dataclass(frozen=True, slots=True)
class Habit:
    """The limits of a usual delivery."""

    low: float
    high: float


def habit_of(
    history: Sequence[SourceSeen], deliveries: Sequence[Delivery], seen: SourceSeen, what: str
) -> Habit | None:
    """Return the usual size of deliveries like *seen*; None when too few are known.

    Args:
        history: What earlier looks found, the oldest first.
        deliveries: What the look found, of whose earlier ones the size is known too.
        seen: The delivery to judge; it does not count itself.
        what: ``rows`` or ``bytes``.
    """
    values: dict[str, tuple[date, int]] = {}
    for name, at, value in (*_of_deliveries(deliveries, what), *_of_history(history, what)):
        if value > 0 and name != _name(seen.key, seen.fingerprint):
            values[name] = (datetime.fromtimestamp(at).date(), value)
    known = sorted(values.values())[-_MOST:]
    if len(known) < FEWEST:
        return None
    on = datetime.fromtimestamp(seen.arrived_at or seen.at).date()
    logs = [math.log(value) for _, value in known]
    low, high = forecast([day for day, _ in known], logs, on, _RISK, least_sd=_LEAST_SD).limits
    return Habit(math.exp(max(low, -50.0)), math.exp(min(high, 80.0)))


def _name(key: str, fingerprint: str) -> str:
    return key or fingerprint


def _of_deliveries(deliveries: Sequence[Delivery], what: str) -> Iterator[tuple[str, float, int]]:
    for one in deliveries:
        value = one.rows if what == "rows" else one.size
        if value is not None and one.at is not None and one.key:
            yield one.key, one.at, value


def _of_history(history: Sequence[SourceSeen], what: str) -> Iterator[tuple[str, float, int]]:
    for seen in history:
        value = seen.rows if what == "rows" else seen.size
        if value is not None and seen.state in _GOOD:
            yield _name(seen.key, seen.fingerprint), seen.arrived_at or seen.at, value
