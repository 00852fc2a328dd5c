"""What a cell says about its data: ``expect(condition)``, and ``skip(reason)`` when there is nothing to do.

Both work wherever they are called. In a step they report to its collector; elsewhere they raise or warn at once.
"""

from __future__ import annotations

import linecache
import sys
import warnings
from typing import Any, Literal, NoReturn

from nbops.checks.telling import headline
from nbops.checks.verdict import Verdict, judge_value
from nbops.errors import CheckFailed, UsageError, did_you_mean
from nbops.frames.masks import as_mask
from nbops.frames.tables import is_columnar, kind_of
from nbops.records import CheckResult, Severity, Status, current_collector

__all__ = ["NothingToDo", "expect", "skip"]

_SEVERITIES = ("fail", "warn")


class NothingToDo(Exception):
    """The run has nothing to do and ends well; the reason is its text."""

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to show the reason instead of a traceback."""
        return [f"skipped: {self}"]


def expect(condition: Any, message: str = "", *, severity: Literal["fail", "warn"] = "fail") -> None:
    """Test that *condition* is true: a boolean, or a column of booleans whose every row must be true.

    In a step the verdict is recorded, and the step fails at the end of its run of tests. Outside a step a failure
    raises at once.

    Args:
        condition: A boolean or another scalar, or a boolean Series, array or frame. Null is not true.
        message: The name of the test; the source of the condition when it is empty.
        severity: ``warn`` records a failure and never stops.

    Raises:
        UsageError: *condition* is no condition, or *severity* is unknown.
        CheckFailed: It is not true, outside a step.

    Example:
        >>> expect(2 > 1, "numbers are in order")
        >>> expect(1 > 2, "numbers are in order")
        Traceback (most recent call last):
        nbops.errors.CheckFailed: numbers are in order
    """
    if severity not in _SEVERITIES:
        raise UsageError(f"unknown severity {severity!r}", where="expect", fix=did_you_mean(str(severity), _SEVERITIES))
    _refuse_what_is_no_condition(condition)
    source = "" if message else _calling_line()
    result = _check_result(message or source, judge_value(condition), severity, source=source)
    collector = current_collector()
    if collector is not None:
        collector.report(result)
    elif result.status is Status.WARNED:
        warnings.warn(headline(result), stacklevel=2)
    elif result.status is not Status.PASSED:
        raise CheckFailed(headline(result))


def skip(reason: str) -> NoReturn:
    """End the run well, because there is nothing to do: the step and all later ones are skipped, the exit code is 0.

    Args:
        reason: Why, for everyone who looks at the run.

    Raises:
        NothingToDo: Always. It is not caught by the tests of a cell.
    """
    collector = current_collector()
    if collector is not None:
        collector.skip(str(reason))
    raise NothingToDo(str(reason))


def _check_result(name: str, verdict: Verdict, severity: Severity, *, source: str = "") -> CheckResult:
    status = verdict.status
    if status is Status.FAILED and severity == "warn":
        status = Status.WARNED
    return CheckResult(
        name=name,
        status=status,
        severity=severity,
        kind="expect",
        source=source,
        message=name if not source else "",
        why=verdict.why,
        observed=verdict.observed,
        rows=verdict.rows,
        failing=verdict.failing,
        nulls=verdict.nulls,
        examples=verdict.examples,
    )


def _refuse_what_is_no_condition(condition: object) -> None:
    if isinstance(condition, (str, bytes, dict, list, tuple, set)):
        what = f"expect needs a condition, got {type(condition).__name__}"
        raise UsageError(what, where="expect", fix="expect(len(rows) > 0, 'has rows')")
    if is_columnar(condition) and as_mask(condition) is None:
        what = f"expect needs a boolean, or a column of booleans, got {kind_of(condition)}"
        raise UsageError(what, where="expect", fix="compare it: expect(table.amount > 0)")


def _calling_line() -> str:
    """Return the line that called ``expect``: the best name for a test that gives itself none."""
    frame = sys._getframe(2)
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno, frame.f_globals).strip()
    return line or f"expect in {frame.f_code.co_name}, line {frame.f_lineno}"
