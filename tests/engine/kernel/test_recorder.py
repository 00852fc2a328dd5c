"""The recorder of a run: parts, attempts, watchers, secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbops.engine.kernel.recorder import Recorder, current_recorder, make_current
from nbops.records import Failure, Heartbeat, Record, RunStarted, Status, StepFinished, StepStarted
from nbops.store.journal import Journal, read_entries
from nbops.store.project import Project

RUN = "a" * 32


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """Return the recorder of an empty run."""
    return Recorder(Journal(Project(tmp_path)), RUN)


def ended(recorder: Recorder, status: Status, part: int, source_hash: str) -> None:
    """Journal the end of a part of the step ``load``."""
    recorder.append(StepFinished(1.0, RUN, "load", status, part=part, source_hash=source_hash))


def test_a_cell_is_known_by_its_id(recorder: Recorder) -> None:
    """The same cell is the same part, another cell is the next one."""
    parts = [recorder.part_of("load", "step", cell, "h", is_batch=False) for cell in ("a", "b", "a")]

    assert parts == [0, 1, 0]


def test_a_batch_without_ids_counts_its_cells(recorder: Recorder) -> None:
    """A batch runs every cell once, so each is a part of its own, equal code or not."""
    assert [recorder.part_of("load", "step", "", "h", is_batch=True) for _ in range(2)] == [0, 1]


@pytest.mark.parametrize(
    ("status", "source_hash", "part"), [(Status.ERROR, "new", 0), (Status.PASSED, "old", 0), (Status.PASSED, "new", 1)]
)
def test_by_hand_and_without_ids_a_bad_or_equal_cell_is_run_again(
    recorder: Recorder, status: Status, source_hash: str, part: int
) -> None:
    """A corrected or repeated cell replaces what it was; other code continues a step that passed."""
    ended(recorder, status, recorder.part_of("load", "step", "", "old", is_batch=False), "old")

    assert recorder.part_of("load", "step", "", source_hash, is_batch=False) == part


def test_attempts_are_counted_for_each_part(recorder: Recorder) -> None:
    """A rerun is another attempt; another part begins at one."""
    assert [recorder.next_attempt("load", part) for part in (0, 0, 1)] == [1, 2, 1]


def test_watchers_see_all_but_heartbeats(recorder: Recorder) -> None:
    """Who subscribes is told each record, until it ends that."""
    seen: list[Record] = []
    end = recorder.subscribe(seen.append)
    recorder.append(Heartbeat(1.0, RUN))
    recorder.append(StepStarted(2.0, RUN, "load"))
    end()
    recorder.append(StepStarted(3.0, RUN, "clean"))

    assert [type(record).__name__ for record in seen] == ["StepStarted"]


def test_a_watcher_that_fails_is_left_behind(recorder: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    """A view that breaks is told once and never stops the work."""
    recorder.subscribe(lambda record: 1 / 0)
    recorder.append(StepStarted(1.0, RUN, "load"))
    recorder.append(StepStarted(2.0, RUN, "clean"))

    assert capsys.readouterr().err.count("ZeroDivisionError") == 1


def test_secrets_are_redacted_in_journal_and_for_watchers(recorder: Recorder) -> None:
    """What is a secret stands in no record, wherever it came from."""
    recorder.learn_secrets(["hunter2secret", ""])
    failure = Failure("ValueError", "token hunter2secret")
    written = recorder.append(StepFinished(1.0, RUN, "load", Status.ERROR, failure=failure))

    (entry, _, _) = next(iter(read_entries(recorder.journal.path)))
    assert recorder.secrets == ["hunter2secret"]
    assert "hunter2secret" not in str(written)
    assert entry is not None
    assert entry.record == written


def test_the_state_is_folded_from_the_latest_records(recorder: Recorder) -> None:
    """The panel asks for the run as far as it came."""
    assert recorder.state is None
    recorder.append(RunStarted(0.0, RUN))
    ended(recorder, Status.FAILED, 0, "h")
    ended(recorder, Status.PASSED, 0, "h")

    assert recorder.state is not None
    assert [(step.name, step.status) for step in recorder.state.steps] == [("load", Status.PASSED)]


def test_the_recorder_of_this_process_is_the_last_made(recorder: Recorder) -> None:
    """The panel finds the recorder of the run that runs here."""
    make_current(recorder)

    assert current_recorder() is recorder


def test_a_record_that_was_written_can_be_sent(recorder: Recorder) -> None:
    """Half a surrogate pair in the text of an exception is spelled out, so that every view of the record encodes."""
    failure = Failure("ValueError", f"odd {chr(0xD800)}", (f"ValueError: odd {chr(0xD800)}",))

    written = recorder.append(StepFinished(1.0, RUN, "load", Status.ERROR, failure=failure))

    assert isinstance(written, StepFinished)
    assert written.failure == Failure("ValueError", "odd \\ud800", ("ValueError: odd \\ud800",))
    assert [entry.record for entry, _, _ in read_entries(recorder.journal.path) if entry] == [written]
