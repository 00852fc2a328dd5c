"""Bracketing a step: the only code that does so, the same when a person runs a cell and when production does.

``begin`` and ``finish`` are called by code that :mod:`nbops.engine.cell.wrapping` puts around the cell; ``open`` and
``close`` by the shell's hooks, also for a cell that never came to run. The hooks only record: what must stop the cell
is raised inside it.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import functools
import itertools
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nbops.checks.expect import NothingToDo
from nbops.engine.cell.accounting import account_tests
from nbops.engine.cell.again import again_after
from nbops.engine.cell.alarm import Alarm
from nbops.engine.cell.cell_place import CellPlace
from nbops.engine.cell.judging import Judge
from nbops.engine.cell.leaving import keep_left_out, keep_values
from nbops.engine.cell.variables import Variables
from nbops.engine.kernel.failing import StepTimeout, failure_of, status_of, told_shortly
from nbops.engine.kernel.measuring import Stopwatch, WarningLog
from nbops.engine.kernel.session import Session
from nbops.engine.reuse.ruling import judge_inputs, judge_outputs, keeps_rules
from nbops.errors import NbopsError, StepFailed
from nbops.frames.tables import describe
from nbops.notebook.judge import TestTable, instrument
from nbops.pipeline.step import StepOptions
from nbops.records import (
    CellKind,
    CheckResult,
    Failure,
    Status,
    StepFinished,
    StepStarted,
    Table,
    collecting,
    current_collector,
)
from nbops.rules.origin import Origin

if TYPE_CHECKING:
    from nbops.engine.reuse.checkpoint import Checkpoint, Checkpoints
    from nbops.engine.reuse.rewinding import Rewind

__all__ = ["StepCell"]

_NOTHING = object()
_numbers = itertools.count(1)


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
        self._judge_name = f"{self.runtime}judge"
        self.awaits = False
        self.is_foreign = False  # all of it is code of another language (%%sql), whose result is the step's output
        self.refusal: Exception | None = None
        self.swallowed: BaseException | None = None
        self.trouble: Exception | None = None  # nbops failed at the cell: then nobody knows whether its tests hold
        self.checkpoint: Checkpoint | None = None
        self.checkpoints: Checkpoints | None = None
        self.is_open = False
        self.judge = Judge(TestTable())
        self.attempt = 0
        self.part = 0
        self._tries = 0
        self._is_done = False
        self._has_come_to_end = False
        self._skip_reason: str | None = None
        self._alarm: Alarm | None = None
        self._value: object = _NOTHING
        self._before: Rewind | None = None
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
        module, table = instrument(module, source, self._judge_name, collect=is_test, first_line=first_line)
        self.judge = Judge(
            table,
            step=self.options.name,
            examples=self.session.settings.examples,
            on_fail=self.options.on_fail,
            let_through=(StepTimeout,),
            waived=self.session.foreseen.waived,
        )
        self._let_find_judge()
        return module

    def skip(self, reason: str) -> None:
        """Do not run the cell."""
        self._skip_reason = reason
        self._is_done = True
        self._stop_alarm()

    def enter(self) -> None:
        """Get ready to run: the generated code finds this object under its hidden name."""
        setattr(builtins, self.runtime, self)
        self._cleanup.callback(delattr, builtins, self.runtime)
        self._cleanup.callback(delattr, builtins, self._judge_name)
        self._cleanup.callback(self._stop_collecting)
        self._let_find_judge()
        self._cleanup.enter_context(self._warnings.listening(self.place.file))

    def close(self, error: BaseException | None) -> StepFinished:
        """Journal the end and return its record; *error* is what ended the cell."""
        record = self._with_key(self._ended(error or self.trouble))
        self._stop_alarm()
        self._cleanup.close()
        record = self.session.recorder.append(record)  # type: ignore[assignment]
        self.session.note()
        keep_values(self.checkpoints, self.checkpoint, record)
        keep_left_out(self.session, self.checkpoint, record, self.judge.ledger)
        if self._has_come_to_end and self.kind == "step" and self.session.is_batch:
            nameless = {self.options.name: self._value} if self.is_foreign else {}
            self.session.observer.see(record, self.variables.namespace, nameless)
        return record

    @property
    def is_restored(self) -> bool:
        """Whether what the cell leaves is there already, so that it need not run."""
        return self.checkpoint is not None and self.checkpoint.restored is not None

    def _with_key(self, record: StepFinished) -> StepFinished:
        """Return *record* with what the step depends on; trouble with finding that out never costs the record."""
        try:
            return self.checkpoint.on(record) if self.checkpoint is not None else record
        except Exception as error:  # noqa: BLE001 - the step then counts as one of which nobody can tell it
            self.checkpoint = None
            print(f"nbops: what this step depends on is not known ({type(error).__name__}: {error})", file=sys.stderr)
            return record

    def abandon(self) -> None:
        """Leave a cell that was refused: nothing ran, so nothing is recorded."""
        self._cleanup.close()

    # ── called by the generated code ─────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Begin an attempt."""
        self._tries += 1
        if self.options.retries and self._tries == 1:
            self._before = self.variables.rewind()
        if self.options.timeout_seconds is not None:
            seconds, file = self.options.timeout_seconds, self.place.file
            self._alarm = Alarm(seconds, file, self._timeout, awaits=self.awaits)
            self._alarm.start()
        self._watch = Stopwatch()
        if self._tries == 1:
            self._look_at_sources()
            self._judge_by_rules(judge_inputs, lambda: self.variables.reads)

    def _look_at_sources(self) -> None:
        """Look at what the step needs; under nbops' own engine that was done before the kernel was started."""
        if self.options.needs and self.kind == "step" and self.session.is_own:
            from nbops.engine.cell.needs import look_before_step

            try:
                code = [text for text in self.variables.namespace.get("In", ()) if isinstance(text, str)]
                look_before_step(self.session, self.options.name, self.options.needs, code)
            except NbopsError as error:
                raise told_shortly(error) from None

    def trying(self) -> bool:
        """Begin another attempt before the last one; False when there is none left, or none is needed."""
        if self._is_done or self._tries >= self.options.retries:
            return False
        self.begin()
        return True

    def last_try(self) -> bool:
        """Begin the last attempt; False when none is needed any more."""
        if self._is_done:
            return False
        self.begin()
        return True

    def wanted(self, condition: object) -> bool:
        """Take the value of ``--when``."""
        if condition:
            return True
        self.skip(f"--when {self.options.when} is false")
        return False

    def finish(self, value: object = _NOTHING) -> None:
        """Show the value of the last expression, and end the attempt well unless a test failed."""
        if value is not _NOTHING:
            sys.displayhook(value)
            self._value = value
        if self.swallowed is not None:  # by %%capture, which shows an error and then forgets it
            raise self.swallowed
        if self._has_timed_out:  # the code swallowed that: nobody knows what it left out
            raise self._timeout(None)
        self._has_come_to_end = True
        self.judge.finish()
        origin = Origin(run=self.session.run, parameters=self.session.foreseen.parameters)
        judge = functools.partial(judge_outputs, origin=origin, secrets=self.session.recorder.secrets)
        self._judge_by_rules(judge, self.variables.writes)
        if self.judge.ledger:
            self.judge.take(account_tests(self.judge.ledger, self.variables))
        self._stop_alarm()
        self._is_done = True

    def _judge_by_rules(self, judge: Callable[..., Iterator[CheckResult]], names: Callable[[], Iterable[str]]) -> None:
        """Judge tables by the rules that are kept for them; a bad one stops the step here."""
        project, notebook = self.session.project, self.session.identity.notebook
        if self.kind != "step" or not keeps_rules(project.root):
            return
        limit = self.session.settings.examples
        self.judge.take(judge(project.root, notebook, names(), self.variables.namespace, limit))
        self.judge.finish()

    def handled(self) -> bool:
        """Look at the exception that ended an attempt; True when the next one is to begin."""
        error = sys.exc_info()[1]
        self._stop_alarm()
        if isinstance(error, asyncio.CancelledError) and self._has_timed_out:
            error = self._timeout(None)
        if not isinstance(error, Exception) or isinstance(error, (AssertionError, NothingToDo)):
            return False  # an interrupt, or a verdict: neither is a mishap that may pass
        again = again_after(error, self._ended(error), self._before, self._tries, self.options)
        self.session.recorder.append(again.record, sync=True)
        print(f"nbops: {again.told}", file=sys.stderr)
        self.judge.reset()
        time.sleep(again.wait_seconds)
        self._journal_start()
        return True

    def refuse(self) -> None:
        """Raise what is wrong with the cell's mark."""
        if self.refusal is not None:
            raise told_shortly(self.refusal)

    # ── called when an exception is about to be shown ────────────────────────────────────────────────────────────

    @property
    def expected(self) -> tuple[type[BaseException], ...]:
        """The exceptions that may end this cell in another way than they seem."""
        of_timeout = (asyncio.CancelledError,) if self.options.timeout_seconds is not None else ()
        of_warn = (AssertionError,) if self.options.on_fail == "warn" else ()
        return (NothingToDo, *of_timeout, *of_warn)

    def settled(self, error: BaseException) -> BaseException | None:
        """Return what is to be shown instead of *error*: nothing when the cell has ended well, or a timeout."""
        if isinstance(error, NothingToDo):
            self.skip(str(error))
            self.session.skip_reason = str(error)
            return None
        if self._alarm is not None and self._has_timed_out and isinstance(error, asyncio.CancelledError):
            return self._timeout(self._alarm.line)
        if isinstance(error, AssertionError) and self.options.on_fail == "warn" and not self.judge.status.is_bad:
            self.judge.raised(error)
            return None
        return error

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _has_timed_out(self) -> bool:
        return self._alarm is not None and self._alarm.has_rung

    def _let_find_judge(self) -> None:
        """Let the generated code find the judge, and what the user's functions report."""
        setattr(builtins, self._judge_name, self.judge)
        collecting(self.judge)

    def _stop_collecting(self) -> None:
        """Let ``expect`` know that no step runs any more; a task of its own has its own idea of it."""
        if current_collector() is self.judge:
            collecting(None)

    def _timeout(self, line: int | None) -> StepTimeout:
        at = f", line {line} of the cell" if line else ""
        return StepTimeout(
            f"step {self.options.name!r} took longer than its timeout of {self.options.timeout_seconds:g} s",
            where=f"step {self.options.name!r}{at}",
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
            tables_out=self._tables_out(writes),
            reads=variables.reads,
            writes=writes,
            mutated=variables.mutated(writes),
            warnings=self._warnings.seen,
            failure=self._failure(error) if error else None,
            remark=self._skip_reason or "",
            doc=self.options.doc,
            owner=self.options.owner,
            accounts=self.judge.ledger.accounts(variables.namespace, keeps=self.session.keeps),
            metrics=tuple(self.judge.metrics.values()),
        )

    def _failure(self, error: BaseException) -> Failure:
        failure = failure_of(error, self.place.file, self.place.index)
        if not isinstance(error, StepFailed):
            return failure
        line = next((test.line for test in self.judge.results() if test.status.is_bad), failure.line)
        return replace(failure, line=line)  # that of the test: the exception came at the end of its run

    def _tables_out(self, writes: tuple[str, ...]) -> tuple[Table, ...]:
        tables = self.judge.ledger.with_counts(self.variables.tables_out(writes), self.variables.namespace)
        if not tables and self.is_foreign:
            nameless = describe(self.options.name, self._value)
            return (nameless,) if nameless else ()
        return tables

    def _status(self, error: BaseException | None) -> Status:
        if isinstance(error, AssertionError):
            return self.judge.status if self.judge.status.is_bad else Status.FAILED
        if error is not None:
            return status_of(error)
        return Status.SKIPPED if self._skip_reason is not None else self.judge.status
