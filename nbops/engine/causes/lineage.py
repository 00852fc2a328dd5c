"""The statements of a run in their order: who made which version of a variable, and what of it was kept.

A *version* of a variable is what one cell left under its name. The dataflow says from which versions of other cells it
was made; the artifacts hold those that steps left.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbops.engine.plans.plan import source_hash
from nbops.errors import NotebookError
from nbops.notebook.cells import Cell, Notebook, read_notebook
from nbops.notebook.dataflow import Flow, Scope, analyse
from nbops.notebook.marks import find_mark, parse_options, python_source
from nbops.notebook.reading import is_definition, parse
from nbops.notebook.sinks import acting_functions, outside_act
from nbops.pipeline.run import RunState
from nbops.records import Record, StepFinished
from nbops.store.artifacts import Artifacts, Kept
from nbops.store.codecs import is_signed
from nbops.store.project import Project
from nbops.views.words import short_id

__all__ = ["KeptValues", "Lineage", "Statement", "Version", "notebook_of"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a cell.

    Args:
        index: Its place among all statements of the notebook.
        cell: Its cell's index in the notebook.
        kind: What the cell is: ``step``, ``test``, ``params`` or ``plain``.
        step: The step that the cell belongs to; empty for a plain one.
        node: The statement.
        source: The whole cell as Python, which the statement was parsed from.
        flow: What it needs and changes.
    """

    index: int
    cell: int
    kind: str
    step: str
    node: ast.stmt
    source: str
    flow: Flow

    @property
    def text(self) -> str:
        """The statement as it is written, with its decorators."""
        first = min([self.node.lineno, *(d.lineno for d in getattr(self.node, "decorator_list", ()))])
        return "\n".join(self.source.splitlines()[first - 1 : self.node.end_lineno])

    @property
    def is_definition(self) -> bool:
        """Whether it only defines or imports, so that running it again changes nothing else."""
        return is_definition(self.node)


@dataclass(frozen=True, slots=True)
class Version:
    """What the cell *cell* left under *name*; *step* is its step, empty for a plain cell."""

    name: str
    cell: int
    step: str = ""

    @property
    def where(self) -> str:
        """The step, or the cell as people count it."""
        return self.step or f"cell {self.cell + 1}"


class Lineage:
    """The statements of one run, what its steps recorded, and what they left.

    Args:
        notebook: Its code, as it ran.
        records: Its records.
        artifacts: Where values are kept.
    """

    def __init__(self, notebook: Notebook, records: Sequence[Record], artifacts: Artifacts) -> None:
        self.notebook = notebook
        self.artifacts = artifacts
        self.problems: list[str] = []
        self.statements = tuple(self._read(notebook.code_cells))
        self.records = self._recorded(records)
        self._acting = acting_functions(statement.node for statement in self.statements)
        self._left: dict[int, tuple[dict[str, Kept], str]] = {}

    def cell_statements(self, cell: int) -> list[Statement]:
        """Return the statements of one cell."""
        return [statement for statement in self.statements if statement.cell == cell]

    def maker(self, name: str, before: int) -> Statement | None:
        """Return the last statement before the one numbered *before* that made or changed *name*."""
        found = (s for s in reversed(self.statements[:before]) if name in s.flow.changes)
        return next(found, None)

    def version(self, name: str, before: int) -> Version | None:
        """Return the version of *name* that a statement numbered *before* sees; None when no cell made it."""
        made = self.maker(name, before)
        if made is None or made.is_definition:
            return None
        return Version(name, made.cell, made.step if made.kind == "step" else "")

    def last_change(self, version: Version) -> Statement:
        """Return the last statement of its cell that changed it."""
        return next(s for s in reversed(self.cell_statements(version.cell)) if version.name in s.flow.changes)

    def parents(self, version: Version) -> list[Version]:
        """Return the versions of other cells that it was made from: of the same name first, then as they are read."""
        found: dict[Version, None] = {}
        waiting = [(version.name, self.last_change(version))]
        seen: set[tuple[str, int]] = set()
        while waiting:
            name, statement = waiting.pop(0)
            if (name, statement.index) in seen:
                continue
            seen.add((name, statement.index))
            reads = list(statement.flow.reads)
            reads += [name] if name in statement.flow.may_define else []
            for read in sorted(dict.fromkeys(reads), key=lambda read: read != version.name):
                made = self.maker(read, statement.index)
                if made is None or made.is_definition:
                    continue
                if made.cell == version.cell:
                    waiting.append((read, made))
                else:
                    found[Version(read, made.cell, made.step if made.kind == "step" else "")] = None
        return list(found)

    def left(self, cell: int) -> tuple[dict[str, Kept], str]:
        """Return what the cell of a step left, by name, and why nothing is there; empty when something is."""
        if cell not in self._left:
            self._left[cell] = self._found(cell)
        return self._left[cell]

    def outside_act(self, statement: Statement) -> str:
        """Return what a statement does outside, as ``writes to the outside (to_sql)``; empty when nothing is seen."""
        return outside_act(statement.node, self._acting)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, cells: Iterable[Cell]) -> Iterator[Statement]:
        scope, number = Scope(), 0
        for cell in cells:
            mark = find_mark(cell.source)
            if "skip-execution" in cell.tags or (mark and mark.kind == "skip"):
                continue
            kind = mark.kind if mark else "params" if "parameters" in cell.tags else "plain"
            try:
                step = parse_options(mark).name if mark and kind in ("step", "test") else ""
                tree = parse(cell.source)
            except (SyntaxError, ValueError) as error:
                self.problems.append(f"cell {cell.index + 1} cannot be read: {error}")
                continue
            source = python_source(cell.source)
            for node in tree.body:
                flow = analyse(ast.unparse(node), scope)
                yield Statement(number, cell.index, kind, step, node, source, flow)
                number += 1

    def _recorded(self, records: Sequence[Record]) -> dict[int, StepFinished]:
        """Return the last record of each cell of a step."""
        latest: dict[tuple[str, int], StepFinished] = {}
        for record in sorted(records, key=lambda r: r.at):
            if isinstance(record, StepFinished):
                latest[record.step, record.part] = record
        found = {record.cell: record for record in latest.values() if record.cell is not None}
        nameless = sorted((r for r in latest.values() if r.cell is None), key=lambda r: r.part)
        for record in nameless:
            cells = dict.fromkeys(
                s.cell for s in self.statements if s.step == record.step and s.kind == record.cell_kind
            )
            free = [cell for cell in cells if cell not in found]
            if free:
                found[free[0]] = record
        return found

    def _found(self, cell: int) -> tuple[dict[str, Kept], str]:
        record = self.records.get(cell)
        if record is None:
            return {}, "it did not run"
        if not record.status.is_good:
            return {}, f"it {record.status}"
        if not record.key:
            return {}, "its cells were run by hand" if not record.key_parts else "nobody can tell what it depends on"
        step = self.artifacts.find(record.key, record.run)
        if step is None:
            return {}, "what it left was not kept, or is discarded"
        if step.problem:
            return {}, f"what it left was not kept: {step.problem}"
        return {name: kept for kept in step.values for name in kept.names}, ""


class KeptValues:
    """Reads what the steps of a run left, each value once: what was one object is one again, and equal ones are not.

    Args:
        lineage: The run.
    """

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage
        self._read: dict[tuple[int, object], Any] = {}

    def get(self, cell: int, kept: Kept, namespace: Mapping[str, Any] | None = None) -> Any:
        """Return what the step's cell left.

        Args:
            cell: The cell.
            kept: Which of its values.
            namespace: Variables that it may hold, as they are by then; those of other steps are read when they are
                not among them.

        Raises:
            ArtifactError: It is damaged, refused, or gone; or what it holds is.
        """
        key = cell, kept.names if kept.part < 0 else kept.digest
        if key not in self._read:
            linked = {name: self._linked(cell, name, namespace or {}) for name in kept.links}
            others = {name: found[0] for name, found in linked.items() if found}
            self._read[key] = self._lineage.artifacts.get(replace(kept, part=-1), others)
        return self._read[key] if kept.part < 0 else self._read[key][kept.part]

    def _linked(self, cell: int, name: str, namespace: Mapping[str, Any]) -> tuple[Any] | None:
        """Return the variable *name* as a value that *cell* left holds it; None when it is not to be had."""
        own = self._lineage.left(cell)[0].get(name)
        if own is not None and not own.same_as and not is_signed(own.codec):
            return (self.get(cell, own),)
        if name in namespace:
            return (namespace[name],)
        statements = self._lineage.cell_statements(cell)
        version = self._lineage.version(name, statements[0].index) if statements else None
        kept = self._lineage.left(version.cell)[0].get(name) if version is not None and version.step else None
        if version is None or kept is None:
            return None
        return self._linked(version.cell, kept.same_as, {}) if kept.same_as else (self.get(version.cell, kept),)


def notebook_of(project: Project, state: RunState) -> Notebook:
    """Return the notebook as it was when it ran: from its own file when that did not change, else as executed.

    Raises:
        NotebookError: Neither is there any more.
    """
    own = _read_if_there(project.root / state.started.notebook) if state.started.notebook else None
    if own and state.started.source_hash in ("", source_hash(own)):
        return own
    executed = _read_if_there(project.root / state.output) if state.output else None
    if executed is None:
        raise NotebookError(
            f"the code of {short_id(state.run)} is not there any more: its notebook changed, and none was executed",
            where=str(project.root / (state.output or state.started.notebook or "")),
            fix="git log shows what the notebook was",
        )
    kept = [cell for cell in executed.cells if "injected-parameters" not in cell.tags]
    cells = tuple(replace(cell, index=index) for index, cell in enumerate(kept))
    return replace(executed, cells=cells)


def _read_if_there(path: Path) -> Notebook | None:
    try:
        return read_notebook(path)
    except NotebookError:  # moved, deleted or edited away since
        return None
