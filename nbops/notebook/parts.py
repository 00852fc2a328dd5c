"""Which cell belongs to which step: by its mark, by the mark before it, or by who reads what it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nbops.errors import PipelineError, UsageError, did_you_mean
from nbops.notebook.cells import Cell, Notebook
from nbops.notebook.dataflow import Flow, Link, Scope, analyse
from nbops.notebook.marks import Mark, find_mark, parse_options
from nbops.pipeline.step import StepOptions

__all__ = ["SETUP", "Part", "attach", "follow", "parts_of", "place_of", "plain_needs", "steps_of"]

SETUP = ""
"""The name that edges give to the setup."""


@dataclass(slots=True)
class Part:
    """One code cell on its way into the pipeline; *step* is None while it belongs to none, SETUP for the setup."""

    cell: Cell
    mark: Mark | None
    options: StepOptions | None = None
    flow: Flow = field(default_factory=Flow)
    step: str | None = None

    @property
    def kind(self) -> Literal["step", "test", "params", "skip", "plain"]:
        """What its mark says it is; without one ``params`` where papermill's tag says so, else ``plain``."""
        if self.mark is not None:
            return self.mark.kind
        return "params" if "parameters" in self.cell.tags else "plain"


def parts_of(notebook: Notebook) -> list[Part]:
    """Return the code cells that run, with what their marks say.

    Raises:
        UsageError: A mark says what cannot be meant.
    """
    parts = []
    for cell in notebook.code_cells:
        mark = find_mark(cell.source)
        if "skip-execution" in cell.tags or (mark is not None and mark.kind == "skip"):
            continue
        part = Part(cell, mark)
        if mark is not None:
            part.options = _options(mark, cell, notebook.path)
        parts.append(part)
    return parts


def _options(mark: Mark, cell: Cell, path: str) -> StepOptions:
    try:
        return parse_options(mark)
    except UsageError as error:
        raise UsageError(error.what, where=f"{place_of(path, cell.index)}, {error.where}", fix=error.fix) from error


def place_of(path: str, index: int) -> str:
    """Return where a cell stands, for an error; people count from one, as every screen does."""
    return f"{path}, cell {index + 1}" if path else f"cell {index + 1}"


def steps_of(parts: Sequence[Part], path: str) -> dict[str, StepOptions]:
    """Give each cell with a mark to its step, plain cells before the first one to the setup; return the steps.

    Raises:
        PipelineError: A name is used twice for different things, or a test is of no step.
    """
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
        f"two steps are named {name!r}: cells {first + 1} and {second + 1} say different things",
        where=place_of(path, second),
        fix=f"to continue the step write %%step {name} without options; else give one of them another name",
    )


def _check_tested(name: str, steps: Mapping[str, StepOptions], index: int, path: str) -> None:
    if name not in steps:
        fix = did_you_mean(name, steps) if steps else f"write %%step {name} above the cell that it tests"
        raise PipelineError(f"%%test of an unknown step {name!r}", where=place_of(path, index), fix=fix)


def follow(parts: Iterable[Part]) -> None:
    """Read from the code of all cells, in order, what each needs and changes."""
    scope = Scope()
    for part in parts:
        part.flow = analyse(part.cell.source, scope)


def attach(parts: Sequence[Part], links: Iterable[Link]) -> None:
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


def plain_needs(parts: Sequence[Part], links: Iterable[Link]) -> dict[int, tuple[str, ...]]:
    """Return which steps the cells that belong to none need, by the index of the cell."""
    needs: dict[int, dict[str, None]] = {}
    for one in sorted(links, key=lambda link: link.target):  # a cell reads from above, so its sources are known by then
        if parts[one.target].step is None:
            source = parts[one.source].step
            found = needs.get(one.source, {}) if source is None else {source: None} if source != SETUP else {}
            needs.setdefault(one.target, {}).update(found)
    return {parts[index].cell.index: tuple(steps) for index, steps in needs.items() if steps}
