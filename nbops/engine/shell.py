"""The hooks in the user's shell: they see each cell begin, be compiled and end, and open and close its step.

Nothing in here may raise: IPython would drop the transformer for ever, or write an error into a cell that is well.
What nbops itself gets wrong is said on stderr, and the cell runs on as a plain one.
"""

from __future__ import annotations

import ast
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from nbops.engine.ending import ExceptionsOfCell
from nbops.engine.failing import failure_of, status_of
from nbops.engine.parameters import ParametersCell, declared_in, is_injected, values_in_history
from nbops.engine.session import Session
from nbops.engine.step import CellPlace, StepCell
from nbops.engine.variables import Variables
from nbops.engine.wrapping import cell_magic_of, raising, wrap
from nbops.errors import NbopsError, UsageError
from nbops.notebook.dataflow import Flow, Scope, analyse
from nbops.notebook.marks import CODE_MAGICS, Mark, find_mark, parse_options, transform_lines
from nbops.notebook.pipeline import source_hash
from nbops.pipeline.step import Parameter, StepOptions
from nbops.records import CellKind

__all__ = ["CellFrame", "ShellHooks"]


@dataclass(slots=True)
class CellFrame:
    """One cell that runs; cells may run inside cells (``%%capture``, ``run_cell``), so frames are stacked.

    Args:
        info: IPython's description of the cell.
        mark: The line that says what it is; None for a plain cell.
        step: Its execution as a step or test; None for a plain cell.
        bound: The values of a ``%%params`` cell; None for any other.
        is_compiled: Whether its own module was seen; later ones come from magics inside it.
        body: What a code magic (``%%time``) that is all of the cell is about to run: the cell's real code.
        depth: How many lines of code magics stand before that body.
        exceptions: What shows the exception that ends it.
        outer: The cell whose body this one is (``%%capture`` runs its body as a cell).
    """

    info: Any
    mark: Mark | None = None
    step: StepCell | None = None
    bound: ParametersCell | None = None
    is_compiled: bool = False
    body: str | None = None
    depth: int = 0
    exceptions: ExceptionsOfCell | None = None
    outer: CellFrame | None = None


class ShellHooks:
    """What nbops hangs into one shell.

    Args:
        shell: The IPython shell.
        open_session: Makes the session when the first cell needs it.
    """

    def __init__(self, shell: Any, open_session: Callable[[], Session]) -> None:
        self.shell = shell
        self._open_session = open_session
        self._session: Session | None = None
        self._scope = Scope()
        self._declared: tuple[Parameter, ...] = ()
        self._plain_sources: list[str] = []  # read when a step needs to know them
        self._local = threading.local()  # a kernel may run cells in threads of their own beside the main one

    @property
    def session(self) -> Session:
        """The run that the cells belong to; made when first asked for."""
        if self._session is None:
            self._session = self._open_session()
        return self._session

    @session.setter
    def session(self, session: Session) -> None:
        self._session = session

    @property
    def frames(self) -> list[CellFrame]:
        """The cells that run in this thread, the innermost last."""
        if not hasattr(self._local, "frames"):
            self._local.frames = []
        frames: list[CellFrame] = self._local.frames
        return frames

    # ── installing ───────────────────────────────────────────────────────────────────────────────────────────────

    def install(self) -> None:
        """Hang the hooks in; harmless when they hang."""
        if transform_lines in self.shell.input_transformers_cleanup:
            return
        self.shell.input_transformers_cleanup.append(transform_lines)
        self.shell.ast_transformers.append(self)
        self.shell.events.register("pre_run_cell", self.pre_run_cell)
        self.shell.events.register("post_run_cell", self.post_run_cell)

    def remove(self) -> None:
        """Take the hooks out again."""
        if transform_lines not in self.shell.input_transformers_cleanup:
            return
        self.shell.input_transformers_cleanup.remove(transform_lines)
        self.shell.ast_transformers.remove(self)
        self.shell.events.unregister("pre_run_cell", self.pre_run_cell)
        self.shell.events.unregister("post_run_cell", self.post_run_cell)

    # ── hooks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def pre_run_cell(self, info: Any) -> None:
        """A cell begins."""
        frame = CellFrame(info)
        self.frames.append(frame)
        try:
            self._open(frame)
            frame.exceptions = ExceptionsOfCell(self.shell, frame.step)
        except Exception as error:  # noqa: BLE001 - see above
            self._say("this cell runs as a plain one", error)

    def visit(self, module: ast.Module) -> ast.Module:
        """Code was parsed and is about to run: put the calls of the step into it."""
        try:
            return self._transformed(module)
        except Exception as error:  # noqa: BLE001 - see above
            self._say("this cell runs as a plain one", error)
            step = self.frames[-1].step if self.frames else None
            if step is not None:
                step.trouble = error
            return module

    def post_run_cell(self, result: Any) -> None:
        """A cell ended."""
        frames = self.frames
        if not frames or (result is not None and not (result.info.raw_cell or "").strip()):
            return  # the cell that loaded nbops, or an empty one: they had no beginning
        frame = frames.pop()
        try:
            if frame.exceptions is not None:
                frame.exceptions.settle(result)
            self._close(frame, result)
        except Exception as error:  # noqa: BLE001 - see above
            self._say("the end of this cell could not be recorded", error)

    # ── for programs ─────────────────────────────────────────────────────────────────────────────────────────────

    def run(self, source: str) -> None:
        """Run a cell that a program hands over (``run_cell_magic("step", …)``), like the shell; errors are raised."""
        transformed = self.shell.transform_cell(source)
        info = SimpleNamespace(raw_cell=source, transformed_cell=transformed, cell_id=None, store_history=False)
        ended = SimpleNamespace(info=info, error_before_exec=None, error_in_exec=None)
        self.pre_run_cell(info)
        try:
            name = self.shell.compile.cache(transformed, self.shell.execution_count, raw_code=source)
            module = self.visit(self.shell.compile.ast_parse(transformed, filename=name))
            exec(compile(module, name, "exec"), self.shell.user_ns)
        except BaseException as error:
            ended.error_in_exec = error
            raise
        finally:
            self.post_run_cell(ended)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, frame: CellFrame) -> None:
        below = self.frames[-2] if len(self.frames) > 1 else None
        below = below and (below.outer or below)
        if below is not None and below.body is not None and below.body.strip() == frame.info.raw_cell.strip():
            frame.outer = below
            return
        mark = frame.mark = find_mark(frame.info.raw_cell)
        if mark is None:
            self._plain_sources.append(frame.info.raw_cell)
            if self._declared and is_injected(frame.info.raw_cell):
                frame.bound = self._injected(frame.info.raw_cell)
        elif mark.kind == "params":
            self._plain_sources.append(frame.info.raw_cell)
            frame.bound = self._parameters(frame.info.raw_cell)
        elif mark.kind in ("step", "test"):
            frame.step = self._step(frame, mark)

    def _step(self, frame: CellFrame, mark: Mark) -> StepCell:
        source = frame.info.raw_cell
        options, refusal = _options(mark)
        cell_id, session = frame.info.cell_id or "", self.session
        index = session.index_of(cell_id, source)
        place = CellPlace(mark.line + 1, self._file_of(frame), cell_id, index, source_hash([source]))
        kind: CellKind = "step" if mark.kind == "step" else "test"
        variables = Variables(self.shell.user_ns, self.shell.user_ns_hidden, self._flow(source))
        step = StepCell(options, kind, place, session, variables)
        if refusal:
            step.refusal = refusal
        else:
            step.open()
        return step

    def _flow(self, source: str) -> Flow:
        """Read what the cell says, after what the plain cells before it said."""
        for plain in self._plain_sources:
            analyse(plain, self._scope)
        self._plain_sources.clear()
        return analyse(source, self._scope)

    def _transformed(self, module: ast.Module) -> ast.Module:
        frame = self.frames[-1] if self.frames else None
        if frame is None:
            return module
        owner = frame.outer or frame
        if owner.body is not None and owner.step is not None:
            return self._inner(owner, owner.step, module)
        if frame.is_compiled or frame.outer:
            return module
        frame.is_compiled = True
        if self._session is not None and self._session.skip_reason and self._session.is_batch:
            return self._skipped(frame, module)
        if frame.bound is not None:
            return frame.bound.bound(module)
        return self._stepped(frame, frame.step, module) if frame.step is not None else module

    def _stepped(self, frame: CellFrame, step: StepCell, module: ast.Module) -> ast.Module:
        step.enter()
        try:
            if step.refusal is None:
                return self._wrapped(frame, step, module)
        except SyntaxError as error:
            step.refusal = error
        return raising(step.runtime, step.place.line)

    def _wrapped(self, frame: CellFrame, step: StepCell, module: ast.Module) -> ast.Module:
        magic, body = cell_magic_of(module)
        step.awaits = bool(
            self.shell.should_run_async(frame.info.raw_cell, transformed_cell=frame.info.transformed_cell)
        )
        step.is_foreign = bool(magic) and magic not in CODE_MAGICS
        if magic in CODE_MAGICS:
            frame.body, frame.depth = body, 1
        else:
            module = step.judged(module, frame.info.transformed_cell)
        options = step.options
        return wrap(
            module,
            step.runtime,
            when=options.when,
            retries=options.retries,
            interactivity=self.shell.ast_node_interactivity,
            line=step.place.line,
        )

    def _inner(self, frame: CellFrame, step: StepCell, module: ast.Module) -> ast.Module:
        """Rewrite the tests of the code that a code magic runs; what the magic compiles beside it is left alone."""
        source = self.shell.transform_cell(frame.body)
        if ast.dump(module) != ast.dump(ast.parse(source)):
            return module
        magic, body = cell_magic_of(module)
        if magic in CODE_MAGICS:
            frame.body, frame.depth = body, frame.depth + 1
            return module
        frame.body = None
        return step.judged(module, source, first_line=frame.depth + 1)

    def _skipped(self, frame: CellFrame, module: ast.Module) -> ast.Module:
        """A batch that has nothing more to do runs nothing more."""
        if frame.step is not None and frame.step.refusal is None:
            frame.step.skip(self.session.skip_reason)
        module.body = []
        return module

    def _parameters(self, source: str) -> ParametersCell:
        self._declared = declared_in(source)
        given = {**values_in_history(self.shell.user_ns.get("In", ())), **self.session.foreseen.given}
        return ParametersCell(self._declared, given, self.session, self.shell.user_ns)

    def _injected(self, source: str) -> ParametersCell:
        return ParametersCell(self._declared, values_in_history([source]), self.session, self.shell.user_ns)

    def _file_of(self, frame: CellFrame) -> str:
        info = frame.info
        number = self.shell.execution_count - bool(info.store_history)  # it was counted up before the cell is compiled
        name: str = self.shell.compile.get_code_name(info.raw_cell, info.transformed_cell, number)
        return name

    def _close(self, frame: CellFrame, result: Any) -> None:
        error = _error(result)
        if frame.outer is not None:
            if error is not None and frame.outer.step is not None:
                frame.outer.step.swallowed = error
            return
        if frame.step is not None and frame.step.is_open:
            self._publish(frame.step.close(error))
            return
        if frame.step is not None:
            frame.step.abandon()
        if frame.bound is not None:
            frame.bound.close()
        if self._session is not None and not self.frames:
            self._session.note_cell((status_of(error), failure_of(error, "")) if error else None)

    def _publish(self, record: Any) -> None:
        from nbops.views.step_record import step_record

        self.shell.display_pub.publish(step_record(record))

    def _say(self, what: str, error: Exception) -> None:
        print(f"nbops: {what} ({type(error).__name__}: {error})", file=sys.stderr)
        if not isinstance(error, NbopsError):
            traceback.print_exc()


def _options(mark: Mark) -> tuple[StepOptions, NbopsError | None]:
    try:
        return parse_options(mark), None
    except UsageError as error:
        return StepOptions(name=""), error


def _error(result: Any) -> BaseException | None:
    """Return what ended a cell; a cell without any result was cancelled from outside."""
    if result is None:
        return KeyboardInterrupt()
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error
