"""The calls that are put around the code of a step."""

from __future__ import annotations

import ast

import pytest

from nbops.engine.cell.wrapping import cell_magic_of, raising, wrap


def wrapped(source: str, **options: object) -> str:
    """Return *source* wrapped, as text."""
    return ast.unparse(wrap(ast.parse(source), "rt", **options))  # type: ignore[arg-type]


def test_a_cell_that_ends_in_a_statement_finishes_behind_it() -> None:
    """Without a last expression the end is a statement of its own."""
    assert wrapped("x = 1") == "rt.begin()\nx = 1\nrt.finish()"


def test_the_end_of_the_last_run_of_tests_is_the_end_of_the_step() -> None:
    """The barrier of the last run need not stand beside the end, which is one too."""
    assert wrapped("x = 1\nrtjudge.barrier()") == "rt.begin()\nx = 1\nrt.finish()"


def test_a_constant_behind_tests_is_still_shown() -> None:
    """A constant at the end belongs to the run of tests before it, and is shown all the same."""
    assert wrapped("f()\n'done'\nrtjudge.barrier()").splitlines()[-1] == "rt.finish('done')"


def test_an_empty_cell_begins_and_finishes() -> None:
    """A step without code is a step."""
    assert wrapped("") == "rt.begin()\nrt.finish()"


def test_future_imports_stay_first() -> None:
    """Python wants them at the top."""
    assert wrapped("from __future__ import annotations\nx").splitlines()[0] == "from __future__ import annotations"


def test_the_last_attempt_stands_outside_the_loop() -> None:
    """Only attempts that may be repeated run under a handler."""
    assert wrapped("f()", retries=1) == (
        "while rt.trying():\n    try:\n        rt.finish(f())\n"
        "    except:\n        if not rt.handled():\n            raise\n"
        "if rt.last_try():\n    rt.finish(f())"
    )


def test_a_condition_stands_around_everything() -> None:
    """An unwanted step neither begins nor runs."""
    assert wrapped("f()", when="day == 7") == "if rt.wanted(day == 7):\n    rt.begin()\n    rt.finish(f())"


def test_a_condition_that_is_no_expression_is_refused() -> None:
    """A typing error in ``--when`` is the SyntaxError that it is."""
    with pytest.raises(SyntaxError):
        wrapped("f()", when="day ==")


@pytest.mark.parametrize("options", [{}, {"retries": 2}, {"when": "x"}, {"interactivity": "all"}])
def test_every_node_has_a_place_and_the_users_keep_theirs(options: dict[str, object]) -> None:
    """The code compiles as it is, and a statement of the user's stays on its line."""
    module = wrap(ast.parse("# mark\n\nx = 1\nfor i in x:\n    y = i\ny"), "rt", **options)  # type: ignore[arg-type]
    compile(module, "<cell>", "exec")

    lines = {node.lineno for node in ast.walk(module) if isinstance(node, ast.Name) and node.id in ("x", "y", "i")}
    assert lines == ({1, 3, 4, 5, 6} if "when" in options else {3, 4, 5, 6})


def test_an_assignment_is_shown_when_ipython_is_told_so() -> None:
    """``last_expr_or_assign`` shows what a last assignment bound."""
    assert wrapped("x = 1", interactivity="last_expr_or_assign").splitlines()[-1] == "rt.finish(x)"


def test_refusing_raises_on_the_line_of_the_mark() -> None:
    """A mark that cannot be meant is told on its own line."""
    (statement,) = raising("rt", 3).body

    assert (ast.unparse(statement), statement.lineno) == ("rt.refuse()", 3)


@pytest.mark.parametrize(
    ("source", "magic"),
    [
        ("get_ipython().run_cell_magic('time', '', 'x = 1')", ("time", "x = 1")),
        ("(t := get_ipython().run_cell_magic('sql', '', 'select 1'))", ("sql", "select 1")),
        ("x = get_ipython().run_cell_magic('time', '', 'x = 1')", ("", "")),
        ("f('a', 'b', 'c')", ("", "")),
        ("x = 1\ny = 2", ("", "")),
    ],
)
def test_a_magic_that_is_all_of_a_cell_is_recognised(source: str, magic: tuple[str, str]) -> None:
    """Name and body of a cell magic are read from the call that IPython makes of it."""
    assert cell_magic_of(ast.parse(source)) == magic
