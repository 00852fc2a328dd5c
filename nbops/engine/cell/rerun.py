"""Running steps again in the kernel that one works in, chosen by the graph: ``%nbops run --from clean``.

A front end that can is asked to run the notebook's own cells. Elsewhere their sources are run here, through the same
bracket as ever: tests, records and displays are those of the steps. What does not work there is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nbops.engine.kernel.frontend import FrontEnd
from nbops.errors import PipelineError, UsageError
from nbops.notebook.cells import Cell, Notebook
from nbops.notebook.pipeline import build
from nbops.pipeline.graph import select
from nbops.pipeline.step import Pipeline

__all__ = ["Choice", "Rerun", "choose"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The steps that are to run, and their cells in the order of the notebook."""

    steps: tuple[str, ...]
    cells: tuple[Cell, ...]
    pipeline: Pipeline

    def step_of(self, cell: Cell) -> str:
        """Return the step that a cell belongs to."""
        steps = (self.pipeline.step(name) for name in self.steps)
        return next((step.name for step in steps if cell.index in (*step.cells, *step.test_cells)), "")

    def needs(self, namespace: Any) -> Iterator[tuple[str, str]]:
        """Yield step and name of what is read, is not there, and is made by none of the steps before."""
        made: set[str] = set()
        for name in self.steps:
            step = self.pipeline.step(name)
            yield from ((name, read) for read in step.inputs if read not in made and read not in namespace)
            made |= set(step.outputs)


def choose(notebook: Notebook, only: Sequence[str] = (), from_: str = "", until: str = "") -> Choice:
    """Return the steps of *notebook* that are chosen, all of them when nothing is said.

    Raises:
        PipelineError: A step is unknown, or the steps contradict each other.
        UsageError: There are no steps.
    """
    pipeline = build(notebook)
    if not pipeline.steps:
        raise UsageError("there are no steps to run", where=notebook.path or "this kernel", fix="%%step NAME")
    every = tuple(step.name for step in pipeline.steps)
    chosen = set(select(pipeline, only=tuple(only), from_=from_, until=until) if only or from_ or until else every)
    steps = tuple(name for name in every if name in chosen)
    wanted = {i for name in steps for i in (*pipeline.step(name).cells, *pipeline.step(name).test_cells)}
    cells = tuple(cell for cell in notebook.code_cells if cell.index in wanted and "%nbops run" not in cell.source)
    return Choice(steps, cells, pipeline)


class Rerun:
    """Runs steps again in one kernel.

    Args:
        shell: The IPython shell.
        front_end: Who may run the notebook's own cells.
    """

    def __init__(self, shell: Any, front_end: FrontEnd) -> None:
        self._shell = shell
        self._front_end = front_end

    def run(self, choice: Choice, where: str) -> Iterator[str]:
        """Run what is chosen, and yield what there is to say.

        Args:
            choice: The steps.
            where: Where their code comes from, in words.

        Raises:
            PipelineError: A step reads what is not there.
        """
        if self._front_end.ask(choice.steps, choice.cells):
            yield f"asked the notebook to run {', '.join(choice.steps)}"
            return
        absent = next(choice.needs(self._shell.user_ns), None)
        if absent:
            raise PipelineError(
                f"step {absent[0]!r} reads {absent[1]!r}, which is not there",
                where="this kernel",
                fix=f"%nbops run --until {absent[0]}",
            )
        yield f"runs {where}: what they show stands below this cell, not below their own"
        for cell in choice.cells:
            if self._shell.should_run_async(cell.source, transformed_cell=self._shell.transform_cell(cell.source)):
                yield f"stopped: cell {cell.index + 1} awaits, which only works when it is run by hand"
                return
            result = self._shell.run_cell(cell.source, store_history=False, cell_id=cell.id)
            if not result.success:
                rest = dict.fromkeys(choice.step_of(c) for c in choice.cells if c.index > cell.index)
                left = f"; not run: {', '.join(rest)}" if rest else ""
                yield f"stopped at cell {cell.index + 1}, {choice.step_of(cell)}{left}"
                return
