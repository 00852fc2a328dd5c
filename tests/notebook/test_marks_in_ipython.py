"""The transformer in a real IPython shell: marked cells run as the plain cells that they are."""

from __future__ import annotations

import builtins
import sqlite3
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbops.notebook.marks import find_mark, transform_lines


@pytest.fixture
def shell(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell of its own with the transformer in it, and a ``%%sql`` magic that asks SQLite."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delattr(builtins, "_", raising=False)  # doctests leave one there, and IPython would respect it
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}), colors="nocolor")
    shell.input_transformers_cleanup.append(transform_lines)

    def sql(line: str, cell: str) -> list[Any] | None:
        with sqlite3.connect(":memory:") as connection:
            rows = connection.execute(cell).fetchall()
        if "<<" not in line:
            return rows
        shell.user_ns[line.split("<<", maxsplit=1)[0].strip()] = rows
        return None

    shell.register_magic_function(sql, "cell", "sql")
    yield shell
    shell.reset(new_session=False)
    InteractiveShell.clear_instance()


def run(shell: InteractiveShell, source: str) -> Any:
    """Run a cell that must succeed and return the value it showed."""
    result = shell.run_cell(source)
    result.raise_error()
    return result.result


@pytest.mark.parametrize(
    "source",
    [
        "%%step a\nx = 1\nx",
        "%step a\nx = 1\nx",
        "#| step a\nx = 1\nx",
        "%%test a\nx = 1\nx",
        "%%params\nx = 1\nx",
        "\n   \n\n%%step a --retries 3\nx = 1\nx",
        "    %%step a\n    x = 1\n    x",
        "  # why\n  %%step a\n\n  x = 1\n  x",
        "# why\n\n# because\n%%step a\nx = 1\nx",
        ">>> %%step a\n>>> x = 1\n>>> x",
        ">>> %%step a\n>>> if True:\n...     x = 1\n>>> x",
        "In [3]: %%step a\n   ...: x = 1\n   ...: x",
        "%%step a -o x\nx = !echo 1\nx = int(x[0])\nx",
        "%%step a\n%time x = 1\nx",
        "%%step a\nimport asyncio\nawait asyncio.sleep(0)\nx = 1\nx",
        "%%step a\n'''%%step b\n'''\nx = 1\nx",
        "%%step a\r\nx = 1\r\nx",
    ],
)
def test_a_marked_cell_runs_as_a_plain_cell(shell: InteractiveShell, source: str) -> None:
    """However the mark is spelled, pasted or placed, the code runs and its last expression is shown."""
    assert run(shell, source) == 1
    assert shell.user_ns["x"] == 1
    assert find_mark(source) is not None


def test_a_semicolon_shows_nothing_and_a_skipped_cell_runs_nothing(shell: InteractiveShell) -> None:
    """A quiet last line stays quiet, and ``#| skip`` skips in a shell as in a batch."""
    run(shell, "#| skip\n%%step a\nx = 1\n'''\ntext\n'''")

    assert "x" not in shell.user_ns


@pytest.mark.parametrize("magic", ["time", "capture out", "prun -q", "timeit -n 1 -r 1"])
def test_a_code_magic_below_the_mark_runs_the_body(
    shell: InteractiveShell, magic: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The magic comes first, blank lines and comments between them do no harm."""
    run(shell, f"%%step a\n\n# why\n%%{magic}\nseen = globals().setdefault('seen', [])\nseen.append(1)\nprint('in')")

    assert shell.user_ns["seen"] == [1]
    assert ("in" in capsys.readouterr().out) is not magic.startswith("capture")


def test_code_magics_can_be_stacked(shell: InteractiveShell) -> None:
    """Two magics below a mark both work."""
    run(shell, "%%step a\n%%time\n%%capture out\nx = 1\nprint('in')")

    assert (shell.user_ns["x"], shell.user_ns["out"].stdout) == (1, "in\n")


def test_the_result_of_sql_is_the_result_of_the_step(shell: InteractiveShell) -> None:
    """It is shown, it is ``_``, and -o gives it a name unless the magic does so itself."""
    assert run(shell, "%%step a\n%%sql\nselect 1, 'it''s'\n") == [(1, "it's")]
    assert shell.user_ns["_"] == [(1, "it's")]
    assert run(shell, "%%step a -o rows\n\n%%sql lite://\nselect 2") == [(2,)]
    assert shell.user_ns["rows"] == [(2,)]
    assert run(shell, "%%step a -o more\n%%sql more <<\nselect 3\nunion select 4\n") is None
    assert shell.user_ns["more"] == [(3,), (4,)]
    assert run(shell, "%%step a\n%%time\n%%sql\nselect 5") == [(5,)]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("%%step a\nx = 1\n\n1 / 0", 4),
        ("# why\n%step a\nx = 1\n1 / 0\ny = 2", 4),
        ("#| step a\n1 / 0", 2),
        ("    %%step a\n    x = 1\n    1 / 0", 3),
    ],
)
def test_errors_keep_the_line_that_the_front_end_shows(shell: InteractiveShell, source: str, line: int) -> None:
    """The mark is a comment on its line, so nothing moves."""
    error = shell.run_cell(source).error_in_exec

    assert isinstance(error, ZeroDivisionError)
    assert traceback.extract_tb(error.__traceback__)[-1].lineno == line


def test_a_syntax_error_keeps_its_line(shell: InteractiveShell) -> None:
    """What cannot be compiled is shown where it stands."""
    error = shell.run_cell("%%step a\nx = 1\ny = = 2").error_before_exec

    assert isinstance(error, SyntaxError)
    assert error.lineno == 3


@pytest.mark.parametrize(
    ("source", "expected"),
    [("%%step a\nx = 1", "complete"), ("%%step a\nif x:", "incomplete"), ("%step a\nx = (1", "incomplete")],
)
def test_a_console_knows_whether_a_marked_cell_is_complete(shell: InteractiveShell, source: str, expected: str) -> None:
    """The mark does not hide the code from the front end's question."""
    assert shell.check_complete(source)[0] == expected


@pytest.mark.parametrize(
    "source",
    [
        "%%step a\n%%time\nx = 1",
        "%%step a -o x\n%%sql\nselect 1",
        "#| skip\nx = 1\n# y",
        "# why\n%step a\n!ls",
        "%%time\n#| step a\nx = 1",
    ],
)
def test_transforming_twice_changes_nothing(shell: InteractiveShell, source: str) -> None:
    """IPython transforms a cell several times on its way."""
    once = shell.transform_cell(source)

    assert shell.transform_cell(source) == once
    assert shell.transform_cell(once) == once
    assert once.count("\n") == source.count("\n") + 1 or once.startswith("get_ipython()")
