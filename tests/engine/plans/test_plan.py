"""What a run is to do: its owner, its steps, and what its record says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nbops.engine.plans.plan import find_owner, make_plan, source_hash, started_record
from nbops.errors import NotebookError
from nbops.notebook.cells import Cell, Notebook
from nbops.notebook.pipeline import build
from nbops.settings import Settings
from nbops.store.project import Project


def notebook(*sources: str, path: str = "") -> Notebook:
    """Return a notebook of code cells."""
    return Notebook(path, tuple(Cell(i, f"cell-{i}", "code", source) for i, source in enumerate(sources)))


def git(folder: Path, *arguments: str) -> None:
    """Run git in *folder* as a person of no configuration."""
    who = ["-c", "user.email=ann@example.org", "-c", "user.name=Ann"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def test_the_owner_is_the_setting_then_the_last_committer_then_gits_user(tmp_path: Path) -> None:
    """Each source is asked only when the one before it names nobody."""
    git(tmp_path, "init")
    git(tmp_path, "config", "user.email", "bob@example.org")
    committed, new = tmp_path / "committed.ipynb", tmp_path / "new.ipynb"
    committed.touch()
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "a")

    assert find_owner(Settings(owner="sales"), committed, tmp_path) == "sales"
    assert find_owner(Settings(), committed, tmp_path) == "ann@example.org"
    assert find_owner(Settings(), new, tmp_path) == "bob@example.org"


def test_the_record_says_what_was_given_and_hides_secrets(tmp_path: Path) -> None:
    """Parameters stand in the record as text, defaults too, and a secret only as a sign."""
    source = notebook("%%params\nday: date = date(2013, 1, 1)\nrows: int = 3\ntoken: Secret = ''", "%%step a\nx = rows")
    given = {"token": "hunter2", "rows": "4"}

    plan = make_plan(source, build(source, "nb"), Project(tmp_path), Settings(), parameters=given)

    assert started_record(plan).parameters == {"day": "date(2013, 1, 1)", "rows": "4", "token": "•••"}
    assert started_record(plan).given == ("rows", "token")
    assert plan.secret_values == ("hunter2",)
    assert plan.typed_parameters["rows"] == 4


def test_secrets_that_stand_in_the_code_are_known_unless_others_are_given(tmp_path: Path) -> None:
    """A default counts only when it is the value; the environment's secrets are the kernel's to tell."""
    source = notebook("%%params\ntoken: Secret = 'written'\nother: Secret = 'secret:NOWHERE'", "token: Secret = 'no'")
    pipeline = build(source, "nb")

    def known(**given: str) -> tuple[str, ...]:
        return make_plan(source, pipeline, Project(tmp_path), Settings(), parameters=given).secret_values

    assert (known(), known(token="given")) == (("written",), ("given",))


def test_only_from_and_until_leave_out_what_is_neither_chosen_nor_needed(tmp_path: Path) -> None:
    """The cells of other steps, and plain cells that read what they make, are left out; a note says what is added."""
    source = notebook("%%step a\nx = 1", "%%step b\ny = x", "y + 1", "%%step c\nz = x", "%%test b\nassert y")
    pipeline = build(source, "nb")

    plan = make_plan(source, pipeline, Project(tmp_path), Settings(), only=["c"])

    assert plan.steps == ("a", "c")
    assert {1, 2, 4} <= plan.left_out
    assert not {0, 3} & plan.left_out
    assert plan.notes == ("also runs what comes before: a",)


def test_a_notebook_is_never_its_own_output(tmp_path: Path) -> None:
    """The same file under another name is recognised too."""
    path, link = tmp_path / "nb.ipynb", tmp_path / "link.ipynb"
    path.touch()
    link.symlink_to(path)
    source = notebook("x = 1", path=str(path))

    with pytest.raises(NotebookError, match="replace the notebook itself"):
        make_plan(source, build(source, "nb"), Project(tmp_path), Settings(), output=link)


def test_the_hash_is_of_the_code_alone() -> None:
    """Text cells and ids do not count, a changed cell does."""
    with_text = Notebook("", (Cell(0, "t", "markdown", "text"), Cell(1, "other", "code", "x = 1")))

    assert source_hash(notebook("x = 1")) == source_hash(with_text)
    assert source_hash(notebook("x = 1")) != source_hash(notebook("x = 2"))
