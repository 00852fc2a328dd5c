"""What a reference means: from ``sales@last-failed::clean`` to the run, the step and the test."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from nbops.errors import ReferenceNotFound, did_you_mean
from nbops.pipeline.reference import Ref, notebook_name, parse
from nbops.pipeline.run import RunState, RunSummary, StepState
from nbops.records import Status
from nbops.settings import ENVIRONMENTS
from nbops.store.hub import Hub
from nbops.views.words import short_id

__all__ = ["Found", "find_notebook", "resolve", "run_id_in"]

_SHORTEST_ID = 3
_KEYWORDS: dict[str, tuple[Status, ...]] = {
    "last": (),
    "last-failed": tuple(status for status in Status if status.is_bad),
    "last-good": tuple(status for status in Status if status.is_good),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a reference means.

    Args:
        state: The run or session.
        step: The step in it; empty when the reference names none.
        test: The test in that step, or why, or of which table, it left out rows; empty when the reference names none.
    """

    state: RunState
    step: str = ""
    test: str = ""


def resolve(hub: Hub, ref: Ref | str, *, env: str = "") -> Found:
    """Return what *ref* means to *hub*. Without a run it means the last one, sessions only when there is no run.

    Args:
        hub: The hub to look in.
        ref: As typed, or parsed.
        env: Look only at runs in this environment, unless an id is given; empty: at all.

    Raises:
        UsageError: *ref* is no reference.
        ReferenceNotFound: It means nothing, or more than one thing.

    Example:
        >>> from nbops.testing import memory_hub, records
        >>> with memory_hub(records("sales.ipynb", run="7f3a" * 8)) as hub:
        ...     resolve(hub, "sales@last::load").state.run[:4], resolve(hub, "7f3a").state.name
        ('7f3a', 'sales')
    """
    ref = parse(ref) if isinstance(ref, str) else ref
    run = _find_run(hub, ref, env)
    return _inside(hub.run(run), ref)


def run_id_in(ref: Ref | str) -> str:
    """Return the beginning of a run's id that *ref* names its run by; empty when it names it otherwise.

    Example:
        >>> run_id_in("b21c77"), run_id_in("sales@b21c77::clean"), run_id_in("sales@last"), run_id_in("sales")
        ('b21c77', 'b21c77', '', '')
    """
    ref = parse(ref) if isinstance(ref, str) else ref
    text = ref.run or ref.notebook
    return text if len(text) >= _SHORTEST_ID and set(text) <= set("0123456789abcdef") else ""


def find_notebook(hub: Hub, name: str) -> str | None:
    """Return the path of the one notebook of which *name* is the whole name or a tail; None when there is none.

    Raises:
        ReferenceNotFound: It is a tail of more than one.
    """
    wanted = notebook_name(name)
    names = {notebook_name(path): path for path in hub.notebooks()}
    if wanted in names:
        return names[wanted]
    tails = [full for full in names if full.endswith(f"/{wanted}")]
    if len(tails) > 1:
        raise _ambiguous(hub, name, tails)
    return names[tails[0]] if tails else None


def _find_run(hub: Hub, ref: Ref, env: str) -> str:
    if not ref.notebook:
        return _run_among(hub, ref.run or "last", None, env)
    notebook = find_notebook(hub, ref.notebook)
    if ref.run and notebook:
        return _run_among(hub, ref.run, notebook, env)
    if ref.run:
        raise _unknown(hub, f"no run of a notebook {ref.notebook!r}", ref.notebook)
    run = _run_alone(hub, ref.notebook)
    if notebook and run:
        raise _ambiguous(hub, ref.notebook, [notebook_name(notebook), f"the run {run}"])
    if notebook:
        return _run_among(hub, "last", notebook, env)
    if ref.notebook in _KEYWORDS:
        return _run_among(hub, ref.notebook, None, env)
    if not run:
        error = _unknown(hub, f"{ref.notebook!r} is neither a notebook that ran nor a run", ref.notebook)
        error.fix = _step_instead(hub, ref, env) or error.fix
        raise error
    return run


def _step_instead(hub: Hub, ref: Ref, env: str) -> str:
    """Return what to type when *ref* is the bare name of a step in the newest run; empty when it is not."""
    newest = None if ref.step else hub.newest(env=env)
    steps = [step.name for step in hub.run(newest.run).steps] if newest else []
    return f"did you mean '::{ref.notebook}', the step of the newest run?" if ref.notebook in steps else ""


def _run_alone(hub: Hub, text: str) -> str:
    """Return the run whose id begins with *text*; empty when it looks like no id, or begins none."""
    if not run_id_in(Ref(text)) or not hub.runs_beginning(text):
        return ""
    return hub.find_run(text)


def _run_among(hub: Hub, text: str, notebook: str | None, env: str) -> str:
    """Return the run that *text* means among those of *notebook* (None: of all)."""
    found: RunSummary | None
    of = f" of {notebook_name(notebook)}" if notebook else ""
    if text in _KEYWORDS:
        found = hub.newest(statuses=_KEYWORDS[text], notebook=notebook, env=env)
    elif text in ENVIRONMENTS:
        found = hub.newest(notebook=notebook, env=text)
    elif day := _date(text):
        end = day + datetime.timedelta(days=1)
        found = hub.newest(notebook=notebook, env=env, since=_seconds(day), before=_seconds(end))
    else:
        run = hub.find_run(text)
        if notebook not in (None, hub.run(run).started.notebook):
            raise _unknown(hub, f"run {run} is not one{of} but of {hub.run(run).name}", text)
        return run
    if found is None:
        raise _unknown(hub, f"no run{of} that {text!r} could mean" + (f" in {env}" if env else ""), "", env)
    return found.run


def _date(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if text.count("-") == 2 else None
    except ValueError:
        return None


def _seconds(day: datetime.date) -> float:
    return datetime.datetime.combine(day, datetime.time()).astimezone().timestamp()  # midnight, local time


def _inside(state: RunState, ref: Ref) -> Found:
    if not ref.step:
        return Found(state)
    step = next((s for s in state.steps if s.name == ref.step), None)
    where = f"{state.name}@{short_id(state.run)}"
    if step is None:
        fix = did_you_mean(ref.step, [s.name for s in state.steps])
        raise ReferenceNotFound(f"no step {ref.step!r}", where=where, fix=fix)
    known = [*(test.name for test in step.tests), *_left_out(step)]
    if ref.test and ref.test not in known:
        fix = did_you_mean(ref.test, known)
        raise ReferenceNotFound(f"no test {ref.test!r}", where=f"{where}::{step.name}", fix=fix)
    return Found(state, ref.step, ref.test)


def _left_out(step: StepState) -> Iterator[str]:
    """Yield for what reasons a step left out rows that are kept, and of what tables."""
    for account in step.record.accounts if step.record else ():
        kept = [entry.reason for entry in account.entries if entry.kept]
        yield from kept
        if kept and account.table_out.name:
            yield account.table_out.name


def _unknown(hub: Hub, what: str, name: str, env: str = "") -> ReferenceNotFound:
    where = f"hub {hub.where}, environment {env or 'all'}"
    if hub.newest() is None:
        return ReferenceNotFound(f"{what}: there is no run yet", where=where, fix="nbops run NOTEBOOK.ipynb")
    names = {notebook_name(path) for path in hub.notebooks()}
    near = did_you_mean(name, sorted(names | {full.rsplit("/", 1)[-1] for full in names}))
    fix = near if near.startswith("did you mean") else "nbops runs --all"  # all names may be hundreds
    return ReferenceNotFound(what, where=where, fix=fix)


def _ambiguous(hub: Hub, name: str, full: list[str]) -> ReferenceNotFound:
    what = f"{name!r} means more than one thing: {', '.join(full)}"
    return ReferenceNotFound(what, where=f"hub {hub.where}", fix="type more of the name")
