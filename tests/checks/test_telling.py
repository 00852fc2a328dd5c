"""What a step that failed tells: counts first, then each bad test with what it saw, and never too much."""

from __future__ import annotations

from nbops.checks.telling import failure_text, headline
from nbops.records import CheckResult, Status

PASSED = CheckResult("has names", Status.PASSED)
FAILED = CheckResult("has rows", Status.FAILED, line=3, why="len(rows) is 0")
ERROR = CheckResult("is known", Status.ERROR, line=4, why="KeyError: 'x'")
SKIPPED = CheckResult("is unique", Status.SKIPPED, line=5, why="not judged")
WARNED = CheckResult("is fresh", Status.WARNED, severity="warn", line=6, why="2 days old")


def test_every_kind_of_verdict_is_counted() -> None:
    """What passed is only part of the whole; the rest is named by what became of it."""
    first = failure_text([PASSED, FAILED, ERROR, SKIPPED, WARNED], "load").splitlines()[0]

    assert first == "step load: 1 of 5 tests failed, 1 could not be judged, 1 warned, 1 not judged"


def test_bad_tests_are_told_with_line_and_reason_and_skipped_ones_last() -> None:
    """Warnings did not stop the step, so they are not told here."""
    assert failure_text([SKIPPED, WARNED, ERROR, FAILED]).splitlines()[1:] == [
        "  ! line 4: is known",
        "      KeyError: 'x'",
        "  ✗ line 3: has rows",
        "      len(rows) is 0",
        "  – line 5: is unique",
        "      not judged",
    ]


def test_many_tests_are_cut_and_counted() -> None:
    """A step of a hundred failures is told in a screen."""
    lines = failure_text([CheckResult(f"test {i}", Status.FAILED) for i in range(100)]).splitlines()

    assert lines[0] == "100 of 100 tests failed"
    assert (len(lines), lines[-1]) == (22, "  … and 80 more")


def test_a_long_reason_is_cut_and_a_title_is_one_line() -> None:
    """A difference of two tables does not fill the cell."""
    long = CheckResult("a\n  b", Status.FAILED, why="\n".join(f"row {i}" for i in range(50)))
    lines = failure_text([long]).splitlines()

    assert lines[1] == "  ✗ a b"
    assert len(lines) == 2 + 12


def test_a_reason_that_is_the_message_is_not_said_twice() -> None:
    """An assertion that only carries its message says it once."""
    result = CheckResult("{n} rows", Status.FAILED, message="3 rows", why="3 rows")

    assert failure_text([result]) == "1 of 1 test failed\n  ✗ 3 rows"


def test_one_line_tells_of_one_test() -> None:
    """The message rather than the name, and what was seen."""
    assert headline(FAILED) == "has rows: len(rows) is 0"
    assert headline(CheckResult("{n} rows", Status.FAILED, message="3 rows")) == "3 rows"
