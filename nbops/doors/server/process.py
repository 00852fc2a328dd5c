"""The process of a job: it reads what is wished from its standard input, says how it began, and runs the notebook.

It outlives the page and the server that started it. What becomes of it stands in the journal, as with any run; what it
has to say beside that goes to standard error, which is a file in the run's folder.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbops.engine.plans.plan import RunPlan, make_plan
from nbops.engine.production.kernels import check_language
from nbops.engine.production.notebook import conduct
from nbops.engine.production.resume import plan_to_resume
from nbops.engine.production.stopping import RunInterrupted
from nbops.errors import NbopsError
from nbops.notebook.cells import read_notebook
from nbops.notebook.pipeline import build
from nbops.pipeline.run import RunState
from nbops.settings import load_settings
from nbops.store.hub import open_hub
from nbops.store.ingest import ingest
from nbops.store.project import find_project

__all__ = ["LAUNCHER", "main", "planned"]

LAUNCHER = "JupyterLab"
"""What the record of a run calls this way to start it."""


def planned(wish: Mapping[str, Any]) -> tuple[RunPlan, Path]:
    """Return what a job is to do, and the notebook that it does it with.

    Args:
        wish: ``run``: its id; ``path``: the notebook; ``values``: parameters by name; ``env``; and ``resumes``: the run
            to go on with, empty for none.

    Raises:
        NbopsError: It cannot be done as wished.
    """
    path, values = Path(wish["path"]), dict(wish.get("values") or {})
    if wish.get("resumes"):
        plan, path = _resumed(path, str(wish["resumes"]), values)
    else:
        source = read_notebook(path)
        check_language(source.language, str(path))
        project = find_project(path)
        settings = load_settings(project.root, env=wish.get("env") or None)
        pipeline = build(source, project.relative(path).rsplit(".", 1)[0])
        plan = make_plan(source, pipeline, project, settings, parameters=values)
    return dataclasses.replace(plan, run=wish["run"], launcher=LAUNCHER), path


def _resumed(path: Path, run: str, values: Mapping[str, object]) -> tuple[RunPlan, Path]:
    project = find_project(path)
    with open_hub(project, load_settings(project.root).hub) as hub:
        ingest(hub, project)
        state, records = hub.run(run), hub.records(run)
    plan, path = plan_to_resume(state, records, project, params=values)
    # an executed notebook of the user's own naming is not written over from a button
    return dataclasses.replace(plan, output=None), path


def main() -> int:
    """Run one job, and return its exit code."""
    wish = json.load(sys.stdin)
    said = _Answer()
    try:
        plan, path = planned(wish)
        state: RunState = conduct(plan, path, on_record=lambda _: said.say({"run": plan.run}), on_note=_note)
    except RunInterrupted as interrupted:
        return 130 if interrupted.state else 2
    except NbopsError as error:
        said.say({"what": error.what, "where": error.where, "fix": error.fix})
        _note(str(error))
        return error.exit_code
    return state.status.exit_code


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class _Answer:
    """The one line for who started the job; after it standard output is that of standard error."""

    def __init__(self) -> None:
        self._is_said = False

    def say(self, answer: Mapping[str, str]) -> None:
        """Say it, once."""
        if self._is_said:
            return
        self._is_said = True
        with contextlib.suppress(BrokenPipeError):  # the server ended meanwhile; the job goes on
            print(json.dumps(answer), flush=True)
        os.dup2(2, 1)


if __name__ == "__main__":
    sys.exit(main())
