"""When a source is expected: by cron, by a deadline, with clocks that are set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from nbops.errors import UsageError
from nbops.sources.model import Definition
from nbops.sources.slots import Expectation, declared_expectation

BERLIN = ZoneInfo("Europe/Berlin")


def expected(**said: str) -> Expectation:
    """Return the expectation of a source that is defined so."""
    found = declared_expectation(Definition("feed", "/in/feed.csv", **said))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_cron_is_by_the_clocks_of_its_zone_on_both_sides_of_a_change() -> None:
    """Six o'clock in Berlin is five UTC in winter and four in summer."""
    cron = expected(cron="0 6 * * *", tz="Europe/Berlin", margin="30m")
    slots = list(islice(cron.after(datetime(2026, 3, 27, 12, tzinfo=UTC)), 3))
    assert [slot.expected.astimezone(UTC).hour for slot in slots] == [5, 4, 4]
    assert [timedelta(minutes=30)] * 3 == [slot.due - slot.expected for slot in slots]


def test_a_moment_that_clocks_jump_over_is_expected_once() -> None:
    """Half past two does not exist on 29 March 2026 in Berlin: it is expected at three, and once."""
    cron = expected(cron="30 2 * * *", tz="Europe/Berlin")
    days = [slot.expected for slot in islice(cron.after(datetime(2026, 3, 28, 12, tzinfo=UTC)), 2)]
    assert [f"{day:%Y-%m-%d %H}" for day in days] == ["2026-03-29 03", "2026-03-30 02"]


def test_a_moment_that_comes_twice_is_expected_once() -> None:
    """Half past two comes twice on 25 October 2026 in Berlin."""
    cron = expected(cron="30 2 * * *", tz="Europe/Berlin")
    days = [slot.expected.date().day for slot in islice(cron.after(datetime(2026, 10, 24, 12, tzinfo=UTC)), 2)]
    assert days == [25, 26]


def test_a_deadline_on_weekdays_leaves_out_weekends_and_holidays() -> None:
    """From Friday the next is Monday, and from a holiday the day after."""
    found = declared_expectation(
        Definition("feed", "/f", by="06:30 Europe/Berlin on weekdays", holidays=("2026-11-24",))
    )
    assert found is not None
    days = [slot.due for slot in islice(found.after(datetime(2026, 11, 20, 12, tzinfo=UTC)), 3)]
    assert [f"{day:%a %d %H:%M}" for day in days] == ["Mon 23 06:30", "Wed 25 06:30", "Thu 26 06:30"]


def test_a_deadline_in_the_gap_of_the_clocks_is_the_moment_after_it() -> None:
    """By half past two on the day of the change means by half past three."""
    slot = next(expected(by="02:30 Europe/Berlin").after(datetime(2026, 3, 28, 12, tzinfo=UTC)))
    assert f"{slot.due:%Y-%m-%d %H:%M}" == "2026-03-29 03:30"


@pytest.mark.parametrize("text", ["06:30", "by 06:30 on mon,thu", "6:30 UTC on fri-mon", "23:59 on weekends"])
def test_slots_before_and_after_a_moment_are_the_same_row(text: str) -> None:
    """Going back from a later moment gives the slots that were ahead, in reverse."""
    found = expected(by=text)
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    ahead = list(islice(found.after(now), 5))
    back = [slot for slot in islice(found.before(ahead[-1].due), 5) if slot.expected > now]
    assert ahead == back[::-1]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"cron": "61 6 * * *"}, "no cron expression"),
        ({"cron": "0 6 * *"}, "4 fields instead of 5"),
        ({"cron": "0 6 * * *", "tz": "Europe/Berln"}, "unknown time zone"),
        ({"by": "25:00"}, "no deadline"),
        ({"by": "06:30 on Caturday"}, "no day of the week"),
        ({"by": "06:30", "cron": "0 6 * * *"}, "both by cron and by a deadline"),
        ({"by": "06:30 Mars/Olympus"}, "unknown time zone"),
    ],
)
def test_what_means_nothing_is_told(said: dict[str, str], what: str) -> None:
    """Each mistake in an expectation is an error that names it."""
    with pytest.raises(UsageError, match=what):
        expected(**said)


def test_a_zone_is_suggested() -> None:
    """A typing error in the name of a zone is answered with the zone that was meant."""
    with pytest.raises(UsageError) as caught:
        expected(cron="0 6 * * *", tz="Europe/Berln")
    assert "Europe/Berlin" in caught.value.fix
