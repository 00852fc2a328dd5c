"""The doctor: what works here, what is missing, and what to type."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from nbops.doors.doctor import Finding, examine
from nbops.settings import Settings
from nbops.store.project import Project

CommandLine = Callable[..., Result]


def found(project: Path, settings: Settings = Settings()) -> dict[str, Finding]:  # noqa: B008 (frozen)
    """Return what the doctor finds, by name."""
    return {finding.name: finding for finding in examine(Project(project), settings)}


def kernel(folder: Path, name: str, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a kernel that starts *program*."""
    place = folder / "share" / "kernels" / name
    place.mkdir(parents=True)
    spec = {"argv": [program, "-m", "ipykernel"], "display_name": name, "language": "python"}
    (place / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(folder / "share"))


def test_this_environment_lacks_nothing(nbops: CommandLine, project: Path) -> None:
    """Where the tests run everything is installed: exit code 0, and looking creates nothing."""
    done = nbops("doctor", "--json")
    told = json.loads(done.stdout)

    assert (done.exit_code, told["is_well"]) == (0, True)
    assert {"python", "nbops", "kernel python3", "papermill", "JupyterLab", "hub", "journals", "file system"} <= {
        finding["name"] for finding in told["findings"]
    }
    assert not (project / ".nbops").exists()


def test_a_kernel_whose_program_is_gone_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel of a deleted environment is named with what removes it."""
    kernel(project, "old", "/nowhere/bin/python", monkeypatch)

    assert found(project)["kernel old"].fix == "jupyter kernelspec remove old"


def test_a_kernel_without_nbops_is_told_what_to_install(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's own interpreter is asked, and its own pip is named."""
    bare = project / "bare" / "bin" / "python"
    bare.parent.mkdir(parents=True)
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    kernel(project, "bare", str(bare), monkeypatch)
    finding = found(project)["kernel bare"]

    assert (finding.status, finding.fix) == ("note", f"{bare} -m pip install nbops")
    assert "ModuleNotFoundError" in finding.seen


def test_a_kernel_of_another_environment_with_nbops_is_well(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is that nbops can be imported there."""
    other = project / "other" / "bin" / "python"
    other.parent.mkdir(parents=True)
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    kernel(project, "other", str(other), monkeypatch)

    assert found(project)["kernel other"].status == "ok"


@pytest.mark.parametrize("says", ["echo hello", "true"])
def test_a_program_that_is_no_python_is_not_taken_for_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    """What it answers is no version, so nothing is said about it."""
    wrapper = project / "bin" / "python-in-docker"
    wrapper.parent.mkdir(parents=True)
    wrapper.write_text(f"#!/bin/sh\n{says}\n")
    wrapper.chmod(0o755)
    kernel(project, "wrapped", str(wrapper), monkeypatch)
    finding = found(project)["kernel wrapped"]

    assert (finding.status, "cannot be seen from here" in finding.seen) == ("note", True)


def test_a_broken_hub_is_a_lack_with_its_cure(nbops: CommandLine, project: Path) -> None:
    """Exit code 2, and what to type."""
    (project / ".nbops").mkdir()
    (project / ".nbops" / "hub.db").write_bytes(b"broken" * 1000)
    done = nbops("doctor")

    assert done.exit_code == 2
    assert "missing: hub" in done.stdout
    assert "nbops hub rebuild" in done.stdout


def test_places_that_cannot_be_written_are_lacks(project: Path) -> None:
    """Without a journal nothing is recorded."""
    (project / ".nbops").write_text("in the way")
    finding = found(project)["journals"]

    assert (finding.status, ".nbops/journal" in finding.seen) == ("lack", True)


def test_a_hub_elsewhere_is_looked_at(project: Path) -> None:
    """The setting decides which hub is examined."""
    assert found(project, Settings(hub="deep/my.db"))["hub"].seen == "deep/my.db (made with the first run)"
