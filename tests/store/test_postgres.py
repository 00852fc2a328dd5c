"""A hub in PostgreSQL, and everything that may be wrong with one: what is said, and what is never said."""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from nbops.doors.cli import main
from nbops.errors import HubError, HubVersionError, UsageError
from nbops.store.address import hub_url
from nbops.store.hub import open_hub
from nbops.store.ingest import Ingested, ingest
from nbops.store.journal import Journal
from nbops.store.project import Project
from nbops.testing import records
from tests.postgres import OWNER, PASSWORD, Server, server
from tests.store.contents import dump, write

WRONG = "fal:sch@/ wort%"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of an empty project, which is the working directory."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call nbops as one types it."""
    command = [sys.executable, "-m", "nbops", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def typed_here(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Call nbops in this process; return its exit code and all that it said."""
    with pytest.raises(SystemExit) as ended:
        main.main(list(words))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out + said.err


def with_password(address: str, password: str = PASSWORD) -> str:
    """Return *address* with a password in it."""
    return address.replace("@", f":{quote(password, safe='')}@")


def spelled(password: str) -> set[str]:
    """Return every way in which a password may be written."""
    return {password, quote(password), quote(password, safe="")}


# ── ways to a hub ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", ["pgpass", "service", "address", "short"])
def test_a_password_comes_from_a_file_or_the_address_and_is_told_by_nobody(
    postgres: Server, root: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Each way leads into the database; what the hub is called never tells the password."""
    address = postgres.make_database()
    service = root / "services.conf"
    place = f"host=127.0.0.1\nport={postgres.port}\ndbname={address.rpartition('/')[2]}\nuser={OWNER}\n"
    service.write_text(f"[team]\n{place}password={PASSWORD}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    if way in ("service", "address"):
        monkeypatch.setenv("PGPASSFILE", "/dev/null")
    ways = {
        "pgpass": address,
        "service": "postgresql:///?service=team",
        "address": with_password(address),
        "short": address.replace("postgresql", "postgres"),
    }
    with open_hub(Project(root), ways[way]) as hub:
        assert hub.where == ("postgresql:///?service=team" if way == "service" else address)
        assert not any(secret in repr(hub) for secret in spelled(PASSWORD))
    assert [
        tuple(row)
        for row in postgres.do("SELECT version_num FROM alembic_version", database=address.rpartition("/")[2])
    ]


def test_the_library_is_named_when_it_is_missing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg the error says what to install, before anything is connected."""
    monkeypatch.setattr("nbops.store.address.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="needs psycopg") as caught:
        open_hub(Project(root), f"postgresql://ada:{WRONG[:3]}@db/nbops")

    assert caught.value.fix == "pip install 'nbops[postgres]'"
    assert caught.value.where == "postgresql://ada@db/nbops"


@pytest.mark.parametrize(
    "typed",
    [
        "postgresql://ada:geheim@db:port/nbops",
        "postgresql://ada:ge@heim@db:x/nbops?password=geheim",
        "mysql://ada:geheim@db/nbops",
        "postgresql+asyncpg://ada:geheim@db/nbops",
    ],
)
def test_an_address_that_is_none_is_told_without_its_password(root: Path, typed: str) -> None:
    """What was typed is an error of usage, whose text and traceback hide the password."""
    with pytest.raises(UsageError) as caught:
        hub_url(Project(root), typed)

    assert "heim" not in "".join(traceback.format_exception(caught.value))
    assert "postgresql://" in caught.value.fix


def test_names_and_texts_that_only_sqlite_would_take_can_be_taken_in(postgres: Server, root: Path) -> None:
    """A character of number 0, and a number beyond 2^31, are no trouble."""
    project = Project(root)
    write(project, *records("a\0b.ipynb", run="zero", owner="x\0y"), *records("ä.ipynb"), *records("Z.ipynb"))
    with open_hub(project, postgres.make_database()) as hub:
        assert ingest(hub, project).problems == ()
        assert hub.notebooks() == ["Z.ipynb", "a\\x00b.ipynb", "ä.ipynb"]
        assert [run.run for run in hub.runs(owner="x\0y")] == ["zero"]


# ── what may be wrong ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_wrong_with_a_server_is_told_with_exit_code_2_and_never_with_the_password(
    postgres: Server, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong password, a missing database and a closed port: each names what to do."""
    address = postgres.make_database()
    open_hub(Project(root), "x.db").close()
    wrong = with_password(address, WRONG)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = address.replace(str(postgres.port), str(free.getsockname()[1]))
    for typed, what, fix in (
        (wrong, "lets nobody in", ".pgpass"),
        (with_password(address.replace("/hub_", "/no_")), "database is not there", "createdb"),
        (with_password(closed), "does not answer", "can be reached"),
    ):
        for words in (("runs",), ("hub",), ("status", "--json"), ("hub", "rebuild"), ("hub", "copy", "x.db", typed)):
            code, said = typed_here(capsys, "--hub", typed, *words)

            assert code == 2, said
            assert what in said, said
            assert fix in said, said
            assert not any(secret in said for secret in (*spelled(PASSWORD), *spelled(WRONG))), said
            assert "Traceback" not in said
        _, said = typed_here(capsys, "--hub", typed, "doctor")

        assert what in said
        assert not any(secret in said for secret in (*spelled(PASSWORD), *spelled(WRONG)))


def test_a_host_that_never_answers_is_given_up(root: Path) -> None:
    """A server that takes connections and says nothing does not hold anybody for ever."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"postgresql://ada:geheim@127.0.0.1:{silent.getsockname()[1]}/nbops?connect_timeout=2"
        with pytest.raises(HubError, match="does not answer") as caught:
            open_hub(Project(root), address)

    assert "geheim" not in "".join(traceback.format_exception(caught.value)).replace(address, "")


def test_a_server_that_can_only_be_read_is_read(postgres: Server, root: Path) -> None:
    """A copy of a server answers lists; what would be written is refused clearly, and stays in the journal."""
    project = Project(root)
    address = postgres.make_database()
    write(project, *records(run="before"))
    with open_hub(project, address) as hub:
        ingest(hub, project)
    postgres.do(f"ALTER DATABASE {address.rpartition('/')[2]} SET default_transaction_read_only = on")
    write(project, *records(run="after"))
    listed, taken = call("runs", NBOPS_HUB=address), call("hub", "ingest", NBOPS_HUB=address)

    assert (listed.returncode, taken.returncode) == (0, 2)
    assert "before" in listed.stdout
    assert "this hub can only be read" in listed.stderr
    assert "this hub can only be read" in taken.stderr
    postgres.do(f"ALTER DATABASE {address.rpartition('/')[2]} RESET default_transaction_read_only")
    with open_hub(project, address) as hub:
        ingest(hub, project)
        assert {run.run for run in hub.runs()} == {"before", "after"}


def test_a_database_of_something_else_is_left_alone(postgres: Server, root: Path) -> None:
    """A wrong address never puts tables into somebody's database; a schema of its own is a way out."""
    address = postgres.make_database()
    name = address.rpartition("/")[2]
    postgres.do("CREATE TABLE orders (id INTEGER)", "CREATE SCHEMA nbops", database=name)
    with pytest.raises(HubError, match="no hub: it holds orders") as caught:
        open_hub(Project(root), address)

    assert "search_path" in caught.value.fix
    with open_hub(Project(root), f"{address}?options=-csearch_path%3Dnbops") as hub:
        assert hub.runs() == []
    assert postgres.do("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=name) == [(1,)]


def test_a_writer_that_holds_the_hub_too_long_is_named(
    postgres: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for its turn in vain says so, and can try again."""
    monkeypatch.setattr("nbops.store.postgres._TURN_SECONDS", 1)
    project, address = Project(root), postgres.make_database()
    write(project, *records(run="r"))
    with open_hub(project, address) as hub:
        with open_hub(project, address) as other, other.write(), pytest.raises(HubError, match="the hub is busy"):
            ingest(hub, project)
        ingest(hub, project)

        assert [run.run for run in hub.runs()] == ["r"]


# ── many at once ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _write_runs(root: str, address: str, number: int, runs: int, ready: object) -> None:
    """Open the hub together with all others, and take in runs of its own, one journal each."""
    project = Project(Path(root) / str(number))
    ready.wait()  # type: ignore[attr-defined]
    with open_hub(project, address) as hub:
        for n in range(runs):
            journal = Journal(project)
            for record in records(run=f"{number:02d}-{n:04d}", failing="clean" if n % 3 == 0 else ""):
                journal.append(record)
            journal.close()
            ingest(hub, project)


def all_at_once(root: Path, address: str, writers: int, runs: int) -> None:
    """Let so many processes write so many runs each into an empty database, all beginning in the same moment."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(writers)
    processes = [
        context.Process(target=_write_runs, args=(str(root), address, number, runs, ready)) for number in range(writers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * writers


@pytest.mark.parametrize("runs", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_sixteen_writers_at_once_lose_nothing(
    postgres: Server, root: Path, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They make the tables together, write together, and leave what one hub would hold that read all their journals."""
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None, raising=False)  # IPython's shells leave one without
    address = postgres.make_database()
    all_at_once(root, address, 16, runs)
    with open_hub(Project(root), address) as hub, open_hub(Project(root), "alone.db") as alone:
        for number in range(16):
            ingest(alone, Project(root / str(number)))

        assert len(hub.runs(limit=None)) == 16 * runs
        assert dump(hub, "archive") == dump(alone, "archive")


# ── a server that dies ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Give a server that may be killed; what it has confirmed is on the disk, as with any server."""
    with server("-c fsync=on -c max_connections=30") as found:
        monkeypatch.setenv("PGPASSFILE", str(found.pgpass))
        yield found


def test_nothing_is_lost_or_doubled_when_the_server_is_killed_while_it_takes_in(own_server: Server, root: Path) -> None:
    """Killed again and again: each look takes in what is missing, and the hub ends as if nothing had happened."""
    project, address = Project(root), own_server.make_database()
    told: list[str] = []
    with open_hub(project, address) as hub:
        for number in range(4):
            write(project, *(record for n in range(40) for record in records(run=f"{number}-{n}")))
            killer = threading.Timer(0.03 * number, own_server.kill)
            killer.start()
            try:
                ingest(hub, project)
                killer.join()
                hub.runs()
            except HubError as error:
                told.append(error.what)
            killer.join()
            own_server.start()
            ingest(hub, project)
        with open_hub(project, "alone.db") as alone:
            ingest(alone, project)

            assert dump(hub) == dump(alone)
        assert ingest(hub, project) == Ingested()
    assert len(told) == 4
    assert all("does not answer" in what for what in told), told


def test_a_run_goes_on_when_its_hub_is_killed_and_is_taken_in_later(own_server: Server, root: Path) -> None:
    """The kernel knows of no database: the run passes, says that the hub comes later, and nothing is lost."""
    import nbformat

    cells = [
        nbformat.v4.new_code_cell("%load_ext nbops"),
        nbformat.v4.new_code_cell(
            "%%step one\nimport pathlib, time\npathlib.Path('began').touch()\ntime.sleep(2)\nx = 1"
        ),
        nbformat.v4.new_code_cell(
            "%%step two\nimport sys\nassert not {'sqlalchemy', 'psycopg'} & set(sys.modules)\ny = x + 1"
        ),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), root / "work.ipynb")
    address = own_server.make_database()
    open_hub(Project(root), address).close()
    command = [sys.executable, "-m", "nbops", "run", "work.ipynb"]
    with subprocess.Popen(
        command, env={**os.environ, "NBOPS_HUB": address}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        deadline = time.monotonic() + 120
        while not (root / "began").exists() and time.monotonic() < deadline and run.poll() is None:
            time.sleep(0.02)
        own_server.kill()
        said = run.communicate()[0]
    own_server.start()
    listed = call("runs", "--json", NBOPS_HUB=address)

    assert run.returncode == 0, said
    assert "later" in said
    assert PASSWORD not in said
    assert listed.stdout.count('"status": "passed"') == 1, listed.stdout + listed.stderr
    with open_hub(Project(root), address) as hub, open_hub(Project(root), "alone.db") as alone:
        ingest(alone, Project(root))
        assert dump(hub) == dump(alone)


def test_who_may_only_open_a_hub_of_this_revision_is_told(postgres: Server, root: Path) -> None:
    """A role that owns no tables makes none, and migrates none."""
    address = postgres.make_database()
    name = address.rpartition("/")[2]
    postgres.do("DROP ROLE IF EXISTS guest", f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'")
    guest = with_password(postgres.address(name, "guest"))
    with pytest.raises(HubVersionError, match="there is no hub yet, and this role may not make it"):
        open_hub(Project(root), guest)
