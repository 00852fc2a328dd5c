"""How a run's kernel starts: nbops is there before the first cell, and what lives to the end is no garbage."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nbops.engine.production.notebook import run
from nbops.records import Status

Write = Callable[..., Path]


def test_the_kernel_has_imported_what_steps_need_before_the_first_cell(write: Write, project: Path) -> None:
    """And the user's names are the user's."""
    first = "import sys\n"
    first += "loaded = 'nbops.engine.reuse.checkpoint' in sys.modules\nnames = [n for n in dir() if 'nbops' in n]"
    state = run(write(first, "%%step a\nassert loaded\nassert names == []"), report=False)

    assert [test.status for test in state.tests] == [Status.PASSED, Status.PASSED]


def test_imports_are_left_out_of_the_search_for_garbage_and_what_cells_make_is_not(write: Write, project: Path) -> None:
    """What a step makes and drops is collected as ever, also when its parts hold each other."""
    cells = (
        "%load_ext nbops",
        "import gc\nimport weakref\nimport pandas",
        "frozen = gc.get_freeze_count()",
        "import json\nkept = []",
        "%%step a\n"
        "class Node:\n    pass\n"
        "node = Node()\nnode.me = node\nseen = weakref.ref(node)\ndel node\ngc.collect()\n"
        "assert seen() is None, 'collected'\nassert gc.get_freeze_count() <= frozen, 'nothing more'\n"
        "assert frozen > 50_000, 'imports'",
    )
    state = run(write(*cells), report=False)

    assert {test.name: test.status for test in state.tests} == dict.fromkeys(
        ("collected", "nothing more", "imports"), Status.PASSED
    )


def test_a_kernel_that_has_no_nbops_starts_and_runs_all_the_same(
    write: Write, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The guarded cell passes, it is told that nbops is not there, and the first mark ends the run as an error."""
    start = "import sys; sys.modules['nbops'] = None; from ipykernel.kernelapp import launch_new_instance as go; go()"
    argv = [sys.executable, "-c", start, "-f", "{connection_file}"]
    folder = project / "jupyter/kernels/bare"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "bare", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(project / "jupyter"))
    guarded = "try:\n    %load_ext nbops\nexcept ModuleNotFoundError:\n    pass"
    state = run(write(guarded, "x = 1", "%%step b\ny = x", kernel="bare"), report=False)
    told = capsys.readouterr().err

    assert "the kernel cannot load nbops" in told
    assert state.status is Status.ERROR  # there is no magic %%step in such a kernel
    assert "step" in state.reason
