"""The judge of one cell: what the rewritten tests report to, and who stops the step.

:func:`nbops.notebook.judge.instrument` turns ``assert len(rows), "has rows"`` into::

    try:
        rt.begin(0)
        if not rt.end(0, rt.v(1, len(rt.v(0, rows)))):
            rt.message(0, "has rows")
    except rt.caught:
        rt.error(0)
    rt.barrier()  # before the next other statement: raises one StepFailed for the run of tests

where ``rt`` is a hidden name that holds a :class:`Judge`, or an object whose ``.judge`` it is. Who brackets a cell::

    module, table = instrument(tree, source, "__nbops__.judge")
    judge = Judge(table, step="clean")
    token = collecting(judge)       # so that expect() and skip() find it, also inside functions
    try:
        <run the module>
        judge.finish()              # an expect that a function swallowed still counts
    except StepFailed: ...          # judge.status says whether it failed or could not be judged
    except Exception as error:
        judge.raised(error)         # an AssertionError out of a called function becomes a failed test
    finally:
        token.var.reset(token)
    results, status = judge.results(), judge.status

A retry calls ``judge.reset()`` first. The judge keeps text alone: every captured value is released as soon as its
test is judged.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import linecache
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, ClassVar, Literal, NoReturn

from nbops.checks.expect import NothingToDo
from nbops.checks.verdict import Verdict, judge_value, not_judged
from nbops.errors import StepFailed
from nbops.notebook.judge import TestSite, TestTable
from nbops.records import CheckResult, Severity, Status, worst

__all__ = ["Judge"]

_NO_VALUES: dict[int, object] = {}
_STOPPING = (Status.FAILED, Status.ERROR)
_MOST_TOLD = 20


@dataclass(slots=True)
class _Tally:
    """What became of one test so far: it may be evaluated many times."""

    count: int = 0
    seconds: float = 0.0
    rows: int | None = None
    failing: int | None = None
    nulls: int | None = None
    bad: int = 0
    worst: CheckResult | None = None  # the first of the worst evaluations


@dataclass(slots=True)
class _Evaluation:
    """A test that is being evaluated."""

    number: int
    began: float
    values: dict[int, object] = field(default_factory=dict)
    is_reported: bool = False


class Judge:
    """Takes the verdicts of one cell's tests and stops the step after a run of them that failed.

    Args:
        table: The tests of the cell, from ``instrument``.
        step: The step's name, for the message.
        examples: How many failing rows of a test to keep.
        on_fail: With ``warn``, failed tests are recorded as warnings and nothing stops.
        let_through: Exceptions that are no verdict and end the cell as they are (a timeout).
    """

    caught: ClassVar[type[BaseException]] = Exception

    def __init__(
        self,
        table: TestTable,
        *,
        step: str = "",
        examples: int = 5,
        on_fail: Literal["stop", "warn"] = "stop",
        let_through: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._sites = table.sites
        self._step = step
        self._examples = examples
        self._on_fail = on_fail
        self._let_through: tuple[type[BaseException], ...] = (NothingToDo, *let_through)
        self.reset()

    def reset(self) -> None:
        """Forget everything, for another attempt."""
        self._tallies = [_Tally() for _ in self._sites]
        self._reported: dict[tuple[str, str], CheckResult] = {}  # by tests that stand in no table
        self._open: list[_Evaluation] = []
        self._values: dict[int, object] = _NO_VALUES
        self._failed_in_run = False
        self._unraised = False
        self._collected: list[tuple[int, Callable[..., object]]] = []
        self.skipped = ""

    # ── what the generated code calls ────────────────────────────────────────────────────────────────────────────

    def begin(self, number: int) -> None:
        """Begin to evaluate a test."""
        evaluation = _Evaluation(number, perf_counter())
        self._open.append(evaluation)
        self._values = evaluation.values

    def v(self, slot: int, value: Any) -> Any:
        """Keep a value inside the test that is open, and return it."""
        self._values[slot] = value
        return value

    def end(self, number: int, value: object) -> bool:
        """Judge what a test came to; return whether it passed (if not, its message is worth evaluating)."""
        evaluation = self._close()
        site = self._sites[number]
        if value is True and site.form == "value":
            tally = self._tallies[number]
            tally.count += 1
            tally.seconds += perf_counter() - evaluation.began
            return True
        if site.form == "vacuous":
            verdict = Verdict(Status.ERROR, "a tuple is always true: remove the parentheses around it")
        else:
            verdict = self._judged(site, value, evaluation.values)
        return self._take(number, verdict, evaluation)

    def message(self, number: int, text: object) -> None:
        """Take the message of a test that just failed."""
        tally = self._tallies[number]
        if tally.worst is not None and not tally.worst.message:
            tally.worst = replace(tally.worst, message=str(text))

    def done(self, number: int, value: object) -> None:
        """End a test that is a call: it returned, so an assertion passed, and an ``expect`` has reported."""
        evaluation = self._close()
        if self._sites[number].kind == "called":
            self._take(number, Verdict(Status.PASSED), evaluation)

    def error(self, number: int) -> None:
        """Take the exception that is being handled as the verdict on a test."""
        error = sys.exception()
        evaluation = self._close(number)
        if error is None or isinstance(error, self._let_through):
            raise  # noqa: PLE0704 - called inside the handler that the generated code has around its test
        if evaluation is None:  # the message of a failed test raised: the verdict stands
            self.message(number, f"(its message raised {type(error).__name__}: {error})")
            return
        if isinstance(error, StepFailed):  # an expect inside a called function has reported, and asked to stop
            verdict = Verdict(Status.SKIPPED, "not judged: a test in a function that it calls failed")
        else:
            verdict = self._verdict_on(error)
        kind_changes = isinstance(error, AssertionError) and self._sites[number].kind == "assert"
        self._take(number, verdict, evaluation, called=kind_changes)

    def excuses(self) -> bool:
        """Whether the exception that is being handled came of a failed test before it, in the same run."""
        error = sys.exception()
        return self._failed_in_run and not isinstance(error, (StepFailed, *self._let_through))

    def barrier(self) -> None:
        """End a run of tests.

        Raises:
            StepFailed: One of them failed, or could not be judged.
        """
        self._failed_in_run = False
        if self._unraised:
            self._raise()

    finish = barrier

    def collect(self, number: int, function: Callable[..., object]) -> None:
        """Keep a test function until the end of the cell."""
        self._collected.append((number, function))

    def run_tests(self) -> None:
        """Run the collected test functions; each is one test."""
        waiting, self._collected = self._collected, []
        for number, function in waiting:
            self._run_function(number, function)

    # ── what the collector of the step is told ───────────────────────────────────────────────────────────────────

    def report(self, result: CheckResult) -> None:
        """Take the verdict of a test that judged itself, as ``expect`` does.

        Raises:
            StepFailed: It failed inside a function, where nothing can be held back until the end of the run.
        """
        evaluation = self._open[-1] if self._open else None
        site = self._sites[evaluation.number] if evaluation else None
        if evaluation and site and site.kind == "expect" and site.condition in evaluation.values:
            evaluation.is_reported = True
            verdict = self._judged(site, evaluation.values[site.condition], evaluation.values)
            message = result.message if verdict.status is not Status.PASSED else ""
            self._take(evaluation.number, verdict, evaluation, severity=result.severity, message=message)
            return
        result = self._softened(result)
        key = (result.name, result.source)
        before = self._reported.get(key)
        self._reported[key] = _added(before, result) if before else result
        if result.status in _STOPPING and result.severity == "fail":
            self._note(result)
            raise self._failure()

    def skip(self, reason: str) -> None:
        """Remember why there is nothing to do; ``nbops.skip`` raises what ends the run."""
        self.skipped = reason

    def raised(self, error: BaseException) -> CheckResult | None:
        """Take the exception that ended the cell; an assertion of a called function becomes a failed test.

        Returns:
            The new test; None when *error* is no assertion, or tells of tests that are recorded already.
        """
        if not isinstance(error, AssertionError) or isinstance(error, StepFailed):
            return None
        line, source = self._place(error)
        verdict = not_judged(error)
        result = self._softened(
            CheckResult(
                name=source or "assertion",
                status=verdict.status,
                kind="called",
                line=line,
                source=source,
                message=verdict.why,
                why=verdict.why,
            )
        )
        self._reported[(result.name, f"line {line}")] = result
        return result

    # ── what is known at the end ─────────────────────────────────────────────────────────────────────────────────

    def results(self) -> tuple[CheckResult, ...]:
        """Return the verdicts so far, in the order of the cell; a test in a loop is one of them."""
        tabled = [
            self._result(site, tally)
            for site, tally in zip(self._sites, self._tallies, strict=True)
            if tally.count and site.parent is None
        ]
        everything = [*tabled, *self._reported.values()]
        return tuple(sorted(everything, key=lambda result: result.line or sys.maxsize))

    @property
    def status(self) -> Status:
        """The worst verdict so far; what warns never fails, what was not judged says nothing."""
        return worst(_weight(result) for result in self.results() if result.status is not Status.SKIPPED)

    # ── judging ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _close(self, number: int | None = None) -> Any:
        """Close the test that is open and return it; None when it is not test *number*."""
        if number is not None:
            while self._open and self._open[-1].number != number:
                self._open.pop()
            if not self._open:
                return None
        evaluation = self._open.pop()
        self._values = self._open[-1].values if self._open else _NO_VALUES
        return evaluation

    def _judged(self, site: TestSite, value: object, values: Mapping[int, object]) -> Verdict:
        return judge_value(
            value,
            [(site.slots[slot], seen) for slot, seen in values.items()],
            form="value" if site.form not in ("all", "none") else site.form,  # type: ignore[arg-type]
            subjects=[values[slot] for slot in site.subjects if slot in values],
            operands=[(site.slots[slot], values[slot]) for slot in site.operands if slot in values],
            limit=self._examples,
        )

    def _verdict_on(self, error: BaseException) -> Verdict:
        verdict = not_judged(error)
        if verdict.status is Status.ERROR and self._failed_in_run:
            return Verdict(Status.SKIPPED, f"not judged after a failed test: {verdict.why}")
        return verdict

    def _take(
        self,
        number: int,
        verdict: Verdict,
        evaluation: _Evaluation,
        *,
        severity: Severity | None = None,
        message: str = "",
        called: bool = False,
    ) -> bool:
        """Add one evaluation to its test's tally; return whether it passed."""
        site, tally = self._sites[number], self._tallies[number]
        tally.count += 1
        tally.seconds += perf_counter() - evaluation.began
        tally.rows = _sum(tally.rows, verdict.rows)
        tally.failing = _sum(tally.failing, verdict.failing)
        tally.nulls = _sum(tally.nulls, verdict.nulls)
        if verdict.status is Status.PASSED:
            return True
        result = self._softened(_as_result(site, verdict, severity or site.severity, message, called=called))
        tally.bad += 1
        if tally.worst is None or worst([tally.worst.status, result.status]) is not tally.worst.status:
            tally.worst = result
        self._note(result)
        return False

    def _softened(self, result: CheckResult) -> CheckResult:
        """Return *result* as a warning where a failure is only to be recorded."""
        if result.status is Status.FAILED and self._on_fail == "warn":
            return replace(result, status=Status.WARNED, severity="warn")
        if result.status is Status.FAILED and result.severity == "warn":
            return replace(result, status=Status.WARNED)
        return result

    def _note(self, result: CheckResult) -> None:
        if result.severity == "fail" and result.status in _STOPPING:
            self._unraised = True
            self._failed_in_run |= result.status is Status.FAILED

    def _result(self, site: TestSite, tally: _Tally) -> CheckResult:
        result = tally.worst or CheckResult(site.name, Status.PASSED, site.severity, site.kind, site.line, site.source)
        why = result.why
        if tally.bad and tally.count > 1:
            why = f"{tally.bad:,} of {tally.count:,} evaluations, the first: {why}"
        return replace(
            result,
            why=why,
            rows=tally.rows,
            failing=tally.failing,
            nulls=tally.nulls,
            seconds=tally.seconds,
            count=tally.count,
        )

    # ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _raise(self) -> NoReturn:
        self._unraised = False
        raise self._failure()

    def _failure(self) -> StepFailed:
        results = self.results()
        bad = [r for r in results if r.status in _STOPPING and r.severity == "fail"]
        warned = [r for r in results if r.severity == "warn" and r.status not in (Status.PASSED, Status.SKIPPED)]
        skipped = [r for r in results if r.status is Status.SKIPPED]
        failed = sum(r.status is Status.FAILED for r in bad)
        counts = [
            f"{failed} of {len(results)} {'test' if len(results) == 1 else 'tests'} failed" if failed else "",
            f"{len(bad) - failed} could not be judged" if len(bad) > failed else "",
            f"{len(warned)} warned" if warned else "",
            f"{len(skipped)} not judged" if skipped else "",
        ]
        head = ", ".join(part for part in counts if part)
        where = f"step {self._step}: " if self._step else ""
        told = [line for result in [*bad, *skipped][:_MOST_TOLD] for line in _told(result)]
        left = len(bad) + len(skipped) - _MOST_TOLD
        if left > 0:
            told.append(f"  … and {left} more")
        return StepFailed("\n".join([where + head, *told]))

    def _place(self, error: BaseException) -> tuple[int | None, str]:
        """Return the line of the cell that *error* came through, and its text."""
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if "<module>" in code.co_name or code.co_name.startswith("<cell"):
                text = linecache.getline(code.co_filename, trace.tb_lineno, trace.tb_frame.f_globals).strip()
                if "ipython-input" in code.co_filename or "ipykernel" in code.co_filename or text == "":
                    return trace.tb_lineno, text
            trace = trace.tb_next
        return None, ""

    # ── test functions ───────────────────────────────────────────────────────────────────────────────────────────

    def _run_function(self, number: int, function: Callable[..., object]) -> None:
        outer = self._failed_in_run, self._unraised
        self._failed_in_run = self._unraised = False
        evaluation = _Evaluation(number, perf_counter())
        try:
            _called(function, _fixtures(function))
            verdict = Verdict(Status.PASSED)
        except self._let_through:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a test raises is its verdict
            verdict = self._function_verdict(number) or self._verdict_on(error)
        self._failed_in_run, self._unraised = outer
        self._take(number, verdict, evaluation)

    def _function_verdict(self, number: int) -> Verdict | None:
        """Return the verdict that the tests inside function *number* came to; None when they all passed."""
        inner = [
            self._result(site, tally)
            for site, tally in zip(self._sites, self._tallies, strict=True)
            if site.parent == number and tally.worst and tally.worst.severity == "fail"
        ]
        bad = [result for result in inner if result.status in _STOPPING]
        if not bad:
            return None
        first = next((result for result in bad if result.status is Status.FAILED), bad[0])
        why = "; ".join(f"line {r.line}: {_headline(r)}" for r in bad)
        return Verdict(first.status, why, first.observed, first.rows, first.failing, first.nulls, first.examples)


def _as_result(site: TestSite, verdict: Verdict, severity: Severity, message: str, *, called: bool) -> CheckResult:
    return CheckResult(
        name=site.name,
        status=verdict.status,
        severity=severity,
        kind="called" if called else site.kind,
        line=site.line,
        source=site.source,
        message=message,
        why=verdict.why,
        observed=verdict.observed,
        allowed=site.allowed,
        examples=verdict.examples,
    )


def _weight(result: CheckResult) -> Status:
    if result.severity == "warn" and result.status in _STOPPING:
        return Status.WARNED
    return result.status


def _sum(before: int | None, more: int | None) -> int | None:
    return more if before is None else before + (more or 0)


def _added(before: CheckResult, result: CheckResult) -> CheckResult:
    """Return one result for a test that was reported before."""
    first = before if worst([before.status, result.status]) is before.status else result
    return replace(
        first,
        count=before.count + result.count,
        seconds=before.seconds + result.seconds,
        rows=_sum(before.rows, result.rows),
        failing=_sum(before.failing, result.failing),
        nulls=_sum(before.nulls, result.nulls),
    )


def _headline(result: CheckResult) -> str:
    title = result.message or result.name
    return f"{title}: {result.why}" if result.why else title


def _told(result: CheckResult) -> list[str]:
    """Return the lines that tell of one test in the message of a failed step."""
    glyph = {Status.FAILED: "✗", Status.SKIPPED: "–"}.get(result.status, "!")
    line = f"line {result.line}: " if result.line else ""
    title = " ".join((result.message or result.name).split())
    lines = [f"  {glyph} {line}{title}"]
    why = [part for part in result.why.splitlines() if part.strip()]
    if why and result.why != result.message:
        lines += [f"      {part}" for part in why[:12]]
    return lines


# ── calling test functions ───────────────────────────────────────────────────────────────────────────────────────────


def _fixtures(function: Callable[..., object]) -> dict[str, object]:
    """Return the arguments of a test function: the values of the notebook that have their names."""
    known = getattr(inspect.unwrap(function), "__globals__", {})
    arguments: dict[str, object] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if name in known:
            arguments[name] = known[name]
        elif parameter.default is parameter.empty:
            raise NameError(f"the test asks for {name!r}, and the notebook has no such name")
    return arguments


def _called(function: Callable[..., object], arguments: Mapping[str, object]) -> None:
    result = function(**arguments)
    if inspect.iscoroutine(result):
        _awaited(result)


def _awaited(coroutine: Any) -> None:
    """Run *coroutine* to its end in a loop of its own: the cell's loop is busy with the cell."""
    raised: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            context.run(asyncio.run, coroutine)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread of the cell
            raised.append(error)

    thread = threading.Thread(target=work, name="nbops-async-test")
    thread.start()
    thread.join()
    if raised:
        raise raised.pop()
