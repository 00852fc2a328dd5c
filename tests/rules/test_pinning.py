"""Missed errors: each becomes a rule, with the rows that it must refuse for ever."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.errors import UsageError
from nbops.rules.pinning import pin, pinned_rules, still_refused
from nbops.rules.reading import read_rules
from tests.rules.verdict.test_baseline import delivery

RULE = "between: {column: price, low: 0, high: 1000}"


def missed() -> pd.DataFrame:
    """Return a delivery with one impossible price."""
    table = delivery(3)
    table.loc[200, "price"] = 1e6
    return table


def test_a_missed_error_becomes_a_rule_with_its_rows(tmp_path: Path) -> None:
    """The rule stands in the rule file, few rows beside it, and why."""
    file = tmp_path / "orders.yml"
    file.write_text("rules:\n  - not_null: id  # the key\n", encoding="utf-8")

    made = pin(file, missed(), RULE, reason="a price of a million", ref="sales/orders@7f3a")

    assert file.read_text(encoding="utf-8") == f"rules:\n  - not_null: id  # the key\n  - {made.rule}\n"
    assert 1e6 in set(pd.read_csv(tmp_path / made.rows).price)
    assert len(pd.read_csv(tmp_path / made.rows)) <= 20
    assert [(one.reason, one.ref) for one in pinned_rules(file)] == [("a price of a million", "sales/orders@7f3a")]


def test_a_rule_about_the_whole_table_keeps_what_it_needs(tmp_path: Path) -> None:
    """A key that stands twice keeps the rows that show it."""
    file, table = tmp_path / "orders.yml", delivery(3)
    made = pin(file, pd.concat([table, table.head(1)]), "unique: id", reason="a row twice")

    assert len(read_rules(file)) == 1
    assert pd.read_csv(tmp_path / made.rows).id.duplicated().any()


def test_a_rule_that_would_miss_the_error_too_is_refused(tmp_path: Path) -> None:
    """Nothing is written then."""
    with pytest.raises(UsageError, match="would miss the error, too"):
        pin(tmp_path / "orders.yml", delivery(3), RULE, reason="r")
    with pytest.raises(UsageError, match="reason"):
        pin(tmp_path / "orders.yml", missed(), RULE, reason=" ")

    assert list(tmp_path.iterdir()) == []


def test_a_weakened_rule_is_found(tmp_path: Path) -> None:
    """Who raises the limit above the error hears of it."""
    file = tmp_path / "orders.yml"
    made = pin(file, missed(), RULE, reason="a price of a million")
    assert still_refused(file) == {made: True}

    file.write_text(file.read_text(encoding="utf-8").replace("1000", "9999999"), encoding="utf-8")

    assert still_refused(file) == {made: False}


def test_a_list_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A damaged list is no empty list."""
    (tmp_path / "orders.pinned.json").write_text("[{}]", encoding="utf-8")

    with pytest.raises(UsageError, match="cannot be read"):
        pinned_rules(tmp_path / "orders.yml")


def test_the_commands_pin_and_test(tmp_path: Path) -> None:
    """``nbops rules pin`` writes the rule; ``nbops rules test`` exits with 1 once its rows pass."""
    table, file = tmp_path / "today.csv", tmp_path / "orders.yml"
    missed().to_csv(table, index=False)
    words = ["rules", "pin", str(table), "--rules", str(file), "--rule", RULE, "--reason", "a price of a million"]
    baseline = str(tmp_path / "orders.baseline.json")

    done = CliRunner().invoke(main, words)
    holds = CliRunner().invoke(main, ["rules", "test", baseline])
    file.write_text("rules:\n  - not_null: id\n", encoding="utf-8")
    lost = CliRunner().invoke(main, ["rules", "test", baseline])
    told = CliRunner().invoke(main, ["rules", "test", baseline, "--json"])

    assert (done.exit_code, holds.exit_code, lost.exit_code) == (0, 0, 1), (done.output, holds.output, lost.output)
    assert "1 of 1 pinned rule still refuse" in holds.output
    assert "a price of a million" in lost.output
    assert json.loads(told.output)["pinned_lost"]
