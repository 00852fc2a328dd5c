"""A hub that moves: everything arrives, once, however often it is interrupted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nbops.ops.notices import announce
from nbops.records import Act, DatasetSeen, Heartbeat, Record, RunStarted
from nbops.store import moving
from nbops.store.hub import open_hub
from nbops.store.incidents import incidents
from nbops.store.ingest import Ingested, ingest
from nbops.store.moving import copy_hub
from nbops.store.outbox import notices
from nbops.store.project import Project
from nbops.store.rebuild import rebuild
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


def test_a_copy_keeps_the_numbers_of_incidents_and_tells_nothing_again(hubs: Hubs, tmp_path: Path) -> None:
    """Also of one whose runs were pruned; where a number is taken in the target, the incident gets a new one."""
    (tmp_path / "a").mkdir()
    project, other = Project(tmp_path / "a"), Project(tmp_path)
    (project.root / "pyproject.toml").write_text('[tool.nbops.notices.routes.team]\nto = "file:told"\n')
    now = time.time()
    write(project, *records("sales.ipynb", run="late", at=now - DAY, failing="clean", env="prod"))
    write(other, *records("stock.ipynb", run="others", at=now - DAY, failing="load", env="prod"))
    with open_hub(project) as hub, hubs.fresh(tmp_path) as there, hubs.fresh(tmp_path) as shared:
        ingest(hub, project)
        announce(hub)
        write(project, *records("sales.ipynb", run="early", at=now - 2 * DAY, failing="load", env="prod"))
        ingest(hub, project)
        known = incidents(hub, closed=True)
        hub.prune(1.5 * DAY, keep=0, dry=False)
        copy_hub(hub, there)

        assert [(one.number, one.last.step) for one in known] == [(1, "clean"), (2, "load")]
        assert incidents(there, closed=True) == known
        assert [one.key for one in notices(there)] == [one.key for one in notices(hub)]
        ingest(shared, other)
        assert [one.number for one in incidents(shared)] == [1]
        copy_hub(hub, shared)
        assert [(one.number, one.last.run) for one in sorted(incidents(shared), key=lambda one: one.number)] == [
            (1, "others"), (2, "early"), (3, "late"),
        ]  # fmt: skip


def test_an_incident_whose_runs_were_pruned_is_known_to_a_hub_that_is_made_anew(hubs: Hubs, tmp_path: Path) -> None:
    """Nothing but the hub itself tells of it any more."""
    project = Project(tmp_path)
    write(project, *records("sales.ipynb", run="old", at=time.time() - 9 * DAY, failing="clean", env="prod"))
    with hubs.open(project) as hub:
        ingest(hub, project)
        known = incidents(hub)
        hub.prune(1.5 * DAY, keep=0, dry=False)
        rebuild(hub, project)

        assert (len(known), incidents(hub)) == (1, known)
