"""Runs that are killed at random moments: nothing that was written is torn, and nothing is left running."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nbops.records import RunStarted, Status
from nbops.store.hub import open_hub
from nbops.store.ingest import ingest
from nbops.store.journal import read_entries
from nbops.store.project import Project
from nbops.store.rebuild import rebuild

Write = Callable[..., Path]
STEPS = 12
LONGEST_LIFE = 3.0


def killed_run(notebook: Path, after: float, whom: str) -> None:
    """Start a run, and after so many seconds kill its parent, its kernel, or both."""
    command = [sys.executable, "-m", "nbops.doors.cli", "run", notebook.name, "out.ipynb"]
    process = subprocess.Popen(command, cwd=notebook.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    kernels = children_of(process.pid)
    for pid in {"parent": [process.pid], "kernel": kernels, "both": [*kernels, process.pid]}[whom]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it ended before the shot
    process.wait(timeout=60)
    for pid in kernels:  # a kernel whose parent died ends by itself
        wait_for_end(pid)


def children_of(pid: int) -> list[int]:
    """Return the processes that *pid* started and that live."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text(encoding="ascii").split()] if listed.exists() else []


def wait_for_end(pid: int, seconds: float = 30) -> None:
    """Wait until there is no such process."""
    end = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split():
        assert time.monotonic() < end, f"process {pid} lives on"
        time.sleep(0.05)


def assert_all_is_whole(project: Project, output: Path) -> None:
    """The executed notebook can be read, every run has ended for whoever looks, and the hub can be made anew."""
    if output.exists():
        json.loads(output.read_text(encoding="utf-8"))
    with open_hub(project) as hub:
        ingest(hub, project)
        before = [(run.run, run.status) for run in hub.runs(limit=1_000)]
        assert [run for run, status in before if status in (Status.RUNNING, Status.PENDING)] == []
        rebuild(hub, project)
        assert [(run.run, run.status) for run in hub.runs(limit=1_000)] == before


def kill_at_random(write: Write, root: Path, trials: int, seed: int) -> None:
    """Kill so many runs, each at its own moment, and look at what is left after each."""
    chance = random.Random(seed)
    sources = [f"%%step s{i}\nimport time\ntime.sleep(0.1)\nx{i} = {i}\nassert x{i} == {i}" for i in range(STEPS)]
    notebook = write("%load_ext nbops", *sources)
    for trial in range(trials):
        killed_run(notebook, after=chance.uniform(0.2, LONGEST_LIFE), whom=("parent", "kernel", "both")[trial % 3])
        assert_all_is_whole(Project(root), root / "out.ipynb")
    journals = (root / ".nbops" / "journal").glob("*.jsonl")
    starts = [e for path in journals for e, _, _ in read_entries(path) if e and isinstance(e.record, RunStarted)]
    assert starts, "no run lived long enough to be killed"


@pytest.mark.timeout(300)
def test_a_killed_run_leaves_everything_whole(project: Path, write: Write) -> None:
    """After kill -9 of parent, kernel or both, notebook, journals and hub are whole, and no run is left running."""
    kill_at_random(write, project, trials=3, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_sixty_killed_runs_leave_everything_whole(project: Path, write: Write) -> None:
    """The same sixty times, at sixty other moments."""
    kill_at_random(write, project, trials=60, seed=2)
