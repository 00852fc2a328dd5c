"""Which slots of a schedule are due: pure functions of what is known and of the present moment.

Nothing here asks a clock. A slot that was run is never due again, whichever way clocks are set; what a clock that ran
ahead did in a time to come does not keep today's slots from running.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from nbops.pipeline.schedule import Schedule, slot_id
from nbops.sources.slots import Cron, zone_of

__all__ = [
    "GRACE_SECONDS",
    "MARGIN_SECONDS",
    "arrived_slot",
    "due_slots",
    "missing_slot",
    "newest_open",
    "next_slot",
    "start_of",
]

GRACE_SECONDS = 60.0
"""How long after its time a slot of a schedule that catches nothing up still starts."""

MARGIN_SECONDS = 300.0
"""How much later than its time a run may start before that is told."""

_MOST = 1000


def due_slots(schedule: Schedule, now: float, done: Collection[float] = ()) -> list[float]:
    """Return the slots of a cron schedule that should run now, the oldest first.

    Args:
        schedule: The schedule.
        now: The present moment, in seconds since 1970.
        done: The slots that were run, or run now.

    Example:
        >>> daily = Schedule("sales.ipynb", "0 6 * * *", "UTC", since=0.0)
        >>> [slot / 3600 for slot in due_slots(daily, 31 * 3600.0, done=[6 * 3600.0])]
        [30.0]
    """
    if schedule.is_paused or not schedule.cron:
        return []
    waiting = [slot for slot in _open_slots(schedule, now, done) if start_of(schedule, slot) <= now]
    if schedule.catch_up == "all":
        return waiting[::-1]
    if schedule.catch_up == "none":
        waiting = [slot for slot in waiting if now - start_of(schedule, slot) <= GRACE_SECONDS]
    return waiting[:1]


def missing_slot(schedule: Schedule, now: float, done: Collection[float] = ()) -> float | None:
    """Return the newest slot that should have begun :data:`MARGIN_SECONDS` ago and did not; None when all is well."""
    if schedule.is_paused or not schedule.cron:
        return None
    newest = next(iter(_slots_until(schedule, now - MARGIN_SECONDS - schedule.jitter)), None)
    begun = max((slot for slot in done if slot <= now), default=schedule.since)
    return newest if newest is not None and newest > max(begun, schedule.since) else None


def next_slot(schedule: Schedule, now: float) -> float | None:
    """Return when a schedule runs next by its clock; None when it rests or waits for data."""
    if schedule.is_paused or not schedule.cron:
        return None
    following = next(iter(_cron(schedule).after(datetime.fromtimestamp(now, UTC))), None)
    return None if following is None else following.expected.timestamp()


def arrived_slot(
    schedule: Schedule, arrivals: Mapping[str, float | None], done: Collection[float] = ()
) -> float | None:
    """Return the slot of a schedule that waits for data: when the last of what it waits for arrived.

    Args:
        schedule: The schedule.
        arrivals: When each of them arrived last; None for what never did.
        done: The slots that were run, or run now.

    Returns:
        The slot; None when not all arrived since the last slot.
    """
    if schedule.is_paused or not schedule.on:
        return None
    times = [arrivals.get(name) for name in schedule.on]
    floor = max([schedule.since, *done])
    known = [at for at in times if at is not None and at > floor]
    return max(known) if len(known) == len(times) else None


def start_of(schedule: Schedule, slot: float) -> float:
    """Return when a slot starts: its time, and its own share of the jitter, which is the same on every machine."""
    if not schedule.jitter:
        return slot
    digest = hashlib.blake2b(slot_id(schedule, slot).encode("utf-8", "backslashreplace"), digest_size=8).digest()
    return slot + schedule.jitter * int.from_bytes(digest) / 2**64


def _open_slots(schedule: Schedule, now: float, done: Collection[float]) -> list[float]:
    """Return the slots after the last one that was run, the newest first."""
    known = set(done)
    floor = max([schedule.since, *(slot for slot in known if slot <= now)])
    return list(takewhile(lambda one: one > floor, islice(_slots_until(schedule, now), _MOST)))


def _slots_until(schedule: Schedule, now: float) -> Iterator[float]:
    for slot in _cron(schedule).before(datetime.fromtimestamp(now, UTC)):
        at = slot.expected.timestamp()
        if at <= now:
            yield at


def _cron(schedule: Schedule) -> Cron:
    return Cron(schedule.cron, timedelta(), zone_of(schedule.tz))


def newest_open(schedule: Schedule, now: float, done: Collection[float] = ()) -> float | None:
    """Return the newest slot until *now*, None when a run had it; *now* itself for what waits for data.

    Where a scheduler calls a moment before its time, by a clock that is a little behind, the slot is the coming one.
    """
    if not schedule.cron:
        return now
    newest = next(iter(_slots_until(schedule, now + 1.0)), None)
    return newest if newest is not None and newest not in done else None
