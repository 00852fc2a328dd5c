"""Adopting a plain notebook: steps, parameters and sinks proposed from its code alone. Nothing is run.

The order of what the notebook does is kept. Only two things move, and only where that changes nothing: imports and
constants that are parameters go to its head. Cells are split where they write to the outside, so that tests can judge
a table before it is written. Everything else stays as it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbops.engine.production.kernels import is_python
from nbops.errors import NotebookError, OutputError
from nbops.notebook.cells import Cell, Notebook, read_notebook
from nbops.notebook.dataflow import Scope
from nbops.notebook.guard import GUARD_SOURCE, is_guard
from nbops.notebook.marks import find_mark
from nbops.notebook.sinks import sink_functions
from nbops.release.grouping import Group, first_work, group, headings
from nbops.release.parameters import Extracted, extract_imports, extract_parameters
from nbops.release.pieces import Piece, cut
from nbops.release.rewriting import NewCell, as_file, diff, replace_file
from nbops.release.statements import Code, Statement, join, read_code
from nbops.release.tables import table_names
from nbops.store.project import Project, find_project

__all__ = ["Adoption", "ProposedStep", "propose", "write"]

# Cells that do not run, that papermill put there, or whose author shows an error: they stay as they are.
_LEFT_ALONE = frozenset(["skip-execution", "injected-parameters", "raises-exception"])


@dataclass(frozen=True, slots=True)
class ProposedStep:
    """One step of the proposal.

    Args:
        name: Its name.
        cells: Indexes of the cells it is made of, in the notebook as it was.
        why: What it makes or writes, in one line.
        is_sink: Whether it writes to the outside.
        has_tests: Whether the notebook already holds cells that only judge what it makes.
    """

    name: str
    cells: tuple[int, ...]
    why: str
    is_sink: bool = False
    has_tests: bool = False


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is proposed for one notebook.

    Args:
        path: The notebook.
        steps: The steps, in order; empty when there is nothing to propose.
        parameters: The names that become parameters.
        diff: What would change, as a unified diff; empty when nothing would.
        remarks: What the reader should know, one sentence each.
        original: The file as it was read.
        content: The file as it would be.
    """

    path: str
    steps: tuple[ProposedStep, ...] = ()
    parameters: tuple[str, ...] = ()
    diff: str = ""
    remarks: tuple[str, ...] = ()
    original: bytes = b""
    content: bytes = b""

    @property
    def sinks(self) -> tuple[ProposedStep, ...]:
        """The steps that write to the outside."""
        return tuple(step for step in self.steps if step.is_sink)

    @property
    def changes_something(self) -> bool:
        """Whether writing it would change the notebook."""
        return bool(self.diff)


def propose(path: str | Path) -> Adoption:
    """Return what adopting the notebook at *path* would change. Reads the code and runs nothing.

    Raises:
        NotebookError: It is no notebook of Python, or a cell cannot be parsed.
    """
    notebook = read_notebook(path)
    if not is_python(notebook.language):
        raise NotebookError(
            f"the notebook is written in {notebook.language}, and steps are Python",
            where=str(path),
            fix="run it with papermill alone",
        )
    original = Path(path).read_bytes()
    if any(_kind(cell) == "step" for cell in notebook.code_cells):
        return Adoption(str(path), remarks=("it has steps already, so there is nothing to propose",), original=original)
    plan = _Plan(notebook)
    if not plan.groups:
        remark = "no cell makes a table or writes anything, so there is nothing to divide into steps"
        return Adoption(str(path), remarks=(remark,), original=original)
    cells = plan.cells()
    return Adoption(
        path=str(path),
        steps=tuple(map(_proposed, plan.groups)),
        parameters=tuple(e.name for e in plan.parameters),
        diff=diff(notebook, cells),
        remarks=plan.remarks,
        original=original,
        content=as_file(original, notebook, cells),
    )


def write(adoption: Adoption) -> Path | None:
    """Write the proposal into its notebook, whole or not at all; return where the notebook as it was is kept.

    Returns:
        None when there was nothing to write.

    Raises:
        OutputError: The notebook changed since it was read, or cannot be written.
    """
    if not adoption.changes_something:
        return None
    path = Path(adoption.path)
    project = find_project(path)
    _make_folder(project)
    kept = _free_place(project.folder / "adopted" / project.relative(path).lstrip("/").replace("/", "--"))
    replace_file(path, adoption.original, adoption.content, kept)
    return kept


def _make_folder(project: Project) -> None:
    try:
        project.make_folder()
    except OSError as error:
        raise OutputError(
            f"the notebook cannot be kept as it was: {error.strerror or error}",
            where=str(project.folder),
            fix=f"give yourself the right to write in {project.root}",
        ) from error


def _free_place(wanted: Path) -> Path:
    """Return *wanted*, with a number behind its name when a notebook as it was is kept there already."""
    place, number = wanted, 1
    while place.exists():
        number += 1
        place = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
    return place


def _kind(cell: Cell) -> str:
    mark = find_mark(cell.source)
    return mark.kind if mark else ""


def _is_parameters(cell: Cell) -> bool:
    return "parameters" in cell.tags or _kind(cell) == "params"


def _proposed(found: Group) -> ProposedStep:
    sink = next((p.sink for p in found.pieces if p.sink), None)
    makes = list(dict.fromkeys(name for p in found.pieces for name in (p.tables or p.makes) if name not in p.imports))
    why = f"makes {', '.join(makes[:6])}{' …' if len(makes) > 6 else ''}" if makes else "another language"
    if sink:
        thing = sink.target or sink.subject
        why = f"writes {thing} ({sink.call})" if thing else f"calls {sink.call}"
    cells = tuple(dict.fromkeys(p.cell for p in found.pieces))
    return ProposedStep(found.name, cells, why, found.is_sink, bool(found.tests))


class _Plan:
    """Everything that is decided about one notebook, in the order in which it is decided."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self._is_script = notebook.path.endswith(".py")
        self._code = _read(notebook)
        self._tables = table_names(n for c in self._code for s in c.statements for n in s.nodes)
        rough = [piece for c in self._code for piece in self._cut(c, c.statements)]
        start = first_work(rough)
        first = rough[start].cell if start < len(rough) else len(notebook.cells)
        self._leading = sum(1 for c in self._code if c.index < first)
        self._anchor = next((c for c in self._code[: self._leading] if _imports(c)), None)
        self._extract(has_parameters=any(_is_parameters(c) for c in notebook.code_cells))
        self._pieces = {c.index: self._cut(c, self._staying(c)) for c in self._code[self._leading :]}
        self.groups = group([p for pieces in self._pieces.values() for p in pieces], headings(notebook))
        self._marks = {id(p): ("step", g.name) for g in self.groups for p in g.pieces}
        self._marks |= {id(p): ("test", g.name) for g in self.groups for p in g.tests}

    def _cut(self, code: Code, statements: Sequence[Statement]) -> list[Piece]:
        later = frozenset(n for c in self._code if c.index > code.index for s in c.statements for n in s.reads)
        return cut(code, statements, self._tables, later)

    def _extract(self, has_parameters: bool) -> None:
        self.imports = extract_imports(self._code, self._leading)
        found = () if has_parameters else extract_parameters(self._code, self._leading + 1)
        above = {n for c in self._code if self._anchor and c.index < self._anchor.index for s in c.statements
                 for n in s.reads}  # fmt: skip
        self.parameters = tuple(e for e in found if e.name not in above)
        self._gone = {id(e.statement) for e in (*self.imports, *self.parameters)}

    def _staying(self, code: Code) -> list[Statement]:
        return [s for s in code.statements if id(s) not in self._gone]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the reader should know."""
        secrets = [e.name for e in self.parameters if e.is_secret]
        return tuple(
            f"{name} looks like a secret: it is never recorded as a parameter, but its value still stands in the "
            "code; give it from outside"
            for name in secrets
        )

    # ── the new cells ────────────────────────────────────────────────────────────────────────────────────────────────

    def cells(self) -> list[NewCell]:
        """Return all cells of the adopted notebook."""
        found: list[NewCell] = []
        code = {c.index: c for c in self._code}
        first_code = next(c.index for c in self.notebook.cells if c.kind == "code")
        for cell in self.notebook.cells:
            if cell.index == first_code and not any(is_guard(c.source) for c in self.notebook.code_cells):
                found.append(NewCell("%load_ext nbops" if self._is_script else GUARD_SOURCE.rstrip("\n")))
            if cell.index == first_code and self._anchor is None and not is_guard(cell.source):
                found += self._head([])
            if self._anchor and cell.index == self._anchor.index:
                found += self._anchored(cell, self._anchor)
            elif cell.kind == "code" and _is_parameters(cell):
                found.append(NewCell(self._marked(("params", ""), cell.source), cell.index))
            elif cell.index in code:
                found += self._changed(cell, code[cell.index])
            else:
                found.append(NewCell(cell.source, cell.index))
            if cell.index == first_code and self._anchor is None and is_guard(cell.source):
                found += self._head([])
        return found

    def _head(self, own: list[Statement], origin: int | None = None, is_whole: bool = True) -> list[NewCell]:
        """Return the cell of the imports and the cell of the parameters, as far as there is anything in them."""
        present = {line.strip() for s in own for line in s.source.splitlines()}
        moved = dict.fromkeys(e.source for e in self.imports if e.source.strip() not in present)
        source = "\n".join([*([join(own)] if own else []), *moved])
        found = [NewCell(source, origin, is_whole)] if source else []
        if self.parameters:
            listed = "\n".join(e.source for e in self.parameters)
            found.append(NewCell(self._marked(("params", ""), listed)))
        return found

    def _anchored(self, cell: Cell, code: Code) -> list[NewCell]:
        """Return the cell of the imports, what is new below it, and what else stood in it."""
        if not self.imports and not self.parameters:
            return [NewCell(cell.source, cell.index)]
        names = {e.name for e in self.parameters}
        staying = self._staying(code)
        end = 0
        while end < len(staying) and staying[end].kind in ("import", "setting") and not staying[end].reads & names:
            end += 1
        rest = join(staying[end:], code.tail)
        is_whole = len(staying) == len(code.statements) and end == len(staying)
        found = self._head(staying[:end], cell.index, is_whole)
        return found + ([NewCell(rest, None if staying[:end] else cell.index, is_whole=False)] if rest else [])

    def _changed(self, cell: Cell, code: Code) -> list[NewCell]:
        """Return what becomes of one cell: its pieces, each with its mark; unchanged when nothing is to be done."""
        if code.index not in self._pieces:
            staying = self._staying(code)
            is_whole = len(staying) == len(code.statements)
            source = cell.source if is_whole else join(staying, code.tail)
            return [NewCell(source, cell.index, is_whole)] if source.strip() or is_whole else []
        pieces = self._pieces[code.index]
        is_untouched = len(self._staying(code)) == len(code.statements)
        marks = [self._marks.get(id(p)) for p in pieces]
        if is_untouched and len(set(marks)) <= 1:
            return [NewCell(self._marked(marks[0] if marks else None, cell.source), cell.index)]
        found: list[NewCell] = []
        for position, (piece, mark) in enumerate(zip(pieces, marks, strict=True)):
            if found and mark == marks[position - 1]:
                last = found.pop()
                found.append(NewCell(f"{last.source}\n{piece.source}", cell.index, is_whole=False))
            else:
                found.append(NewCell(self._marked(mark, piece.source), cell.index, is_whole=False))
        return found

    def _marked(self, mark: tuple[str, str] | None, source: str) -> str:
        if mark is None or find_mark(source):
            return source
        spelling = "#| " if self._is_script else "%%"
        return f"{spelling}{' '.join(mark).rstrip()}\n{source}"


def _read(notebook: Notebook) -> list[Code]:
    """Return the code of the cells that may change.

    Raises:
        NotebookError: A cell cannot be parsed.
    """
    cells = [c for c in notebook.code_cells if c.source.strip() and not is_guard(c.source) and not c.tags & _LEFT_ALONE]
    cells = [c for c in cells if _kind(c) != "skip" and not _is_parameters(c)]
    scope = Scope()
    plain = [read_code(c, frozenset(), scope, notebook.path) for c in cells]
    functions = sink_functions(n for c in plain for s in c.statements for n in s.nodes)
    scope = Scope()
    return [read_code(c, functions, scope, notebook.path) for c in cells] if functions else plain


def _imports(code: Code) -> list[Extracted]:
    return [Extracted(code.index, s, s.source) for s in code.statements if s.kind == "import" and code.can_split]
