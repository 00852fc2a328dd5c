"""``expect`` and ``skip``, in and outside a step."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.checks.expect import NothingToDo, expect, skip
from nbops.errors import CheckFailed, NbopsError, UsageError
from nbops.records import CheckResult, Status, collecting


class Notebook:
    """A collector that keeps what it is told."""

    def __init__(self) -> None:
        self.results: list[CheckResult] = []
        self.reasons: list[str] = []

    def report(self, result: CheckResult) -> None:
        """Keep a verdict."""
        self.results.append(result)

    def skip(self, reason: str) -> None:
        """Keep a reason."""
        self.reasons.append(reason)


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    """Return the collector of a step that runs."""
    collector = Notebook()
    token = collecting(collector)
    yield collector
    token.var.reset(token)


@pytest.mark.parametrize("condition", [True, 1, np.bool_(True), pd.Series([True]), pl.Series([True]), pa.array([True])])
def test_what_is_true_passes(condition: object) -> None:
    """Booleans, scalars and columns of booleans may all be true."""
    expect(condition, "holds")


@pytest.mark.parametrize(
    "condition",
    [False, 0, None, np.bool_(False), pd.Series([True, False]), pl.Series([True, None]), pa.array([None, True])],
)
def test_what_is_not_true_raises_outside_a_step(condition: object) -> None:
    """Without a step to fail, the failure is raised at once, as an assert would do."""
    with pytest.raises(CheckFailed, match="holds") as caught:
        expect(condition, "holds")

    assert isinstance(caught.value, AssertionError)


def test_a_warning_outside_a_step_is_a_python_warning() -> None:
    """``severity="warn"`` never raises."""
    with pytest.warns(UserWarning, match=r"rows: 1 of 2 rows fail \(0 NA\), at 1"):
        expect(pd.Series([True, False]), "rows", severity="warn")


@pytest.mark.parametrize("condition", ["text", [True], {"a": 1}, pd.Series([1, 2]), pl.col("a")])
def test_what_is_no_condition_is_a_usage_error(condition: object) -> None:
    """A value that is no condition is refused with what to write instead."""
    with pytest.raises(UsageError, match="expect needs a") as caught:
        expect(condition)

    assert caught.value.fix


def test_an_unknown_severity_is_a_usage_error() -> None:
    """The known severities are named."""
    with pytest.raises(UsageError, match="unknown severity 'wran'") as caught:
        expect(True, severity="wran")  # type: ignore[arg-type]

    assert caught.value.fix == "did you mean 'warn'?"


def test_the_verdict_is_reported_to_the_step(notebook: Notebook) -> None:
    """In a step nothing is raised by expect itself."""
    expect(pd.Series([True, False, True]), "rows are right")
    expect(True, "fine", severity="warn")
    expect(False, "odd", severity="warn")

    assert [(r.name, r.status, r.severity) for r in notebook.results] == [
        ("rows are right", Status.FAILED, "fail"),
        ("fine", Status.PASSED, "warn"),
        ("odd", Status.WARNED, "warn"),
    ]
    assert (notebook.results[0].rows, notebook.results[0].failing) == (3, 1)


def test_without_a_message_the_line_names_the_test(notebook: Notebook) -> None:
    """The source of the call is its name."""
    expect(1 < 2)

    assert notebook.results[0].name == "expect(1 < 2)"


def test_skip_ends_well(notebook: Notebook) -> None:
    """The step is told why, and the code goes no further."""
    with pytest.raises(NothingToDo, match="no data today"):
        skip("no data today")

    assert notebook.reasons == ["no data today"]


def test_skip_works_outside_a_step_and_is_no_failure() -> None:
    """It is neither an error of nbops nor a failed assertion, and is shown in one line."""
    with pytest.raises(NothingToDo) as caught:
        skip("no data today")

    assert not isinstance(caught.value, (NbopsError, AssertionError))
    assert caught.value._render_traceback_() == ["skipped: no data today"]


def test_failures_cross_process_boundaries() -> None:
    """A failure can be pickled, as workers must."""
    with pytest.raises(CheckFailed) as caught:
        expect(False, "holds")

    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
