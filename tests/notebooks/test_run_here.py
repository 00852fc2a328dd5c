"""``%nbops run`` in a kernel that one works in, and the marks of what is stale there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbops.records import Status, StepFinished
from notebooks.live_kernel import LiveKernel, live_kernel

Write = Callable[..., Path]

CELLS = (
    "%load_ext nbops",
    "RATE = 2",
    "%%step load\nprint('loading')\nrows = [1, 2, 3]",
    "%%step clean\nkept = [RATE * r for r in rows]\nassert len(kept) == 3, 'all are there'\nkept",
    "%%step total\ntotal = sum(kept)",
    "%%test total\nassert total > 0, 'positive'",
)


@pytest.fixture
def kernel(write: Write, project: Path) -> Iterator[LiveKernel]:
    """Return a kernel in which every cell of the notebook ran once."""
    write(*CELLS)
    with live_kernel(project) as started:
        started.run("%nbops name nb.ipynb")
        for index, cell in enumerate(CELLS[1:], 1):
            assert started.run(cell, cell_id=f"cell-{index}").status == "ok"
        yield started


def shown(kernel: LiveKernel) -> dict[str, str]:
    """Return why steps are stale, as the panel tells it."""
    reply = kernel.run("%nbops show")
    text = next(o["data"]["text/plain"] for o in reply.outputs if "data" in o)
    lines = (line.partition("  stale: ") for line in text.splitlines() if "  stale: " in line)
    return {before.split()[1]: why for before, _, why in lines}


def attempts(kernel: LiveKernel) -> list[tuple[str, int]]:
    """Return which steps ended, with the number of the attempt."""
    return [(r.step, r.attempt) for r in kernel.records(StepFinished)]


def test_steps_are_chosen_by_the_graph(kernel: LiveKernel) -> None:
    """They run through the same bracket: records, tests and what they show; the others do not run."""
    reply = kernel.run("%nbops run --from clean")

    assert attempts(kernel)[4:] == [("clean", 2), ("total", 2), ("total", 2)]
    assert next(o["data"]["text/plain"] for o in reply.outputs if "data" in o) == "[2, 4, 6]"
    assert "loading" not in reply.stdout
    assert "clean 1/1 test" in reply.stdout
    assert "below this cell, not below their own" in reply.stdout
    assert [test.status for test in kernel.last("clean").tests] == [Status.PASSED]


def test_all_steps_run_when_none_is_named_and_it_stops_at_a_failure(kernel: LiveKernel, write: Write) -> None:
    """The notebook's file is what counts; what is left out is told."""
    write(*CELLS[:2], CELLS[2].replace("3]", "3, 4]"), *CELLS[3:])
    reply = kernel.run("%nbops run")

    assert "loading" in reply.stdout
    assert "stopped at cell 4, clean; not run: total" in reply.stdout
    assert attempts(kernel)[4:] == [("load", 2), ("clean", 2)]


def test_a_dry_run_only_says_which(kernel: LiveKernel) -> None:
    """Nothing runs."""
    assert kernel.run("%nbops run -n --until clean").stdout == "would run load, clean\n"
    assert len(attempts(kernel)) == 4


def test_what_is_not_there_is_told_before_anything_runs(kernel: LiveKernel) -> None:
    """The steps that would make it are named."""
    kernel.run("del rows")
    reply = kernel.run("%nbops run --only clean")

    assert "step 'clean' reads 'rows', which is not there" in reply.traceback
    assert "%nbops run --until clean" in reply.traceback
    assert "no step named 'claen'" in kernel.run("%nbops run --only claen").traceback


def test_a_cell_that_awaits_is_not_run(kernel: LiveKernel, write: Write) -> None:
    """It is told, and what is behind it does not run either."""
    write(*CELLS[:4], "%%step total\nimport asyncio\nawait asyncio.sleep(0)\ntotal = sum(kept)")

    assert "cell 5 awaits" in kernel.run("%nbops run --only total").stdout


def test_a_front_end_that_can_is_asked_for_the_cells(kernel: LiveKernel) -> None:
    """It said so by opening a comm; nothing runs in between."""
    message = kernel.client.session.msg("comm_open", {"comm_id": "c1", "target_name": "nbops.cells", "data": {}})
    kernel.client.shell_channel.send(message)
    request = kernel.send("%nbops run --from clean")
    asked = None
    while True:
        heard = kernel.client.get_iopub_msg(timeout=30)
        if heard["msg_type"] == "comm_msg":
            asked = heard["content"]["data"]
        is_idle = heard["msg_type"] == "status" and heard["content"]["execution_state"] == "idle"
        if is_idle and heard["parent_header"].get("msg_id") == request:
            break

    assert asked == {
        "verb": "run",
        "steps": ["clean", "total"],
        "cells": [{"id": f"cell-{index}", "index": index} for index in (3, 4, 5)],
    }
    assert len(attempts(kernel)) == 4


def test_what_runs_again_makes_its_readers_stale(kernel: LiveKernel) -> None:
    """Until they run again themselves; their readers then are stale."""
    assert shown(kernel) == {}
    kernel.run(CELLS[2], cell_id="cell-2")
    assert shown(kernel) == {"clean": "rows was made anew by load", "total": "it needs clean, which is stale"}
    kernel.run("%nbops run --only clean")
    assert shown(kernel) == {"total": "kept was made anew by clean"}
    kernel.run("%nbops run --only total")
    assert shown(kernel) == {}


def test_a_variable_that_is_set_anew_makes_its_readers_stale(kernel: LiveKernel) -> None:
    """Also by a cell that the notebook does not have."""
    kernel.run("RATE = 3")

    assert shown(kernel) == {"clean": "RATE was set anew since", "total": "it needs clean, which is stale"}


def test_code_that_was_saved_since_is_stale(kernel: LiveKernel, write: Write, project: Path) -> None:
    """Comments and layout are no change."""
    write(*CELLS[:2], CELLS[2] + "  # as delivered", CELLS[3].replace("RATE * r", "RATE + r"), *CELLS[4:])
    saved = (project / "nb.ipynb").stat()
    os.utime(project / "nb.ipynb", (saved.st_atime + 5, saved.st_mtime + 5))

    assert shown(kernel) == {"clean": "its code changed", "total": "it needs clean, which is stale"}


def test_a_kernel_without_a_file_runs_what_ran_in_it(project: Path) -> None:
    """Each step as it ran last."""
    with live_kernel(project) as kernel:
        for cell in ("%%step a\nx = 1", "%%step b\ny = x + 1", "%%step a\nx = 5"):
            kernel.run(cell)
        kernel.run("%nbops run")

        assert kernel.run("y").value == "6"
