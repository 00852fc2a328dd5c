"""The hub: what it answers, and what it says when it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbops.errors import HubError, HubVersionError, ReferenceNotFound, UsageError
from nbops.records import Heartbeat, Record, RunFinished, RunStarted, Status, StepStarted
from nbops.store.hub import Hub, _listed, open_hub
from nbops.store.ingest import ingest
from nbops.store.journal import Journal
from nbops.store.process import this_process
from nbops.store.project import Project
from nbops.testing import memory_hub, records
from tests.store.conftest import Hubs

HOUR = 3600.0


def taken(hubs: Hubs, root: Path, *found: Record) -> Hub:
    """Return the hub of the project at *root* with what a journal of *found* tells."""
    journal = Journal(Project(root))
    for record in found:
        journal.append(record)
    journal.close()
    hub = hubs.open(Project(root))
    ingest(hub, Project(root))
    return hub


def started(run: str, at: float, **fields: object) -> RunStarted:
    """Return the start of a batch run of one step."""
    return RunStarted(at, run, kind="batch", notebook="sales.ipynb", steps=("load",), **fields)  # type: ignore[arg-type]


def test_the_newest_run_is_listed_first(hubs: Hubs) -> None:
    """Runs are listed by their beginning, the newest first."""
    with hubs.holding(records(run="old", at=100.0), records(run="new", at=200.0)) as hub:
        assert [r.run for r in hub.runs()] == ["new", "old"]


def test_what_a_clock_stamped_that_was_set_back_since_is_not_the_newest() -> None:
    """A run of a time to come was before those that began until now; where there is no other, it is the newest."""
    now = time.time()
    ahead, *others = (
        records(run="ahead", at=now + HOUR),
        records(run="first", at=now - 9),
        records(run="second", at=now),
    )
    with memory_hub(ahead, *others) as hub:
        newest = hub.newest()
        assert newest is not None
        assert newest.run == "second"
    with memory_hub(ahead) as hub:
        only = hub.newest()
        assert only is not None
        assert only.run == "ahead"


def test_the_limit_bounds_the_list(hubs: Hubs) -> None:
    """No more runs are listed than asked for, and all of them with None."""
    with hubs.holding(*(records() for _ in range(25))) as hub:
        assert [len(hub.runs()), len(hub.runs(limit=3)), len(hub.runs(limit=None))] == [20, 3, 25]


def test_a_line_of_the_list_says_what_the_run_came_to(hubs: Hubs) -> None:
    """Status, reason, seconds and counts are those of the run."""
    with hubs.holding(records(run="r", failing="clean", seconds=2.0, owner="ada", at=50.0)) as hub:
        found = hub.runs()[0]

    assert (found.status, found.reason, found.seconds) == (Status.FAILED, "clean: ids are unique", 4.0)
    assert (
        found.steps,
        found.tests_passed,
        found.tests_failed,
        found.owner,
        found.started_at,
    ) == (3, 1, 1, "ada", 50.0)


def test_filters_choose_runs(hubs: Hubs) -> None:
    """Failed, since, notebook, owner and environment each narrow the list."""
    bad = records("reports/sales.ipynb", run="bad", failing="load", at=100.0)
    good = records("stock.ipynb", run="good", env="prod", owner="ada", at=200.0)
    with hubs.holding(bad, good) as hub:
        assert [r.run for r in hub.runs(failed=True)] == ["bad"]
        assert [r.run for r in hub.runs(since=150.0)] == ["good"]
        assert [r.run for r in hub.runs(owner="ada")] == ["good"]
        assert [r.run for r in hub.runs(env="prod")] == ["good"]
        for nb in ("sales", "reports/sales", "sales.ipynb", "reports/*", "s*s"):
            assert [r.run for r in hub.runs(nb=nb)] == ["bad"], nb
        assert hub.runs(nb="ales") == []


def test_sessions_are_listed_only_when_asked_for(hubs: Hubs) -> None:
    """Cells that were run by hand are no runs."""
    session = [RunStarted(1.0, "session", notebook="sales.ipynb")]
    with hubs.holding(session, records(run="batch")) as hub:
        assert [r.run for r in hub.runs()] == ["batch"]
        assert [r.run for r in hub.runs(sessions=True)] == ["batch", "session"]


def test_the_state_of_a_run_has_its_steps_and_tests(hubs: Hubs) -> None:
    """A run's state is folded from its records."""
    with hubs.holding(records(run="r", failing="clean")) as hub:
        state = hub.run("r")

    assert state.status == Status.FAILED
    assert [str(step.status) for step in state.steps] == ["passed", "failed", "skipped"]
    assert state.tests[1].why == "2 of 100 rows failed"


def test_an_unknown_run_is_an_error_that_names_the_hub(hubs: Hubs) -> None:
    """An id that nobody knows says where was looked."""
    with hubs.holding() as hub, pytest.raises(ReferenceNotFound, match="no run 'abc'") as caught:
        hub.run("abc")

    assert caught.value.where == f"hub {hub.where}"


def test_history_knows_the_last_good_run_and_usual_times(hubs: Hubs) -> None:
    """Earlier good runs of the same notebook and environment say how long it usually takes."""
    earlier = [records(run=f"r{n}", at=100.0 * n, seconds=float(n)) for n in (1, 2, 3)]
    other = records(run="prod", env="prod", at=350.0, seconds=99.0)
    with hubs.holding(*earlier, other, records(run="now", at=400.0, failing="clean")) as hub:
        history = hub.history(hub.run("now"))

    assert history.last_good is not None
    assert (history.last_good.run, history.good_runs, history.usual_run_seconds) == ("r3", 3, 6.0)
    assert history.usual_seconds == {"load": 2.0, "clean": 2.0, "publish": 2.0}


def test_history_counts_runs_that_failed_at_the_same_test(hubs: Hubs) -> None:
    """A failure was seen before when the same test of the same step failed in earlier runs."""
    bad = [records(run=f"r{n}", at=100.0 * n, failing="clean") for n in (1, 2)]
    other = records(run="other", at=300.0, failing="load")
    with hubs.holding(*bad, other, records(run="now", at=400.0, failing="clean")) as hub:
        assert hub.history(hub.run("now")).seen_before == 2


def test_a_run_whose_notebook_is_unknown_has_no_history(hubs: Hubs) -> None:
    """Runs that could not be identified are not compared with each other."""
    runs = [[RunStarted(float(n), f"r{n}", kind="batch"), RunFinished(n + 1.0, f"r{n}", Status.PASSED)] for n in (1, 2)]
    with hubs.holding(*runs) as hub:
        assert None is hub.history(hub.run("r2")).last_good


def test_a_beginning_of_an_id_finds_its_run(hubs: Hubs) -> None:
    """A prefix that only one run has is enough."""
    with hubs.holding(records(run="7f3a11"), records(run="7f3b22")) as hub:
        assert hub.find_run("7f3b") == "7f3b22"
        assert hub.find_run("7f3a11") == "7f3a11"


def test_an_ambiguous_beginning_shows_both_ids(hubs: Hubs) -> None:
    """A prefix of two runs is an error that names both."""
    with hubs.holding(records(run="7f3a11"), records(run="7f3b22")) as hub:
        with pytest.raises(ReferenceNotFound, match="7f3a11, 7f3b22"):
            hub.find_run("7f3")
        with pytest.raises(ReferenceNotFound, match="no run begins with 'b'"):
            hub.find_run("b")


def test_a_run_whose_process_died_is_shown_as_interrupted(hubs: Hubs, tmp_path: Path) -> None:
    """The process is gone from this machine: nothing was recorded, and yet it is known."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    here = this_process()
    at = time.time()
    start = started("r", at, host=here.host, boot=here.boot, pid=gone.pid)
    with taken(hubs, tmp_path, start, StepStarted(at + 1, "r", "load")) as hub:
        state = hub.run("r")

        assert [r.status for r in hub.runs(failed=True)] == [Status.INTERRUPTED]
        assert (state.status, state.steps[0].status) == (Status.INTERRUPTED, Status.INTERRUPTED)
        assert f"its process died: {gone.pid} on {here.host}" == state.reason


def test_a_true_end_replaces_an_interruption(hubs: Hubs, tmp_path: Path) -> None:
    """An interruption is only ever shown: an end that comes late is the truth."""
    with taken(hubs, tmp_path, started("r", 100.0, host="elsewhere")) as hub:
        assert hub.run("r").status == Status.INTERRUPTED
    with taken(hubs, tmp_path, RunFinished(101.0, "r", Status.PASSED)) as hub:
        assert (hub.run("r").status, hub.runs(failed=True)) == (Status.PASSED, [])


def test_a_run_on_this_machine_runs_as_long_as_its_process(hubs: Hubs, tmp_path: Path) -> None:
    """No heartbeat is needed where the process itself can be asked."""
    here = this_process()
    old = time.time() - HOUR  # a process that began before the run counts
    alive = started("alive", time.time(), host=here.host, boot=here.boot, pid=os.getpid())
    reused = started("reused", old - HOUR * 24 * 365, host=here.host, boot=here.boot, pid=os.getpid())
    with taken(hubs, tmp_path, alive, reused) as hub:
        assert {r.run: r.status for r in hub.runs()} == {"alive": Status.RUNNING, "reused": Status.INTERRUPTED}


def test_a_run_elsewhere_lives_by_its_heartbeats(hubs: Hubs, tmp_path: Path) -> None:
    """A machine that cannot be asked is believed for a minute after its last sign of life."""
    now = time.time()
    fresh = started("fresh", now - HOUR, host="etl-3", boot="b", pid=1)
    silent = started("silent", now - HOUR, host="etl-3", boot="b", pid=1)
    beats = (Heartbeat(now - 5, "fresh"), Heartbeat(now - 90, "silent"))
    with taken(hubs, tmp_path, fresh, silent, *beats) as hub:
        assert {r.run: r.status for r in hub.runs()} == {"fresh": Status.RUNNING, "silent": Status.INTERRUPTED}
        assert now - 90 == pytest.approx(hub.run("silent").last_seen)


def test_a_hub_of_a_newer_version_is_refused(hubs: Hubs, tmp_path: Path) -> None:
    """Tables that a newer nbops made are not touched."""
    with hubs.open(Project(tmp_path)) as hub, hub.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(HubVersionError, match="revision 9999") as caught:
        hubs.open(Project(tmp_path))

    assert caught.value.fix == "pip install --upgrade nbops"


def test_a_file_that_is_no_hub_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    """Garbage where the hub should be names the file and the command that makes a new one."""
    file = Project(tmp_path).hub_file
    file.parent.mkdir()
    file.write_bytes(b"not a database at all, but long enough to look at" * 100)
    with pytest.raises(HubError, match="cannot be read") as caught:
        open_hub(Project(tmp_path))

    assert (str(file), "nbops hub rebuild") == (caught.value.where, caught.value.fix)


def test_another_database_is_a_usage_error(tmp_path: Path) -> None:
    """A kind of database that is not known, or no address at all, says what to write."""
    for url in ("mysql://host/db", "://"):
        with pytest.raises(UsageError) as caught:
            open_hub(Project(tmp_path), url)
        assert "sqlite:///" in caught.value.fix


def test_the_hub_can_be_kept_elsewhere(tmp_path: Path) -> None:
    """A path, relative to the project or not, or a URL say where the hub is."""
    for url in ("deep/own.db", str(tmp_path / "own.db"), f"sqlite:///{tmp_path}/url.db"):
        open_hub(Project(tmp_path), url).close()

    assert [(tmp_path / name).exists() for name in ("deep/own.db", "own.db", "url.db")] == [True] * 3
    assert not (tmp_path / ".nbops").exists()


@pytest.mark.parametrize("sessions", [False, True])
def test_lists_stay_quick_however_many_runs_there_are(tmp_path: Path, sessions: bool) -> None:
    """The newest runs are read from an index, in its order: nothing looks at all runs, or sorts them."""
    with open_hub(Project(tmp_path)) as hub, hub.read() as connection:
        query = _listed(sessions).limit(20).compile(connection, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]

    assert "USING INDEX run_by_" in plan[0]
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan  # a sort of runs that began in the same moment is none


def test_a_list_is_read_page_by_page() -> None:
    """Behind a run stand those that began before it; of the same moment, those whose ids come before."""
    with memory_hub(*(records(run=f"{n:032x}", at=1000.0 + n // 2) for n in range(6))) as hub:
        whole = [run.run for run in hub.runs(limit=None)]
        page = hub.runs(limit=3)
        rest = hub.runs(limit=None, after=(page[-1].started_at, page[-1].run))

    assert whole == [run.run for run in (*page, *rest)]
    assert len(rest) == 3


def test_the_last_runs_of_each_pipeline_are_read_at_once(hubs: Hubs) -> None:
    """Each notebook once for each environment, its newest runs first."""
    made = [records(nb, run=f"{nb[0]}{n}" + "0" * 30, at=1000.0 + n, env=env) for nb in ("a.ipynb", "b.ipynb")
            for n, env in enumerate(("dev", "prod", "prod", "prod"))]  # fmt: skip
    with hubs.holding(*made, [started("5e55" * 8, 9000.0)]) as hub:
        found = [[run.run[:2] for run in runs] for runs in hub.last_runs(most=2)]

        assert found == [["a0"], ["a3", "a2"], ["b0"], ["b3", "b2"], ["5e"]]
        assert hub.pipelines(env="dev") == [("a.ipynb", "dev"), ("b.ipynb", "dev"), ("sales.ipynb", "dev")]
        assert (hub.count_batches(), hub.count_batches(env="prod")) == (9, 6)
        assert not hub.has_datasets()


def test_the_extent_grows_with_what_is_taken_in(hubs: Hubs, tmp_path: Path) -> None:
    """How many journals and bytes: another one after each record."""
    with hubs.open(Project(tmp_path)) as empty:
        assert empty.extent() == (0, 0)
    with taken(hubs, tmp_path, started("aa" * 16, 1000.0)) as hub:
        before = hub.extent()
    with taken(hubs, tmp_path, started("bb" * 16, 1001.0)) as hub:
        assert hub.extent() > before > (0, 0)


def test_a_hub_shows_its_place(tmp_path: Path) -> None:
    """In a cell ``nbops.hub()`` reads as where it is, not as an address in memory."""
    with memory_hub() as hub:
        assert repr(hub) == "<Hub memory>"
    with open_hub(Project(tmp_path), str(tmp_path / "team.db")) as hub:
        assert repr(hub) == f"<Hub {tmp_path / 'team.db'}>"


def test_the_newest_run_of_each_notebook_and_environment_is_found(hubs: Hubs) -> None:
    """Also where the notebook is not known, and when runs began in the same moment."""
    runs = [
        records("b.ipynb", run="b1", at=100.0),
        records("b.ipynb", run="b2", at=200.0),
        records("b.ipynb", run="b3", at=200.0),
        records("b.ipynb", run="b4", at=150.0, env="prod"),
        records("Ä.ipynb", run="a1", at=50.0, env="test"),
        [
            RunStarted(300.0, "s", notebook="b.ipynb"),
            RunStarted(70.0, "u1", kind="batch"),
            RunStarted(80.0, "u2", kind="batch"),
        ],
    ]
    with hubs.holding(*runs) as hub:
        assert [run.run for run in hub.latest()] == ["b3", "b4", "u2", "a1"]
        assert [run.run for run in hub.latest("prod")] == ["b4"]
        assert hub.notebooks() == ["b.ipynb", "Ä.ipynb"]
        assert hub.count_runs() == (7, 1)
    with hubs.holding() as empty:
        assert (empty.latest(), empty.notebooks(), empty.count_runs()) == ([], [], (0, 0))
