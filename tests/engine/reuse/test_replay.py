"""Outputs of steps' cells: kept beside the run without their records, and shown again before the new record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbformat import from_dict

from nbops.engine.reuse.replay import RESTORED, CellOutputs
from nbops.records import STEP_MIME, Status, StepFinished, to_json
from nbops.store.project import Project

RUN, NEXT = "a" * 32, "b" * 32


def outputs(run: str, *texts: str, remark: str = "") -> list[Any]:
    """Return the outputs of a step's cell: what it printed, then its record."""
    record = StepFinished(1.0, run, "load", Status.PASSED, remark=remark, artifacts=("x",))
    printed = [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]
    return [from_dict(o) for o in (*printed, {"output_type": "display_data", "data": {STEP_MIME: to_json(record)}})]


@pytest.fixture
def notes() -> list[str]:
    """Return what the user is told."""
    return []


def cell_outputs(root: Path, run: str, notes: list[str], clean: Any = lambda tree: tree) -> CellOutputs:
    """Return the keeper of the outputs of *run*."""
    return CellOutputs(Project(root), run, clean, notes.append)


def test_a_restored_cell_shows_what_it_showed(tmp_path: Path, notes: list[str]) -> None:
    """And its new record after it."""
    cell_outputs(tmp_path, RUN, notes).settle(outputs(RUN, "hello"))
    shown = outputs(NEXT, remark=f"{RESTORED}{RUN[:6]}")
    cell_outputs(tmp_path, NEXT, notes).settle(shown)

    assert [output.get("text") or list(output.data) for output in shown] == ["hello", [STEP_MIME]]
    third = outputs("c" * 32, remark=f"{RESTORED}{NEXT[:6]}")
    cell_outputs(tmp_path, "c" * 32, notes).settle(third)
    assert third[0].text == "hello"


def test_secrets_are_taken_out_before_outputs_are_kept(tmp_path: Path, notes: list[str]) -> None:
    """Nothing of them reaches the disk."""
    cell_outputs(tmp_path, RUN, notes, clean=lambda tree: "cleaned").settle(outputs(RUN, "hush"))

    assert [path.read_text() for path in (tmp_path / ".nbops").rglob("*.json")] == ['"cleaned"']


def test_cells_without_a_step_are_left_alone(tmp_path: Path, notes: list[str]) -> None:
    """Nothing is kept of them, nor of steps that show nothing."""
    keeper = cell_outputs(tmp_path, RUN, notes)
    keeper.settle([from_dict({"output_type": "stream", "name": "stdout", "text": "plain"})])
    keeper.settle(outputs(RUN))

    assert not (tmp_path / ".nbops").exists()


def test_what_cannot_be_kept_is_told_once(tmp_path: Path, notes: list[str]) -> None:
    """And stops nothing."""
    (tmp_path / ".nbops").write_text("in the way")
    keeper = cell_outputs(tmp_path, RUN, notes)
    keeper.settle(outputs(RUN, "a"))
    keeper.settle(outputs(RUN, "b"))

    assert len(notes) == 1
    assert notes[0].startswith("what steps show is not kept for resuming")
