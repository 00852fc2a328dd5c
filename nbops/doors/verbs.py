"""The verbs as Python functions: ``nbops.show("sales@last")``. Each returns the record that the command line prints."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from nbops.doors.charts import Charts
from nbops.engine.causes.findings import history_of
from nbops.engine.causes.lineage import notebook_of
from nbops.engine.causes.restore import Restoration, restored
from nbops.engine.causes.stale import stale_in_file
from nbops.engine.datasets.charts import find_charts, named_series
from nbops.engine.plans.saving import atomic_write, check_writable
from nbops.engine.production.control import with_charts
from nbops.engine.production.stopping import stop_run
from nbops.errors import HubError, NotebookError, ReferenceNotFound, UsageError
from nbops.notebook.cells import Notebook, read_notebook
from nbops.notebook.pipeline import build, read
from nbops.pipeline.reference import parse
from nbops.pipeline.run import RunState, RunSummary
from nbops.pipeline.step import Pipeline
from nbops.pipeline.structure.changelog import Changelog
from nbops.records import StepFinished
from nbops.release.adopt import Adoption, propose, write
from nbops.settings import load_settings
from nbops.store.describing import known_changelog
from nbops.store.elsewhere import find_elsewhere
from nbops.store.hub import Hub, open_hub
from nbops.store.ingest import Ingested, ingest
from nbops.store.lookup import Found, find_notebook, resolve, run_id_in
from nbops.store.project import Project, find_project

__all__ = [
    "adopt",
    "charts_in",
    "find_file",
    "hub",
    "hub_that_knows",
    "latest_runs",
    "notebook_of_run",
    "open_and_ingest",
    "open_known",
    "read_pipeline",
    "report",
    "restore",
    "show",
    "stale_since",
    "stale_steps",
    "status",
    "stop",
    "write_report",
]


def hub(url: str = "") -> Hub:
    """Return the hub of the project of the working directory, with everything taken in that was recorded.

    Args:
        url: Another hub: a URL, or the path of a SQLite file.

    Raises:
        HubError: It cannot be opened.
    """
    project = find_project()
    found, _ = open_and_ingest(project, url or load_settings(project.root).hub)
    return found


def status(env: str = "") -> list[RunSummary]:
    """Return the newest run of each notebook, newest first; only those in *env* unless it is empty."""
    with hub() as found:
        return latest_runs(found, env)


def show(ref: str = "last") -> RunState | StepFinished | Pipeline | Charts | Changelog:
    """Return what *ref* names: the pipeline of a notebook's file, a run, a step of a run, or a dataset.

    ``NB/DATASET`` are its control charts; a dataset's name alone its change log.

    The id of a run is found from any folder, as in :func:`report` and :func:`stop`.

    Raises:
        ReferenceNotFound: It names nothing, or more than one thing.
        NotebookError: It is a file, but no notebook.
    """
    file = find_file(ref, find_project())
    if file:
        return read_pipeline(file)
    try:
        with hub() as own:
            charts = charts_in(own, ref)
        if charts is not None:
            return charts
        with _found(ref) as (_, meant):
            step = next((s.record for s in meant.state.steps if s.name == meant.step), None)
            return step or meant.state
    except ReferenceNotFound as unknown:
        with hub() as own:
            try:
                return known_changelog(own, ref)
            except (ReferenceNotFound, UsageError):
                raise unknown from None


def report(ref: str = "last", output: str | os.PathLike[str] | None = None) -> Path:
    """Write the HTML report of the run that *ref* names, and return where it is.

    Args:
        ref: The run, as ``sales@last-failed`` or the beginning of its id.
        output: Where to write it; beside the executed notebook when None.

    Raises:
        ReferenceNotFound: There is no such run.
        OutputError: It cannot be written.
    """
    with _found(ref) as (found, meant):
        return write_report(found, meant.state, Path(output) if output else None)


def restore(ref: str = "last-failed") -> Restoration:
    """Return a step of a run as it was when it failed: ``restore("b21c::clean")["orders"]``; nothing is written.

    Args:
        ref: The run, or ``RUN::STEP``; without a step the first one that failed.

    Raises:
        ReferenceNotFound: There is no such run, or no such step in it.
        UsageError: Nothing failed in it, and no step is named.
        NotebookError: The code of the run is not there any more.
    """
    with _found(ref) as (known, meant):
        return restored(known, meant.state, meant.step)


def stop(run: str, reason: str = "") -> bool:
    """Stop a run as Ctrl-C would, and return whether it ended within half a minute.

    Raises:
        ReferenceNotFound: There is no such run.
        Refused: It runs on another machine, or does not run any more.
    """
    with _found(run) as (found, meant):
        return stop_run(meant.state.started, found.project, reason=reason)


def adopt(notebook: str | os.PathLike[str], *, write: bool = False) -> Adoption:
    """Return what adopting a plain notebook would change; with *write* change it. Nothing is run.

    Raises:
        NotebookError: It is no notebook of Python, or a cell cannot be parsed.
        OutputError: It cannot be written.
    """
    adoption = propose(os.fspath(notebook))
    if write:
        _write(adoption)
    return adoption


_write = write


# ── what the doors share ─────────────────────────────────────────────────────────────────────────────────────────────


def charts_in(found: Hub, ref: str, env: str = "") -> Charts | None:
    """Return the control charts that *ref* names in a hub: ``NB/DATASET[@RUN]``; None when it names none.

    Raises:
        ReferenceNotFound: It names a notebook that ran, and nothing that its runs tell of.
    """
    series = named_series(found, ref)
    return Charts(find_charts(found, series, env=env)) if series is not None and series.notebook else None


def open_known(project: Project, url: str = "") -> Hub:
    """Return the hub of *project* as it is; where nothing was ever recorded, one in memory, so nothing is created."""
    is_unused = not url and not project.hub_file.exists() and not project.journals.exists()
    found = open_hub(project, "sqlite://" if is_unused else url)
    if is_unused:
        found.where = str(project.hub_file)  # where it will be
    return found


def open_and_ingest(project: Project, url: str = "") -> tuple[Hub, Ingested]:
    """Return the hub of *project* with its journals taken in. Where nothing was ever recorded, nothing is created."""
    found = open_known(project, url)
    try:
        return found, ingest(found, project)
    except HubError as error:
        if found.may_write:
            found.close()
            raise
        return found, Ingested(problems=(error.what,))  # who may only read reads what others took in
    except BaseException:
        found.close()
        raise


def hub_that_knows(own: Hub, ref: str, on_trouble: Callable[[str], None] = lambda text: None) -> Hub:
    """Return *own* when it knows the run that *ref* names by its id, else the hub of the known project that does.

    A hub that was named, by ``--hub`` or ``NBOPS_HUB``, is the one that is meant: ask only when none was. When no
    project knows the run, that is left for *own* to say. The other hub is for the caller to close.

    Raises:
        ReferenceNotFound: Runs of more than one other project begin so.
    """
    meant = parse(ref)
    run = run_id_in(meant)
    if not run or own.runs_beginning(run) or (not meant.run and find_notebook(own, meant.notebook)):
        return own
    return find_elsewhere(own.project, run, on_trouble) or own


@contextlib.contextmanager
def _found(ref: str) -> Iterator[tuple[Hub, Found]]:
    with hub() as own, contextlib.ExitStack() as others:
        known = own if os.environ.get("NBOPS_HUB") else hub_that_knows(own, ref)
        if known is not own:
            others.enter_context(known)
        yield known, resolve(known, ref)


def latest_runs(found: Hub, env: str = "") -> list[RunSummary]:
    """Return the newest batch run of each notebook in each environment, newest first."""
    return found.latest(env)


def find_file(ref: str, project: Project) -> Path | None:
    """Return the notebook's file when *ref* names one, with or without its suffix; None when it names a run or a step.

    Raises:
        ReferenceNotFound: It has a notebook's suffix, but there is no such file.
    """
    if Path(ref).suffix in (".ipynb", ".py") and Path(ref).exists():
        return Path(ref)
    if Path(ref).suffix in (".ipynb", ".py") and "::" not in ref:
        raise ReferenceNotFound(f"there is no notebook {ref!r}", where=os.getcwd(), fix="nbops runs lists what ran")
    meant = parse(ref)
    if meant.run or meant.step or not meant.notebook:
        return None
    for folder in (Path(), project.root):
        for suffix in (".ipynb", ".py"):
            file = folder / f"{meant.notebook}{suffix}"
            if file.is_file():
                return file
    return None


def read_pipeline(file: Path) -> Pipeline:
    """Return the pipeline of the notebook at *file*, named as its runs are."""
    return read(file, root=find_project(file).root)


def stale_steps(found: Hub, file: Path) -> dict[str, str]:
    """Return which steps of the notebook at *file* are stale since its newest run, and why."""
    path = found.project.relative(file)
    newest = found.newest(notebook=path)
    if newest is None:
        return {}
    state = found.run(newest.run)
    return stale_in_file(found.project, read_notebook(file), state, found.records(state.run))


def stale_since(found: Hub, state: RunState) -> dict[str, str]:
    """Return which steps are stale since a run, when it is the newest of a notebook that is still there."""
    file = found.project.root / (state.started.notebook or "")
    newest = found.newest(notebook=state.started.notebook) if state.started.notebook and file.is_file() else None
    if newest is None or newest.run != state.run:
        return {}
    try:
        return stale_steps(found, file)
    except UsageError:  # the notebook is being edited, or is none any more: what ran is shown all the same
        return {}


def write_report(found: Hub, state: RunState, output: Path | None = None) -> Path:
    """Write the report of *state* to *output*, or to its folder in ``.nbops/runs``, and return where it is.

    Raises:
        OutputError: It cannot be written.
    """
    from nbops.views.report import report_html

    project = found.project
    place = output or project.runs / state.run[:12] / "report.html"
    if output is None:
        project.make_folder()
    check_writable(place)
    source = notebook_of_run(project, state)
    pipeline = build(source, state.name) if source else None
    cells = {cell.index: cell.source for cell in source.cells} if source else {}
    history = with_charts(found, state, history_of(found, state))
    html = report_html(state, history, pipeline, cells, root=str(project.root))
    atomic_write(place, html.encode("utf-8", "backslashreplace"))
    return place


def notebook_of_run(project: Project, state: RunState) -> Notebook | None:
    """Return the notebook of *state* as it ran; None when it was moved, deleted or edited away since."""
    try:
        return notebook_of(project, state)
    except NotebookError:  # moved, deleted or edited away since: the report then has no graph and no code
        return None
