"""Bracketing a step: the only code that does so, the same when a person runs a cell and when production does.

``begin`` and ``finish`` are called by code that :mod:`nbops.engine.wrapping` puts around the cell; ``open`` and
``close`` by the shell's hooks, also for a cell that never came to run. The hooks only record: what must stop the cell
is raised inside it.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import itertools
import sys
import time
from dataclasses import dataclass

from nbops.checks.expect import NothingToDo
from nbops.engine.alarm import Alarm
from nbops.engine.failing import StepTimeout, failure_of, status_of, told_shortly, without_our_frames
from nbops.engine.judging import Judge
from nbops.engine.measuring import Stopwatch, WarningLog
from nbops.engine.session import Session
from nbops.engine.variables import Variables
from nbops.errors import NbopsError, StepFailed
from nbops.notebook.judge import TestTable, instrument
from nbops.pipeline.step import StepOptions
from nbops.records import CellKind, Status, StepFinished, StepStarted, collecting, current_collector

__all__ = ["CellPlace", "StepCell"]

_NOTHING = object()
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Which cell runs.

    Args:
        line: The line of its mark, counted from 1.
        cell_id: The front end's id of it; empty when there is none.
        index: Its index in the notebook; None when unknown.
        source_hash: Hash of its code.
    """

    line: int = 1
    cell_id: str = ""
    index: int | None = None
    source_hash: str = ""


class StepCell:
    """One execution of one cell of a step.

    Args:
        options: What its mark says.
        kind: Whether it is a ``step`` or a ``test`` cell.
        place: Which cell it is.
        session: The run it belongs to.
        variables: The user's namespace, as it is before the cell.
    """

    def __init__(
        self, options: StepOptions, kind: CellKind, place: CellPlace, session: Session, variables: Variables
    ) -> None:
        self.options = options
        self.kind = kind
        self.place = place
        self.session = session
        self.variables = variables
        self.runtime = f"__nbops_{next(_numbers)}__"
        self.cell_file = ""
        self.refusal: Exception | None = None
        self.swallowed: BaseException | None = None
        self.is_open = False
        self.judge = Judge(TestTable())
        self.attempt = 0
        self.part = 0
        self._tries = 0
        self._is_done = False
        self._skip_reason: str | None = None
        self._alarm: Alarm | None = None
        self._value: object = _NOTHING
        self._watch = Stopwatch()
        self._warnings = WarningLog()
        self._cleanup = contextlib.ExitStack()

    # ── called by the hooks ──────────────────────────────────────────────────────────────────────────────────────

    def open(self) -> None:
        """Journal the beginning."""
        recorder, place = self.session.recorder, self.place
        self.session.start()
        self.part = recorder.part_of(
            self.options.name, self.kind, place.cell_id, place.source_hash, is_batch=self.session.is_batch
        )
        self._journal_start()
        self.is_open = True

    def judged(self, module: ast.Module, source: str, *, first_line: int = 1) -> ast.Module:
        """Return *module*, which was parsed from *source*, with its tests rewritten to report to this step.

        Raises:
            SyntaxError: It jumps out of a loop that is not there.
        """
        is_test = self.kind == "test"
        module, table = instrument(
            module, source, f"{self.runtime}.judge", collect=is_test, first_line=first_line
        )  # fmt: skip
        self.judge = Judge(
            table,
            step=self.options.name,
            examples=self.session.settings.examples,
            on_fail=self.options.on_fail,
            let_through=(StepTimeout,),
        )
        collecting(self.judge)
        return module

    def skip(self, reason: str) -> None:
        """Do not run the cell."""
        self._skip_reason = reason
        self._is_done = True
        self._stop_alarm()

    def enter(self, cell_file: str) -> None:
        """Get ready to run: the generated code finds this object under its hidden name."""
        self.cell_file = cell_file
        setattr(builtins, self.runtime, self)
        self._cleanup.callback(delattr, builtins, self.runtime)
        self._cleanup.callback(self._stop_collecting)
        collecting(self.judge)
        self._cleanup.enter_context(self._warnings.listening(cell_file))

    def close(self, error: BaseException | None) -> StepFinished:
        """Journal the end and return its record; *error* is what ended the cell."""
        record = self._ended(error)
        self._stop_alarm()
        self._cleanup.close()
        record = self.session.recorder.append(record, sync=True)  # type: ignore[assignment]
        self.session.note()
        return record

    def abandon(self) -> None:
        """Leave a cell that was refused: nothing ran, so nothing is recorded."""
        self._cleanup.close()

    # ── called by the generated code ─────────────────────────────────────────────────────────────────────────────

    def begin(self) -> bool:
        """Begin an attempt; False when none is needed any more."""
        if self._is_done:
            return False
        if self.options.timeout_seconds is not None:
            self._alarm = Alarm(self.options.timeout_seconds, self.cell_file, self._timeout)
            self._alarm.start()
        self._tries += 1
        self._watch = Stopwatch()
        return True

    def wanted(self, condition: object) -> bool:
        """Take the value of ``--when``."""
        if condition:
            return True
        self.skip(f"--when {self.options.when} is false")
        return False

    def show(self, value: object) -> None:
        """Show the value of an expression as IPython does."""
        sys.displayhook(value)

    def finish(self, value: object = _NOTHING) -> None:
        """Show the value of the last expression, and end the attempt well unless a test failed."""
        if value is not _NOTHING:
            sys.displayhook(value)
            self._value = value
        if self.swallowed is not None:  # by %%capture, which shows an error and then forgets it
            raise self.swallowed
        self.judge.finish()
        self._stop_alarm()
        self._is_done = True

    def handled(self) -> bool:
        """Look at the exception that the cell raised; True when the cell ends, or begins again, without an error."""
        error = sys.exc_info()[1]
        self._stop_alarm()
        if isinstance(error, asyncio.CancelledError) and self._alarm is not None and self._alarm.has_rung:
            raise told_shortly(self._timeout()) from None
        if isinstance(error, NothingToDo):
            self.skip(str(error))
            self.session.skip_reason = str(error)
            return True
        if isinstance(error, AssertionError):
            return self._judged_badly(error)
        if error is not None:
            without_our_frames(error)
        return isinstance(error, Exception) and self._again(error)

    def refuse(self) -> None:
        """Raise what is wrong with the cell's mark."""
        if isinstance(self.refusal, NbopsError):
            raise told_shortly(self.refusal)
        if self.refusal is not None:
            raise self.refusal

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _judged_badly(self, error: AssertionError) -> bool:
        """Take a failed test; True when it is only to be recorded (``--on-fail warn``)."""
        if isinstance(error, StepFailed):
            told_shortly(error)
        without_our_frames(error)
        if self.options.on_fail != "warn" or self.judge.status.is_bad:
            return False
        self.judge.raised(error)
        self._is_done = True
        return True

    def _again(self, error: Exception) -> bool:
        """Begin anew after an exception, as long as there are retries left."""
        if self._tries > self.options.retries:
            return False
        of = self.options.retries + 1
        print(f"nbops: attempt {self._tries} of {of} failed ({type(error).__name__}: {error})", file=sys.stderr)
        self.session.recorder.append(self._ended(error), sync=True)
        self.judge.reset()
        self._journal_start()
        return True

    def _stop_collecting(self) -> None:
        """Let ``expect`` know that no step runs any more; a task of its own has its own idea of it."""
        if current_collector() is self.judge:
            collecting(None)

    def _timeout(self) -> StepTimeout:
        seconds = self.options.timeout_seconds
        return StepTimeout(
            f"step {self.options.name!r} took longer than its timeout of {seconds:g} s",
            where=f"step {self.options.name!r}",
            fix="give it more time with --timeout, or make it faster",
        )

    def _stop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.stop()

    def _journal_start(self) -> None:
        recorder, place = self.session.recorder, self.place
        self.attempt = recorder.next_attempt(self.options.name, self.part)
        recorder.append(
            StepStarted(
                at=time.time(),
                run=recorder.run,
                step=self.options.name,
                part=self.part,
                cell_kind=self.kind,
                attempt=self.attempt,
                cell=place.index,
                cell_id=place.cell_id,
                source_hash=place.source_hash,
            )
        )

    def _ended(self, error: BaseException | None) -> StepFinished:
        place, watch, variables = self.place, self._watch, self.variables
        seconds, cpu_seconds, memory_bytes = watch.seconds, watch.cpu_seconds, watch.memory_bytes
        if error is not None:
            self.judge.raised(error)
        writes = variables.writes() if self._tries and self._skip_reason is None else ()
        return StepFinished(
            at=time.time(),
            run=self.session.run,
            step=self.options.name,
            status=self._status(error),
            part=self.part,
            cell_kind=self.kind,
            attempt=self.attempt,
            cell=place.index,
            cell_id=place.cell_id,
            source_hash=place.source_hash,
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            memory_bytes=memory_bytes,
            tests=self.judge.results(),
            tables_in=variables.tables_in,
            tables_out=variables.tables_out(writes),
            reads=variables.reads,
            writes=writes,
            mutated=variables.mutated(),
            warnings=self._warnings.seen,
            failure=failure_of(error, self.cell_file, place.index) if error else None,
            remark=self._skip_reason or "",
            doc=self.options.doc,
            owner=self.options.owner,
        )

    def _status(self, error: BaseException | None) -> Status:
        if isinstance(error, AssertionError):
            return self.judge.status if self.judge.status.is_bad else Status.FAILED
        if error is not None:
            return status_of(error)
        return Status.SKIPPED if self._skip_reason is not None else self.judge.status
