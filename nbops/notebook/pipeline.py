"""From a notebook to its pipeline: steps, what they read and make, who depends on whom and why. Nothing is executed."""

from __future__ import annotations

import ast
import hashlib
import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbops.errors import PipelineError, UsageError, did_you_mean
from nbops.notebook.cells import Cell, Notebook, read_notebook
from nbops.notebook.dataflow import Flow, Link, Scope, analyse, link
from nbops.notebook.judge import static_tests
from nbops.notebook.marks import Mark, find_mark, parse_options, python_source
from nbops.notebook.parameters import read_parameters
from nbops.notebook.reading import parse
from nbops.pipeline.graph import find_cycle
from nbops.pipeline.step import Edge, Parameter, Pipeline, Step, StepOptions

__all__ = ["build", "read", "source_hash"]

SETUP = ""
"""The name that edges give to the setup."""


def read(path: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None) -> Pipeline:
    """Return the pipeline of the notebook at *path*.

    Args:
        path: A ``.ipynb``, or a ``.py`` in cells.
        root: The project's root, which the pipeline's name is relative to; None looks for it above the notebook.

    Raises:
        NotebookError: There is no notebook at *path*.
        PipelineError: Its steps make no pipeline.
        UsageError: A mark says what cannot be meant.
    """
    file = Path(path)
    return build(read_notebook(file), _name(file, Path(root) if root is not None else None))


def _name(file: Path, root: Path | None) -> str:
    absolute = Path(os.path.abspath(file))
    top = root or next((f for f in absolute.parents if (f / "pyproject.toml").is_file() or (f / ".git").exists()), None)
    try:
        return absolute.relative_to(top or absolute.parent).with_suffix("").as_posix()
    except ValueError:  # outside the project: its whole path says where
        return absolute.with_suffix("").as_posix()


@dataclass(slots=True)
class _Part:
    """One code cell on its way into the pipeline; *step* is None while it belongs to none."""

    cell: Cell
    mark: Mark | None
    options: StepOptions | None = None
    flow: Flow = field(default_factory=Flow)
    step: str | None = None

    @property
    def kind(self) -> str:
        if self.mark is not None:
            return self.mark.kind
        return "params" if "parameters" in self.cell.tags else "plain"


def build(notebook: Notebook, name: str = "") -> Pipeline:
    """Return the pipeline of *notebook*, called *name*.

    Raises:
        PipelineError: Its steps make no pipeline: a name used twice for different things, a test of no step, a circle.
        UsageError: A mark says what cannot be meant.
    """
    if notebook.language != "python":
        return Pipeline(name, notebook.path, problems=(f"its language is {notebook.language}, not python",))
    parts = _parts(notebook)
    steps = _steps_of(parts, notebook.path)
    _follow(parts)
    links = list(_pinned_links(list(link([_pinned_flow(p, steps) for p in parts])), parts, steps))
    _attach(parts, links)
    edges = _sorted(_joined([*_edges(parts, links), *_after(steps, parts, notebook.path)]), steps)
    _check_order(edges, steps, notebook.path)
    return Pipeline(
        name=name,
        path=notebook.path,
        steps=tuple(_made(steps, parts, links)),
        edges=edges,
        parameters=_parameters(parts),
        setup_cells=tuple(p.cell.index for p in parts if p.step == SETUP),
        plain_cells=tuple(p.cell.index for p in parts if p.step is None),
        problems=tuple(_problems(parts, links, steps)),
        plain_needs=_plain_needs(parts, links),
    )


# ── which cell belongs to which step ─────────────────────────────────────────────────────────────────────────────────


def _parts(notebook: Notebook) -> list[_Part]:
    parts = []
    for cell in notebook.code_cells:
        mark = find_mark(cell.source)
        if "skip-execution" in cell.tags or (mark is not None and mark.kind == "skip"):
            continue
        part = _Part(cell, mark)
        if mark is not None and mark.kind in ("step", "test"):
            part.options = _options(mark, cell, notebook.path)
        parts.append(part)
    return parts


def _options(mark: Mark, cell: Cell, path: str) -> StepOptions:
    try:
        return parse_options(mark)
    except UsageError as error:
        raise UsageError(error.what, where=f"{_place(path, cell.index)}, {error.where}", fix=error.fix) from error


def _place(path: str, index: int) -> str:
    return f"{path}, cell {index}" if path else f"cell {index}"


def _steps_of(parts: Sequence[_Part], path: str) -> dict[str, StepOptions]:
    """Give each cell with a mark to its step, and the plain cells before the first one to the setup."""
    steps: dict[str, StepOptions] = {}
    first: dict[str, int] = {}
    for part in parts:
        if part.kind == "step" and part.options is not None:
            part.step = name = part.options.name
            if name in steps and part.options not in (StepOptions(name), steps[name]):
                raise _twice(name, first[name], part.cell.index, path)
            steps.setdefault(name, part.options)
            first.setdefault(name, part.cell.index)
        elif part.kind == "params" or (part.kind == "plain" and not steps):
            part.step = SETUP
    for part in parts:
        if part.kind == "test" and part.options is not None:
            _check_tested(part.options.name, steps, part.cell.index, path)
            part.step = part.options.name
    if not steps:
        for part in parts:
            part.step = None if part.kind == "plain" else part.step
    return steps


def _twice(name: str, first: int, second: int, path: str) -> PipelineError:
    return PipelineError(
        f"two steps are named {name!r}: cells {first} and {second} say different things",
        where=_place(path, second),
        fix=f"to continue the step write %%step {name} without options; else give one of them another name",
    )


def _check_tested(name: str, steps: Mapping[str, StepOptions], index: int, path: str) -> None:
    if name not in steps:
        fix = did_you_mean(name, steps) if steps else f"write %%step {name} above the cell that it tests"
        raise PipelineError(f"%%test of an unknown step {name!r}", where=_place(path, index), fix=fix)


def _follow(parts: Iterable[_Part]) -> None:
    scope = Scope()
    for part in parts:
        part.flow = analyse(part.cell.source, scope)


def _attach(parts: Sequence[_Part], links: Iterable[Link]) -> None:
    """Give plain cells whose variables a later step reads to the step before them; the others stay on their own."""
    readers: dict[int, list[int]] = {}
    for one in links:
        readers.setdefault(one.source, []).append(one.target)
    before: list[str | None] = []
    last: str | None = None
    for part in parts:
        before.append(last)
        last = part.step if part.kind == "step" else last
    for index in range(len(parts) - 1, -1, -1):
        part = parts[index]
        if part.step is None and any(parts[reader].step for reader in readers.get(index, ())):
            part.step = before[index]


def _plain_needs(parts: Sequence[_Part], links: Iterable[Link]) -> dict[int, tuple[str, ...]]:
    """Return which steps the cells that belong to none need, by the index of the cell."""
    needs: dict[int, dict[str, None]] = {}
    for one in sorted(links, key=lambda link: link.target):  # a cell reads from above, so its sources are known by then
        if parts[one.target].step is None:
            source = parts[one.source].step
            found = needs.get(one.source, {}) if source is None else {source: None} if source != SETUP else {}
            needs.setdefault(one.target, {}).update(found)
    return {parts[index].cell.index: tuple(steps) for index, steps in needs.items() if steps}


# ── who depends on whom ──────────────────────────────────────────────────────────────────────────────────────────────


def _pinned_flow(part: _Part, steps: Mapping[str, StepOptions]) -> Flow:
    """Return the flow of a cell as ``-i`` and ``-o`` of its step correct it."""
    options = steps.get(part.step or "")
    if options is None or part.kind != "step" or (options.inputs is None and options.outputs is None):
        return part.flow
    flow = part.flow
    line = part.mark.line + 1 if part.mark else 1
    is_first = part.options is options
    if options.inputs is not None and is_first:
        flow = replace(flow, reads={**dict.fromkeys(options.inputs, line), **flow.reads})
    if options.outputs is not None:
        mutates = {name: at for name, at in flow.mutates.items() if name in options.outputs}
        missing = [n for n in options.outputs if n not in flow.writes and n not in mutates] if is_first else []
        flow = replace(flow, mutates={**mutates, **dict.fromkeys(missing, line)})
    return flow


def _pinned_links(links: Iterable[Link], parts: Sequence[_Part], steps: Mapping[str, StepOptions]) -> Iterable[Link]:
    """Leave out what a step's ``-i`` says it does not read; setup and imports are no inputs in that sense."""
    for one in links:
        source, target = parts[one.source], parts[one.target]
        options = steps.get(target.step or "")
        pinned = options.inputs if options is not None and target.kind == "step" else None
        is_free = pinned is None or one.name in pinned or source.step == SETUP or one.name in source.flow.imports
        if is_free or source.step == target.step:
            yield one


def _edges(parts: Sequence[_Part], links: Iterable[Link]) -> Iterable[Edge]:
    """Join the links between cells into one edge for each pair of steps."""
    joined: dict[tuple[str, str], dict[str, str]] = {}
    for one in links:
        source, target = parts[one.source].step, parts[one.target].step
        if source is None or not target or source == target:
            continue
        joined.setdefault((source, target), {}).setdefault(one.name, _reason(one, parts[one.target]))
    for (source, target), names in joined.items():
        yield Edge(source, target, tuple(names), ", ".join(names.values()))


def _reason(one: Link, target: _Part) -> str:
    how = "tests" if target.kind == "test" else "reads"
    through = f" through {one.through}" if one.through else ""
    return f"{how} {one.name} in line {one.line}{through}"


def _after(steps: Mapping[str, StepOptions], parts: Sequence[_Part], path: str) -> Iterable[Edge]:
    for name, options in steps.items():
        for other in options.after:
            if other not in steps:
                index = next(p.cell.index for p in parts if p.step == name and p.kind == "step")
                raise PipelineError(
                    f"step {name!r} is to come after {other!r}, which does not exist",
                    where=_place(path, index),
                    fix=did_you_mean(other, [s for s in steps if s != name]),
                )
            yield Edge(other, name, reason=f"--after {other}")


def _joined(edges: Iterable[Edge]) -> Iterable[Edge]:
    """Make one edge of those between the same two steps."""
    between: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        between.setdefault((edge.source, edge.target), []).append(edge)
    for (source, target), same in between.items():
        names = tuple(name for edge in same for name in edge.names)
        yield Edge(source, target, names, ", ".join(edge.reason for edge in same))


def _sorted(edges: Iterable[Edge], steps: Iterable[str]) -> tuple[Edge, ...]:
    """Return *edges* in the order of the notebook, by target first."""
    place = {name: index for index, name in enumerate((SETUP, *steps))}
    return tuple(sorted(edges, key=lambda edge: (place[edge.target], place[edge.source])))


def _check_order(edges: Sequence[Edge], steps: Mapping[str, StepOptions], path: str) -> None:
    """Refuse what cannot run from top to bottom."""
    place = {name: index for index, name in enumerate(steps)}
    if found := find_cycle(edges):
        first = min(range(len(found) - 1), key=lambda index: place[found[index]])
        cycle = (*found[first:-1], *found[:first], found[first])
        raise PipelineError(
            f"steps depend on each other in a circle: {' → '.join(cycle)}", where=path, fix=_way_out(cycle, edges)
        )
    for edge in edges:
        if edge.source and not edge.names and place[edge.source] > place[edge.target]:
            raise PipelineError(
                f"step {edge.target!r} is to come after {edge.source!r}, but stands before it",
                where=path,
                fix=f"move the cell of {edge.target} below that of {edge.source}: cells run from top to bottom",
            )


def _way_out(cycle: Sequence[str], edges: Iterable[Edge]) -> str:
    pairs = set(itertools.pairwise(cycle))
    told = [edge for edge in edges if (edge.source, edge.target) in pairs]
    pinned = next((edge for edge in told if not edge.names), None)
    if pinned is not None:
        return f"remove --after {pinned.source} from %%step {pinned.target}"
    return f"give the later cell of {cycle[0]} a name of its own: it reads what {cycle[1]} made of the earlier one"


# ── what a step is ───────────────────────────────────────────────────────────────────────────────────────────────────


def _made(steps: Mapping[str, StepOptions], parts: Sequence[_Part], links: Iterable[Link]) -> Iterable[Step]:
    parts_of: dict[str, list[_Part]] = {name: [] for name in steps}
    for part in parts:
        if part.step:
            parts_of[part.step].append(part)
    inputs_of: dict[str, dict[str, None]] = {name: {} for name in steps}
    for one in links:
        source, target = parts[one.source], parts[one.target]
        is_data = target.kind != "test" and one.name not in source.flow.imports
        if target.step and is_data and source.step not in (None, target.step):
            inputs_of[target.step][one.name] = None
    for name, options in steps.items():
        yield _step(options, parts_of[name], tuple(inputs_of[name]))


def _step(options: StepOptions, parts: Sequence[_Part], inputs: tuple[str, ...]) -> Step:
    own = [p for p in parts if p.kind != "test"]
    tests = [p for p in parts if p.kind == "test"]
    return Step(
        name=options.name,
        cells=tuple(p.cell.index for p in own),
        options=options,
        test_cells=tuple(p.cell.index for p in tests),
        inputs=inputs if options.inputs is None else options.inputs,
        outputs=_outputs(options, own),
        source_hash=source_hash(p.cell.source for p in own),
        tests=_test_names([*own, *tests]),
    )


def _outputs(options: StepOptions, own: Iterable[_Part]) -> tuple[str, ...]:
    if options.outputs is not None:
        return options.outputs
    found: dict[str, None] = {}
    for part in own:
        for name in (*part.flow.writes, *part.flow.mutates):
            if name not in part.flow.imports and not name.startswith("_"):
                found[name] = None
        for name in part.flow.deletes:
            found.pop(name, None)
    return tuple(found)


def _test_names(parts: Iterable[_Part]) -> tuple[str, ...]:
    names: list[str] = []
    for part in parts:
        if "assert" in part.cell.source or "expect" in part.cell.source or part.kind == "test":
            names += static_tests(python_source(part.cell.source), collect=part.kind == "test")
    return tuple(names)


def source_hash(sources: Iterable[str]) -> str:
    r"""Return a hash of code that does not change with comments, blank lines, quotes or parentheses.

    Example:
        >>> source_hash(["%%step a\nx = (1)  # one"]) == source_hash(["x=1"])
        True
    """
    digest = hashlib.blake2b(digest_size=8)
    for source in sources:
        try:
            text = ast.unparse(parse(source))
        except (SyntaxError, ValueError, RecursionError):  # no Python: as it stands then
            text = source.strip()
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def _parameters(parts: Iterable[_Part]) -> tuple[Parameter, ...]:
    found = {p.name: p for part in parts if part.kind == "params" for p in read_parameters(part.cell.source)}
    return tuple(found.values())


def _problems(parts: Sequence[_Part], links: Sequence[Link], steps: Mapping[str, StepOptions]) -> Iterable[str]:
    for part in parts:
        if part.flow.problem:
            yield f"cell {part.cell.index} cannot be read: {part.flow.problem}"
    read = {(parts[one.target].step, one.name) for one in links}
    made = {(part.step, name) for part in parts if part.kind == "step" for name in part.flow.changes}
    for name, options in steps.items():
        for pinned in options.inputs or ():
            if (name, pinned) not in read:
                yield f"step {name!r} pins the input {pinned!r} (-i), which nothing before it makes"
        for pinned in options.outputs or ():
            if (name, pinned) not in made:
                yield f"step {name!r} pins the output {pinned!r} (-o), which its code does not make"
