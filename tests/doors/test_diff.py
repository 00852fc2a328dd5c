"""``nbops diff`` and ``nbops.diff``: files, exit codes, JSON, the page, what is refused."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

import nbops as public
from nbops.errors import UsageError

CommandLine = Callable[..., Result]


@pytest.fixture
def files(project: Path) -> Path:
    """Return a project with two versions of a table."""
    old = pd.DataFrame({"id": range(40), "way": [n * 13 % 41 + 1.5 for n in range(40)], "shop": ["a", "b"] * 20})
    old.to_csv(project / "old.csv", index=False)
    new = old.assign(way=old.way * 1000, loaded="2024-01-02").iloc[::-1]
    new.to_csv(project / "new.csv", index=False)
    return project


def test_the_difference_of_two_files(nbops: CommandLine, files: Path) -> None:
    """The cause stands first; without --exit-code the command succeeds."""
    done = nbops("diff", "old.csv", "new.csv", "--key", "id")

    assert done.exit_code == 0
    assert "Unit changed: way is × 1,000" in done.output.splitlines()[1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["old.csv", "new.csv"], 1),
        (["old.csv", "old.csv"], 0),
        (["old.csv", "new.csv", "--ignore", "way,loaded"], 0),
        (["old.csv", "new.csv", "--ignore", "way", "--ignore", "loaded", "--relative", "0.1"], 0),
    ],
)
def test_the_exit_code_tells_whether_they_differ(nbops: CommandLine, files: Path, words: list[str], code: int) -> None:
    """With --exit-code 1 means that something differs."""
    assert nbops("diff", *words, "--key", "id", "--exit-code").exit_code == code


def test_what_was_not_compared_is_no_pass(nbops: CommandLine, project: Path) -> None:
    """With --exit-code 2 means that nothing was found to differ, and not all could be compared."""
    pd.DataFrame({"id": [1, None, 2], "a": [1, 2, 3]}).to_csv(project / "a.csv", index=False)

    assert nbops("diff", "a.csv", "a.csv", "--key", "id", "--exit-code").exit_code == 2


def test_the_difference_as_json(nbops: CommandLine, files: Path) -> None:
    """One document holds the causes, the columns and the counts."""
    told = json.loads(nbops("diff", "old.csv", "new.csv", "--key", "id", "--json").output)

    assert (told["is_equal"], told["changed"], told["key"]) == (False, 40, ["id"])
    assert told["causes"][0]["kind"] == "unit factor"
    assert [one["kind"] for one in told["schema"]] == ["added"]


def test_the_difference_as_a_page(nbops: CommandLine, files: Path) -> None:
    """-o writes the page."""
    done = nbops("diff", "old.csv", "new.csv", "-o", "out/diff.html")

    assert "written to out/diff.html" in done.output
    assert "<h2>Unit changed: <code>way</code> is × 1,000" in Path("out/diff.html").read_text(encoding="utf-8")


def test_a_table_of_a_database(nbops: CommandLine, files: Path) -> None:
    """URL::TABLE is a version as well."""
    with sqlite3.connect(files / "shop.db") as connection:
        pd.read_csv(files / "old.csv").to_sql("ways", connection, index=False)
    done = nbops("diff", "old.csv", "sqlite:///shop.db::ways", "--key", "id", "--exit-code")

    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["old.csv", "missing"], "names no table"),
        (["old.csv", "odl.csv"], "did you mean 'old.csv'"),
        (["old.csv", "gone/old.csv"], "the folder gone is not there"),
        (["old.csv", "gone.parquet"], "there is no such file"),
        ([".", "new.csv"], "a folder is no table"),
        (["old.csv", "new.csv", "--key", "idd"], "did you mean 'id'"),
        (["old.csv", "orders@7f3a"], "7f3a"),
        (["old.csv", "orders@last"], "no run kept a dataset 'orders'"),
    ],
)
def test_what_names_nothing_is_refused(nbops: CommandLine, files: Path, words: list[str], said: str) -> None:
    """The error says what was meant."""
    done = nbops("diff", *words)

    assert done.exit_code == 4
    assert said in done.output


def test_diff_in_python(files: Path) -> None:
    """``nbops.diff`` takes frames and paths, and returns a record that shows itself."""
    old = pd.read_csv("old.csv")
    found = public.diff(old, "new.csv", key="id")

    assert isinstance(found, public.Comparison)
    assert (found.before.name, found.after.name) == ("before", "new.csv")
    assert "Unit changed" in str(found)
    assert "Unit changed" in found._repr_html_()


def test_diff_refuses_what_is_no_table() -> None:
    """A list is no version of a table."""
    with pytest.raises(UsageError, match="list is no version of a table"):
        public.diff([1], pd.DataFrame())


def test_a_run_that_kept_nothing_is_told_so(nbops: CommandLine, files: Path, ran: Callable[..., str]) -> None:
    """There is no nearest name among none; the run itself says what it did."""
    run = ran("sales.ipynb")
    done = nbops("diff", "sales/orders@last", "new.csv")

    assert done.exit_code == 4
    assert "kept no dataset 'orders'" in done.output
    assert f"nbops show {run[:6]}: it kept no table" in done.output
