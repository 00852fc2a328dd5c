"""Parameters as typed: ``-p NAME VALUE``, ``-p NAME=VALUE``, ``-f FILE``."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbops.doors.cli.parameters import join_pairs, read_parameters
from nbops.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["-p", "day", "2013-01-01"], ["-p", "day=2013-01-01"]),
        (["-p", "day=2013-01-01"], ["-p", "day=2013-01-01"]),
        (["-p", "low", "-5"], ["-p", "low=-5"]),
        (["-p", "query", "a=b"], ["-p", "query=a=b"]),
        (["-p", "empty="], ["-p", "empty="]),
        (["-p", "text", ""], ["-p", "text="]),
        (["nb.ipynb", "-p", "a", "1", "out.ipynb", "-p", "b=2"], ["nb.ipynb", "-p", "a=1", "out.ipynb", "-p", "b=2"]),
        (["--", "-p", "a", "b"], ["--", "-p", "a", "b"]),
        (["-p"], ["-p"]),
    ],
)
def test_two_words_mean_the_same_as_one(typed: list[str], meant: list[str]) -> None:
    """Both spellings end as one word, values that look like flags or hold ``=`` included."""
    assert join_pairs(typed) == meant


def test_a_name_without_a_value_is_told_what_is_missing() -> None:
    """The error shows what to type."""
    with pytest.raises(UsageError, match="'day' has no value"):
        join_pairs(["-p", "day"])


def test_what_is_typed_wins_over_the_file(tmp_path: Path) -> None:
    """A file gives values with their types, the command line gives text over it."""
    file = tmp_path / "p.yml"
    file.write_text("day: 2013-01-01\nlimit: 5\nnames: [a, b]\n")

    assert read_parameters(("limit=7",), str(file)) | {"day": None} == {"day": None, "limit": "7", "names": ["a", "b"]}
    assert read_parameters((), None) == {}


@pytest.mark.parametrize("content", ["- a\n- b\n", "just text", "a: [1"])
def test_a_file_that_holds_no_names_is_usage(tmp_path: Path, content: str) -> None:
    """A list, a text and broken YAML are no parameters."""
    file = tmp_path / "p.yml"
    file.write_text(content)

    with pytest.raises(UsageError):
        read_parameters((), str(file))


def test_json_is_read_as_well(tmp_path: Path) -> None:
    """A JSON file is a YAML file."""
    file = tmp_path / "p.json"
    file.write_text('{"limit": 5}')

    assert read_parameters((), str(file)) == {"limit": 5}
