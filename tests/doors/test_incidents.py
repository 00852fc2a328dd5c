"""``nbops incidents`` as it is typed."""

from __future__ import annotations

import json
from collections.abc import Callable

from click.testing import Result

CommandLine = Callable[..., Result]
Ran = Callable[..., str]


def test_an_error_in_production_is_listed_told_and_closed(nbops: CommandLine, ran: Ran) -> None:
    """The list, the whole story, each act, and the list again."""
    run = ran(failing="clean", env="prod")
    listed = nbops("incidents").stdout
    shown = nbops("show", "#1").stdout

    assert "✗ #1  open  sales::clean  once" in listed
    assert "ids are unique: 2 of 100 rows failed" in listed
    assert f"sales@{run[:6]}" in shown
    assert "nbops incidents ack 1" in shown
    assert "acknowledged" in nbops("incidents", "ack", "#1", "--reason", "on it").stdout
    assert "acknowledged on it" in nbops("show", "#1").stdout.replace("root ", "")
    assert "fixed by" in nbops("incidents", "close", "1", "--reason", "mended").stdout
    assert "No incident is open" in nbops("incidents").stdout
    assert "#1  fixed" in nbops("incidents", "--all").stdout


def test_programs_read_the_same(nbops: CommandLine, ran: Ran) -> None:
    """One JSON document with every field."""
    ran(failing="clean", env="prod")
    (listed,) = json.loads(nbops("incidents", "--json").stdout)
    shown = json.loads(nbops("show", "#1", "--json").stdout)

    assert (listed["number"], listed["state"], listed["is_open"]) == (1, "open", True)
    assert listed["last"]["name"] == "ids are unique"
    assert [one["step"] for one in shown["occurrences"]] == ["clean"]


def test_an_empty_list_says_what_would_stand_there(nbops: CommandLine, ran: Ran) -> None:
    """And which hub and environment were read."""
    ran(failing="clean")
    text = nbops("incidents").stdout

    assert "No incident is open" in text
    assert "test and prod" in text
    assert "read: hub" in text


def test_what_a_person_found_is_recorded(nbops: CommandLine) -> None:
    """It has no run: its words are what is known."""
    assert "#1  open" in nbops("incidents", "report", "margin is too high", "--dataset", "sales/orders").stdout
    assert "margin is too high" in nbops("show", "#1").stdout


def test_a_number_that_is_none_is_a_usage_error(nbops: CommandLine) -> None:
    """It says where the numbers stand."""
    refused = nbops("incidents", "ack", "first")
    unknown = nbops("show", "#9")

    assert (refused.exit_code, unknown.exit_code) == (4, 4)
    assert "nbops incidents lists them" in refused.output
