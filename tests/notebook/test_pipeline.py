"""From cells to a pipeline: which cell belongs to which step, who depends on whom and why, what is refused."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from nbops.errors import NotebookError, PipelineError, UsageError
from nbops.notebook.cells import Cell, Notebook
from nbops.notebook.pipeline import build, read, source_hash
from nbops.pipeline.step import Pipeline


def notebook(*sources: str, **tags: str) -> Notebook:
    """Return a notebook of these code cells; ``cell2="skip-execution"`` tags the third."""
    cells = [
        Cell(i, f"c{i}", "code", source, frozenset(tags.get(f"cell{i}", "").split()))
        for i, source in enumerate(sources)
    ]
    return Notebook("nb.ipynb", tuple(cells))


def made(*sources: str, **tags: str) -> Pipeline:
    """Return the pipeline of these cells."""
    return build(notebook(*sources, **tags), "nb")


def edges(pipeline: Pipeline) -> dict[str, str]:
    """Return the reasons of the edges by ``source>target``."""
    return {f"{edge.source}>{edge.target}": edge.reason for edge in pipeline.edges}


def test_steps_come_from_marks() -> None:
    """The three spellings mean the same; order is that of the notebook."""
    p = made("%%step a\nx = 1", "%step b\ny = 2", "#| step c\nz = 3")

    assert [step.name for step in p.steps] == ["a", "b", "c"]
    assert [step.cells for step in p.steps] == [(0,), (1,), (2,)]


def test_a_notebook_without_steps_is_a_pipeline_without_steps() -> None:
    """It is no error: such a notebook runs whole."""
    p = made("x = 1", "print(x)")

    assert p.steps == ()
    assert p.plain_cells == (0, 1)


def test_edges_say_why() -> None:
    """An edge names its variables and the line that reads each."""
    p = made(
        "import pandas as pd", "%%step load\norders = pd.DataFrame()\nrates = 1", "%%step sum\ntotal = orders\nrates"
    )

    assert edges(p) == {">load": "reads pd in line 2", "load>sum": "reads orders in line 2, reads rates in line 3"}
    assert p.edges[1].names == ("orders", "rates")


def test_an_edge_through_a_function_names_it() -> None:
    """What a function reads is read by the step that calls it."""
    p = made("def convert(x): return x * rate", "%%step rates\nrate = 2", "%%step use\ny = convert(3)")

    assert edges(p)["rates>use"] == "reads rate in line 2 through convert"


def test_inputs_and_outputs_leave_modules_out() -> None:
    """What a step reads and makes are data and functions, not modules."""
    p = made("import pandas as pd\nlimit = 3", "%%step a\nimport json\nx = pd.DataFrame()", "%%step b\nx['c'] = limit")

    assert p.step("a").outputs == ("x",)
    assert p.step("b").inputs == ("limit", "x")
    assert p.step("b").outputs == ("x",)


def test_plain_cells_before_the_first_step_are_the_setup() -> None:
    """So are the parameters, wherever they stand."""
    p = made("import os", "k = 1", "%%step a\nx = k", "%%params\nday: str = ''", "%%step b\ny = day")

    assert p.setup_cells == (0, 1, 3)
    assert edges(p)[">b"] == "reads day in line 2"
    assert [parameter.name for parameter in p.parameters] == ["day"]


def test_cells_tagged_parameters_declare_them_too() -> None:
    """The tag that papermill knows."""
    p = made("region = 'EU'  # which orders", "%%step a\nx = region", cell0="parameters")

    assert [parameter.name for parameter in p.parameters] == ["region"]


def test_a_plain_cell_belongs_to_the_step_before_when_a_later_step_reads_it() -> None:
    """Also when it is read only through another such cell; a cell that is only looked at stays on its own."""
    p = made("%%step a\nx = 1", "y = x + 1", "print(y)", "z = y * 2", "%%step b\nresult = z")

    assert p.step("a").cells == (0, 1, 3)
    assert p.plain_cells == (2,)
    assert edges(p) == {"a>b": "reads z in line 2"}


def test_a_later_cell_of_the_same_name_continues_the_step() -> None:
    """Without options, or with the same ones."""
    p = made("%%step a -o x\nx = 1", "%%step a\nx += 1", "%%step a -o x\nx += 1")

    assert [step.cells for step in p.steps] == [(0, 1, 2)]


def test_the_same_name_with_other_options_is_refused() -> None:
    """Both cells are named."""
    with pytest.raises(PipelineError, match="two steps are named 'a': cells 1 and 2") as caught:
        made("%%step a\nx = 1", "%%step a --retries 3\ny = 1")

    assert caught.value.where == "nb.ipynb, cell 2"


def test_a_continuation_that_reads_what_another_step_made_of_it_is_refused() -> None:
    """It would come both before and after that step."""
    with pytest.raises(PipelineError, match="in a circle: a → b → a") as caught:
        made("%%step a\nx = 1", "%%step b\ny = x", "%%step a\nz = y")

    assert "a name of its own" in caught.value.fix


def test_tests_belong_to_their_step() -> None:
    """A ``%%test`` cell is no part of the step's code, but its variables make edges."""
    p = made("%%step a\nx = 1\nassert x, 'has x'", "%%step b\ny = 2", "%%test b\nassert y > x")

    assert p.step("b").cells == (1,)
    assert p.step("b").test_cells == (2,)
    assert (p.step("a").tests, p.step("b").tests) == (("has x",), ("y > x",))
    assert edges(p) == {"a>b": "tests x in line 2"}


def test_a_test_of_an_unknown_step_is_refused() -> None:
    """With the nearest name."""
    with pytest.raises(PipelineError, match="%%test of an unknown step 'claen'") as caught:
        made("%%step clean\nx = 1", "%%test claen\nassert x")

    assert caught.value.fix == "did you mean 'clean'?"


def test_inputs_can_be_pinned() -> None:
    """``-i`` drops what it does not name, and adds what the code hides; the setup stays."""
    p = made("k = 1", "%%step a\nx = 1\ny = 2", "%%step b -i x\nz = y + k", "%%step c -i nowhere\nw = 1")

    assert p.step("b").inputs == ("x",)
    assert edges(p) == {">b": "reads k in line 2", "a>b": "reads x in line 1"}
    assert p.problems == ("step 'c' pins the input 'nowhere' (-i), which nothing before it makes",)


def test_outputs_can_be_pinned() -> None:
    """``-o`` drops a mutation that is none, and adds what the code hides."""
    p = made("%%step a\nx = []", "%%step b -o y\nx.append(1)\nhidden()", "%%step c\nprint(x, y)")

    assert p.step("b").outputs == ("y",)
    assert {edge.source: edge.names for edge in p.edges if edge.target == "c"} == {"a": ("x",), "b": ("y",)}
    assert p.problems == ("step 'b' pins the output 'y' (-o), which its code does not make",)


def test_after_makes_an_edge() -> None:
    """It stands beside what the code says, in one edge."""
    p = made("%%step a\nx = 1", "%%step b --after a\ny = 1", "%%step c --after a\nz = x")

    assert edges(p) == {"a>b": "--after a", "a>c": "reads x in line 2, --after a"}
    assert p.edges[1].names == ("x",)


def test_after_an_unknown_step_is_refused() -> None:
    """With the nearest name and the place."""
    with pytest.raises(PipelineError, match="is to come after 'lod', which does not exist") as caught:
        made("%%step load\nx = 1", "%%step b --after lod\ny = 1")

    assert (caught.value.where, caught.value.fix) == ("nb.ipynb, cell 2", "did you mean 'load'?")


def test_a_circle_through_after_is_refused() -> None:
    """Step by step, with the ``--after`` to remove."""
    with pytest.raises(PipelineError, match="in a circle: ") as caught:
        made("%%step a --after c\nx = 1", "%%step b\ny = x", "%%step c\nz = y")

    assert caught.value.fix == "remove --after c from %%step a"


def test_after_a_step_below_is_refused() -> None:
    """Cells run from top to bottom."""
    with pytest.raises(PipelineError, match="stands before it"):
        made("%%step a --after b\nx = 1", "%%step b\ny = 1")


def test_cells_that_are_to_be_skipped_do_not_count() -> None:
    """Neither by tag nor by mark."""
    p = made("%%step a\nx = 1", "x = 2", "#| skip\nx = 3", "%%step b\ny = x", cell1="skip-execution")

    assert edges(p) == {"a>b": "reads x in line 2"}
    assert p.plain_cells == ()


def test_a_cell_that_cannot_be_read_is_a_problem_not_an_error() -> None:
    """The others are still understood."""
    p = made("%%step a\nx = 1", "%%step b\ny = = x", "%%step c\nz = x")

    assert p.problems == ("cell 2 cannot be read: line 2: invalid syntax",)
    assert edges(p) == {"a>c": "reads x in line 2"}


def test_an_option_that_cannot_be_meant_names_its_cell() -> None:
    """The mark's own error, with the place in the notebook."""
    with pytest.raises(UsageError, match="unknown option '--retires'") as caught:
        made("x = 1", "%%step a --retires 3\nx = 1")

    assert caught.value.where.startswith("nb.ipynb, cell 2, line 1")


def test_another_language_has_no_steps() -> None:
    """It can be read, and says what it is."""
    p = build(Notebook("nb.ipynb", (Cell(0, "a", "code", "%%step a\nx <- 1"),), language="r"))

    assert p.steps == ()
    assert p.problems == ("its language is r, not python",)


def test_the_hash_follows_the_meaning_of_the_code() -> None:
    """Comments, spaces, quotes and the mark's options change nothing; a value does."""
    assert source_hash(["%%step a\nx = 'b'   # why"]) == source_hash(['%%step a --retries 2\n\nx="b"'])
    assert source_hash(["x = 1"]) != source_hash(["x = 2"])
    assert source_hash(["x = 1\ny = 1"]) != source_hash(["x = 1", "y = 1"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 0", "x = None"),
        ("f(a)", "f(*a)"),
        ("f(a=b)", "f(**{'a': b})"),
        ("{**a}", "{a: a}"),
        ("try:\n  a\nexcept E:\n  b\nelse:\n  c", "try:\n  a\nexcept E:\n  b\nfinally:\n  c"),
        ("x[1:]", "x[:1]"),
        ("a < b < c", "a < (b < c)"),
        ("lambda a, /: a", "lambda a: a"),
        ("def f(a, b=1): ...", "def f(a, *, b=1): ..."),
        ("from a import b", "from .a import b"),
        ("import a as b", "import a, b"),
    ],
)
def test_code_that_means_something_else_has_another_hash(one: str, other: str) -> None:
    """Also where only the place of a part in the tree differs."""
    assert source_hash([one]) != source_hash([other])


def test_the_hash_is_the_same_under_every_python() -> None:
    """A run is compared with a notebook that another Python reads."""
    code = "def f(a: int = 1, *rest, b=None, **more) -> str:\n    return f'{a!r:>3}' + u'x'\nclass A(B, m=1): ..."
    assert source_hash([code]) == "c81f46617a77917f"


def test_code_that_is_no_python_has_a_hash_too() -> None:
    """It is taken as it stands."""
    assert source_hash(["x = = 1"]) != source_hash(["x = = 2"])


def test_reading_a_file_names_the_pipeline_by_its_place_in_the_project(tmp_path: Path) -> None:
    """The path without suffix, relative to the nearest ``pyproject.toml`` above."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "deep").mkdir()
    file = tmp_path / "deep" / "sales.ipynb"
    cells = [{"cell_type": "code", "source": "%%step a\nx = 1", "metadata": {}, "outputs": [], "execution_count": None}]
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")

    p = read(file)

    assert (p.name, p.path) == ("deep/sales", str(file))
    assert [step.name for step in p.steps] == ["a"]


def test_a_missing_notebook_is_said(tmp_path: Path) -> None:
    """As every error of reading a notebook."""
    with pytest.raises(NotebookError):
        read(tmp_path / "none.ipynb")


def test_a_thousand_steps_are_understood_in_a_second() -> None:
    """Each reads the one before, has a test, and shares a setup."""
    cells = [f"%%step s{i}\nx{i} = x{i - 1} + 1\nassert x{i} == {i}" for i in range(1, 1_000)]
    started = time.process_time()
    p = made("%load_ext nbops\nimport pandas as pd", "%%step s0\nx0 = 0", *cells)

    assert len(p.steps) == 1_000
    assert len(p.edges) == 999
    assert time.process_time() - started < 1.2


def test_a_params_cell_with_options_is_refused() -> None:
    """Reading says so with the cell, as running it would."""
    with pytest.raises(UsageError) as caught:
        build(Notebook("nb.ipynb", (Cell(0, "a", "code", "%%params --days 3\nn = 1"),)))

    assert "params takes no argument" in caught.value.what
    assert caught.value.where.startswith("nb.ipynb, cell 1")
