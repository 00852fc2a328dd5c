"""The tests of a cell in a real kernel: what the user sees, what is recorded, what is kept alive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nbops.records import Status
from tests.notebooks.live_kernel import LiveKernel, live_kernel


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    """One kernel with a table, for all tests of this file."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    with live_kernel(folder) as started:
        started.run("import pandas as pd, gc, weakref\nfrom nbops import expect, skip")
        started.run("orders = pd.DataFrame({'id': [1, 2, 2], 'amount': [5.0, -1.0, None], 'day': ['mo', 'tu', 'we']})")
        yield started


def test_a_failed_step_is_told_in_a_few_lines(kernel: LiveKernel) -> None:
    """The user sees what failed, on which lines and with which values, and no generated code."""
    reply = kernel.run("%%step told\nassert len(orders) > 5, 'enough'\nassert orders.amount > 0\nprint('not reached')")

    assert (reply.status, reply.stdout) == ("error", "")
    assert reply.traceback == (
        "StepFailed: step told: 2 of 2 tests failed\n"
        "  ✗ line 2: enough\n"
        "      len(orders) is 3\n"
        "  ✗ line 3: orders.amount > 0\n"
        "      2 of 3 rows fail (0 NA), at 1, 2 | orders.amount there: -1, null"
    )


def test_failing_rows_are_recorded(kernel: LiveKernel) -> None:
    """The journal holds the rows of the table that was judged."""
    kernel.run("%%step rows\nassert not orders.id.duplicated(keep=False).any(), 'unique'")

    (result,) = kernel.last("rows").tests
    assert (result.name, result.status, result.rows, result.failing) == ("unique", Status.FAILED, 3, 2)
    assert result.examples.columns == ("id", "amount", "day")
    assert result.examples.rows == (("2", "-1", "tu"), ("2", None, "we"))


def test_expects_and_asserts_are_one_run(kernel: LiveKernel) -> None:
    """Whatever they are called, the tests of a run are judged together."""
    kernel.run(
        "%%step mixed\nexpect(len(orders) > 5, 'enough')\nassert orders.id.notna()\nexpect(False, severity='warn')"
    )

    assert [(t.kind, str(t.status), t.severity) for t in kernel.last("mixed").tests] == [
        ("expect", "failed", "fail"),
        ("assert", "passed", "fail"),
        ("expect", "warned", "warn"),
    ]


def test_test_functions_may_wait(kernel: LiveKernel) -> None:
    """An asynchronous test function runs although the kernel's own loop is busy with the cell."""
    kernel.run("%%step waiting\nn = 3")
    reply = kernel.run(
        "%%test waiting\nimport asyncio\nasync def test_later(n):\n    await asyncio.sleep(0.01)\n    assert n == 3\n"
        "async def test_now():\n    assert n == 4, 'four'\n"
    )

    assert reply.status == "error"
    assert [(t.name, str(t.status)) for t in kernel.last("waiting").tests] == [
        ("test_later", "passed"),
        ("test_now", "failed"),
    ]


def test_test_functions_stay_usable(kernel: LiveKernel) -> None:
    """A test function can be called by hand in a later cell."""
    kernel.run("%%step usable\nn = 3")
    kernel.run("%%test usable\ndef test_three():\n    assert n == 3, 'three'\n")
    reply = kernel.run("n = 4\ntest_three()")

    assert reply.errors[0]["ename"] == "AssertionError"
    assert "three" in reply.traceback


@pytest.mark.parametrize(
    "test", ["assert big.x.sum() < 0", "assert big.x < 0", "assert big.nothing", "expect(big.x < 0)"]
)
def test_a_table_that_was_judged_can_be_deleted(kernel: LiveKernel, test: str) -> None:
    """A failed test keeps no table alive."""
    kernel.run(f"%%step memory\nbig = pd.DataFrame({{'x': [1, 2]}})\nalive = weakref.ref(big)\n{test}")
    reply = kernel.run("del big\ngc.collect()\nprint(alive())")

    assert reply.stdout == "None\n"


def test_a_test_in_plain_cells_is_plain_python(kernel: LiveKernel) -> None:
    """Outside a step an assert raises what it always raised, and an expect raises at once."""
    assert kernel.run("assert 1 > 2, 'order'").errors[0]["ename"] == "AssertionError"
    assert kernel.run("expect(1 > 2, 'order')").errors[0]["ename"] == "CheckFailed"
