"""The panel in a notebook that nobody watches: no widget, and HTML that is true at the end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CELLS = (
    "%load_ext nbops",
    "%nbops show",
    "%%step load\nrows = [1, 2]\nassert len(rows) == 2, 'two rows'",
    "%%step check\ntotal = sum(rows)\nassert total > 100, 'a large total'",
)
COMMANDS = {
    "nbops": ("-m", "nbops.doors.cli", "run"),
    "papermill": ("-m", "papermill", "--no-progress-bar"),
}


@pytest.mark.parametrize("door", COMMANDS)
def test_the_saved_panel_is_static_and_true(write: Callable[..., Path], project: Path, door: str) -> None:
    """Run by a program, the notebook keeps the panel as it was when the last step ended."""
    notebook = write(*CELLS)
    subprocess.run(
        [sys.executable, *COMMANDS[door], str(notebook), "out.ipynb"], cwd=project, capture_output=True, check=False
    )
    cells = json.loads((project / "out.ipynb").read_text(encoding="utf-8"))["cells"]
    shown = next(cell for cell in cells if "".join(cell["source"]) == "%nbops show")
    (output,) = shown["outputs"]
    html = "".join(output["data"]["text/html"])

    assert set(output["data"]) == {"text/html", "text/plain"}
    assert 'data-step="load" data-status="passed"' in html
    assert 'data-step="check" data-status="failed"' in html
    assert "<style>" in html
    assert "failed       check" in "".join(output["data"]["text/plain"])


def test_a_terminal_is_shown_the_panel_once(project: Path) -> None:
    """In a bare IPython, which cannot change what it has printed, later steps do not print the panel anew."""
    script = project / "typed.ipy"
    script.write_text("%load_ext nbops\n%nbops show\nget_ipython().run_cell('%%step load\\nassert True')\n")
    done = subprocess.run(
        [sys.executable, "-m", "IPython", str(script)], cwd=project, capture_output=True, text=True, check=True
    )

    assert (done.stdout.count("no steps yet"), done.stdout.count("load"), done.stderr) == (1, 1, "")
