"""The first failing rows of a run that failed stand in the terminal, within its width and without any paint."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console, Group

from nbops.pipeline.run import RunState
from nbops.records import Examples, Status
from nbops.views.failing_rows import rows_that_failed
from tests.views.flights_run import CLEAN, check, run_of


def printed(state: RunState, width: int = 80) -> str:
    """Return what a terminal of that width shows."""
    file = io.StringIO()
    Console(file=file, width=width).print(Group(*rows_that_failed(state)))
    return file.getvalue()


def test_the_first_failing_rows_stand_below_their_test(failed: RunState) -> None:
    """The test with its step, then the rows with their labels."""
    assert [line.split() for line in printed(failed).splitlines()] == [
        ["✗", "clean:", "departure", "is", "known", "472", "of", "930", "rows"],
        ["carrier", "flight"],
        ["22", "EV", "3267"],
        ["31", "UA", "null"],
        [],
    ]


@pytest.mark.parametrize("width", [40, 60, 200])
def test_rows_fit_into_the_width(width: int) -> None:
    """Three rows at most, with as many of their columns as there is room for."""
    wide = Examples(tuple(f"column{i}" for i in range(30)), tuple("abcde"), (("x" * 50,) * 30,) * 5)
    step = dataclasses.replace(CLEAN, tests=(check("t", Status.FAILED, rows=9, failing=5, examples=wide),))
    lines = printed(run_of(step, status=Status.FAILED), width).splitlines()

    assert max(map(len, lines)) <= width
    assert len(lines) == 1 + 1 + 3 + 1


def test_many_tests_of_rows_are_cut_with_what_to_type_for_the_rest() -> None:
    """Ten are shown; the step of the others is named with its run's id."""
    examples = Examples(("a",), ("0",), (("1",),))
    tests = tuple(check(f"t{i}", Status.FAILED, rows=2, failing=1, examples=examples) for i in range(12))
    text = printed(run_of(dataclasses.replace(CLEAN, tests=tests), status=Status.FAILED))

    assert "t9" in text
    assert "t10" not in text
    assert "and 2 more tests of rows: nbops show b21c77::clean" in text


def test_nothing_of_a_row_paints_the_terminal(nasty: RunState) -> None:
    """Escapes and marks that turn the text around are taken out of rows, labels and names."""
    text = printed(nasty)

    assert "alert(1)" in text
    assert [c for c in text if not c.isprintable() and c != "\n"] == []


def test_a_run_without_failing_rows_shows_none(raised: RunState) -> None:
    """A step that raised has no rows to show."""
    assert rows_that_failed(raised) == []
