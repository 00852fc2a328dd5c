"""Where runs happen: other working directories, subfolders, many at once; and what is refused before anything runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbops.engine.production.notebook import run
from nbops.errors import KernelError, NbopsError, NotebookError, NothingSelected, OutputError, ParameterError
from nbops.errors import PipelineError as BadPipeline
from nbops.records import Status

Write = Callable[..., Path]


def started_anything(root: Path) -> bool:
    """Return whether a run was recorded."""
    return (root / ".nbops" / "journal").exists()


def texts(path: Path) -> list[str]:
    """Return what the cells of an executed notebook printed."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(o["text"]) for cell in cells for o in cell.get("outputs", ()) if o["output_type"] == "stream"]


def test_cells_run_in_the_folder_of_the_notebook(
    project: Path, write: Write, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another working directory a notebook in a subfolder finds its files, and is recorded in its own project."""
    notebook = write("import os\nprint(os.getcwd())\nprint(open('data.txt').read())", name="deep/er/nb.ipynb")
    (notebook.parent / "data.txt").write_text("rows", encoding="utf-8")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)

    state = run(notebook, "out.ipynb", report=False)

    assert state.started.notebook == "deep/er/nb.ipynb"
    assert texts(elsewhere / "out.ipynb") == [f"{notebook.parent}\nrows\n"]
    assert (project / ".nbops" / "journal").is_dir()
    assert not (elsewhere / ".nbops").exists()


def test_without_an_output_the_executed_notebook_lies_with_the_run(project: Path, write: Write) -> None:
    """The executed notebook and the report have a folder of their own for each run, named in its record."""
    state = run(write("x = 1", name="sales.ipynb"))

    assert state.finished is not None
    output, report = project / state.output, project / state.finished.report
    assert output == project / ".nbops" / "runs" / state.run[:12] / "sales.ipynb"
    assert output.is_file()
    assert report.read_text(encoding="utf-8").startswith("<!")


def test_a_missing_output_folder_is_made(project: Path, write: Write) -> None:
    """An output in a folder that does not exist yet is written there."""
    run(write("x = 1"), "a/b/out.ipynb", report=False)

    assert (project / "a" / "b" / "out.ipynb").is_file()


def test_a_percent_script_runs_as_a_notebook(project: Path) -> None:
    """A ``.py`` file with ``# %%`` cells is run, and its executed notebook written."""
    (project / "nb.py").write_text("# %%\nx = 1\n\n# %% [markdown]\n# text\n\n# %%\nprint(x + 1)\n", encoding="utf-8")

    state = run("nb.py", "out.ipynb", report=False)

    assert state.status is Status.PASSED
    assert texts(project / "out.ipynb") == ["2\n"]


def test_eight_runs_at_once_in_one_folder_all_pass(project: Path, write: Write) -> None:
    """Runs that start at the same moment in the same folder do not meet in any socket or file."""
    notebook = write("%%step a\nx = 1", "%%step b\nassert x == 1, 'x'\nprint(x)")
    code = "import sys; from nbops.engine.production.notebook import run; sys.exit(run(*sys.argv[1:]).status.exit_code)"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(notebook), f"out-{i}.ipynb"], stderr=subprocess.PIPE, text=True
        )
        for i in range(8)
    ]

    ends = [(process.communicate(timeout=120)[1], process.returncode) for process in processes]

    assert ends == [("", 0)] * 8
    assert [texts(project / f"out-{i}.ipynb")[-1:] for i in range(8)] == [["1\n"]] * 8
    assert len(list((project / ".nbops" / "journal").glob("*.jsonl"))) == 16


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"params": {"dya": "2013-01-01"}}, ParameterError, "did you mean 'day'"),
        ({"params": {"rows": "many"}}, ParameterError, "rows"),
        ({"only": ["laod"]}, BadPipeline, "did you mean 'load'"),
        ({"kernel": "pyton3"}, KernelError, "did you mean 'python3'"),
        ({"output": "nb.ipynb"}, NotebookError, "replace the notebook itself"),
        ({"output": "."}, OutputError, "is a folder"),
        ({"output": "pyproject.toml/out.ipynb"}, OutputError, "cannot be written"),
        ({"timeout": "soon"}, NbopsError, "no duration"),
        ({"env": "production"}, NbopsError, "known: dev, test, prod"),
    ],
)
def test_what_is_wrong_is_found_before_anything_runs(
    project: Path, write: Write, options: dict[str, Any], error: type[NbopsError], text: str
) -> None:
    """Bad parameters, steps, kernels, outputs and settings are errors that say what to type, and leave nothing."""
    notebook = write("%%params\nday: date = date(2013, 1, 1)\nrows: int = 10", "%%step load\nx = rows")

    with pytest.raises(error) as caught:
        run(notebook, **options)

    assert text in str(caught.value)
    assert not started_anything(project)


@pytest.mark.parametrize(
    ("content", "text"),
    [('{"cells": [', "broken JSON"), ('{"a": 1}', "nb.ipynb"), ("", "nb.ipynb")],
)
def test_what_is_no_notebook_is_an_error(project: Path, content: str, text: str) -> None:
    """A file that is no notebook is named, and nothing runs."""
    (project / "nb.ipynb").write_text(content, encoding="utf-8")

    with pytest.raises(NotebookError, match=text):
        run("nb.ipynb")

    assert not started_anything(project)


def test_a_notebook_that_is_not_there_is_an_error(project: Path) -> None:
    """A missing notebook is an error of usage."""
    with pytest.raises(NotebookError) as caught:
        run("nothing.ipynb")

    assert caught.value.exit_code == 4


def test_a_notebook_in_another_language_is_refused(project: Path, write: Write) -> None:
    """A notebook of R is not given to a Python kernel."""
    with pytest.raises(KernelError, match="written in r"):
        run(write("x <- 1", kernel="ir", language="R"))


def test_a_choice_that_holds_no_step_selects_nothing(project: Path, write: Write) -> None:
    """When nothing lies between the two steps, the exit code is 5, and nothing runs."""
    with pytest.raises(NothingSelected) as caught:
        run(write("%%step a\nx = 1", "%%step b\ny = x"), from_="b", until="a")

    assert caught.value.exit_code == 5
    assert not started_anything(project)


def test_a_kernel_that_cannot_start_is_told_with_its_words(
    project: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel whose process ends at once is an error that quotes it, and the run's record is closed."""
    spec = project / "share" / "kernels" / "broken"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-c", "raise SystemExit('no such environment')", "{connection_file}"]
    content = {"argv": argv, "display_name": "broken", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(project / "share"))

    with pytest.raises(KernelError, match="no such environment"):
        run(write("x = 1", kernel="broken"), "out.ipynb", report=False)

    executed = json.loads((project / "out.ipynb").read_text(encoding="utf-8"))
    assert executed["metadata"]["papermill"]["exception"] is True
    assert [cell["metadata"]["papermill"]["status"] for cell in executed["cells"]] == ["not_run"]
    journal = next((project / ".nbops" / "journal").glob("*.jsonl")).read_text(encoding="utf-8")
    assert '"RunFinished"' in journal
    assert '"error"' in journal


def test_a_read_only_output_is_refused_before_the_run(write: Write) -> None:
    """An output that may not be written is found before the kernel starts; root gives its rights away to see it."""
    code = (
        "import os, sys; from nbops.engine.production.notebook import run; from nbops.errors import OutputError\n"
        "def refused(output):\n"
        "    try: run('nb.ipynb', output)\n"
        "    except OutputError as error: return str(error)\n"
        "os.chdir(sys.argv[1]); refused('nb.ipynb/out.ipynb')  # loads what root alone may read\n"
        "os.getuid() or (os.setgid(65534), os.setuid(65534)); print(refused('out.ipynb'))\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(write("x = 1"), Path(folder) / "nb.ipynb")
        (Path(folder) / "out.ipynb").touch(mode=0o444)
        Path(folder).chmod(0o555)
        done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=False)

    assert "out.ipynb" in done.stdout, done.stderr
    assert done.returncode == 0, done.stderr


def test_a_project_that_takes_no_journal_hides_no_verdict(project: Path, write: Write) -> None:
    """Where nothing can be journaled the run goes on, and its steps and its end are true all the same."""
    (project / ".nbops").mkdir()
    (project / ".nbops" / "journal").touch()  # a file where the folder should be

    good = run(write("%%step a\nassert True", "%%step b\nx = 1"), "good.ipynb", report=False)
    bad = run(write("%%step a\nassert 1 == 2", "%%step b\nx = 1"), "bad.ipynb", report=False)

    assert (good.status, bad.status) == (Status.PASSED, Status.FAILED)
    assert [[str(step.status) for step in state.steps] for state in (good, bad)] == [
        ["passed", "passed"],
        ["failed", "skipped"],
    ]


def test_a_step_that_no_journal_took_and_whose_kernel_died_is_an_error(project: Path, write: Write) -> None:
    """It was not skipped: it began, and nobody could write that down."""
    (project / ".nbops").mkdir()
    (project / ".nbops" / "journal").touch()  # a file where the folder should be

    state = run(write("%%step a\nx = 1", "%%step b\nimport os\nos._exit(3)", "%%step c\nx"), "o.ipynb", report=False)

    assert [str(step.status) for step in state.steps] == ["passed", "error", "skipped"]
    assert state.reason == "the kernel ended with exit code 3 in step b"
