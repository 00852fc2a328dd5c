"""The hooks in the user's shell: they see each cell begin, be compiled and end, and hand the marked ones on.

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
from typing import TYPE_CHECKING, Any

from nbops.engine.cell.ending import ExceptionsOfCell, PlainCell
from nbops.engine.kernel.session import Session
from nbops.engine.kernel.settled import is_preparation, leave_out
from nbops.errors import NbopsError
from nbops.notebook.marks import find_mark, transform_lines

if TYPE_CHECKING:
    from nbops.engine.cell.marked import MarkedCells, RunningCell

__all__ = ["CellFrame", "ShellHooks"]


@dataclass(slots=True)
class CellFrame:
    """One cell that runs; cells may run inside cells (``%%capture``, ``run_cell``), so frames are stacked.

    Args:
        info: IPython's description of the cell.
        cell: What nbops does about it; None for a plain cell.
        is_compiled: Whether its own module was seen; later ones come from magics inside it.
        outer: The cell whose body this one is (``%%capture`` runs its body as a cell).
        exceptions: What sees the exceptions of a plain cell before they are shown; a marked cell has its own.
    """

    info: Any
    cell: RunningCell | None = None
    is_compiled: bool = False
    outer: CellFrame | None = None
    exceptions: ExceptionsOfCell | None = None


class ShellHooks:
    """What nbops hangs into one shell.

    Args:
        shell: The IPython shell.
        open_session: Makes the session when it is first asked for.
    """

    def __init__(self, shell: Any, open_session: Callable[[], Session]) -> None:
        self.shell = shell
        self._open_session = open_session
        self._session: Session | None = None
        self._marked: MarkedCells | None = None
        self._plain_sources: list[str] = []  # read when a step needs to know them
        self._is_preparing = True  # until a cell does more than import and define
        self.executed: list[str] = []  # the sources of all cells, to know later what is stale
        self._local = threading.local()  # a kernel may run cells in threads of their own beside the main one

    @property
    def session(self) -> Session:
        """The run that the cells belong to; made when first asked for."""
        if self._session is None:
            self._session = self._open_session()
        return self._session

    @session.setter
    def session(self, session: Session) -> None:
        """Let the cells belong to another run."""
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
        if self in self.shell.ast_transformers:
            return
        self.shell.input_transformers_cleanup.append(transform_lines)
        self.shell.ast_transformers.append(self)
        self.shell.events.register("pre_run_cell", self.pre_run_cell)
        self.shell.events.register("post_run_cell", self.post_run_cell)

    def remove(self) -> None:
        """Take the hooks out again; harmless when they do not hang."""
        if self not in self.shell.ast_transformers:
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
        frame = self.frames[-1] if self.frames else None
        if frame is None:
            return module
        try:
            return self._transformed(frame, module)
        except Exception as error:  # noqa: BLE001 - see above
            self._say("this cell runs as a plain one", error)
            if frame.cell is not None:
                frame.cell.distrust(error)
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

    # ── for programs ─────────────────────────────────────────────────────────────────────────────────────────────

    def run(self, source: str) -> None:
        """Run a cell that a program hands over (``run_cell_magic("step", …)``) like the shell; errors are raised."""
        transformed = self.shell.transform_cell(source)
        info = SimpleNamespace(raw_cell=source, transformed_cell=transformed, cell_id=None, store_history=False)
        ended = SimpleNamespace(info=info, error_before_exec=None, error_in_exec=None)
        self.pre_run_cell(info)
        try:
            name = self.shell.compile.cache(transformed, self.shell.execution_count, raw_code=source)
            module = self.visit(self.shell.compile.ast_parse(transformed, filename=name))
            exec(compile(ast.fix_missing_locations(module), name, "exec"), self.shell.user_ns)
        except BaseException as error:
            ended.error_in_exec = error
            raise
        finally:
            self.post_run_cell(ended)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, frame: CellFrame) -> None:
        source = frame.info.raw_cell
        below = self.frames[-2] if len(self.frames) > 1 else None
        owner = below and (below.outer or below)
        if owner and owner.cell and owner.cell.body is not None and owner.cell.body.strip() == source.strip():
            frame.outer = owner
            return
        self.executed.append(source)
        mark = find_mark(source)
        if mark is None or mark.kind == "params":
            self._plain_sources.append(source)
        if mark is not None and mark.kind != "skip":
            frame.cell = self._of_marks().opened(frame.info, mark)
        elif mark is None and self._marked is not None:
            frame.cell = self._marked.injected(source)
        if frame.cell is None and below is None:
            frame.exceptions = ExceptionsOfCell(self.shell, PlainCell(self._note_skip))

    def _note_skip(self, reason: str) -> None:
        self.session.skip_reason = reason

    def _of_marks(self) -> MarkedCells:
        if self._marked is None:  # with the first marked cell, so that loading nbops stays cheap
            from nbops.engine.cell.marked import MarkedCells

            self._marked = MarkedCells(self.shell, self, self._plain_sources)
        return self._marked

    def _transformed(self, frame: CellFrame, module: ast.Module) -> ast.Module:
        cell = (frame.outer or frame).cell
        if cell is not None and cell.body is not None:
            return cell.inner(module)
        if frame.is_compiled or frame.outer:
            return module
        frame.is_compiled = True
        session = self._session
        if session is not None and session.is_batch and session.skip_reason:
            module.body = []  # a batch that has nothing more to do runs nothing more
            if cell is not None:
                cell.skip(session.skip_reason)
            return module
        return cell.transformed(module) if cell is not None else module

    def _close(self, frame: CellFrame, result: Any) -> None:
        if frame.outer is not None:
            if frame.outer.cell is not None:
                frame.outer.cell.inner_ended(ended_by(result))
            return
        is_recorded = frame.cell is not None and frame.cell.close(result)
        error = frame.exceptions.settle(result) if frame.exceptions is not None else ended_by(result)
        if not is_recorded and not self.frames and self._session is not None:
            self._session.note_cell(error)
        if self._is_preparing:
            self._settle(frame.info.raw_cell)

    def _settle(self, source: str) -> None:
        """Leave out what the first cells imported, in the kernel of a run: there it stays to the end."""
        session = self._session
        self._is_preparing = session is not None and not session.is_own and is_preparation(source)
        if self._is_preparing:
            leave_out()

    def _say(self, what: str, error: Exception) -> None:
        print(f"nbops: {what} ({type(error).__name__}: {error})", file=sys.stderr)
        if not isinstance(error, NbopsError):
            traceback.print_exc()


def ended_by(result: Any) -> BaseException | None:
    """Return the exception that ended a cell; a cell without any result was cancelled from outside."""
    if result is None:
        return KeyboardInterrupt()
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error
