"""Following a run by its journals: the engine's own, and the kernel's beside it."""

from __future__ import annotations

import time
from pathlib import Path

from nbops.engine.production.following import Following
from nbops.records import (
    STEP_MIME,
    Act,
    Heartbeat,
    Record,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
    to_json,
)
from nbops.store.journal import Journal, read_entries
from nbops.store.project import Project


def started(run: str = "r") -> RunStarted:
    """Return the beginning of a run of two steps."""
    return RunStarted(at=time.time(), run=run, kind="batch", steps=("a", "b"))


def test_records_of_the_kernel_are_taken_in_as_they_come(tmp_path: Path) -> None:
    """What another process journals for the run is known at the next look, in order, each once."""
    seen: list[Record] = []
    following = Following(Project(tmp_path), "r", on_record=seen.append)
    following.write(started())
    kernel, other = Journal(Project(tmp_path)), Journal(Project(tmp_path))
    other.append(StepStarted(at=time.time(), run="another", step="x"))
    kernel.append(StepStarted(at=time.time(), run="r", step="a"))

    following.look(surely=True)
    kernel.append(Heartbeat(at=time.time(), run="r"))
    kernel.append(StepFinished(at=time.time(), run="r", step="a", status=Status.PASSED))
    following.look()
    following.look()
    following.close()

    assert [type(record) for record in seen] == [RunStarted, StepStarted, StepFinished]
    assert [step.status for step in following.state.steps] == [Status.PASSED, Status.PENDING]


def test_a_step_that_began_and_did_not_end_is_open(tmp_path: Path) -> None:
    """A step stays open until its end is known, part by part."""
    following = Following(Project(tmp_path), "r")
    following.write(started())
    following.write(StepStarted(at=1, run="r", step="a"))
    following.write(StepStarted(at=2, run="r", step="b"))
    following.write(StepFinished(at=3, run="r", step="a", status=Status.PASSED))

    open_steps = following.open_steps()
    following.close()

    assert [record.step for record in open_steps] == ["b"]


def test_who_stopped_a_run_is_found_with_the_reason(tmp_path: Path) -> None:
    """The wish of another process is read from its journal; wishes for other runs are not ours."""
    following = Following(Project(tmp_path), "r")
    following.write(started())
    before = following.who_stopped()
    journal = Journal(Project(tmp_path))
    journal.append(Act(at=time.time(), verb="stop", target="another", who="bob"))
    journal.append(Act(at=time.time(), verb="stop", target="r", who="ann", reason="wrong day"))
    after = following.who_stopped()
    following.close()

    assert (before, after) == ("", "stopped by ann: wrong day")


def test_the_engines_records_are_redacted_before_they_are_written(tmp_path: Path) -> None:
    """What is taken out is neither in the file nor in what is known."""
    following = Following(
        Project(tmp_path),
        "r",
        redact=lambda tree: {k: v.replace("pw", "•") if k == "reason" else v for k, v in tree.items()},
    )
    following.write(started())
    following.write(RunFinished(at=time.time(), run="r", status=Status.ERROR, reason="bad pw"))
    following.close()

    path = next((tmp_path / ".nbops" / "journal").iterdir())
    assert following.state.reason == "bad •"
    assert [e.record.reason for e, _, _ in read_entries(path) if e and isinstance(e.record, RunFinished)] == ["bad •"]


def test_what_the_kernel_shows_and_could_not_journal_is_known(tmp_path: Path) -> None:
    """The record in a step's output is taken in once, and only when no journal has it."""
    seen: list[Record] = []
    following = Following(Project(tmp_path), "r", on_record=seen.append)
    following.write(started())
    journaled = StepFinished(at=time.time(), run="r", step="a", status=Status.PASSED)
    shown = StepFinished(at=time.time(), run="r", step="b", status=Status.FAILED)
    foreign = StepFinished(at=time.time(), run="another", step="b", status=Status.ERROR)
    Journal(Project(tmp_path)).append(journaled)

    for _ in range(2):
        following.take_shown([{"data": {STEP_MIME: to_json(r)}} for r in (journaled, shown, foreign)])
    following.close()

    assert seen[1:] == [journaled, shown]
    assert [step.status for step in following.state.steps] == [Status.PASSED, Status.FAILED]


def test_a_kernel_whose_clock_is_behind_is_followed(tmp_path: Path) -> None:
    """Its journal bears a name older than the run, and is taken for the run's all the same; older journals are not."""
    old, new = Journal(Project(tmp_path)), Journal(Project(tmp_path))
    old.append(StepFinished(at=1.0, run="r", step="a", status=Status.ERROR))
    following = Following(Project(tmp_path), "r")
    following.write(started())
    new.path = new.path.with_name(f"2001{new.path.name[4:]}")
    new.append(StepFinished(at=1.0, run="r", step="a", status=Status.PASSED))

    following.look(surely=True)
    following.close()

    assert [step.status for step in following.state.steps] == [Status.PASSED, Status.PENDING]


def test_a_kernel_whose_journal_was_removed_is_followed_on(tmp_path: Path) -> None:
    """It goes on in a new file, which is found."""
    following = Following(Project(tmp_path), "r")
    following.write(started())
    kernel = Journal(Project(tmp_path))
    kernel.append(StepStarted(at=time.time(), run="r", step="a"))
    following.look(surely=True)
    kernel.path.unlink()
    following.look(surely=True)
    kernel.append(StepFinished(at=time.time(), run="r", step="a", status=Status.PASSED))

    following.look(surely=True)
    following.close()

    assert [step.status for step in following.state.steps] == [Status.PASSED, Status.PENDING]


def test_what_a_cell_shows_as_a_record_and_is_none_is_passed_over(tmp_path: Path) -> None:
    """Any cell may show anything under that type: it is no step's end, and no reason to end the run."""
    following = Following(Project(tmp_path), "r")
    following.write(started())
    finished = to_json(StepFinished(at=2, run="r", step="a", status=Status.PASSED))
    shown = [
        None,
        "text",
        {},
        {"kind": "Step", "v": 1},
        {**finished, "v": 99},
        {**finished, "v": "new"},
        {**finished, "status": "well"},
        {**finished, "tests": 3},
        {**finished, "failure": "none"},
        {name: value for name, value in finished.items() if name != "step"},
        to_json(RunFinished(at=3, run="r", status=Status.PASSED)),
    ]

    following.take_shown([{"data": {STEP_MIME: data}} for data in shown])
    following.close()

    assert [type(record) for record in following.records] == [RunStarted]
