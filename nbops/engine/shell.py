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
from typing import Any

from nbops.engine.failing import failure_of, status_of
from nbops.engine.session import Session
from nbops.engine.step import CellPlace, StepCell
from nbops.engine.wrapping import raising, wrap
from nbops.errors import NbopsError, UsageError
from nbops.notebook.marks import Mark, find_mark, parse_options, transform_lines
from nbops.pipeline.step import StepOptions

__all__ = ["CellFrame", "ShellHooks"]


@dataclass(slots=True)
class CellFrame:
    """One cell that runs; cells may run inside cells (``%%capture``, ``run_cell``), so frames are stacked.

    Args:
        info: IPython's description of the cell.
        mark: The line that says what it is; None for a plain cell.
        step: Its execution as a step or test; None for a plain cell.
        is_compiled: Whether its own module was seen; later ones come from magics inside it.
        awaits_body: Whether a code magic (``%%time``) is about to compile the cell's real code.
    """

    info: Any
    mark: Mark | None = None
    step: StepCell | None = None
    is_compiled: bool = False
    awaits_body: bool = False


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
        except Exception as error:  # noqa: BLE001 - see above
            self._say("this cell runs as a plain one", error)

    def visit(self, module: ast.Module) -> ast.Module:
        """Code was parsed and is about to run: put the calls of the step into it."""
        try:
            return self._transformed(module)
        except Exception as error:  # noqa: BLE001 - see above
            self._say("this cell runs as a plain one", error)
            return module

    def post_run_cell(self, result: Any) -> None:
        """A cell ended."""
        frames = self.frames
        if not frames or (result is not None and not (result.info.raw_cell or "").strip()):
            return  # the cell that loaded nbops, or an empty one: they had no beginning
        frame = frames.pop()
        try:
            self._close(frame, result)
        except Exception as error:  # noqa: BLE001 - see above
            self._say("the end of this cell could not be recorded", error)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, frame: CellFrame) -> None:
        source = frame.info.raw_cell
        mark = frame.mark = find_mark(source)
        if mark is None or mark.kind not in ("step", "test"):
            return
        options, refusal = _options(mark)
        place = CellPlace(source, mark.line + 1, cell_id=frame.info.cell_id or "")
        kind = "step" if mark.kind == "step" else "test"
        frame.step = StepCell(options, kind, place, self.session, self.shell.user_ns)  # type: ignore[arg-type]
        frame.step.refusal = refusal
        if not refusal:
            frame.step.open()

    def _transformed(self, module: ast.Module) -> ast.Module:
        frame = self.frames[-1] if self.frames else None
        if frame is None or frame.is_compiled:
            return module
        frame.is_compiled = True
        step = frame.step
        if step is None:
            return module
        step.enter(self._file_of(frame))
        if step.refusal:
            return raising(step.runtime, step.place.line)
        options = step.options
        return wrap(
            module,
            step.runtime,
            when=options.when,
            retries=options.retries,
            interactivity=self.shell.ast_node_interactivity,
            line=step.place.line,
        )

    def _file_of(self, frame: CellFrame) -> str:
        info = frame.info
        number = self.shell.execution_count - bool(info.store_history)  # it was counted up before the cell is compiled
        name: str = self.shell.compile.get_code_name(info.raw_cell, info.transformed_cell, number)
        return name

    def _close(self, frame: CellFrame, result: Any) -> None:
        error = _error(result)
        if frame.step is not None and not frame.step.refusal:
            self._publish(frame.step.close(error))
            return
        if frame.step is not None:
            frame.step.abandon()
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
