"""The places of a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbops.store import project as project_module
from nbops.store.project import Project, find_project, is_network_file_system


@pytest.mark.parametrize("mark", ["pyproject.toml", ".git"])
def test_the_root_is_the_nearest_folder_with_a_mark(tmp_path: Path, mark: str) -> None:
    """A pyproject.toml or a .git (file or folder) above the notebook makes the root."""
    (tmp_path / mark).touch()
    (tmp_path / "a" / "b").mkdir(parents=True)

    assert find_project(tmp_path / "a" / "b" / "sales.ipynb").root == tmp_path


def test_without_a_mark_the_folder_of_the_notebook_is_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook that stands alone is a project of its own."""
    monkeypatch.chdir(tmp_path)

    assert find_project("sales.ipynb").root == tmp_path
    assert find_project().root == tmp_path


def test_names_are_relative_to_the_root_with_forward_slashes(tmp_path: Path) -> None:
    """A notebook outside of the project keeps its absolute path."""
    project = Project(tmp_path / "in")

    assert project.relative(tmp_path / "in" / "a" / "b.ipynb") == "a/b.ipynb"
    assert project.relative(tmp_path / "in" / ".." / "b.ipynb") == f"{tmp_path}/b.ipynb"


def test_the_hub_lies_in_the_project(tmp_path: Path) -> None:
    """On a local file system everything is in one folder."""
    assert Project(tmp_path).hub_file == tmp_path / ".nbops" / "hub.db"


def test_on_a_network_file_system_the_hub_is_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub goes to the user's state folder, one file for each project; journals stay."""
    monkeypatch.setattr(project_module, "is_network_file_system", lambda _: True)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    one, other = Project(tmp_path / "x" / "sales"), Project(tmp_path / "y" / "sales")

    assert one.hub_file.parent == tmp_path / "state" / "nbops"
    assert one.hub_file.name.startswith("sales-")
    assert one.hub_file != other.hub_file
    assert one.journals.is_relative_to(one.root)


def test_the_mount_that_is_nearest_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path lies on the file system of the longest mount point above it, links followed."""
    (tmp_path / "net" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "net")
    mounts = f"none / ext4 rw 0 0\nserver:/x {tmp_path}/net nfs4 rw 0 0\nnone {tmp_path}/net/deep tmpfs rw 0 0\n"
    monkeypatch.setattr(project_module.Path, "read_text", lambda *_, **__: mounts)
    found = [is_network_file_system(tmp_path / name) for name in ("net", "net/deep", "other", "link/sub")]

    assert found == [True, False, False, True]


def test_an_ignore_file_that_was_left_empty_is_written_again(tmp_path: Path) -> None:
    """A process that was killed between making the file and writing it must not show git the journals for ever."""
    project = Project(tmp_path)
    project.folder.mkdir()
    (project.folder / ".gitignore").touch()

    assert (project.make_folder() / ".gitignore").read_text() == "*\n"
