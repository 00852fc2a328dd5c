"""What the tests of incidents share: each runs on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import os

import pytest

from nbops.store import schema
from nbops.store.hub import Hub, open_hub
from nbops.store.project import Project
from tests.store.conftest import TEMPLATE, postgres, postgres_server

__all__ = ["each_database", "lose_hub", "own_hub", "postgres", "postgres_server"]


def own_hub(project: Project) -> Hub:
    """Open the hub of a project: the one that ``NBOPS_HUB`` names, as the command line does."""
    return open_hub(project, os.environ.get("NBOPS_HUB", ""))


def lose_hub(project: Project) -> None:
    """Leave of the hub of a project nothing: only its journals are there."""
    if not os.environ.get("NBOPS_HUB"):
        project.hub_file.unlink()
        return
    with own_hub(project) as hub, hub.write() as connection:
        for table in schema.metadata.sorted_tables:
            connection.execute(table.delete())


@pytest.fixture(params=["sqlite", "postgresql"], autouse=True)
def each_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the hub of a test be a file of its project, or a database of its own."""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        monkeypatch.setenv("NBOPS_HUB", server.make_database(TEMPLATE))
