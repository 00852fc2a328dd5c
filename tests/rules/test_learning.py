"""Baselines in files: learnt, judged by, changed by acts with reasons alone."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.engine.reuse.ruling import judge_outputs
from nbops.errors import UsageError
from nbops.records import Status
from nbops.rules.learning import accept_into, judge_by_baseline, load_baseline, new_baseline
from nbops.rules.mutation import mutate
from tests.rules.verdict.test_baseline import delivery


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a baseline of ten days, beside the rules of a notebook."""
    found = tmp_path / "rules" / "sales" / "orders.baseline.json"
    new_baseline([delivery(day) for day in range(10)], found, reason="the first days")
    return found


def test_a_step_that_yields_a_dataset_is_judged_by_its_baseline(file: Path, tmp_path: Path) -> None:
    """The baseline beside the rules is a test of the step, and says in words what is wrong."""
    good = list(judge_outputs(tmp_path, "sales.ipynb", ["orders"], {"orders": delivery(10)}, 5))
    bad = list(judge_outputs(tmp_path, "sales.ipynb", ["orders"], {"orders": delivery(10).head(0)}, 5))

    assert [result.status for result in good] == [Status.PASSED]
    assert [(result.status, result.name) for result in bad] == [(Status.FAILED, "orders: like its past deliveries")]
    assert "the table has no rows" in bad[0].why


@pytest.mark.parametrize("text", ["{", "", "null", "[" * 100_000])
def test_a_broken_baseline_is_an_error_and_never_passes(file: Path, text: str) -> None:
    """A file that cannot be read is no missing file."""
    file.write_text(text, encoding="utf-8")

    assert judge_by_baseline(file, "orders", delivery(10)).status is Status.ERROR


def test_only_what_passed_is_accepted_by_policy(file: Path) -> None:
    """With the policy to accept what passed, a bad delivery stays out, and so does one whose rules failed."""
    judge_by_baseline(file, "orders", delivery(10), accepts=True)
    judge_by_baseline(file, "orders", delivery(11).head(0), accepts=True)
    judge_by_baseline(file, "orders", delivery(12), accepts=True, is_good=False)

    assert load_baseline(file).memory.batches == 11
    assert [act.act for act in load_baseline(file).log] == ["learnt from 10 deliveries", "accepted"]


def test_nothing_changes_without_a_reason(file: Path) -> None:
    """Accepting without a reason is refused, and so is learning anew over a baseline."""
    with pytest.raises(UsageError, match="reason"):
        accept_into(file, delivery(10), reason=" ")
    with pytest.raises(UsageError, match="already"):
        new_baseline([delivery(0)], file, reason="again")


def test_a_file_is_accepted_from_the_command_line(file: Path, tmp_path: Path) -> None:
    """``nbops rules accept FILE --baseline`` takes a delivery in and says what is no alarm any more."""
    table = tmp_path / "today.csv"
    delivery(10).drop(columns="region").to_csv(table, index=False)

    done = CliRunner().invoke(main, ["rules", "accept", str(table), "--baseline", str(file), "--reason", "no regions"])

    assert done.exit_code == 0, done.output
    assert "the column region is gone" in done.output
    assert json.loads(file.read_text())["log"][-1]["reason"] == "no regions"


def test_damage_is_caught_and_the_figures_are_kept(file: Path, tmp_path: Path) -> None:
    """The test of a rule set damages held-back deliveries in over forty ways, and the file keeps what it found."""
    found = mutate([delivery(day, 120) for day in range(10)])

    assert len(found.kinds) >= 40
    assert found.clean == 3
    assert found.alarms == 0
    assert found.catch_rate > 0.8


def test_too_few_deliveries_are_refused() -> None:
    """Nothing can be held back from three."""
    with pytest.raises(UsageError, match="too few"):
        mutate([pd.DataFrame({"a": [1]})] * 3)


@pytest.mark.parametrize(("day", "is_whole", "code"), [(10, True, 0), (10, False, 1)])
def test_a_file_is_judged_by_a_baseline(file: Path, tmp_path: Path, day: int, is_whole: bool, code: int) -> None:
    """``nbops check FILE --rules BASELINE`` tells the verdict of the baseline, which stays as it was."""
    table, before = tmp_path / "today.parquet", file.read_bytes()
    delivery(day).head(10_000 if is_whole else 0).to_parquet(table)
    done = CliRunner().invoke(main, ["check", str(table), "--rules", str(file)])

    assert done.exit_code == code
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "typed",
    [
        "check today.csv --rules none.baseline.json",
        "rules test none.baseline.json today.csv",
        "rules accept today.csv --baseline none.baseline.json --reason right",
    ],
)
def test_a_baseline_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """A mistyped name passes nothing, and where none was learnt yet the error says how."""
    monkeypatch.chdir(tmp_path)
    delivery(1).to_csv("today.csv", index=False)
    done = CliRunner().invoke(main, typed.split())

    assert done.exit_code == 4
    assert "there is no" in done.output


def test_what_is_odd_is_told_in_words(file: Path) -> None:
    """The first thing that is read of a bad delivery is what is odd, not a score."""
    verdict = judge_by_baseline(file, "orders", delivery(10).drop(columns="region"))

    assert verdict.observed == ""
    assert verdict.why.startswith("the column region is gone")


def test_the_rules_are_tested_from_the_command_line(file: Path, tmp_path: Path) -> None:
    """``nbops rules test`` tells what is caught kind by kind, and the baseline's file keeps the figures."""
    tables = []
    for day in range(4):
        tables.append(str(tmp_path / f"day{day}.csv"))
        delivery(day, 60).to_csv(tables[-1], index=False)

    told = CliRunner().invoke(main, ["rules", "test", str(file), *tables])
    as_json = CliRunner().invoke(main, ["rules", "test", str(file), *tables, "--json"])

    assert told.exit_code == 0, told.output
    assert "1 of 1    column_dropped" in told.output
    assert "false alarms on 0 of 1 clean delivery" in told.output
    assert json.loads(as_json.output)["caught"] == json.loads(file.read_text())["figures"]["caught"]
