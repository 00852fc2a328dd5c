"""A hub made anew is the hub that was, human acts and prunes included."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from nbops.errors import HubError, HubVersionError, NotebookError
from nbops.records import STEP_MIME, Act, Heartbeat, Record, RunFinished, RunStarted, Status, StepFinished, to_json
from nbops.store import schema
from nbops.store.hub import open_hub
from nbops.store.ingest import SEAL_AFTER, ingest
from nbops.store.project import Project
from nbops.store.rebuild import ingest_notebook, open_or_set_aside, rebuild
from nbops.testing import records
from tests.store.conftest import Hubs
from tests.store.contents import dump, write

DAY = 86_400.0


def age(path: Path, seconds: float) -> None:
    """Make the file at *path* look as if nobody had written to it for *seconds*."""
    then = time.time() - seconds
    os.utime(path, (then, then))


def notebook(path: Path, *found: Record, metadata: tuple[Record, ...] = ()) -> Path:
    """Write an executed notebook whose outputs hold the records *found*, and its metadata those of *metadata*."""
    outputs = [
        {"output_type": "display_data", "data": {STEP_MIME: to_json(record)}, "metadata": {}} for record in found
    ]
    cells = [{"cell_type": "code", "source": "", "outputs": [o], "metadata": {}} for o in outputs]
    held = {"nbops": {"records": [to_json(record) for record in metadata]}} if metadata else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"cells": cells, "metadata": held, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def with_output(run: str, at: float, output: str) -> list[Record]:
    """Return the records of a run that left its executed notebook at *output*."""
    some = records(run=run, at=at)
    return [*some[:-1], RunFinished(some[-1].at, run, Status.PASSED, output=output)]


def test_a_rebuilt_hub_equals_the_one_before(hubs: Hubs, tmp_path: Path) -> None:
    """Runs, steps, tests, acts, prunes, sealed journals and heartbeats: every row of every table is the same."""
    project, now = Project(tmp_path), time.time()
    write(project, *records(run="a", at=now - 9 * DAY), *records(run="b", at=now - 8 * DAY, failing="clean"))
    age(write(project, *records(run="c", at=now - 7 * DAY), Heartbeat(now - 7 * DAY, "c")), SEAL_AFTER + 60)
    write(project, RunStarted(now, "live", kind="batch", notebook="sales.ipynb"), Heartbeat(now, "live"))
    write(project, Act(now, "stop", target="live", who="ada", reason="too slow"))
    with hubs.open(project) as hub:
        ingest(hub, project)
        hub.prune(8.5 * DAY, keep=0, dry=False, who="ada")
        ingest(hub, project)
        before, acts = dump(hub), hub.acts()
        with hub.write() as connection:  # a hub that lost and made up things
            connection.execute(schema.run.delete())
            connection.execute(schema.tombstone.delete())
            connection.exec_driver_sql("UPDATE test SET name = 'made up'")
        rebuild(hub, project)

        assert dump(hub) == before
        assert [(act.verb, act.who) for act in hub.acts()] == [("stop", "ada"), ("prune", "ada")]
        assert hub.acts() == acts
        assert {r.run for r in hub.runs()} == {"b", "c", "live"}
        assert [act.reason for act in hub.run("live").acts] == ["too slow"]


def test_a_hub_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    """The journals alone are enough."""
    project = Project(tmp_path)
    write(project, *records(run="a", failing="clean"))
    with open_hub(project) as hub:
        ingest(hub, project)
        before = dump(hub)
    for file in project.folder.glob("hub.db*"):
        file.unlink()
    with open_hub(project) as hub:
        rebuild(hub, project)

        assert dump(hub) == before


def test_what_no_journal_here_tells_is_kept(hubs: Hubs, tmp_path: Path) -> None:
    """Projects that share a hub do not forget each other's runs, nor is a run forgotten whose journal was removed."""
    shared, now = str(tmp_path / "hub.db"), time.time()
    one, other = Project(tmp_path / "one"), Project(tmp_path / "other")
    write(one, *records(run="one"))
    removed = write(one, *records(run="removed"))
    write(other, *records(run="theirs", failing="clean"), Act(now, "prune", detail={"runs": "gone"}))
    write(other, RunStarted(now - 300, "alive", kind="batch", notebook="x.ipynb"), Heartbeat(now, "alive"))
    with hubs.open(one, shared) as hub:
        ingest(hub, one)
        ingest(hub, other)
        before = dump(hub)
        removed.unlink()
        rebuild(hub, one)

        assert dump(hub) | {"journal": []} == before | {"journal": []}
        ingest(hub, other)
        assert {r.run for r in hub.runs()} == {"one", "removed", "theirs", "alive"}


def test_readers_see_a_whole_hub_while_it_is_made_anew(hubs: Hubs, tmp_path: Path) -> None:
    """Nobody ever sees half a hub."""
    project = Project(tmp_path)
    write(project, *(record for n in range(50) for record in records(run=f"r{n}")))
    seen: set[int] = set()
    with hubs.open(project) as hub, hubs.open(project) as reader:
        ingest(hub, project)
        thread = threading.Thread(target=lambda: [rebuild(hub, project) for _ in range(3)])
        thread.start()
        seen.add(len(reader.runs(limit=None)))  # at least once, however soon the thread is done
        while thread.is_alive():
            seen.add(len(reader.runs(limit=None)))
        thread.join()

    assert seen == {50}


def test_a_rebuild_that_fails_leaves_the_hub_as_it_was(tmp_path: Path) -> None:
    """Trouble half-way changes nothing."""
    project = Project(tmp_path)
    write(project, *records(run="a", failing="clean"))
    with open_hub(project) as hub:
        ingest(hub, project)
        before = dump(hub)
        with hub.write() as connection:
            trigger = "CREATE TRIGGER broken BEFORE INSERT ON test BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
            connection.exec_driver_sql(trigger)
        with pytest.raises(HubError, match="disk is full"):
            rebuild(hub, project)

        assert dump(hub) == before


def test_executed_notebooks_tell_of_runs_that_no_journal_knows(hubs: Hubs, tmp_path: Path) -> None:
    """A run whose journal was lost is recovered, its start and end as the engine left them."""
    project = Project(tmp_path)
    some = records(run="lost", failing="clean", owner="ada")
    steps = [r for r in some if isinstance(r, StepFinished)]
    notebook(project.runs / "lost" / "sales.ipynb", *steps, metadata=(some[0], some[-1]))
    write(project, *records(run="kept"))
    notebook(project.runs / "kept" / "sales.ipynb", *(r for r in records(run="kept") if isinstance(r, StepFinished)))
    with hubs.open(project) as hub:
        rebuild(hub, project)
        first = dump(hub)
        rebuild(hub, project)

        assert dump(hub) == first
        assert {r.run for r in hub.runs()} == {"lost", "kept"}
        assert (hub.run("lost").status, hub.run("lost").started.owner) == (Status.FAILED, "ada")
        assert [str(s.status) for s in hub.run("lost").steps] == ["passed", "failed", "skipped"]


def test_the_steps_of_an_executed_notebook_are_enough(hubs: Hubs, tmp_path: Path) -> None:
    """Without the engine's records, start and end follow from the steps, and say that they do."""
    project = Project(tmp_path)
    steps = [r for r in records(run="bare", at=100.0) if isinstance(r, StepFinished)]
    notebook(project.runs / "bare" / "sales.ipynb", *steps)
    with hubs.open(project) as hub:
        rebuild(hub, project)
        state = hub.run("bare")

    assert (state.status, state.started.at, state.output) == (Status.PASSED, 100.0, ".nbops/runs/bare/sales.ipynb")
    assert "recovered" in state.reason


def test_a_file_that_is_no_notebook_is_a_problem_and_stops_nothing(hubs: Hubs, tmp_path: Path) -> None:
    """What cannot be read is named."""
    project = Project(tmp_path)
    for number, text in enumerate(["{torn", "[]", '{"cells": [3]}', "\xff"]):
        folder = project.runs / str(number)
        folder.mkdir(parents=True)
        (folder / "x.ipynb").write_text(text, encoding="latin-1")
    with hubs.open(project) as hub:
        found = rebuild(hub, project)

    assert len(found.problems) == 4
    assert all("not an executed notebook" in problem for problem in found.problems)


def test_a_notebook_from_elsewhere_can_be_taken_in_and_stays(hubs: Hubs, tmp_path: Path) -> None:
    """A notebook that ran in a pod whose disk is gone tells its run; made anew, the hub still knows it."""
    project = Project(tmp_path / "project")
    steps = [r for r in records(run="pod") if isinstance(r, StepFinished)]
    path = notebook(tmp_path / "out.ipynb", *steps)
    with hubs.open(project) as hub:
        found = [ingest_notebook(hub, project, path).records for _ in range(2)]
        path.unlink()
        rebuild(hub, project)

        assert found == [5, 0]
        assert hub.run("pod").status == Status.PASSED


def test_a_notebook_without_records_is_refused(hubs: Hubs, tmp_path: Path) -> None:
    """A notebook that was never run by nbops holds nothing to take in."""
    project = Project(tmp_path)
    with hubs.open(project) as hub, pytest.raises(NotebookError, match="holds no records"):
        ingest_notebook(hub, project, notebook(tmp_path / "plain.ipynb"))


# ── a broken hub ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_broken_hub_is_set_aside_and_made_anew(tmp_path: Path) -> None:
    """Garbage in the file costs nothing but the time to read the journals again."""
    project = Project(tmp_path)
    write(project, *records(run="a"))
    with open_hub(project) as hub:
        ingest(hub, project)
        before = dump(hub)
    project.hub_file.write_bytes(b"garbage " * 1000)
    hub, aside = open_or_set_aside(project)
    with hub:
        rebuild(hub, project)

        assert dump(hub) == before
    assert aside is not None
    assert aside.read_bytes().startswith(b"garbage")


def test_a_good_hub_is_not_set_aside(hubs: Hubs, tmp_path: Path) -> None:
    """A hub that can be read stays where it is; one of a newer version is refused, not set aside."""
    project = Project(tmp_path)
    for _ in range(2):
        hub, aside = open_or_set_aside(project, hubs.address(project))
        hub.close()

        assert aside is None
    with hubs.open(project) as hub, hub.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(HubVersionError):
        open_or_set_aside(project, hubs.address(project))


# ── pruning ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_pruning_forgets_old_runs_with_their_files(hubs: Hubs, tmp_path: Path) -> None:
    """The list comes first; then runs, outputs and journals that tell of nothing else are gone for ever."""
    project, now = Project(tmp_path), time.time()
    old = write(project, *with_output("old", now - 9 * DAY, ".nbops/runs/old/sales.ipynb"))
    age(old, SEAL_AFTER + 60)
    write(project, *with_output("new", now - 1 * DAY, "elsewhere/sales.ipynb"))
    for path in (project.runs / "old" / "sales.ipynb", tmp_path / "elsewhere" / "sales.ipynb"):
        path.parent.mkdir(parents=True)
        path.touch()
    with hubs.open(project) as hub:
        ingest(hub, project)
        listed = hub.prune(5 * DAY, keep=0)

        assert ([r.run for r in listed.runs], [r.run for r in hub.runs()]) == (["old"], ["new", "old"])
        assert listed.folders == (project.runs / "old",)

        done = hub.prune(5 * DAY, keep=0, dry=False)

        assert ([r.run for r in done.runs], [r.run for r in hub.runs()]) == (["old"], ["new"])
        assert [path.name for path in done.journals] == [old.name]
        assert not (project.runs / "old").exists()
        assert not list(project.journals.glob("archive/*/*"))
        rebuild(hub, project)
        assert [r.run for r in hub.runs()] == ["new"]


def test_pruning_keeps_the_newest_and_whatever_runs(hubs: Hubs, tmp_path: Path) -> None:
    """Some runs of each notebook stay however old, and nothing that may still end is touched."""
    project, old = Project(tmp_path), time.time() - 9 * DAY
    write(project, *(r for n in range(3) for r in records(run=f"s{n}", at=old + n)))
    write(project, *records("stock.ipynb", run="t", at=old))
    write(project, RunStarted(old, "live", kind="batch", notebook="x.ipynb"), Heartbeat(time.time(), "live"))
    with hubs.open(project) as hub:
        ingest(hub, project)

        assert {r.run for r in hub.prune(5 * DAY, keep=1).runs} == {"s0", "s1"}
        assert {r.run for r in hub.prune(5 * DAY, keep=0).runs} == {"s0", "s1", "s2", "t"}


def test_records_of_a_pruned_run_that_come_late_are_not_taken_in(hubs: Hubs, tmp_path: Path) -> None:
    """A tombstone is for ever."""
    project = Project(tmp_path)
    write(project, *records(run="old", at=100.0))
    with hubs.open(project) as hub:
        ingest(hub, project)
        hub.prune(DAY, keep=0, dry=False)
        write(project, *records(run="old", at=100.0))
        ingest(hub, project)

        assert (hub.runs(sessions=True), hub.records("old")) == ([], [])


def test_what_cannot_be_written_down_is_not_pruned(hubs: Hubs, tmp_path: Path) -> None:
    """Without the act in a journal a hub made anew would know the runs again: so nothing is forgotten."""
    with hubs.holding(records(run="old", at=100.0), root=tmp_path) as hub:
        (tmp_path / ".nbops").write_text("in the way", encoding="utf-8")
        with pytest.raises(HubError, match="nothing was pruned"):
            hub.prune(DAY, keep=0, dry=False)

        assert [r.run for r in hub.runs()] == ["old"]


def test_what_is_counted_by_day_does_not_change_by_pruning(hubs: Hubs, tmp_path: Path) -> None:
    """Runs, statuses and tests of each day stay counted, also when the hub is made anew without their journals."""
    project, now = Project(tmp_path), 1_700_000_000.0
    old = write(project, *(r for n in range(5) for r in records(at=now + n * DAY, failing="clean" if n % 2 else "")))
    write(project, *records("stock.ipynb", at=now, env="prod"), *records("new.ipynb", at=time.time() - 60))
    age(old, SEAL_AFTER + 60)
    with hubs.open(project) as hub:
        ingest(hub, project)
        before = hub.days()
        first = next(day for day in before if day.notebook == "sales.ipynb")
        pruned = hub.prune(5 * DAY, keep=0, dry=False)
        after, listed = hub.days(), hub.runs()
        rebuild(hub, project)

        assert (len(pruned.runs), len(pruned.journals), len(listed)) == (6, 1, 1)
        assert (first.day, first.status, first.runs, first.tests) == (int(now // DAY), "passed", 1, 3)
        assert after == before
        assert hub.days() == before
        assert [day.runs for day in hub.days(env="prod")] == [1]
        assert hub.days(until=now) == []
        assert {day.notebook for day in hub.days(notebook="stock.ipynb", since=now)} == {"stock.ipynb"}


def test_a_run_that_two_acts_prune_is_counted_once(hubs: Hubs, tmp_path: Path) -> None:
    """Machines may prune at the same time; an older act that tells only ids takes nothing away."""
    project, at = Project(tmp_path), 1_700_000_000.0
    told = '[[1700000000.0,"batch","n.ipynb","dev","failed",2.0,3,1]]'
    write(project, *records("n.ipynb", run="r", at=at, failing="clean"))
    for detail in ({"runs": "r"}, {"runs": "r", "told": told}, {"runs": "r", "told": told}):
        write(project, Act(at + DAY, "prune", detail=detail))
    with hubs.open(project) as hub:
        ingest(hub, project)
        (day,) = hub.days()

        assert (day.status, day.runs, day.tests, day.tests_failed) == ("failed", 1, 3, 1)
