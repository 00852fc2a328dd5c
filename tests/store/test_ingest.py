"""Taking journals in: whatever the order, however often, and whoever else does it."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbops.errors import HubError
from nbops.records import (
    Act,
    CheckResult,
    DatasetSeen,
    Heartbeat,
    Record,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
)
from nbops.store.hub import open_hub
from nbops.store.ingest import SEAL_AFTER, Ingested, ingest
from nbops.store.journal import Journal
from nbops.store.project import Project
from nbops.testing import records
from tests.store.conftest import Hubs
from tests.store.contents import dump, write

WRITER = """
import sys
from pathlib import Path
from nbops.store.hub import open_hub
from nbops.store.ingest import ingest
from nbops.store.journal import Journal
from nbops.store.project import Project
from nbops.testing import records

project = Project(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    journal = Journal(project)
    for record in records(failing="clean"):
        journal.append(record)
    journal.close()
    with open_hub(project, sys.argv[3]) as hub:
        ingest(hub, project)
    print(number, flush=True)
"""


def taken(hubs: Hubs, project: Project) -> Ingested:
    """Take in what is new and return what was found."""
    with hubs.open(project) as hub:
        return ingest(hub, project)


def test_taking_in_twice_changes_nothing(hubs: Hubs, tmp_path: Path) -> None:
    """A second look finds nothing new, and the hub is as it was."""
    project = Project(tmp_path)
    write(project, *records(), *records(failing="load"))
    with hubs.open(project) as hub:
        first, before = ingest(hub, project), dump(hub)
        second, after = ingest(hub, project), dump(hub)

    assert (first.records, first.journals) == (12, 1)
    assert (second, after) == (Ingested(), before)


def test_a_journal_is_read_on_from_where_it_ended(hubs: Hubs, tmp_path: Path) -> None:
    """Only what was added since is read again."""
    project = Project(tmp_path)
    journal = Journal(project)
    some = records()
    counts = []
    for record in some:
        journal.append(record)
        counts.append(taken(hubs, project).records)

    assert counts == [1] * len(some)


def test_a_copy_of_a_journal_adds_nothing(hubs: Hubs, tmp_path: Path) -> None:
    """A record is known by its id, not by the file that it stands in."""
    project = Project(tmp_path)
    path = write(project, *records())
    with hubs.open(project) as hub:
        ingest(hub, project)
        before = dump(hub, "journal")
        path.with_name("copy.jsonl").write_bytes(path.read_bytes())
        ingest(hub, project)

        assert dump(hub, "journal") == before


def test_a_journal_that_became_shorter_is_read_from_its_beginning(hubs: Hubs, tmp_path: Path) -> None:
    """A file that was put in the place of another is not read from the middle."""
    project = Project(tmp_path)
    path = write(project, *records(run="first"))
    taken(hubs, project)
    other = write(project, *records(run="second", steps=["load"]))
    other.replace(path)
    taken(hubs, project)
    with hubs.open(project) as hub:
        assert {r.run for r in hub.runs()} == {"first", "second"}


def test_a_broken_line_is_named_and_the_rest_is_taken_in(hubs: Hubs, tmp_path: Path) -> None:
    """Each problem says where; it is told once."""
    project = Project(tmp_path)
    path = write(project, *records(run="r"))
    with path.open("ab") as file:
        file.write(b'{"torn\n')
    write(project, *records(run="other"))
    found = taken(hubs, project)

    assert len(found.problems) == 1
    assert str(path) in found.problems[0]
    assert "not a record" in found.problems[0]
    assert taken(hubs, project).problems == ()
    with hubs.open(project) as hub:
        assert len(hub.runs()) == 2


@pytest.mark.parametrize(
    "record",
    [
        RunStarted(1.0, "r", parameters={"p": 3}),  # type: ignore[dict-item]
        RunStarted(1.0, "r", pid=2**80),
        RunStarted(1.0, "r", env=None),  # type: ignore[arg-type]
        StepFinished(1.0, "r", "load", Status.PASSED, seconds=float("nan")),
        StepStarted(1.0, "r", 7),  # type: ignore[arg-type]
        StepStarted(1.0, "r", "load", part="0"),  # type: ignore[arg-type]
        Heartbeat(1.0, None),  # type: ignore[arg-type]
    ],
)
def test_a_record_with_a_field_of_another_type_stops_no_journal(hubs: Hubs, tmp_path: Path, record: Record) -> None:
    """What no table can hold is a problem of that record alone."""
    project = Project(tmp_path)
    write(project, *records(run="before"), record, *records(run="after"))
    found = taken(hubs, project)

    assert len(found.problems) == 1
    with hubs.open(project) as hub:
        assert {r.run for r in hub.runs(sessions=True)} == {"before", "after"}


def test_a_newer_record_stops_its_journal_until_nbops_is_newer_too(hubs: Hubs, tmp_path: Path) -> None:
    """Nothing behind it is taken in, so that nothing is lost; other journals go on."""
    project = Project(tmp_path)
    path = write(project, *records(run="early"))
    newer = path.read_text(encoding="utf-8").splitlines()[0].replace('"v":1', '"v":2')
    with path.open("a", encoding="utf-8") as file:
        file.write(newer + "\n")
    write(project, *records(run="other"))
    first, second = taken(hubs, project), taken(hubs, project)

    assert "pip install --upgrade nbops" in first.problems[0]
    assert second.problems == first.problems
    with hubs.open(project) as hub:
        assert {r.run for r in hub.runs()} == {"early", "other"}


def test_text_that_is_no_unicode_can_be_taken_in(hubs: Hubs, tmp_path: Path) -> None:
    """A name with half a surrogate pair is kept, spelled out."""
    project = Project(tmp_path)
    write(project, RunStarted(1.0, "r", kind="batch", notebook="caf\udce9.ipynb"))
    found = taken(hubs, project)
    with hubs.open(project) as hub:
        assert (found.problems, hub.notebooks()) == ((), ["caf\\udce9.ipynb"])
        assert hub.run("r").started.notebook == "caf\udce9.ipynb"
        assert hub.history(hub.run("r")).good_runs == 0
        assert [run.run for run in hub.runs(owner="\udce9")] == []
        assert hub.runs_beginning("\udce9") == []


def test_old_journals_are_sealed_and_stay_known(hubs: Hubs, tmp_path: Path) -> None:
    """A journal of yesterday moves to the archive; the hub answers as before."""
    project = Project(tmp_path)
    old, new = write(project, *records(run="old")), write(project, *records(run="new"))
    yesterday = time.time() - SEAL_AFTER - 60
    os.utime(old, (yesterday, yesterday))
    taken(hubs, project)
    with hubs.open(project) as hub:
        before = dump(hub, "archive")
        ingest(hub, project)

        assert dump(hub, "archive") == before
        assert {r.run for r in hub.runs()} == {"old", "new"}
    assert [old.exists(), new.exists()] == [False, True]
    assert [path.name for path in project.journals.glob("archive/*/*.jsonl")] == [old.name]


def test_another_hub_reads_sealed_journals_too(hubs: Hubs, tmp_path: Path) -> None:
    """What one machine's hub sealed is new to the hub of another, also when it is sealed later."""
    project = Project(tmp_path)
    yesterday = time.time() - SEAL_AFTER - 60
    for run in ("one", "two"):
        path = write(project, *records(run=run))
        os.utime(path, (yesterday, yesterday))
        taken(hubs, project)
        with hubs.open(project, "other.db") as other:
            ingest(other, project)

            assert run in {r.run for r in other.runs()}


def test_a_hub_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    """While another process holds the hub, taking in fails with a clear error; afterwards it catches up."""
    project = Project(tmp_path)
    write(project, *records(run="r"))
    with open_hub(project) as hub:
        with open_hub(project) as other, other.write():
            hub._engine.dispose()
            with hub._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA busy_timeout = 50")
            with pytest.raises(HubError, match="the hub is busy"):
                ingest(hub, project)
        ingest(hub, project)

        assert [r.run for r in hub.runs()] == ["r"]


def test_eight_processes_take_in_at_once(hubs: Hubs, tmp_path: Path) -> None:
    """Every process that runs notebooks may take in every journal, at any time, also into a hub that is just made."""
    arguments = [sys.executable, "-c", WRITER, str(tmp_path), "5", hubs.address(Project(tmp_path))]
    running = [subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(8)]
    errors = [process.communicate()[1] for process in running]

    assert errors == [b""] * 8
    assert taken(hubs, Project(tmp_path)) == Ingested()
    with hubs.open(Project(tmp_path)) as hub:
        assert len(hub.runs(limit=None, failed=True)) == 40
        with hubs.open(Project(tmp_path), "other.db") as other:
            ingest(other, Project(tmp_path))

            assert dump(other) == dump(hub)


def test_a_kill_at_any_moment_leaves_a_hub_that_catches_up(hubs: Hubs, tmp_path: Path) -> None:
    """However a process dies while it takes in, the next one ends with the hub that the journals tell."""
    project = Project(tmp_path)
    for seed in range(4):
        arguments = [sys.executable, "-c", WRITER, str(tmp_path), "1000", hubs.address(project)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(random.Random(seed).uniform(0.0, 0.15))
            process.kill()
        taken(hubs, project)
    with hubs.open(project) as hub, hubs.open(project, "other.db") as other:
        ingest(other, project)

        assert dump(other) == dump(hub)


# ── any interleaving, truncation and repetition ──────────────────────────────────────────────────────────────────────


RUNS = ("a", "b")
STEPS = ("load", "clean")
TOLD = '[[1.0,"batch","n.ipynb","dev","passed",null,3,0]]'
PRUNES = [{"runs": "b"}, {"runs": "b c"}, {"runs": "b", "told": TOLD}, {"runs": "b", "told": TOLD.replace("3", "4")}]
times = st.integers(min_value=0, max_value=9).map(float)
runs = st.sampled_from(RUNS)
any_record = st.one_of(
    st.builds(RunStarted, at=times, run=runs, kind=st.just("batch"), notebook=st.sampled_from(["n.ipynb", None])),
    st.builds(RunFinished, at=times, run=runs, status=st.sampled_from([Status.PASSED, Status.FAILED])),
    st.builds(StepStarted, times, runs, st.sampled_from(STEPS), part=st.integers(0, 1), attempt=st.integers(1, 2)),
    st.builds(StepFinished, times, runs, st.sampled_from(STEPS), st.sampled_from(list(Status)), st.integers(0, 1)),
    st.builds(Heartbeat, at=times, run=runs),
    st.builds(Act, at=times, verb=st.just("stop"), target=runs),
    st.builds(Act, at=times, verb=st.just("prune"), detail=st.sampled_from(PRUNES)),
    st.builds(
        DatasetSeen,
        times,
        runs,
        st.sampled_from(STEPS),
        st.just("orders"),
        rows=st.integers(0, 5),
        part=st.integers(0, 1),
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(any_record, max_size=8), min_size=1, max_size=3), st.data())
def test_any_interleaving_truncation_and_repetition_gives_the_same_hub(
    hubs: Hubs, tmp_path_factory: pytest.TempPathFactory, journals: list[list[Record]], data: st.DataObject
) -> None:
    """A hub follows from the set of records that journals hold, never from how they came to be read."""
    project = Project(tmp_path_factory.mktemp("project"))
    whole = {path: path.read_bytes() for path in (write(project, *some) for some in journals) if path.exists()}
    places = [str(hubs.root / name) for name in ("once.db", "often.db")]
    once, often = (hubs.emptied(hubs.open(project, place)) for place in places)
    with once, often:
        ingest(once, project)
        for path in whole:
            path.unlink()
        for _ in range(data.draw(st.integers(0, 4))):
            for path, content in whole.items():
                path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
            ingest(often, project)
        for path, content in whole.items():
            path.write_bytes(content)
            path.with_name(f"copy-{path.name}").write_bytes(content)
        ingest(often, project)

        assert dump(often, "journal") == dump(once, "journal")
        for run in RUNS:
            assert often.records(run) == once.records(run)


def test_what_is_listed_is_what_the_state_says(hubs: Hubs, tmp_path: Path) -> None:
    """The row of a run and the state that is folded from its records tell the same."""
    project = Project(tmp_path)
    chance = random.Random(7)
    for _ in range(30):
        some = records(failing=chance.choice(["", "load", "clean"]))
        again = StepStarted(some[-1].at + 1, some[0].run, "clean", attempt=2)  # type: ignore[union-attr]
        some += [again] if chance.random() < 0.3 else []
        write(project, *some[: chance.randint(1, len(some))])
    with hubs.open(project) as hub:
        ingest(hub, project)
        for summary in hub.runs(limit=None):
            state = hub.run(summary.run)
            bad = [t for t in state.tests if t.status.is_bad]

            assert (summary.status, summary.steps) == (state.status, len(state.steps))
            assert summary.tests == len(state.tests)
            assert (summary.tests_failed, summary.tests_passed) == (len(bad), len(state.tests) - len(bad))
            assert summary.seconds is None or summary.seconds == pytest.approx(state.seconds)


def test_a_clock_that_is_set_back_during_a_step_makes_no_difference_between_list_and_state(
    hubs: Hubs, tmp_path: Path
) -> None:
    """The row of a run counts the tests of the last attempt at its end, whatever the clock said meanwhile."""
    project, run = Project(tmp_path), "r" * 32
    bad, good = CheckResult("whole", Status.FAILED), CheckResult("whole", Status.PASSED)
    write(
        project,
        RunStarted(at=100.0, run=run, kind="batch", notebook="n.ipynb", steps=("load",)),
        StepStarted(at=101.0, run=run, step="load"),
        StepFinished(at=102.0, run=run, step="load", status=Status.FAILED, tests=(bad,)),
        StepStarted(at=103.0, run=run, step="load", attempt=2),
        StepFinished(at=50.0, run=run, step="load", status=Status.PASSED, attempt=2, tests=(good,)),
    )
    with hubs.open(project) as hub:
        ingest(hub, project)
        (summary,), state = hub.runs(sessions=True), hub.run(run)

    assert [test.status for test in state.tests] == [Status.PASSED]
    assert (summary.tests_passed, summary.tests_failed, summary.tests) == (1, 0, 1)


def test_a_full_disk_is_a_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    """While the hub's file cannot grow, taking in fails and says so; once it can, everything is there."""
    project = Project(tmp_path)
    write(project, *(record for n in range(100) for record in records(run=f"r{n}")))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open_hub(project) as hub:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (project.hub_file.stat().st_size + 50_000, before[1]))
            with pytest.raises(HubError, match="cannot be written") as caught:
                ingest(hub, project)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, ignored)
        ingest(hub, project)

        assert "the journals lost nothing" in caught.value.fix
        assert len(hub.runs(limit=None)) == 100


def test_a_hub_that_has_no_place_is_a_clear_error(tmp_path: Path) -> None:
    """A folder that cannot be made says where else a hub can be kept."""
    (tmp_path / ".nbops").write_text("in the way", encoding="utf-8")
    with pytest.raises(HubError, match="folder cannot be made") as caught:
        open_hub(Project(tmp_path))

    assert "NBOPS_HUB" in caught.value.fix
