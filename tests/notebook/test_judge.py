"""Rewriting the tests of a cell: what is a test, what it is called, where it stands, and what stays as it is."""

from __future__ import annotations

import ast

import pytest

from nbops.notebook.judge import TestTable, instrument, static_tests


def table_of(source: str, *, collect: bool = False) -> TestTable:
    """Return the tests that are found in *source*."""
    return instrument(ast.parse(source), source, "rt", collect=collect)[1]


def code_of(source: str, *, collect: bool = False) -> str:
    """Return the code that *source* is rewritten to."""
    return ast.unparse(instrument(ast.parse(source), source, "rt", collect=collect)[0])


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("assert a, 'it holds'", "it holds"),
        ("assert a, f'{c} has no null'", "{c} has no null"),
        ("assert a, f'{c!r:>10} of {len(t)}'", "{c} of {len(t)}"),
        ("assert a, '%s is wrong' % c", "%s is wrong"),
        ("assert a, '{} is wrong'.format(c)", "{} is wrong"),
        ("assert a, message", "a"),
        ("assert a, ''", "a"),
        ("assert   a.b( c )>0", "a.b(c) > 0"),
        ("assert a, 'two\\n  lines'", "two lines"),
        ("expect(a, 'it holds')", "it holds"),
        ("expect(a, message='it holds')", "it holds"),
        ("expect(a > 0)", "a > 0"),
        ("nbops.expect(a, f'{c} holds', severity='warn')", "{c} holds"),
        ("pd.testing.assert_frame_equal(a, b)", "pd.testing.assert_frame_equal(a, b)"),
        ("npt.assert_allclose(a, b)", "npt.assert_allclose(a, b)"),
        ("assert_series_equal(a, b)", "assert_series_equal(a, b)"),
    ],
)
def test_a_test_is_named_by_its_message_its_template_or_its_source(source: str, name: str) -> None:
    """The name is the same in every run, whatever the values."""
    assert [site.name for site in table_of(source).sites] == [name]


def test_equal_names_are_numbered() -> None:
    """Each test of a cell can be referred to."""
    assert static_tests("assert a, 'ok'\nassert b, 'ok'\nassert c, 'ok'") == ("ok", "ok (2)", "ok (3)")


def test_a_name_is_never_longer_than_a_line_or_two() -> None:
    """A test whose source is a page is cut."""
    assert len(static_tests(f"assert {' + '.join(['value'] * 200)}")[0]) == 200


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    assert a",
        "async def f():\n    assert a",
        "class C:\n    assert a",
        "f = lambda: expect(a)",
        "try:\n    assert a\nexcept AssertionError:\n    pass",
        "with pytest.raises(AssertionError):\n    assert a",
        "with contextlib.suppress(AssertionError):\n    assert a",
        "x = expect(a)",
        "df.assert_that",
        "print(assert_all(a))",
    ],
)
def test_what_is_no_test_of_the_cell_stays_as_it_is(source: str) -> None:
    """Functions, classes, and who wants to see the exception, are left alone."""
    assert table_of(source).sites == ()
    assert code_of(source) == ast.unparse(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "for c in cs:\n    assert c",
        "if c:\n    assert c\nelse:\n    assert d",
        "for c in cs:\n    if c:\n        continue\n    assert d",
        "match c:\n    case 1:\n        assert d\n    case _:\n        pass",
    ],
)
def test_a_block_that_holds_only_tests_belongs_to_the_run(source: str) -> None:
    """Its only barrier stands behind it."""
    code = code_of(f"{source}\nassert last")

    assert code.count("barrier()") == 1
    assert code.endswith("rt.barrier()")


@pytest.mark.parametrize(
    ("source", "barriers"),
    [
        ("assert a\nx = 1\nassert b", 2),
        ("assert a\n'only text'\npass\nassert b", 1),
        ("for c in cs:\n    x = c\n    assert x", 1),
        ("while c:\n    assert x", 1),
        ("with open(f) as g:\n    assert g", 2),
        ("try:\n    assert a\nfinally:\n    done()", 1),
        ("try:\n    f()\nexcept E:\n    pass\nelse:\n    assert a", 1),
        ("for c in cs:\n    x = c\n    assert x\n    continue", 1),
        ("if a:\n    assert b\n    write(b)", 1),
        ("assert a\ndel a", 1),
    ],
)
def test_a_barrier_stands_before_every_other_statement_and_at_the_end_of_blocks(source: str, barriers: int) -> None:
    """Nothing that has an effect comes after a failed test."""
    assert code_of(source).count("barrier()") == barriers


def test_every_generated_node_stands_on_a_line_of_its_test() -> None:
    """Tracebacks and breakpoints point to the user's lines."""
    source = "x = 1\n\nassert (\n    x >\n    0\n), 'ok'\ny = 2\nfor c in x:\n    assert c\n"
    module, _ = instrument(ast.parse(source), source, "rt")
    lines = {node.lineno for node in ast.walk(module) if hasattr(node, "lineno")}
    compiled = compile(module, "<cell>", "exec")

    assert lines <= {1, 3, 4, 5, 6, 7, 8, 9}
    assert {line for _, _, line in compiled.co_lines() if line} <= {1, 3, 4, 5, 6, 7, 8, 9}


def test_lines_can_be_those_of_a_cell_that_begins_above() -> None:
    """The body of a cell magic begins on a later line of its cell."""
    source = "assert a"
    _, table = instrument(ast.parse(source), source, "rt", first_line=4)

    assert table.sites[0].line == 4


@pytest.mark.parametrize("source", ["x = 1\nbreak", "if x:\n    continue", "try:\n    break\nfinally:\n    pass"])
def test_a_jump_outside_every_loop_is_a_syntax_error(source: str) -> None:
    """What plain Python refuses is refused, also when the cell is put into a loop."""
    with pytest.raises(SyntaxError, match="loop"):
        instrument(ast.parse(source), source, "rt")


@pytest.mark.parametrize(
    "source",
    [
        "for x in y:\n    break",
        "while x:\n    if y:\n        continue",
        "for x in y:\n    with z:\n        break",
        "def f():\n    for x in y:\n        break",
    ],
)
def test_a_jump_inside_a_loop_is_fine(source: str) -> None:
    """Loops of the user's are the user's."""
    assert code_of(source) == ast.unparse(ast.parse(source))


def test_a_tuple_is_known_to_be_always_true() -> None:
    """``assert (cond, "message")`` is the commonest test that tests nothing."""
    assert [site.form for site in table_of("assert (a, 'b')\nassert ()\nassert (a)").sites] == [
        "vacuous",
        "value",
        "value",
    ]


@pytest.mark.parametrize(
    ("source", "form", "subjects"),
    [
        ("assert (a > 0).all()", "all", ["a > 0"]),
        ("assert not a.isna().any()", "none", ["a.isna()"]),
        ("assert a.notna().all().all()", "all", ["a.notna()", "a.notna().all()"]),
        ("assert np.all(a > 0)", "all", ["a > 0"]),
        ("assert not np.any(a < 0)", "none", ["a < 0"]),
        ("assert all(a)", "all", ["a"]),
        ("assert pc.all(a).as_py()", "all", ["a"]),
        ("assert bool(a.all())", "all", ["a"]),
        ("assert a.all(axis=None)", "all", ["a"]),
        ("assert all(x > 0 for x in a)", "value", []),
        ("assert a.any()", "value", []),
        ("assert not a.all()", "value", []),
        ("assert a.all", "value", []),
    ],
)
def test_reductions_of_masks_are_found(source: str, form: str, subjects: list[str]) -> None:
    """``mask.all()`` and ``not mask.any()`` are row tests."""
    (site,) = table_of(source).sites

    assert site.shape.form == form
    assert [site.slots[slot] for slot in site.shape.subjects] == subjects


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("assert a.mean() < 0.1", "< 0.1"),
        ("assert 0 < len(a)", "> 0"),
        ("assert a == b", "b"),
        ("assert a.between(1, 5_000)", "1 to 5000"),
        ("assert a.isin(KNOWN)", "in KNOWN"),
        ("assert a.notna().all()", "not null"),
        ("assert 1 < a < 5", ""),
    ],
)
def test_what_is_allowed_is_read_from_the_comparison(source: str, allowed: str) -> None:
    """A failure can say what would have been right."""
    (site,) = table_of(source).sites

    assert f"{site.shape.operator} {site.shape.allowed}".strip() == allowed


def test_test_functions_are_collected_only_when_asked() -> None:
    """A function named ``test_…`` is a test in a ``%%test`` cell alone."""
    source = "def test_a():\n    assert a\ndef helper():\n    assert b\n"

    assert static_tests(source) == ()
    assert static_tests(source, collect=True) == ("test_a",)


def test_collected_functions_run_before_the_last_expression() -> None:
    """What the cell shows stays its last expression, and comes after its tests."""
    code = code_of("def test_a():\n    assert a\nassert b\ntable", collect=True)

    assert code.endswith("rt.run_tests()\nrt.barrier()\ntable")


def test_what_cannot_be_parsed_has_no_static_tests() -> None:
    """A broken cell is told elsewhere."""
    assert static_tests("assert (") == ()
