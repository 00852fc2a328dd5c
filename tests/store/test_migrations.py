"""The tables through time, and what opening a hub costs."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic.script import ScriptDirectory

from nbops.errors import HubError
from nbops.records import CheckResult, DatasetSeen, Failure, RunStarted, Status, StepFinished, StepStarted
from nbops.store import migrations, schema
from nbops.store.hub import Hub, open_hub
from nbops.store.ingest import ingest
from nbops.store.migrations import migrate
from nbops.store.project import Project
from nbops.testing import records
from tests.store.conftest import Hubs
from tests.store.contents import dump, write

PASSED = CheckResult("whole", Status.PASSED)
REVISIONS = [s.revision for s in ScriptDirectory(migrations.__path__[0]).walk_revisions()][::-1]


def tables(connection: sqlalchemy.Connection) -> dict[str, Any]:
    """Return the columns and indexes of every table behind *connection*."""
    inspector = sqlalchemy.inspect(connection)
    return {
        name: (
            sorted(_column(c) for c in inspector.get_columns(name)),
            sorted(inspector.get_pk_constraint(name)["constrained_columns"]),
            sorted(_index(i) for i in inspector.get_indexes(name)),
        )
        for name in inspector.get_table_names()
    }


def _column(column: Any) -> tuple[str, str, str, bool]:
    return column["name"], str(column["type"]), getattr(column["type"], "collation", None) or "", column["nullable"]


def _index(index: Any) -> tuple[str, tuple[str, ...], str]:
    options = index.get("dialect_options", {})
    where = options.get("sqlite_where", options.get("postgresql_where", ""))
    return index["name"], tuple(index["column_names"]), str(where)


def go_to(hub: Hub, revision: str) -> None:
    """Bring the tables of *hub* to a revision, older or newer."""
    with hub.write() as connection:
        migrate(connection, hub.where, revision)


def test_migrations_lead_to_the_tables_that_a_new_hub_gets_both_ways(hubs: Hubs, tmp_path: Path) -> None:
    """Walking down through every revision and up again ends where a new hub begins."""
    with hubs.fresh(tmp_path) as hub:
        with hub.read() as connection:
            new = tables(connection)
        seen = []
        for revision in (*reversed(REVISIONS[:-1]), "base", *REVISIONS):
            go_to(hub, revision)
            with hub.read() as connection:
                seen.append(tables(connection))

        assert seen[-1] == new
        assert hub.version == schema.REVISION
        down, up = seen[: len(REVISIONS) - 1], seen[len(REVISIONS) : -1]
        assert down == list(reversed(up))
        assert list(seen[len(REVISIONS) - 1]) == ["alembic_version"]


def test_a_hub_that_went_back_and_came_again_answers_as_before(hubs: Hubs, tmp_path: Path) -> None:
    """Counts of datasets and attempts are made again from what stayed; only what pruned runs were is lost."""
    project = Project(tmp_path)
    write(project, *records(run="a", failing="clean"), DatasetSeen(time.time(), "a", "clean", "orders", rows=3))
    write(project, *records(run="b"), DatasetSeen(time.time(), "b", "clean", "orders", rows=4))
    with hubs.open(project) as hub:
        ingest(hub, project)
        before, listed = dump(hub), hub.datasets()
        go_to(hub, "0004")
        go_to(hub, "head")

        assert dump(hub) == before
        assert [one.runs for one in listed] == [2]
        assert hub.datasets() == listed


def test_an_older_hub_is_migrated_when_it_is_opened(tmp_path: Path) -> None:
    """A hub at the very beginning of time, stamped and empty, is brought up to date."""
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as plain:
        plain.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    plain.close()
    with open_hub(Project(tmp_path), "old.db") as hub:
        assert (hub.version, hub.runs()) == (schema.REVISION, [])


def test_runs_of_the_first_revision_learn_how_many_tests_they_had(hubs: Hubs, tmp_path: Path) -> None:
    """The first tables did not count tests that warned; they are counted when such a hub is opened."""
    project = Project(tmp_path)
    tests = (CheckResult("a", Status.PASSED), CheckResult("b", Status.WARNED), CheckResult("c", Status.WARNED))
    run = "r" * 32
    write(
        project,
        RunStarted(at=1.0, run=run, kind="batch", notebook="nb.ipynb"),
        StepFinished(at=2.0, run=run, step="s", status=Status.WARNED, tests=tests),
    )
    with hubs.open(project) as hub:
        ingest(hub, project)
        go_to(hub, "0001")

    with hubs.open(project) as hub:
        (seen,) = hub.runs()
        assert (hub.version, seen.tests_passed, seen.tests_failed, seen.tests) == (schema.REVISION, 1, 0, 3)


def test_the_second_revision_is_migrated_to_what_a_new_hub_would_hold(hubs: Hubs, tmp_path: Path) -> None:
    """Rows of cells that the clock had chosen, set back during the step, are chosen again by their attempt."""
    project, run = Project(tmp_path), "r" * 32
    write(
        project,
        RunStarted(at=100.0, run=run, kind="batch", notebook="n.ipynb", steps=("load", "save")),
        StepStarted(at=101.0, run=run, step="load"),
        StepFinished(at=102.0, run=run, step="load", status=Status.ERROR, failure=Failure("OSError")),
        StepStarted(at=103.0, run=run, step="load", attempt=2),
        StepFinished(at=50.0, run=run, step="load", status=Status.PASSED, attempt=2, seconds=2.0, tests=(PASSED,)),
        StepFinished(at=60.0, run=run, step="save", status=Status.PASSED, tests=(PASSED,)),
    )
    with hubs.open(project) as hub:
        ingest(hub, project)
        new = dump(hub)
        go_to(hub, "0002")
    hubs.do(
        project,
        "UPDATE part SET (at, number, entry, status, seconds, tests_passed, tests) ="
        " (SELECT at, number, id, 'running', 0.0, 0, 0 FROM entry WHERE at = 103) WHERE step = 'load'",
        "UPDATE run SET tests_passed = 1, tests = 1",
    )

    with hubs.open(project) as hub:
        assert dump(hub) == new


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """A wrong address never puts tables into somebody's database."""
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as plain:
        plain.execute("CREATE TABLE orders (id INTEGER)")
    plain.close()
    with pytest.raises(HubError, match="no hub: it holds orders") as caught:
        open_hub(Project(tmp_path), "shop.db")

    assert "NBOPS_HUB" in caught.value.fix


def test_opening_a_hub_loads_no_alembic(tmp_path: Path) -> None:
    """Neither making a hub nor opening it again pays for the tool that migrates."""
    code = (
        "import sys; from pathlib import Path\n"
        "from nbops.store.hub import open_hub; from nbops.store.project import Project\n"
        f"for _ in range(2): open_hub(Project(Path({str(tmp_path)!r}))).close()\n"
        "assert not {m for m in sys.modules if m.split('.')[0] in ('alembic', 'pandas', 'nbformat', 'papermill')}\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
