"""Roles of a hub in PostgreSQL: what each may do is proven on a real server, with the statements of the page."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from nbops.errors import HubError, HubVersionError
from nbops.ops.incidents import ack
from nbops.ops.notices import announce, deliver
from nbops.records import Act, SourceSeen
from nbops.store import schema
from nbops.store.grants import ROLES, grants
from nbops.store.hub import Hub, open_hub
from nbops.store.incidents import incidents
from nbops.store.ingest import ingest
from nbops.store.project import Project
from nbops.store.rebuild import rebuild
from nbops.testing import records
from tests.postgres import PASSWORD, Server
from tests.store.contents import write

PAGE = Path(__file__).parents[2] / "docs" / "hub_on_postgresql.md"
DAY = 86_400.0


@pytest.fixture
def address(postgres: Server) -> str:
    """Return the address of a hub that its owner made, and in which each role has its rights."""
    found = postgres.make_database()
    open_hub(Project(Path("/")), found).close()
    for kind in ROLES:
        role = f"nbops_{kind}"
        is_known = postgres.do(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'")
        new = () if is_known else (f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'",)
        postgres.do(*new, *grants(kind, role), database=found.rpartition("/")[2])
    lines = postgres.pgpass.read_text().splitlines()
    more = [lines[0].replace(":nbops:", f":nbops_{kind}:") for kind in ROLES]
    postgres.pgpass.write_text("\n".join(dict.fromkeys([*lines, *more])) + "\n")
    return found


def opened(project: Project, address: str, kind: str) -> Hub:
    """Open the hub as a role."""
    return open_hub(project, address.replace("nbops@", f"nbops_{kind}@"))


def test_the_page_tells_the_statements_that_are_tested() -> None:
    """What the owner is told to say is what follows from the tables."""
    page = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    lacking = [s for kind in ROLES for s in grants(kind, f"nbops_{kind}") if s not in page]

    assert lacking == []


def test_every_table_is_read_by_every_role() -> None:
    """A table that is added later is not forgotten."""
    for kind in ROLES:
        selected = next(s for s in grants(kind, "r") if "SELECT" in s)
        assert all(f"public.{name}" in selected for name in schema.metadata.tables)


def test_a_reader_reads_and_writes_nothing(address: str, tmp_path: Path) -> None:
    """Lists and states are there; taking in, pruning and any statement past nbops are refused."""
    project = Project(tmp_path)
    write(project, *records(run="known", at=time.time() - 9 * DAY))
    with open_hub(project, address) as owner:
        ingest(owner, project)
    write(project, *records(run="new"))
    with opened(project, address, "reader") as hub:
        assert [run.run for run in hub.runs()] == ["known"]
        assert hub.run("known").status.is_good
        assert (hub.may_write, hub.may_prune) == (False, False)
        with pytest.raises(HubError, match="can only be read"):
            ingest(hub, project)
        with pytest.raises(HubError, match="may not forget"):
            hub.prune(DAY, keep=0, dry=False)
        for name in schema.metadata.tables:
            with pytest.raises(HubError, match="this role may not do that"), hub.write() as connection:
                connection.exec_driver_sql(f"DELETE FROM {name}")
        assert [run.run for run in hub.runs()] == ["known"]


def test_a_runner_takes_in_and_forgets_nothing(address: str, tmp_path: Path) -> None:
    """What machines tell comes in; an act that prunes waits in its journal for the owner, and stops no other."""
    project = Project(tmp_path)
    write(project, *records(run="old", at=time.time() - 9 * DAY))
    with opened(project, address, "runner") as hub:
        assert ingest(hub, project).problems == ()
        with pytest.raises(HubError, match="may not forget"):
            hub.prune(DAY, keep=0, dry=False)
        with pytest.raises(HubError, match="this role may not do that"):
            rebuild(hub, project)
        write(project, Act(time.time(), "prune", who="eve", detail={"runs": "old"}))
        write(project, *records(run="new"))
        found = ingest(hub, project)

        assert len(found.problems) == 1
        assert "let the hub's owner take it in" in found.problems[0]
        assert {run.run for run in hub.runs()} == {"old", "new"}
    with open_hub(project, address) as owner:
        assert ingest(owner, project).problems == ()
        assert {run.run for run in owner.runs()} == {"new"}


def test_a_runner_keeps_incidents_and_tells_of_them_and_a_reader_sees_them(address: str, tmp_path: Path) -> None:
    """Errors get their numbers, notices leave, acts and looks at sources come in by the rights of a runner."""
    project = Project(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.nbops.notices.routes.team]\nto = "file:told"\n', encoding="utf-8")
    write(project, *records("sales.ipynb", run="bad", failing="clean", env="prod"))
    write(project, SourceSeen(time.time(), "feed", "on time"))
    with opened(project, address, "runner") as hub:
        ingest(hub, project)
        assert (announce(hub), len(deliver(hub)), announce(hub)) == (1, 1, 0)
        assert ack(hub, 1, "on it").state == "acknowledged"
    write(project, *records("sales.ipynb", run="worse", failing="load", env="prod"))
    with open_hub(project, address) as owner:
        ingest(owner, project)
    with opened(project, address, "reader") as hub:
        assert [(one.number, one.state) for one in incidents(hub)] == [(1, "acknowledged")]  # nobody looked since


def test_only_the_owner_migrates(address: str, tmp_path: Path, postgres: Server) -> None:
    """A hub of an older revision is refused to others with what to do, and opened to them once the owner was there."""
    project = Project(tmp_path)
    with open_hub(project, address) as hub, hub.write() as connection:
        from nbops.store.migrations import migrate

        migrate(connection, hub.where, "0004")
    for kind in ROLES:
        with pytest.raises(HubVersionError, match=r"revision 0004.*this role may not migrate it") as caught:
            opened(project, address, kind)
        assert "owner" in caught.value.fix
    open_hub(project, address).close()
    postgres.do(*grants("reader", "nbops_reader"), database=address.rpartition("/")[2])
    with opened(project, address, "reader") as hub:
        assert (hub.version, hub.runs()) == (schema.REVISION, [])
