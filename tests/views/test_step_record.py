"""The record of a step is one line when all is well, and tells what is wrong when it is not."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import bleach
import pytest

from nbops.pipeline.run import RunState
from nbops.records import STEP_MIME, CheckResult, Examples, Status, StepFinished, from_json
from nbops.views import step_record as views
from nbops.views.step_record import failing_rows, step_record
from tests.views.flights_run import CLEAN, ERROR, LOAD, NASTY, PLANES
from tests.views.page_reading import Page, foreign_markup, loads_from_elsewhere

EVERY = [LOAD, PLANES, CLEAN, ERROR]


def text_of(record: StepFinished, usual: float | None = None) -> str:
    """Return the record as text."""
    return str(step_record(record, usual)["text/plain"])


def html_of(record: StepFinished) -> str:
    """Return the record as HTML."""
    return str(step_record(record, 1.0)["text/html"])


def test_a_passed_step_is_one_line() -> None:
    """Name, tests, rows and time, and nothing else."""
    assert text_of(LOAD, 1.9) == "✓ passed  load   2 tests   → 930 rows × 19   2.0 s (usual 1.9 s)"


def test_a_failed_step_tells_what_was_seen_and_allowed() -> None:
    """The failed test stands with its value, its limit and its failing rows; the passed one is only counted."""
    text = text_of(CLEAN)

    assert "✗ departure is known   50.8 %   allowed 0–11.2 %   472 of 930 rows" in text
    assert "22  EV         3267" in text
    assert "31  UA         null" in text
    assert "flew at all" not in text


def test_one_test_is_told_with_its_code_and_all_its_failing_rows() -> None:
    """Shown by itself a test has room for what it says in the code, and for every row that is kept."""
    failed = next(test for test in CLEAN.tests if test.status is Status.FAILED)
    passed = next(test for test in CLEAN.tests if test.status is Status.PASSED)

    told = views.test_text(failed).splitlines()
    assert told[0].startswith("✗ departure is known   failed")
    assert "472 of 930 rows fail" in "\n".join(told)
    assert len([row for row in told if row.startswith("  ")]) >= len(failed.examples.rows) + 2
    assert views.test_text(passed).splitlines()[0].startswith(f"✓ {passed.name}   passed")


def test_an_error_tells_its_message_and_line() -> None:
    """An exception stands with its line in the cell."""
    assert "KeyError: 'time_hour' (line 2 of the cell)" in text_of(ERROR)


def test_the_failure_that_failed_tests_raise_is_not_told_twice() -> None:
    """StepFailed only repeats the tests."""
    assert "StepFailed" not in text_of(CLEAN)
    assert "StepFailed" not in html_of(CLEAN)


def test_the_record_itself_comes_along() -> None:
    """The notebook keeps the record in a form that is read back equal."""
    assert from_json(json.loads(json.dumps(step_record(CLEAN)[STEP_MIME]))) == CLEAN


@pytest.mark.parametrize("record", EVERY, ids=lambda r: r.status.value)
def test_html_is_well_formed_and_names_its_status(record: StepFinished) -> None:
    """Every tag is closed, the status is a word beside its glyph, and nothing is loaded."""
    page = Page(html_of(record))

    assert page.problems == []
    assert record.status in page.text
    assert loads_from_elsewhere(html_of(record)) == []


@pytest.mark.parametrize("record", EVERY, ids=lambda r: r.status.value)
def test_sanitised_html_reads_as_a_sentence_and_a_table(record: StepFinished) -> None:
    """Where classes, styles and pictures are stripped, a glyph of text, the facts and the table remain."""
    kept = bleach.clean(
        html_of(record), {"div", "b", "code", "table", "tr", "td", "th", "details", "summary", "ul", "li"}, strip=True
    )
    text = " ".join(Page(kept).text.split())
    glyph = {"passed": "✓", "warned": "!"}.get(record.status, "✗")

    assert text.startswith(f"{glyph} {record.status} {record.step} ·")
    assert "style" not in kept
    if record is CLEAN:
        assert "<table>" in kept
        assert "50.8 %" in text


def test_nothing_that_a_notebook_brings_in_becomes_markup(nasty: RunState) -> None:
    """HTML and ANSI in names, values, messages, labels and columns are shown as text."""
    record = nasty.steps[0].record
    assert record
    shown = step_record(record)

    assert foreign_markup(shown["text/html"]) == []
    assert Page(shown["text/html"]).problems == []
    assert "\x1b" not in shown["text/plain"]
    assert "<script>alert(1)</script>" in Page(shown["text/html"]).text
    shown["text/html"].encode("utf-8")


def test_a_message_and_a_test_in_a_loop_are_explained() -> None:
    """The filled-in message, why it failed, and how many times it ran stand below the test."""
    test = CheckResult("rows > {n}", Status.FAILED, message="rows > 100", why="len(df) is 3", count=4)
    text = text_of(dataclasses.replace(CLEAN, tests=(test,)))

    assert "rows > 100\n      len(df) is 3\n      evaluated 4 times" in text


def test_many_failed_tests_are_cut_and_counted() -> None:
    """A step with a thousand failed tests leaves a record that can still be read."""
    tests = tuple(CheckResult(f"test {i}", Status.FAILED) for i in range(1000))
    record = dataclasses.replace(CLEAN, tests=tests)

    assert "980 more tests are not passed" in text_of(record)
    assert len(html_of(record)) < 20_000


def test_a_slow_step_is_marked() -> None:
    """The usual time turns into a warning when the step took far longer."""
    assert "var(--jp-warn-color1" in step_record(LOAD, 0.5)["text/html"]
    assert "var(--jp-warn-color1" not in step_record(LOAD, 1.9)["text/html"]


def test_it_imports_nothing_heavy() -> None:
    """The kernel pays for no template engine, terminal library or dataframe."""
    code = "import sys, nbops.views.step_record; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert {"rich", "jinja2", "pandas", "numpy"} & set(loaded) == set()


def test_nasty_text_reads_as_itself() -> None:
    """What is left of an attack is the text that was there, without what cannot be seen."""
    assert "<script>alert(1)</script>\"'&" in text_of(dataclasses.replace(LOAD, step=NASTY))


def test_the_column_that_a_test_is_about_is_never_cut_off() -> None:
    """Where not all columns fit, those that the test names come first."""
    names = (*(f"a_rather_long_column_{i}" for i in range(9)), "delay")
    examples = Examples(names, ("7",), ((*map(str, range(9)), "1272"),))
    test = CheckResult("late", Status.FAILED, source="flown.delay < 900", rows=9, failing=1, examples=examples)

    assert failing_rows(test)[0].split()[0] == "delay"
    assert failing_rows(dataclasses.replace(test, source="ok"))[0].split()[0] == names[0]
    assert failing_rows(test, width=400)[0].split()[0] == names[0]
