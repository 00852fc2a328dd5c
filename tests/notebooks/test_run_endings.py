"""Every way in which a run can end, each with its one true status: in the state, the notebook and the journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbops.engine.production.notebook import run
from nbops.records import Record, RunFinished, Status, StepFinished
from nbops.store.journal import read_entries

Write = Callable[..., Path]


def cells_of(path: Path) -> list[dict[str, Any]]:
    """Return the cells of an executed notebook."""
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def statuses_of(path: Path) -> list[str]:
    """Return what papermill's metadata say became of each cell."""
    return [cell["metadata"]["papermill"]["status"] for cell in cells_of(path)]


def error_names(path: Path) -> list[str]:
    """Return the exceptions that an executed notebook shows."""
    return [o["ename"] for cell in cells_of(path) for o in cell["outputs"] if o["output_type"] == "error"]


def ends_journaled(root: Path) -> list[RunFinished]:
    """Return the ends of runs that the journals hold."""
    entries = [e for path in (root / ".nbops" / "journal").glob("*.jsonl") for e, _, _ in read_entries(path) if e]
    return [entry.record for entry in entries if isinstance(entry.record, RunFinished)]


def test_a_plain_notebook_runs_whole_and_is_recorded(project: Path, write: Write) -> None:
    """A notebook without steps runs from its first cell to its last."""
    state = run(write("x = 1\nprint('hi')\nx", "y = x + 1\ny"), "out.ipynb")

    outputs = [output for cell in cells_of(project / "out.ipynb") for output in cell["outputs"]]
    assert state.status is Status.PASSED
    assert [o.get("text") or o["data"]["text/plain"] for o in outputs] == [["hi\n"], ["1"], ["2"]]
    assert statuses_of(project / "out.ipynb") == ["completed", "completed"]
    assert [end.status for end in ends_journaled(project)] == [Status.PASSED]


@pytest.mark.parametrize(
    ("cell", "status", "error"),
    [
        ("1 / 0", Status.ERROR, "ZeroDivisionError"),
        ("assert 1 == 2, 'sums differ'", Status.FAILED, "AssertionError"),
        ("import sys\nsys.exit(0)", Status.ERROR, "SystemExit"),
        ("quit()", Status.ERROR, "SystemExit"),
        ("%no_such_magic", Status.ERROR, "UsageError"),
        ("x = = 1", Status.ERROR, "SyntaxError"),
        ("import os\nos._exit(3)", Status.ERROR, "DeadKernelError"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", Status.ERROR, "DeadKernelError"),
        ("input('name?')", Status.ERROR, "StdinNotImplementedError"),
    ],
)
def test_a_bad_end_is_told_everywhere_the_same(
    project: Path, write: Write, cell: str, status: Status, error: str
) -> None:
    """The state, the notebook's error output, its cells' statuses and the journal agree on how a run ended."""
    state = run(write("before = 1", cell, "after = 1"), "out.ipynb", report=False)

    assert (state.status, state.failure and state.failure.type, state.failure and state.failure.cell) == (
        status,
        error,
        1,
    )
    assert error_names(project / "out.ipynb") == [error]
    assert statuses_of(project / "out.ipynb") == ["completed", "failed", "not_run"]
    assert [(end.status, end.reason) for end in ends_journaled(project)] == [(status, state.reason)]


def test_a_kernel_that_dies_leaves_its_last_words(project: Path, write: Write) -> None:
    """What a dying interpreter writes outside of any cell is kept as the failure's traceback."""
    state = run(write("import os\nos.abort()"), "out.ipynb", report=False)

    assert "SIGABRT" in state.reason
    assert state.failure is not None
    assert any("Aborted" in line for line in state.failure.traceback)


def test_a_step_whose_kernel_died_ends_as_an_error(project: Path, write: Write) -> None:
    """The step that killed its kernel is closed by the engine, and does not stay running for ever."""
    state = run(write("%%step load\nx = 1", "%%step burn\nimport os\nos._exit(1)", "%%step rest\nx"), report=False)

    assert [(step.name, step.status) for step in state.steps] == [
        ("load", Status.PASSED),
        ("burn", Status.ERROR),
        ("rest", Status.SKIPPED),
    ]
    assert state.status is Status.ERROR


def test_an_expected_exception_ends_nothing(project: Path, write: Write) -> None:
    """A cell tagged raises-exception keeps its error output, and the run goes on and passes."""
    state = run(write(("1 / 0", "raises-exception"), "after = 1\nafter"), "out.ipynb", report=False)

    assert state.status is Status.PASSED
    assert error_names(project / "out.ipynb") == ["ZeroDivisionError"]
    assert statuses_of(project / "out.ipynb") == ["completed", "completed"]


def test_an_expected_exception_in_a_step_does_not_fail_the_run(project: Path, write: Write) -> None:
    """The author's tag decides for steps too."""
    state = run(write(("%%step odd\n1 / 0", "raises-exception"), "%%step even\nx = 1"), report=False)

    assert state.status is Status.PASSED


@pytest.mark.parametrize("cell", [("1 / 0", "skip-execution"), "#| skip\n1 / 0"])
def test_a_cell_to_be_skipped_is_passed_by(project: Path, write: Write, cell: str | tuple[str, str]) -> None:
    """The tag skip-execution and the line ``#| skip`` mean the same."""
    state = run(write(cell, "x = 1"), "out.ipynb", report=False)

    assert state.status is Status.PASSED
    assert statuses_of(project / "out.ipynb") == ["skipped", "completed"]


def test_failed_tests_of_a_step_end_the_run_with_its_verdict(project: Path, write: Write) -> None:
    """A step whose test failed gives the run its status and its reason, and the steps behind it do not run."""
    notebook = write("%load_ext nbops", "%%step load\nrows = []\nassert rows, 'feed is empty'", "%%step use\nrows")

    state = run(notebook, "out.ipynb", report=False)

    assert state.status is Status.FAILED
    assert state.reason == "step load: feed is empty"
    assert [(step.name, step.status) for step in state.steps] == [("load", Status.FAILED), ("use", Status.SKIPPED)]


def test_a_skip_ends_a_run_well(project: Path, write: Write) -> None:
    """``nbops.skip`` ends the run with exit code 0 and its reason, and runs no later step."""
    notebook = write("import nbops", "%%step load\nnbops.skip('no data today')", "%%step use\n1 / 0")

    state = run(notebook, report=False)

    assert (state.status.exit_code, state.reason) == (0, "no data today")
    assert [step.status for step in state.steps] == [Status.SKIPPED, Status.SKIPPED]


def test_a_skip_outside_a_step_ends_a_run_well(project: Path, write: Write) -> None:
    """A plain cell that finds nothing to do ends the run like a step: no error, and nothing later runs."""
    notebook = write(
        "%load_ext nbops\nimport nbops", "nbops.skip('no data today')\n1 / 0", "1 / 0", "%%step use\n1 / 0"
    )

    state = run(notebook, "out.ipynb")

    assert (state.status, state.reason) == (Status.SKIPPED, "no data today")
    assert error_names(project / "out.ipynb") == []


def test_a_step_that_only_warns_gives_a_warned_run(project: Path, write: Write) -> None:
    """A failed test of severity warn is told, and the exit code stays 0."""
    notebook = write("from nbops import expect", "%%step load\nexpect(False, 'late', severity='warn')\nx = 1")

    state = run(notebook, report=False)

    assert (state.status, state.status.exit_code) == (Status.WARNED, 0)


def test_only_the_wanted_steps_run_and_what_they_need(project: Path, write: Write) -> None:
    """``only`` runs the step, the setup and the steps it needs, says so, and passes by the others."""
    notebook = write("base = 1", "%%step a\nx = base", "%%step b\n1 / 0", "%%step c\ny = x + 1\ny")
    notes: list[str] = []

    state = run(notebook, "out.ipynb", only="c", report=False, on_note=notes.append)

    assert state.status is Status.PASSED
    assert statuses_of(project / "out.ipynb") == ["completed", "completed", "skipped", "completed"]
    assert [step.name for step in state.steps] == ["a", "c"]
    assert "also runs what comes before: a" in notes


def test_the_live_records_come_in_order_and_while_it_runs(project: Path, write: Write) -> None:
    """Whoever follows the run is told of each step when it begins and when it ends, not at the run's end."""
    seen: list[tuple[str, float]] = []

    state = run(
        write("%%step a\nimport time\ntime.sleep(0.6)", "%%step b\nx = 1"),
        report=False,
        on_record=lambda record: seen.append((type(record).__name__, record.at)),
    )

    assert [name for name, _ in seen] == [
        "RunStarted",
        "StepStarted",
        "StepFinished",
        "StepStarted",
        "StepFinished",
        "RunFinished",
    ]
    assert state.finished is not None


def test_widgets_displays_and_cleared_outputs_are_kept_as_jupyter_shows_them(project: Path, write: Write) -> None:
    """Updated displays show their last state, cleared outputs are gone, and widgets keep their state."""
    notebook = write(
        "from IPython.display import display\nhandle = display('first', display_id=True)\nhandle.update('second')",
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('kept')",
        "import ipywidgets\nipywidgets.IntSlider(value=7)",
        "out = ipywidgets.Output()\nwith out:\n    print('inside')\nout",
        "for i in range(3):\n    print(f'{i} %', end='\\r')\nprint('done')",
    )

    run(notebook, "out.ipynb", report=False)

    content = json.loads((project / "out.ipynb").read_text(encoding="utf-8"))
    outputs = [cell["outputs"] for cell in content["cells"]]
    states = content["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    assert outputs[0][0]["data"]["text/plain"] == ["'second'"]
    assert [o["text"] for o in outputs[1]] == [["kept\n"]]
    assert [s["state"]["value"] for s in states if s["model_name"] == "IntSliderModel"] == [7]
    assert [o["output_type"] for o in outputs[3]] == ["execute_result"]
    assert outputs[4][0]["text"] == ["done\n"]


def test_what_breaks_the_run_itself_leaves_no_cell_that_looks_well(project: Path, write: Write) -> None:
    """The cell that ran is failed, those behind it did not run, and the record tells the error."""

    def follow(record: Record) -> None:
        if isinstance(record, StepFinished) and record.step == "b":
            raise LookupError("the follower broke")

    notebook = write("%%step a\nx = 1", "%%step b\nprint('kept')", "%%step c\ny = 1")
    with pytest.raises(LookupError):
        run(notebook, "out.ipynb", report=False, on_record=follow)

    assert statuses_of(project / "out.ipynb") == ["completed", "failed", "not_run"]
    assert "kept" in (project / "out.ipynb").read_text(encoding="utf-8")
    assert [(end.status, end.reason) for end in ends_journaled(project)] == [
        (Status.ERROR, "LookupError: the follower broke")
    ]
