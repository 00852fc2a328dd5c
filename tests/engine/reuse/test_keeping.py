"""Keeping what steps leave: in the background, within its room, and never a reason for a step to fail."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from nbops.engine.reuse.keeping import Keeper
from nbops.records import Status, StepFinished
from nbops.store.artifacts import Artifacts, KeptStep
from nbops.store.project import Project


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    """Return the artifacts of an empty project."""
    return Artifacts(Project(tmp_path))


def kept(
    artifacts: Artifacts, namespace: dict[str, Any], *names: str, room: int = 10**9, run: str = "run1"
) -> KeptStep:
    """Keep variables as a step left them and return what was noted of it."""
    keeper = Keeper(artifacts, room)
    record = StepFinished(1.0, run, "a", Status.PASSED, key="k", artifacts=names)
    keeper.keep(record, names, namespace, {})
    keeper.end()
    found = artifacts.find("k", run)
    assert found is not None
    return found


def test_values_are_kept_under_their_names(artifacts: Artifacts) -> None:
    """The step's record goes with them."""
    step = kept(artifacts, {"x": [1], "y": (2,)}, "x", "y")

    assert {one.names: artifacts.get(one) for one in step.values} == {("x",): [1], ("y",): (2,)}
    assert step.record["step"] == "a"


def test_two_names_of_one_object_are_kept_as_one(artifacts: Artifacts) -> None:
    """And a name of an object that was there before is kept as that."""
    rows, old = [1], [2]
    step = kept(artifacts, {"a": rows, "b": rows, "c": old, "old": old}, "a", "b", "c")

    assert [(one.names, one.same_as) for one in step.values] == [(("c",), "old"), (("a", "b"), "")]


def test_what_cannot_be_kept_is_noted_with_its_reason(artifacts: Artifacts) -> None:
    """Nothing of the step is kept then."""
    step = kept(artifacts, {"x": 1, "lock": threading.Lock()}, "x", "lock")

    assert step.values == ()
    assert step.problem.startswith("lock: it (lock) cannot be pickled")


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """There is no note then, which says that nothing was kept."""
    project = Project(tmp_path)
    project.make_folder()
    project.artifacts.write_text("in the way")
    keeper = Keeper(Artifacts(project), 10**9)
    keeper.keep(StepFinished(1.0, "run1", "a", Status.PASSED, key="k"), ["x"], {"x": 1}, {})
    keeper.end()

    assert Artifacts(project).find("k", "run1") is None


def test_no_room_keeps_nothing(artifacts: Artifacts) -> None:
    """The setting turns it off."""
    keeper = Keeper(artifacts, 0)
    keeper.keep(StepFinished(1.0, "run1", "a", Status.PASSED, key="k"), ["x"], {"x": 1}, {})
    keeper.end()

    assert not artifacts.project.folder.exists()


def test_a_run_that_fills_the_room_alone_keeps_no_more(artifacts: Artifacts) -> None:
    """What is too much is said."""
    step = kept(artifacts, {"x": "x" * 2000, "y": 1}, "x", "y", room=1000)

    assert "this run alone fills" in step.problem
