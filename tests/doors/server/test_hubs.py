"""The hubs that a server holds open: which project is meant, and what becomes of them while they are looked at."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nbops.doors.server.hubs import Hubs
from nbops.errors import HubError, UsageError
from nbops.store.hub import Hub
from nbops.store.journal import Journal
from nbops.store.project import Project
from nbops.testing import records


def record(root: Path, notebook: str) -> None:
    """Let a run of a notebook be recorded in the project at *root*."""
    journal = Journal(Project(root))
    for one in records(notebook):
        journal.append(one)
    journal.close()


def names(hubs: Hubs, folder: str = "") -> set[str | None]:
    """Return the notebooks that ran, as the hub of a folder knows them now."""
    return {run.notebook for run in hubs.of(folder).ask(Hub.runs)}


def test_each_folder_means_the_project_around_it(project: Path) -> None:
    """A folder, or a file in it, means the nearest project; folders of one project share one open hub."""
    inner = project / "inner"
    (inner / "deep").mkdir(parents=True)
    (inner / "pyproject.toml").touch()
    record(project, "outer.ipynb")
    record(inner, "inner.ipynb")
    hubs = Hubs(project)

    assert (names(hubs), names(hubs, "inner/deep")) == ({"outer.ipynb"}, {"inner.ipynb"})
    assert hubs.of("inner") is hubs.of("inner/deep") is hubs.of("inner/a notebook that is gone.ipynb")
    assert [hubs.folder_of(folder) for folder in ("", "inner/deep/x.ipynb", "other/x.ipynb")] == ["", "inner", ""]
    hubs.close()


@pytest.mark.parametrize("folder", ["..", "/etc", "inner/../../.."])
def test_nothing_outside_is_shown(project: Path, folder: str) -> None:
    """A folder beside the one that the server shows is refused."""
    with pytest.raises(UsageError, match="not below"):
        Hubs(project).of(folder)


def test_what_is_recorded_meanwhile_is_taken_in(project: Path) -> None:
    """A hub that was empty knows the first run, and the next one too; its state tells of each."""
    hubs = Hubs(project)
    states = [hubs.of().state()]
    assert names(hubs) == set()
    for notebook in ("first.ipynb", "second.ipynb"):
        record(project, notebook)
        while notebook not in names(hubs):
            pass
        states.append(hubs.of().state())

    assert len(set(states)) == 3
    hubs.close()


def test_a_hub_that_was_removed_is_made_anew(project: Path) -> None:
    """Where the file goes away under an open hub, the journals fill another one."""
    record(project, "kept.ipynb")
    hubs = Hubs(project, Project(project), "team.db")
    assert names(hubs, "whatever") == {"kept.ipynb"}
    for file in project.glob("team.db*"):
        file.unlink()

    assert names(hubs) == {"kept.ipynb"}
    assert (project / "team.db").is_file()
    hubs.close()


def test_a_broken_hub_is_an_error_until_it_is_mended(project: Path) -> None:
    """It is tried again with each question, and its state says what is wrong."""
    record(project, "kept.ipynb")
    (project / ".nbops" / "hub.db").write_text("this is no database, however long one looks at it")
    hubs = Hubs(project)
    with pytest.raises(HubError):
        names(hubs)
    assert hubs.of().state().startswith("error ")
    shutil.move(project / ".nbops" / "hub.db", project / "aside.db")

    assert names(hubs) == {"kept.ipynb"}
    hubs.close()
