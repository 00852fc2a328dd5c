"""Servers and runs that are killed: a slot is run once, and never by two at a time. The processes are real ones."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbops.ops.schedules import Wish, find_schedule, known_of, planned_schedule, write_act
from nbops.ops.slot_run import MOST_ATTEMPTS, Order, run_slot
from nbops.ops.slot_watch import DEAD_SECONDS, Observer, arrivals_of, set_free
from nbops.ops.snapshots import take_snapshot
from nbops.pipeline.schedule import Schedule, act_of_schedule, slot_id
from nbops.records import SourceSeen, Status
from nbops.settings import Settings
from nbops.store.hub import Hub, open_hub
from nbops.store.ingest import ingest
from nbops.store.leases import LEASE_SECONDS, Lease, claim, finish, is_served, leases, wanted
from nbops.store.process import this_process
from nbops.store.project import Project
from tests.store.contents import write

WORKS = """
import os, time
with open('trace.txt', 'a', buffering=1) as trace:
    for _ in range(SECONDS * 20):
        trace.write(f'{os.getpid()} {time.time()}\\n')
        time.sleep(0.05)
    trace.write(f'{os.getpid()} {time.time()} end\\n')
"""


def notebook(root: Path, code: str, name: str = "nb.ipynb") -> Path:
    """Write a notebook of one step."""
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for i, source in enumerate(["%load_ext nbops", f"%%step work\n{code}"])
    ]
    kernel = {"name": "python3", "display_name": "Python", "language": "python"}
    path = root / name
    path.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells})
    )
    return path


def scheduled(hub: Hub, path: Path, slots: int = 0, **more: object) -> Schedule:
    """Schedule a notebook every minute as it would have been that many minutes ago."""
    wish = Wish(path, **{"cron": "* * * * *", "tz": "UTC", "catch_up": "all", **more})  # type: ignore[arg-type]
    made = planned_schedule(hub, wish, Settings())
    code, snapshot = take_snapshot(hub.project, path)
    at = time.time() // 60 * 60 - 60 * slots + 1
    made = dataclasses.replace(made, code=code, snapshot=snapshot, at=at, since=at)
    write_act(hub, act_of_schedule(made))
    return made


@pytest.fixture
def hub(project: Path) -> Iterator[Hub]:
    """Return the hub of an empty project."""
    with open_hub(Project(project)) as found:
        yield found


def serve(root: Path) -> subprocess.Popen[bytes]:
    """Start a server."""
    with (root / "serve.txt").open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "nbops", "serve", "--no-page", "--grace", "0s"], cwd=root, stdout=out, stderr=out
        )


def until(found: Callable[[], object], seconds: float = 90.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def spans(root: Path) -> list[tuple[float, float, bool]]:
    """Return when each kernel worked, and whether it came to its end."""
    found: dict[str, tuple[float, float, bool]] = {}
    for text in (root / "trace.txt").read_text().splitlines():
        pid, at, *end = text.split()
        first = found.get(pid, (float(at), 0.0, False))[0]
        found[pid] = (first, float(at), bool(end))
    return sorted(found.values())


def kill_and_check(hub: Hub, slots: int, kills: int) -> None:
    """Run slots with two servers, and kill servers and runs in the middle of them."""
    root = hub.project.root
    made = scheduled(hub, notebook(root, WORKS.replace("SECONDS", "2")), slots)
    until_slot = made.since + 60 * slots
    servers = [serve(root), serve(root)]
    try:
        for kill in range(kills):
            known = len(spans(root)) if (root / "trace.txt").exists() else 0
            until(lambda known=known: (root / "trace.txt").exists() and len(spans(root)) > known)  # type: ignore[misc]
            if kill % 2:
                held = [one for one in leases(hub, made.notebook) if one.state == "running"]
                for one in held:
                    os.kill(one.holder.pid, signal.SIGKILL)
            else:
                servers[0].kill()
                servers[0].wait()
                servers = [servers[1], serve(root)]
        until(lambda: len([o for o in leases(hub, made.notebook) if o.state == "done" and o.at < until_slot]) >= slots,
              60.0 + 20.0 * (slots + kills))  # fmt: skip
    finally:
        for one in servers:
            one.terminate()
            assert one.wait(30) == 0
    until(lambda: not [one for one in leases(hub, made.notebook) if one.state == "running"])
    ingest(hub, hub.project)
    worked = spans(root)
    ended = [one.run for one in leases(hub, made.notebook) if one.state == "done"]
    passed = [run.run for run in hub.runs(limit=None) if run.status is Status.PASSED]

    assert [one for one, following in itertools.pairwise(worked) if one[1] >= following[0]] == []
    assert sorted(passed) == sorted(ended)
    assert sum(is_over for *_, is_over in worked) == len(ended)
    if kills > 1:
        assert max(one.attempt for one in leases(hub, made.notebook)) > 1


def test_two_servers_and_kills_in_the_middle_of_runs(hub: Hub) -> None:
    """A server is killed, then a run: one run of each slot comes to its end, and none beside another."""
    kill_and_check(hub, slots=2, kills=2)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_kills(hub: Hub) -> None:
    """The same with twenty kills."""
    kill_and_check(hub, slots=22, kills=20)


def lease_of(hub: Hub, schedule: Schedule, at: float, run: str) -> Lease | None:
    """Ask for a lease."""
    return claim(hub, wanted(slot_id(schedule, at), schedule.notebook, at, run, time.time()))


def test_of_many_who_want_a_slot_one_gets_it(hub: Hub) -> None:
    """Nor does another slot of the schedule begin meanwhile; a slot that is over is over."""
    made = Schedule("nb.ipynb", "* * * * *", "UTC")
    mine = lease_of(hub, made, 60.0, "a")
    assert mine is not None

    assert lease_of(hub, made, 60.0, "b") is None
    assert lease_of(hub, made, 120.0, "c") is None
    finish(hub, mine.slot, "a", "done")
    assert lease_of(hub, made, 60.0, "b") is None
    assert lease_of(hub, made, 120.0, "c") is not None


def test_a_lease_is_dead_when_it_stands_still_by_the_watch_of_who_looks() -> None:
    """Whatever clocks say; and sooner when its process was one of this machine and is gone."""
    now = [0.0]
    alive = wanted("s@1", "s", 1.0, "a", time.time())
    far = dataclasses.replace(alive, slot="s@2", holder=dataclasses.replace(this_process(), host="elsewhere"))
    gone = dataclasses.replace(alive, slot="s@3", holder=dataclasses.replace(this_process(), pid=2**22 - 1))
    seen = Observer(lambda: now[0])

    assert [seen.is_dead(one) for one in (alive, far, gone)] == [False] * 3
    now[0] = DEAD_SECONDS
    assert [seen.is_dead(one) for one in (alive, far, gone)] == [False, False, True]
    now[0] = LEASE_SECONDS - 1
    assert seen.is_dead(dataclasses.replace(far, beat=1)) is False
    now[0] = LEASE_SECONDS + 1
    assert seen.is_dead(dataclasses.replace(far, beat=1)) is False
    now[0] = 2 * LEASE_SECONDS
    assert seen.is_dead(dataclasses.replace(far, beat=1)) is True


def test_what_died_without_a_server_holds_nothing_up(hub: Hub, project: Path) -> None:
    """The next who runs the schedule sets its lease free; the slot can be tried again."""
    made = scheduled(hub, notebook(project, "pass"))
    mine = wanted(slot_id(made, 60.0), made.notebook, 60.0, "a", time.time())
    claim(hub, dataclasses.replace(mine, holder=dataclasses.replace(this_process(), pid=2**22 - 1)))
    set_free(hub, known_of(hub, made), time.time())

    assert [one.state for one in leases(hub, made.notebook)] == ["released"]
    assert lease_of(hub, made, 120.0, "b") is not None


def test_a_run_that_never_began_is_recorded(hub: Hub, project: Path) -> None:
    """A snapshot that is gone is an error of the run, which others are told of."""
    made = scheduled(hub, notebook(project, "pass"))
    (project / made.snapshot).unlink()
    state = run_slot(hub, made, 60.0, Order())
    assert state is not None

    assert (state.status, state.started.launcher) == (Status.ERROR, "nbops serve")
    assert "snapshot" in hub.run(state.run).reason
    assert MOST_ATTEMPTS > 1


def test_a_schedule_waits_for_a_source(hub: Hub, project: Path) -> None:
    """What is incomplete did not arrive."""
    (project / "pyproject.toml").write_text('[tool.nbops.sources.feed]\nurl = "/in/*.csv"\n')
    made = scheduled(hub, notebook(project, "pass"), cron="", tz="", on=("feed",))
    assert arrivals_of(hub, made) == {"feed": None}
    write(hub.project, SourceSeen(10.0, "feed", "on time", arrived_at=9.0, parts=1))
    write(hub.project, SourceSeen(20.0, "feed", "incomplete", arrived_at=19.0, parts=1, missing=("east",)))
    ingest(hub, hub.project)

    assert arrivals_of(hub, made) == {"feed": 9.0}


def test_a_server_that_is_told_to_end_ends_well(hub: Hub, project: Path) -> None:
    """It is known that it serves, and then that it does not; its run goes on without it."""
    made = scheduled(hub, notebook(project, WORKS.replace("SECONDS", "3")), 1)
    server = serve(project)
    until((project / "trace.txt").exists)
    assert is_served(hub, time.time())
    server.send_signal(signal.SIGTERM)

    assert server.wait(30) == 0
    assert not is_served(hub, time.time())
    assert "go on by themselves" in (project / "serve.txt").read_text()
    until(lambda: leases(hub, made.notebook)[-1].state == "done")
    assert find_schedule(hub, "nb").notebook == made.notebook
    assert datetime.fromtimestamp(leases(hub, made.notebook)[-1].at, UTC).second == 0
