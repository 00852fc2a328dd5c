"""Reading notebooks: every format gives the same cells, every bad file a clear error."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

from nbops.errors import NotebookError
from nbops.notebook.cells import Cell, read_notebook

SCRIPT = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Orders

# %% tags=["parameters"]
day = 1

# %%
# %%step load -o orders
orders = [day]

# %%
# %matplotlib inline
"""


def write(folder: Path, content: Any, name: str = "sales.ipynb") -> Path:
    """Write *content*, as JSON unless it is text, and return the file."""
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def cell(source: Any, **more: Any) -> dict[str, Any]:
    """Return a code cell as a notebook file holds it."""
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **more}


def refused(path: Path) -> NotebookError:
    """Return the error of reading *path*."""
    with pytest.raises(NotebookError) as caught:
        read_notebook(path)
    return caught.value


def test_a_notebook_is_read_as_it_stands(tmp_path: Path) -> None:
    """Cells keep their order, index, id, tags and outputs; the source is one text with line feeds."""
    output = {"output_type": "stream", "name": "stdout", "text": ["1\n"]}
    file = write(
        tmp_path,
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "py312", "language": "Python"}},
            "cells": [
                {"cell_type": "markdown", "id": "m", "source": ["# A\n", "text"], "metadata": {}},
                cell("x = 1\r\nx", id="c", metadata={"tags": ["parameters"]}, outputs=[output], execution_count=3),
                {"cell_type": "raw", "id": "r", "source": "", "metadata": {}},
            ],
        },
    )

    notebook = read_notebook(str(file))

    assert notebook.cells == (
        Cell(0, "m", "markdown", "# A\ntext"),
        Cell(1, "c", "code", "x = 1\nx", frozenset({"parameters"}), (output,), 3),
        Cell(2, "r", "raw", ""),
    )
    assert notebook.code_cells == notebook.cells[1:2]
    assert (notebook.path, notebook.language, notebook.kernel_name) == (str(file), "python", "py312")


def test_a_notebook_that_says_nothing_of_itself_is_python(tmp_path: Path) -> None:
    """Language and kernel have defaults, cells without an id are named by their place."""
    notebook = read_notebook(write(tmp_path, {"cells": [cell([])]}))

    assert (notebook.language, notebook.kernel_name, notebook.metadata) == ("python", "", {})
    assert notebook.cells == (Cell(0, "cell-0", "code", ""),)


def test_another_language_is_read_and_named(tmp_path: Path) -> None:
    """Whether it can run is not decided by reading it."""
    file = write(tmp_path, {"cells": [], "metadata": {"language_info": {"name": "R"}, "kernelspec": {"name": "ir"}}})

    assert (read_notebook(file).language, read_notebook(file).kernel_name) == ("r", "ir")


def test_a_percent_script_is_a_notebook(tmp_path: Path) -> None:
    """Markdown, tags, step lines and magics of a script are those of the notebook that it stands for."""
    notebook = read_notebook(write(tmp_path, SCRIPT, "sales.py"))

    assert [(c.kind, c.source) for c in notebook.cells] == [
        ("markdown", "# Orders"),
        ("code", "day = 1"),
        ("code", "%%step load -o orders\norders = [day]"),
        ("code", "%matplotlib inline"),
    ]
    assert notebook.cells[1].tags == {"parameters"}
    assert (notebook.language, notebook.kernel_name) == ("python", "python3")


def test_a_notebook_of_format_3_is_converted(tmp_path: Path) -> None:
    """Cells in worksheets are cells."""
    old = {"cell_type": "code", "input": ["x = 1\n", "x"], "outputs": [], "prompt_number": 2, "language": "python"}
    heading = {"cell_type": "heading", "level": 2, "source": ["Load"], "metadata": {}}
    content = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [heading, old]}]}

    notebook = read_notebook(write(tmp_path, content))

    assert [(c.kind, c.source) for c in notebook.cells] == [("markdown", "## Load"), ("code", "x = 1\nx")]


@pytest.mark.parametrize(
    ("content", "name", "what", "fix"),
    [
        ("", "sales.ipynb", "'sales.ipynb' is empty", "save it"),
        ("[1]", "sales.ipynb", "JSON, but not a notebook", "name a .ipynb"),
        ('{"a": 1}', "sales.ipynb", "JSON, but not a notebook", "name a .ipynb"),
        ('{"cells": {}}', "sales.ipynb", "the cells are dict, not a list", "name a .ipynb"),
        ('{"cells": ["x"]}', "sales.ipynb", "cell 1 is of no known kind: None", "name a .ipynb"),
        ('{"cells": [{"cell_type": "video"}]}', "sales.ipynb", "of no known kind: 'video'", "name a .ipynb"),
        ('{"cells": [], "nbformat": 9}', "sales.ipynb", "has notebook format 9", "pip install --upgrade"),
        ('{"worksheets": 5, "nbformat": 3}', "sales.ipynb", "cannot be converted", "nbconvert"),
        ("a,b\n1,2\n", "sales.csv", "'sales.csv' is not a notebook", "name a .ipynb"),
        ("import x\n", "sales.py", "a script, not a notebook", "write # %% above each cell"),
        ("[" * 100_000, "sales.ipynb", "nested too deep", "name a .ipynb"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: str, name: str, what: str, fix: str) -> None:
    """The error says what the file is, and what to do."""
    error = refused(write(tmp_path, content, name))

    assert what in error.what
    assert fix in error.fix
    assert str(tmp_path / name) in error.where


def test_broken_json_is_told_with_its_line_and_column(tmp_path: Path) -> None:
    """A conflict of git is named as what it is."""
    error = refused(write(tmp_path, '{"cells": [\n  {,}\n]}'))
    conflict = refused(write(tmp_path, '{"cells": [\n<<<<<<< HEAD\n]}'))

    assert "is broken JSON" in error.what
    assert "at '{,}'" in error.what
    assert error.where.endswith("sales.ipynb, line 2, column 4")
    assert conflict.fix == "a merge conflict of git: git checkout --ours sales.ipynb"


def test_a_file_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    """A slip of the finger, a left-out suffix and a wrong folder each get their hint; a far name is none."""
    write(tmp_path, {"cells": []})

    assert refused(tmp_path / "slaes.ipynb").fix == "did you mean 'sales.ipynb'?"
    assert refused(tmp_path / "sales").fix == "did you mean 'sales.ipynb'?"
    assert refused(tmp_path / "zebra.ipynb").fix == f"ls {tmp_path}"
    assert "there is no folder" in refused(tmp_path / "none" / "sales.ipynb").fix
    assert refused(tmp_path).what == f"{tmp_path.name!r} is a folder"


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Bytes that are no text, and a file that is closed to us."""
    binary = tmp_path / "image.ipynb"
    binary.write_bytes(b"\x89PNG\xff")

    assert "byte 0 is not UTF-8" in refused(binary).what
    closed = write(tmp_path, {"cells": []}, "closed.ipynb")
    closed.chmod(0)
    if not os.access(closed, os.R_OK):  # root reads everything
        assert "cannot be read: Permission denied" in refused(closed).what


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    file = tmp_path / "sales.ipynb"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps({"cells": [cell("x")]}).encode())

    assert read_notebook(file).cells[0].source == "x"


def test_what_a_file_leaves_out_is_made_whole(tmp_path: Path) -> None:
    """Null where format 4 wants a mapping or a list, and ids that several cells share, do not stop a notebook."""
    bare = {"cell_type": "code", "source": None, "metadata": None, "outputs": None}
    same = cell("x", id="same", metadata={"tags": None})
    file = write(tmp_path, {"metadata": None, "nbformat_minor": "x", "cells": [bare, same, same, same]})

    notebook = read_notebook(file)

    assert [c.id for c in notebook.cells] == ["cell-0", "same", "same-2", "same-3"]
    assert [c.source for c in notebook.cells] == ["", "x", "x", "x"]
    nbformat.validate(nbformat.from_dict(notebook.content))


def test_code_that_no_kernel_can_be_sent_is_refused(tmp_path: Path) -> None:
    """Half of a surrogate pair in a cell of code is named with its line; in a text cell it harms nobody."""
    half = "x = 1\ny = '\ud83d'"

    error = refused(write(tmp_path, {"cells": [cell(half)]}))
    text = read_notebook(write(tmp_path, {"cells": [{"cell_type": "markdown", "source": half}]}))

    assert "half a character" in error.what
    assert error.where.endswith("cell 1, line 2")
    assert text.cells[0].source == half
