"""Where there is nothing to show: what would be there, one thing to do, and what was read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

CommandLine = Callable[..., Result]
Ran = Callable[..., str]


@pytest.mark.parametrize("words", [["status"], ["runs"], ["runs", "--failed"], ["runs", "--all"]])
def test_an_empty_project_says_how_to_begin(nbops: CommandLine, words: list[str]) -> None:
    """One action, the hub as it is named from here, and the environment; nothing is created by looking."""
    done = nbops(*words)

    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "No run yet",
        "Runs appear here as soon as a notebook runs through nbops.",
        "begin: nbops run NOTEBOOK.ipynb",
        "",
        "read: hub .nbops/hub.db, environment all",
    ]
    assert not Path(".nbops").exists()


@pytest.mark.parametrize("words", [["status", "--env", "prod"], ["runs", "--failed"], ["runs", "--nb", "other"]])
def test_a_list_that_is_empty_by_its_filters_says_so(nbops: CommandLine, ran: Ran, words: list[str]) -> None:
    """The hub knows a run, so nobody is told that there is none."""
    ran()
    text = nbops(*words).stdout

    assert text.startswith("No run fits\n")
    assert "everything: nbops runs --all" in text
    assert f"environment {'prod' if 'prod' in words else 'all'}" in text


@pytest.mark.parametrize("words", [["show"], ["show", "last-failed"], ["show", "b21c77"], ["report"], ["stop", "last"]])
def test_one_thing_of_an_empty_project_is_told_like_its_lists(
    nbops: CommandLine, project: Path, words: list[str]
) -> None:
    """It is an error of usage, with the place that was read and the way to begin."""
    done = nbops(*words, "--env", "test")

    assert done.exit_code == 4
    assert "there is no run yet" in done.stderr
    assert done.stderr.splitlines()[1:] == [
        f"  where: hub {project}/.nbops/hub.db, environment {'all' if 'b21c77' in words else 'test'}",
        "  fix:   nbops run NOTEBOOK.ipynb",
    ]


def test_the_hub_of_an_empty_project_is_named_where_it_will_be(nbops: CommandLine, project: Path) -> None:
    """Looking at it makes no file, and it is not said to be in memory."""
    facts = json.loads(nbops("hub", "--json").stdout)

    assert (facts["hub"], facts["runs"]) == (str(project / ".nbops" / "hub.db"), 0)
    assert not (project / ".nbops").exists()


def test_pruning_nothing_names_what_was_read(nbops: CommandLine, ran: Ran) -> None:
    """The hub and the environment, as every list."""
    ran()

    assert nbops("hub", "prune").stdout.strip().endswith("(hub .nbops/hub.db, environment all)")
