"""Finding the notebook that a kernel's cells belong to."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nbops.engine.kernel.identity import Identity, ParentProcess, identify, parent_process

PAPERMILL = "/venv/bin/papermill"


@pytest.mark.parametrize(
    "words",
    [
        (PAPERMILL, "in.ipynb", "out.ipynb"),
        ("/usr/bin/python3", PAPERMILL, "in.ipynb", "out.ipynb"),
        ("python", "-m", "papermill", "in.ipynb", "out.ipynb"),
        ("python", "-X", "dev", "-W", "error", "-m", "papermill", "in.ipynb", "out.ipynb"),
        ("papermill", "-p", "path", "other.ipynb", "in.ipynb", "-k", "python3", "out.ipynb", "--log-output"),
        ("papermill", "--engine=x", "in.ipynb", "--cwd", "sub.ipynb", "out.ipynb", "-r", "a", "b"),
    ],
)
def test_papermills_command_line_names_both_notebooks(words: tuple[str, ...]) -> None:
    """The two paths of papermill are found among its options, relative to its own folder."""
    found = identify({}, {}, ParentProcess(words, "/home/ann"))

    assert found == Identity("/home/ann/in.ipynb", "parent", "papermill", "batch", "/home/ann/out.ipynb")


@pytest.mark.parametrize(
    ("words", "launcher"),
    [
        (
            ("python", "/bin/jupyter-nbconvert", "--execute", "--to", "html", "a.ipynb", "--output", "b.ipynb"),
            "nbconvert",
        ),
        (("python", "/bin/jupyter-nbconvert", "nbconvert", "--execute", "a.ipynb"), "nbconvert"),
        (("python", "/bin/jupyter-execute", "a.ipynb", "--timeout=5"), "execute"),
    ],
)
def test_jupyters_programs_name_the_notebook(words: tuple[str, ...], launcher: str) -> None:
    """Nbconvert and ``jupyter execute`` are batches of the notebook that they were given."""
    found = identify({}, {}, ParentProcess(words, "/home/ann"))

    assert (found.notebook, found.launcher, found.kind) == ("/home/ann/a.ipynb", launcher, "batch")


def test_of_several_notebooks_the_one_that_holds_the_cell(tmp_path: Path) -> None:
    """A program that executes several notebooks is at the one that holds the cell that runs."""
    for name in ("a", "b"):
        cells = [{"cell_type": "code", "source": [f"x = '{name}'\n", "y"]}]
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    parent = ParentProcess(("jupyter-nbconvert", "a.ipynb", "b.ipynb"), str(tmp_path))

    found = identify({"In": ["", "parsed"], "_i1": "x = 'b'\ny"}, {}, parent)

    assert found.notebook == str(tmp_path / "b.ipynb")


def test_what_cannot_be_told_is_unknown(tmp_path: Path) -> None:
    """Among several notebooks none is guessed."""
    parent = ParentProcess(("jupyter-nbconvert", "a.ipynb", "b.ipynb"), str(tmp_path))

    assert identify({"In": ["", "x"], "_i1": "x"}, {}, parent).notebook is None


def test_a_remote_notebook_keeps_its_address() -> None:
    """Papermill reads from object stores too: the address is the name."""
    found = identify({}, {}, ParentProcess(("papermill", "s3://bucket/in.ipynb", "-"), "/home/ann"))

    assert found.notebook == "s3://bucket/in.ipynb"


def test_the_jupyter_server_tells_the_notebook() -> None:
    """A notebook opened in JupyterLab is a session, named by the server's variable."""
    found = identify(
        {}, {"JPY_SESSION_NAME": "/home/ann/sales.ipynb"}, ParentProcess(("python", "/bin/jupyter-lab"), "/home/ann")
    )

    assert found == Identity("/home/ann/sales.ipynb", "jupyter", "jupyter", "session")


def test_a_console_has_no_notebook() -> None:
    """A console of the server is a session of no notebook."""
    found = identify(
        {}, {"JPY_SESSION_NAME": "/home/ann/console-1"}, ParentProcess(("python", "/bin/jupyter-lab"), "/home/ann")
    )

    assert (found.notebook, found.launcher) == (None, "jupyter")


def test_visual_studio_code_tells_the_notebook() -> None:
    """VS Code leaves the path in the namespace, which is surer than an inherited variable."""
    namespace = {"__vsc_ipynb_file__": "/home/ann/a.ipynb"}

    assert identify(namespace, {"JPY_SESSION_NAME": "/x/b.ipynb"}, ParentProcess()).identified_by == "vscode"


def test_a_terminal_is_a_session_without_a_notebook() -> None:
    """IPython in a terminal takes nothing from the processes above it."""
    found = identify(
        {}, {"JPY_SESSION_NAME": "/x/b.ipynb"}, ParentProcess(("papermill", "a.ipynb", "b.ipynb")), has_kernel=False
    )

    assert found == Identity(launcher="ipython")


def test_the_parent_is_found_by_its_number() -> None:
    """The command line and the folder of the starting process are read from the system."""
    found = parent_process({"JPY_PARENT_PID": str(os.getpid())})

    assert Path(found.folder) == Path.cwd()
    assert any("python" in word for word in found.words[:1])
