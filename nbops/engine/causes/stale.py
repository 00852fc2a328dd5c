"""Steps that are stale: their code, or what they read, changed since they ran. They are marked, and never run by force.

A change is followed in the order of the notebook: what a changed plain cell makes, and what a stale step makes, makes
its readers stale too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbops.engine.causes.lineage import Lineage, Statement, notebook_of
from nbops.engine.reuse.differing import kind_of
from nbops.engine.reuse.keys import files_now
from nbops.errors import NbopsError, NotebookError
from nbops.notebook.cells import Cell, Notebook, read_notebook
from nbops.notebook.dataflow import analyse
from nbops.notebook.marks import find_mark, parse_options
from nbops.notebook.pipeline import source_hash
from nbops.pipeline.run import RunState
from nbops.records import Record, StepFinished, StepStarted
from nbops.store.artifacts import Artifacts
from nbops.store.project import Project

__all__ = ["KernelCells", "stale_here", "stale_in_file"]


@dataclass(frozen=True, slots=True)
class _Then:
    """What ran: by step the hashes of its cells, those of the plain cells (None when unknown), the records."""

    steps: Mapping[str, Sequence[str]]
    plain: frozenset[str] | None
    records: Mapping[str, StepFinished]
    given: frozenset[str] = frozenset()


def stale_in_file(project: Project, notebook: Notebook, state: RunState, records: Iterable[Record]) -> dict[str, str]:
    """Return which steps of a notebook's file are stale since a run of it, and why.

    Args:
        project: The project of both.
        notebook: The notebook as it is now.
        state: The run.
        records: Its records.
    """
    steps: dict[str, dict[int, StepFinished]] = {}
    for record in sorted((r for r in records if isinstance(r, StepFinished)), key=lambda r: r.at):
        if record.cell_kind == "step":
            steps.setdefault(record.step, {})[record.part] = record
    try:
        plain = frozenset(_hash(cell) for cell in notebook_of(project, state).code_cells if not _step_of(cell))
    except NotebookError:  # then only the steps themselves can be compared
        plain = None
    then = _Then(
        {name: [parts[part].source_hash for part in sorted(parts)] for name, parts in steps.items()},
        plain,
        {name: parts[max(parts)] for name, parts in steps.items()},
        frozenset(state.started.given),
    )
    return _followed(Lineage(notebook, (), Artifacts.of(project)), then, project.root)


def _followed(now: Lineage, then: _Then, root: Path) -> dict[str, str]:
    changed = _changed_cells(now.notebook.code_cells, then)
    stale: dict[str, str] = {}
    dirty: dict[str, str] = {}  # by variable, why it is not what it was
    for statement in now.statements:
        why = _why(statement, changed, dirty, then)
        if statement.kind == "step" and statement.step in then.records:
            why = why or _file_changed(then.records[statement.step], root)
            if why:
                stale.setdefault(statement.step, why)
            why = f"it needs {statement.step}, which is stale" if statement.step in stale else ""
        elif statement.kind in ("step", "test"):
            why = ""
        for name in statement.flow.changes:
            if why:
                dirty[name] = why
            elif name in statement.flow.writes and name not in statement.flow.may_define:
                dirty.pop(name, None)
    return stale


def _why(statement: Statement, changed: Mapping[int, str], dirty: Mapping[str, str], then: _Then) -> str:
    """Return why what a statement makes is not what it was; empty when nothing is known to have changed."""
    if statement.kind == "params" and statement.flow.writes.keys() <= then.given:
        return ""
    if statement.cell in changed:
        name = next(iter(statement.flow.changes), "")
        return changed[statement.cell] if statement.kind == "step" else f"cell {statement.cell + 1} changed: {name}"
    reads = [*statement.flow.reads, *(read for reads in statement.flow.defers.values() for read in reads)]
    return next((dirty[name] for name in reads if name in dirty), "")


def _changed_cells(cells: Iterable[Cell], then: _Then) -> dict[int, str]:
    """Return the cells whose code is not what ran; of a step that never ran none."""
    own: dict[str, list[Cell]] = {}
    found: dict[int, str] = {}
    for cell in cells:
        step = _step_of(cell)
        if step:
            own.setdefault(step, []).append(cell)
        elif step is None and then.plain is not None and _hash(cell) not in then.plain:
            found[cell.index] = "changed"
    for step, its_cells in own.items():
        ran = then.steps.get(step)
        if ran is None:
            continue
        for cell in its_cells:
            if _hash(cell) not in ran:
                found[cell.index] = "its code changed"
    return found


def _file_changed(record: StepFinished, root: Path) -> str:
    """Return which file that a step read is not what it was."""
    for name, then in record.key_parts.items():
        kind, place = kind_of(name)
        if kind not in ("file", "files"):
            continue
        now = files_now(root, name, listed=then[:1] == "l")
        if now != then:
            return f"{place} is gone" if now == "missing" else f"{place} changed"
    return ""


def _step_of(cell: Cell) -> str | None:
    """Return the step of a step's cell, None for a plain one, an empty text for a test or a cell that is skipped."""
    mark = find_mark(cell.source)
    if mark is None or mark.kind == "params":
        return None
    try:
        return parse_options(mark).name if mark.kind == "step" else ""
    except NbopsError:  # a slip in the mark: the cell says so itself when it runs
        return ""


def _hash(cell: Cell) -> str:
    return source_hash([cell.source])


# ── in a kernel ──────────────────────────────────────────────────────────────────────────────────────────────────────


class KernelCells:
    """What a kernel can know of the notebook: the cells that ran in it, and the file, read again when it was saved.

    Args:
        executed: The sources of the cells that ran, in order; it grows while the kernel lives.
        path: The notebook's file; None when it is not known.
        project: The project.
    """

    def __init__(self, executed: Sequence[str], path: Path | None, project: Project) -> None:
        self.executed = executed
        self.path = path
        self.project = project
        self._saved: tuple[float, Lineage | None] = (-1.0, None)

    @property
    def saved_at(self) -> float:
        """When the file was saved, in seconds since 1970; 0 when there is none."""
        try:
            return self.path.stat().st_mtime if self.path else 0.0
        except OSError:  # moved or removed meanwhile
            return 0.0

    @property
    def saved(self) -> Lineage | None:
        """The statements of the notebook as it is saved; None when it cannot be read."""
        at = self.saved_at
        if at != self._saved[0]:
            found = None
            try:
                if self.path is not None and at:
                    found = Lineage(read_notebook(self.path), (), Artifacts.of(self.project))
            except NbopsError:  # it is being edited elsewhere: then only what ran is known
                found = None
            self._saved = (at, found)
        return self._saved[1]

    @property
    def seen(self) -> Notebook:
        """The cells that ran, as a notebook: each where it ran first, as it ran last."""
        order: dict[tuple[str, str], str] = {}
        for source in self.executed:
            mark = find_mark(source)
            name = _name_in(source)
            key = (mark.kind, name) if mark is not None and name else ("plain", source_hash([source]))
            order[key] = source
        return Notebook("", tuple(Cell(i, f"cell-{i}", "code", source) for i, source in enumerate(order.values())))


def _name_in(source: str) -> str:
    """Return the step that a cell's mark names; empty for a plain cell."""
    mark = find_mark(source)
    try:
        return parse_options(mark).name if mark is not None and mark.kind in ("step", "test") else ""
    except NbopsError:  # a slip in the mark, which the cell said when it ran
        return ""


def stale_here(cells: KernelCells, latest: Mapping[tuple[str, int], Record]) -> dict[str, str]:
    """Return which steps of this kernel are stale, and why.

    Args:
        cells: What is known of the notebook.
        latest: The last record of each part of each step in this kernel.
    """
    records = [r for r in latest.values() if isinstance(r, StepFinished) and r.cell_kind == "step"]
    ran = {record.step: record for record in sorted(records, key=lambda r: r.at)}
    running = {r.step for r in latest.values() if isinstance(r, StepStarted)}
    stale: dict[str, str] = {}
    saved = cells.saved
    if saved is not None:
        hashes: dict[str, list[str]] = {}
        for source in cells.executed:
            if name := _step_of(Cell(0, "", "code", source)):
                hashes.setdefault(name, []).append(source_hash([source]))
        current = {name: record for name, record in ran.items() if record.at < cells.saved_at}
        then = _Then({name: hashes.get(name, []) for name in current}, None, current)
        stale |= _followed(saved, then, cells.project.root)
    lineage = saved or Lineage(cells.seen, (), Artifacts.of(cells.project))
    for name, why in _in_order(lineage, cells.executed, ran):
        stale.setdefault(name, why)
    return {name: why for name, why in stale.items() if name not in running}


def _in_order(lineage: Lineage, executed: Sequence[str], ran: Mapping[str, StepFinished]) -> Iterator[tuple[str, str]]:
    """Yield the steps before which something ran again that they read."""
    last = _last_runs(executed)
    stale: dict[str, str] = {}
    for statement in lineage.statements:
        if statement.kind != "step" or statement.step not in ran or statement.step not in last:
            continue
        for read in statement.flow.reads:
            made = lineage.maker(read, statement.index)
            if made is None or made.step == statement.step:
                continue
            maker = made.step if made.kind == "step" else source_hash([_cell(lineage, made)])
            named = made.step or f"cell {made.cell + 1}"
            if made.step in stale:
                stale.setdefault(statement.step, f"it needs {made.step}, which is stale")
            elif last.get(maker, -1) > last[statement.step]:
                by = f" by {named}" if named != read else ""  # a step is often called what it makes
                stale.setdefault(statement.step, f"{read} was made anew{by}")
        anew = _bound_since(executed[last[statement.step] + 1 :], statement, lineage)
        if anew:
            stale.setdefault(statement.step, f"{anew} was set anew since")
    yield from stale.items()


def _last_runs(executed: Sequence[str]) -> dict[str, int]:
    """Return when each step, and each plain cell by its hash, ran last."""
    found: dict[str, int] = {}
    for index, source in enumerate(executed):
        name = _step_of(Cell(0, "", "code", source))
        if name:
            found[name] = index
        elif name is None:
            found[source_hash([source])] = index
    return found


def _cell(lineage: Lineage, statement: Statement) -> str:
    return next(cell.source for cell in lineage.notebook.cells if cell.index == statement.cell)


def _bound_since(sources: Sequence[str], statement: Statement, lineage: Lineage) -> str:
    """Return a variable that a step reads, that no step makes, and that a plain cell that ran later binds."""
    made = {name for s in lineage.statements if s.kind == "step" for name in s.flow.changes}
    wanted = {name for name in statement.flow.reads if name not in made}
    for source in sources:
        if _step_of(Cell(0, "", "code", source)) is None:
            bound = wanted & analyse(source).writes.keys()
            if bound:
                return min(bound)
    return ""
