"""A hub that moves: everything arrives, once, however often it is interrupted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nbops.records import Act, DatasetSeen, Heartbeat, Record, RunStarted
from nbops.store import moving
from nbops.store.hub import open_hub
from nbops.store.ingest import Ingested, ingest
from nbops.store.moving import copy_hub
from nbops.store.project import Project
from nbops.testing import records
from tests.store.conftest import Hubs
from tests.store.contents import dump, write

DAY = 86_400.0


def filled(project: Project) -> None:
    """Write a few runs, a live one, an act, and a run that is pruned."""
    now = time.time()
    run: list[Record] = records(run="seen", at=now - DAY)
    write(project, *run, DatasetSeen(now - DAY, "seen", "clean", "orders", rows=3))
    write(project, *records(run="old", at=now - 9 * DAY), *records(run="bad", at=now - 2 * DAY, failing="clean"))
    write(project, RunStarted(now - 300, "live", kind="batch", notebook="sales.ipynb"), Heartbeat(now, "live"))
    write(project, Act(now, "stop", target="live", who="ada"))
    with open_hub(project) as hub:
        ingest(hub, project)
        hub.prune(8 * DAY, keep=0, dry=False)


def test_a_copy_holds_every_row_and_the_next_look_reads_nothing_again(hubs: Hubs, tmp_path: Path) -> None:
    """Runs, tests, datasets, acts, tombstones, signs of life and offsets: all tables are equal."""
    project = Project(tmp_path)
    filled(project)
    with open_hub(project) as hub, hubs.fresh(tmp_path) as new:
        first, second = copy_hub(hub, new), copy_hub(hub, new)

        assert dump(new) == dump(hub)
        assert (first.added, first.runs) == (first.entries, 3)
        assert (second.entries, second.added) == (first.entries, 0)
        assert ingest(new, project) == Ingested()


def test_a_copy_comes_back_the_same(hubs: Hubs, tmp_path: Path) -> None:
    """From a file into the other kind of database and back into a new file."""
    project = Project(tmp_path)
    filled(project)
    with open_hub(project) as hub, hubs.fresh(tmp_path) as there, open_hub(project, "back.db") as back:
        copy_hub(hub, there)
        copy_hub(there, back)

        assert dump(back) == dump(hub)


def test_an_interrupted_copy_goes_on(hubs: Hubs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was copied stays; started again it brings the rest, and nothing twice."""
    monkeypatch.setattr(moving, "_STREAM", {"yield_per": 4})
    project = Project(tmp_path)
    filled(project)

    def stop(done: int, _: int) -> None:
        if done >= 8:
            raise KeyboardInterrupt

    with open_hub(project) as hub, hubs.fresh(tmp_path) as new:
        with pytest.raises(KeyboardInterrupt):
            copy_hub(hub, new, stop)
        assert len(dump(new)["entry"]) == 8
        rest = copy_hub(hub, new)

        assert rest.added == rest.entries - 8
        assert dump(new) == dump(hub)


def test_a_hub_that_others_use_keeps_what_it_knows(hubs: Hubs, tmp_path: Path) -> None:
    """Two hubs become one; what either pruned stays pruned."""
    one, other = Project(tmp_path / "one"), Project(tmp_path / "other")
    filled(one)
    write(other, *records(run="theirs"), *records(run="old", at=100.0))
    with open_hub(one) as hub, hubs.fresh(tmp_path) as shared:
        ingest(shared, other)
        copy_hub(hub, shared)

        assert {run.run for run in shared.runs()} == {"theirs", "seen", "bad", "live"}
        ingest(shared, other)
        assert shared.records("old") == []
