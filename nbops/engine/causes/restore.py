"""Opening a failure where it happened: the variables that a step had when it failed, and its code ready to be edited.

What steps before it left is read from what was kept; imports, functions and plain cells that it needs are run, those
that write to the outside aside. What cannot be had again is named, with the reason.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbops.engine.causes.findings import history_of
from nbops.engine.causes.lineage import KeptValues, Lineage, notebook_of
from nbops.engine.causes.slicing import Action, Slice, fill, slice_for, value_of
from nbops.engine.cell.failed_rows import failed_rows, with_failing_rows
from nbops.engine.plans.saving import atomic_write, check_writable, is_device
from nbops.errors import OutputError, ReferenceNotFound, UsageError
from nbops.notebook.cells import Cell
from nbops.pipeline.run import NO_HISTORY, History, RunState
from nbops.records import StepFinished
from nbops.store.artifacts import Artifacts
from nbops.store.hub import Hub
from nbops.views.card import Card, card, card_text
from nbops.views.words import count, line, short_id

__all__ = ["Restoration", "restored"]

_WRITTEN = "restored_as"


@dataclass(slots=True)
class Restoration:
    """A step of a run as it was when it failed; ``restoration["orders"]`` is what it read as ``orders``.

    Args:
        state: The run.
        step: The step.
        cells: Its cells, from the one that failed on, ready to be edited.
        lineage: What the run did.
        actions: What must be done to have its variables again.
        offered: The same with the code of steps whose results were not kept, for who wants to run them again.
        given: The parameters that the run was given, as text.
        root: The project's root.
        history: What earlier runs say about the run.
    """

    state: RunState
    step: str
    cells: tuple[Cell, ...]
    lineage: Lineage
    actions: Slice
    offered: Slice
    given: Mapping[str, str]
    root: Path
    history: History = NO_HISTORY
    _values: KeptValues = field(init=False)

    def __post_init__(self) -> None:
        """What is read is read once."""
        self._values = KeptValues(self.lineage)

    @property
    def ref(self) -> str:
        """How it is named: ``b21c77::clean``."""
        return f"{short_id(self.state.run)}::{self.step}"

    @property
    def missing(self) -> dict[str, str]:
        """Why some variables cannot be had, by name."""
        return dict(self.actions.missing)

    @property
    def names(self) -> dict[str, Action]:
        """The variables that are read from what was kept or given: those of several cells with the cell's number."""
        bound = [action for action in self.offered.actions if action.name and not action.same_as]
        often = [action.name for action in bound]
        return {
            action.name if often.count(action.name) == 1 else f"{action.name}@{action.statement.cell + 1}": action
            for action in bound
        }

    def __getitem__(self, name: str) -> Any:
        """Return what *name* was; what was one object is one object again.

        Raises:
            KeyError: It is none of those that can be had.
            ArtifactError: It is damaged, or gone meanwhile.
        """
        return value_of(self.names[name], {}, self._values)

    def __repr__(self) -> str:
        return "\n".join(self.told(self.missing))

    @property
    def failing(self) -> Any:
        """The failing rows of the first test that failed, see :func:`nbops.failing`; without pandas a list of them."""
        tests = [test for _, test in with_failing_rows(self.state, self.step)]
        test = next((test for test in tests if test.status.is_bad), None)
        if test is None:
            return []
        try:
            return failed_rows(self.state, self.lineage.artifacts, self.step, test.name)
        except ImportError:  # a notebook that needs no tables needs no pandas
            return [dict(zip(test.examples.columns, row, strict=False)) for row in test.examples.rows]

    def fill(self, namespace: dict[str, Any]) -> dict[str, str]:
        """Bind everything in *namespace*, ``failing`` too, and return why some of it could not be had."""
        missing = fill(self.actions, namespace, self.lineage)
        namespace["failing"] = self.failing
        return missing

    def told(self, missing: Mapping[str, str]) -> Iterator[str]:
        """Yield what is there and what is not, a line each."""
        kept: dict[str, list[str]] = {}
        for action in self.actions.actions:
            if action.name and action.name not in missing:
                kept.setdefault(_maker(action), []).append(action.name)
        yield f"restored {self.ref} as it failed"
        for where, names in kept.items():
            yield f"  {where}: {', '.join(dict.fromkeys(names))}"
        ran = dict.fromkeys(a.statement.cell + 1 for a in self.actions.actions if not a.name)
        if ran:
            yield f"  run again: what is needed of {'cell' if len(ran) == 1 else 'cells'} {', '.join(map(str, ran))}"
        rows = self.failing
        kind = "with all columns" if getattr(rows, "attrs", {}).get("source") == "table" else "as recorded"
        every = getattr(rows, "attrs", {}).get("failing") or len(rows)
        shown = count(len(rows), "row") if every <= len(rows) else f"{len(rows):,} of {count(every, 'row')}"
        yield f"  failing: {shown}, {kind}" if len(rows) else "  failing: no rows are recorded"
        for name, why in missing.items():
            yield f"  not restored: {name}: {why}"

    # ── the notebook ─────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, output: Path | None = None) -> Path:
        """Write a notebook in which all of this is done, and return where it is.

        Args:
            output: Where to; None writes it beside the run's notebook, under a name that is free. A file that is there
                is replaced only when it is such a notebook, and nobody edited its code since.

        Raises:
            OutputError: It cannot be written, or another file is there.
        """
        path = output or self._free_path()
        check_writable(path)
        _check_replaceable(path)
        text = json.dumps(self.notebook(), indent=1, ensure_ascii=False) + "\n"
        atomic_write(path, text.encode("utf-8", "backslashreplace"))
        return path

    def _free_path(self) -> Path:
        notebook = self.root / (self.state.started.notebook or "")
        folder = notebook.parent if notebook.parent.is_dir() else self.root
        stem, number = f"restore-{short_id(self.state.run)}", 1
        path = folder / f"{stem}.ipynb"
        while path.exists():  # somebody may have edited it
            number += 1
            path = folder / f"{stem}-{number}.ipynb"
        return path

    def notebook(self) -> dict[str, Any]:
        """Return the notebook as the content of its file."""
        begin = f'%load_ext nbops\nfrom nbops import restore\n\nthen = restore("{self.ref}")\nprint(then)'
        cells = [_markdown(self._head()), _code(begin)]
        cells += [_code(text) for text in self._pieces()]
        cells += [_code("failing = then.failing\nfailing")]
        cells += [_code(cell.source) for cell in self.cells]
        kernel = self.lineage.notebook.metadata.get("kernelspec")
        metadata = {"language_info": {"name": "python"}, **({"kernelspec": kernel} if kernel else {})}
        metadata["nbops"] = {_WRITTEN: _hash_of(cells)}
        return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}

    def _head(self) -> str:
        said = [f"# {line(self.ref, 120)} as it failed", "", "```text", card_text(self._card()), "```", ""]
        said += [f"- **{name}** is not restored: {why}" for name, why in self.offered.missing.items()]
        return "\n".join(said).rstrip()

    def _card(self) -> Card:
        whole = card(self.state, self.history)
        elsewhere = tuple((why, typed) for why, typed in whole.next if not typed.startswith("nbops restore"))
        return replace(whole, next=elsewhere)

    def _pieces(self) -> Iterator[str]:
        """Yield the code of the cells before the step's: what is needed of each, in the order of the notebook."""
        names = {id(action): name for name, action in self.names.items()}
        texts: dict[tuple[int, str], list[str]] = {}
        for action in self.offered.actions:
            text = action.statement.text
            if action.same_as:
                text = f"{action.name} = {action.same_as}"
            elif action.name:
                text = f'{action.name} = then["{names[id(action)]}"]'
            texts.setdefault((action.statement.cell, self._about(action)), []).append(text)
        for (_, about), lines in texts.items():
            yield "\n".join([about, *dict.fromkeys(lines)])

    def _about(self, action: Action) -> str:
        statement = action.statement
        if action.given is not None:
            return "# parameters of the run"
        if action.name:
            return f"# {statement.step}, as it was left"
        if statement.kind == "step" and not statement.is_definition:
            why = self.lineage.left(statement.cell)[1] or "it was not kept"
            return f"# {statement.step} is to run again: {line(why, 200)}"
        return f"# cell {statement.cell + 1}" + (f", {statement.step}" if statement.step else "")


def restored(hub: Hub, state: RunState, step: str = "") -> Restoration:
    """Return a step of a run as it was when it failed.

    Args:
        hub: Where the run is known.
        state: The run.
        step: The step; empty for the first that is bad.

    Raises:
        UsageError: Nothing failed, and no step is named.
        ReferenceNotFound: The step is not in the code, or has not run.
        NotebookError: The code of the run is not there any more.
    """
    records = hub.records(state.run)
    lineage = Lineage(notebook_of(hub.project, state), records, Artifacts.of(hub.project))
    record = _record(state, lineage, step)
    first = next((s for s in lineage.statements if s.cell == record.cell), None)
    if first is None or record.cell is None:
        raise ReferenceNotFound(
            f"step {record.step!r} is not in the code of {short_id(state.run)}",
            where=state.started.notebook or "",
            fix=f"nbops show {short_id(state.run)}",
        )
    given = {name: state.started.parameters.get(name, "") for name in state.started.given}
    names = _needed(lineage, record.cell, first.index)
    unkept = {s.cell for s in lineage.statements[: first.index] if s.kind == "step" and lineage.left(s.cell)[1]}
    cells = [cell for cell in lineage.notebook.code_cells if cell.index in _own_cells(lineage, record)]
    return Restoration(
        state=state,
        step=record.step,
        cells=tuple(cells),
        lineage=lineage,
        actions=slice_for(lineage, names, first.index, given=given),
        offered=slice_for(lineage, names, first.index, given=given, again=unkept),
        given=given,
        root=hub.project.root,
        history=history_of(hub, state),
    )


def _record(state: RunState, lineage: Lineage, step: str) -> StepFinished:
    records = [record for _, record in sorted(lineage.records.items()) if not step or record.step == step]
    bad = next((record for record in records if record.status.is_bad), None)
    if bad is not None or (step and records):
        return bad or records[0]
    name = f"{state.name}@{short_id(state.run)}"
    if step:
        raise ReferenceNotFound(
            f"step {step!r} has not ended in that run", where=name, fix=f"nbops show {short_id(state.run)}"
        )
    fix = f"name one: nbops restore {short_id(state.run)}::STEP"
    raise UsageError(f"no step of {name} failed", where=name, fix=fix)


def _needed(lineage: Lineage, cell: int, before: int) -> list[str]:
    """Return what the step's cells read from before, and what plain cells define: that is how one looks around."""
    made: set[str] = set()
    found: dict[str, None] = {}
    step = lineage.cell_statements(cell)[0].step
    for statement in lineage.statements[before:]:
        if statement.step == step:
            deferred = [read for reads in statement.flow.defers.values() for read in reads]
            found |= dict.fromkeys(read for read in (*statement.flow.reads, *deferred) if read not in made)
            made |= statement.flow.changes
    for statement in lineage.statements[:before]:
        if statement.is_definition and statement.kind == "plain":
            found |= dict.fromkeys(statement.flow.writes)
    return [name for name in found if lineage.maker(name, before) is not None]


def _own_cells(lineage: Lineage, record: StepFinished) -> set[int]:
    """Return the cell that failed, and those of the same step behind it."""
    return {s.cell for s in lineage.statements if s.step == record.step and s.cell >= (record.cell or 0)}


def _check_replaceable(path: Path) -> None:
    """Raise when *path* holds something that would be lost: all but a notebook of ours that nobody edited.

    Raises:
        OutputError: It does.
    """
    if not path.exists() or is_device(path):
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        is_ours = found["metadata"]["nbops"][_WRITTEN] == _hash_of(found["cells"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):  # something else altogether
        is_ours = False
    if not is_ours:
        raise OutputError(
            "is there already, and is no restored notebook as nbops wrote it",
            where=str(path),
            fix="name another file with -o, or remove that one first",
        )


def _hash_of(cells: Iterable[Mapping[str, Any]]) -> str:
    """Return a hash of what the cells of a notebook say; what they show does not count."""
    digest = hashlib.blake2b(digest_size=10)
    for cell in cells:
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        digest.update(f"{cell['cell_type']}\0{source}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _maker(action: Action) -> str:
    return "parameters" if action.given is not None else action.statement.step or f"cell {action.statement.cell + 1}"


def _code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": uuid.uuid4().hex[:8],
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": uuid.uuid4().hex[:8], "metadata": {}, "source": source}
