"""``nbops run`` and ``nbops stop``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbops.doors.cli.invocation import Invocation, verb
from nbops.doors.cli.parameters import WithParameters, read_parameters
from nbops.doors.cli.streams import silent_when_closed
from nbops.errors import HubError, UsageError
from nbops.pipeline.run import History, RunState
from nbops.store.project import Project, find_project
from nbops.views.words import short_id

if TYPE_CHECKING:
    from nbops.doors.cli.progress import Progress
    from nbops.engine.plans.plan import RunPlan

__all__ = ["finish", "path_from_here", "root_elsewhere", "run", "run_as_json", "stop", "tell_plan"]

INTERRUPTED = 130


@verb("run", cls=WithParameters)
@click.argument("notebook")
@click.argument("output", required=False)
@click.option("-p", "--parameter", "pairs", multiple=True, metavar="NAME VALUE",
              help="A parameter; NAME=VALUE in one word is the same. May be repeated.")  # fmt: skip
@click.option("-f", "--file", "file", metavar="FILE", help="Parameters from a YAML or JSON file; -p wins over it.")
@click.option("-o", "--out", "out", metavar="FILE", help="The executed notebook, as the second argument.")
@click.option("--only", metavar="A,B", help="Run these steps; what they need is restored, or runs where it changed.")
@click.option("--from", "from_", metavar="STEP", default="", help="Run this step and all that depends on it.")
@click.option("--until", metavar="STEP", default="", help="Run this step and all that it needs.")
@click.option("--timeout", metavar="TIME", help="The longest that the whole run may take: 90s, 10m, 2h.")
@click.option("--kernel", metavar="NAME", default="", help="The kernel to run in, instead of the notebook's own.")
@click.option("--cache/--no-cache", "is_cached", default=False,
              help="Restore steps on which nothing changed, or execute every step (the default).")  # fmt: skip
@click.option("--waive", "waive", multiple=True, metavar="SOURCE",
              help="Go on without this source that a step needs. May be repeated; demands --reason.")  # fmt: skip
@click.option("--reason", metavar="TEXT", default="", help="Why it is waived; it stands in the record.")
@click.option("--junit", "--junitxml", "junit", metavar="FILE", help="Write the tests as JUnit XML.")
@click.option("-n", "--dry-run", "is_dry", is_flag=True, help="Say what would run, and why; run nothing.")
def run(
    invocation: Invocation,
    *,
    notebook: str,
    output: str | None,
    pairs: tuple[str, ...],
    file: str | None,
    out: str | None,
    only: str | None,
    from_: str,
    until: str,
    timeout: str | None,
    kernel: str,
    is_cached: bool,
    waive: tuple[str, ...],
    reason: str,
    junit: str | None,
    is_dry: bool,
) -> int:
    """Run NOTEBOOK in a kernel of its own, record it, and judge it by its tests.

    The executed notebook goes to OUTPUT, or into .nbops/runs; a report is written beside it.
    """
    if output and out and output != out:
        raise UsageError(f"two places for the executed notebook: {output} and {out}", fix="name one of them")
    choice: dict[str, Any] = {"only": _listed(only), "from_": from_, "until": until}
    params = read_parameters(pairs, file)
    if is_dry:
        return _show_plan(invocation, Path(notebook), params, choice)
    from nbops.engine.production import notebook as engine

    return finish(
        invocation,
        Path(notebook),
        junit,
        lambda told: engine.run(
            notebook,
            output or out,
            params=params,
            timeout=timeout,
            kernel=kernel,
            cache=is_cached,
            waive=waive,
            reason=reason,
            env=invocation.given.get("env"),
            hub=invocation.given.get("hub"),
            on_record=told.record,
            on_note=told.note,
            on_history=told.learn,
            **choice,
        ),
    )


def _listed(text: str | None) -> tuple[str, ...]:
    """Return the names in *text*; none when there was no such option.

    Raises:
        UsageError: There was one, and it names nothing: that would mean every step.
    """
    names = tuple(name.strip() for name in (text or "").split(",") if name.strip())
    if text is not None and not names:
        raise UsageError(f"{text!r} names no step", where="--only", fix="--only A,B")
    return names


def finish(invocation: Invocation, notebook: Path, junit: str | None, run_it: Callable[[Progress], RunState]) -> int:
    """Run what *run_it* runs, show how it goes and how it ended, and return the exit code."""
    from nbops.doors.cli.progress import Progress
    from nbops.engine.plans.saving import check_writable
    from nbops.engine.production.stopping import RunInterrupted

    if junit:
        check_writable(Path(junit))  # before anything runs
    with Progress(invocation, find_project(notebook)) as progress:
        try:
            state = run_it(progress)
            code = state.status.exit_code
        except RunInterrupted as interrupted:
            state, code = interrupted.state, INTERRUPTED
    if junit:
        from nbops.doors.cli.junit import write_junit

        write_junit(state, Path(junit))
    with silent_when_closed():  # the verdict stands, whether anybody reads it or not
        _show_end(invocation, state, code, notebook, progress.found)
    _tell_others(invocation, state, find_project(notebook))
    return code


def _tell_others(invocation: Invocation, state: RunState, project: Project) -> None:
    """Send notices of a run that others rely on, where the project says to whom; the verdict stands anyway."""
    from nbops.pipeline.incident import is_relied_on

    if not is_relied_on(state.started):
        return
    from nbops.doors.verbs import open_and_ingest
    from nbops.ops.notices import announce, deliver
    from nbops.ops.routes import read_routes
    from nbops.store.incidents import take_stock

    try:
        routes = read_routes(project.root)
        hub, _ = open_and_ingest(project, invocation.hub_of(project))
        with hub:
            if routes.is_default:  # then it stands in this terminal already; who may only read the hub sees it there
                take_stock(hub)
                return
            announce(hub, routes)
            done = deliver(hub, routes)
    except (HubError, UsageError) as error:
        click.echo(f"note: nobody was told: {error.what}", err=True)
        return
    for name, why, is_final in dict.fromkeys((one.route.name, one.why, one.is_final) for one in done if one.why):
        again = "" if is_final else "; nbops serve, or the next run, tries again"
        click.echo(f"note: the route {name} was not reached: {why}{again}", err=True)


def _show_end(invocation: Invocation, state: RunState, code: int, notebook: Path, found: History | None) -> None:
    project = find_project(notebook)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from nbops.doors.cli.junit import github_lines

        for text in github_lines(state):
            click.echo(text, err=invocation.as_json)
    report = state.finished.report if state.finished else ""
    if invocation.as_json:
        invocation.print_json(run_as_json(state, code))
        return
    from nbops.views.terminal import end_view

    invocation.screen().print(
        end_view(
            state,
            found or _history(invocation, state, project),
            exit_code=code,
            report=path_from_here(project, report),
            notebook=path_from_here(project, state.output),
            root=root_elsewhere(project),
            is_brief=invocation.is_quiet,
        )
    )
    if not state.steps and not state.status.is_bad:
        invocation.say(
            f"hint: nothing is tested yet. `nbops adopt {notebook}` proposes steps (reads the code, runs nothing)."
        )


def _history(invocation: Invocation, state: RunState, project: Project) -> History:
    """Return what earlier runs say about a run that ended before its hub was asked."""
    if not state.steps and not state.status.is_bad:
        return History()
    from nbops.doors.cli.progress import history_of

    try:
        return history_of(state, project, invocation.hub_of(project))
    except HubError as error:  # the verdict stands without it, and the run already said why
        click.echo(f"note: earlier runs are not known: {error.what}", err=True)
        return History()


def path_from_here(project: Project, path: str) -> str:
    """Return *path*, relative to the project, as it is opened from here; empty when there is no such file."""
    if not path:
        return ""
    file = project.root / path
    if not file.exists():
        return ""
    return os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file)


def root_elsewhere(project: Project) -> str:
    """Return the folder of *project* when it is not the working directory, empty when it is."""
    return "" if project.root == Path.cwd() else str(project.root)


def run_as_json(state: RunState, code: int | None = None) -> dict[str, Any]:
    """Return *state* as the object that ``--json`` prints."""
    from nbops.doors.cli.invocation import plain

    return {
        "run": state.run,
        "name": state.name,
        "status": str(state.status),
        "exit_code": state.status.exit_code if code is None else code,
        "reason": state.reason,
        "seconds": state.seconds,
        "env": state.started.env,
        "notebook": state.started.notebook,
        "output": state.output,
        "report": state.finished.report if state.finished else "",
        "parameters": plain(state.started.parameters),
        "failure": plain(state.failure),
        "steps": [plain(step) for step in state.steps],
        "started": plain(state.started),
        "finished": plain(state.finished),
    }


# ── the plan alone ───────────────────────────────────────────────────────────────────────────────────────────────────


def _show_plan(invocation: Invocation, notebook: Path, params: dict[str, Any], choice: dict[str, Any]) -> int:
    from nbops.doors.verbs import read_pipeline
    from nbops.engine.plans.plan import make_plan
    from nbops.engine.plans.restorable import with_inputs_of_last_good
    from nbops.notebook.cells import read_notebook
    from nbops.pipeline.graph import select
    from nbops.settings import load_settings

    project = find_project(notebook)
    settings = load_settings(project.root, env=invocation.given.get("env"))
    source = read_notebook(notebook)
    plan = make_plan(source, read_pipeline(notebook), project, settings, parameters=params, **choice)
    if any(choice.values()) and project.folder.is_dir():  # nothing is written where nothing ran yet
        chosen = select(plan.pipeline, only=choice["only"], from_=choice["from_"], until=choice["until"])
        plan = with_inputs_of_last_good(plan, chosen)
    return tell_plan(invocation, notebook, plan, _reasons(plan, choice))


def tell_plan(invocation: Invocation, notebook: Path, plan: RunPlan, reasons: Iterable[tuple[str, str]]) -> int:
    """Say what a run of *notebook* would do, step by step and why, and return the exit code."""
    from nbops.views.words import count

    env = plan.settings.env
    steps = [{"step": name, "why": why} for name, why in reasons]
    if invocation.as_json:
        found = {"notebook": str(notebook), "env": env, "steps": steps, "notes": list(plan.notes)}
        invocation.print_json({**found, "parameters": plan.parameter_texts})
        return 0
    size = f"{len(steps)} of {count(len(plan.pipeline.steps), 'step')}"
    click.echo(f"{plan.pipeline.name}  env {env}  would run {size}")
    width = max((len(s["step"]) for s in steps), default=0)
    for step in steps:
        click.echo(f"  {step['step']:<{width}}  {step['why']}")
    for note in plan.notes:
        invocation.say(f"note: {note}")
    return 0


def _reasons(plan: RunPlan, choice: dict[str, Any]) -> list[tuple[str, str]]:
    from nbops.pipeline.graph import select

    if not any(choice.values()):
        return [(name, "every step runs") for name in plan.steps]
    chosen = select(plan.pipeline, only=choice["only"], from_=choice["from_"], until=choice["until"])
    needed_by = {e.source: e for e in reversed(plan.pipeline.edges) if e.target in plan.steps}
    found = []
    for name in plan.steps:
        edge = needed_by.get(name)
        why = "chosen" if name in chosen else f"{edge.target} {edge.reason}" if edge else "comes before"
        found.append((name, why))
    return found


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@verb("stop")
@click.argument("run")
@click.option("--reason", metavar="TEXT", default="", help="Why; it stands in the run's record.")
def stop(invocation: Invocation, run: str, reason: str) -> int:
    """Stop RUN as Ctrl-C in its terminal would: the step that runs is interrupted, and the record stays true."""
    from nbops.engine.production.stopping import stop_run
    from nbops.store.ingest import ingest
    from nbops.views.card import title

    with invocation.find(run) as (hub, found):
        state = found.state
        if state.finished:
            raise UsageError(f"{title(state)} is over: {state.status}", fix=f"nbops show {short_id(state.run)}")
        has_ended = stop_run(state.started, hub.project, reason=reason)
        ingest(hub, hub.project)
        state = hub.run(state.run)
    if invocation.as_json:
        invocation.print_json({**run_as_json(state), "has_ended": has_ended})
    elif has_ended:
        click.echo(f"{title(state)} {state.status}: {state.reason}")
    else:
        click.echo(f"{title(state)} was asked to stop and still runs; again: nbops stop {short_id(state.run)}")
    return 0 if has_ended else 2
