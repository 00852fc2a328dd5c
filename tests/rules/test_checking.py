"""``nbops.check`` and ``nbops check``: a table judged by a file of rules."""

from __future__ import annotations

import json
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import nbops
from nbops.checks.completeness import NotNull
from nbops.doors.cli import main
from nbops.errors import CheckFailed, UsageError
from nbops.frames.files import open_file
from nbops.records import Status


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a table and rules for it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "orders.csv").write_text("id,amount\n1,5\n2,\n2,900\n")
    (tmp_path / "good.yml").write_text("rules:\n- not_null: id\n- row_count: {low: 1}\n")
    (tmp_path / "bad.yml").write_text("rules:\n- unique: id\n- not_null: {column: amount, severity: warn}\n")
    (tmp_path / "odd.yml").write_text("rules:\n- unique: nowhere\n")
    return tmp_path


def command(*arguments: str) -> Result:
    """Run ``nbops check``."""
    return CliRunner().invoke(main, ["check", *arguments])


@pytest.mark.parametrize(("rules", "code"), [("good.yml", 0), ("bad.yml", 1), ("odd.yml", 2), ("none.yml", 4)])
def test_the_exit_code_tells_the_verdict(folder: Path, rules: str, code: int) -> None:
    """0 holds, 1 failed, 2 could not be judged, 4 cannot be meant."""
    assert code == command("orders.csv", "--rules", rules).exit_code


def test_failing_rows_are_told(folder: Path) -> None:
    """What failed comes with the first rows that did."""
    output = command("orders.csv", "--rules", "bad.yml").output

    assert "id is unique: 2 of 3 rows fail" in output
    assert "row 2: id=2, amount=900" in output


def test_json_holds_every_verdict(folder: Path) -> None:
    """Machines read the same."""
    told = json.loads(command("orders.csv", "--rules", "bad.yml", "--json").stdout)

    assert (told["status"], [result["status"] for result in told["results"]]) == ("failed", ["failed", "warned"])


def test_junit_holds_a_case_for_each_rule(folder: Path) -> None:
    """Build servers read the same; what only warns passes there."""
    command("orders.csv", "--rules", "bad.yml", "--junit", "out/report.xml")
    root = ET.parse(folder / "out" / "report.xml").getroot()

    assert (root.get("tests"), root.get("failures")) == ("2", "1")


def test_a_table_is_judged_in_python(folder: Path) -> None:
    """``nbops.check`` takes frames and files, rule files and checks."""
    by_file = nbops.check("orders.csv", rules="bad.yml")
    by_checks = nbops.check(pd.read_csv("orders.csv"), rules=[NotNull("id")])

    assert (by_file.status, by_file.results[0].name) == (Status.FAILED, "orders.id.unique")
    assert by_checks.raise_if_bad() is by_checks
    with pytest.raises(CheckFailed, match="1 of 2 tests failed"):
        by_file.raise_if_bad()


def test_no_rules_are_no_verdict(folder: Path) -> None:
    """Nothing judged is not passed."""
    with pytest.raises(UsageError, match="no rule"):
        nbops.check(pd.read_csv("orders.csv"), rules=[])


@pytest.mark.parametrize("big", [0, 10**9])
def test_a_parquet_file_says_the_same_read_whole_and_in_pieces(folder: Path, big: int) -> None:
    """A big file stays on the disk and is judged there."""
    pd.read_csv("orders.csv").to_parquet("orders.parquet")
    found = nbops.check(open_file("orders.parquet", big=big), rules="bad.yml", name="orders")

    assert [str(result.status) for result in found.results] == ["failed", "warned"]


@pytest.mark.parametrize(("name", "message"), [("none.csv", "no such file"), ("bad.yml", "no kind of table")])
def test_what_is_no_table_file_says_so(folder: Path, name: str, message: str) -> None:
    """The error says what can be read."""
    with pytest.raises(UsageError, match=message):
        open_file(name)


# ── databases, and rules that are found by their name ────────────────────────────────────────────────────────────────


def test_a_table_of_a_database_is_judged_by_the_rules_that_are_kept_for_it(folder: Path) -> None:
    """Its name finds them; the address stands in the JSON."""
    (folder / "rules" / "sales").mkdir(parents=True)
    (folder / "rules" / "sales" / "orders.yml").write_text("rules:\n- unique: id\n")
    with sqlite3.connect(folder / "shop.db") as connection:
        pd.read_csv("orders.csv").to_sql("orders", connection, index=False)
    connection.close()
    done = command("sqlite:///shop.db::orders", "--json")
    told = json.loads(done.stdout)

    assert (done.exit_code, told["results"][0]["name"], told["rules"]) == (
        1,
        "orders.id.unique",
        str(folder / "rules" / "sales" / "orders.yml"),
    )


def test_without_rules_it_says_where_they_would_stand(folder: Path) -> None:
    """No rules are no verdict: exit code 4."""
    (folder / "rules").mkdir()
    (folder / "rules" / "order.yml").write_text("rules:\n- unique: id\n")
    done = command("orders.csv")

    assert (done.exit_code, "did you mean 'order'" in done.stderr) == (4, True)
    assert "rules/orders.yml" in done.stderr


def test_rules_of_two_notebooks_are_not_guessed_between(folder: Path) -> None:
    """Both files are named."""
    for notebook in ("a", "b"):
        (folder / "rules" / notebook).mkdir(parents=True)
        (folder / "rules" / notebook / "orders.yml").write_text("rules:\n- unique: id\n")
    done = command("orders.csv")

    assert (done.exit_code, "rules/a/orders.yml, rules/b/orders.yml" in done.stderr) == (4, True)


def test_what_a_rule_allows_is_told(folder: Path) -> None:
    """A rule that holds only by its tolerance passes, and is named on demand."""
    Path("lenient.yml").write_text("rules:\n- not_null: {column: amount, allow: 1}\n- not_null: id\n")
    shortly, whole = (
        command("orders.csv", "--rules", "lenient.yml"),
        command("orders.csv", "--rules", "lenient.yml", "-v"),
    )

    assert (shortly.exit_code, whole.exit_code) == (0, 0)
    assert "within what rules allow, rows fail: 1 rule, -v says which" in shortly.output
    assert "orders.amount.not_null: 1 of 3 rows fail, allowed are 1 rows" in whole.output
