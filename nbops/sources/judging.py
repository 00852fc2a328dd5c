"""What a look at a source means: one of eight words, or that nobody can tell.

*On time*, *early* and *late* say that the delivery is there and whole. *Missing* never came, *incomplete* lacks parts
or rows, *repeated* brings what an earlier one brought, *out of order* came while the one before it did not, *changed*
is another one than it was after it was due.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nbops.records import SourceSeen
from nbops.sources.cadence import TooLittle
from nbops.sources.habit import Habit, habit_of
from nbops.sources.model import Definition, Delivery
from nbops.sources.patterns import Pattern
from nbops.sources.slots import Expectation, Slot
from nbops.sources.urls import shown_url

__all__ = ["BAD", "HERE", "STATES", "Case", "Judgement", "judge", "span"]

STATES = ("on time", "early", "late", "missing", "repeated", "incomplete", "out of order", "changed")
HERE = frozenset({"on time", "early", "late"})
"""The states in which the delivery is there and may be built upon."""

BAD = frozenset(STATES) - {"on time", "early"}
"""The states that somebody should look at."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A source, judged.

    Args:
        seen: What was seen and what it was judged to be, as it is recorded.
        waits_until: Until when a newer delivery is still on time that is expected already and not there; None when
            none is.
        next_expected: When the next delivery is expected; None when nobody knows.
    """

    seen: SourceSeen
    waits_until: float | None = None
    next_expected: float | None = None

    @property
    def is_here(self) -> bool:
        """Whether the delivery that is expected now is there, and may be built upon. What is unknown is not."""
        return self.seen.state in HERE and self.seen.parts > 0 and self.waits_until is None

    @property
    def exit_code(self) -> int:
        """0 when all is well, 1 when it is judged bad, 2 when it could not be looked at, or nothing is expected."""
        if self.seen.state:
            return 1 if self.seen.state in BAD else 0
        return 0 if self.waits_until is not None else 2


@dataclass(frozen=True, slots=True)
class Case:
    """One source at one moment: what was found, and what was known before.

    Args:
        definition: The source.
        pattern: Its path, where a path tells the day of a delivery.
        deliveries: What a look found, the oldest first.
        history: What earlier looks found, the oldest first.
        now: The moment, in seconds since 1970.
        confidence: How sure a learned expectation is; None when it was declared.
    """

    definition: Definition
    pattern: Pattern | None
    deliveries: tuple[Delivery, ...]
    history: tuple[SourceSeen, ...]
    now: float
    confidence: float | None = None

    @property
    def by_key(self) -> bool:
        """Whether the name of a delivery tells for which slot it is."""
        return self.pattern is not None and self.pattern.is_dated and self.confidence is None


def judge(case: Case, expectation: Expectation | TooLittle) -> Judgement:
    """Return what a source is, by what is expected of it."""
    now = case.now
    blank = _blank(case, expectation)
    if isinstance(expectation, TooLittle):
        return Judgement(_unknown(case, blank, expectation))
    moment = datetime.fromtimestamp(now, UTC)
    upcoming = next(expectation.after(moment), None)
    slots = list(itertools.islice(expectation.before(moment), 3))
    next_at = upcoming.expected.timestamp() if upcoming else None
    if upcoming and _arrival(case, upcoming, slots[0] if slots else None) is not None:  # it came before its time
        slots.insert(0, upcoming)
        following = next(itertools.islice(expectation.after(upcoming.expected), 0, None), None)
        next_at = following.expected.timestamp() if following else None
    if not slots:
        return Judgement(dataclasses.replace(blank, reason="no delivery was due yet"), None, next_at)
    waits = None
    if now <= slots[0].due.timestamp() and not _is_whole(case, _arrival(case, slots[0], _at(slots, 1))):
        waits = slots.pop(0).due.timestamp()
    if not slots:
        return Judgement(dataclasses.replace(blank, reason="no delivery was due yet"), waits, next_at)
    if _is_first_look(case, slots[0], _at(slots, 1)):
        reason = "this is the first look: when it arrived the next change will tell"
        return Judgement(dataclasses.replace(_filled(blank, case.deliveries[-1]), reason=reason), waits, next_at)
    upper = waits if waits is not None else upcoming.due.timestamp() if upcoming else None
    return Judgement(_judged(case, blank, slots, upper), waits, next_at)


def _blank(case: Case, expectation: object) -> SourceSeen:
    definition = case.definition
    said = "unknown yet" if isinstance(expectation, TooLittle) else str(expectation)
    provider = definition.provider or definition.name
    return SourceSeen(
        case.now,
        definition.name,
        url=shown_url(definition.url),
        provider=provider,
        expectation=said,
        confidence=case.confidence,
    )


def _unknown(case: Case, blank: SourceSeen, expectation: TooLittle) -> SourceSeen:
    """Return what can be said without an expectation: what is there, and not whether it is on time."""
    if not case.deliveries:
        return dataclasses.replace(blank, reason=f"nothing is there, and when it is due is unknown: {expectation.why}")
    found = _filled(blank, case.deliveries[-1])
    return dataclasses.replace(found, reason=f"when it is due is unknown: {expectation.why}")


def _filled(seen: SourceSeen, delivery: Delivery) -> SourceSeen:
    return dataclasses.replace(
        seen,
        key=delivery.key,
        fingerprint=delivery.fingerprint,
        size=delivery.size,
        rows=delivery.rows,
        parts=len(delivery.parts),
        arrived_at=delivery.at,
    )


def _is_first_look(case: Case, slot: Slot, before: Slot | None) -> bool:
    """Whether only looks tell when it arrives, and the first one found it there already, after the slot had opened."""
    one = case.deliveries[-1] if case.deliveries else None
    if one is None or one.key or one.at is not None:
        return False
    first = next((seen for seen in case.history if seen.fingerprint), None)
    return first is None or (first.fingerprint == one.fingerprint and first.at >= _opens(slot, before))


# ── which delivery a slot got ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A delivery with the moment at which it came, and the last look before, where only looks tell."""

    delivery: Delivery
    at: float | None
    unseen_since: float | None = None


def _arrival(case: Case, slot: Slot, before: Slot | None, until: float | None = None) -> _Arrival | None:
    """Return what came for *slot*: what is named after its day, else what came in its time; None when nothing did."""
    if case.by_key:
        assert case.pattern is not None
        key = case.pattern.key(slot.expected.replace(tzinfo=None))
        named = next((one for one in reversed(case.deliveries) if one.key == key), None)
        return _timed(case, named) if named else None
    opens = _opens(slot, before)
    ends = math.inf if until is None else (slot.due.timestamp() + until) / 2
    timed = [_timed(case, one) for one in case.deliveries]
    return next((one for one in reversed(timed) if one.at is not None and opens <= one.at < ends), None)


def _is_whole(case: Case, found: _Arrival | None) -> bool:
    return found is not None and set(case.definition.parts) <= set(found.delivery.parts)


def _opens(slot: Slot, before: Slot | None) -> float:
    """Return from when on an arrival counts for *slot*: half way from when the one before it was due."""
    due = slot.due.timestamp()
    return due - timedelta(days=15).total_seconds() if before is None else (before.due.timestamp() + due) / 2


def _timed(case: Case, delivery: Delivery) -> _Arrival:
    if delivery.at is not None:
        return _Arrival(delivery, delivery.at)
    same = [seen for seen in case.history if seen.fingerprint == delivery.fingerprint and seen.key == delivery.key]
    if same:
        return _Arrival(delivery, same[0].arrived_at or _first_known(case, same[0]), same[0].unseen_since)
    looks = [seen.at for seen in case.history if not seen.trouble]
    return _Arrival(delivery, case.now, max(looks, default=None))


def _first_known(case: Case, first: SourceSeen) -> float | None:
    """Return when it was first seen; of what the very first look found nobody knows when it came."""
    looks = [seen for seen in case.history if not seen.trouble]
    return None if looks and looks[0] is first and not first.key else first.at


# ── the verdict ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _judged(case: Case, blank: SourceSeen, slots: Sequence[Slot], until: float | None) -> SourceSeen:
    slot, before = slots[0], _at(slots, 1)
    found = _arrival(case, slot, before, until)
    blank = dataclasses.replace(blank, due=slot.due.timestamp(), expected=slot.expected.timestamp())
    if found is None:
        return _absent(case, blank, slot, until)
    seen = dataclasses.replace(_filled(blank, found.delivery), arrived_at=found.at, unseen_since=found.unseen_since)
    missing = tuple(part for part in case.definition.parts if part not in found.delivery.parts)
    if missing:
        there = f"{len(found.delivery.parts)} of {len(case.definition.parts)} parts are there"
        return dataclasses.replace(
            seen, state="incomplete", missing=missing, reason=f"{there}, not {', '.join(missing[:5])}"
        )
    for state, reason in (
        _too_little(case, seen),
        _out_of_order(case, slots, found),
        _repeated(case, seen),
        _changed(case, seen),
    ):
        if state:
            return dataclasses.replace(seen, state=state, reason=reason)
    return _timely(seen, slot)


def _absent(case: Case, blank: SourceSeen, slot: Slot, until: float | None) -> SourceSeen:
    """Say of what is not there whether it is late or missing: missing when half the time to the next is over."""
    due = slot.due.timestamp()
    late = case.now - due
    is_over = until is not None and case.now > (due + until) / 2
    named = f" of {case.pattern.key(slot.expected.replace(tzinfo=None))}" if case.by_key and case.pattern else ""
    if is_over:
        return dataclasses.replace(blank, state="missing", reason=f"the delivery{named} never came")
    return dataclasses.replace(blank, state="late", reason=f"not here; late by {span(late)}", arrived_at=None)


def _timely(seen: SourceSeen, slot: Slot) -> SourceSeen:
    if seen.arrived_at is None:
        return dataclasses.replace(seen, reason="it is here; when it arrived is unknown")
    late = seen.arrived_at - slot.due.timestamp()
    if late > 0:
        unsure = seen.unseen_since is not None and seen.unseen_since <= slot.due.timestamp()
        reason = f"it is here; late by {'up to ' if unsure else ''}{span(late)}"
        return dataclasses.replace(seen, state="late", reason=reason)
    if slot.early is not None and seen.arrived_at < slot.early.timestamp():
        return dataclasses.replace(
            seen, state="early", reason=f"early by {span(slot.early.timestamp() - seen.arrived_at)}"
        )
    return dataclasses.replace(seen, state="on time")


def _too_little(case: Case, seen: SourceSeen) -> tuple[str, str]:
    if seen.size == 0:
        return "incomplete", "it is empty"
    for what, value in (("rows", seen.rows), ("bytes", seen.size)):
        habit = habit_of(case.history, case.deliveries, seen, what) if value is not None else None
        if habit is not None and value is not None and not habit.low <= value <= habit.high:
            return _beyond(habit, what, value)
    return "", ""


def _beyond(habit: Habit, what: str, value: int) -> tuple[str, str]:
    usual = f"{value:,} {what}, usual {habit.low:,.0f} to {habit.high:,.0f}"
    return ("incomplete" if value < habit.low else "changed"), usual


def _out_of_order(case: Case, slots: Sequence[Slot], found: _Arrival) -> tuple[str, str]:
    """Say whether the delivery before this one is not there, or came after it."""
    before = _at(slots, 1)
    if not case.by_key or before is None or case.pattern is None:
        newest = max((seen.arrived_at or 0.0 for seen in case.history), default=0.0)
        if found.delivery.at is not None and len(case.deliveries) == 1 and found.delivery.at < newest:
            return "out of order", "it is older than what was there before"
        return "", ""
    key = case.pattern.key(before.expected.replace(tzinfo=None))
    earlier = next((one for one in case.deliveries if one.key == key), None)
    if earlier is None:
        keys = [*(one.key for one in case.deliveries), *(seen.key for seen in case.history)]
        known = any(name and name < key for name in keys)
        was_here = any(seen.key == key and seen.fingerprint for seen in case.history)
        return (
            ("out of order", f"the delivery of {key}, before it, is not there") if known and not was_here else ("", "")
        )
    if earlier.at is not None and found.at is not None and earlier.at > found.at + 60 and not _was_seen(case, key):
        return "out of order", f"the delivery of {key} came after it"
    return "", ""


def _was_seen(case: Case, key: str) -> bool:
    return any(seen.key == key and seen.fingerprint for seen in case.history)


def _repeated(case: Case, seen: SourceSeen) -> tuple[str, str]:
    if not seen.fingerprint:
        return "", ""
    for one in reversed(case.deliveries):
        if (
            one.fingerprint == seen.fingerprint
            and one.at is not None
            and (one.key, one.at) != (seen.key, seen.arrived_at)
        ):
            return "repeated", f"it brings what {one.key or _day(one.at)} brought"
    for old in reversed(case.history):
        is_other = old.key != seen.key or (old.due is not None and old.due != seen.due and _came_again(old, seen))
        if old.fingerprint == seen.fingerprint and is_other:
            return "repeated", f"it brings what {old.key or _day(old.arrived_at or old.at)} brought"
    return "", ""


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at):%Y-%m-%d}"


def _came_again(old: SourceSeen, seen: SourceSeen) -> bool:
    """Whether the same content was put there once more: its time is another one, and a look is no arrival."""
    return None not in (old.arrived_at, seen.arrived_at) and abs((old.arrived_at or 0) - (seen.arrived_at or 0)) > 1


def _changed(case: Case, seen: SourceSeen) -> tuple[str, str]:
    if seen.due is None or not seen.fingerprint:
        return "", ""
    same = [old for old in case.history if old.due == seen.due and old.key == seen.key and old.fingerprint]
    settled = next((old for old in same if old.at > old.due and not old.missing), None)  # type: ignore[operator]
    if settled is None or settled.fingerprint == seen.fingerprint:
        return "", ""
    return "changed", f"it is another one than at {datetime.fromtimestamp(settled.at):%H:%M}, after it was due"


def _at(slots: Sequence[Slot], place: int) -> Slot | None:
    return slots[place] if len(slots) > place else None


def span(seconds: float) -> str:
    """Return a length of time as people say it.

    Example:
        >>> span(64 * 60), span(20), span(3 * 86400 + 7200)
        ('1 h 04 min', '20 s', '3 d 2 h')
    """
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"
