"""Disks that fill up, many runs at once, machines without the key: runs go on, and nothing that is kept is wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nbops.engine.production.notebook import run
from nbops.engine.production.resume import resume
from nbops.pipeline.run import RunState
from nbops.records import Status
from nbops.store.artifacts import Artifacts
from nbops.store.discarding import sharing
from nbops.store.hub import open_hub
from nbops.store.ingest import ingest
from nbops.store.project import Project

Write = Callable[..., Path]
BIG = "import random\nbig = [random.Random(7).random() for _ in range(400_000)]"
CELLS = ("%load_ext nbops", "%%step small\nsmall = [1, 2]", f"%%step big\n{BIG}", "%%step last\nassert small == [1]")


def remarks(state: RunState) -> dict[str, str]:
    """Return the remarks of the steps, by name."""
    return {step.name: step.record.remark if step.record else "" for step in state.steps}


def files(folder: Path) -> list[str]:
    """Return the names of all files below *folder*."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def fill(path: Path) -> None:
    """Write into *path* until its disk is full."""
    with path.open("wb", buffering=0) as file:
        while file.write(b"x" * min(4096, shutil.disk_usage(path).free)):
            continue


def test_a_disk_that_is_full_of_artifacts_stops_no_run(
    write: Write, project: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit is not kept and says so; what fits is restored, and nothing half lies about."""
    monkeypatch.setenv("NBOPS_ARTIFACT_STORE", str(small_disk))
    first = run(write(*CELLS), report=False)
    write(*CELLS[:3], "%%step last\nassert small == [1, 2]")
    state = resume()

    assert [(step.name, step.status) for step in first.steps] == [
        ("small", Status.PASSED), ("big", Status.PASSED), ("last", Status.FAILED)
    ]  # fmt: skip
    assert state.status is Status.PASSED
    assert remarks(state)["small"].startswith("↺ from")
    assert "No space left on device" in remarks(state)["big"]
    assert [name for name in files(small_disk) if name.endswith(".tmp")] == []


def test_a_hub_that_is_full_stops_no_run_and_is_filled_later(
    write: Write, project: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is the truth: as soon as there is room, the hub knows of the run."""
    monkeypatch.setenv("NBOPS_HUB", str(small_disk / "hub.db"))
    with open_hub(Project(project), str(small_disk / "hub.db")):
        filling = small_disk / "filling"
        fill(filling)
    done = subprocess.run(
        [sys.executable, "-m", "nbops.doors.cli", "run", write(*CELLS[:2]).name],
        capture_output=True, text=True, check=False, cwd=project,
    )  # fmt: skip
    filling.unlink()
    with open_hub(Project(project), str(small_disk / "hub.db")) as hub:
        ingest(hub, Project(project))
        runs = hub.runs()

    assert done.returncode == 0, done.stderr
    assert [(run.notebook, run.status) for run in runs] == [("nb.ipynb", Status.PASSED)]


SHARED = "shared = list(range(50_000))"
OWN = "own = {'day': day, 'rows': [day] * 1000}\npair = (day, shared)"
CHECK = "assert own['rows'] == [day] * 1000 and pair == (day, list(range(50_000)))\nassert pair[1] is shared"


@pytest.mark.timeout(240)
def test_eight_runs_at_once_share_a_hub_and_its_artifacts(write: Write, project: Path) -> None:
    """All pass, equal values are kept once, and what one of them left is taken whole, never mixed with another's."""
    cells = (f"%%step shared\n{SHARED}", f"%%step own\n{OWN}", f"%%step check\n{CHECK}")
    notebook = write("%load_ext nbops", "%%params\nday: int = 0", *cells)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run_it = [sys.executable, "-m", "nbops.doors.cli", "run", notebook.name]
    commands = [[*run_it, f"out{day}.ipynb", "-p", "day", str(day)] for day in range(8)]
    running = [subprocess.Popen(c, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
               for c in commands]  # fmt: skip
    told = [process.communicate()[0].decode() for process in running]
    artifacts = Artifacts(Project(project))
    counted = sharing(artifacts)
    with open_hub(Project(project)) as hub:
        ingest(hub, Project(project))
        runs = hub.runs()
        shared = next(step.key for step in artifacts.every() if step.record["step"] == "shared")
        last = hub.run(next(artifacts.all_of(shared)).run)  # its first step is what --cache takes, so its second fits
    again = run(notebook, params={"day": int(last.started.parameters["day"])}, cache=True, report=False)

    assert [process.returncode for process in running] == [0] * 8, told
    assert [run.status for run in runs] == [Status.PASSED] * 8
    assert all(artifacts.get_all(step.values, {"shared": []}) is not None for step in artifacts.every())
    assert counted.saved > 7 * 250_000
    assert [name for name in files(project / ".nbops/artifacts") if name.endswith(".tmp")] == []
    assert remarks(again)["shared"].startswith("↺ from")


def test_another_machine_reads_pickles_only_with_the_key(write: Write, project: Path, tmp_path: Path) -> None:
    """Without it the step runs again and says why; ``nbops hub key`` brings it there."""
    cells = ("%load_ext nbops", "%%step a\npair = (1, 2)", "%%step b\nassert pair == (0, 0)")
    run(write(*cells), report=False)
    key = typed(project, "hub", "key")
    (project / ".nbops/key").unlink()
    refused = resume()
    other = typed(project, "hub", "key")
    taken = typed(project, "hub", "key", "--import", "-", said=key, fails=True)
    given = typed(project, "hub", "key", "--import", "-", "--yes", "--json", said=key)
    restored = resume(run=refused.started.resumes or "last")

    assert key.startswith("nbops-key-")
    assert key != other
    assert remarks(refused)["a"] == "ran again: what was kept of pair is refused: its signature is not ours"
    assert "this hub has another key" in taken
    assert json.loads(given)["is_new"] is True
    assert remarks(restored)["a"].startswith("↺ from")
    assert (project / ".nbops/key").stat().st_mode & 0o777 == 0o600


def typed(folder: Path, *words: str, said: str = "", fails: bool = False) -> str:
    """Type a command with *said* on its standard input, and return what it printed."""
    command = [sys.executable, "-m", "nbops.doors.cli", *words]
    done = subprocess.run(command, cwd=folder, input=said, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) is fails, done.stderr
    return done.stderr if fails else done.stdout
