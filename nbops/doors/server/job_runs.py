"""Jobs as runs: starting one in a process of its own, what became of it, its executed notebook, stopping it.

A job is a run like any other. All that is known of it comes from the journal and the hub, so that neither a page that
is loaded again nor a server that starts anew loses it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbops.doors.server.process import LAUNCHER
from nbops.doors.verbs import open_and_ingest
from nbops.engine.production.stopping import stop_run
from nbops.errors import KernelError, NbopsError, NotebookError, ReferenceNotFound, Refused, UsageError
from nbops.pipeline.run import RunState, StepState, count_tests
from nbops.settings import load_settings
from nbops.store.hub import Hub
from nbops.store.project import Project, find_project
from nbops.views.words import line, short_id

__all__ = ["executed_notebook", "newest", "resumable", "start", "state_of", "stop"]

_LOG = "job.log"
_LOG_SHOWN = 4000


def start(file: Path, values: Mapping[str, object], *, env: str = "", resumes: str = "") -> str:
    """Start a job for the notebook at *file*, and return the id of its run as soon as it has begun.

    Values travel by standard input: neither the list of processes nor a file ever shows a secret.

    Raises:
        NbopsError: It did not begin: what is wished cannot be done, or its process ended.
    """
    run = uuid.uuid4().hex
    project = find_project(file)
    project.make_folder()
    log = project.runs / run[:12] / _LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    wish = {"run": run, "path": str(file), "values": dict(values), "env": env, "resumes": resumes}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            # -P: a file beside the notebook must not pose as a module of the standard library
            [sys.executable, "-P", "-m", "nbops.doors.server.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # it goes on when the server ends
        )
    answer = _first_answer(process, json.dumps(wish).encode())
    threading.Thread(target=process.wait, daemon=True).start()  # so that its end is no zombie
    if answer.get("run") != run:
        _clear(log)
        raise _refusal(answer, log)
    return run


def _first_answer(process: subprocess.Popen[bytes], wish: bytes) -> dict[str, str]:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError):  # it ended before it read: its log says why
        process.stdin.write(wish)
        process.stdin.close()
    with process.stdout as answers:
        said = answers.readline()
    try:
        found = json.loads(said)
    except ValueError:  # it ended without a word
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(answer: Mapping[str, str], log: Path) -> NbopsError:
    if "what" in answer:
        return UsageError(answer["what"], where=answer.get("where", ""), fix=answer.get("fix", ""))
    said = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2] if log.exists() else ""
    what = "the process of the job ended before it began"
    fix = f"cat {log}" if said else f"{sys.executable} -m nbops doctor"
    return KernelError(f"{what}: {line(said)}" if said else what, where=str(log.parent), fix=fix)


def _clear(log: Path) -> None:
    """Leave nothing of a job that never began, unless its log says something."""
    if not log.stat().st_size:
        log.unlink()
        log.parent.rmdir()


@contextlib.contextmanager
def _hub(project: Project) -> Iterator[Hub]:
    hub, _ = open_and_ingest(project, load_settings(project.root).hub)
    with hub:
        yield hub


def newest(file: Path) -> dict[str, Any] | None:
    """Return what became of the newest job of the notebook at *file*; None when it has none."""
    project = find_project(file)
    with _hub(project) as hub:
        found = hub.newest(notebook=project.relative(file))
        if found is None or found.kind != "batch":
            return None
        state = hub.run(found.run)
        return _told(project, hub, state) if state.started.launcher == LAUNCHER else None


def state_of(file: Path, run: str) -> dict[str, Any]:
    """Return what became of the run with this id, which must be one of the notebook at *file*.

    Raises:
        ReferenceNotFound: It is none of its runs.
    """
    project = find_project(file)
    with _hub(project) as hub:
        return _told(project, hub, _own(hub, project, file, run))


def _own(hub: Hub, project: Project, file: Path, run: str) -> RunState:
    state = hub.run(run)
    if state.started.notebook != project.relative(file):
        raise ReferenceNotFound(f"{short_id(run)} is no run of {file.name}", where=hub.where, fix="nbops runs")
    return state


def _told(project: Project, hub: Hub, state: RunState) -> dict[str, Any]:
    counted = count_tests(state.tests)
    return {
        "run": state.run,
        "id": short_id(state.run),
        "status": str(state.status),
        "is_over": state.finished is not None or state.status.is_final,
        "is_bad": state.status.is_bad,
        "reason": line(state.reason) or (line(state.failure.message) if state.failure else ""),
        "env": state.started.env,
        "at": state.started.at,
        # of a run that goes on only the last sign of life is known, and the page wants the clock
        "seconds": state.seconds if state.finished else max(state.seconds, time.time() - state.started.at),
        "usual_seconds": hub.history(state).usual_run_seconds,
        "resumes": short_id(state.started.resumes) if state.started.resumes else "",
        "tests": {str(status): number for status, number in counted.items() if number},
        "steps": [_step(step) for step in state.steps],
        "has_notebook": _output(project, state) is not None,
        "said": _said(project, state.run),
    }


def _step(step: StepState) -> dict[str, Any]:
    record = step.record
    return {
        "name": step.name,
        "status": str(step.status),
        "seconds": step.seconds,
        "since": step.running_since,
        "remark": line(record.remark) if record else "",
    }


def _said(project: Project, run: str) -> str:
    """Return the end of what the job's process said beside its records."""
    try:
        text = (project.runs / run[:12] / _LOG).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # another machine's, or thrown away since
        return ""
    return text[-_LOG_SHOWN:].strip()


def _output(project: Project, state: RunState) -> Path | None:
    """Return the executed notebook when it lies where jobs put theirs, and nowhere else."""
    place = Path(os.path.realpath(project.root / state.output)) if state.output else None
    if place is None or place.suffix != ".ipynb" or not place.is_file():
        return None
    return place if place.is_relative_to(os.path.realpath(project.runs)) else None


def executed_notebook(file: Path, run: str) -> Path:
    """Return where the executed notebook of a run of the notebook at *file* is.

    Raises:
        ReferenceNotFound: It is none of its runs.
        NotebookError: It left none, or not among the runs of the project.
    """
    project = find_project(file)
    with _hub(project) as hub:
        state = _own(hub, project, file, run)
    place = _output(project, state)
    if place is None:
        raise NotebookError(
            f"{short_id(run)} left no executed notebook here",
            where=str(project.runs),
            fix=f"nbops show {short_id(run)}",
        )
    return place


def resumable(file: Path, env: str) -> dict[str, Any] | None:
    """Return the newest run of the notebook at *file* in *env* when it ended badly; None otherwise."""
    project = find_project(file)
    with _hub(project) as hub:
        found = hub.newest(notebook=project.relative(file), env=env)
        if found is None or found.kind != "batch" or not found.status.is_bad or not found.status.is_final:
            return None
        state = hub.run(found.run)
    bad = next((step.name for step in state.steps if step.status.is_bad), "")
    passed = sum(step.status.is_good for step in state.steps)
    given = {name: state.started.parameters.get(name, "") for name in state.started.given}
    return {
        "run": state.run,
        "id": short_id(state.run),
        "status": str(state.status),
        "step": bad,
        "reason": line(state.reason),
        "at": state.started.at,
        "passed": passed,
        "steps": len(state.steps),
        "given": given,
    }


def stop(file: Path, run: str) -> bool:
    """Interrupt a run of the notebook at *file*, and return whether it is over already.

    Raises:
        ReferenceNotFound: It is none of its runs.
        Refused: It is over, or runs on another machine.
    """
    project = find_project(file)
    with _hub(project) as hub:
        state = _own(hub, project, file, run)
    if state.finished:  # its process may still write the report
        raise Refused(f"{short_id(run)} is over: {state.status}", where=file.name, fix=f"nbops show {short_id(run)}")
    return stop_run(state.started, project, reason="stopped in JupyterLab", wait_seconds=0.0)
