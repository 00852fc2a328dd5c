"""``nbops status``, ``runs``, ``show`` and ``report``: reading what was recorded."""

from __future__ import annotations

import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbops.doors.cli.invocation import Invocation, plain, verb
from nbops.doors.cli.running import path_from_here, root_elsewhere, run_as_json
from nbops.errors import ReferenceNotFound
from nbops.pipeline.run import RunSummary
from nbops.pipeline.step import Pipeline
from nbops.records import Status
from nbops.settings import duration
from nbops.views.words import short_id

if TYPE_CHECKING:
    from nbops.pipeline.schedule import ListedSchedule
    from nbops.store.hub import Hub

__all__ = ["report", "runs", "show", "status"]


@verb("status")
def status(invocation: Invocation) -> None:
    """Tell what is wrong now: the newest run of each notebook, wrong ones first."""
    from nbops.doors.verbs import latest_runs
    from nbops.views.schedules_text import warnings_of
    from nbops.views.terminal import status_view

    env = invocation.given.get("env", "")
    with invocation.hub() as hub:
        latest = latest_runs(hub, env)
        has_others = hub.newest() is not None
        untimely, served = _untimely(hub)
    bad = [run for run in latest if run.status.is_bad]
    if invocation.as_json:
        is_well = not bad and not any(one.missing for one in untimely)
        found = {"hub": invocation.hub_address, "env": env or None, "is_well": is_well, "runs": latest}
        invocation.print_json({**found, "schedules": [_schedule(one) for one in untimely]})
    else:
        lines = warnings_of(untimely, is_served=served)
        told: dict[str, Any] = {"hub": invocation.hub_shown, "env": env, "has_others": has_others}
        invocation.screen().print(status_view(latest, **told, now=time.time(), untimely=lines))


def _untimely(hub: Hub) -> tuple[list[ListedSchedule], bool]:
    """Return the schedules whose run is missing, began late or cannot begin, and whether anything executes them."""
    from nbops.ops.schedules import listed_schedules
    from nbops.store.leases import is_served

    now = time.time()
    found = listed_schedules(hub, now)
    return [one for one in found if one.missing or one.late_seconds or one.trouble], is_served(hub, now)


def _schedule(one: ListedSchedule) -> dict[str, object]:
    return {"name": one.schedule.name, "missing": one.missing, "late_seconds": one.late_seconds, "trouble": one.trouble}


@verb("runs")
@click.option("--failed", is_flag=True, help="Only those that stop a gate.")
@click.option("--since", metavar="TIME", help="Only those of the last 90m, 24h, 7d.")
@click.option("--nb", metavar="GLOB", help="Only those of these notebooks: a pattern, or the end of a name.")
@click.option("--owner", metavar="NAME", help="Only those of this owner.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many."
)
@click.option("--all", "is_all", is_flag=True, help="Sessions too, and without a limit.")
def runs(
    invocation: Invocation,
    *,
    failed: bool,
    since: str | None,
    nb: str | None,
    owner: str | None,
    limit: int,
    is_all: bool,
) -> None:
    """List the runs, newest first."""
    from nbops.views.terminal import runs_table

    env = invocation.given.get("env", "")
    with invocation.hub() as hub:
        found = hub.runs(
            limit=None if is_all else limit,
            failed=failed,
            since=time.time() - duration(since) if since else None,
            nb=nb,
            owner=owner,
            env=env or None,
            sessions=is_all,
        )
        has_others = hub.newest() is not None
    if invocation.as_json:
        invocation.print_json([_summary(run) for run in found])
    else:
        invocation.screen().print(runs_table(found, hub=invocation.hub_shown, env=env, has_others=has_others))


@verb("show")
@click.argument("ref", default="last")
@click.option("-o", "--out", metavar="FILE", help="Write the rows that failed or were left out: .csv or .parquet.")
@click.option("--open", "opens", is_flag=True, help="Open the report in the browser.")
def show(invocation: Invocation, ref: str, out: str | None, opens: bool) -> None:
    """Show one thing: the pipeline of a notebook, a run, a step of it, a test, rows that were left out, or a dataset.

    REF is NB, NB@RUN, NB@RUN::STEP::TEST or a run's id; RUN is an id, last, last-failed, last-good or a date.
    In the place of TEST stands a reason, as cancelled, for which the step left out rows.
    NB/DATASET is a dataset: its columns, what changed, its control charts; NB/run is the time of the run.
    '#38' is an incident.
    """
    from nbops.doors.cli.incidents import number_in, show_incident
    from nbops.doors.cli.rows import write_rows
    from nbops.doors.verbs import find_file, read_pipeline

    number = number_in(ref)
    if number is not None:
        show_incident(invocation, number)
        return
    if out:
        write_rows(invocation, ref, Path(out))
        return
    file = None if opens else find_file(ref, invocation.project)
    if file:
        _show_pipeline(invocation, read_pipeline(file), file)
        return
    if "/" in ref and _show_dataset(invocation, ref, opens):
        return
    try:
        _show_run(invocation, ref, opens)
    except ReferenceNotFound:
        if "/" in ref or not _show_dataset(invocation, ref, opens):
            raise


def _show_dataset(invocation: Invocation, ref: str, opens: bool) -> bool:
    """Show a dataset: its columns, its newest changes, its control charts; False when nothing of that name is known."""
    from nbops.doors.charts import write_charts
    from nbops.doors.datasets import dataset_in
    from nbops.views.structure_terminal import changelog_view

    with invocation.hub() as hub:
        log, charts = dataset_in(hub, ref, env=str(invocation.given.get("env", "")))
        page = write_charts(hub.project, ref, charts) if charts is not None and opens else None
    if page:
        webbrowser.open(page.resolve().as_uri())
    if invocation.as_json and (log or charts is not None):
        invocation.print_json({"changelog": log, "charts": list(charts or ())})
        return True
    if log is not None:
        invocation.screen().print(changelog_view(log, is_verbose=True, limit=3))
    if charts is not None:
        click.echo(f"\n{charts!r}" if log is not None else repr(charts))
    return log is not None or charts is not None


def _show_pipeline(invocation: Invocation, pipeline: Pipeline, file: Path) -> None:
    from nbops.doors.verbs import stale_steps
    from nbops.views.pipeline_text import pipeline_view

    with invocation.hub() as hub:
        stale = stale_steps(hub, file)
    if invocation.as_json:
        invocation.print_json({**plain(pipeline), "stale": stale})
        return
    screen = invocation.screen()
    screen.print(pipeline_view(pipeline, stale))
    if not pipeline.steps:
        invocation.say(f"hint: `nbops adopt {pipeline.path}` proposes steps (reads the code, runs nothing).")


def _show_run(invocation: Invocation, ref: str, opens: bool) -> None:
    from nbops.doors.cli.rows import show_left_out, tell_left_out
    from nbops.doors.verbs import stale_since, write_report
    from nbops.engine.causes.findings import history_of
    from nbops.views.findings_text import findings_view
    from nbops.views.step_record import step_text, test_text
    from nbops.views.terminal import end_view

    with invocation.find(ref) as (hub, found):
        state, history, project = found.state, history_of(hub, found.state), hub.project
        stale = stale_since(hub, state)
        if opens:
            webbrowser.open(write_report(hub, state).resolve().as_uri())
        step = next((s for s in state.steps if s.name == found.step), None)
        if found.test and step and found.test not in {test.name for test in step.tests}:
            show_left_out(invocation, hub, found)
            return
    tests = [t for t in step.tests if t.name == found.test] if step else []
    if step and invocation.as_json:
        invocation.print_json({"run": state.run, **(plain(tests[0]) if found.test else plain(step))})
    elif tests:
        click.echo("\n".join(map(test_text, tests)))
        if any(test.examples.rows for test in tests):
            where = f"{state.name}@{short_id(state.run)}::{found.step}::{found.test}"
            invocation.say(f"  as a table: nbops.failing({where!r})")
    elif step:
        usual = history.usual_seconds.get(step.name)
        click.echo(step_text(step.record, usual) if step.record else f"{step.name} {step.status}: it did not run")
        tell_left_out(invocation, step)
    elif invocation.as_json:
        invocation.print_json({**run_as_json(state), "findings": plain(history.findings)})
    else:
        notebook = path_from_here(project, state.output)
        report = path_from_here(project, state.finished.report if state.finished else "")
        invocation.screen().print(
            end_view(state, history, notebook=notebook, report=report, root=root_elsewhere(project))
        )
        for name, why in stale.items():
            invocation.say(f"stale: {name}: {why}")
        if history.findings:
            invocation.screen().print("", findings_view(history.findings))


@verb("report")
@click.argument("ref", default="last")
@click.option("-o", "--out", "out", metavar="FILE", help="Where to write it; beside the executed notebook by default.")
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
def report(invocation: Invocation, ref: str, out: str | None, opens: bool) -> None:
    """Write the HTML report of the run that REF names: one file that needs no network."""
    from nbops.doors.verbs import write_report

    with invocation.find(ref) as (hub, found):
        state = found.state
        path = write_report(hub, state, Path(out) if out else None)
    if opens:
        webbrowser.open(path.resolve().as_uri())
    if invocation.as_json:
        invocation.print_json({"run": state.run, "status": state.status, "report": path})
    else:
        click.echo(str(path))


def _summary(run: RunSummary) -> dict[str, object]:
    found: dict[str, object] = plain(run)
    return {**found, "is_bad": Status(run.status).is_bad}
