"""Running a notebook in production: ``nbops.run``, and what ``nbops run`` calls.

Everything that can be known to be wrong is found before a process starts. Then the kernel boots while papermill is
imported; the cells run in order, in the notebook's own folder as in Jupyter; the executed notebook, the report and the
hub tell the same.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nbops.engine.kernel.shipping import ship
from nbops.engine.plans.plan import RunPlan, make_plan
from nbops.engine.plans.restorable import with_inputs_of_last_good
from nbops.engine.plans.saving import atomic_write, check_writable
from nbops.engine.production.gating import gated, is_refused, record_refusal, waiving
from nbops.engine.production.kernels import check_language
from nbops.engine.production.launch import Watch, launch
from nbops.errors import HubError, OutputError
from nbops.notebook.cells import read_notebook
from nbops.notebook.pipeline import build
from nbops.pipeline.graph import select
from nbops.pipeline.run import History, RunState
from nbops.records import Record
from nbops.settings import load_settings
from nbops.store.project import find_project
from nbops.views.words import short_id

if TYPE_CHECKING:
    from nbops.store.hub import Hub

__all__ = ["conduct", "run"]


def run(
    notebook: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    params: Mapping[str, object] | None = None,
    only: str | Sequence[str] = (),
    from_: str = "",
    until: str = "",
    timeout: str | float | None = None,
    env: str | None = None,
    hub: str | None = None,
    kernel: str = "",
    report: bool = True,
    cache: bool = False,
    waive: str | Sequence[str] = (),
    reason: str = "",
    on_record: Callable[[Record], None] | None = None,
    on_note: Callable[[str], None] | None = None,
    on_history: Callable[[History], None] | None = None,
) -> RunState:
    """Run a notebook from its first cell to its last in a kernel of its own, and record it.

    Args:
        notebook: The notebook, ``.ipynb`` or a percent script.
        output: The executed notebook; None writes it into ``.nbops/runs``.
        params: Values of parameters by name, as Python values or as text; converted to their declared types.
        only: Run these steps, and what they need.
        from_: Run this step and all that depends on it, and what those need.
        until: Run all that this step needs, and it.
        timeout: The longest that the run may take, as ``2h`` or in seconds; None takes the setting.
        env: The environment it belongs to, ``dev``, ``test`` or ``prod``; None takes the setting.
        hub: Where the hub is; None takes the setting.
        kernel: The kernel's name; empty takes the notebook's own.
        report: Whether to write the report.
        cache: Whether steps on which nothing changed are restored from earlier runs instead of run.
        waive: Sources that steps need (``--needs``) and that the run goes on without.
        reason: Why they are waived.
        on_record: Called with each record as it becomes known: live progress.
        on_note: Called with each sentence that is for the user; None prints it to stderr.
        on_history: Called with what earlier runs say about the run, once it ended and its hub knows it.

    Returns:
        The run as it ended. A run that failed is no exception: look at ``status``.

    Raises:
        NotebookError: There is no such notebook, or it cannot be read.
        ParameterError: A parameter is unknown, missing, or of the wrong type.
        PipelineError: Its steps contradict each other, or a chosen step is unknown.
        NothingSelected: The choice holds no step.
        KernelError: There is no such kernel, it speaks another language, or it did not start.
        UsageError: A setting is wrong.
        OutputError: The executed notebook cannot be written.
        RunInterrupted: A KeyboardInterrupt that holds the run's ``state``: Ctrl-C ended it, and its record is written.

    Example::

        state = run("flights_daily.ipynb", params={"first_day": "2013-01-02"})
        assert state.status.exit_code == 0
    """
    path = Path(os.path.abspath(notebook))
    source = read_notebook(path)
    check_language(source.language, str(path))
    project = find_project(path)
    limit = f"{timeout:g}" if isinstance(timeout, (int, float)) else timeout
    settings = load_settings(project.root, env=env, hub=hub, timeout=limit)
    plan = make_plan(
        source,
        build(source, project.relative(path).rsplit(".", 1)[0]),
        project,
        settings,
        parameters=params,
        only=[only] if isinstance(only, str) and only else only,
        from_=from_,
        until=until,
        output=None if output is None else Path(os.path.abspath(output)),
    )
    if only or from_ or until:
        names = [only] if isinstance(only, str) and only else only
        plan = with_inputs_of_last_good(plan, select(plan.pipeline, only=names, from_=from_, until=until))
    names_waived = [waive] if isinstance(waive, str) else waive
    return conduct(
        waiving(dataclasses.replace(plan, is_cached=cache), names_waived, reason),
        path,
        kernel=kernel,
        report=report,
        on_record=on_record,
        on_note=on_note,
        on_history=on_history,
    )


def conduct(
    plan: RunPlan,
    path: Path,
    *,
    kernel: str = "",
    report: bool = True,
    on_record: Callable[[Record], None] | None = None,
    on_note: Callable[[str], None] | None = None,
    on_history: Callable[[History], None] | None = None,
) -> RunState:
    """Run what is planned for the notebook at *path*, as :func:`run` does once it knows the plan."""
    assert plan.source is not None
    project, source = plan.project, plan.source
    _check_hub(plan)
    note = on_note or _print_note
    plan = gated(plan, note)
    if is_refused(plan):
        return _refused(plan, on_record, note, on_history, with_report=report)
    plan = _with_output(plan, path)
    place = plan.folder / "report.html" if report else None
    watch = Watch(
        on_record=on_record or (lambda record: None),
        on_note=note,
        report=project.relative(place) if place else "",
        meanwhile=lambda: _get_ready(plan, place),
        on_end=lambda state: _remember(plan, state, place, note, on_history or (lambda history: None)),
    )
    state, _ = launch(plan, kernel or source.kernel_name or "python3", path.parent, _node_maker(path, plan), watch)
    return state


def _refused(
    plan: RunPlan,
    on_record: Callable[[Record], None] | None,
    note: Callable[[str], None],
    on_history: Callable[[History], None] | None,
    *,
    with_report: bool,
) -> RunState:
    """Record and report a run that was refused before anything started."""
    place = plan.folder / "report.html" if with_report else None
    state = record_refusal(plan, on_record or (lambda record: None), plan.project.relative(place) if place else "")
    _remember(plan, state, place, note, on_history or (lambda history: None))
    return state


def _check_hub(plan: RunPlan) -> None:
    """Make sure before anything runs that the hub's address is one; a path always is, and costs no import.

    Raises:
        UsageError: It is none.
    """
    if "://" in plan.settings.hub:
        from nbops.store.address import hub_url

        hub_url(plan.project, plan.settings.hub)


def _with_output(plan: RunPlan, path: Path) -> RunPlan:
    if plan.output is not None:
        return plan
    output = plan.folder / f"{path.stem}.ipynb"
    check_writable(output)
    return dataclasses.replace(plan, output=output)


def _node_maker(path: Path, plan: RunPlan) -> Callable[[], object]:
    def make() -> object:
        from nbops.engine.production.executed import inject_parameters, load_node

        assert plan.source is not None
        node = load_node(plan.source)
        inject_parameters(node, plan.typed_parameters)
        node.metadata.papermill["input_path"] = str(path)
        node.metadata.papermill["output_path"] = str(plan.output)
        return node

    return make


def _get_ready(plan: RunPlan, place: Path | None) -> None:
    """Import what the end of the run needs while its kernel works: the database's library above all."""
    if not plan.pipeline.steps:  # then the hub takes it in later, in a process of its own
        return
    with contextlib.suppress(ImportError):  # it is raised again, and told, where it is needed
        from nbops.engine.causes import findings
        from nbops.store import hub, ingest

        del findings, hub, ingest
        if place is not None:
            from nbops.views import report

            del report


def _remember(
    plan: RunPlan,
    state: RunState,
    place: Path | None,
    note: Callable[[str], None],
    tell: Callable[[History], None],
) -> None:
    """Let the hub take the run in, and write its report. Trouble with either is told, and changes no verdict."""
    history = _take_in(plan, state, note)
    tell(history)
    if place is None:
        return
    try:
        _write_report(plan, state, history, place)
    except OutputError as error:
        note(f"the report {error.what}: {error.where}")
    except Exception as error:  # noqa: BLE001 - the run is over and judged; its report can be made again
        note(f"the report cannot be made ({type(error).__name__}: {error}); type: nbops report {short_id(state.run)}")


def _take_in(plan: RunPlan, state: RunState, note: Callable[[str], None]) -> History:
    if not state.steps and not state.status.is_bad:  # nothing to compare with earlier runs, so nothing to wait for
        ship(plan.project, plan.settings.hub, note)
        return History()
    try:
        from nbops.engine.causes.findings import history_of
        from nbops.engine.production.control import with_charts
        from nbops.store.hub import open_hub
        from nbops.store.ingest import ingest

        with open_hub(plan.project, plan.settings.hub) as hub:
            ingest(hub, plan.project)
            _describe(plan, state, hub, note)
            return with_charts(hub, state, history_of(hub, state))
    except HubError as error:
        note(f"the hub will take this run in later: {error.what}")
        return History()


def _describe(plan: RunPlan, state: RunState, hub: Hub, note: Callable[[str], None]) -> None:
    """Bring what the project says of its datasets up to date; trouble with it is told, and changes no verdict."""
    from nbops.store.describing import keep_up

    try:
        started = state.started
        for problem in keep_up(hub, plan.project, plan.settings, notebook=started.notebook or "", owner=started.owner):
            note(problem)
    except Exception as error:  # noqa: BLE001 - the run is over and judged; the next one writes what this one could not
        note(f"dictionaries and change log are not up to date ({type(error).__name__}: {error})")


def _write_report(plan: RunPlan, state: RunState, history: History, place: Path) -> None:
    from nbops.views.report import report_html

    assert plan.source is not None
    check_writable(place)
    sources = {cell.index: cell.source for cell in plan.source.cells}
    html = report_html(state, history, plan.pipeline, sources, root=str(plan.project.root))
    atomic_write(place, html.encode())


def _print_note(text: str) -> None:
    print(f"nbops: {text}", file=sys.stderr)
