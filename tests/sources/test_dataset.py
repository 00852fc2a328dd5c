"""Datasets of other pipelines as sources: they arrive when a run that ended well leaves them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbops.errors import UsageError
from nbops.records import ColumnSeen, DatasetSeen, RunFinished, RunStarted, Status, StepFinished
from nbops.sources.definitions import kind
from nbops.sources.model import SOURCES, Asked, Definition, Delivery
from nbops.sources.watching import Watcher
from nbops.store.journal import Journal
from nbops.store.project import Project


def leave(project: Project, at: float, status: Status, rows: int) -> None:
    """Write what a run records that left the table ``orders`` at the moment *at*."""
    run = f"{int(at):032x}"
    journal = Journal(project)
    for record in (
        RunStarted(at - 5, run, "batch", "sales.ipynb"),
        StepFinished(at - 1, run, "load", Status.PASSED),
        DatasetSeen(at, run, "load", "orders", rows=rows, columns=(ColumnSeen("id", quantiles=(1.0, float(rows))),)),
        RunFinished(at + 1, run, status),
    ):
        journal.append(record)
    journal.close()


def test_it_arrives_with_a_run_that_ended_well(tmp_path: Path) -> None:
    """A run that failed delivers nothing, and the same rows again are repeated."""
    project = Project(tmp_path)
    now = datetime(2026, 11, 16, 5, tzinfo=UTC).timestamp()
    definition = Definition("orders", "dataset:sales/orders", by="06:30 UTC")
    watcher = Watcher(project, clock=lambda: now)
    leave(project, now - 86400, Status.PASSED, 100)
    leave(project, now - 3600, Status.FAILED, 105)
    assert watcher.check([definition])[0].waits_until is not None
    leave(project, now - 60, Status.PASSED, 101)
    assert watcher.check([definition])[0].is_here
    now += 86400
    leave(project, now - 60, Status.PASSED, 101)
    assert watcher.check([definition])[0].seen.state == "repeated"


def test_packages_add_kinds_of_sources(tmp_path: Path) -> None:
    """A class with two methods is a kind of source."""

    @SOURCES.register("bell")
    class Bell:
        """A kind of source that a package adds."""

        def check(self, definition: Definition) -> None:
            """Take every definition."""

        def look(self, definition: Definition, asked: Asked) -> list[Delivery]:
            """Ring once."""
            return [Delivery(at=7.0, fingerprint="ding", parts=("bell",))]

    definition = Definition("door", "anything", kind="bell")
    assert [one.at for one in kind(definition).look(definition, Asked(tmp_path))] == [7.0]
    with pytest.raises(UsageError, match="unknown source 'bel'"):
        kind(Definition("door", "anything", kind="bel"))
