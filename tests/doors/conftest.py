"""What the tests of the doors share: a project, runs in its journal, and the command line in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nbops.doors.cli import main
from nbops.store.journal import Journal
from nbops.store.project import Project
from nbops.testing import records

CommandLine = Callable[..., Result]
Ran = Callable[..., str]


@pytest.fixture
def nbops(project: Path) -> CommandLine:
    """Return what types a command: ``nbops("runs", "--json")``."""

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, words, catch_exceptions=False)

    return call


@pytest.fixture
def ran(project: Path) -> Ran:
    """Return what writes a run into the project's journal and tells its id."""

    def write(notebook: str = "sales.ipynb", **about: object) -> str:
        journal = Journal(Project(project))
        made = records(notebook, **about)  # type: ignore[arg-type]
        for record in made:
            journal.append(record)
        journal.close()
        return str(getattr(made[0], "run"))  # noqa: B009 (every kind of record of a run has it, acts do not)

    return write


@pytest.fixture
def notebook(project: Path) -> Path:
    """Return a notebook of three steps and one parameter."""
    sources = [
        "%load_ext nbops",
        "%%params\nday: str = '2013-01-01'",
        "%%step load\norders = [day]",
        "%%step clean\nkept = list(orders)\nassert kept, 'something is left'",
        "%%step publish\nprint(kept)",
    ]
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": s, "outputs": [], "execution_count": None}
        for i, s in enumerate(sources)
    ]
    path = project / "sales.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return path
