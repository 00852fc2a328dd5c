"""What changed in one step since it last passed, in its own run or in an earlier one."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbops.engine.causes.passed import passed_before, since_passed
from nbops.records import CheckResult, Record, RunStarted, Status, StepFinished, Table
from nbops.testing import memory_hub

RUN = "7f3a" * 8
BEGUN = RunStarted(1.0, RUN, kind="session", notebook="sales.ipynb", env="dev")


def cell(at: float, status: Status, part: int = 0, *, rows: int = 10, nulls: int = 0, code: str = "h") -> StepFinished:
    """Return the record of a cell of the step ``clean``."""
    table = Table("orders", "pandas.DataFrame", rows, 1, ("amount",), ("float64",), (nulls,))
    tests = (CheckResult("known", status),)
    return StepFinished(at, RUN, "clean", status, part=part, tests=tests, tables_in=(table,), source_hash=code)


def changed(*records: Record) -> dict[str, tuple[str, str]]:
    """Return what changed in the step, by name, and its code as ``code``."""
    with memory_hub([BEGUN, *records], root=Path("/nowhere")) as hub:
        found = since_passed(hub, hub.run(RUN), "clean")
    assert found is not None
    rows = {one.what: (one.before, one.now) for one in (*found.profile, *found.schema)}
    return rows | ({"code": ("", "")} if found.code else {})


def test_rows_and_nulls_are_compared_with_the_last_time_it_passed() -> None:
    """Not with the first time, and not with the failures between."""
    told = changed(
        cell(2.0, Status.PASSED, rows=1), cell(3.0, Status.PASSED), cell(4.0, Status.FAILED, rows=99),
        cell(5.0, Status.FAILED, rows=20, nulls=10),
    )  # fmt: skip

    assert told == {"rows of orders": ("10", "20"), "nulls in orders.amount": ("0.0%", "50.0%")}


def test_code_that_is_another_is_told() -> None:
    """By the hashes of its cells."""
    assert "code" in changed(cell(2.0, Status.PASSED), cell(3.0, Status.FAILED, code="other"))


@pytest.mark.parametrize("passed", [True, False])
def test_a_step_of_several_cells_passed_when_all_of_them_did(passed: bool) -> None:
    """A cell that never was good makes it a step that never passed."""
    second = cell(2.5, Status.PASSED if passed else Status.ERROR, part=1)
    records = [BEGUN, cell(2.0, Status.PASSED), second, cell(3.0, Status.FAILED)]

    assert (passed_before(records, "clean") is not None) is passed


def test_a_step_that_never_passed_has_nothing_to_be_compared_with() -> None:
    """Then nothing is told, and nothing is called the same."""
    with memory_hub([BEGUN, cell(2.0, Status.FAILED)], root=Path("/nowhere")) as hub:
        assert since_passed(hub, hub.run(RUN), "clean") is None
