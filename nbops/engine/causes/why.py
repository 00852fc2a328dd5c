"""Why a step ran, was kept, was skipped or failed, and what of all that it depends on changed since an earlier run.

Everything is read from records, and from notebooks as they ran: nothing is run to explain it.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbops.engine.reuse.differing import Change, changes, made_by
from nbops.engine.reuse.keys import identity
from nbops.engine.reuse.replay import RESTORED
from nbops.errors import NbopsError, NotebookError
from nbops.notebook.cells import Notebook, read_notebook
from nbops.notebook.pipeline import build, source_hash
from nbops.notebook.reading import parse
from nbops.pipeline.run import RunState, StepState
from nbops.pipeline.step import Edge, Pipeline
from nbops.records import Record, Status, StepFinished
from nbops.settings import load_settings
from nbops.store.artifacts import Artifacts
from nbops.store.hub import Hub, open_hub
from nbops.store.ingest import ingest
from nbops.store.lookup import Found, resolve
from nbops.store.project import find_project
from nbops.views.words import short_id

__all__ = ["Explained", "StepWhy", "Why", "explain", "why"]

_RAN_AGAIN = "ran again: "
_MOST_RUNS = 20
_MOST_DIFF = 40
_DEEPEST = 8
_SEEN = ("file", "files", "random")


@dataclass(frozen=True, slots=True)
class Explained:
    """One thing that changed.

    Args:
        told: What changed, in a line.
        diff: The lines of code that differ, with ``-`` and ``+``.
        because: Why, where another step made it: what changed there, the first cause last.
    """

    told: str
    diff: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepWhy:
    """Why one step is as it is.

    Args:
        step: Its name.
        status: What became of it.
        told: What happened, in one line: it ran, was kept, was skipped or did not run, and why.
        compared: The run that it is compared with; empty when no earlier one knows the step.
        changes: What changed since then of all that it depends on.
        reuse: Whether ``--cache`` may take its result in another run, and why not.
        depends: All that it depends on: a hash, version or short value by the name of each thing.
        attempts: What became of the attempts before the last.
        edges: The steps that it needs, and why.
    """

    step: str
    status: Status
    told: str
    compared: str = ""
    changes: tuple[Explained, ...] = ()
    reuse: str = ""
    depends: Mapping[str, str] = field(default_factory=dict)
    attempts: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """Why a run, or some of its steps, are as they are.

    Args:
        run: The run's id.
        name: Its notebook, without the suffix.
        status: What became of it.
        reason: Why, where something is wrong.
        resumes: The run that it went on with; empty when it began anew.
        steps: Its steps, those that were asked for.
    """

    run: str
    name: str
    status: Status
    reason: str = ""
    resumes: str = ""
    steps: tuple[StepWhy, ...] = ()


def why(ref: str = "last") -> Why:
    """Return why the run or step that *ref* names is as it is: why it ran, was kept or skipped, and what changed.

    Args:
        ref: A run or a step of it, as ``sales@last::clean``.

    Raises:
        ReferenceNotFound: There is no such run or step.
    """
    project = find_project()
    with open_hub(project, load_settings(project.root).hub) as hub:
        ingest(hub, project)
        return explain(hub, resolve(hub, ref))


def explain(hub: Hub, found: Found) -> Why:
    """Return why what was *found* in *hub* is as it is."""
    state = found.state
    told = _Run(hub, state)
    steps = [step for step in state.steps if found.step in ("", step.name)]
    earlier = list(_earlier(hub, state)) if steps else []
    pipeline = told.pipeline
    return Why(
        run=state.run,
        name=state.name,
        status=state.status,
        reason=state.reason,
        resumes=state.started.resumes,
        steps=tuple(_step(told, step, earlier, pipeline) for step in steps),
    )


# ── one run ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Run:
    """What is known of one run: its records, its code.

    Args:
        hub: Where it is known.
        state: The run.
    """

    def __init__(self, hub: Hub, state: RunState) -> None:
        self.state = state
        self.records: Sequence[Record] = hub.records(state.run)
        self._root = hub.project.root
        self._artifacts = Artifacts.of(hub.project)
        self._notebook: Notebook | None = None
        self._is_read = False

    def ends(self, step: str) -> list[StepFinished]:
        """Return the records of the cells of a step, every attempt, in order."""
        ended = [r for r in self.records if isinstance(r, StepFinished) and r.step == step and r.cell_kind == "step"]
        return sorted(ended, key=lambda record: (record.part, record.attempt))

    def last(self, step: str) -> list[StepFinished]:
        """Return the record of the last attempt of each cell of a step."""
        return list({record.part: record for record in self.ends(step)}.values())

    def not_kept(self, record: StepFinished) -> str:
        """Return why what a cell left was not kept; empty when it was, or nobody knows."""
        kept = self._artifacts.find(record.key, record.run) if record.artifacts and record.key else None
        return f"what it left was not kept: {kept.problem}" if kept and kept.problem else ""

    def maker(self, part: str) -> StepFinished | None:
        """Return the record of the cell that made what *part* of a key tells of; None when it is not in this run.

        Several steps may make a variable one after the other: the key says which of them is meant.
        """
        key = made_by(part)
        ended = (r for r in reversed(self.records) if isinstance(r, StepFinished) and r.key_parts)
        return next((r for r in ended if identity(r.key_parts) == key), None) if key else None

    @property
    def notebook(self) -> Notebook | None:
        """The notebook as it ran, else as it is now; None when neither is there."""
        if not self._is_read:
            self._is_read = True
            for place in (self.state.output, self.state.started.notebook):
                if place and (self._root / place).is_file():
                    self._notebook = _read(self._root / place)
                    break
        return self._notebook

    @property
    def pipeline(self) -> Pipeline | None:
        """The pipeline of the notebook; None when it cannot be read."""
        try:
            return build(self.notebook, self.state.name) if self.notebook else None
        except NbopsError:
            return None

    def code_of(self, record: StepFinished) -> list[str]:
        """Return the lines of the cell that *record* tells of, as it ran."""
        for cell in self.notebook.code_cells if self.notebook else ():
            if source_hash([cell.source]) == record.source_hash:
                return cell.source.splitlines()
        return []

    def definition_of(self, name: str) -> list[str]:
        """Return the lines of the function or class *name*, as it is defined last."""
        found: list[str] = []
        for cell in self.notebook.code_cells if self.notebook else ():
            try:
                body = parse(cell.source).body
            except (SyntaxError, ValueError):  # another language, or not finished: no definition to find
                continue
            for node in body:
                if getattr(node, "name", None) == name:
                    found = ast.unparse(node).splitlines()
        return found


def _read(path: Path) -> Notebook | None:
    try:
        return read_notebook(path)
    except NotebookError:  # removed or edited away since: then code cannot be compared
        return None


def _earlier(hub: Hub, state: RunState) -> Iterable[_Run]:
    """Yield the runs that a run is compared with: the one that it went on with, then those before it."""
    before = state.started.at
    if state.started.resumes:
        try:
            yield _Run(hub, hub.run(state.started.resumes))
        except NbopsError:  # it was pruned
            before = state.started.at
    for _ in range(_MOST_RUNS):
        found = hub.newest(notebook=state.started.notebook, env=state.started.env, before=before)
        if found is None or found.started_at >= before:
            return
        before = found.started_at
        yield _Run(hub, hub.run(found.run))


# ── one step ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _step(run: _Run, step: StepState, earlier: Sequence[_Run], pipeline: Pipeline | None) -> StepWhy:
    records = run.last(step.name)
    keyed = [record for record in records if record.key_parts]
    other = _compared(step, earlier)
    changed = [e for record in keyed for e in _changed(run, other, record, 0)] if other else []
    edges = tuple(edge for edge in pipeline.edges if edge.target == step.name and edge.source) if pipeline else ()
    return StepWhy(
        step=step.name,
        status=step.status,
        told=_told(run, step, records),
        compared=other.state.run if other and keyed else "",
        changes=tuple(changed),
        reuse=_reuse(run, step, keyed),
        depends={name: part for record in keyed for name, part in record.key_parts.items()},
        attempts=tuple(r.remark for r in run.ends(step.name) if r not in records and r.remark),
        edges=edges,
    )


def _compared(step: StepState, earlier: Sequence[_Run]) -> _Run | None:
    """Return the run that a step is compared with: the last that knows it; one that failed, the last it was well in."""
    known = [one for one in earlier if any(record.key_parts for record in one.last(step.name))]
    well = (one for one in known if all(record.status.is_good for record in one.last(step.name)))
    newest = next(iter(known), None)
    return next(well, newest) if step.status.is_bad else newest


def _told(run: _Run, step: StepState, records: Sequence[StepFinished]) -> str:
    remark = next((record.remark for record in records if record.remark), "")
    if not records:
        return _not_run(run.state, step)
    if step.status is Status.SKIPPED:
        return f"skipped: {remark}" if remark else "skipped"
    if all(record.remark.startswith(RESTORED) for record in records):
        return f"kept: nothing that it depends on changed since {remark.removeprefix(RESTORED[:-1])}"
    if remark.startswith(_RAN_AGAIN):
        return f"ran, although its result was asked for: {remark.removeprefix(_RAN_AGAIN)}"
    if missed := next((record.missed for record in records if record.missed), ""):
        return f"ran, although --cache was asked: {missed}"
    return _ran(run)


def _ran(run: _Run) -> str:
    if run.state.started.kind == "session":
        return "ran: by hand every step runs"
    if run.state.started.resumes:
        return f"ran: it did not pass in @{short_id(run.state.started.resumes)}, or was not there"
    return "ran: every step does, unless resume or --cache takes a result over"


def _not_run(state: RunState, step: StepState) -> str:
    if state.status is Status.REFUSED:
        return f"refused: {state.reason}"
    if step.status is Status.PENDING:
        return "did not run yet"
    bad = next((one.name for one in state.steps if one.status.is_bad and one.name != step.name), "")
    if bad:
        return f"did not run: the run ended at {bad}"
    return f"did not run: {state.reason}" if state.reason else "did not run: it was not chosen"


def _reuse(run: _Run, step: StepState, keyed: Sequence[StepFinished]) -> str:
    if run.state.started.kind == "session":
        return ""
    if step.status.is_bad:
        return f"never taken by --cache: it {'failed' if step.status is Status.FAILED else 'did not end well'}"
    if step.status is Status.PENDING or (step.status is Status.SKIPPED and not keyed):
        return ""  # it did not run: there is nothing to take
    if not keyed:
        return "nothing is known of what it depends on, so no run takes its result"
    reasons = dict.fromkeys(filter(None, (record.reuse or run.not_kept(record) for record in keyed)))
    return (
        f"never taken by --cache: {'; '.join(reasons)}" if reasons else "--cache takes its result while nothing changes"
    )


def _changed(run: _Run, other: _Run, record: StepFinished, depth: int) -> list[Explained]:
    """Return what changed between two runs of one cell of a step, with the causes in the steps before it."""
    before = next((r for r in other.last(record.step) if r.part == record.part), None)
    return _differing(run, other, before, record, depth) if before is not None else []


def _differing(run: _Run, other: _Run, before: StepFinished, record: StepFinished, depth: int) -> list[Explained]:
    """Return what changed from *before*, the record of a cell in the *other* run, to *record*."""
    if not before.key_parts:
        return []
    found = changes(before.key_parts, record.key_parts)
    if not (before.status.is_good and record.status.is_good):  # what it had yet to read when it failed is no change
        found = tuple(c for c in found if c.kind not in _SEEN or not (c.before is None or c.now is None))
    return [_explained((run, other), before, record, change, depth) for change in found]


def _explained(
    runs: tuple[_Run, _Run], before: StepFinished, record: StepFinished, change: Change, depth: int
) -> Explained:
    run, other = runs
    if change.kind == "code":
        return Explained(str(change), _diff(other.code_of(before), run.code_of(record)))
    if change.kind in ("made", "again"):
        return Explained(str(change), (), _causes(runs, before, record, change.name, depth))
    if change.kind == "value" and not (change.before and change.now):
        return Explained(str(change), _diff(other.definition_of(change.name), run.definition_of(change.name)))
    return Explained(str(change))


def _causes(
    runs: tuple[_Run, _Run], before: StepFinished, record: StepFinished, name: str, depth: int
) -> tuple[str, ...]:
    """Return why the part *name* of a key, which a step made, is not what it was: the first cause last."""
    run, other = runs
    maker = run.maker(record.key_parts.get(name, ""))
    was = other.maker(before.key_parts.get(name, ""))
    if maker is None or depth >= _DEEPEST:
        return ()
    if was is None or was.step != maker.step:
        then = f", which {was.step} made before" if was is not None else ""
        return (f"{maker.step} makes it now{then}",)
    causes = _differing(run, other, was, maker, depth + 1)
    told = [text for cause in causes for text in (f"{maker.step}: {cause.told}", *cause.because)]
    return tuple(dict.fromkeys(told)) or (f"{maker.step} ran again and made it anew",)


def _diff(before: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    if not before or not now:
        return ()
    lines = difflib.unified_diff(before, now, lineterm="", n=1)
    kept = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    more = [f"… {len(kept) - _MOST_DIFF} more lines"] if len(kept) > _MOST_DIFF else []
    return (*kept[:_MOST_DIFF], *more)
