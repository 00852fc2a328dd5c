"""The marked cells of one shell: each is opened, rewritten and closed by what its mark says."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any, Protocol

from nbops.engine.cell.cell_place import CellPlace
from nbops.engine.cell.ending import ExceptionsOfCell
from nbops.engine.cell.parameters import ParametersCell, declared_in, is_injected, values_in_history
from nbops.engine.cell.step import StepCell
from nbops.engine.cell.variables import Variables
from nbops.engine.cell.wrapping import cell_magic_of, raising, wrap
from nbops.engine.kernel.session import Session
from nbops.errors import NbopsError, UsageError
from nbops.notebook.dataflow import Flow, Scope, analyse
from nbops.notebook.marks import CODE_MAGICS, Mark, parse_options, transform_lines
from nbops.notebook.pipeline import source_hash
from nbops.pipeline.step import Parameter, StepOptions
from nbops.records import CellKind
from nbops.views.step_record import step_record

if TYPE_CHECKING:
    from nbops.engine.reuse.checkpoint import Checkpoints

__all__ = ["MarkedCells", "RunningCell"]


class RunningCell(Protocol):
    """What the hooks tell a marked cell while it runs.

    *body* is what a code magic (``%%time``) that is all of the cell is about to run: the cell's real code.
    """

    body: str | None

    def transformed(self, module: ast.Module) -> ast.Module:
        """Return what runs instead of *module*, the cell's own."""

    def inner(self, module: ast.Module) -> ast.Module:
        """Return what runs instead of *module*, which a code magic compiled."""

    def inner_ended(self, error: BaseException | None) -> None:
        """The body ended that a code magic ran as a cell of its own."""

    def skip(self, reason: str) -> None:
        """The cell does not run."""

    def distrust(self, error: Exception) -> None:
        """Nbops failed at this cell."""

    def close(self, result: Any) -> bool:
        """The cell ended; returns whether it is recorded."""


class HasSession(Protocol):
    """What knows the run that the cells belong to."""

    @property
    def session(self) -> Session:
        """The run."""


class MarkedCells:
    """Opens the marked cells of one shell, and knows what the cells before them said.

    Args:
        shell: The IPython shell.
        holder: What knows the run.
        plain_sources: The cells without a step that ran since the last step; emptied when they were read.
    """

    def __init__(self, shell: Any, holder: HasSession, plain_sources: list[str]) -> None:
        self._shell = shell
        self._holder = holder
        self._plain_sources = plain_sources
        self._scope = Scope()
        self._declared: tuple[Parameter, ...] = ()
        self._checkpoints: Checkpoints | None = None

    def opened(self, info: Any, mark: Mark) -> RunningCell:
        """Return the marked cell that begins."""
        if mark.kind == "params":
            return self._parameters(info.raw_cell, mark)
        return RunningStep(self._shell, info, self._step(info, mark))

    def injected(self, source: str) -> RunningCell | None:
        """Return the cell that begins when papermill wrote it to give values to declared parameters, else None."""
        if not self._declared or not is_injected(source):
            return None
        given = values_in_history([source])
        return ParametersCell(self._declared, given, self._holder.session, self._shell.user_ns)

    def _parameters(self, source: str, mark: Mark) -> ParametersCell:
        session = self._holder.session
        self._declared = declared_in(source)
        given = {**values_in_history(self._shell.user_ns.get("In", ())), **session.foreseen.given}
        _, refusal = _options(mark)
        return ParametersCell(self._declared, given, session, self._shell.user_ns, refusal)

    def _step(self, info: Any, mark: Mark) -> StepCell:
        cell_id, session = info.cell_id or "", self._holder.session
        options, refusal = _options(mark)
        index = session.index_of(cell_id, info.raw_cell)
        source = _quick_to_parse(info.raw_cell, mark)
        place = CellPlace(mark.line + 1, self._file_of(info), cell_id, index, source_hash([source]))
        kind: CellKind = "step" if mark.kind == "step" else "test"
        flow = self._flow(source)
        variables = Variables(self._shell.user_ns, self._shell.user_ns_hidden, flow)
        step = StepCell(options, kind, place, session, variables)
        step.refusal = refusal
        if refusal is None:
            step.open()
            self._look_for_checkpoint(step, source, flow)
        return step

    def _look_for_checkpoint(self, step: StepCell, source: str, flow: Flow) -> None:
        """Restore the step where that was asked for; trouble with it is told, and the step runs."""
        checkpoints = self._checkpoints
        if checkpoints is None:
            return
        try:
            if step.kind == "test":
                checkpoints.plain(source, flow)
            else:
                step.checkpoints = checkpoints
                step.checkpoint = checkpoints.opened(step.options, step.part, source, flow)
        except Exception as error:  # noqa: BLE001 - keeping results must never stop what makes them
            print(f"nbops: this step is not kept ({type(error).__name__}: {error})", file=sys.stderr)

    def _flow(self, source: str) -> Flow:
        """Read what the cell says, after what the plain cells before it said."""
        if self._checkpoints is None and self._holder.session.is_batch:
            from nbops.engine.reuse.checkpoint import Checkpoints

            self._checkpoints = Checkpoints(self._holder.session, self._shell.user_ns)
        for plain in self._plain_sources:
            said = analyse(plain, self._scope)
            if self._checkpoints is not None:
                self._checkpoints.plain(plain, said)
        self._plain_sources.clear()
        return analyse(source, self._scope)

    def _file_of(self, info: Any) -> str:
        number = self._shell.execution_count - bool(info.store_history)  # it was counted up before
        name: str = self._shell.compile.get_code_name(info.raw_cell, info.transformed_cell, number)
        return name


class RunningStep:
    """A cell of a step while it runs.

    Args:
        shell: The IPython shell.
        info: IPython's description of the cell.
        step: Its execution.
    """

    def __init__(self, shell: Any, info: Any, step: StepCell) -> None:
        self.body: str | None = None
        self._shell = shell
        self._info = info
        self._step = step
        self._depth = 0  # how many lines of code magics stand before the body
        self._exceptions = ExceptionsOfCell(shell, step)

    def transformed(self, module: ast.Module) -> ast.Module:
        """Return the cell with its tests rewritten, between the calls that begin and finish the step."""
        step = self._step
        step.enter()
        if step.is_restored:
            return ast.Module(body=[], type_ignores=[])
        try:
            if step.refusal is None:
                return self._wrapped(module)
        except SyntaxError as error:
            step.refusal = error
        return raising(step.runtime, step.place.line)

    def _wrapped(self, module: ast.Module) -> ast.Module:
        step, source = self._step, self._info.transformed_cell
        magic, body = cell_magic_of(module)
        if step.options.timeout_seconds is not None:
            step.awaits = bool(self._shell.should_run_async(self._info.raw_cell, transformed_cell=source))
        step.is_foreign = bool(magic) and magic not in CODE_MAGICS
        if magic in CODE_MAGICS:
            self.body, self._depth = body, 1
        else:
            module = step.judged(module, source)
        return wrap(
            module,
            step.runtime,
            when=step.options.when,
            retries=step.options.retries,
            interactivity=self._shell.ast_node_interactivity,
            line=step.place.line,
        )

    def inner(self, module: ast.Module) -> ast.Module:
        """Rewrite the tests of the code that a code magic runs; what it compiles beside that is left alone."""
        source = self._shell.transform_cell(self.body)
        if ast.dump(module) != ast.dump(ast.parse(source)):
            return module
        magic, body = cell_magic_of(module)
        if magic in CODE_MAGICS:
            self.body, self._depth = body, self._depth + 1
            return module
        self.body = None
        return self._step.judged(module, source, first_line=self._depth + 1)

    def inner_ended(self, error: BaseException | None) -> None:
        """Keep what the magic may swallow: the step raises it."""
        self._step.swallowed = error

    def skip(self, reason: str) -> None:
        """The cell does not run."""
        self._step.skip(reason)

    def distrust(self, error: Exception) -> None:
        """Let the record say that nobody knows whether the step's tests hold."""
        self._step.trouble = error

    def close(self, result: Any) -> bool:
        """Journal the end of the step and show its record."""
        error = self._exceptions.settle(result)
        if not self._step.is_open:
            self._step.abandon()
            return False
        self._shell.display_pub.publish(step_record(self._step.close(error)))
        return True


def _quick_to_parse(source: str, mark: Mark) -> str:
    """Return *source* with its mark as a comment where that makes plain Python of it; anything else as it is."""
    is_plain = source.count("%%") == (mark.spelling == "%%") and source[:1] not in (" ", "\t", ">", "I")
    return "".join(transform_lines(source.splitlines(keepends=True))) if is_plain else source


def _options(mark: Mark) -> tuple[StepOptions, NbopsError | None]:
    try:
        return parse_options(mark), None
    except UsageError as error:
        return StepOptions(name=""), error
