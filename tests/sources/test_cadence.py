"""What is learned from histories of arrivals: simulated ones, whose truth is known."""

from __future__ import annotations

import calendar
import itertools
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from nbops.sources.cadence import TooLittle, learn
from nbops.sources.slots import Expectation

BERLIN = ZoneInfo("Europe/Berlin")
HOLIDAYS = frozenset(date(2026, month, day) for month, day in ((1, 1), (4, 3), (4, 6), (5, 1), (5, 14), (12, 25)))
Days = Callable[[date], bool]


def last_workday(day: date) -> bool:
    """Whether *day* is the last Monday to Friday of its month."""
    end = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    while end.weekday() > 4:
        end -= timedelta(days=1)
    return day == end


CADENCES: dict[str, tuple[Days, ZoneInfo, frozenset[date], int]] = {
    "weekdays": (lambda day: day.weekday() < 5, BERLIN, frozenset(), 40),
    "every day": (lambda day: True, BERLIN, frozenset(), 40),
    "Tuesdays": (lambda day: day.weekday() == 1, BERLIN, frozenset(), 14),
    "month ends": (lambda day: (day + timedelta(days=1)).day == 1, BERLIN, frozenset(), 14),
    "last workdays": (last_workday, BERLIN, frozenset(), 14),
    "weekdays without holidays": (lambda day: day.weekday() < 5, BERLIN, HOLIDAYS, 40),
    "weekdays by UTC": (lambda day: day.weekday() < 5, ZoneInfo("UTC"), frozenset(), 40),
}


def arrivals(name: str, start: date, chance: random.Random) -> Iterator[datetime]:
    """Yield the arrivals of a source: at half past six, a while late with a long tail or a normal one."""
    days, zone, holidays, _ = CADENCES[name]
    long_tail, day = chance.random() < 0.5, start
    while True:
        if days(day) and day not in holidays:
            late = chance.expovariate(1 / 20) if long_tail else chance.gauss(0, 12)
            yield datetime.combine(day, time(6, 30), zone).astimezone(UTC) + timedelta(minutes=late)
        day += timedelta(days=1)


def learned(history: list[datetime], holidays: frozenset[date]) -> tuple[Expectation, float]:
    """Return what a history tells; it must tell something."""
    found = learn([moment.timestamp() for moment in history], BERLIN, holidays)
    assert not isinstance(found, TooLittle), found.why
    return found


def test_false_alarms_are_rare_and_a_missing_delivery_is_found() -> None:
    """Of deliveries that come as ever at most two in a hundred are late; of missing ones 95 in a hundred are found.

    A missing delivery is found when it was due before the one after it would have come, and on its own day.
    """
    alarms = found = trials = 0
    for name, seed in itertools.product(CADENCES, range(6)):
        holidays, fewest = CADENCES[name][2:]
        chance = random.Random(f"{name} {seed}")
        row = list(islice(arrivals(name, date(2026, 1, 1) + timedelta(days=13 * seed), chance), fewest + 13))
        for at in range(fewest, fewest + 12, 3):
            expectation, confidence = learned(row[:at], holidays)
            slot = next(expectation.after(row[at - 1] + timedelta(hours=2)))
            assert confidence >= 0.75
            trials += 1
            alarms += row[at] > slot.due
            found += slot.due < row[at + 1] and abs(slot.due - row[at]) < timedelta(hours=12)
    assert alarms <= 0.02 * trials
    assert found >= 0.95 * trials


def test_a_source_that_lives_by_utc_is_not_late_when_clocks_are_set() -> None:
    """Before clocks were ever seen to be set both ways are allowed; afterwards it is known by which it lives."""
    utc = [datetime(2026, 3, 2, 5, tzinfo=UTC) + timedelta(days=n) for n in range(50)]
    change = next(n for n, moment in enumerate(utc) if moment.date() == date(2026, 3, 29))
    for at in range(change, len(utc)):
        slot = next(learned(utc[:at], frozenset())[0].after(utc[at - 1] + timedelta(hours=2)))
        assert utc[at] <= slot.due
    assert slot.due - utc[-1] < timedelta(minutes=30)


def test_a_source_that_lives_by_local_clocks_is_not_early_or_late_when_they_are_set() -> None:
    """Six o'clock stays six o'clock, in autumn too."""
    row = [datetime(2026, 10, 1, 6, tzinfo=BERLIN) + timedelta(days=n) for n in range(50)]
    for at in range(22, len(row)):
        slot = next(learned(row[:at], frozenset())[0].after(row[at - 1] + timedelta(hours=2)))
        assert slot.early is not None
        assert slot.early <= row[at] <= slot.due


@pytest.mark.parametrize(
    "history",
    [
        [],
        [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(9)],
        [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(200)],
    ],
)
def test_too_little_is_unknown(history: list[datetime]) -> None:
    """Nine arrivals, or nine days, tell nothing."""
    assert isinstance(learn([moment.timestamp() for moment in history], BERLIN), TooLittle)


def test_days_without_a_rule_are_unknown() -> None:
    """What comes on any third of the days is not expected on any."""
    chance = random.Random(3)
    days = [day for day in range(150) if chance.random() < 0.33]
    row = [(datetime(2026, 1, 1, 6, tzinfo=UTC) + timedelta(days=day)).timestamp() for day in days]
    found = learn(row, BERLIN)
    assert isinstance(found, TooLittle)
    assert "no rule" in found.why


def test_arrivals_around_midnight_are_of_one_day() -> None:
    """A delivery that comes a little before or after midnight is expected once a day, not twice."""
    chance = random.Random(5)
    row = [
        (datetime(2026, 1, 2, tzinfo=UTC) + timedelta(days=n, minutes=chance.gauss(0, 20))).timestamp()
        for n in range(40)
    ]
    found = learn(row, ZoneInfo("UTC"))
    assert not isinstance(found, TooLittle)
    slots = list(islice(found[0].after(datetime.fromtimestamp(row[-1], UTC) + timedelta(hours=3)), 3))
    assert [timedelta(days=1)] * 2 == [slots[1].due - slots[0].due, slots[2].due - slots[1].due]


def test_hourly_deliveries_by_day_are_not_missed_at_night() -> None:
    """A source that comes each hour from eight to six on weekdays is not late at night, nor on Saturday."""
    chance = random.Random(8)
    row = [
        datetime(2026, 1, 5, hour, tzinfo=BERLIN) + timedelta(days=day, minutes=chance.uniform(0, 12))
        for day in range(40)
        if (datetime(2026, 1, 5) + timedelta(days=day)).weekday() < 5
        for hour in range(8, 18)
    ]
    found = learn([moment.timestamp() for moment in row], BERLIN)
    assert not isinstance(found, TooLittle)
    friday = next(moment for moment in reversed(row) if moment.weekday() == 4 and moment.hour == 17)
    slot = next(found[0].after(friday + timedelta(seconds=1)))
    assert (0, 8) <= (slot.due.weekday(), slot.due.hour) <= (0, 10)
    noon = next(moment for moment in reversed(row) if moment.weekday() == 2 and moment.hour == 12)
    assert next(found[0].after(noon + timedelta(seconds=1))).due - noon < timedelta(hours=3)
