"""``nbops profile`` and ``nbops suggest``: what they say and write, and that ``nbops check`` reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

import nbops as public
from nbops.errors import UsageError

CommandLine = Callable[..., Result]


@pytest.fixture
def table(project: Path) -> Path:
    """Return a small table in a file."""
    rows = {"id": range(300), "state": ["new", "paid", "sent"] * 100, "amount": [n * 37 % 101 / 4 for n in range(300)]}
    pd.DataFrame(rows).assign(city=["Oslo", "tbd", "Rome"] * 100).to_csv(project / "orders.csv", index=False)
    return project / "orders.csv"


def test_a_profile_in_the_terminal(nbops: CommandLine, table: Path) -> None:
    """Each column has a line with its meaning, and what looks wrong follows."""
    done = nbops("profile", "orders.csv")

    assert done.exit_code == 0
    assert "orders  300 rows · 4 columns · key id" in done.output
    assert re.search(r"amount +float64 +measure +– +101", done.output)
    assert "city: 'tbd' stands where a value is missing, 100 of 300" in done.output


def test_a_profile_with_what_mends(nbops: CommandLine, table: Path) -> None:
    """With -v each finding has its fix and its rule."""
    output = nbops("profile", "orders.csv", "-v").output

    assert "fix:  df['city'] = df['city'].replace('tbd', None)" in output
    assert "rule: - not_in_set: {column: city, values: [tbd]}" in output


def test_a_profile_as_a_page(nbops: CommandLine, table: Path) -> None:
    """The page holds pictures and loads nothing from anywhere."""
    done = nbops("profile", "orders.csv", "-o", "out/page.html")
    page = Path("out/page.html").read_text(encoding="utf-8")

    assert done.exit_code == 0
    assert page.count('<svg class="bars"') == 4
    assert not re.search(r"(?:src|href)=|@import|url\(", page)


def test_a_profile_as_json_is_a_baseline(nbops: CommandLine, table: Path) -> None:
    """What --json prints is read by suggest."""
    Path("march.json").write_text(nbops("profile", "orders.csv", "--json").output, encoding="utf-8")
    done = nbops("suggest", "orders.csv", "--baseline", "march.json", "--json")

    assert json.loads(done.stdout)[0]["suggestions"]["batches"] == 2


def test_what_is_no_table_is_usage(nbops: CommandLine, project: Path) -> None:
    """A missing file, and one of another kind, end with exit code 4 and a fix."""
    with pytest.raises(UsageError, match="no such file"):
        raise _raised(nbops, "profile", "none.csv")


def _raised(nbops: CommandLine, *words: str) -> Exception:
    from nbops.doors.cli import main

    try:
        main.main(list(words), standalone_mode=False)
    except UsageError as error:
        return error
    return AssertionError("nothing was raised")


def test_rules_are_proposed_and_nothing_is_written(nbops: CommandLine, table: Path) -> None:
    """Without --write there is a list of sentences with their price, and no file."""
    done = nbops("suggest", "orders.csv")

    assert "id is never the same in two rows." in done.output
    assert re.search(r"amount is spread as usual\. +5 quantiles of 300 values +fail +\d", done.output)
    assert "nothing is written: --write writes" in done.output
    assert not Path("rules").exists()


def test_written_rules_judge_the_next_table(nbops: CommandLine, table: Path) -> None:
    """The file that is written is judged by ``nbops check``: good for the baseline, bad for a broken batch."""
    written = nbops("suggest", "orders.csv", "--write")
    broken = pd.read_csv(table).assign(amount=lambda t: t.amount * 100)
    broken.to_csv("broken.csv", index=False)

    assert "rules written to" in written.output
    assert nbops("check", "orders.csv", "--rules", "rules/orders.yml").exit_code == 0
    bad = nbops("check", "broken.csv", "--rules", "rules/orders.yml")
    assert bad.exit_code == 1
    assert "amount is spread as usual" in bad.output


def test_a_change_of_rules_is_shown(nbops: CommandLine, table: Path) -> None:
    """Rules that stand are never replaced silently: the difference is shown, with and without --write."""
    nbops("suggest", "orders.csv", "--write")
    assert "says this already" in nbops("suggest", "orders.csv", "--write").output
    pd.read_csv(table).head(250).to_csv(table, index=False)

    for words in (["suggest", "orders.csv"], ["suggest", "orders.csv", "--write"]):
        assert re.search(r"^-.*300 rows.*\n\+.*250 rows", nbops(*words).output.replace("\n#", "\n#"), re.M)


def test_another_budget(nbops: CommandLine, table: Path) -> None:
    """The budget that is asked for is spent and told."""
    found = json.loads(nbops("suggest", "orders.csv", "--budget", "0.001", "--json").stdout)[0]["suggestions"]

    assert (found["budget"], round(found["spent"], 5)) == (0.001, 0.001)


def test_a_notebook_that_never_ran_is_told(nbops: CommandLine, project: Path) -> None:
    """A name that is neither a table nor a notebook that ran says what to type."""
    error = _raised(nbops, "suggest", "sales")

    assert str(error).splitlines()[0] == "there is no such table file, and no notebook of that name ran"
    assert "nbops runs" in str(error)


def test_in_python() -> None:
    """``nbops.profile`` and ``nbops.suggest`` return what the command line prints."""
    frame = pd.DataFrame({"id": range(100), "state": ["new", "paid"] * 50})
    found = public.profile(frame) + public.profile(frame)

    assert (found.rows, found["state"].values.counts) == (200, {"new": 100, "paid": 100})
    assert public.check(frame, public.suggest(frame).checks).status.is_good
    assert repr(public.suggest(frame, name="orders")).startswith("11 rules for orders, 1 false alarm in 100 batches")


def test_a_profile_in_a_narrow_terminal(nbops: CommandLine, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 80 columns the headings, types and numbers stay whole; the picture gives way."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = nbops("profile", "orders.csv").output.splitlines()

    assert lines[1].split() == ["column", "type", "meaning", "nulls", "different", "values"]
    assert any(re.search(r"^amount +float64 +measure +– +101  \d", line) for line in lines)
    assert all(len(line) <= 80 for line in lines)


def test_suggestions_fit_a_narrow_terminal(nbops: CommandLine, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than 80 columns, and each heading stands on a line of its own."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = nbops("suggest", "orders.csv").output.splitlines()

    assert "Hard: wrong however much chance there is" in lines
    assert all(len(line) <= 80 for line in lines)


def test_what_looks_wrong_in_the_baseline_is_told(nbops: CommandLine, table: Path) -> None:
    """Rules take what they learn from for usual; so what looks wrong in it is listed with them."""
    output = nbops("suggest", "orders.csv").output

    assert "The baseline itself looks wrong, and these rules take that for usual:" in output
    assert "city: 'tbd' stands where a value is missing, 100 of 300" in output


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("weekly", "nbops run weekly.ipynb"),
        ("weekly.ipynb", "nbops run weekly.ipynb"),
        ("sqlite:///shop.db::orders", "%nbops suggest df"),
        ("nothing", "nbops runs"),
    ],
)
def test_what_rules_cannot_be_learned_from(nbops: CommandLine, project: Path, given: str, fix: str) -> None:
    """The error says what to type for it: run the notebook, read the database, look at what ran."""
    (project / "weekly.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    done = nbops("suggest", given)

    assert done.exit_code == 4
    assert fix in done.output + done.stderr


def test_a_check_without_rules_says_how_to_get_some(nbops: CommandLine, table: Path) -> None:
    """Where no rules are kept, the command that proposes them is told."""
    done = nbops("check", "orders.csv")

    assert done.exit_code == 4
    assert "propose some: nbops suggest orders.csv --write" in done.output + done.stderr


def test_the_file_names_the_dataset(nbops: CommandLine, table: Path) -> None:
    """With -o the rules belong to the dataset that the file is named for, not to one day's delivery."""
    nbops("suggest", "orders.csv", "-o", "rules/all_orders.yml", "--write")

    assert "dataset: all_orders\n" in Path("rules/all_orders.yml").read_text(encoding="utf-8")
