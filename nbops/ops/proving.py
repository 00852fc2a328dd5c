"""An error becomes a test: a rule that fails on what an incident left behind, and passes on the last good runs.

Both are shown by judging kept tables. Nothing of the notebook is run, and no rule is proposed that was not shown.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbops.checks.suite import result_name
from nbops.engine.causes.findings import history_of
from nbops.engine.plans.saving import atomic_write
from nbops.engine.production.stopping import user_name
from nbops.engine.reuse.ruling import rule_folders
from nbops.errors import ArtifactError, ReferenceNotFound, UsageError
from nbops.frames.tables import is_frame
from nbops.pipeline.incident import Incident
from nbops.pipeline.proposal import Proposal, Proposals
from nbops.pipeline.run import RunState
from nbops.records import Act, Status
from nbops.rules.rule import rule_of
from nbops.rules.separating import Proven, separating
from nbops.rules.writing import rules_added, rules_text
from nbops.store.artifacts import Artifacts, Kept
from nbops.store.hub import Hub
from nbops.store.incidents import incident
from nbops.store.ingest import ingest
from nbops.store.journal import Journal
from nbops.views.words import count, line, short_id

__all__ = ["propose_tests", "write_test"]

_MOST_GOOD = 12
_LOOKED_AT = 60
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class _Evidence:
    """One table of the run that went wrong."""

    name: str
    step: str
    table: Any


def propose_tests(hub: Hub, number: int) -> Proposals:
    """Return the tests that incident *number* could become, each shown on its evidence and on the last good runs.

    Raises:
        ReferenceNotFound: There is no such incident.
    """
    one = incident(hub, number)
    state = _run_of(hub, one)
    if state is None:
        told = "a person told of it" if one.last.kind == "reported" else "the records of its run were pruned"
        return Proposals(one, "", why=f"there is nothing to show a test on: {told}", fix=_BY_HAND.format(number=number))
    artifacts = Artifacts.of(hub.project)
    evidence = list(_evidence(artifacts, state))
    names = tuple(found.name for found in evidence)
    if not evidence:
        why = "no table was kept before it went wrong" + (f" at {one.last.step}" if one.last.step else "")
        return Proposals(one, state.run, why=why, fix=_BY_HAND.format(number=number))
    good = _good_runs(hub, state)
    if not good:
        why = "no good run of the notebook is known to show a test on"
        return Proposals(one, state.run, (), names, why=why, fix=f"nbops run {state.started.notebook}")
    hints = _hints(one, state)
    found = [
        _proposal(hub, state, part, rule, one)
        for part in _likely_first(hub, state, evidence)
        for rule in separating(list(_same_table(artifacts, good, part.name)), part.table, hints=hints)
    ]
    runs = tuple(run.run for run in reversed(good))
    if not found:
        why = f"no rule tells {', '.join(names)} of this run from those of {count(len(good), 'good run')}"
        return Proposals(one, state.run, runs, names, why=why, fix=_BY_HAND.format(number=number))
    return Proposals(one, state.run, runs, names, tuple(found))


_BY_HAND = "write a rule or a %%test cell by hand, then: nbops incidents note {number}"


def write_test(hub: Hub, chosen: Proposal, one: Incident) -> Incident:
    """Write a proposed test into its rule file, and note with the incident that it guards against it now.

    Raises:
        UsageError: The rule file changed since the test was proposed.
    """
    if _with_rule(chosen.file, chosen.dataset, chosen.rule, _comment(one)) != chosen.text:
        raise UsageError("the rule file changed meanwhile", where=str(chosen.file), fix=f"propose again: {one.number}")
    chosen.file.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(chosen.file, chosen.text.encode())
    named = result_name(chosen.rule.check, chosen.dataset)
    detail = {"number": str(one.number), "test": chosen.name, "file": hub.project.relative(chosen.file)}
    detail |= {"named": named, "notebook": one.last.notebook}
    journal = Journal(hub.project)
    journal.append(Act(time.time(), "to-test", one.fingerprint, user_name(), "", detail), sync=True)
    journal.close()
    ingest(hub, hub.project)
    return incident(hub, one.number)


def _run_of(hub: Hub, one: Incident) -> RunState | None:
    if one.last.kind == "reported":
        return None
    try:
        return hub.run(one.last.run)
    except ReferenceNotFound:
        return None


def _good_runs(hub: Hub, state: RunState) -> list[RunState]:
    """Return the last good runs of the same notebook, the oldest first: of the same environment, else of any."""
    notebook = state.started.notebook or ""
    every = [run for run in hub.runs(limit=_LOOKED_AT, nb=notebook) if run.status.is_good and run.notebook == notebook]
    same = [run for run in every if run.env == state.started.env] or every
    return [hub.run(run.run) for run in reversed(same[:_MOST_GOOD])]


def _evidence(artifacts: Artifacts, state: RunState) -> Iterator[_Evidence]:
    """Yield the tables of a run as its steps left them, and the deliveries that it refused."""
    for name, (step, kept) in _kept(artifacts, state).items():
        table = _table(artifacts, kept)
        if table is not None:
            yield _Evidence(name, step, table)


def _kept(artifacts: Artifacts, state: RunState) -> dict[str, tuple[str, Kept]]:
    """Return what is kept of a run by name; of a table that several steps left, the first: there it came in."""
    found: dict[str, tuple[str, Kept]] = {}
    for step in state.steps:
        if step.record is None:
            continue
        left = artifacts.find(step.record.key, state.run) if step.record.key else None
        refused = [artifacts.find(f"refused-{name}", state.run) for name in step.record.writes]
        for some in (left, *refused):
            for kept in some.values if some and not some.problem else ():
                for name in kept.names if kept.digest else ():
                    found.setdefault(name, (step.name, kept))
    return found


def _same_table(artifacts: Artifacts, good: list[RunState], name: str) -> Iterator[Any]:
    for run in good:
        kept = _kept(artifacts, run).get(name)
        table = _table(artifacts, kept[1]) if kept else None
        if table is not None:
            yield table


def _table(artifacts: Artifacts, kept: Kept) -> Any:
    """Return a kept value when it is a table that can still be read; else None."""
    try:
        value = artifacts.get(kept)
    except ArtifactError:  # discarded, or damaged: it shows nothing
        return None
    return value if is_frame(value) and not _repeats(value) else None


def _repeats(table: Any) -> bool:
    """Return whether two columns have one name: no rule can say which of them it means."""
    names = list(getattr(table, "column_names", None) or table.columns)
    return len({str(name) for name in names}) < len(names)


def _likely_first(hub: Hub, state: RunState, evidence: list[_Evidence]) -> list[_Evidence]:
    """Return *evidence* with the table first that the error came in with, as far as that is known."""
    findings = history_of(hub, state).findings
    origins = {origin.variable: at for at, origin in enumerate(findings.origins if findings else ()) if origin.step}
    return sorted(evidence, key=lambda part: origins.get(part.name, len(origins)))


def _hints(one: Incident, state: RunState) -> set[str]:
    """Return the words of what went wrong: the columns among them are what a test should be about."""
    step = next((each for each in state.steps if each.name == one.last.step), None)
    bad = [test for test in step.tests if test.status in (Status.FAILED, Status.ERROR)] if step else []
    said = [one.last.name, one.last.told, *(text for test in bad for text in (test.name, test.source, test.message))]
    return set(_WORD.findall(" ".join(said)))


def _proposal(hub: Hub, state: RunState, part: _Evidence, rule: Proven, one: Incident) -> Proposal:
    folders = rule_folders(hub.project.root, state.started.notebook or "")
    files = [folder / f"{part.name}.yml" for folder in folders]
    file = next((path for path in files if path.is_file()), files[0])
    return Proposal(part.name, part.step, rule, file, _with_rule(file, part.name, rule, _comment(one)))


def _comment(one: Incident) -> str:
    where = (
        f"{line(one.last.notebook, 60)}::{line(one.last.step, 60)}" if one.last.step else line(one.last.notebook, 60)
    )
    return f"incident #{one.number} at {where}, {short_id(one.last.run)}: {line(one.last.name, 60)}"


def _with_rule(file: Path, dataset: str, rule: Proven, comment: str) -> str:
    """Return what *file* holds with the rule in it, below a comment that says which incident it comes from."""
    if not file.is_file():
        text = rules_text([rule_of(rule.check)], dataset=dataset)
        new = True
    else:
        text, added = rules_added(file.read_text(encoding="utf-8"), [rule_of(rule.check)], name=str(file))
        new = bool(added)
    return _commented(text, rule.text, comment) if new else text


def _commented(text: str, rule: str, comment: str) -> str:
    lines = text.splitlines(keepends=True)
    at = max(i for i, each in enumerate(lines) if each.strip().removeprefix("- ") == rule)
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    return "".join([*lines[:at], f"{indent}# {comment}\n", *lines[at:]])
