"""JUnit XML and GitHub's annotations: what other tools read of a run."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from nbops.doors.cli.junit import github_lines, junit_xml, write_junit
from nbops.errors import OutputError
from nbops.pipeline.run import RunState, fold
from nbops.records import CheckResult, Examples, Failure, Record, RunFinished, RunStarted, Status, StepFinished

EXAMPLES = Examples(columns=("id", "amount"), labels=("3",), rows=(("7", None),))
TESTS = (
    CheckResult("ids are unique", Status.PASSED, seconds=0.25),
    CheckResult("amounts <are> known", Status.FAILED, why="1 of 9 rows", rows=9, failing=1, examples=EXAMPLES),
    CheckResult("few are late", Status.WARNED, severity="warn", why="12 %"),
    CheckResult("not judged", Status.SKIPPED),
)


def state(
    *more: Record, status: Status = Status.FAILED, steps: tuple[str, ...] = ("load", "clean", "publish")
) -> RunState:
    """Return a run with these records between its start and its end."""
    started = RunStarted(at=1.0, run="7f3a" * 8, kind="batch", notebook="deep/sales.ipynb", steps=steps, host="etl-3")
    return fold([started, *more, RunFinished(at=9.0, run=started.run, status=status, reason="step clean: bad")])


def ended(step: str, status: Status, **about: object) -> StepFinished:
    """Return the record of a step that ended."""
    return StepFinished(at=2.0, run="7f3a" * 8, step=step, status=status, seconds=1.5, **about)  # type: ignore[arg-type]


def test_each_step_is_a_suite_and_each_test_a_case() -> None:
    """Names are those of references, counts add up."""
    run = state(ended("load", Status.PASSED), ended("clean", Status.FAILED, tests=TESTS))
    root = ET.fromstring(junit_xml(run))
    cases = [(c.get("classname"), c.get("name"), [child.tag for child in c]) for c in root.iter("testcase")]

    assert cases == [
        ("deep/sales::load", "load", []),
        ("deep/sales::clean", "ids are unique", []),
        ("deep/sales::clean", "amounts <are> known", ["failure"]),
        ("deep/sales::clean", "few are late", ["system-out"]),
        ("deep/sales::clean", "not judged", ["skipped"]),
        ("deep/sales::publish", "publish", ["skipped"]),
    ]
    assert {n: root.get(n) for n in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6", "failures": "1", "errors": "0", "skipped": "2",
    }  # fmt: skip
    assert [s.get("time") for s in root.iter("testsuite")] == ["1.500", "1.500", "0.000"]


def test_a_failed_case_holds_the_failing_rows() -> None:
    """Who reads the build server sees which rows."""
    root = ET.fromstring(junit_xml(state(ended("clean", Status.FAILED, tests=TESTS))))
    failure = root.find(".//failure")

    assert failure is not None
    assert (failure.get("message"), failure.text) == ("1 of 9 rows", "1 of 9 rows fail\nrow 3: id=7, amount=null")


def test_an_error_is_a_case_with_its_traceback() -> None:
    """A step that raised was not judged: its own case is an error, beside the tests that were judged."""
    failure = Failure("KeyError", "\x1b[31m'order_id'\x00", traceback=("line 1", "line 2"))
    run = state(ended("clean", Status.ERROR, tests=TESTS[:1], failure=failure), status=Status.ERROR)
    error = ET.fromstring(junit_xml(run)).find(".//error")

    assert error is not None
    assert (error.get("message"), error.text) == ("KeyError: 'order_id'", "line 1\nline 2")


def test_a_notebook_without_steps_is_one_case() -> None:
    """It passes or it does not."""
    root = ET.fromstring(junit_xml(state(status=Status.ERROR, steps=())))

    assert [(c.get("name"), [child.tag for child in c]) for c in root.iter("testcase")] == [("deep/sales", ["error"])]


def test_a_name_that_xml_cannot_hold_is_written_without_it() -> None:
    """A notebook's name may hold a terminal's escape, or bytes that are no text."""
    started = RunStarted(at=1.0, run="7f3a" * 8, kind="batch", notebook="a\x1bb\udce9.ipynb", host="h\udce9")

    root = ET.fromstring(junit_xml(fold([started, RunFinished(at=9.0, run=started.run, status=Status.PASSED)])))

    assert (root.get("name"), [suite.get("hostname") for suite in root]) == ("ab", ["h"])


def test_the_file_is_written_whole_into_a_new_folder(tmp_path: Path) -> None:
    """Folders are made; a place that cannot be written is an error with a fix."""
    write_junit(state(), tmp_path / "deep" / "junit.xml")
    (tmp_path / "folder").mkdir()

    assert ET.parse(tmp_path / "deep" / "junit.xml").getroot().tag == "testsuites"
    with pytest.raises(OutputError):
        write_junit(state(), tmp_path / "folder")


def test_github_marks_what_failed_and_what_warned() -> None:
    """One line each, with signs that would end it escaped."""
    tests = (dataclasses.replace(TESTS[1], why="100 %: 1,000\nrows"), TESTS[2])
    lines = list(github_lines(state(ended("clean", Status.FAILED, tests=tests))))

    assert lines == [
        "::error file=deep/sales.ipynb,title=deep/sales%3A%3Aclean::amounts <are> known · 100 %25: 1,000 rows",
        "::warning file=deep/sales.ipynb,title=deep/sales%3A%3Aclean::few are late · 12 %25",
    ]


def test_github_marks_a_run_that_broke_outside_its_steps() -> None:
    """The reason of the run stands at the notebook."""
    lines = list(github_lines(state(status=Status.ERROR, steps=())))

    assert lines == ["::error file=deep/sales.ipynb,title=deep/sales::step clean: bad"]
