"""Runs that are stopped: by their deadline, by Ctrl-C, by a signal, by another process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbops.engine.production.notebook import run
from nbops.engine.production.stopping import stop_run
from nbops.errors import Refused
from nbops.pipeline.run import RunState, fold
from nbops.records import Act, Record, RunFinished, RunStarted, Status, StepStarted
from nbops.store.journal import read_entries
from nbops.store.process import this_process
from nbops.store.project import Project

Write = Callable[..., Path]
PATIENCE = 30.0
SCRIPT = (
    "import sys\n"
    "from nbops.engine.production.notebook import run\n"
    "try:\n"
    "    state = run(sys.argv[1], 'out.ipynb', report=False)\n"
    "except KeyboardInterrupt:\n"
    "    sys.exit(130)\n"
    "sys.exit(state.status.exit_code)\n"
)


def records(root: Path) -> list[Record]:
    """Return all records of the project's journals."""
    paths = (root / ".nbops" / "journal").glob("*.jsonl")
    return [entry.record for path in paths for entry, _, _ in read_entries(path) if entry]


def state_of(root: Path) -> RunState:
    """Return the one run that the journals hold."""
    return fold(record for record in records(root) if not isinstance(record, Act))


def wait_for(kind: type, root: Path) -> None:
    """Wait until the journals hold a record of *kind*."""
    deadline = time.monotonic() + PATIENCE
    while not any(isinstance(record, kind) for record in records(root)):
        assert time.monotonic() < deadline, f"no {kind.__name__} was written"
        time.sleep(0.05)


@pytest.fixture
def running(project: Path, write: Write) -> Iterator[subprocess.Popen[bytes]]:
    """Return a process that runs a notebook whose second step sleeps, as soon as that step began."""
    notebook = write("%%step first\nx = 1", "%%step second\nimport time\ntime.sleep(60)", "%%step third\nx")
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(notebook)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while "second" not in {record.step for record in records(project) if isinstance(record, StepStarted)}:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_a_signal_interrupts_the_run_and_leaves_a_true_record(
    project: Path, running: subprocess.Popen[bytes], number: signal.Signals, word: str
) -> None:
    """Ctrl-C ends with 130: the step that ran is interrupted, those behind it are skipped, the notebook is saved."""
    running.send_signal(number)

    assert running.wait(PATIENCE) == 130
    state = state_of(project)
    assert state.status is Status.INTERRUPTED
    assert word in state.reason
    assert [step.status for step in state.steps] == [Status.PASSED, Status.INTERRUPTED, Status.SKIPPED]
    assert "KeyboardInterrupt" in (project / "out.ipynb").read_text(encoding="utf-8")


def test_stop_from_another_process_tells_who_and_why(project: Path, running: subprocess.Popen[bytes]) -> None:
    """``stop`` interrupts the run, waits for its end, and stands in its record with the user's words."""
    started = next(record for record in records(project) if isinstance(record, RunStarted))

    assert stop_run(started, Project(project), who="ann", reason="wrong day")
    assert running.wait(PATIENCE) == 130
    state = state_of(project)
    assert (state.status, state.reason) == (Status.INTERRUPTED, "stopped by ann: wrong day in step second")
    assert [(a.verb, a.target, a.who) for a in records(project) if isinstance(a, Act)] == [("stop", started.run, "ann")]


def test_a_run_is_shown_and_stopped_by_its_id_from_any_folder(
    project: Path, running: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """The engine told where it runs, so that no one who stops it need know."""
    started = next(record for record in records(project) if isinstance(record, RunStarted))
    away = tmp_path.with_name(f"{tmp_path.name}-away")
    away.mkdir()

    def nbops(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nbops.doors.cli", *words]
        return subprocess.run(command, cwd=away, capture_output=True, text=True, check=False)

    assert f"nb@{started.run[:6]} running" in nbops("show", started.run[:6]).stdout
    assert nbops("stop", started.run[:6]).returncode == 0
    assert running.wait(PATIENCE) == 130
    assert state_of(project).status is Status.INTERRUPTED
    assert list(away.iterdir()) == []


def test_a_run_that_is_over_cannot_be_stopped(project: Path, running: subprocess.Popen[bytes]) -> None:
    """Stopping what does not run any more is refused, and interrupts nobody who has its process id now."""
    started = next(record for record in records(project) if isinstance(record, RunStarted))
    running.send_signal(signal.SIGINT)
    running.wait(PATIENCE)

    with pytest.raises(Refused, match="does not run any more"):
        stop_run(started, Project(project))


def test_a_session_is_not_stopped_from_elsewhere(project: Path) -> None:
    """Its kernel belongs to whoever runs its cells by hand; no wish is written down."""
    here = this_process()
    started = RunStarted(time.time(), "5e5510", kind="session", host=here.host, pid=here.pid, boot=here.boot)

    with pytest.raises(Refused, match="it is a session"):
        stop_run(started, Project(project))
    assert records(project) == []


def test_a_process_of_another_user_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not signal the run is told so, and no wish is written down."""

    def denied(pid: int, number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "kill", denied)
    here = this_process()
    started = RunStarted(time.time(), "7f3a77", kind="batch", host=here.host, pid=here.pid, boot=here.boot)

    with pytest.raises(Refused, match="belongs to another user"):
        stop_run(started, Project(project))
    assert records(project) == []


def test_a_killed_run_takes_its_kernel_with_it(project: Path, running: subprocess.Popen[bytes]) -> None:
    """When the engine is killed, no kernel stays behind, and the notebook that was saved is whole."""
    kernel = next(p for p in children(running.pid) if "ipykernel" in command_of(p))
    running.kill()
    running.wait()

    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{kernel}").exists() and "ipykernel" in command_of(kernel):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not any(isinstance(record, RunFinished) for record in records(project))


def test_a_step_that_heeds_no_interrupt_is_killed_on_the_second_one(project: Path, write: Write) -> None:
    """A second Ctrl-C ends a kernel that swallows the first, and the record says what happened."""
    notebook = write(
        "%%step stubborn\nimport time\nopen('began', 'w').close()\nwhile True:\n    try:\n        time.sleep(60)\n"
        "    except KeyboardInterrupt:\n        pass"
    )
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(notebook)], stderr=subprocess.DEVNULL)
    try:
        wait_for(StepStarted, project)
        deadline = time.monotonic() + PATIENCE
        while not (project / "began").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    finally:
        process.kill()
    state = state_of(project)
    assert (state.status, [step.status for step in state.steps]) == (Status.INTERRUPTED, [Status.INTERRUPTED])


def test_a_signal_while_the_kernel_starts_leaves_a_true_record(
    project: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel that never answers is not waited for, and the record says who ended its run, and when."""
    spec = project / "share" / "kernels" / "mute"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-c", "import time; time.sleep(60)", "{connection_file}"]
    content = {"argv": argv, "display_name": "mute", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(project / "share"))
    notebook = write("%%step a\nx = 1", kernel="mute")
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(notebook)], stderr=subprocess.DEVNULL)
    try:
        wait_for(RunStarted, project)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    finally:
        process.kill()
    state = state_of(project)
    assert (state.status, state.reason) == (Status.INTERRUPTED, "interrupted by Ctrl-C while the kernel started")
    assert [step.status for step in state.steps] == [Status.SKIPPED]


def test_an_interrupt_that_is_swallowed_is_sent_again(project: Path, write: Write) -> None:
    """What IPython calls before a cell swallows an interrupt; the cell that then runs is still ended in good order."""
    notebook = write(
        "import time\ndef wait(info):\n    open('began', 'w').close()\n    time.sleep(20)\n"
        "get_ipython().events.register('pre_run_cell', wait)",
        "%%step long\ntime.sleep(60)",
    )
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(notebook)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while not (project / "began").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    finally:
        process.kill()
    state = state_of(project)
    assert state.reason == "interrupted by Ctrl-C in step long"
    assert state.failure is not None
    assert state.failure.type == "KeyboardInterrupt"  # and not that of a kernel that was killed


def test_a_run_that_takes_too_long_ends_as_an_error(project: Path, write: Write) -> None:
    """The timeout of the whole run interrupts the step that runs then; the cells before it keep their outputs."""
    notebook = write("print('kept')", "%%step endless\nimport time\nwhile True:\n    time.sleep(0.1)", "x = 1")

    state = run(notebook, "out.ipynb", timeout=5, report=False)

    assert state.status is Status.ERROR
    assert state.reason == "the run took longer than its timeout of 5 s in step endless"
    assert [step.status for step in state.steps] == [Status.INTERRUPTED]
    assert "kept" in (project / "out.ipynb").read_text(encoding="utf-8")


def test_a_step_that_takes_too_long_ends_as_an_error(project: Path, write: Write) -> None:
    """The timeout of a step ends this step, which says so in its own record."""
    state = run(write("%%step long --timeout 1s\nimport time\ntime.sleep(60)", "x = 1"), report=False)

    assert state.status is Status.ERROR
    assert [step.status for step in state.steps] == [Status.ERROR]
    assert state.failure is not None
    assert state.failure.type == "StepTimeout"


def children(pid: int) -> list[int]:
    """Return the process ids of the children of *pid*."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def command_of(pid: int) -> str:
    """Return the command line of a process; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def test_nothing_is_left_in_the_temporary_folder(
    project: Path, write: Write, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sockets' folder of a run goes with it, whether it passed or its kernel died."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="t"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    run(write("x = 1"), report=False)
    run(write("import os\nos._exit(1)"), report=False)

    assert list(folder.iterdir()) == []
    folder.rmdir()
