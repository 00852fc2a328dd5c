"""``papermill --engine nbops``: papermill's door to the same run, with papermill's exit codes and files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbops.pipeline.run import RunState, fold
from nbops.records import Status
from nbops.store.journal import read_entries

Write = Callable[..., Path]
PAPERMILL = str(Path(sys.executable).parent / "papermill")


def papermill(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run papermill's command line with our engine."""
    command = [PAPERMILL, *map(str, arguments), "--engine", "nbops", "--no-progress-bar"]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def state_of(root: Path) -> RunState:
    """Return the one run that the journals hold."""
    paths = [*(root / ".nbops" / "journal").glob("*.jsonl")]
    return fold(entry.record for path in paths for entry, _, _ in read_entries(path) if entry)


def content(path: Path) -> dict[str, Any]:
    """Return an executed notebook."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_papermill_runs_steps_and_records_them(project: Path, write: Write) -> None:
    """Parameters given to papermill are typed, and the steps are recorded under the notebook's name."""
    notebook = write(
        "%%params\nday: date = date(2013, 1, 1)",
        "%%step load\nrows = [day.year]",
        "%%step check\nassert rows == [2014], 'year'\nprint(rows)",
        name="deep/nb.ipynb",
    )

    done = papermill(notebook, "out.ipynb", "-p", "day", "2014-05-01")

    state = state_of(project)
    assert (done.returncode, state.status) == (0, Status.PASSED), done.stderr
    assert (state.started.notebook, state.started.launcher, state.output) == ("deep/nb.ipynb", "papermill", "out.ipynb")
    assert [step.name for step in state.steps] == ["load", "check"]
    assert state.started.parameters == {"day": "2014-05-01"}
    assert [c["metadata"]["papermill"]["status"] for c in content(project / "out.ipynb")["cells"]] == ["completed"] * 4


@pytest.mark.parametrize(
    ("cell", "code", "words"),
    [
        ("1 / 0", 1, "ZeroDivisionError"),
        ("import sys\nsys.exit(0)", 1, "SystemExit"),
        ("import os\nos._exit(1)", 138, "DeadKernelError"),
        ("%%step a\nassert 1 == 2, 'sums differ'", 1, "sums differ"),
        ("raise OSError('timeout: it took longer than ever')", 1, "PapermillExecutionError"),
    ],
)
def test_papermill_ends_badly_when_the_run_did(project: Path, write: Write, cell: str, code: int, words: str) -> None:
    """What papermill alone takes for a success, or for something else, ends with its exit code for that."""
    done = papermill(write("x = 1", cell, "y = 1"), "out.ipynb")

    assert done.returncode == code
    assert words in done.stderr
    assert state_of(project).status.is_bad
    statuses = [c["metadata"].get("papermill", {}).get("status") for c in content(project / "out.ipynb")["cells"]]
    assert [status for status in statuses if status] == ["completed", "failed", "not_run"]


def test_papermill_passes_over_an_expected_exception(project: Path, write: Write) -> None:
    """The tag raises-exception is honoured, and the written notebook keeps the error output."""
    done = papermill(write(("1 / 0", "raises-exception"), "print('after')"), "out.ipynb")

    outputs = [cell["outputs"] for cell in content(project / "out.ipynb")["cells"]]
    assert (done.returncode, state_of(project).status) == (0, Status.PASSED)
    assert outputs[0][0]["ename"] == "ZeroDivisionError"
    assert outputs[1][0]["text"] == ["after\n"]


def test_papermill_stops_a_cell_that_takes_too_long(project: Path, write: Write) -> None:
    """Papermill's own execution timeout ends the run as an error, and the cells behind it did not run."""
    done = papermill(write("import time\ntime.sleep(60)", "x = 1"), "out.ipynb", "--execution-timeout", "2")

    assert done.returncode == 1
    assert "CellTimeoutError" in done.stderr
    assert state_of(project).status is Status.ERROR


def test_a_secret_given_to_papermill_is_written_nowhere(project: Path, write: Write) -> None:
    """Papermill puts values into a cell and the metadata; neither reaches the file, nor the markers of an error."""
    notebook = write("%%params\ntoken: Secret = ''", "%%step leak\nprint(str(token))\n1 / 0")

    done = papermill(notebook, "out.ipynb", "-p", "token", "hunter2-password")

    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    files = [path for path in project.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"hunter2-password" in path.read_bytes()] == []


def test_papermill_runs_well_with_a_secret(project: Path, write: Write) -> None:
    """Where a secret was taken out of the notebook, papermill goes on with it as with any other."""
    notebook = write("%%params\ntoken: Secret = ''", "%%step leak\nprint(str(token))")

    done = papermill(notebook, "out.ipynb", "-p", "token", "hunter2-password")

    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert content(project / "out.ipynb")["cells"][-1]["outputs"][0]["text"] == ["•••\n"]
    assert b"hunter2-password" not in (project / "out.ipynb").read_bytes()


def test_an_unknown_parameter_is_refused(project: Path, write: Write) -> None:
    """Papermill only warns of an unknown parameter; the engine refuses it before a kernel starts."""
    done = papermill(write("%%params\nrows: int = 1", "%%step a\nrows"), "out.ipynb", "-p", "rwos", "2")

    assert done.returncode == 1
    assert "did you mean 'rows'" in done.stderr
    assert not (project / ".nbops" / "journal").exists()


def test_papermill_from_another_folder_with_cwd(
    project: Path, write: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """``--cwd`` is the kernel's folder, and relative paths mean what they mean to papermill."""
    write("import os\nprint(os.getcwd())", name="sub/nb.ipynb")
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    done = papermill("sub/nb.ipynb", "sub/out.ipynb", "--cwd", elsewhere, cwd=project)

    cells = content(project / "sub" / "out.ipynb")["cells"]
    assert done.returncode == 0, done.stderr
    assert cells[0]["outputs"][0]["text"] == [f"{elsewhere}\n"]
    assert state_of(project).started.notebook == "sub/nb.ipynb"


def test_papermill_as_a_function_inside_a_running_loop(project: Path, write: Write) -> None:
    """``papermill.execute_notebook`` works where an event loop runs already, as in a notebook."""
    code = (
        "import asyncio, papermill, sys\n"
        "async def main():\n"
        "    papermill.execute_notebook(sys.argv[1], 'out.ipynb', engine_name='nbops', progress_bar=False)\n"
        "asyncio.run(main())\n"
    )
    notebook = write("%%step a\nx = 1\nprint(x)")
    done = subprocess.run([sys.executable, "-c", code, notebook], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert state_of(project).status is Status.PASSED
