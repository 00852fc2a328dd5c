"""The journal: nothing is lost, and nothing stops the work, whatever happens to the file."""

from __future__ import annotations

import json
import multiprocessing
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from nbops.errors import HubVersionError
from nbops.records import Heartbeat, RunStarted, to_json
from nbops.store import journal as journal_module
from nbops.store.journal import Entry, Journal, read_entries
from nbops.store.project import Project


def beats(journal: Journal, number: int) -> list[str]:
    """Append *number* heartbeats, the first at 0; return their ids."""
    return [journal.append(Heartbeat(float(n), "r")) for n in range(number)]


def entries(path: Path) -> list[Entry]:
    """Return every readable entry of the journal at *path*."""
    return [entry for entry, _, _ in read_entries(path) if entry]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return the journal of a new project."""
    return Journal(Project(tmp_path))


def test_what_was_appended_is_read_back_in_order(journal: Journal) -> None:
    """Records come back as they went in, with the ids that were given."""
    ids = beats(journal, 3)

    assert [e.id for e in entries(journal.path)] == ids
    assert [e.record for e in entries(journal.path)] == [Heartbeat(float(n), "r") for n in range(3)]


def test_nothing_is_made_before_the_first_record(journal: Journal) -> None:
    """A process that records nothing leaves nothing behind."""
    journal.close()

    assert not journal.project.folder.exists()


def test_the_folder_is_invisible_to_git(journal: Journal) -> None:
    """The folder ignores itself."""
    beats(journal, 1)

    assert (journal.project.folder / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_torn_last_line_is_not_given_until_it_is_whole(journal: Journal) -> None:
    """A reader that comes in the middle of a line leaves it for the next time."""
    beats(journal, 2)
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:-5])
    (_, offset, _), *rest = read_entries(journal.path)
    journal.path.write_bytes(whole)

    assert rest == []
    assert [entry.record.at for entry, _, _ in read_entries(journal.path, offset) if entry] == [1.0]


@pytest.mark.parametrize(
    "line",
    [
        b"{half a line",
        b"\xff\xfe\x00",
        b"[]",
        b"17",
        b"null",
        b'{"id": 3, "kind": "Heartbeat", "at": 1, "run": "r"}',
        b'{"id": "x", "kind": "Heartbeat", "at": "soon", "run": "r"}',
        b'{"id": "x", "kind": "Heartbeat", "at": NaN, "run": "r"}',
        b'{"id": "x", "kind": "Heartbeat"}',
        b'{"id": "x", "kind": "Heartbeat", "at": 1}',
        b'{"id": "x", "kind": ["Heartbeat"], "at": 1, "run": "r"}',
        b'{"id": "x", "kind": "RunFinished", "at": 1, "run": "r", "status": "fine"}',
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_record_is_named_and_passed_over(journal: Journal, line: bytes) -> None:
    """What stands before and behind a broken line is read all the same."""
    beats(journal, 1)
    with journal.path.open("ab") as file:
        file.write(line + b"\n")
    beats(journal, 1)
    found = list(read_entries(journal.path))

    assert [bool(entry) for entry, _, _ in found] == [True, False, True]
    assert "not a record" in found[1][2]
    assert found[-1][1] == journal.path.stat().st_size


@pytest.mark.parametrize("change", [{"v": 2}, {"kind": "RunDreamed"}])
def test_a_record_of_a_newer_version_stops_the_reader(journal: Journal, change: dict[str, object]) -> None:
    """What a newer nbops wrote is never passed over in silence."""
    beats(journal, 1)
    with journal.path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"id": "x-1", **to_json(Heartbeat(1.0, "r")), **change}) + "\n")
    reader = read_entries(journal.path)

    assert next(reader)[0] is not None
    with pytest.raises(HubVersionError, match="not known to this nbops"):
        next(reader)


def test_text_that_is_no_unicode_is_kept(journal: Journal) -> None:
    """Half a surrogate pair, as in the name of a badly encoded file, survives."""
    record = RunStarted(1.0, "r", notebook="caf\udce9.ipynb")
    journal.append(record)

    assert entries(journal.path)[0].record == record


def test_threads_share_a_journal(journal: Journal) -> None:
    """Lines of several threads never mix, and no number is given twice."""
    threads = [threading.Thread(target=beats, args=(journal, 200)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = entries(journal.path)

    assert (len(found), len({e.id for e in found})) == (1600, 1600)


def test_a_forked_child_writes_nothing(journal: Journal) -> None:
    """The records of a forked child are dropped: it would tell of its parent's run."""
    beats(journal, 1)
    child = multiprocessing.get_context("fork").Process(target=beats, args=(journal, 5))
    child.start()
    child.join()
    beats(journal, 1)

    assert child.exitcode == 0
    assert len(entries(journal.path)) == 2


def test_a_full_disk_stops_nobody_and_loses_nothing(tmp_path: Path) -> None:
    """Records wait in memory while the file cannot grow, and are written once it can; the user is told once."""
    told: list[str] = []
    journal = Journal(Project(tmp_path), on_trouble=told.append)
    beats(journal, 1)
    size = journal.path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, before[1]))
        beats(journal, 3)
        waiting = journal.waiting
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    journal.append(Heartbeat(9.0, "r"), sync=True)

    assert (waiting, journal.waiting, len(told)) == (3, 0, 1)
    assert "cannot be written" in told[0]
    assert [e.record.at for e in entries(journal.path)] == [0.0, 0.0, 1.0, 2.0, 9.0]


def test_a_folder_that_cannot_be_made_stops_nobody(tmp_path: Path) -> None:
    """A file where the folder should be is trouble for the journal only; it is gone when the file is."""
    told: list[str] = []
    (tmp_path / ".nbops").write_text("in the way", encoding="utf-8")
    journal = Journal(Project(tmp_path), on_trouble=told.append)
    beats(journal, 2)
    (tmp_path / ".nbops").unlink()
    journal.close()

    assert len(told) == 1
    assert len(entries(journal.path)) == 2


def test_a_read_only_project_stops_nobody() -> None:
    """A process that may not write to the project goes on, and says so once on standard error."""
    code = (
        "import os, sys; from pathlib import Path; from nbops.records import Heartbeat\n"
        "from nbops.store.journal import Journal; from nbops.store.project import Project\n"
        "os.getuid() or (os.setgid(65534), os.setuid(65534)); journal = Journal(Project(Path(sys.argv[1])))\n"
        "journal.append(Heartbeat(1.0, 'r')); journal.append(Heartbeat(2.0, 'r')); journal.close()\n"
        "print('work done', journal.waiting)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, "work done 2")
    assert done.stderr.count("cannot be written") == 1


def test_a_killed_process_leaves_whole_lines_only(tmp_path: Path) -> None:
    """Whatever was appended before the kill is there, and at most the last line is torn."""
    code = (
        "from nbops.records import RunStarted; from nbops.store.journal import Journal\n"
        "from nbops.store.project import Project; from pathlib import Path\n"
        f"journal = Journal(Project(Path({str(tmp_path)!r})))\n"
        "for n in range(10**9):\n"
        "    journal.append(RunStarted(float(n), 'r' * 32, parameters={'p': 'x' * 5000})); print(n, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while (last := int(process.stdout.readline())) < 50:
            pass
        process.kill()
        last = max([last, *map(int, process.stdout.read().split())])
    (path,) = Project(tmp_path).journals.iterdir()
    found = list(read_entries(path))

    assert [problem for _, _, problem in found if problem] == []
    assert len(found) >= last + 1


def test_a_journal_that_was_removed_goes_on_in_a_new_file(journal: Journal) -> None:
    """Removing the folder in the middle of a session loses what was in it, and nothing after it."""
    beats(journal, 2)
    removed = journal.path
    removed.unlink()
    beats(journal, 1)

    assert journal.path != removed
    assert len(entries(journal.path)) == 1


def test_a_run_whose_journal_was_removed_keeps_its_beginning(journal: Journal) -> None:
    """The new file begins with the same record of the run's start, once, so that the hub knows the run."""
    start = journal.append(RunStarted(1.0, "r", kind="batch"))
    beats(journal, 1)
    journal.path.unlink()
    beats(journal, 2)

    assert [type(entry.record) for entry in entries(journal.path)] == [RunStarted, Heartbeat, Heartbeat]
    assert entries(journal.path)[0].id == start


def test_a_long_rest_begins_a_new_file(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that slept for a day does not write to a file that was sealed meanwhile."""
    beats(journal, 1)
    first, now = journal.path, time.time()
    monkeypatch.setattr(journal_module.time, "time", lambda: now + journal_module.REST + 1)
    beats(journal, 1)

    assert journal.path != first
    assert [len(entries(path)) for path in (first, journal.path)] == [1, 1]


def test_a_closed_journal_opens_again(journal: Journal) -> None:
    """A record after the end goes to the same file."""
    beats(journal, 1)
    journal.close()
    beats(journal, 1)

    assert len(entries(journal.path)) == 2


def test_appending_is_cheap(journal: Journal) -> None:
    """A record costs far less than a millisecond when it need not be on the disk at once."""
    beats(journal, 10)
    begin = time.process_time()
    beats(journal, 1000)

    assert time.process_time() - begin < 0.3
