"""A run's id is enough to find it, from any folder of the user's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import nbops as package
from nbops.errors import ReferenceNotFound
from nbops.store.journal import Journal
from nbops.store.known import remember
from nbops.store.project import Project
from nbops.testing import records

CommandLine = Callable[..., Result]
Ran = Callable[..., str]


def run_in(root: Path, run: str, notebook: str = "other.ipynb") -> Project:
    """Return a known project in which the run *run* failed."""
    root.mkdir()
    (root / "pyproject.toml").touch()
    project = Project(root)
    journal = Journal(project)
    for record in records(notebook, run=run, failing="clean"):
        journal.append(record)
    journal.close()
    remember(project)
    return project


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return the root of another project, which knows the run ``b21c77…``."""
    return run_in(tmp_path.with_name(f"{tmp_path.name}-elsewhere"), "b21c77" + "0" * 26).root


@pytest.mark.parametrize("ref", ["b21c77", "other@b21c77", "b21c77" + "0" * 26])
def test_show_finds_a_run_of_another_project(nbops: CommandLine, elsewhere: Path, ref: str) -> None:
    """The card is the same as there, and a note says whose run it is."""
    done = nbops("show", ref)

    assert (done.exit_code, done.stderr) == (0, f"note: read from the project {elsewhere}\n")
    assert "other@b21c77" in done.stdout
    assert f"nbops -C {elsewhere} run other.ipynb" in " ".join(done.stdout.split())


def test_show_finds_a_step_of_a_run_of_another_project(nbops: CommandLine, elsewhere: Path) -> None:
    """A REF goes on behind the id."""
    assert '"step": "clean"' in nbops("show", "b21c77::clean", "--json", "-q").stdout


def test_the_report_is_written_where_the_run_is(nbops: CommandLine, elsewhere: Path) -> None:
    """Its project holds it, not the folder that it was asked for in."""
    done = nbops("report", "b21c77")

    assert done.stdout.strip() == str(elsewhere / ".nbops" / "runs" / "b21c77000000" / "report.html")
    assert Path(done.stdout.strip()).is_file()
    assert not Path(".nbops").exists()


def test_stop_finds_a_run_of_another_project(nbops: CommandLine, elsewhere: Path) -> None:
    """It is found, and its state is told."""
    assert "other@b21c77 is over: failed" in nbops("stop", "b21c77").stderr


def test_python_finds_it_too(nbops: CommandLine, elsewhere: Path) -> None:
    """``nbops.show`` and ``nbops.report`` take the same ids."""
    assert getattr(package.show("b21c77"), "name", "") == "other"
    assert package.report("b21c77").is_relative_to(elsewhere)


def test_the_project_at_hand_comes_first(nbops: CommandLine, elsewhere: Path, project: Path) -> None:
    """A run that it knows is meant, whoever else knows one that begins the same."""
    journal = Journal(Project(project))
    for record in records("mine.ipynb", run="b21c77" + "1" * 26):
        journal.append(record)
    journal.close()

    assert "mine@b21c77 passed" in nbops("show", "b21c77").stdout


def test_a_hub_that_is_named_is_the_one_that_is_meant(
    nbops: CommandLine, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither ``--hub`` nor ``NBOPS_HUB`` is looked past."""
    assert nbops("show", "b21c77", "--hub", str(tmp_path / "x.db")).exit_code == 4
    monkeypatch.setenv("NBOPS_HUB", str(tmp_path / "x.db"))

    assert nbops("show", "b21c77").exit_code == 4
    with pytest.raises(ReferenceNotFound):
        package.show("b21c77")


def test_an_id_that_begins_runs_of_two_projects_means_neither(
    nbops: CommandLine, elsewhere: Path, tmp_path: Path
) -> None:
    """Both are shown by their full names."""
    second = run_in(tmp_path.with_name(f"{tmp_path.name}-second"), "b21c77" + "2" * 26, "second.ipynb").root
    done = nbops("show", "b21c77")

    assert done.exit_code == 4
    assert f"other@b21c77{'0' * 26} in {elsewhere}" in done.stderr
    assert f"second@b21c77{'2' * 26} in {second}" in done.stderr


def test_a_project_that_cannot_be_read_stands_in_nobodys_way(
    nbops: CommandLine, elsewhere: Path, tmp_path: Path
) -> None:
    """The run of another one is found all the same; where none is found, it is named."""
    broken = run_in(tmp_path.with_name(f"{tmp_path.name}-broken"), "a" * 32)
    broken.hub_file.write_text("no database" * 1000)
    done, missed = nbops("show", "b21c77"), nbops("show", "c0ffee")
    note = f"note: the project {broken.root} cannot be looked at: "

    assert (done.exit_code, note in done.stderr) == (0, False)
    assert note in missed.stderr


def test_an_id_that_nobody_knows_is_told_as_ever(nbops: CommandLine, elsewhere: Path) -> None:
    """The hub at hand is the one that is named."""
    done = nbops("show", "c0ffee")

    assert done.exit_code == 4
    assert "'c0ffee' is neither a notebook that ran nor a run" in done.stderr
