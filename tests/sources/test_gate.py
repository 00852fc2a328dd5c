"""The gate before a run: refuses, waits or warns; the clock is handed in, nobody sleeps."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbops.errors import UsageError
from nbops.sources.definitions import project_definitions, written_definitions
from nbops.sources.gate import Need, ask, read_need, waived_needs
from nbops.sources.watching import Watcher
from nbops.store.project import Project

SIX = datetime(2026, 11, 16, 6, 10, tzinfo=UTC).timestamp()


class Clock:
    """A clock that stands, until somebody waits; at *arrival* the file of the day is put there."""

    def __init__(self, root: Path, arrival: float = float("inf")) -> None:
        self.now, self.arrival, self.file = SIX, arrival, root / "in" / "f_2026-11-16.csv"
        self.file.parent.mkdir()
        (root / "pyproject.toml").write_text(
            '[tool.nbops.sources.feed]\nurl = "in/f_{day:%Y-%m-%d}.csv"\n'
            'cron = "0 6 * * *"\ntz = "UTC"\nmargin = "1h"\nowner = "ann"\n'
        )

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        if self.now >= self.arrival and not self.file.exists():
            self.file.write_text("x\n1\n")
            os.utime(self.file, (self.now, self.now))


def gates(root: Path, clock: Clock, need: Need, waived: dict[str, str] | None = None) -> tuple[str, str, list[str]]:
    """Ask for one source, and return the answer, the reason and what was told."""
    told: list[str] = []
    watcher = Watcher(Project(root), clock=lambda: clock.now)
    (gate,) = ask([need], project_definitions(root), watcher, waived=waived, tell=told.append, sleep=clock.sleep)
    return gate.answer, gate.reason, told


def test_what_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    """Without a wait nobody waits."""
    clock = Clock(tmp_path)
    answer, reason, _ = gates(tmp_path, clock, Need("feed"))
    assert (answer, clock.now) == ("refused", SIX)
    assert "not here yet" in reason


def test_what_comes_while_one_waits_opens_the_gate(tmp_path: Path) -> None:
    """The run begins within half a minute of the arrival, and what it waits for is told."""
    clock = Clock(tmp_path, arrival=SIX + 600)
    answer, _, told = gates(tmp_path, clock, Need("feed", wait_seconds=1800))
    assert answer == "open"
    assert SIX + 600 <= clock.now <= SIX + 640
    assert told[0].startswith("waits for feed: not here yet")


def test_a_wait_ends(tmp_path: Path) -> None:
    """After as long as was said the run is refused."""
    clock = Clock(tmp_path)
    assert gates(tmp_path, clock, Need("feed", wait_seconds=1800))[0] == "refused"
    assert clock.now == SIX + 1800


def test_a_need_may_only_warn(tmp_path: Path) -> None:
    """The run goes on, and says without what."""
    assert gates(tmp_path, Clock(tmp_path), Need("feed", warns=True))[0] == "warned"


def test_a_waiver_opens_the_gate_and_stands_in_the_record(tmp_path: Path) -> None:
    """Nobody waits for what is waived."""
    clock = Clock(tmp_path)
    answer, reason, _ = gates(tmp_path, clock, Need("feed", wait_seconds=1800), {"feed": "closed today"})
    assert (answer, clock.now) == ("waived", SIX)
    assert reason.endswith("waived: closed today")


def test_a_waiver_demands_a_reason_and_a_need() -> None:
    """Neither a silent waiver nor one of something that nobody needs is taken."""
    with pytest.raises(UsageError, match="needs a reason"):
        waived_needs([Need("feed")], ["feed"], " ")
    with pytest.raises(UsageError, match="nothing that runs needs"):
        waived_needs([Need("feed")], ["food"], "why not")


@pytest.mark.parametrize("text", ["feed:wiat=3m", "feed:wait=soon", ":warn"])
def test_a_need_that_means_nothing_is_told(text: str) -> None:
    """A typing error never opens a gate."""
    with pytest.raises(UsageError):
        read_need(text)


def test_an_unknown_source_is_an_error(tmp_path: Path) -> None:
    """A step that needs a source that nobody defined is refused as a mistake, with the name that was meant."""
    with pytest.raises(UsageError, match="no source 'fed'") as caught:
        gates(tmp_path, Clock(tmp_path), Need("fed"))
    assert "feed" in caught.value.fix


def test_a_call_in_a_notebook_defines_a_source() -> None:
    """The call is read, with its magics around it, and never run."""
    code = '%load_ext nbops\nimport nbops\nnbops.source("shop", "/in/{day:%Y%m%d}.csv", by="06:30 on weekdays")'
    found = written_definitions([code, "x = (", "source = 3"], "a.ipynb")
    assert list(found) == ["shop"]
    assert found["shop"].by == "06:30 on weekdays"
