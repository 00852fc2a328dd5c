"""Notebooks that another program runs from end to end, papermill without our engine or nbconvert, are recorded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbops.records import RunFinished, RunStarted, Status, StepFinished
from tests.notebooks.live_kernel import journaled

Write = Callable[..., Path]
LOAD = "%load_ext nbops"


def call(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of this environment."""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [str(w) for w in words], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=120
    )


def printed(notebook: Path) -> str:
    """Return what the cells of an executed notebook printed."""
    cells: list[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    streams = [o for cell in cells for o in cell.get("outputs", []) if o.get("name") == "stdout"]
    return "".join("".join(stream["text"]) for stream in streams)


def test_papermill_without_the_engine_is_a_batch_run(project: Path, write: Write) -> None:
    """Plain papermill: the kernel journals one batch run with the notebook, its steps, its parameters and its end."""
    write(
        LOAD,
        ("%%params\nn: int = 1\nday: date = date(2013, 1, 1)\nkind = 'daily'", "parameters"),
        "%%step a\nx = n",
        "%%step b\nassert x > n",
    )
    done = call("papermill", "nb.ipynb", "out.ipynb", "-p", "n", "5", "-p", "day", "2013-02-03", cwd=project)

    (started,) = journaled(project, RunStarted)
    (finished,) = journaled(project, RunFinished)
    assert done.returncode == 1
    assert (started.kind, started.launcher, started.notebook, started.output) == (
        "batch",
        "papermill",
        "nb.ipynb",
        "out.ipynb",
    )
    assert (started.identified_by, started.steps) == ("parent", ("a", "b"))
    assert dict(started.parameters) == {"n": "5", "day": "2013-02-03", "kind": "'daily'"}
    assert started.given == ("n", "day")
    assert [(r.step, r.status.value, r.cell) for r in journaled(project, StepFinished)] == [
        ("a", "passed", 2),
        ("b", "failed", 3),
    ]
    assert (finished.status, finished.reason) == (Status.FAILED, "step b: x > n")


@pytest.mark.parametrize("tag", ["parameters", ""])
def test_papermill_parameters_win_and_have_their_types(project: Path, write: Write, tag: str) -> None:
    """Values that papermill injects win over the defaults and are converted, whether the cell is tagged or not."""
    params = "%%params\nn: int = 1 / 0  # never evaluated\nday: date = date(2013, 1, 1)\nrate: Decimal = Decimal(1)"
    code = "print(n, repr(day), repr(rate), 'date' in globals())"
    write(LOAD, (params.replace("1 / 0", "1") if tag else params, tag), f"%%step a\n{code}")
    done = call(
        "papermill",
        "nb.ipynb",
        "out.ipynb",
        "-r",
        "n",
        "5",
        "-p",
        "day",
        "2013-02-03",
        "-r",
        "rate",
        "0.1",
        cwd=project,
    )

    assert done.returncode == 0, done.stderr
    assert "5 datetime.date(2013, 2, 3) Decimal('0.1') False" in printed(project / "out.ipynb")


@pytest.mark.parametrize("tag", ["parameters", ""])
def test_a_value_of_the_wrong_type_is_told(project: Path, write: Write, tag: str) -> None:
    """A value that is not of the declared type ends the run with an error that names parameter, value and type."""
    write(LOAD, ("%%params\nn: int = 1", tag), "%%step a\nx = n")
    done = call("papermill", "nb.ipynb", "out.ipynb", "-r", "n", "many", cwd=project)

    (finished,) = journaled(project, RunFinished)
    assert done.returncode == 1
    assert "ParameterError" in done.stderr
    assert "many" in done.stderr
    assert (finished.status, finished.failure.type) == (Status.ERROR, "ParameterError")


def test_from_another_folder_with_the_notebook_in_a_subfolder(project: Path, write: Write) -> None:
    """The notebook and its project are found from the command line of papermill, wherever it was typed."""
    write(LOAD, "%%step a\nx = 1", name="deep/er/sales.ipynb")
    elsewhere = project / "elsewhere"
    elsewhere.mkdir()
    done = call("papermill", "../deep/er/sales.ipynb", "../deep/out.ipynb", cwd=elsewhere)

    (started,) = journaled(project, RunStarted)
    assert done.returncode == 0, done.stderr
    assert (started.notebook, started.output) == ("deep/er/sales.ipynb", "deep/out.ipynb")
    assert not (elsewhere / ".nbops").exists()


def test_papermill_as_a_module(project: Path, write: Write) -> None:
    """``python -m papermill`` is recognised, with options before and between the paths."""
    write(LOAD, "%%step a\nx = 1")
    done = call(
        sys.executable,
        "-m",
        "papermill",
        "--log-output",
        "-k",
        "python3",
        "nb.ipynb",
        "--no-progress-bar",
        "out.ipynb",
        cwd=project,
    )

    (started,) = journaled(project, RunStarted)
    assert done.returncode == 0, done.stderr
    assert (started.launcher, started.notebook) == ("papermill", "nb.ipynb")


def test_nbconvert_is_a_batch_run(project: Path, write: Write) -> None:
    """``jupyter nbconvert --execute`` is recorded with the notebook's name, also from another folder."""
    write(LOAD, "%%step a\nx = 1\nassert x == 1, 'one'", name="sub/nb.ipynb")
    done = call(
        "jupyter", "nbconvert", "--to", "notebook", "--execute", "sub/nb.ipynb", "--output", "done.ipynb", cwd=project
    )

    (started,) = journaled(project, RunStarted)
    (finished,) = journaled(project, RunFinished)
    assert done.returncode == 0, done.stderr
    assert (started.kind, started.launcher, started.notebook) == ("batch", "nbconvert", "sub/nb.ipynb")
    assert (finished.status, [r.step for r in journaled(project, StepFinished)]) == (Status.PASSED, ["a"])


def test_nbconvert_of_two_notebooks_tells_them_apart(project: Path, write: Write) -> None:
    """Two notebooks in one command are two runs, each with its own name."""
    write(LOAD, "%%step a\nx = 1", name="one.ipynb")
    write("# the second\n%load_ext nbops", "%%step b\nx = 1", name="two.ipynb")
    done = call("jupyter", "nbconvert", "--to", "notebook", "--execute", "one.ipynb", "two.ipynb", cwd=project)

    assert done.returncode == 0, done.stderr
    assert {run.notebook for run in journaled(project, RunStarted)} == {"one.ipynb", "two.ipynb"}


def test_a_run_with_nothing_to_do_ends_well(project: Path, write: Write) -> None:
    """After ``skip`` nothing more runs, not even plain cells, and the run is skipped with its reason."""
    write(LOAD, "%%step a\nfrom nbops import skip\nskip('no data today')", "1 / 0", "%%step b\n1 / 0")
    done = call("papermill", "nb.ipynb", "out.ipynb", cwd=project)

    (finished,) = journaled(project, RunFinished)
    assert done.returncode == 0, done.stderr
    assert (finished.status, finished.reason) == (Status.SKIPPED, "no data today")
    assert [(r.step, r.status.value, r.remark) for r in journaled(project, StepFinished)] == [
        ("a", "skipped", "no data today"),
        ("b", "skipped", "no data today"),
    ]


def test_an_error_in_a_plain_cell_is_an_error_of_the_run(project: Path, write: Write) -> None:
    """A batch whose plain cell raises could not be judged, though its steps passed."""
    write(LOAD, "%%step a\nx = 1", "1 / 0")
    call("papermill", "nb.ipynb", "out.ipynb", cwd=project)

    (finished,) = journaled(project, RunFinished)
    assert (finished.status, finished.reason, finished.failure.type) == (
        Status.ERROR,
        "a cell raised ZeroDivisionError",
        "ZeroDivisionError",
    )


def test_a_secret_is_in_no_journal(project: Path, write: Write) -> None:
    """The value of a Secret parameter is written into no record, wherever the code puts it."""
    cell = "%%step a\nassert token == 'other', f'token is {str(token)}'"
    write(LOAD, ("%%params\ntoken: Secret = ''", "parameters"), cell)
    call("papermill", "nb.ipynb", "out.ipynb", "-p", "token", "hunter2secret", cwd=project)

    texts = [file.read_text(encoding="utf-8") for file in (project / ".nbops").rglob("*.jsonl")]
    assert len(texts) == 1
    assert "StepFailed" in texts[0]
    assert "hunter2secret" not in texts[0]
