"""Deliveries of real runs: judged by their baseline, accepted from what the run kept, and run again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nbops.doors.cli import main
from nbops.engine.production.notebook import run
from nbops.pipeline.run import RunState
from nbops.records import CheckResult, Status
from nbops.rules.learning import load_baseline, new_baseline
from tests.rules.verdict.test_baseline import delivery

Write = Callable[..., Path]
CELLS = (
    "%load_ext nbops",
    "%%params\nday: int = 10",
    "%%step load\nimport pandas as pd\norders = pd.read_parquet(f'day{day}.parquet')",
)


@pytest.fixture
def notebook(write: Write, project: Path) -> Path:
    """Return a notebook that reads the orders of a day, with a baseline of ten days."""
    pytest.importorskip("pyarrow")
    for day in (10, 11):
        delivery(day).to_parquet(project / f"day{day}.parquet")
    delivery(12).drop(columns="region").to_parquet(project / "day12.parquet")
    delivery(10).to_parquet(project / "day13.parquet")
    baseline = project / "rules" / "sales" / "orders.baseline.json"
    new_baseline([delivery(day) for day in range(10)], baseline, reason="the first days")
    return write(*CELLS, name="sales.ipynb")


def log(project: Path) -> list[dict[str, object]]:
    """Return the acts that the baseline's file tells of."""
    found: list[dict[str, object]] = json.loads((project / "rules/sales/orders.baseline.json").read_text())["log"]
    return found


def verdict(state: RunState) -> CheckResult:
    """Return what the baseline said in a run."""
    return next(test for step in state.steps for test in step.tests if test.name == "orders: like its past deliveries")


def rules(*words: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(main, ["rules", *words])


def test_the_delivery_of_a_run_is_accepted(notebook: Path, project: Path) -> None:
    """``nbops rules accept NB/DATASET@RUN`` takes what the run kept; the log tells the run and its parameters."""
    done = run(notebook, report=False)

    told = rules("accept", "sales/orders@last", "--reason", "the day is complete")

    assert told.exit_code == 0, told.output
    assert verdict(done).status is Status.PASSED
    assert (log(project)[-1]["run"], log(project)[-1]["parameters"]) == (done.run, {"day": "10"})
    assert load_baseline(project / "rules/sales/orders.baseline.json").memory.batches == 11


def test_a_delivery_that_stopped_its_run_can_be_accepted(notebook: Path, project: Path) -> None:
    """What alarmed is kept too, for a person to look at; with the run's id the dataset suffices."""
    stopped = run(notebook, params={"day": 12}, report=False)

    told = rules("accept", f"orders@{stopped.run[:8]}", "--reason", "regions are gone for good")

    assert verdict(stopped).status is Status.FAILED
    assert told.exit_code == 0, told.output
    assert "no alarm any more: the column region is gone" in told.output


def test_a_false_alarm_of_a_run_is_widened(notebook: Path, project: Path) -> None:
    """``--false-alarm`` works on the delivery of a run, and the next run of it passes."""
    run(notebook, params={"day": 12}, report=False)

    told = rules("accept", "sales/orders@last", "--false-alarm", "--reason", "a column less is fine")

    assert told.exit_code == 0, told.output
    assert "column_gone|region" in told.output
    assert verdict(run(notebook, params={"day": 12}, report=False)).status is Status.PASSED


def test_a_delivery_is_accepted_once(notebook: Path, project: Path) -> None:
    """The second time is refused: it would make the baseline sure of what it saw once."""
    run(notebook, report=False)
    rules("accept", "sales/orders@last", "--reason", "complete")

    assert "accepted already" in rules("accept", "sales/orders@last", "--reason", "complete").output


def test_a_run_again_of_what_was_accepted_passes(
    notebook: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the policy to accept what passed, the same day run twice passes twice, and enters once."""
    monkeypatch.setenv("NBOPS_ACCEPT", "passed")
    first, again = (run(notebook, report=False) for _ in range(2))

    assert [verdict(state).status for state in (first, again)] == [Status.PASSED, Status.PASSED]
    assert verdict(again).message == "the delivery that was accepted last, once more"
    assert [act["act"] for act in log(project)] == ["learnt from 10 deliveries", "accepted"]


def test_the_rows_of_the_day_before_under_another_day_are_stale(
    notebook: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another parameter says that it should be another delivery."""
    monkeypatch.setenv("NBOPS_ACCEPT", "passed")
    run(notebook, params={"day": 10}, report=False)

    assert "the delivery before once more" in verdict(run(notebook, params={"day": 13}, report=False)).why


def test_what_names_no_dataset_is_refused(notebook: Path, project: Path) -> None:
    """A name alone is no dataset, and one that the run did not keep is told."""
    run(notebook, report=False)

    assert "names no dataset" in rules("accept", "orders", "--reason", "r").output
    assert "'nothing'" in rules("accept", "sales/nothing@last", "--reason", "r").output
