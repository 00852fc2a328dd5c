"""What is said of a step below its first line, the same in text and HTML: wrong tests first, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterable

from nbops.records import CheckResult, Failure, Status, StepFinished, WarningSeen
from nbops.views.words import flow_phrase, line, number, phrase_of_tests

__all__ = ["MOST_TESTS", "facts", "failure_to_show", "is_numeric", "notes", "warning_line", "wrong_first"]

MOST_TESTS = 20
"""How many wrong tests are shown one by one."""

_WRONG = (Status.FAILED, Status.ERROR, Status.WARNED, Status.SKIPPED)


def wrong_first(tests: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the tests that are not passed, the worst first."""
    wrong = [test for test in tests if test.status is not Status.PASSED]
    return sorted(wrong, key=lambda test: _WRONG.index(test.status) if test.status in _WRONG else len(_WRONG))


def facts(record: StepFinished) -> list[str]:
    """Return what is said behind the name: tests, rows, how it came to be."""
    said = []
    if record.tests or record.status is not Status.ERROR:
        said.append(phrase_of_tests(record.tests))
    flow = flow_phrase(record, with_columns=True)
    if flow:
        said.append(flow)
    if record.attempt > 1:
        said.append(f"attempt {record.attempt}")
    if record.remark:
        said.append(line(record.remark))
    return said


def failure_to_show(record: StepFinished) -> Failure | None:
    """Return the failure unless it only repeats the failed tests."""
    if record.failure and record.failure.type == "StepFailed" and any(t.status.is_bad for t in record.tests):
        return None
    return record.failure


def notes(test: CheckResult) -> list[str]:
    """Return what is to be said of a test beyond its row of the table, one sentence each."""
    said = []
    message, why = line(test.message), line(test.why)
    if message and message != line(test.name):
        said.append(message)
    if why and why not in (line(test.observed), message) and not test.examples.rows:
        said.append(why)
    if test.nulls:
        said.append("all of them null" if test.nulls == test.failing else f"{number(test.nulls)} of them null")
    if test.count > 1:
        said.append(f"evaluated {number(test.count)} times")
    return said


def is_numeric(cells: Iterable[str | None]) -> bool:
    """Return whether a column of text reads as numbers, nulls aside."""
    seen = [c for c in cells if c not in (None, "null")]
    return all(c is not None and c.lstrip("-").replace(",", "").replace(".", "", 1).isdigit() for c in seen)


def warning_line(seen: WarningSeen) -> str:
    """Return a Python warning on one line, with where and how often."""
    where = f" (line {seen.line})" if seen.line else ""
    times = f" × {number(seen.count)}" if seen.count > 1 else ""
    return f"{line(seen.category)}: {line(seen.message)}{where}{times}"
