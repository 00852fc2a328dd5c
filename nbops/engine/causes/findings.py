"""Finding out about a run that went wrong: what changed since the last good one, and where its errors came in.

Code of the notebook and what it kept are only run and read in a process of its own, by the Python that the notebook's
kernel runs on: ``python -m nbops.engine.causes.findings``. What it found is kept beside the run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbops.engine.causes.blame import MOST_TESTS, Run, blame, failed_tests
from nbops.engine.causes.changes import changes_between, value_changes
from nbops.engine.causes.harmless import refuse_outside
from nbops.engine.causes.lineage import Lineage, Version, notebook_of
from nbops.errors import NbopsError
from nbops.frames.masking import mask_columns
from nbops.pipeline.changes import Change, Changes, Findings, Origin, Seen
from nbops.pipeline.run import History, RunState
from nbops.settings import load_settings
from nbops.store.artifacts import Artifacts
from nbops.store.datasets import structures_of
from nbops.store.hub import Hub, open_hub
from nbops.store.project import Project

__all__ = ["find_out", "history_of"]

TIMEOUT_SECONDS = 120.0
_FILE = "findings.json"
_VERSION = 1
_NOT_LOOKED: Mapping[str, Any] = {
    "unknown": ('where the error came in was not looked for: the setting findings is "changes"',)
}
_SHOW_LOOKS: Mapping[str, Any] = {"unknown": ("where the error came in was not looked for: `nbops show` does",)}


def history_of(hub: Hub, state: RunState, *, runs_code: bool = True) -> History:
    """Return what earlier runs say about *state*, and for one that went wrong what could be found out about it.

    Args:
        hub: Where the runs are known.
        state: The run.
        runs_code: Also find out, as far as the settings let it, what only code of the notebook can tell. Without it
            only what was found out before is told: a page that is looked at starts no process.
    """
    history = dataclasses.replace(hub.history(state), structures=structures_of(hub, state))
    wanted = load_settings(hub.project.root).findings
    if not state.status.is_bad or state.finished is None or wanted == "off":
        return history
    try:
        found = find_out(
            hub,
            state,
            history,
            runs_code=runs_code and wanted == "all",
            unlooked=_SHOW_LOOKS if wanted == "all" else _NOT_LOOKED,
        )
        return dataclasses.replace(history, findings=found)
    except (NbopsError, OSError, ValueError) as error:  # the verdict stands without it
        unknown = f"nothing more could be found out ({type(error).__name__}: {error})"
        run = history.last_good.run if history.last_good else ""
        return dataclasses.replace(history, findings=Findings(Changes(run, unknown=(unknown,))))


def find_out(
    hub: Hub, state: RunState, history: History, *, runs_code: bool = True, unlooked: Mapping[str, Any] = _NOT_LOOKED
) -> Findings:
    """Return what changed since the last good run, and where the errors came in.

    Args:
        hub: Where the runs are known.
        state: The run that went wrong.
        history: What earlier runs say about it.
        runs_code: Also find out what only code of the notebook can tell, run again in a process of its own.
        unlooked: What is told instead when it is not.
    """
    good = history.last_good
    changes = None
    if good is not None and good.kind == state.started.kind:
        records, then = hub.records(state.run), hub.run(good.run)
        changes = changes_between(hub.project, state, then, records, hub.records(good.run))
    has_kept = any(step.record and step.record.artifacts for step in state.steps)
    if not has_kept or state.started.kind == "session":
        return Findings(changes)
    then_run = good.run if good else ""
    looked = _looked_before(hub.project, state, then_run) or (_look(hub, state, then_run) if runs_code else unlooked)
    unknown = tuple(looked.get("unknown", ()))
    if changes is None and unknown:
        changes = Changes("")
    if changes is not None:
        values = tuple(Change(**one) for one in looked.get("values", ()))
        changes = dataclasses.replace(
            changes, profile=(*changes.profile, *values), unknown=(*changes.unknown, *unknown)
        )
    return Findings(changes, tuple(_origin(one) for one in looked.get("origins", ())))


def _origin(fields: Mapping[str, Any]) -> Origin:
    return Origin(**{**fields, "seen": tuple(Seen(**seen) for seen in fields["seen"])})


# ── the other process ────────────────────────────────────────────────────────────────────────────────────────────────


def _looked_before(project: Project, state: RunState, good: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = json.loads((project.runs / state.run[:12] / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not looked yet, or the file was lost: then we look now
        return None
    return found if found.get("version") == _VERSION and found.get("good") == good else None


def _look(hub: Hub, state: RunState, good: str) -> Mapping[str, Any]:
    """Let another process look, and keep what it found; trouble with it is told as what is not known."""
    from nbops.engine.plans.saving import atomic_write

    if hub.where == "memory":
        return {"unknown": ["where the error came in was not looked for: no other process can read this hub"]}
    python = _python_of(notebook_of(hub.project, state).kernel_name)
    command = [python, "-m", "nbops.engine.causes.findings", str(hub.project.root), state.run, good]
    notebook = hub.project.root / (state.started.notebook or "")
    folder = notebook.parent if notebook.parent.is_dir() else hub.project.root
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False, cwd=folder,
            env={**os.environ, "MPLBACKEND": "agg", "NBOPS_HUB": hub.address}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"unknown": [f"where the error came in was not found out within {TIMEOUT_SECONDS:g} s"]}
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return {"unknown": [f"where the error came in could not be found out: {last[:300]}"]}
    if hub.project.runs.is_dir():
        folder = hub.project.runs / state.run[:12]
        folder.mkdir(exist_ok=True)
        atomic_write(folder / _FILE, json.dumps({**found, "version": _VERSION, "good": good}).encode())
    return found


def _python_of(kernel: str) -> str:
    """Return the Python of the kernel of that name; this one when that cannot be found out."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        argv = KernelSpecManager().get_kernel_spec(kernel or "python3").argv
    except NoSuchKernel:
        return sys.executable
    return argv[0] if Path(argv[0]).is_absolute() and Path(argv[0]).exists() else sys.executable


def _main(root: str, run: str, good: str) -> None:
    with contextlib.redirect_stdout(sys.stderr):  # the notebook's code may print
        found = _found(
            Project(Path(root)), os.environ["NBOPS_HUB"], run, good
        )  # what may hold a password is no argument
    print(json.dumps(found, default=dataclasses.asdict))


def _found(project: Project, url: str, run: str, good: str) -> Mapping[str, Any]:
    mask_columns(load_settings(project.root).masked)
    with open_hub(project, url) as hub:
        state = hub.run(run)
        now = _run_of(hub, state)
        then = _run_of(hub, hub.run(good)) if good else None
    lineage = now.lineage
    notebook = state.started.notebook or ""
    refuse_outside()
    origins = [
        blame(now, record, test, root=project.root, notebook=notebook, good=then)
        for record, test in failed_tests(lineage)[:MOST_TESTS]
    ]
    values = list(value_changes(lineage, then.lineage, _pairs(lineage, then.lineage))) if then else []
    return {"origins": origins, "values": values, "unknown": lineage.problems}


def _run_of(hub: Hub, state: RunState) -> Run:
    lineage = Lineage(notebook_of(hub.project, state), hub.records(state.run), Artifacts.of(hub.project))
    given = {name: state.started.parameters.get(name, "") for name in state.started.given}
    return Run(lineage, given)


def _pairs(now: Lineage, then: Lineage) -> list[tuple[Version, Version]]:
    """Return the versions of tables that went into the step that failed, each with what it was then."""
    bad = next((r for _, r in sorted(now.records.items()) if r.status.is_bad), None)
    if bad is None or bad.cell is None:
        return []
    first = next((s.index for s in now.cell_statements(bad.cell)), 0)
    pairs = []
    for table in bad.tables_in:
        version = now.version(table.name, first)
        cells = [s.cell for s in then.statements if version and s.step == version.step and s.kind == "step"]
        own = [s.cell for s in now.statements if version and s.step == version.step and s.kind == "step"]
        if version and version.step and cells and len(dict.fromkeys(cells)) == len(dict.fromkeys(own)):
            place = list(dict.fromkeys(own)).index(version.cell)
            pairs.append((version, Version(version.name, list(dict.fromkeys(cells))[place], version.step)))
    return pairs


if __name__ == "__main__":
    _main(*sys.argv[1:4])
