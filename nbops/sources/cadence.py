"""When a source is expected, learned from when it arrived: on which days, at what time, and how sure that is.

The days are the rule of the calendar that agrees best with the days of arrival: some days of the week, or one day of
the month. The time of day is a window that the next arrival leaves about once in two hundred times. What cannot be
said with confidence is not said: too few arrivals, days without a rule, a time of day without a limit.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nbops.sources.calendar import DayRule, MonthDay, Weekdays, WorkdayOfMonth, days_of
from nbops.sources.pace import learn_pace
from nbops.sources.slots import Expectation, Slot
from nbops.stats.student import prediction_limits

__all__ = ["FEWEST", "Learned", "TooLittle", "learn"]

FEWEST = 10
"""How many arrivals tell a cadence."""

SPAN_DAYS = 21
CONFIDENT = 0.75
_MOST = 120
_RISK = 0.01
_Z = 1.2816  # one in ten, on one side
_DAY = 1440.0
_SLACK_MINUTES = 5.0
_WIDEST = 20 * 60.0
_AFTER_CHANGE = 3


@dataclass(frozen=True, slots=True)
class TooLittle:
    """Nothing is expected, because the history does not tell.

    Args:
        why: What it lacks, in words.
    """

    why: str


@dataclass(frozen=True, slots=True)
class Learned:
    """What a history of arrivals tells of the next ones.

    Args:
        rule: The days.
        opens: When the window opens, in minutes after the day's midnight; below 0 or above 1440 on the day beside it.
        closes: When it closes.
        zone: By whose clocks.
        confidence: The least share of arrivals and of days that agree with the rule, at ninety percent.
        arrivals: How many arrivals it was learned from.
        holidays: Days on which nothing is expected.
        offset: How far the clocks were from UTC in all of the history, in minutes; None when they were set meanwhile.
    """

    rule: DayRule
    opens: float
    closes: float
    zone: ZoneInfo
    confidence: float
    arrivals: int
    holidays: frozenset[date] = frozenset()
    offset: float | None = None

    def before(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots that are expected at *now* or before it, the newest first."""
        start = now.astimezone(self.zone).date() + timedelta(days=2)
        slots = (self._slot(day) for day in days_of(self.rule, start, -1, self.holidays))
        return (slot for slot in slots if slot.expected <= now)

    def after(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots that are expected after *now*, the next first."""
        start = now.astimezone(self.zone).date() - timedelta(days=2)
        slots = (self._slot(day) for day in days_of(self.rule, start, 1, self.holidays))
        return (slot for slot in slots if slot.expected > now)

    def _slot(self, day: date) -> Slot:
        expected, due = (_moment(day, minutes, self.zone) for minutes in (self.opens, self.closes))
        if self.offset is not None:  # clocks were never seen to be set: whoever delivers may follow others
            shift = _offset(due) - self.offset
            due += timedelta(minutes=max(shift, 0.0))
            expected += timedelta(minutes=min(shift, 0.0))
        return Slot(expected, due, expected)

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.rule} {_clock(self.opens)}-{_clock(self.closes)} ({self.zone.key}), learned"


def learn(
    arrivals: Iterable[float], zone: ZoneInfo, holidays: frozenset[date] = frozenset()
) -> tuple[Expectation, float] | TooLittle:
    """Return what *arrivals* tell of the next ones and how sure that is, or why they tell nothing.

    Args:
        arrivals: When each delivery arrived, in seconds since 1970; also late ones.
        zone: The time zone by whose clocks people work; UTC is tried beside it.
        holidays: Days on which nothing is expected.
    """
    known = sorted(set(arrivals))[-_MOST * 8 :]
    if len(known) < FEWEST or known[-1] - known[0] < SPAN_DAYS * 86400.0:
        days = (known[-1] - known[0]) / 86400.0 if known else 0.0
        return TooLittle(
            f"{len(known)} arrivals in {days:.0f} days are known; {FEWEST} in {SPAN_DAYS} days tell a cadence"
        )
    if _per_day(known, zone) > 1.5:
        found = learn_pace(known, zone, holidays)
        return TooLittle(found) if isinstance(found, str) else (found, found.confidence)
    known = known[-_MOST:]
    fits = [_fit(known, candidate, holidays) for candidate in dict.fromkeys((zone, ZoneInfo("UTC")))]
    good = [fit for fit in fits if isinstance(fit, Learned)]
    if not good:
        return next(fit for fit in fits if isinstance(fit, TooLittle))
    best = _follows(good, known)
    return best, best.confidence


def _per_day(known: Sequence[float], zone: ZoneInfo) -> float:
    return len(known) / len({datetime.fromtimestamp(at, zone).date() for at in known})


def _fit(known: Sequence[float], zone: ZoneInfo, holidays: frozenset[date]) -> Learned | TooLittle:
    moments = [datetime.fromtimestamp(at, zone) for at in known]
    cut = _cut([moment.hour * 60 + moment.minute + moment.second / 60 for moment in moments])
    days = [(moment.replace(tzinfo=None) - timedelta(minutes=cut)).date() for moment in moments]
    rule, confidence = _rule(days, holidays)
    if confidence < CONFIDENT:
        return TooLittle(
            f"its days follow no rule that is known ({confidence:.0%} sure at best, {CONFIDENT:.0%} is wanted)"
        )
    minutes = [_minutes(moment, day) for moment, day in zip(moments, days, strict=True) if day in rule]
    opens, closes = _window(minutes)
    if closes - opens > _WIDEST:
        return TooLittle("it comes at any time of day")
    offsets = {_offset(moment) for moment in moments}
    seen = len(offsets) > 1 and _since_change(moments) >= _AFTER_CHANGE
    offset = None if seen or zone.key == "UTC" else _offset(moments[0])
    return Learned(rule, opens, closes, zone, confidence, len(known), holidays, offset)


def _follows(fits: Sequence[Learned], known: Sequence[float]) -> Learned:
    """Return the fit by whose clocks the source lives: after clocks were set, those by which its time stayed."""
    first = fits[0]
    if len(fits) == 1 or first.zone.key == "UTC" or first.offset is not None:
        return first
    return min(fits, key=lambda fit: (_moved(known, fit, first.zone), fit is not first))


def _moved(known: Sequence[float], fit: Learned, zone: ZoneInfo) -> float:
    """Return by how many minutes the time of day moved, by the clocks of *fit*, when those of *zone* were set."""
    moments = [datetime.fromtimestamp(at, fit.zone) for at in known]
    sides: dict[bool, list[float]] = {True: [], False: []}
    last = _offset(datetime.fromtimestamp(known[-1], zone))
    for at, moment in zip(known, moments, strict=True):
        minutes = moment.hour * 60 + moment.minute
        middle = (fit.opens + fit.closes) / 2
        distance = (minutes - middle + _DAY / 2) % _DAY - _DAY / 2
        sides[_offset(datetime.fromtimestamp(at, zone)) == last].append(distance)
    if not all(sides.values()):
        return 0.0
    return abs(statistics.median(sides[True]) - statistics.median(sides[False]))


# ── the days ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rule(days: Sequence[date], holidays: frozenset[date]) -> tuple[DayRule, float]:
    """Return the rule that agrees best with the days of arrival, and how sure that is."""
    seen = set(days)
    best: tuple[DayRule, float] = (Weekdays(frozenset()), -1.0)
    for rule in _candidates(seen, holidays):
        agreement = _agreement(rule, seen, holidays)
        if agreement > best[1]:
            best = rule, agreement
        if isinstance(rule, Weekdays) and agreement >= CONFIDENT:  # then no day of the month can agree better
            break
    return best


def _candidates(seen: set[date], holidays: frozenset[date]) -> Iterator[DayRule]:
    first, last = min(seen), max(seen)
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    of_week = {w: [day for day in every if day.weekday() == w and day not in holidays] for w in range(7)}
    active = {w for w, some in of_week.items() if some and sum(day in seen for day in some) / len(some) >= 0.5}
    yield Weekdays(frozenset(active or {first.weekday()}))
    if len(every) < 8 * 28:
        return
    yield from (WorkdayOfMonth(number, holidays) for number in (-1, 1, 2, 3, 4, 5, -2, -3))
    yield from (MonthDay(number) for number in (-1, *range(1, 31)))


def _agreement(rule: DayRule, seen: set[date], holidays: frozenset[date]) -> float:
    """Return the least share of arrivals on days of the rule, and of its days with an arrival, at ninety percent."""
    first, last = min(seen), max(seen)
    wanted = list(itertools.takewhile(lambda day: day <= last, days_of(rule, first, 1, holidays)))
    if not wanted:
        return 0.0
    hits = sum(day in seen for day in wanted)
    return min(_least_share(hits, len(seen)), _least_share(hits, len(wanted)))


def _least_share(hits: int, of: int) -> float:
    """Return the lower limit of a share, at ninety percent.

    Source:
        Wilson, Journal of the American Statistical Association 22 (1927), on one side.
    """
    share, z2 = hits / of, _Z * _Z
    middle = share + z2 / (2 * of)
    reach = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return (middle - reach) / (1 + z2 / of)


# ── the time of day ──────────────────────────────────────────────────────────────────────────────────────────────────


def _cut(minutes: Sequence[float]) -> float:
    """Return the minute of the day at which nothing arrives: days are counted from there, so that none is torn."""
    ordered = sorted(minutes)
    gaps = [(after - before, before) for before, after in zip(ordered, [*ordered[1:], ordered[0] + _DAY], strict=True)]
    width, before = max(gaps)
    cut = before + width / 2
    return cut - _DAY if cut >= _DAY / 2 else cut


def _minutes(moment: datetime, day: date) -> float:
    return (moment.replace(tzinfo=None) - datetime.combine(day, time())).total_seconds() / 60


def _window(minutes: Sequence[float]) -> tuple[float, float]:
    """Return the limits between which the next arrival lies.

    Those of a normal distribution, and half as far again as the history reached: lateness has a long tail.
    """
    low, high = prediction_limits(minutes, _RISK)
    middle = statistics.median(minutes)
    reach_up, reach_down = max(minutes) - middle, middle - min(minutes)
    further = 1.5 + 8 / len(minutes)  # a short history has not seen its tail
    return (
        min(low, middle - further * reach_down) - _SLACK_MINUTES,
        max(high, middle + further * reach_up) + _SLACK_MINUTES,
    )


# ── clocks ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _offset(moment: datetime) -> float:
    return (moment.utcoffset() or timedelta()).total_seconds() / 60


def _since_change(moments: Sequence[datetime]) -> int:
    """Return how many arrivals came since the clocks were set last."""
    last = _offset(moments[-1])
    return next((n for n, moment in enumerate(reversed(moments)) if _offset(moment) != last), len(moments))


def _moment(day: date, minutes: float, zone: ZoneInfo) -> datetime:
    naive = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)


def _clock(minutes: float) -> str:
    days, rest = divmod(round(minutes), round(_DAY))
    return f"{rest // 60:02d}:{rest % 60:02d}" + (f"{days:+d}d" if days else "")
