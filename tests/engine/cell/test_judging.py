"""The judge of one cell: runs of tests are judged whole, and nothing happens after one that failed."""

from __future__ import annotations

import ast
import asyncio
import gc
import unittest
import warnings
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.checks.expect import NothingToDo, expect, skip
from nbops.engine.cell.judging import Judge
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


def test_numbers_that_look_equal_are_told_apart() -> None:
    """What differs in the last digit is shown to the last digit."""
    (result,) = Cell("x = 0.1\nassert x + 0.2 == 0.3").results

    assert (result.observed, result.allowed) == ("0.30000000000000004", "0.3")


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


# ── runs of tests ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_loop_of_tests_is_one_test_for_each_assert() -> None:
    """The verdict of a test in a loop is that of all its evaluations, told by the first bad one."""
    cell = Cell("for n in [1, 2, 3, 4]:\n    assert n % 2, f'{n} is odd'\nassert True, 'last'")

    looped, last = cell.results
    assert (looped.name, looped.count, looped.message) == ("{n} is odd", 4, "2 is odd")
    assert looped.why == "2 of 4 evaluations, the first: n % 2 is 0"
    assert last.status is Status.PASSED


def test_rows_of_a_looped_row_test_add_up() -> None:
    """A row test over every column counts the rows of all of them."""
    table = pd.DataFrame({"a": [1, None], "b": [1, 2]})
    (result,) = Cell("for c in table:\n    assert table[c].notna(), f'{c} has no null'", table=table).results

    assert (result.rows, result.failing, result.nulls, result.message) == (4, 1, 0, "a has no null")


def test_a_loop_with_other_statements_stops_in_the_round_that_failed() -> None:
    """What a loop does after its tests never happens for a bad item."""
    cell = Cell("done = []\nfor n in [1, 0, 2]:\n    assert n, 'not zero'\n    done.append(n)")

    assert cell.names["done"] == [1]
    assert cell.results[0].count == 2


def test_the_head_of_a_block_that_raises_after_a_failed_test_is_excused() -> None:
    """The failed test is what is told, not the loop that could not begin because of it."""
    cell = Cell("row = {}\nassert 'ids' in row, 'has ids'\nfor i in row['ids']:\n    assert i > 0")

    assert isinstance(cell.error, StepFailed)
    assert cell.statuses == ["failed"]


def test_the_head_of_a_block_that_raises_by_itself_is_an_error_on_its_line() -> None:
    """Without a failed test before it, the exception is the user's own, with the user's line."""
    cell = Cell("x = 1\nfor i in {}['ids']:\n    assert i > 0")

    assert isinstance(cell.error, KeyError)
    assert cell.error.__traceback__ is not None
    assert [f.tb_lineno for f in frames(cell.error)][-1] == 2


def frames(error: BaseException) -> list[Any]:
    """Return the entries of an exception's traceback."""
    found = []
    trace = error.__traceback__
    while trace is not None:
        found.append(trace)
        trace = trace.tb_next
    return found


def test_a_context_manager_sees_that_the_tests_inside_it_failed() -> None:
    """A transaction that tests its own result is rolled back, not committed."""
    source = """
from contextlib import contextmanager
ends = []
@contextmanager
def transaction():
    try:
        yield
        ends.append("commit")
    except BaseException:
        ends.append("roll back")
        raise
with transaction():
    assert 1 > 2
    assert 2 > 3
"""
    cell = Cell(source)

    assert cell.names["ends"] == ["roll back"]
    assert cell.statuses == ["failed", "failed"]


def test_tests_in_branches_are_judged_where_they_run() -> None:
    """A branch that is not taken has no verdict."""
    assert Cell("if 1 > 2:\n    assert False\nelse:\n    assert True, 'taken'").statuses == ["passed"]


def test_an_assert_under_a_handler_stays_plain_python() -> None:
    """Who catches assertions wants to catch them."""
    cell = Cell("try:\n    assert 1 > 2\nexcept AssertionError:\n    caught = True\nassert caught")

    assert cell.statuses == ["passed"]


# ── what a test holds ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_tuple_is_an_error() -> None:
    """A test that can only pass has not judged anything."""
    (result,) = Cell("assert (1 > 2, 'message')").results

    assert (result.status, result.why) == (Status.ERROR, "a tuple is always true: remove the parentheses around it")


def test_a_row_test_shows_its_rows() -> None:
    """The rows of the table that was judged are kept as text."""
    table = pd.DataFrame({"x": [1.0, -2.0, 3.0, None], "name": list("abcd")}, index=list("pqrs"))
    (result,) = Cell("assert table.x > 0, 'positive'", table=table).results

    assert result.why == "2 of 4 rows fail (0 NA), at q, s | table.x there: -2, null"
    assert result.examples.columns == ("x", "name")
    assert result.examples.labels == ("q", "s")
    assert result.examples.rows == (("-2", "b"), (None, "d"))
    assert (result.observed, result.allowed) == ("2 of 4 rows", "> 0")


@pytest.mark.parametrize(
    "source",
    ["assert table.x > 0", "assert (table.x > 0).all()", "assert not (table.x <= 0).any()", "expect(table.x > 0)",
     "expect((table.x > 0).all(), 'ok')", "assert np.all(table.x > 0)"],
)  # fmt: skip
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, lambda d: SimpleNamespace(x=np.array(d["x"]))])
def test_all_spellings_of_a_row_test_say_the_same(source: str, make: Callable[[Any], Any]) -> None:
    """Bare, ``all``, ``not any`` and ``expect`` count the same rows, in every library."""
    table = make({"x": [1, -2, 3]})
    if isinstance(table, pl.DataFrame):
        source = source.replace("np.all(table.x > 0)", "all(table.x > 0)")  # NumPy cannot reduce a polars column
        table = SimpleNamespace(x=table["x"])
    (result,) = Cell(source, table=table, np=np, expect=expect).results

    assert (result.status, result.rows, result.failing) == (Status.FAILED, 3, 1)
    assert result.examples.labels == ("1",)


@pytest.mark.parametrize("source", ["assert bad.empty", "assert len(bad) == 0", "assert not len(bad), 'none'"])
def test_a_table_of_wrong_rows_that_is_not_empty_shows_them(source: str) -> None:
    """Who filters the wrong rows and wants none gets to see the first of them."""
    (result,) = Cell(source, bad=pd.DataFrame({"x": [-1, -2]}, index=["p", "q"])).results

    assert result.status is Status.FAILED
    assert (result.rows, result.examples.labels, result.examples.rows) == (None, ("p", "q"), (("-1",), ("-2",)))


def test_a_table_as_a_message_is_shown_by_its_rows() -> None:
    """``assert ok, bad`` keeps rows, not the print-out of a table."""
    (result,) = Cell("assert False, bad", bad=pl.DataFrame({"x": [-1, -2]})).results

    assert (result.message, result.examples.rows) == ("<DataFrame (2, 1)>", (("-1",), ("-2",)))


def test_a_very_long_message_is_cut() -> None:
    """A record stays small whatever an author prints into it."""
    (result,) = Cell("assert False, 'x' * 100_000").results

    assert len(result.message) == 2000


def test_arrow_columns_are_judged() -> None:
    """An arrow scalar is true whatever it holds: it is asked for its value."""
    cell = Cell(
        "assert pc.greater(t['x'], 0), 'rows'\nassert pc.all(pc.greater(t['x'], 0)), 'scalar'\n"
        "assert pc.all(pc.greater(t['x'], 0)).as_py(), 'unwrapped'",
        t=pa.table({"x": [1, -2, None]}),
        pc=pytest.importorskip("pyarrow.compute"),
    )

    assert cell.statuses == ["failed", "failed", "failed"]
    assert [(r.rows, r.failing, r.nulls) for r in cell.results] == [(3, 2, 1), (3, 2, 1), (3, 2, 1)]


def test_comparing_columns_with_and_is_an_error_with_a_hint() -> None:
    """The commonest mistake with columns is answered with what to write."""
    (result,) = Cell("assert t.x > 0 and t.x < 9", t=pd.DataFrame({"x": [1, 2]})).results

    assert result.status is Status.ERROR
    assert "use & | ~" in result.why


# ── assertions out of functions ──────────────────────────────────────────────────────────────────────────────────────


def test_an_assertion_call_is_a_test() -> None:
    """``pd.testing`` and ``np.testing`` judge, as asserts do."""
    cell = Cell(
        "pd.testing.assert_frame_equal(t, t)\nnp.testing.assert_allclose([1.0], [2.0])\nassert True, 'last'",
        t=pd.DataFrame({"x": [1]}), pd=pd, np=np,
    )  # fmt: skip

    assert cell.statuses == ["passed", "failed", "passed"]
    assert [r.kind for r in cell.results] == ["called", "called", "assert"]
    assert "Mismatched elements" in cell.results[1].why


def test_an_assertion_inside_a_tested_function_is_a_failure() -> None:
    """A function that asserts judges the data: failed, not error."""
    (result,) = Cell("def check(n):\n    assert n > 2, 'too few'\n    return True\nassert check(1)").results

    assert (result.status, result.kind, result.why) == (Status.FAILED, "called", "too few")


def test_an_assertion_out_of_a_plain_call_is_a_failed_test() -> None:
    """A statement that is no test becomes one when an assertion comes out of it."""
    cell = Cell("def check(n):\n    assert n > 2, 'too few'\n\ncheck(1)\nafter = 1")

    (result,) = cell.results
    assert (result.name, result.status, result.kind, result.line) == ("check(1)", Status.FAILED, "called", 4)
    assert (result.why, cell.judge.status) == ("too few", Status.FAILED)
    assert "after" not in cell.names


def test_an_expect_inside_a_function_stops_at_once() -> None:
    """A function cannot be held back until the end of a run."""
    cell = Cell(
        "def check(n):\n    expect(n > 2, 'enough')\n    seen.append(n)\nseen = []\ncheck(3)\ncheck(1)", expect=expect
    )

    assert cell.names["seen"] == [3]
    assert isinstance(cell.error, StepFailed)
    (result,) = cell.results
    assert (result.name, result.status, result.count, result.line) == ("enough", Status.FAILED, 2, 6)


def test_an_expect_whose_failure_is_swallowed_still_fails_the_step() -> None:
    """What was judged bad stays bad, whoever catches the exception."""
    cell = Cell(
        "def check():\n    try:\n        expect(1 > 2, 'order')\n    except Exception:\n        pass\ncheck()",
        expect=expect,
    )

    assert isinstance(cell.error, StepFailed)
    assert cell.statuses == ["failed"]


def test_a_skip_goes_through_the_tests_of_a_cell() -> None:
    """To have nothing to do is no verdict."""
    cell = Cell("def load():\n    skip('no data today')\nassert 1 > 0\nassert load()", skip=skip)

    assert isinstance(cell.error, NothingToDo)
    assert (cell.judge.skipped, cell.statuses) == ("no data today", ["passed"])


def test_failures_can_be_softened_to_warnings() -> None:
    """With ``--on-fail warn`` a failed test is recorded and the step goes on."""
    cell = Cell("assert 1 > 2, 'order'\nafter = 1", on_fail="warn")

    assert (cell.statuses, cell.judge.status, cell.names["after"]) == (["warned"], Status.WARNED, 1)


def test_what_could_not_be_judged_is_never_softened() -> None:
    """Unknown is not a warning."""
    cell = Cell("assert 1 / 0\nafter = 1", on_fail="warn")

    assert (cell.statuses, "after" in cell.names) == (["error"], False)


def test_a_warning_that_cannot_be_judged_does_not_stop() -> None:
    """``severity="warn"`` never stops, and the record says that it was an error."""
    cell = Cell("expect({}['x'] > 1, 'x', severity='warn')\nafter = 1", expect=expect)

    assert (cell.statuses, cell.judge.status, cell.names["after"]) == (["error"], Status.WARNED, 1)


def test_interrupts_are_no_verdicts() -> None:
    """Ctrl-C ends the cell at once."""
    cell_source = "assert stop()\nassert False, 'not reached'"

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Cell(cell_source, stop=stop)


def test_the_message_tells_every_bad_test() -> None:
    """One exception says what failed, where, and what was seen."""
    cell = Cell("n = 1\nassert n > 2, 'enough'\nassert n / 0\nassert n")

    assert str(cell.error) == (
        "step clean: 1 of 3 tests failed, 1 not judged\n"
        "  ✗ line 2: enough\n"
        "      n is 1\n"
        "  – line 3: n / 0\n"
        "      not judged after a failed test: ZeroDivisionError: division by zero"
    )


def test_a_new_attempt_forgets_the_last_one() -> None:
    """A retry begins with no verdicts."""
    cell = Cell("assert 1 > 2")
    cell.judge.reset()

    assert (cell.results, cell.judge.status) == ((), Status.PASSED)


# ── test functions ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_functions_of_a_test_cell_are_tests() -> None:
    """Each ``def test_…`` is one test; its values are those of the notebook that have its arguments' names."""
    source = """
def test_sum(orders):
    total = sum(orders)
    assert total == 6
def test_first(orders, at=0):
    assert orders[at] > 1, "first is more than one"
    assert False, "so is the second"
def test_unknown(nothing_of_that_name):
    assert True
async def test_waits(orders):
    import asyncio
    await asyncio.sleep(0)
    assert len(orders) == 3
def helper():
    assert False
assert len(orders) == 3, "three"
"""
    cell = Cell(source, collect=True, orders=[1, 2, 3])

    assert {r.name: str(r.status) for r in cell.results} == {
        "test_sum": "passed",
        "test_first": "failed",
        "test_unknown": "skipped",
        "test_waits": "passed",
        "three": "passed",
    }
    failed = cell.results[1]
    assert failed.why == ("line 6: first is more than one: orders[at] is 1; line 7: so is the second")
    assert isinstance(cell.error, StepFailed)


def test_the_outcomes_of_pytest_and_unittest_are_verdicts() -> None:
    """``pytest.skip`` and ``pytest.fail`` mean in a test function what they mean in a test."""
    source = """
def test_a():
    pytest.skip("not today")
def test_b():
    pytest.fail("by hand")
def test_c():
    raise unittest.SkipTest("nor this")
def test_d():
    with pytest.raises(KeyError):
        pass
"""
    cell = Cell(source, collect=True, pytest=pytest, unittest=unittest)

    assert cell.statuses == ["skipped", "failed", "skipped", "failed"]
    assert [r.why for r in cell.results][:2] == ["not today", "by hand"]


def test_test_functions_stay_plain_functions() -> None:
    """Called by hand later they do what Python says, and nothing is left behind in the namespace."""
    cell = Cell("def test_a():\n    assert 1 > 2, 'order'\n", collect=True)

    with pytest.raises(AssertionError, match="order"):
        cell.names["test_a"]()
    assert {name for name in cell.names if name.startswith("__nbops")} == set()


def test_decorated_test_functions_run_as_decorated() -> None:
    """A decorator runs once, and what it returns is the test."""
    source = """
seen = []
def twice(f):
    seen.append(1)
    return lambda: (f(), f())
@twice
def test_a():
    seen.append(2)
"""

    assert Cell(source, collect=True).names["seen"] == [1, 2, 2]


def test_row_tests_work_inside_test_functions() -> None:
    """The tests of a test function are judged like those of a cell."""
    cell = Cell("def test_x(t):\n    assert t.x > 0\n", collect=True, t=pd.DataFrame({"x": [1, -1]}))

    (result,) = cell.results
    assert (result.status, result.rows, result.failing) == (Status.FAILED, 2, 1)
    assert result.examples.rows == (("-1",),)


# ── effects, memory, cost ────────────────────────────────────────────────────────────────────────────────────────────


class Thing:
    """Something that can be watched while it dies."""


@pytest.mark.parametrize(
    "source",
    [
        "assert thing().x is None",
        "assert thing() is None, 'no'",
        "assert thing().missing",
        "expect(thing() is None, 'no')",
        "def test_a():\n    it = thing()\n    assert it is None",
        "def test_a():\n    it = thing()\n    raise KeyError('x')",
        "def check(it):\n    assert it is None\nassert check(thing())",
        "assert_nothing(thing())",
    ],
)
def test_captured_values_are_released_at_once(source: str) -> None:
    """A judge keeps text alone, so no table lives longer than the user's own names for it."""
    alive: list[weakref.ref[Thing]] = []

    def thing() -> Thing:
        made = Thing()
        made.x = made  # type: ignore[attr-defined]
        del made.x  # type: ignore[attr-defined]
        alive.append(weakref.ref(made))
        return made

    def assert_nothing(_: object) -> None:
        raise AssertionError("never")

    gc.disable()
    try:
        cell = Cell(source, collect=True, thing=thing, expect=expect, assert_nothing=assert_nothing)
        cell.error = None
        assert [ref() for ref in alive] == [None]
    finally:
        gc.enable()


def test_await_and_walrus_keep_their_meaning() -> None:
    """A test may await, and may bind a name."""
    source = "async def f():\n    return 3\nassert (n := await f()) == 3, 'three'\nassert n == await f()\nm = n"
    module, table = instrument(ast.parse(source), source, "__rt__")
    names: dict[str, Any] = {"__rt__": Judge(table)}
    code = compile(module, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    asyncio.run(eval(code, names))

    assert [str(r.status) for r in names["__rt__"].results()] == ["passed", "passed"]
    assert (names["n"], names["m"]) == (3, 3)


# ── chains of checks ─────────────────────────────────────────────────────────────────────────────────────────────────

ORDERS = pd.DataFrame({"id": [1, 2, 2], "amount": [1.0, None, 5.0]})


def test_each_check_of_a_chain_is_a_test_of_the_step() -> None:
    """Named by table, column and kind, on the line where it stands, with its failing rows."""
    cell = Cell("x = 1\nexpect(orders).not_null('id').unique('id')", orders=ORDERS, expect=expect)

    assert [(r.name, r.line) for r in cell.results] == [("orders.id.not_null", 2), ("orders.id.unique", 2)]
    assert cell.statuses == ["passed", "failed"]
    assert cell.results[1].examples.labels == ("1", "2")


def test_chains_are_judged_at_the_end_of_their_run_of_tests_and_stop_before_the_next_statement() -> None:
    """All tests of the run are judged, whatever the chain before them says; nothing after it happens."""
    code = "expect(orders).unique('id')\nassert len(orders) == 3\ndone.append(1)"
    cell = Cell(code, orders=ORDERS, expect=expect, done=[])

    assert (cell.statuses, cell.names["done"]) == (["failed", "passed"], [])
    assert isinstance(cell.error, StepFailed)


def test_a_chain_that_only_warns_never_stops() -> None:
    """The warning is recorded and the cell goes on."""
    code = "expect(orders).unique('id', severity='warn')\ndone.append(1)"
    cell = Cell(code, orders=ORDERS, expect=expect, done=[])

    assert (cell.statuses, cell.names["done"], cell.error) == (["warned"], [1], None)


def test_an_exception_after_a_failed_chain_of_the_same_run_is_not_judged() -> None:
    """What failed is told; what broke because of it is skipped."""
    cell = Cell("expect(orders).unique('id')\nassert orders.nope.all()", orders=ORDERS, expect=expect)

    assert cell.statuses == ["failed", "skipped"]


def test_a_chain_inside_a_function_is_judged_where_it_stands() -> None:
    """The function does not go on with a table that was judged wrong."""
    code = "def load(t):\n    expect(t).unique('id')\n    done.append(1)\nload(orders)"
    cell = Cell(code, orders=ORDERS, expect=expect, done=[])

    assert (cell.statuses, cell.names["done"]) == (["failed"], [])


def test_a_table_without_checks_expects_nothing_and_is_an_error() -> None:
    """``expect(table)`` alone looks like a test and is none."""
    cell = Cell("expect(orders)", orders=ORDERS, expect=expect)

    assert cell.statuses == ["error"]


def test_an_unknown_check_in_a_chain_is_one_error() -> None:
    """The error names the nearest check, and is told once."""
    cell = Cell("expect(orders).not_nul('id')", orders=ORDERS, expect=expect)

    assert cell.statuses == ["error"]
    assert "did you mean 'not_null'" in cell.results[0].why


def test_chains_in_a_loop_are_all_judged() -> None:
    """Each turn's table counts."""
    code = "for part in [orders[:2], orders]:\n    expect(part).unique('id')"
    cell = Cell(code, orders=ORDERS, expect=expect)

    assert [(r.name, str(r.status), r.count) for r in cell.results] == [("part.id.unique", "failed", 2)]


def test_a_chain_in_a_test_function_is_judged_with_it() -> None:
    """A function of a test cell fails when a check in it fails."""
    code = "def test_key():\n    expect(orders).unique('id')"
    cell = Cell(code, collect=True, orders=ORDERS, expect=expect)

    assert "failed" in cell.statuses


def test_tables_are_released_after_their_chains_were_judged() -> None:
    """The judge keeps no table in memory."""
    frame = ORDERS.copy()
    alive = weakref.ref(frame)
    cell = Cell("expect(orders).not_null('id')", orders=frame, expect=expect)
    cell.names.clear()
    del frame
    gc.collect()

    assert (alive(), cell.statuses) == (None, ["passed"])


class Mute:
    """A value that is false, equal to nothing, and cannot be shown."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        raise RuntimeError("no text")


class MuteError(ValueError):
    """An exception that cannot tell itself."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_a_value_that_cannot_be_shown_hides_no_failure() -> None:
    """A failed test about a value whose repr raises, or recurses too deep, stays a failed test."""
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]

    cell = Cell("assert mute, 'said'\nassert mute == 3\nassert deep == 3\n", mute=Mute(), deep=deep)

    assert cell.statuses == ["failed", "failed", "failed"]
    assert isinstance(cell.error, StepFailed)


def test_rows_that_cannot_be_shown_hide_no_failure() -> None:
    """A failed row test over objects whose text raises stays a failed test, with its rows."""
    frame = pd.DataFrame({"what": pd.Series([Mute(), Mute()], dtype=object), "n": [1, -1]})

    cell = Cell("assert frame.n > 0\n", frame=frame)

    assert cell.statuses == ["failed"]
    assert cell.results[0].failing == 1


def test_an_error_that_cannot_tell_itself_is_named_by_its_type() -> None:
    """A condition, and a message, that raise an exception without a text are recorded like any other."""
    cell = Cell("assert fail()\nassert False, fail()\n", fail=lambda: (_ for _ in ()).throw(MuteError()))

    assert cell.statuses == ["error", "failed"]
    assert cell.results[0].why == "MuteError"
    assert cell.results[1].message == "(its message raised MuteError)"


def test_a_test_whose_judging_fails_is_an_error_and_never_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """When nbops itself cannot judge a value, the test could not be judged: it neither passes nor vanishes."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("nbops.engine.cell.judging.judge_value", broken)

    cell = Cell("assert 0\nassert 1 == 1\n")

    assert cell.statuses == ["error", "passed"]
    assert cell.results[0].why == "RuntimeError: broken"
    assert isinstance(cell.error, StepFailed)
