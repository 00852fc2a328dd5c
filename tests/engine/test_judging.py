"""The judge of one cell: runs of tests are judged whole, and nothing happens after one that failed."""

from __future__ import annotations

import ast
import warnings
from typing import Any

import pytest

from nbops.engine.judging import Judge
from nbops.errors import StepFailed
from nbops.notebook.judge import instrument
from nbops.records import CheckResult, Status, collecting


class Cell:
    """A cell that was executed with its tests rewritten."""

    def __init__(self, source: str, *, collect: bool = False, on_fail: Any = "stop", **names: object) -> None:
        module, table = instrument(ast.parse(source), source, "__rt__", collect=collect)
        self.judge = Judge(table, step="clean", on_fail=on_fail)
        self.names: dict[str, Any] = {**names, "__rt__": self.judge}
        self.error: Exception | None = None
        token = collecting(self.judge)
        try:
            exec(compile(module, "<cell>", "exec"), self.names)
            self.judge.finish()
        except Exception as error:  # noqa: BLE001 - what the cell raised is what the tests look at
            self.error = error
            self.judge.raised(error)
        finally:
            token.var.reset(token)

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """The verdicts of the cell."""
        return self.judge.results()

    @property
    def statuses(self) -> list[str]:
        """The verdicts of the cell, in words."""
        return [str(result.status) for result in self.results]


def test_a_test_that_holds_is_recorded_with_its_line_and_name() -> None:
    """A passing assert is a passed test."""
    cell = Cell("total = 3\nassert total > 2, 'enough'\n")

    (result,) = cell.results
    assert (result.name, result.line, result.status, cell.error) == ("enough", 2, Status.PASSED, None)


def test_a_run_of_tests_is_judged_whole_and_stops_before_the_next_statement() -> None:
    """All tests of a run are evaluated, then the step fails once, and nothing after it happens."""
    cell = Cell("done = []\nassert 1 > 2\nassert 2 > 1\nassert 3 > 4\ndone.append('written')\nassert 5 > 6")

    assert cell.statuses == ["failed", "passed", "failed"]
    assert isinstance(cell.error, StepFailed)
    assert cell.names["done"] == []


def test_a_failed_scalar_test_says_what_it_saw_and_what_is_allowed() -> None:
    """The values inside a failed comparison are kept as text."""
    (result,) = Cell("rows = [1, 2]\nassert len(rows) > 3, 'has rows'").results

    assert (result.why, result.observed, result.allowed) == ("len(rows) is 2", "2", "> 3")
    assert result.message == "has rows"


def test_a_message_is_evaluated_only_on_failure() -> None:
    """The message of a test that holds is never computed."""
    cell = Cell("seen = []\nassert 1 < 2, seen.append(1)\nassert 2 < 1, f'{seen.append(2)} is wrong'")

    assert cell.names["seen"] == [2]
    assert cell.results[1].message == "None is wrong"


def test_an_exception_in_a_test_is_an_error_and_the_run_goes_on() -> None:
    """What could not be judged is no failure, and stops all the same."""
    cell = Cell("assert 1 / 0 > 1\nassert 2 > 1\nafter = 1")

    assert cell.statuses == ["error", "passed"]
    assert cell.judge.status is Status.ERROR
    assert "after" not in cell.names
    assert "ZeroDivisionError: division by zero" in cell.results[0].why


def test_an_exception_after_a_failed_test_is_not_judged() -> None:
    """A test that raises because an earlier one failed adds no second alarm."""
    cell = Cell("row = {}\nassert 'id' in row\nassert row['id'] > 0")

    assert cell.statuses == ["failed", "skipped"]
    assert "not judged" in cell.results[1].why
    assert cell.judge.status is Status.FAILED


def test_expect_in_a_cell_is_judged_with_its_run() -> None:
    """A failed expect stops exactly as an assert does."""
    cell = Cell("from nbops import expect\nn = 1\nexpect(n > 2, 'enough')\nassert n > 3\nexpect(n > 0)\nafter = 1")

    assert cell.statuses == ["failed", "failed", "passed"]
    assert [r.kind for r in cell.results] == ["expect", "assert", "expect"]
    assert cell.results[0].why == "n is 1"
    assert "after" not in cell.names


def test_a_warning_never_stops() -> None:
    """``severity="warn"`` records a failure and goes on."""
    cell = Cell("from nbops import expect\nexpect(1 > 2, 'order', severity='warn')\nafter = 1")

    assert (cell.statuses, cell.judge.status, cell.names["after"]) == (["warned"], Status.WARNED, 1)
    assert cell.error is None


@pytest.mark.parametrize("before", ["", "\n", "x = 1\n", "# first\n\n"])
def test_lines_are_those_of_the_cell(before: str) -> None:
    """Line numbers count from the cell's first line, whatever stands above the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (result,) = Cell(f"{before}assert (\n    1 >\n    2\n)").results

    assert result.line == before.count("\n") + 1
    assert result.source == "1 >\n    2"
