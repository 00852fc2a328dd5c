"""The gate before a run: whether the sources that its steps need are there, asked before any process starts."""

from __future__ import annotations

import contextlib
import dataclasses
import fnmatch
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nbops.engine.cell.needs import told
from nbops.engine.plans.plan import RunPlan, started_record
from nbops.engine.production.following import Following
from nbops.engine.production.secrets import Secrets
from nbops.errors import Refused, UsageError
from nbops.pipeline.reference import notebook_name
from nbops.pipeline.run import RunState
from nbops.records import Failure, Record, RunFinished, Status
from nbops.store.known import remember

if TYPE_CHECKING:
    from nbops.sources.gate import Need

__all__ = ["gated", "is_refused", "record_refusal", "refusal", "waiving"]


def waiving(plan: RunPlan, waive: Iterable[str], reason: str) -> RunPlan:
    """Return *plan* with sources that it goes on without.

    Raises:
        UsageError: There is no reason, or nothing that runs needs such a source.
    """
    names = list(waive)
    if not names:
        return plan
    from nbops.sources.gate import waived_needs

    found = waived_needs(_needs(plan), names, reason)
    return dataclasses.replace(plan, waived_sources={**plan.waived_sources, **found})


def gated(plan: RunPlan, note: Callable[[str], None]) -> RunPlan:
    """Return *plan* with what was found of each source that it needs, once they are there or nobody waits any longer.

    Args:
        plan: What is to run.
        note: Told while it waits, and of each source that is not there although the run goes on.

    Raises:
        UsageError: A source is unknown, or what is said of it means nothing.
        HubError: It cannot be looked up what was known of a source.
    """
    needs = _needs(plan)
    if not needs:
        return plan
    from nbops.sources.definitions import project_definitions, written_definitions
    from nbops.sources.gate import ask
    from nbops.sources.watching import Watcher

    where = str(plan.path or plan.pipeline.name)
    code = [cell.source for cell in plan.source.code_cells] if plan.source else []
    known = {**project_definitions(plan.project.root), **written_definitions(code, where)}
    watcher = Watcher(plan.project, plan.settings.hub, plan.settings.env)
    gates = ask(needs, known, watcher, waived=plan.waived_sources, tell=note, where=where)
    for gate in gates:
        if gate.answer in ("warned", "waived"):
            note(f"goes on without {gate.source}: {gate.reason}")
    return dataclasses.replace(plan, gates=gates)


def is_refused(plan: RunPlan) -> bool:
    """Whether a source that is needed is not there."""
    return any(gate.answer == "refused" for gate in plan.gates)


def refusal(plan: RunPlan) -> Refused:
    """Return the error that says what is not there."""
    shut = [gate for gate in plan.gates if gate.answer == "refused"]
    first = shut[0]
    fix = f"nbops sources check {first.source}, or go on without: nbops run … --waive {first.source} --reason TEXT"
    return Refused(told(shut), where=f"source {first.source}, {first.url}", fix=fix)


def record_refusal(plan: RunPlan, on_record: Callable[[Record], None], report: str = "") -> RunState:
    """Write down that a run was refused, with what it needed, and return its state. No process was started for it.

    Args:
        plan: What was to run.
        on_record: Told each record.
        report: The report's path, as the record names it.
    """
    error = refusal(plan)
    secrets = Secrets(plan.secret_values)
    with contextlib.closing(Following(plan.project, plan.run, plan.settings.hub, on_record, secrets.clean_tree)) as to:
        to.write(started_record(plan))
        remember(plan.project)
        failure = Failure("SourceNotReady", error.what, fix=error.fix)
        to.write(RunFinished(time.time(), plan.run, Status.REFUSED, error.what, failure, report=report))
        return to.state


def _needs(plan: RunPlan) -> list[Need]:
    """Return what the steps that are to run need, and what the project says of the whole notebook."""
    restored = {record.step for record in plan.restore}
    wanted = set(plan.steps) - restored
    steps = [step for step in plan.pipeline.steps if step.options.needs and step.name in wanted]
    of_notebook = _of_notebook(plan)
    if not steps and not of_notebook:
        return []
    from nbops.sources.gate import read_need

    where = str(plan.path or plan.pipeline.name)
    found = [
        read_need(text, (step.name,), f"{where} step {step.name}") for step in steps for text in step.options.needs
    ]
    return [*found, *(read_need(text, (), "pyproject.toml [tool.nbops.needs]") for text in of_notebook)]


def _of_notebook(plan: RunPlan) -> list[str]:
    """Return what ``[tool.nbops.needs]`` says: sources by the name of a notebook, or a pattern of names."""
    name = notebook_name(plan.project.relative(plan.path)) if plan.path else ""
    found: list[str] = []
    for pattern, needs in _table_of_needs(plan.project.root).items():
        wanted = notebook_name(pattern)
        if name and (fnmatch.fnmatchcase(name, wanted) or f"/{name}".endswith(f"/{wanted}")):
            found += [needs] if isinstance(needs, str) else needs
    return found


def _table_of_needs(root: Path) -> Mapping[str, str | list[str]]:
    file = root / "pyproject.toml"
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return {}
    if "[tool.nbops.needs]" not in text:
        return {}
    table = tomllib.loads(text).get("tool", {}).get("nbops", {}).get("needs", {})
    for pattern, needs in table.items():
        every = [needs] if isinstance(needs, str) else needs
        if not isinstance(every, list) or not all(isinstance(one, str) for one in every):
            fix = f'"{pattern}" = ["orders_feed:wait=30m"]'
            raise UsageError("what a notebook needs is a list of texts", where=f"{file} [tool.nbops.needs]", fix=fix)
    return dict(table)
