"""Shipping journals from a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nbops.store.hub import open_hub
from nbops.store.journal import Journal
from nbops.store.known import known_projects
from nbops.store.project import Project
from nbops.testing import records


def ship(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the module as a kernel does."""
    command = [sys.executable, "-m", "nbops.store.ship", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_shipping_takes_the_journals_in(tmp_path: Path) -> None:
    """One call makes the hub and takes in what is there."""
    journal = Journal(Project(tmp_path))
    for record in records(run="r"):
        journal.append(record)
    journal.close()
    done = ship(str(tmp_path))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with open_hub(Project(tmp_path)) as hub:
        assert [r.run for r in hub.runs()] == ["r"]
    assert known_projects() == [Project(tmp_path)]


def test_shipping_goes_to_the_hub_of_the_settings(tmp_path: Path) -> None:
    """The project's settings say where the hub is."""
    (tmp_path / "pyproject.toml").write_text('[tool.nbops]\nhub = "own.db"\n', encoding="utf-8")

    assert ship(str(tmp_path)).returncode == 0
    assert (tmp_path / "own.db").exists()


def test_shipping_waits_for_no_hub_that_is_away_and_tells_no_password(tmp_path: Path) -> None:
    """An address that nobody answers at is an error of its own process; the journals keep everything."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.nbops]\nhub = "postgresql://ada:geheim@127.0.0.1:1/nbops"\n', encoding="utf-8"
    )
    done = ship(str(tmp_path))

    assert done.returncode == 2
    assert "the hub does not answer" in done.stderr
    assert "geheim" not in done.stderr + done.stdout


def test_trouble_is_told_with_an_exit_code(tmp_path: Path) -> None:
    """A hub that is none is 2, wrong arguments are 4, a problem in a journal is named."""
    (tmp_path / "a" / ".nbops" / "journal").mkdir(parents=True)
    (tmp_path / "a" / ".nbops" / "journal" / "x.jsonl").write_text("{broken\n", encoding="utf-8")
    (tmp_path / "b" / ".nbops").mkdir(parents=True)
    (tmp_path / "b" / ".nbops" / "hub.db").write_bytes(b"garbage " * 1000)

    assert "not a record" in ship(str(tmp_path / "a")).stderr
    assert (ship(str(tmp_path / "b")).returncode, ship().returncode) == (2, 4)
