"""The mark of a cell: found in every spelling, read with clear errors, hidden from Python line by line."""

from __future__ import annotations

import ast
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbops.errors import UsageError
from nbops.notebook.marks import Mark, find_mark, parse_options, python_source, transform_lines


def options(line: str):
    """Return the options that a cell's first line gives."""
    mark = find_mark(line)
    assert mark is not None
    return parse_options(mark)


def transformed(source: str) -> str:
    """Return the cell as IPython's transformers would hand it on."""
    return "".join(transform_lines(source.splitlines(keepends=True)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%%step load\nx = 1", Mark("step", "%%", 0, "load")),
        ("%step load -o x", Mark("step", "%", 0, "load -o x")),
        ("#| step load", Mark("step", "#|", 0, "load")),
        ("#|step: load", Mark("step", "#|", 0, "load")),
        ("%%test load", Mark("test", "%%", 0, "load")),
        ("%%params", Mark("params", "%%", 0, "")),
        ("#| params", Mark("params", "#|", 0, "")),
        ("#| skip\n%%step a", Mark("skip", "#|", 0, "")),
        ("%%step a\n#| skip\nx", Mark("skip", "#|", 1, "")),
        ("\n  \n%%step load", Mark("step", "%%", 2, "load")),
        ("# why\n#| label: x\n%%step load", Mark("step", "%%", 2, "load")),
        ("    %%step load\n    x = 1", Mark("step", "%%", 0, "load")),
        (">>> %%step load\n>>> x = 1", Mark("step", "%%", 0, "load")),
        ("In [3]: %%step load", Mark("step", "%%", 0, "load")),
        ("%%time\n%%step load", Mark("step", "%%", 1, "load")),
        ("%%step load\r\nx = 1", Mark("step", "%%", 0, "load")),
    ],
)
def test_a_mark_is_found_in_every_spelling(source: str, expected: Mark) -> None:
    """Blank lines, comments, indentation, prompts and code magics may stand before the mark."""
    assert expected == find_mark(source)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n\n",
        "x = 1\n%%step a",
        "# %%step a\nx",
        "%%steps a",
        "%%step?",
        "%stepper",
        "%%sql\n%%step a",
        "'%%step a'",
    ],
)
def test_a_plain_cell_has_no_mark(source: str) -> None:
    """Only the first meaningful line counts, and only the words themselves."""
    assert find_mark(source) is None


def test_every_option_is_read() -> None:
    """One line may say everything about a step."""
    got = options(
        "%%step clean -i a,b --out c --after load, join --retries 3 --timeout 10m --cache=1h "
        "--needs feed:wait=30m --when 'len(a) > 0' --on-fail warn --owner ada --doc \"it's clean\"  # said once"
    )

    assert (got.name, got.inputs, got.outputs, got.after) == ("clean", ("a", "b"), ("c",), ("load", "join"))
    assert (got.retries, got.timeout_seconds, got.cache_seconds, got.needs) == (3, 600.0, 3600.0, ("feed:wait=30m",))
    assert (got.when, got.on_fail, got.owner, got.doc) == ("len(a) > 0", "warn", "ada", "it's clean")


def test_what_a_step_waits_for_can_be_said_in_several_options() -> None:
    """Steps and sources add up."""
    got = options("%%step a --after x --after y,z --needs f --needs g")

    assert (got.after, got.needs) == (("x", "y", "z"), ("f", "g"))


@pytest.mark.parametrize(
    ("line", "what", "fix"),
    [
        ("%%step a --retires 3", "unknown option '--retires'", "did you mean '--retries'"),
        ("%%step", "the step has no name", "%%step NAME"),
        ("%%step --retries 3", "the step has no name", "%%step NAME"),
        ("%%step a b", "what 'b' means is unclear", "one name"),
        ("%%step a/b", "'a/b' is no name of a step", "%%step load_orders"),
        ("%%step a -o x -o y", "-o is given twice", "keep one -o"),
        ("%%step a -i x --in y", "--in is given twice", "keep one --in"),
        ("%%step a -o", "-o needs a value", "-o orders"),
        ("%%step a -o --retries 3", "-o needs a value", "-o orders"),
        ("%%step a -o x.y", "'x.y' is no name of a variable", "-o orders,rates"),
        ("%%step a -o class", "'class' is no name of a variable", "-o orders,rates"),
        ("%%step a --retries -1", "--retries is '-1'", "--retries 3"),
        ("%%step a --timeout soon", "'soon' is no duration", "10m"),
        ("%%step a --on-fail wran", "--on-fail is 'wran'", "did you mean 'warn'?"),
        ("%%step a --when 'if x'", "'if x' is no expression of Python", "len(orders)"),
        ("%%step a --doc it's", "a quote is not closed", "close it"),
        ("%%test a --retries 3", "--retries means nothing for a %%test", "give it to the step"),
        ("%%step a\n\n%%test b", "the cell has a second mark: %%test b", "make two cells"),
        ("%%params x", "params takes no argument, not 'x'", "%%params alone"),
    ],
)
def test_a_mark_that_cannot_be_meant_is_refused(line: str, what: str, fix: str) -> None:
    """An error names what was seen, the line, and what to type."""
    with pytest.raises(UsageError) as caught:
        options(line)

    assert what in caught.value.what
    assert fix in caught.value.fix
    assert caught.value.where == f"line 1: {line.splitlines()[0]}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%%step a\nx = 1\n", "# %%step a\nx = 1\n"),
        ("#| step a\nx = 1\n", "#| step a\nx = 1\n"),
        ("# why\n%%step a\nx\n", "# why\n# %%step a\nx\n"),
        ("%%step a\n%%time\nx\n", "%%time\n# %%step a\nx\n"),
        ("# why\n%%step a\n\n%%time\n%%capture out\nx\n", "%%time\n%%capture out\n# why\n# %%step a\n\nx\n"),
        ("#| step a\n%%time\nx\n", "%%time\n#| step a\nx\n"),
        ("%%time\n%%step a\nx\n", "%%time\n# %%step a\nx\n"),
        ("#| skip\nx = 1\n\n  y\n# z\n", "#| skip\n# x = 1\n\n#   y\n# z\n"),
        ("x = 1\n%%step a\n", "x = 1\n%%step a\n"),
        ("%%time\nx\n", "%%time\nx\n"),
    ],
)
def test_the_mark_becomes_a_comment_and_lines_keep_their_number(source: str, expected: str) -> None:
    """Every other line keeps its number, and a magic that must stand first stands first."""
    assert expected == transformed(source)
    assert expected == transformed(expected)


def test_a_magic_of_another_language_becomes_the_last_expression() -> None:
    """The result of ``%%sql`` under ``%%step`` is the result of the cell, and -o gives it a name."""
    call = "get_ipython().run_cell_magic('sql', 'lite://', 'select 1\\n')"

    assert f"# %%step a\n{call}\n\n" == transformed("%%step a\n%%sql lite://\nselect 1\n")
    assert f"# %%step a -o t\n(t := {call})\n\n" == transformed("%%step a -o t\n%%sql lite://\nselect 1\n")
    assert "# %%step a -o t\n(t := " not in transformed("%%step a -o t\n%%sql t <<\nselect 1\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", "x = 1"),
        ("", ""),
        ("%%step a\nx = 1", "# %%step a\nx = 1"),
        ("  %%step a\n  x = 1\n", "# %%step a\nx = 1\n"),
        (">>> %%step a\n>>> if x:\n...     y\n", "# %%step a\nif x:\n    y\n"),
        ("\n\n%%step a\n\n%%time\nx = 1", "\n\n# %%step a\n\n# %%time\nx = 1"),
        ("%%capture out\nx = 1", "out = get_ipython()\nx = 1"),
        ("%%timeit -n 2 -r1 a = 1\na + b", "a = 1\na + b"),
        ("%time x = f(y)", "x = f(y)"),
        ("%timeit -n 10 x = f(y)", "f(y)"),
        ("%prun -s cumulative f(y)", "f(y)"),
        ("t = %timeit -o f(y)", "t = f(y)"),
        ("%matplotlib inline\nx = 1", "get_ipython().run_line_magic('matplotlib', 'inline')\nx = 1"),
        ("if x:\n    !ls $folder {a.b}\n", "if x:\n    get_ipython().system('ls $folder {a.b}', folder, a.b)\n"),
        ("!awk '{print $1}' f", "get_ipython().system(\"awk '{print $1}' f\")"),
        ("a = !ls \\\n  -l\nb = 1", "a = get_ipython().getoutput('ls   -l')\n\nb = 1"),
        ("df.head?\nx = 1", "get_ipython().run_line_magic('pinfo', 'df.head')\nx = 1"),
        ("%%bash\nls {x}\n", "get_ipython().run_cell_magic('bash', '', 'ls {x}\\n')\n\n"),
        ("#| skip\nx = 1", "#| skip\n# x = 1"),
        ("x % y\n", "x % y\n"),
        ('s = """\n%time\n"""\n', 's = """\n%time\n"""\n'),
        ("%%step a\nawait f()\nx[0]?", "# %%step a\nawait f()\nget_ipython().run_line_magic('pinfo', 'x[0]')"),
    ],
)
def test_a_cell_is_read_as_python_line_for_line(source: str, expected: str) -> None:
    """Marks are comments, magics the code or the calls that they mean, and each line keeps its number."""
    assert expected == python_source(source)
    ast.parse(expected)


def test_sql_names_the_variables_it_reads_and_binds() -> None:
    """``NAME <<``, ``:x``, ``{x}`` and the tables of a query can all be variables of the notebook."""
    source = "%%step a\n%%sql t <<\nselect :day::date, {{n}} from orders join db.rates using (id)\n"

    call = ast.parse(python_source(source)).body[0]

    assert isinstance(call, ast.Assign)
    assert ast.unparse(call.targets[0]) == "t"
    assert [ast.unparse(argument) for argument in call.value.args[3:]] == ["day", "n", "orders"]


def test_what_is_no_python_is_returned_as_written() -> None:
    """A cell that cannot be read stays as it is, so that the error names the right line."""
    assert python_source("%%step a\nx = (\ny") == "# %%step a\nx = (\ny"
    assert python_source("%%step a\nx = '\0'") == "# %%step a\nx = '\0'"


HEADS = [
    "%%step a",
    "%step a -o x",
    "#| step a",
    "#| skip",
    "%%test b",
    "%%params",
    "%%time",
    "%%capture out",
    "%%sql",
    "%%sql t <<",
    "%%timeit -n 1 x=1",
    "# c",
    "",
    "   ",
    "    %%step q",
    ">>> %%step a",
    "... y",
    "In [1]: x",
    "%%",
    "%%?",
    "%%step?",
    "# %%step a",
    "\t%%time",
    "%%step a -o x,",
    "%%step 'a",
]
BODIES = [
    "x = 1",
    "if x:",
    "    y",
    "!ls {x}",
    "a = !ls \\",
    "%time x",
    "%magic",
    "x?",
    "'''",
    "x = %time y",
    "@",
    "\\",
    "!",
    "%",
    "?",
    "!!",
    "x = !",
    "%time",
]
LINES = st.one_of(
    st.sampled_from(HEADS + BODIES), st.text(alphabet="%#|>stepax \t'\"\\{}()=!?\r\x0c\u2028é", max_size=14)
)
CELLS = st.lists(LINES, max_size=7).map("\n".join)


@given(CELLS)
def test_any_cell_keeps_its_lines_and_is_transformed_once(source: str) -> None:
    """Whatever a cell holds: as many lines as before, and a second pass changes nothing."""
    lines = source.splitlines(keepends=True)

    once = transform_lines(lines)

    assert len(lines) == len(once)
    assert source.count("\n") == "".join(once).count("\n")
    assert once == transform_lines(once)


@given(CELLS)
def test_any_cell_can_be_read(source: str) -> None:
    """Reading never fails but with a clear error, and keeps every line at its number."""
    mark = find_mark(source)

    assert source.count("\n") == python_source(source).count("\n")
    if mark is not None:
        with contextlib.suppress(UsageError):
            assert parse_options(mark).name or mark.kind in ("params", "skip")
