"""Kernels and runs killed at any moment: nothing kept is damaged, and going on ends as an undisturbed run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from nbops.engine.production.notebook import run
from nbops.engine.production.resume import resume
from nbops.pipeline.run import RunState
from nbops.records import Status
from nbops.store.artifacts import Artifacts
from nbops.store.project import Project

Write = Callable[..., Path]
TRIALS = 50
STEPS = [
    f"%%step s{n}\nimport time\ntime.sleep(0.1)\nrows = rows + [sum(rows) + {n}] * 20_000\nassert rows"
    for n in range(6)
]
CELLS = ("%load_ext nbops", "rows = [1]", *STEPS, "print('rows', len(rows), sum(rows[-3:]) % 99991)")
CODE = "import sys\nfrom nbops.engine.production.notebook import run\nrun(sys.argv[1], report=False)"


def shown(state: RunState, project: Path) -> str:
    """Return what the last cell of the executed notebook showed."""
    import json

    cells = json.loads((project / state.output).read_text())["cells"]
    return "".join(cells[-1]["outputs"][0]["text"])


def kill_somewhere(notebook: Path, dice: random.Random) -> None:
    """Start a run and kill its kernel, or itself, at a random moment."""
    process = subprocess.Popen([sys.executable, "-c", CODE, str(notebook)], stderr=subprocess.DEVNULL)
    time.sleep(dice.uniform(0.8, 2.6))
    try:
        kernels = psutil.Process(process.pid).children()
        victim = kernels[0].pid if kernels and dice.random() < 0.5 else process.pid
        os.kill(victim, signal.SIGKILL)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return  # it was quicker than the dice
    finally:
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("trial", range(TRIALS))
def test_a_run_killed_at_any_moment_goes_on(write: Write, project: Path, trial: int) -> None:
    """No kept value is damaged, no run stays running, and the result is that of a run that nobody disturbed."""
    notebook = write(*CELLS)
    kill_somewhere(notebook, random.Random(trial))
    artifacts = Artifacts(Project(project))
    for step in artifacts.every():
        for kept in step.values:
            artifacts.get(kept)
    try:
        state = resume("last")
    except LookupError:  # it was killed before it began, or had ended well
        state = run(notebook, report=False)
    except Exception as error:
        if "nothing to resume" not in str(error):
            raise
        return

    assert state.status is Status.PASSED
    assert shown(state, project) == shown(run(notebook, report=False), project)
