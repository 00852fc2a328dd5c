"""Results of earlier runs: taken for the inputs of chosen steps, and where ``--cache`` asks for them; else never."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nbops.engine.production.notebook import run
from nbops.pipeline.run import RunState
from nbops.records import Status

Write = Callable[..., Path]
CELLS = (
    "%load_ext nbops",
    "%%params\nn: int = 2",
    "%%step load\norders = [3, 1, n]",
    "%%step clean\nkept = sorted(orders)\nassert len(kept) == 3",
    "%%step total\ntotal = sum(kept)",
)


def restored(state: RunState) -> list[str]:
    """Return the names of the steps that were restored."""
    return [step.name for step in state.steps if step.record and step.record.remark.startswith("↺")]


def test_a_run_executes_every_step_unless_told_otherwise(write: Write, project: Path) -> None:
    """Nothing is reused silently."""
    notebook = write(*CELLS)
    run(notebook, report=False)

    assert restored(run(notebook, report=False)) == []


def test_chosen_steps_take_their_inputs_from_the_last_good_run(
    write: Write, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes before is restored, and the run is named; the chosen step runs."""
    notebook = write(*CELLS)
    good = run(notebook, report=False)
    state = run(notebook, only="total", report=False)

    assert (state.status, restored(state)) == (Status.PASSED, ["load", "clean"])
    assert f"takes load, clean from the last good run @{good.run[:6]}" in capsys.readouterr().err


def test_inputs_on_which_something_changed_are_made_again(write: Write, project: Path) -> None:
    """Another parameter makes other orders, so what depends on it runs, and says why."""
    notebook = write(*CELLS)
    run(notebook, report=False)
    state = run(notebook, params={"n": 5}, only="total", report=False)
    remarks = [step.record.remark for step in state.steps if step.record]

    assert remarks == ["ran again: n changed (2 → 5)", "ran again: orders changed", ""]


def test_the_cache_restores_what_nothing_changed_for(write: Write, project: Path) -> None:
    """A whole run again costs nothing; an edited step runs, and what depends on it."""
    notebook = write(*CELLS)
    run(notebook, report=False)
    again = run(notebook, cache=True, report=False)
    write(*CELLS[:3], "%%step clean\nkept = sorted(orders)[1:]", CELLS[4])
    edited = run(notebook, cache=True, report=False)

    assert (restored(again), restored(edited)) == (["load", "clean", "total"], ["load"])


def test_the_cache_never_serves_what_comes_from_outside_unless_the_step_says_how_long(
    write: Write, project: Path
) -> None:
    """The clock, a database and the network change nothing in a key; a file does."""
    cells = (
        "%load_ext nbops",
        "import time",
        "%%step clock\nnow = time.time()",
        "%%step hourly --cache 1h\nhour = time.time()",
        "%%step file\ntext = open('in.txt').read()",
    )
    (project / "in.txt").write_text("one")
    notebook = write(*cells)
    run(notebook, report=False)
    second = run(notebook, cache=True, report=False)
    (project / "in.txt").write_text("two")
    third = run(notebook, cache=True, report=False)

    assert (restored(second), restored(third)) == (["hourly", "file"], ["hourly"])


def test_the_cache_finds_results_again_after_a_change_was_undone(write: Write, project: Path) -> None:
    """Any run with the same key will do, not only the last."""
    notebook = write(*CELLS)
    run(notebook, report=False)
    run(notebook, params={"n": 7}, report=False)

    assert restored(run(notebook, cache=True, report=False)) == ["load", "clean", "total"]


def test_a_file_that_only_the_running_code_knows_decides_too(write: Write, project: Path) -> None:
    """What Python opened is part of the key: in the cell, in a test, in a thread."""
    cells = (
        "%load_ext nbops",
        "from concurrent.futures import ThreadPoolExecutor\nfrom pathlib import Path\nimport pandas as pd",
        "%%step cell\nx = open(''.join(['a', '.txt'])).read()",
        "%%step tested\ny = 1\nassert open(''.join(['b', '.txt'])).read()",
        "%%step pool\nwith ThreadPoolExecutor(1) as pool:\n"
        "    z = list(pool.map(Path.read_text, [Path('c.txt')]))\ndel pool",
        "%%step table\nt = pd.read_csv(''.join(['d', '.txt']))",
    )
    for name in "abcd":
        (project / f"{name}.txt").write_text("one")
    run(write(*cells), report=False)
    found = [restored(run("nb.ipynb", cache=True, report=False))]
    for name in "abcd":
        (project / f"{name}.txt").write_text("two")
        found.append(restored(run("nb.ipynb", cache=True, report=False)))

    assert found == [
        ["cell", "tested", "pool", "table"],
        ["tested", "pool", "table"],
        ["cell", "pool", "table"],
        ["cell", "tested", "table"],
        ["cell", "tested", "pool"],
    ]
