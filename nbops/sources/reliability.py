"""How reliable a source is: how many deliveries were on time, how late the others, week by week."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from nbops.records import SourceSeen

__all__ = ["Reliability", "Week", "outcomes", "reliability_of"]

_MOST_WEEKS = 26


@dataclass(frozen=True, slots=True)
class Week:
    """The deliveries that were due in one week.

    Args:
        monday: The day it began, as ``2026-11-16``.
        judged: How many are known to have been on time or not.
        on_time: How many of them were.
        minutes_late: By how much those were late that were, at the median; None when none was.
    """

    monday: str
    judged: int
    on_time: int
    minutes_late: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """What is known of all deliveries of a source, or of a provider.

    Args:
        judged: How many are known to have been on time or not.
        on_time: How many of them were; what never came was not.
        missing: How many never came.
        unknown: Of how many nobody knows.
        bad: How many came and could not be built upon: repeated, incomplete, out of order, changed.
        minutes_late: By how much those were late that were, at the median; None when none was.
        weeks: The same by weeks, the oldest first; the last half year.
    """

    judged: int
    on_time: int
    missing: int
    unknown: int
    bad: int
    minutes_late: float | None
    weeks: tuple[Week, ...]

    @property
    def share(self) -> float | None:
        """The share on time, from 0 to 1; None when nothing is known."""
        return self.on_time / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery.

    Args:
        due: When it was due, in seconds since 1970.
        late_seconds: By how much it came late, 0 or less when it did not; None when it never came, or nobody knows.
        is_missing: Whether it is known never to have come.
        is_bad: Whether it could not be built upon.
    """

    due: float
    late_seconds: float | None
    is_missing: bool
    is_bad: bool


def outcomes(history: Iterable[SourceSeen]) -> list[Outcome]:
    """Return what became of each delivery that was due, the oldest first: what the looks at it tell together."""
    by_due: dict[tuple[str, float], list[SourceSeen]] = {}
    for seen in history:
        if (seen.due is not None and seen.due <= seen.at + 1) or (seen.due is not None and seen.arrived_at is not None):
            by_due.setdefault((seen.source, seen.due), []).append(seen)
    return [_outcome(due, looks) for (_, due), looks in sorted(by_due.items(), key=lambda one: one[0][1])]


def reliability_of(history: Iterable[SourceSeen]) -> Reliability:
    """Return how reliable a source is, by what the looks at it found; of several sources, all together."""
    found = outcomes(history)
    known = [one for one in found if one.late_seconds is not None or one.is_missing]
    by_week: dict[str, list[Outcome]] = {}
    for one in known:
        day = datetime.fromtimestamp(one.due).date()
        by_week.setdefault((day - timedelta(days=day.weekday())).isoformat(), []).append(one)
    weeks = [Week(monday, len(some), _on_time(some), _late(some)) for monday, some in sorted(by_week.items())]
    return Reliability(
        judged=len(known),
        on_time=_on_time(known),
        missing=sum(one.is_missing for one in known),
        unknown=len(found) - len(known),
        bad=sum(one.is_bad for one in found),
        minutes_late=_late(known),
        weeks=tuple(weeks[-_MOST_WEEKS:]),
    )


def _outcome(due: float, looks: list[SourceSeen]) -> Outcome:
    bad = any(seen.state in ("repeated", "incomplete", "out of order", "changed") for seen in looks[-1:])
    arrived = [seen for seen in looks if seen.arrived_at is not None and not seen.missing]
    if not arrived:
        is_absent = looks[-1].state in ("missing", "late") and not looks[-1].trouble
        return Outcome(due, None, is_absent and looks[-1].state == "missing", bad)
    first = arrived[0]
    late = (first.arrived_at or 0.0) - due
    is_unsure = late > 0 and first.unseen_since is not None and first.unseen_since <= due
    return Outcome(due, None if is_unsure else late, False, bad)


def _on_time(some: Iterable[Outcome]) -> int:
    return sum(one.late_seconds is not None and one.late_seconds <= 0 for one in some)


def _late(some: Iterable[Outcome]) -> float | None:
    late = [one.late_seconds / 60 for one in some if one.late_seconds is not None and one.late_seconds > 0]
    return statistics.median(late) if late else None
