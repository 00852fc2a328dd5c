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

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any, ClassVar, Literal

from nbops.checks.chain import Chain
from nbops.checks.expect import NothingToDo
from nbops.checks.telling import failure_text, headline
from nbops.checks.verdict import Verdict, judge_value, named, not_judged
from nbops.engine.cell.accounting import Ledger
from nbops.engine.cell.calling import call, fixtures, outcome_of
from nbops.engine.cell.cell_lines import CellLines
from nbops.engine.cell.holding import Held, judge_held, stands_in_cell
from nbops.engine.cell.tally import Evaluation, Tally, added, as_result, covered_why
from nbops.errors import StepFailed
from nbops.notebook.judge import TestSite, TestTable
from nbops.records import AccountedTables, CheckResult, Metric, RowAccount, Severity, Status, worst

__all__ = ["Judge"]

_STOPPING = (Status.FAILED, Status.ERROR)
_VACUOUS = Verdict(Status.ERROR, "a tuple is always true: remove the parentheses around it")
_PASSED = Verdict(Status.PASSED)


class Judge:
    """Takes the verdicts of one cell's tests and stops the step after a run of them that failed.

    Args:
        table: The tests of the cell, from ``instrument``.
        step: The step's name, for the message.
        examples: How many failing rows of a test to keep.
        on_fail: With ``warn``, failed tests are recorded as warnings and nothing stops.
        let_through: Exceptions that are no verdict and end the cell as they are (a timeout).
        waived: By the name of a test, or ``STEP::TEST``, why its failure is only to be a warning this time.
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
        waived: Mapping[str, str] | None = None,
    ) -> None:
        self._table = table
        self._sites = table.sites
        self._lines = CellLines(table.first_line, table.lines)
        self._step = step
        self._examples = examples
        self._on_fail = on_fail
        self._waived = waived or {}
        self._let_through: tuple[type[BaseException], ...] = (NothingToDo, *let_through)
        self.reset()

    def reset(self) -> None:
        """Forget everything, for another attempt."""
        self._tallies = [Tally() for _ in self._sites]
        self._reported: dict[tuple[str, str], CheckResult] = {}  # by tests that stand in no table
        self._held: list[Held] = []  # chains of checks, which are judged at the end of their run of tests
        self._open: list[Evaluation] = []
        self._values: dict[int, object] = {}
        self._failed_in_run = self._must_stop = False
        self.ledger = Ledger()
        self._collected: list[tuple[int, Callable[..., object]]] = []
        self.skipped = ""
        self.metrics: dict[str, Metric] = {}

    # ── what the generated code calls ────────────────────────────────────────────────────────────────────────────

    def begin(self, number: int) -> None:
        """Begin to evaluate a test."""
        evaluation = Evaluation(number, perf_counter())
        self._open.append(evaluation)
        self._values = evaluation.values

    def v(self, slot: int, value: Any) -> Any:
        """Keep a value inside the test that is open, and return it."""
        self._values[slot] = value
        return value

    def end(self, number: int, value: object) -> bool:
        """Judge what a test came to; return whether it passed (if not, its message is worth evaluating)."""
        evaluation = self._open[-1]
        site = self._sites[number]
        if value is True and site.shape.form == "value":  # by far the most frequent end, and nothing to look at
            self._close()
            tally = self._tallies[number]
            tally.count += 1
            tally.seconds += perf_counter() - evaluation.began
            return True
        verdict = _VACUOUS if site.form == "vacuous" else self._judged(site, value, evaluation)
        self._close()  # only now: a test whose judging raises is still open, and that becomes its verdict
        return self._take(site, verdict, evaluation)

    def message(self, number: int, text: object) -> None:
        """Take the message of a test that just failed."""
        self._tallies[number].add_message(text, self._examples)

    def done(self, number: int, _: object) -> None:
        """End a test that is a call: it returned, so an assertion passed, and an ``expect`` has reported."""
        evaluation = self._close()
        if self._sites[number].kind == "called":
            self._take(self._sites[number], _PASSED, evaluation)

    def error(self, number: int) -> None:
        """Take the exception that is being handled as the verdict on a test."""
        error = sys.exception()
        evaluation = self._close_up_to(number)
        if error is None or isinstance(error, self._let_through):
            raise  # noqa: PLE0704 - called inside the handler that the generated code has around its test
        site = self._sites[number]
        self._held = [held for held in self._held if held.site is not site or held.chain.checks()]
        self._judge_held()  # whether an earlier check failed decides what this exception means
        if evaluation is None:  # the message of a failed test raised: the verdict stands
            self.message(number, f"(its message raised {named(error)})")
            return
        if isinstance(error, AssertionError) and site.kind == "assert":
            site = replace(site, kind="called")
        self._take(site, self._verdict_on(error), evaluation)

    def excuses(self) -> bool:
        """Whether the exception that is being handled came of a failed test before it, in the same run."""
        self._judge_held()
        return self._failed_in_run and not isinstance(sys.exception(), (StepFailed, *self._let_through))

    def barrier(self) -> None:
        """End a run of tests.

        Raises:
            StepFailed: One of them failed, or could not be judged.
        """
        self._judge_held()
        self._failed_in_run = False
        if self._must_stop:
            self._must_stop = False
            raise self._failure()

    finish = barrier

    def collect(self, number: int, function: Callable[..., object]) -> None:
        """Keep a test function until the end of the cell."""
        self._collected.append((number, function))

    def run_tests(self) -> None:
        """Run the collected test functions; each is one test."""
        waiting, self._collected = self._collected, []
        for number, function in waiting:
            self._run_function(self._sites[number], number, function)

    # ── what the collector of the step is told ───────────────────────────────────────────────────────────────────

    def report(self, result: CheckResult) -> None:
        """Take the verdict of a test that judged itself, as ``expect`` does.

        Raises:
            StepFailed: It failed inside a function, where nothing can be held back until the end of the run.
        """
        evaluation = self._open[-1] if self._open else None
        if evaluation is not None:
            site = self._sites[evaluation.number]
            if site.kind == "expect" and site.shape.condition in evaluation.values:
                value = evaluation.values[site.shape.condition]
                verdict = self._judged(site, value, evaluation)
                self._take(replace(site, severity=result.severity), verdict, evaluation, message=result.message)
                return
        result = self._softened(result if result.line else replace(result, line=self._lines.now()))
        key = (result.name, result.source)
        before = self._reported.get(key)
        self._reported[key] = added(before, result) if before else result
        if self._stops(result):
            self._must_stop = self._failed_in_run = True
            raise self._failure()

    def hold(self, chain: object) -> bool:
        """Take a chain of checks that stands as a test in the cell; one inside a function must judge itself."""
        if not self._open or not isinstance(chain, Chain) or not stands_in_cell():
            return False
        site = self._sites[self._open[-1].number]
        if site.kind != "expect":
            return False
        self._held.append(Held(chain, site))
        return True

    def account(self, account: RowAccount, tables: AccountedTables) -> None:
        """Take the account of a call of a row function."""
        self.ledger.add(account, tables, self._lines.now(), self._lines.text)

    def skip(self, reason: str) -> None:
        """Remember why there is nothing to do; ``nbops.skip`` raises what ends the run."""
        self.skipped = reason

    def measure(self, metric: Metric) -> None:
        """Take a number that the cell reports; the last one of each name counts."""
        self.metrics[metric.name] = metric

    def raised(self, error: BaseException) -> CheckResult | None:
        """Take the exception that ended the cell; an assertion of a called function becomes a failed test.

        Returns:
            The new test; None when *error* is no assertion, or tells of tests that are recorded already.
        """
        self._judge_held()
        if not isinstance(error, AssertionError) or isinstance(error, StepFailed):
            return None
        line = self._lines.of(error.__traceback__)
        source = self._lines.text(line)
        why = covered_why(not_judged(error).why, source)
        result = CheckResult(source or "assertion", Status.FAILED, kind="called", line=line, source=source, why=why)
        result = self._softened(result)
        self._reported[(result.name, f"line {line}")] = result
        return result

    # ── what is known at the end ─────────────────────────────────────────────────────────────────────────────────

    def results(self) -> tuple[CheckResult, ...]:
        """Return the verdicts so far, in the order of the cell; a test in a loop is one of them."""
        tallied = zip(self._sites, self._tallies, strict=True)
        tabled = [tally.result(site) for site, tally in tallied if tally.count and site.parent is None]
        everything = [*tabled, *self._reported.values()]
        return tuple(sorted(everything, key=lambda result: result.line or sys.maxsize))

    @property
    def status(self) -> Status:
        """The worst verdict so far; what warns never fails, what was not judged says nothing."""
        return worst(_weight(result) for result in self.results() if result.status is not Status.SKIPPED)

    def _judge_held(self) -> None:
        """Judge the chains that wait, all those on one table in one scan of it."""
        if not self._held:
            return
        waiting, self._held = self._held, []
        self.take(judge_held(waiting, self._examples))

    def take(self, results: Iterable[CheckResult]) -> None:
        """Take verdicts that stand at the end of a run of tests; whether they stop is told at the next barrier."""
        for result in map(self._softened, results):
            key = (result.name, f"line {result.line}")
            before = self._reported.get(key)
            self._reported[key] = added(before, result) if before else result
            if self._stops(result):
                self._must_stop = True
                self._failed_in_run |= result.status is Status.FAILED

    # ── judging ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _close(self) -> Evaluation:
        evaluation = self._open.pop()
        self._values = self._open[-1].values if self._open else {}
        return evaluation

    def _close_up_to(self, number: int) -> Evaluation | None:
        """Close the tests down to *number*; None when that one is closed already."""
        if not any(evaluation.number == number for evaluation in self._open):
            return None
        while self._open[-1].number != number:
            self._open.pop()
        return self._close()

    def _judged(self, site: TestSite, value: object, evaluation: Evaluation) -> Verdict:
        values, slots, shape = evaluation.values, site.slots, site.shape
        return judge_value(
            value,
            [(slots[slot], seen) for slot, seen in values.items()],
            form=shape.form,
            subjects=[values[slot] for slot in shape.subjects if slot in values],
            operands=[(slots[slot], values[slot]) for slot in shape.operands if slot in values],
            limit=self._examples,
        )

    def _verdict_on(self, error: BaseException) -> Verdict:
        if isinstance(error, StepFailed):  # an expect inside a called function has reported, and asked to stop
            return Verdict(Status.SKIPPED, "not judged: a test in a function that it calls failed")
        verdict = not_judged(error)
        if verdict.status is Status.ERROR and self._failed_in_run:
            return Verdict(Status.SKIPPED, f"not judged after a failed test: {verdict.why}")
        return verdict

    def _take(self, site: TestSite, verdict: Verdict, evaluation: Evaluation, message: str = "") -> bool:
        """Add one evaluation to its test's tally; return whether it passed."""
        tally = self._tallies[evaluation.number]
        tally.add(verdict, perf_counter() - evaluation.began)
        if verdict.status is Status.PASSED:
            return True
        result = self._softened(as_result(site, verdict, evaluation.values, message, self._examples))
        tally.add_bad(result)
        if self._stops(result):
            self._must_stop = True
            self._failed_in_run |= result.status is Status.FAILED
        return False

    def _softened(self, result: CheckResult) -> CheckResult:
        """Return *result* as a warning where a failure is only to be recorded."""
        if result.status is not Status.FAILED:
            return result
        if waived := self._waived.get(result.name) or self._waived.get(f"{self._step}::{result.name}"):
            why = f"{result.why} (waived: {waived})".lstrip()
            return replace(result, status=Status.WARNED, severity="warn", why=why)
        severity: Severity = "warn" if self._on_fail == "warn" else result.severity
        return replace(result, status=Status.WARNED, severity=severity) if severity == "warn" else result

    def _stops(self, result: CheckResult) -> bool:
        return result.severity == "fail" and result.status in _STOPPING

    def _failure(self) -> StepFailed:
        return StepFailed(failure_text(self.results(), self._step))

    # ── test functions ───────────────────────────────────────────────────────────────────────────────────────────

    def _run_function(self, site: TestSite, number: int, function: Callable[..., object]) -> None:
        outer = self._failed_in_run, self._must_stop
        self._failed_in_run = self._must_stop = False
        evaluation = Evaluation(number, perf_counter())
        verdict = _PASSED
        try:
            call(function, fixtures(function))
        except self._let_through:
            raise
        except BaseException as error:
            self._failed_in_run |= outer[0]
            outcome = outcome_of(error)
            if outcome is None and not isinstance(error, Exception):
                raise
            verdict = outcome or self._verdict_on(error)
        self._failed_in_run, self._must_stop = outer
        verdict = self._verdict_inside(number) or verdict
        self._take(site, verdict, evaluation)

    def _verdict_inside(self, number: int) -> Verdict | None:
        """Return the verdict that the tests inside function *number* came to; None when they all passed."""
        tallied = zip(self._sites, self._tallies, strict=True)
        bad = [tally.result(site) for site, tally in tallied if site.parent == number and tally.worst]
        bad = [result for result in bad if result.status is not Status.SKIPPED]
        if not bad:
            return None
        status = worst(_weight(result) for result in bad)
        first = next(result for result in bad if _weight(result) is status)
        why = "; ".join(f"line {result.line}: {headline(result)}" for result in bad)
        return Verdict(status, why, first.observed, first.rows, first.failing, first.nulls, first.examples)


def _weight(result: CheckResult) -> Status:
    if result.severity == "warn" and result.status in _STOPPING:
        return Status.WARNED
    return result.status
