"""Going on with a run that ended badly: ``nbops.resume``, and what ``nbops resume`` calls.

Everything is inferred from the run: its notebook, parameters, environment, choice of steps. Plain cells run, steps
that passed are restored, and the first step that did not pass runs, with all that follow. The kernel decides about
each step by its key, so a notebook may be mended, and a file replaced, in between: what depends on it runs again.
"""

from __future__ import annotations

import dataclasses
import getpass
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nbops.engine.plans.plan import RunPlan, make_plan, source_hash
from nbops.engine.plans.restorable import good_records
from nbops.engine.production.kernels import check_language
from nbops.engine.production.notebook import conduct
from nbops.errors import NotebookError, Refused, UsageError, did_you_mean
from nbops.notebook.cells import Notebook, read_notebook
from nbops.notebook.pipeline import build
from nbops.notebook.secret import HIDDEN
from nbops.pipeline.run import History, RunState
from nbops.pipeline.step import Pipeline
from nbops.records import Act, CheckResult, Record, RunStarted, SourceGate, Status, StepFinished
from nbops.settings import load_settings
from nbops.store.artifacts import Artifacts
from nbops.store.hub import FUTURE_SECONDS, Hub, open_hub
from nbops.store.ingest import ingest
from nbops.store.journal import Journal
from nbops.store.lookup import resolve
from nbops.store.process import this_process
from nbops.store.project import Project, find_project
from nbops.views.words import short_id

__all__ = ["plan_to_resume", "reasons_of", "ref_of", "resume", "resume_state", "run_to_resume"]


def resume(
    run: str = "",
    *,
    params: Mapping[str, object] | None = None,
    with_: str | os.PathLike[str] | None = None,
    waive: Sequence[str] = (),
    reason: str = "",
    here: bool = False,
) -> RunState:
    """Go on with a run that ended badly: restore the steps that passed, run the one that did not, and what follows.

    Args:
        run: The run, as ``sales@last-failed`` or the beginning of its id; of a notebook, or without one, the last that
            ended badly, unless the notebook ended well since.
        params: Values of secret parameters, which no record holds, and of others that are to be different.
        with_: Another notebook to go on with; None takes the run's own, as it is now.
        waive: Tests whose failure is only to be a warning this time: ``TEST``, or ``STEP::TEST`` for that step alone.
        reason: Why they are waived.
        here: Go on here although what the run's steps left is on another machine: they run again.

    Returns:
        The new run as it ended.

    Raises:
        ReferenceNotFound: There is no such run.
        Refused: It still runs, or ended well, or its work was done since, or its results are on another machine.
        UsageError: A waived test has no reason, or is none of the run's; a secret is not given.
        NotebookError: Its notebook is not there any more.
    """
    project = find_project()
    with _hub_of(project, None) as hub:
        state = run_to_resume(hub, run)
        records = hub.records(state.run)
    return resume_state(state, records, project, params=params, with_=with_, waive=waive, reason=reason, here=here)


def resume_state(
    state: RunState,
    records: Sequence[Record],
    project: Project,
    *,
    params: Mapping[str, object] | None = None,
    with_: str | os.PathLike[str] | None = None,
    waive: Sequence[str] = (),
    reason: str = "",
    here: bool = False,
    hub: str | None = None,
    report: bool = True,
    on_record: Callable[[Record], None] | None = None,
    on_note: Callable[[str], None] | None = None,
    on_history: Callable[[History], None] | None = None,
) -> RunState:
    """Go on with the run *state*, whose *records* are given; see :func:`resume` and :func:`plan_to_resume`."""
    plan, path = plan_to_resume(
        state, records, project, params=params, with_=with_, waive=waive, reason=reason, here=here, hub=hub
    )
    _journal_waivers(project, plan)
    return conduct(plan, path, report=report, on_record=on_record, on_note=on_note, on_history=on_history)


def plan_to_resume(
    state: RunState,
    records: Sequence[Record],
    project: Project,
    *,
    params: Mapping[str, object] | None = None,
    with_: str | os.PathLike[str] | None = None,
    waive: Sequence[str] = (),
    reason: str = "",
    here: bool = False,
    hub: str | None = None,
) -> tuple[RunPlan, Path]:
    """Return what going on with the run *state* would do, and the notebook; nothing is run or written.

    Raises:
        Refused: It still runs, or ended well, or its results are on another machine.
        UsageError: A waived test has no reason, or is none of the run's; a secret is not given.
        NotebookError: Its notebook is not there any more.
    """
    _check_state(state)
    restore = good_records(records)
    _check_place(state, restore, project, here=here)
    waived = _waived(state, waive, reason)
    path = Path(os.path.abspath(with_)) if with_ else _notebook_of(state.started, project)
    source = read_notebook(path)
    check_language(source.language, str(path))
    settings = load_settings(project.root, env=state.started.env, hub=hub)
    pipeline = build(source, project.relative(path).rsplit(".", 1)[0])
    plan = make_plan(
        source,
        pipeline,
        project,
        settings,
        parameters={**_parameters(state.started, pipeline, params or {}), **(params or {})},
        output=_output_of(state, project),
        launcher="nbops resume",
    )
    chosen = _chosen(state.started, pipeline, source)
    plan = dataclasses.replace(
        plan,
        steps=chosen,
        restore=restore,
        resumes=state.run,
        waived=waived,
        waived_sources={gate.source: _why_waived(gate) for gate in state.started.gates if gate.answer == "waived"},
        notes=(_told(plan, state, restore, chosen),),
    )
    return plan, path


def reasons_of(plan: RunPlan, state: RunState) -> list[tuple[str, str]]:
    """Return for each step that a resumed run comes to, in order, what would become of it and why.

    Args:
        plan: What would be done.
        state: The run that would be gone on with.
    """
    hashes = {step.name: step.source_hash for step in plan.pipeline.steps}
    before = {step.name: step.status for step in state.steps}
    found = []
    for name in plan.steps:
        kept = [record for record in plan.restore if record.step == name]
        if len(kept) == 1 and kept[0].source_hash != hashes[name]:
            why = "runs: its code changed"
        elif kept:
            why = f"restored from @{short_id(state.run)}, unless what it depends on changed"
        else:
            why = f"runs: it {_ENDED.get(before.get(name, Status.PENDING), 'was not reached')}"
        found.append((name, why))
    return found


def _why_waived(gate: SourceGate) -> str:
    """Return the reason for which a source was waived: the run that goes on goes on without it too."""
    return gate.reason.rpartition("waived: ")[2]


_ENDED = {
    Status.FAILED: "failed",
    Status.ERROR: "ended in an error",
    Status.SKIPPED: "was skipped",
    Status.INTERRUPTED: "was interrupted",
}


def _hub_of(project: Project, url: str | None) -> Hub:
    hub = open_hub(project, load_settings(project.root, hub=url).hub)
    ingest(hub, project)
    return hub


def ref_of(run: str) -> str:
    """Return the reference of the run that *run* means: without one the last that ended badly, also of a notebook.

    Example:
        >>> ref_of(""), ref_of("7f3a"), ref_of("sales"), ref_of("sales@7f3a")
        ('last-failed', '7f3a', 'sales@last-failed', 'sales@7f3a')
    """
    if not run or "@" in run or run.startswith("last") or not set(run) - set("0123456789abcdef"):
        return run or "last-failed"
    return f"{run.removesuffix('.ipynb').removesuffix('.py')}@last-failed"


def run_to_resume(hub: Hub, run: str = "", env: str = "") -> RunState:
    """Return the run that *run* means where one is to go on.

    Without a run, or by the name of a notebook, it is the last that ended badly. When its work was done since, by a run
    that went on with it or by a new one, there is nothing to go on with.

    Args:
        hub: Where the runs are known.
        run: As typed.
        env: The environment, when one was named.

    Raises:
        ReferenceNotFound: There is no such run.
        Refused: Its work was done since, or is being done.
    """
    ref = ref_of(run)
    state = resolve(hub, ref, env=env).state
    later = None if ref == run else _taken_up(hub, state)
    if later is None:
        return state
    name, then = f"{later.name}@{short_id(later.run)}", f"@{short_id(state.run)}"
    if not later.status.is_final:
        raise Refused(
            f"{name} still runs, and goes on with {then}", where=name, fix=f"nbops show {short_id(later.run)}"
        )
    raise Refused(
        f"there is nothing to resume: {name} {later.status}, after {then} had {state.status}",
        where=name,
        fix=f"to go on with the older one all the same: nbops resume {short_id(state.run)}",
    )


def _taken_up(hub: Hub, state: RunState) -> RunState | None:
    """Return the first later run that did the work of *state*, or goes on with it now; None when there is none."""
    taken = {state.run}
    later = hub.runs(limit=None, since=state.started.at, env=state.started.env)
    now = time.time() + FUTURE_SECONDS
    for summary in reversed(later):
        if summary.run in taken:
            continue
        one = hub.run(summary.run)
        if summary.started_at > now and one.started.resumes not in taken:
            continue  # the clock was set back since: it was earlier
        goes_on = one.started.resumes in taken
        if goes_on:
            taken.add(one.run)
        if (goes_on and not one.status.is_final) or (one.status.is_good and (goes_on or _does_as_much(one, state))):
            return one
    return None


def _does_as_much(later: RunState, state: RunState) -> bool:
    """Whether a run was given what *state* was given, and was to run all of its steps."""
    is_same = (later.started.notebook, later.started.parameters) == (state.started.notebook, state.started.parameters)
    return is_same and set(later.started.steps) >= set(state.started.steps)


def _check_state(state: RunState) -> None:
    name = f"{state.name}@{short_id(state.run)}"
    if not state.status.is_final:
        raise Refused(f"{name} still runs", where=name, fix=f"nbops stop {short_id(state.run)}")
    if not state.status.is_bad:
        raise Refused(f"{name} {state.status}: there is nothing to resume", where=name, fix=f"nbops run {state.name}")
    if state.started.kind == "session":
        raise Refused(f"{name} is a session of cells run by hand", where=name, fix=f"nbops run {state.name}")


def _check_place(state: RunState, restore: Sequence[StepFinished], project: Project, *, here: bool) -> None:
    """Refuse to run everything again only because the results are on another machine, unless that is wished."""
    host = state.started.host
    if here or not host or host == this_process().host or not any(record.artifacts for record in restore):
        return
    artifacts = Artifacts.of(project)
    if not any(artifacts.find(record.key, record.run) for record in restore):
        name = f"{state.name}@{short_id(state.run)}"
        raise Refused(
            f"the results of {name} are on {host}, not here: every step would run again",
            where=artifacts.place.where,
            fix=f"type it on {host}, or let every step run again: nbops resume {short_id(state.run)} --here",
        )


def _waived(state: RunState, waive: Sequence[str], reason: str) -> dict[str, str]:
    if waive and not reason:
        raise UsageError("a waiver needs a reason", where="--waive", fix=f'--waive "{waive[0]}" --reason "…"')
    every = [(step.name, test) for step in state.steps for test in step.tests]
    failed = _names(every, Status.FAILED)
    for name in waive:
        if name in failed:
            continue
        if name in _names(every, Status.ERROR):
            what = f"{name!r} could not be judged in {short_id(state.run)}: only a test that failed can be waived"
            raise UsageError(what, where="--waive", fix=f"nbops restore {short_id(state.run)}")
        what = f"no failed test {name!r} in {short_id(state.run)}"
        fix = did_you_mean(name, failed) if failed else f"none of its tests failed: nbops resume {short_id(state.run)}"
        raise UsageError(what, where="--waive", fix=fix)
    return dict.fromkeys(waive, reason)


def _names(every: Sequence[tuple[str, CheckResult]], status: Status) -> list[str]:
    """Return what a waiver may call the tests of that *status*: their names, alone and behind that of their step."""
    found = [(step, test.name) for step, test in every if test.status is status]
    return [name for _, name in found] + [f"{step}::{name}" for step, name in found]


def _notebook_of(started: RunStarted, project: Project) -> Path:
    path = project.root / (started.notebook or "")
    if not started.notebook or not path.is_file():
        raise NotebookError(
            f"the notebook of {short_id(started.run)} is not there: {started.notebook or 'unknown'}",
            where=str(project.root),
            fix=f"nbops resume {short_id(started.run)} --with NOTEBOOK",
        )
    return path


def _parameters(started: RunStarted, pipeline: Pipeline, given: Mapping[str, object]) -> dict[str, str]:
    """Return what the run was given; defaults are left to the notebook.

    Raises:
        UsageError: It was given a secret, which no record holds.
    """
    found = {}
    for parameter in pipeline.parameters:
        text = started.parameters.get(parameter.name)
        if parameter.name not in started.given:
            continue
        if text == HIDDEN and parameter.name not in given:
            raise UsageError(
                f"the secret {parameter.name!r} is in no record",
                where=f"{short_id(started.run)}",
                fix=f"nbops resume {short_id(started.run)} -p {parameter.name} secret:{parameter.name.upper()}",
            )
        if text is not None and text != HIDDEN:
            found[parameter.name] = text
    return found


def _output_of(state: RunState, project: Project) -> Path | None:
    """Return where the run wrote its executed notebook; None for the folder of its own that every run has."""
    path = project.root / state.started.output if state.started.output else None
    return None if path is None or path.is_relative_to(project.runs) else path


def _chosen(started: RunStarted, pipeline: Pipeline, source: Notebook) -> tuple[str, ...]:
    """Return the steps that the run was to run, and those that the notebook did not have yet."""
    every = tuple(step.name for step in pipeline.steps)
    if not started.steps or source_hash(source) != started.source_hash:
        return every
    return tuple(name for name in every if name in started.steps)


def _told(plan: RunPlan, state: RunState, restore: Sequence[StepFinished], chosen: Sequence[str]) -> str:
    passed = [name for name in chosen if any(record.step == name for record in restore)]
    said = f"goes on with @{short_id(state.run)}: {len(passed)} of {len(chosen)} steps passed"
    changed = plan.source is not None and source_hash(plan.source) != state.started.source_hash
    return f"{said}; the notebook changed since" if changed else said


def _journal_waivers(project: Project, plan: RunPlan) -> None:
    if not plan.waived:
        return
    journal = Journal(project)
    for test, reason in plan.waived.items():
        act = Act(time.time(), "waive", plan.run, getpass.getuser(), reason, {"test": test, "resumes": plan.resumes})
        journal.append(act, sync=True)
    journal.close()
