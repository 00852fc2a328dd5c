"""What the tests of the store share: each runs on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nbops.records import Record, to_json
from nbops.store import schema
from nbops.store.hub import Hub, open_hub
from nbops.store.intake import prepare, take
from nbops.store.journal import Entry
from nbops.store.project import Project
from tests.postgres import Server, server

TEMPLATE = "empty_hub"  # made once: copying it is quicker than making its tables again


@dataclass
class Hubs:
    """Where the hubs of one test are: in files of its project, or each in a database of its own."""

    root: Path
    server: Server | None = None
    _made: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def is_postgres(self) -> bool:
        """Whether they are in PostgreSQL."""
        return self.server is not None

    def address(self, project: Project, name: str = "") -> str:
        """Return the address of the hub of that name; the project's own when it is empty."""
        if self.server is None:
            return name
        key = (str(project.root), name) if not Path(name).is_absolute() else ("", name)
        if key not in self._made:
            self._made[key] = self.server.make_database(TEMPLATE)
        return self._made[key]

    def open(self, project: Project, name: str = "") -> Hub:
        """Open the hub of that name; the project's own when it is empty."""
        return open_hub(project, self.address(project, name))

    def holding(self, *runs: Iterable[Record], root: Path | None = None) -> Hub:
        """Return a new hub that knows the records of *runs*."""
        hub = self.fresh(root or self.root)
        with hub.write() as connection:
            for some in runs:
                journal = uuid.uuid4().hex
                entries = [Entry(f"{journal}-{n}", r, json.dumps(to_json(r))) for n, r in enumerate(some, start=1)]
                take(connection, [prepare(entry) for entry in entries])
        return hub

    def fresh(self, root: Path) -> Hub:
        """Return an empty hub: in memory, or a database of its own."""
        return open_hub(Project(root), self.server.make_database(TEMPLATE) if self.server else "sqlite://")

    def emptied(self, hub: Hub) -> Hub:
        """Return *hub* without its rows."""
        with hub.write() as connection:
            for table in schema.metadata.sorted_tables:
                connection.execute(table.delete())
        return hub

    def do(self, project: Project, *statements: str) -> None:
        """Run *statements* in the database of the project's own hub, past nbops."""
        address = self.address(project)
        if self.server:
            self.server.do(*statements, database=address.rpartition("/")[2])
            return
        import sqlite3

        with sqlite3.connect(project.hub_file) as plain:
            for statement in statements:
                plain.execute(statement)
        plain.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Give the one server of this session."""
    with server() as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSFILE", str(found.pgpass))
        found.do(f"CREATE DATABASE {TEMPLATE}")
        open_hub(Project(Path("/")), found.address(TEMPLATE)).close()
        yield found


@pytest.fixture
def postgres(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Give the server, with its password in a file that PostgreSQL's library reads."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PGPASSFILE", str(postgres_server.pgpass))
    return postgres_server


@pytest.fixture(params=["sqlite", "postgresql"])
def hubs(request: pytest.FixtureRequest, tmp_path: Path) -> Hubs:
    """Give the places of hubs, in each kind of database."""
    return Hubs(tmp_path, request.getfixturevalue("postgres") if request.param == "postgresql" else None)
