"""Numbers, durations and names are said the same way everywhere, and no text can do harm."""

from __future__ import annotations

import pytest

from nbops.records import CheckResult, Status, StepFinished, Table
from nbops.views.words import duration, flow_phrase, line, observed, phrase_of_tests, plain, row_flow, rows_judged
from tests.views.flights_run import CLEAN, ERROR, LOAD


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\rest", "rest"),
        ("a\x9b31mb", "ab"),
        ("a\x00\x08b\x7f", "ab"),
        ("\u202egnp.exe", "gnp.exe"),
        ("lone \udcff surrogate", "lone  surrogate"),
        ("👩\u200d🔬 naïve 日本", "👩\u200d🔬 naïve 日本"),
    ],
)
def test_what_cannot_be_seen_is_taken_out(text: str, expected: str) -> None:
    """Escapes, control characters, direction marks and lone surrogates never reach a screen; letters do."""
    assert expected == plain(text)


def test_a_line_is_one_line_and_short() -> None:
    """Line breaks become spaces, and long text ends in an ellipsis."""
    assert line("a\n\tb  c") == "a b c"
    assert line("x" * 1_000_000, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, "< 1 ms"), (0.0996, "0.1 s"), (59.96, "1 m 00 s"), (3600, "1 h 00 m")]
)
def test_durations_change_unit_without_a_gap(seconds: float, expected: str) -> None:
    """A duration just below the next unit is rounded into it."""
    assert expected == duration(seconds)


def test_rows_are_told_as_they_flow() -> None:
    """In, out, both, and a step that raised before anything came out."""
    assert row_flow(LOAD, with_columns=True) == "→ 930 rows × 19"
    assert flow_phrase(CLEAN) == "930 → 458 rows"
    assert flow_phrase(ERROR) == "930 rows in"


def test_unknown_rows_and_many_tables_are_said_so() -> None:
    """A lazy frame's rows are unknown; more than three tables are counted, and columns do not count as tables."""
    column = Table("mask", "pandas.Series", 5)
    lazy = Table("q", "polars.LazyFrame", None, 3)
    many = tuple(Table(f"t{i}", "x", 1, 1) for i in range(4))

    assert (
        row_flow(StepFinished(0, "", "s", Status.PASSED, tables_in=(lazy, column), tables_out=many)) == "? → 4 tables"
    )


def test_only_what_is_not_passed_is_counted_apart() -> None:
    """``10 tests, 2 failed`` and never ``8 passed``."""
    failed = CheckResult("a", Status.FAILED)

    assert phrase_of_tests([CheckResult("b", Status.PASSED), failed, failed]) == "3 tests, 2 failed"
    assert phrase_of_tests([]) == "no tests"


def test_a_count_of_failing_rows_is_not_said_twice() -> None:
    """A test that saw only how many rows fail has nothing more to say in the column of what was observed."""
    test = CheckResult("a", Status.FAILED, observed="2 of 3 rows", rows=3, failing=2)

    assert (observed(test), rows_judged(test)) == ("", "2 of 3")


@pytest.mark.parametrize(
    ("seen", "allowed", "expected"),
    [
        ("0.507527", "< 0.1", "0.5075"),
        ("50.752688 %", "0–11.2 %", "50.75 %"),
        ("-1234.5678", "≥ 0", "-1235"),
        ("1234567.89", "1234567.9", "1234567.89"),
        ("0.30000000000000004", "0.3", "0.30000000000000004"),
        ("0.1000049", "< 0.1", "0.100005"),
        ("1.23456789e-07", "", "1.235e-07"),
        ("336776", "< 1,000", "336776"),
        ("10.10", "", "10.10"),
        ("2013.01.02345", "", "2013.01.02345"),
        ("[0.507527]", "", "[0.507527]"),
        ("1.23456e999", "< 1", "1.23456e999"),
    ],
)
def test_a_number_seen_has_four_digits_unless_that_hides_the_verdict(seen: str, allowed: str, expected: str) -> None:
    """Whole digits stay, what is close to the allowed value keeps its digits, and other text is left alone."""
    assert observed(CheckResult("share", Status.FAILED, observed=seen, allowed=allowed)) == expected
