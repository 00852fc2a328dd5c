"""A run whose numbers are not like those of earlier runs warns, names them, and shows their charts."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from nbops.doors.verbs import show
from nbops.pipeline.control_chart import ControlChart
from nbops.store.journal import Journal
from nbops.store.project import Project
from tests.doors.conftest import CommandLine
from tests.pipeline.past_runs import MONDAY, past_run, usual_rows

SOURCES = (
    "%load_ext nbops",
    "%%params\nday: date = date(2025, 3, 3)\nrows: int = 1000",
    "%%step load\nimport pandas as pd\nfrom nbops import metric\n"
    "orders = pd.DataFrame({'id': range(rows), 'amount': 1.5})\nmetric('mean amount', orders.amount.mean(), 'EUR')",
)
SECONDS = (2.0, 45.0, 9.0, 90.0, 4.0, 20.0)  # so that no machine is too busy to be usual
NEXT_DAY = MONDAY + dt.timedelta(days=30)  # a Wednesday


@pytest.fixture
def sales(project: Path) -> Path:
    """Return a notebook with 30 daily runs behind it."""
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": s, "outputs": [], "execution_count": None}
        for i, s in enumerate(SOURCES)
    ]
    path = project / "sales.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    journal = Journal(Project(project))
    for n, rows in enumerate(usual_rows(30)):
        day = MONDAY + dt.timedelta(days=n)
        about = {"metrics": {"mean amount": 1.5 + n % 3 / 100}, "seconds": SECONDS[n % 6]}
        for record in past_run(day, rows, parameters={"rows": str(rows)}, **about):  # type: ignore[arg-type]
            journal.append(record)
    journal.close()
    return path


def run(nbops: CommandLine, rows: int, day: dt.date = NEXT_DAY, *more: str) -> tuple[int, dict[str, object], str]:
    """Run the notebook and return the exit code, what it printed as JSON, and its report."""
    done = nbops("run", "sales.ipynb", "-p", f"day={day}", "-p", f"rows={rows}", "--json", *more)
    said = json.loads(done.stdout)
    report = Path(said["report"]).read_text(encoding="utf-8")
    return done.exit_code, said, report


def test_half_of_the_rows_warn_and_are_named_in_the_report(sales: Path, nbops: CommandLine) -> None:
    """A −50 % day passes every test of its own: it is the chart of its rows that tells, and the run warns."""
    code, said, report = run(nbops, 500)

    assert (code, said["status"]) == (0, "warned")
    assert str(said["reason"]).startswith("unusual: rows of orders: 500, usual is ")
    assert '<td class="b">rows of orders</td><td class="n bad">500</td>' in report
    assert 'aria-label="rows of orders: 1 point out of 31' in report
    shown = nbops("show", "last").stdout
    assert "! rows of orders: 500, usual is" in shown
    assert "(30 earlier runs, by weekend)" in shown


def test_a_usual_day_passes_and_its_charts_are_in_the_report(sales: Path, nbops: CommandLine) -> None:
    """Nothing is unusual about a Wednesday with as many rows as other Wednesdays, nor about a quiet Saturday."""
    code, said, report = run(nbops, 1010)
    saturday = run(nbops, 205, MONDAY + dt.timedelta(days=33))[1]

    assert (code, said["status"], saturday["status"]) == (0, "passed", "passed")
    assert "all as usual" in report
    assert '<svg class="nbops-chart"' in report


def test_the_setting_makes_it_a_failure_or_nothing(
    sales: Path, nbops: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``control = "fail"`` exits with 1; ``off`` does not look."""
    monkeypatch.setenv("NBOPS_CONTROL", "fail")
    failed = run(nbops, 500)[:2]
    monkeypatch.setenv("NBOPS_CONTROL", "off")
    passed = run(nbops, 500)[:2]

    assert (failed[0], failed[1]["status"]) == (1, "failed")
    assert (passed[0], passed[1]["status"]) == (0, "passed")


def test_a_dataset_is_shown_by_its_charts(sales: Path, nbops: CommandLine) -> None:
    """``show NB/DATASET`` tells the charts of its rows and nulls; in Python they are values, and a picture."""
    run(nbops, 500)
    told = nbops("show", "sales/orders").stdout
    charts = show("sales/orders")
    table = charts.table()  # type: ignore[union-attr]

    assert "! rows of orders: 500, usual is" in told
    assert [chart.title for chart in charts] == ["rows of orders", "nulls in orders.id", "nulls in orders.amount"]  # type: ignore[union-attr]
    assert isinstance(charts[0], ControlChart)  # type: ignore[index]
    assert (len(table[table.series == "rows of orders"]), table.is_out.sum()) == (31, 1)
    assert "<svg" in charts._repr_html_()  # type: ignore[union-attr]
    assert json.loads(nbops("show", "sales/mean amount", "--json").stdout)["charts"][0]["kind"] == "metric"
    assert nbops("show", "sales/run").stdout.startswith("· time of the run")
    assert nbops("show", "sales/ordres").exit_code == 4


def test_an_accepted_level_begins_anew(sales: Path, nbops: CommandLine) -> None:
    """After the shop halved for good and somebody said so, half of the rows are usual, and all of them are not."""
    first = run(nbops, 500)[1]
    again = run(nbops, 510, NEXT_DAY + dt.timedelta(days=1))[1]
    accepted = nbops("rules", "accept", f"sales/orders@{str(first['run'])[:8]}", "--reason", "a shop closed")
    usual = run(nbops, 495, NEXT_DAY + dt.timedelta(days=2))[1]
    twice = run(nbops, 1000, NEXT_DAY + dt.timedelta(days=7))[1]

    assert accepted.stdout == "a new level begins: rows of orders\n"
    assert [one["status"] for one in (first, again, usual, twice)] == ["warned", "warned", "passed", "warned"]


def test_where_the_hub_cannot_be_read_the_run_says_that_nobody_looked(
    sales: Path, nbops: CommandLine, capfd: pytest.CaptureFixture[str]
) -> None:
    """The verdict of the tests stands, and what is missing is recorded: unknown is never passed in silence."""
    hub = Project(sales.parent).hub_file
    hub.write_text("this is no database, however long one looks at it")
    done = nbops("run", "sales.ipynb", "-p", f"day={NEXT_DAY}", "-p", "rows=500", "--no-color")

    assert done.exit_code == 0
    assert "the control charts were not looked at" in done.output + capfd.readouterr().err
