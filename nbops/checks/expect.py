"""What a cell says about its data: ``expect(condition)``, ``metric(name, value)``, ``skip(reason)``.

All work wherever they are called. In a step they report to its collector; elsewhere a test raises or warns at once.
"""

from __future__ import annotations

import linecache
import math
import sys
import warnings
from typing import Any, Literal, NoReturn

from nbops.checks.chain import Chain
from nbops.checks.telling import headline
from nbops.checks.verdict import Verdict, judge_value
from nbops.errors import CheckFailed, UsageError, did_you_mean
from nbops.frames.masks import as_mask
from nbops.frames.tables import is_columnar, is_frame, kind_of
from nbops.records import CheckResult, Metric, Severity, Status, current_collector

__all__ = ["NothingToDo", "expect", "metric", "skip"]

_SEVERITIES = ("fail", "warn")


class NothingToDo(Exception):
    """The run has nothing to do and ends well; the reason is its text."""

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to show the reason instead of a traceback."""
        return [f"skipped: {self}"]


def expect(condition: Any, message: str = "", *, severity: Literal["fail", "warn"] = "fail") -> Any:
    """Test that *condition* is true: a boolean, or a column of booleans whose every row must be true.

    Given a table, return what takes checks of it: ``expect(orders).not_null("id").between("amount", 0, 100)``.

    In a step the verdict is recorded, and the step fails at the end of its run of tests. Outside a step a failure
    raises at once.

    Args:
        condition: A boolean or another scalar, a boolean Series, array or frame (null is not true), or a table.
        message: The name of the test; the source of the condition when it is empty. Of a table: its name.
        severity: ``warn`` records a failure and never stops. Of a table: what its checks mean unless they say.

    Raises:
        UsageError: *condition* is no condition and no table, or *severity* is unknown.
        CheckFailed: It is not true, outside a step.

    Example:
        >>> expect(2 > 1, "numbers are in order")
        >>> expect(1 > 2, "numbers are in order")
        Traceback (most recent call last):
        nbops.errors.CheckFailed: numbers are in order
        >>> import pandas as pd
        >>> expect(pd.DataFrame({"id": [1, 2, 2]})).not_null("id").unique("id")
        Traceback (most recent call last):
        nbops.errors.CheckFailed: id is unique: 2 of 3 rows fail (66.7%), allowed are 0 rows
    """
    if severity not in _SEVERITIES:
        raise UsageError(f"unknown severity {severity!r}", where="expect", fix=did_you_mean(str(severity), _SEVERITIES))
    if is_frame(condition) and as_mask(condition) is None:
        return _chain(condition, message, severity)
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
    return None


def _chain(table: Any, name: str, severity: Severity) -> Chain:
    chain = Chain(table, name, severity=severity)
    collector = current_collector()
    if collector is not None and collector.hold(chain):
        chain.is_held = True
    return chain


def metric(name: str, value: Any, unit: str = "") -> float:
    """Report a number of this step: it is recorded, and has a control chart over the runs.

    The last number of each name counts. Outside a step nothing is recorded.

    Args:
        name: Its name, the same in every run.
        value: The number: of Python, NumPy or any library whose numbers are numbers.
        unit: What it counts, as ``EUR``.

    Returns:
        The number.

    Raises:
        UsageError: It is no number, or not a finite one: nothing could be judged by it.

    Example:
        >>> metric("accuracy", 0.93)
        0.93
    """
    where = f"metric({name!r})"
    if not isinstance(name, str) or not name.strip():
        raise UsageError("a metric needs a name", where=where, fix='metric("accuracy", 0.93)')
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{type(value).__name__} is no number", where=where, fix="give one number") from error
    except OverflowError as error:
        raise UsageError("a number that large cannot be recorded", where=where, fix="give its logarithm") from error
    if isinstance(value, str) or not math.isfinite(number):
        raise UsageError(f"{value!r} is no number that can be judged", where=where, fix="give a finite number")
    collector = current_collector()
    if collector is not None:
        collector.measure(Metric(name.strip(), number, str(unit)))
    return number


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
        what = f"expect needs a boolean, a column of booleans or a table, got {kind_of(condition)}"
        raise UsageError(what, where="expect", fix="compare it: expect(table.amount > 0)")


def _calling_line() -> str:
    """Return the line that called ``expect``: the best name for a test that gives itself none."""
    frame = sys._getframe(2)
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno, frame.f_globals).strip()
    return line or f"expect in {frame.f_code.co_name}, line {frame.f_lineno}"
