"""The known projects: remembered when a run starts, forgotten when they are gone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbops.store import known
from nbops.store.known import known_projects, remember
from nbops.store.project import Project, state_folder


def project_at(root: Path) -> Project:
    """Return a project in which something ran."""
    project = Project(root)
    project.journals.mkdir(parents=True)
    return project


def test_the_project_that_ran_last_comes_first(tmp_path: Path) -> None:
    """A project is known once, however often it ran."""
    old, new = project_at(tmp_path / "old"), project_at(tmp_path / "né w")
    remember(new)
    remember(old)
    for file, at in zip(sorted((state_folder() / "projects").iterdir(), key=os.path.getmtime), (1, 2), strict=True):
        os.utime(file, (at, at))
    remember(new)

    assert known_projects() == [new, old]


def test_a_project_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    """Its entry goes when somebody looks."""
    gone = project_at(tmp_path / "gone")
    remember(gone)
    gone.journals.rmdir()

    assert known_projects() == []
    assert list((state_folder() / "projects").iterdir()) == []


def test_only_the_newest_projects_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list stays small."""
    monkeypatch.setattr(known, "MOST_PROJECTS", 2)
    for name in "abc":
        remember(project_at(tmp_path / name))

    assert len(known_projects()) == 2


def test_a_state_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered, and nothing is known."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    remember(project_at(tmp_path / "project"))

    assert known_projects() == []


def test_the_state_folder_is_the_one_of_the_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    """``XDG_STATE_HOME`` counts when it is absolute, as its specification says; else it is below the home."""
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/ann")

    assert state_folder() == Path("/home/ann/.local/state/nbops")
