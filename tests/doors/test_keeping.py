"""``nbops hub`` and ``nbops hub key`` as they are typed: where artifacts are, what sharing saves, and the key."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nbops.doors.cli import main
from nbops.errors import UsageError
from nbops.store.artifacts import Artifacts, KeptStep
from nbops.store.codecs import freeze
from nbops.store.project import Project

CommandLine = Callable[..., Result]


@pytest.fixture
def shared(project: Path) -> None:
    """Keep one value of two runs, and one of the second alone."""
    artifacts = Artifacts(Project(project))
    for run, values in (("one", "a"), ("two", "ab")):
        kept = tuple(artifacts.put((name,), freeze(name * 1_000_000)) for name in values)
        artifacts.note(KeptStep("key", run, run, 5.0, kept))


@pytest.mark.usefixtures("shared")
def test_the_hub_says_what_is_kept_and_what_sharing_saves(nbops: CommandLine) -> None:
    """In words, and in numbers with --json."""
    text = nbops("hub").stdout
    facts = json.loads(nbops("hub", "--json").stdout)["artifacts"]

    assert "2 values of 2 runs, 2 MB; 1 MB saved, because equal values are kept once" in text
    assert "a file appears under its name when all of it is on the disk" in text
    assert (facts["values"], facts["runs"], facts["bytes"], facts["bytes_saved"]) == (2, 2, 2_000_004, 1_000_002)


@pytest.mark.usefixtures("shared")
def test_the_hub_names_another_place(nbops: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the setting says."""
    monkeypatch.setenv("NBOPS_ARTIFACT_STORE", "memory://kept")

    assert "artifacts memory://kept: 0 values of 0 runs" in nbops("hub").stdout


def test_a_place_that_cannot_be_is_an_error_of_usage(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    """With the setting to change."""
    monkeypatch.setenv("NBOPS_ARTIFACT_STORE", "nowhere://kept")
    done = CliRunner().invoke(main, ["hub"])

    assert done.exit_code == 4
    assert "the setting artifact_store" in done.stderr


def test_the_key_is_printed_and_taken_over(nbops: CommandLine, project: Path) -> None:
    """A key that is here is given up only with --yes; what is no key is refused."""
    mine = nbops("hub", "key").stdout
    again = nbops("hub", "key").stdout
    (project / "other").write_text(f"nbops-key-{'ab' * 32}\n")
    (project / "torn").write_text("nbops-key-ab\n")
    codes = [nbops("hub", "key", "--import", *words).exit_code for words in (["other"], ["torn"], ["other", "--yes"])]

    assert mine == again
    assert codes == [4, 4, 0]
    assert nbops("hub", "key").stdout.strip() == f"nbops-key-{'ab' * 32}"
    assert "was that key already" in nbops("hub", "key", "--import", "other").stdout


def test_a_file_that_is_no_text_is_no_key(nbops: CommandLine, project: Path) -> None:
    """Bytes that nobody printed are refused as usage, and the key that is here stays."""
    mine = nbops("hub", "key").stdout
    Path("noise").write_bytes(bytes(range(256)) * 100)

    with pytest.raises(UsageError, match="no key of a hub"):
        main.main(["hub", "key", "--import", "noise"], standalone_mode=False)
    assert nbops("hub", "key").stdout == mine


def test_a_run_says_that_nothing_of_it_is_kept(
    nbops: CommandLine, notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on where the place for its results cannot be, but whoever relies on resume must know."""
    monkeypatch.setenv("NBOPS_ARTIFACT_STORE", "nowhere://kept")
    done = nbops("run", "sales.ipynb")

    assert done.exit_code == 0
    assert "note: what steps leave is not kept, and nothing can be restored" in done.output


@pytest.mark.usefixtures("shared")
def test_pruning_says_what_stays_although_no_run_needs_it(nbops: CommandLine, project: Path) -> None:
    """A value that was written a moment ago stays: somebody may be about to list it."""
    words = ("hub", "prune", "--artifacts", "--older-than", "0s", "--keep", "0", "--max-size", "0")
    would, done = nbops(*words).stdout, nbops(*words, "--yes").stdout
    stays = f"2 MB stay in {project / '.nbops/artifacts'} (2 MB of it is of no run, but younger than 10 minutes"

    assert f"0 values of 2 runs, 0 B would be discarded; {stays}" in would
    assert f"0 values of 2 runs, 0 B discarded; {stays}" in done
    assert len(list((project / ".nbops/artifacts/objects").glob("*/*"))) == 2
