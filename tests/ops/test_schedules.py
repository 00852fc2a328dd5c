"""Which slots are due, by a clock that the tests set; and what is refused when a schedule is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.errors import NotebookError, ParameterError, ReferenceNotFound, Refused, UsageError
from nbops.ops.schedules import Wish, find_schedule, make_schedule, pause, remove, schedules, unpause
from nbops.ops.slot_times import (
    GRACE_SECONDS,
    MARGIN_SECONDS,
    arrived_slot,
    due_slots,
    missing_slot,
    newest_open,
    next_slot,
    start_of,
)
from nbops.pipeline.schedule import Schedule
from nbops.settings import Settings
from nbops.store.hub import Hub, open_hub
from nbops.store.project import Project
from nbops.store.rebuild import rebuild
from tests.ops.test_serving import notebook

BERLIN = "Europe/Berlin"
DAY = 86_400.0


def at(text: str, zone: str = BERLIN, fold: int = 0) -> float:
    """Return a moment by the clocks of a zone, in seconds since 1970."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def every(cron: str, since: str, **more: object) -> Schedule:
    """Return a schedule in Berlin."""
    return Schedule("nb.ipynb", cron, BERLIN, since=at(since), **more)  # type: ignore[arg-type]


def slots_run(schedule: Schedule, moments: Iterator[float] | list[float]) -> list[str]:
    """Return which slots run when one looks at these moments, each time taking what is due."""
    done: list[float] = []
    for now in moments:
        done += due_slots(schedule, now, done)
    return [f"{datetime.fromtimestamp(slot, ZoneInfo(BERLIN)):%d %H:%M}" for slot in done]


def minutes(first: str, last: str) -> list[float]:
    """Return every minute from one moment to another."""
    return [float(second) for second in range(int(at(first)), int(at(last)) + 1, 60)]


def test_in_spring_a_time_that_does_not_exist_is_the_first_after_the_gap() -> None:
    """02:30 on 29 March 2026, once."""
    daily = every("30 2 * * *", "2026-03-28T00:00")

    assert slots_run(daily, minutes("2026-03-28T00:00", "2026-03-30T12:00")) == ["28 02:30", "29 03:00", "30 02:30"]


def test_in_autumn_a_time_that_comes_twice_runs_once() -> None:
    """02:30 on 25 October 2026; what runs every half hour runs in both hours."""
    daily = every("30 2 * * *", "2026-10-24T00:00")
    often = every("*/30 * * * *", "2026-10-25T01:59")

    assert slots_run(daily, minutes("2026-10-24T00:00", "2026-10-26T12:00")) == ["24 02:30", "25 02:30", "26 02:30"]
    assert slots_run(often, minutes("2026-10-25T01:59", "2026-10-25T03:00")) == [
        "25 02:00", "25 02:30", "25 02:00", "25 02:30", "25 03:00",
    ]  # fmt: skip


@pytest.mark.parametrize("cron", ["30 2 * * *", "*/20 1-3 * * *", "15 2,3 * * *", "0 * * * *", "5 2 29 3 *"])
@pytest.mark.parametrize("day", ["2026-03-28T00:00", "2026-10-24T00:00"])
def test_looking_back_finds_the_slots_that_looking_ahead_promised(cron: str, day: str) -> None:
    """Through the days on which clocks are set, in both directions."""
    schedule = every(cron, day, catch_up="all")
    start, end = at(day), at(day) + 3 * DAY
    times = CronSim(cron, datetime.fromtimestamp(start, ZoneInfo(BERLIN)))
    ahead = list(takewhile(lambda one: one <= end, (one.timestamp() for one in times)))

    assert due_slots(schedule, end) == ahead


@pytest.mark.parametrize(("catch_up", "expected"), [("none", 0), ("last", 1), ("all", 4)])
def test_what_was_missed_is_caught_up_as_told(catch_up: str, expected: int) -> None:
    """Four mornings without a server."""
    daily = every("0 6 * * *", "2026-06-01T00:00", catch_up=catch_up)
    found = due_slots(daily, at("2026-06-04T09:00"))

    assert len(found) == expected
    assert found == sorted(found)
    assert due_slots(daily, at("2026-06-04T06:00") + GRACE_SECONDS)[-1:] == [at("2026-06-04T06:00")]


def test_a_clock_that_jumps_back_runs_nothing_twice() -> None:
    """Nor does one that ran ahead keep the slots of today from running."""
    hourly = every("0 * * * *", "2026-06-01T00:30")
    back = [*minutes("2026-06-01T00:30", "2026-06-01T03:10"), *minutes("2026-06-01T01:30", "2026-06-01T04:10")]
    ahead = [at("2026-06-01T01:05"), at("2030-01-01T00:00"), *minutes("2026-06-01T01:10", "2026-06-01T02:10")]

    assert slots_run(hourly, back) == ["01 01:00", "01 02:00", "01 03:00", "01 04:00"]
    assert slots_run(hourly, ahead) == ["01 01:00", "01 00:00", "01 02:00"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-5400, 10_800), min_size=1, max_size=40), st.sampled_from(["none", "last", "all"]))
def test_no_slot_runs_twice_however_clocks_are_set(jumps: list[int], catch_up: str) -> None:
    """A clock that wanders through the night in which clocks are set back."""
    schedule = every("*/30 * * * *", "2026-10-24T22:00", catch_up=catch_up, jitter=300.0)
    now, done = at("2026-10-25T01:00"), list[float]()
    for jump in jumps:
        now += jump
        due = due_slots(schedule, now, done)
        assert all(schedule.since < slot <= now for slot in due)
        done += due

    assert len(done) == len(set(done))


def test_jitter_is_the_same_for_a_slot_and_differs_between_slots() -> None:
    """It never starts before its time, nor later than told."""
    schedule = every("0 * * * *", "2026-06-01T00:00", jitter=600.0)
    slots = [at("2026-06-01T00:00") + 3600 * hour for hour in range(100)]
    delays = [start_of(schedule, slot) - slot for slot in slots]

    assert delays == [start_of(schedule, slot) - slot for slot in slots]
    assert (min(delays) >= 0, max(delays) <= 600, len(set(delays)) > 90) == (True, True, True)
    assert due_slots(schedule, slots[1] + delays[1] - 1, slots[:1]) == []
    assert due_slots(schedule, slots[1] + delays[1] + 1, slots[:1]) == [slots[1]]


def test_a_slot_without_a_run_is_missing_after_a_margin() -> None:
    """Not before, not while the schedule rests, and not before it was made."""
    daily = every("0 6 * * *", "2026-06-01T05:00")
    slot = at("2026-06-01T06:00")

    assert missing_slot(daily, slot + MARGIN_SECONDS - 1) is None
    assert missing_slot(daily, slot + MARGIN_SECONDS) == slot
    assert missing_slot(daily, slot + MARGIN_SECONDS, [slot]) is None
    assert missing_slot(dataclasses.replace(daily, is_paused=True), slot + DAY) is None
    assert missing_slot(dataclasses.replace(daily, since=slot + 1), slot + MARGIN_SECONDS) is None
    assert next_slot(daily, slot) == slot + DAY


def test_another_scheduler_runs_the_slot_that_nobody_had() -> None:
    """A call that comes a moment early means the coming slot."""
    daily = every("0 6 * * *", "2026-06-01T05:00")
    slot = at("2026-06-02T06:00")

    assert newest_open(daily, slot - 0.5, [slot - DAY]) == slot
    assert newest_open(daily, slot + 9.0, [slot - DAY]) == slot
    assert newest_open(daily, slot + 9.0, [slot]) is None


def test_data_starts_a_run_when_all_of_it_arrived() -> None:
    """Once for each time that all are newer than the last run."""
    waits = Schedule("nb.ipynb", on=("a", "b"), since=10.0)

    assert arrived_slot(waits, {"a": 20.0, "b": None}) is None
    assert arrived_slot(waits, {"a": 20.0, "b": 5.0}) is None
    assert arrived_slot(waits, {"a": 20.0, "b": 30.0}) == 30.0
    assert arrived_slot(waits, {"a": 20.0, "b": 30.0}, [30.0]) is None
    assert arrived_slot(waits, {"a": 40.0, "b": 30.0}, [30.0]) is None
    assert arrived_slot(waits, {"a": 40.0, "b": 50.0}, [30.0]) == 50.0


# ── making ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def hub(project: Path) -> Iterator[Hub]:
    """Return the hub of a project with one notebook."""
    notebook(project, "pass", "sales.ipynb")
    with open_hub(Project(project)) as found:
        yield found


def wish(hub: Hub, **more: object) -> Wish:
    """Return the wish for a schedule of that notebook."""
    return Wish(hub.project.root / "sales.ipynb", **{"cron": "0 6 * * *", "tz": "UTC", **more})  # type: ignore[arg-type]


def test_what_runs_is_a_copy_without_outputs(hub: Hub) -> None:
    """Who edits the notebook afterwards changes nothing of it."""
    made = make_schedule(hub, wish(hub), Settings())
    copy = hub.project.root / made.snapshot
    before = copy.read_bytes()
    notebook(hub.project.root, "raise SystemExit", "sales.ipynb")

    assert copy.read_bytes() == before
    assert schedules(hub)["sales.ipynb"] == made
    assert make_schedule(hub, wish(hub, replaces=True), Settings()).code != made.code


def test_a_hub_that_is_made_anew_knows_the_schedules(hub: Hub, project: Path) -> None:
    """With the pause, and without what was removed."""
    notebook(project, "pass", "other.ipynb")
    made = make_schedule(hub, wish(hub), Settings())
    other = make_schedule(hub, dataclasses.replace(wish(hub), path=project / "other.ipynb"), Settings())
    pause(hub, made)
    remove(hub, other)
    hub.close()
    (project / ".nbops/hub.db").unlink()
    with open_hub(Project(project)) as anew:
        rebuild(anew, Project(project))
        assert [(one.name, one.is_paused) for one in schedules(anew).values()] == [("sales", True)]
        unpause(anew, made)
        assert schedules(anew)["sales.ipynb"].since > made.since


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"cron": "0 6 * *"}, UsageError, "4 fields"),
        ({"cron": "61 6 * * *"}, UsageError, "Bad minute"),
        ({"cron": "0 6 30 2 *"}, UsageError, "no cron expression"),
        ({"tz": "Europe/Berln"}, UsageError, "unknown time zone"),
        ({"cron": ""}, UsageError, "neither times nor data"),
        ({"on": ("x/y",)}, UsageError, "both times and data"),
        ({"cron": "", "on": ("feeed",)}, UsageError, "no source"),
        ({"cron": "", "on": ("sales/orders",)}, UsageError, "leaves itself"),
        ({"parameters": {"dya": "1"}}, ParameterError, "dya"),
    ],
)
def test_what_means_nothing_is_refused(hub: Hub, more: dict[str, object], error: type[Exception], said: str) -> None:
    """Before anything is written."""
    with pytest.raises(error, match=said):
        make_schedule(hub, wish(hub, **more), Settings())

    assert schedules(hub) == {}


def test_the_same_notebook_is_scheduled_once(hub: Hub) -> None:
    """Another schedule of it says that it takes the place."""
    make_schedule(hub, wish(hub), Settings())
    with pytest.raises(UsageError, match="scheduled already"):
        make_schedule(hub, wish(hub, cron="0 7 * * *"), Settings())
    make_schedule(hub, wish(hub, cron="0 7 * * *", replaces=True), Settings())

    assert [one.cron for one in schedules(hub).values()] == ["0 7 * * *"]


def test_prod_demands_promotion_or_a_reason(hub: Hub) -> None:
    """The reason stands in the record."""
    for more in ({}, {"unreleased": True}, {"reason": "because"}):
        with pytest.raises(Refused):
            make_schedule(hub, wish(hub, **more), Settings(env="prod"))
    made = make_schedule(hub, wish(hub, unreleased=True, reason="first night"), Settings(env="prod"))

    assert (made.unreleased, schedules(hub)["sales.ipynb"].unreleased) == ("first night", "first night")


def test_an_unknown_name_is_answered_with_a_suggestion(hub: Hub) -> None:
    """And a notebook that is not there is a notebook error."""
    make_schedule(hub, wish(hub), Settings())
    with pytest.raises(ReferenceNotFound, match="sales"):
        find_schedule(hub, "slaes")
    with pytest.raises(NotebookError):
        make_schedule(hub, dataclasses.replace(wish(hub), path=hub.project.root / "none.ipynb"), Settings())

    assert find_schedule(hub, "sales.ipynb").name == "sales"
