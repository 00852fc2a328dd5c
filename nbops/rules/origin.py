"""Where a delivery comes from, and whether it is the one that was accepted last, once more.

Yesterday's file delivered again and a step that is run again yield the same rows. What tells them apart is where they
come from: the run, its parameters, and the time.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbops.rules.verdict.baseline import Act

__all__ = ["Origin", "is_taken_again"]

_DAY = 86400.0
_SOONEST, _BACKLOG = 900.0, 60.0
_LATEST = 10


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a delivery comes from.

    Args:
        ref: What people call it, as ``sales/orders@7f3a…`` or a file's path.
        run: The run that made it; empty for a file.
        parameters: The parameters of that run as text, secrets hidden.
    """

    ref: str = ""
    run: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


def is_taken_again(origin: Origin, log: Sequence[Act], *, now: float | None = None) -> bool:
    """Return whether rows that equal those accepted last are that delivery, taken again, and no stale one.

    The same run: yes. Other parameters: no. Equal parameters that tell the deliveries apart, as a day
    does: yes. Else time decides: sooner than half of what usually lies between two deliveries, half a day when that is
    not known yet, nobody expects another.

    Args:
        origin: Where the rows come from.
        log: The acts of the baseline.
        now: The time in seconds since 1970; that of the clock by default.
    """
    accepted = [act for act in log if act.act == "accepted"]
    if not accepted:
        return False
    last = accepted[-1]
    if origin.run and origin.run == last.run:
        return True
    if dict(origin.parameters) != dict(last.parameters):
        return False
    if last.parameters and len(accepted) > 1 and dict(accepted[-2].parameters) != dict(last.parameters):
        return True
    at = datetime.now(UTC).timestamp() if now is None else now
    return at - _time(last) < _soon(accepted[-_LATEST:])


def _soon(accepted: Sequence[Act]) -> float:
    times = [_time(act) for act in accepted]
    gaps = [b - a for a, b in itertools.pairwise(times) if b - a > _BACKLOG]
    return max(_SOONEST, statistics.median(gaps) / 2) if gaps else _DAY / 2


def _time(act: Act) -> float:
    return datetime.fromisoformat(act.when).timestamp()
