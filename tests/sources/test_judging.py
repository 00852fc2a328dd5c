"""The eight words, each with the story that it tells; a week of daily files under a clock that is handed in."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nbops.sources.judging import Judgement
from nbops.sources.model import Definition
from nbops.sources.watching import Watcher
from nbops.store.project import Project

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


class Provider:
    """Files in a folder, put there at moments of our choice, and a watcher whose clock stands where we set it."""

    def __init__(self, root: Path, **said: object) -> None:
        self.root = root
        (root / "pyproject.toml").touch()
        self.now = MONDAY
        self.definition = Definition(
            "feed",
            **{"url": "in/f_{day:%Y-%m-%d}.csv", "cron": "0 6 * * *", "tz": "UTC", "margin": "30m", **said},  # type: ignore[arg-type]
        )
        self.watcher = Watcher(Project(root), clock=self.moment)

    def moment(self) -> float:
        """Return where the clock stands, in seconds since 1970."""
        return self.now.timestamp()

    def put(self, day: datetime, at: datetime, rows: int | None = None, name: str = "") -> Path:
        """Put the file of *day* there at the moment *at*."""
        path = self.root / "in" / (name or f"f_{day:%Y-%m-%d}.csv")
        path.parent.mkdir(exist_ok=True)
        many = 100 + day.day % 3 if rows is None else rows
        path.write_text("n,day\n" + "".join(f"{n},{day:%d}\n" for n in range(many)))
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def week(self, days: int = 10) -> None:
        """Deliver on time on each of the last *days* before Monday."""
        for back in range(1, days + 1):
            self.put(MONDAY - back * DAY, MONDAY - back * DAY + timedelta(hours=6, minutes=5))

    def look(self, at: datetime) -> Judgement:
        """Look at the moment *at*."""
        self.now = at
        return self.watcher.check([self.definition])[0]


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    """Return a moment of that Monday, or of a day after it."""
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("arrives", "looked", "state", "is_here"),
    [
        (at(6, 10), at(7), "on time", True),
        (at(4), at(7), "early", True),
        (at(7, 34), at(8), "late", True),
        (None, at(7, 34), "late", False),
        (None, at(20), "missing", False),
        (at(4), at(4, 30), "early", True),
    ],
)
def test_timeliness(tmp_path: Path, arrives: datetime | None, looked: datetime, state: str, *, is_here: bool) -> None:
    """A delivery is on time, early or late by its cron and margin; one that never comes is late, then missing."""
    provider = Provider(tmp_path)
    provider.week()
    if arrives is not None:
        provider.put(MONDAY, arrives)
    found = provider.look(looked)
    assert (state, is_here) == (found.seen.state, found.is_here)


def test_before_it_is_due_the_delivery_is_waited_for(tmp_path: Path) -> None:
    """Between six and half past six today's file may still come: yesterday's does not open the gate."""
    provider = Provider(tmp_path)
    provider.week()
    found = provider.look(at(6, 10))
    assert ("on time", at(6, 30).timestamp(), False) == (found.seen.state, found.waits_until, found.is_here)
    assert found.exit_code == 0


def test_before_it_is_expected_yesterdays_delivery_counts(tmp_path: Path) -> None:
    """At five in the morning nobody expects today's file yet."""
    provider = Provider(tmp_path)
    provider.week()
    assert provider.look(at(5)).is_here


def test_a_copy_of_yesterday_is_repeated(tmp_path: Path) -> None:
    """The file of today that holds what yesterday's held is no delivery of today."""
    provider = Provider(tmp_path)
    provider.week()
    today = provider.put(MONDAY, at(6, 10))
    today.write_bytes((tmp_path / "in" / "f_2026-11-15.csv").read_bytes())
    os.utime(today, (at(6, 10).timestamp(),) * 2)
    found = provider.look(at(7))
    assert (found.seen.state, found.exit_code, found.is_here) == ("repeated", 1, False)
    assert "2026-11-15" in found.seen.reason


@pytest.mark.parametrize(("rows", "state"), [(0, "incomplete"), (40, "incomplete"), (400, "changed"), (103, "on time")])
def test_size_out_of_habit(tmp_path: Path, rows: int, state: str) -> None:
    """Far fewer rows than usual are incomplete, far more an unexpected change."""
    provider = Provider(tmp_path)
    provider.week(14)
    provider.put(MONDAY, at(6, 10), rows)
    assert state == provider.look(at(7)).seen.state


def test_a_missing_part_is_incomplete_once_it_is_due(tmp_path: Path) -> None:
    """Two of three parts are waited for until they are due, then the delivery is incomplete."""
    provider = Provider(tmp_path, url="in/f_{day:%Y-%m-%d}_{part}.csv", parts=("a", "b", "c"))
    for back in range(4):
        for part in "abc"[: 2 if back == 0 else 3]:
            day = MONDAY - back * DAY
            provider.put(day, day + timedelta(hours=6), 50 + back, f"f_{day:%Y-%m-%d}_{part}.csv")
    assert at(6, 30).timestamp() == provider.look(at(6, 20)).waits_until
    found = provider.look(at(7)).seen
    assert (found.state, found.missing) == ("incomplete", ("c",))


def test_a_delivery_after_a_gap_is_out_of_order(tmp_path: Path) -> None:
    """Today's file is there and yesterday's never was."""
    provider = Provider(tmp_path)
    provider.week()
    (tmp_path / "in" / "f_2026-11-15.csv").unlink()
    provider.put(MONDAY, at(6, 10))
    found = provider.look(at(7)).seen
    assert (found.state, "2026-11-15" in found.reason) == ("out of order", True)


def test_a_delivery_that_is_rewritten_after_it_was_due_is_changed(tmp_path: Path) -> None:
    """What was complete at seven must be the same at ten."""
    provider = Provider(tmp_path)
    provider.week()
    path = provider.put(MONDAY, at(6, 10))
    assert provider.look(at(7)).seen.state == "on time"
    path.write_text(path.read_text().replace("5,16", "5,99"))
    assert provider.look(at(10)).seen.state == "changed"


def test_what_cannot_be_looked_at_is_no_verdict(tmp_path: Path) -> None:
    """A source that cannot be read is neither good nor missing: exit code 2, and the gate stays shut."""
    provider = Provider(tmp_path, url="http://127.0.0.1:9/feed_{day:%Y-%m-%d}.csv")
    found = provider.look(at(7))
    assert (found.seen.state, found.exit_code, found.is_here) == ("", 2, False)
    assert found.seen.trouble


def test_too_short_a_history_is_unknown_and_shuts_the_gate(tmp_path: Path) -> None:
    """Without a declared time and with a few files nobody knows what is due."""
    provider = Provider(tmp_path, cron="")
    provider.week(5)
    found = provider.look(at(7))
    assert (found.seen.state, found.exit_code, found.is_here) == ("", 2, False)
    assert "unknown" in found.seen.reason


def test_files_that_are_there_tell_their_own_history(tmp_path: Path) -> None:
    """From the first look on it is known how reliable a provider was, and when to expect it."""
    provider = Provider(tmp_path, cron="")
    provider.week(30)
    found = provider.look(at(5)).seen
    assert found.state == "on time"
    assert found.confidence is not None
    assert len({seen.due for seen in provider.watcher.known(provider.definition)}) >= 20


def test_looking_again_soon_records_nothing_new(tmp_path: Path) -> None:
    """Ten looks in ten minutes that find the same leave one record."""
    provider = Provider(tmp_path)
    provider.week(3)
    provider.put(MONDAY, at(6, 10))
    for minute in range(10):
        provider.look(at(7, minute))
    today = [seen for seen in provider.watcher.known(provider.definition) if seen.due == at(6, 30).timestamp()]
    assert len(today) == 1
