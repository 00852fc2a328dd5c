"""The first hour: from a plain notebook that nobody tested to a run that failed, was mended and passed.

Played through the real command line, each command in a process of its own, with no configuration at all.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

PLAIN = Path(__file__).parents[1] / "release" / "weekly_sales.ipynb"


class Person:
    """Somebody at a shell in the folder of their notebook."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def types(self, *words: str, cwd: Path | None = None) -> tuple[int, str]:
        """Type a command of nbops; return its exit code, and what is seen."""
        environ = {**os.environ, "COLUMNS": "140", "IPYTHONDIR": str(self.folder / ".ipython")}
        command = [sys.executable, "-m", "nbops.doors.cli", *words]
        done = subprocess.run(
            command, cwd=cwd or self.folder, env=environ, capture_output=True, text=True, check=False, timeout=120
        )
        return done.returncode, done.stdout + done.stderr

    def edits(self, notebook: str, before: str, after: str) -> None:
        """Change the text of the one cell that holds *before*."""
        path = self.folder / notebook
        content = json.loads(path.read_text(encoding="utf-8"))
        found = [cell for cell in content["cells"] if before in "".join(cell["source"])]
        assert len(found) == 1, before
        found[0]["source"] = "".join(found[0]["source"]).replace(before, after)
        path.write_text(json.dumps(content), encoding="utf-8")

    def sees_rows(self) -> int:
        """Return how many rows the database has."""
        with sqlite3.connect(self.folder / "sales.db") as connection:
            return int(connection.execute("select count(*) from sales_weekly").fetchone()[0])


@pytest.fixture
def ann(tmp_path: Path) -> Person:
    """Return a data scientist with a plain notebook and the feeds it reads; neither git nor pyproject is there."""
    shutil.copy(PLAIN, tmp_path)
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "orders.csv").open("w", newline="") as file:
        rows = ([i % 280, i % 19, f"2024-0{1 + i % 6}-{1 + i % 28:02d}", f"{5 + i * 37 % 211}"] for i in range(300))
        csv.writer(file).writerows([["Order ID", "Customer ID", "Date", "Amount"], *rows])
    with (tmp_path / "data" / "customers.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["customer_id", "region"], *([i, ("EU", "US")[i % 2]] for i in range(19))])
    return Person(tmp_path)


def test_the_first_hour_from_a_plain_notebook_to_a_passed_run(ann: Person) -> None:
    """Run, adopt, run, choose, fail, look, mend, pass: every command does what the last one promised."""
    # a notebook without steps runs whole, is recorded, and one line points to adopt
    code, seen = ann.types("run", "weekly_sales.ipynb")
    assert code == 0, seen
    assert re.search(r"weekly_sales@[0-9a-f]+ passed +37 cells · 0 steps · 0 tests", seen)
    assert "hint: nothing is tested yet. `nbops adopt weekly_sales.ipynb` proposes steps" in seen
    rows, best = ann.sees_rows(), (ann.folder / "best_customers.csv").read_bytes()

    # adopt shows a diff, runs nothing and changes nothing; then it writes
    plain = (ann.folder / "weekly_sales.ipynb").read_bytes()
    code, seen = ann.types("adopt", "weekly_sales.ipynb")
    assert (code, (ann.folder / "weekly_sales.ipynb").read_bytes()) == (0, plain)
    assert "+%%step write_sales_weekly" in seen
    assert "10 steps, 5 parameters, 4 sinks in steps of their own" in seen
    code, seen = ann.types("adopt", "weekly_sales.ipynb", "--write")
    assert (code, "next: nbops run weekly_sales.ipynb" in seen) == (0, True)

    # the adopted notebook is a pipeline, and runs to the same tables
    code, seen = ann.types("show", "weekly_sales")
    assert (code, "10 steps · 2 tests · 5 parameters" in seen) == (0, True), seen
    (ann.folder / "sales.db").unlink()
    code, seen = ann.types("run", "weekly_sales.ipynb")
    assert code == 0, seen
    assert "10 steps: 10 passed · 2 tests" in seen
    assert (ann.sees_rows(), (ann.folder / "best_customers.csv").read_bytes()) == (rows, best)

    # a part of it, for other parameters, from another folder
    code, seen = ann.types("run", str(ann.folder / "weekly_sales.ipynb"), "--until", "merged", "-p", "weeks", "4",
                           cwd=ann.folder.parent)  # fmt: skip
    assert code == 0, seen
    assert "3 steps: 3 passed" in seen

    # a test is written; the data break it, and nothing is published
    ann.edits("weekly_sales.ipynb", "weekly.head()", "assert (weekly.revenue > 1_000), 'every week earns'")
    (ann.folder / "best_customers.csv").unlink()
    code, seen = ann.types("run", "weekly_sales.ipynb")
    assert code == 1, seen
    assert all(word in seen for word in ("WHAT", "every week earns", "WHERE", "step by_week", "SINCE", "exit 1"))
    assert not (ann.folder / "best_customers.csv").exists()

    # what is wrong now, the card, the report
    code, seen = ann.types("status")
    assert (code, "by_week" in seen) == (0, True), seen
    code, seen = ann.types("show", "weekly_sales@last-failed::by_week")
    assert (code, "every week earns" in seen) == (0, True), seen
    code, seen = ann.types("report", "weekly_sales@last-failed")
    assert (code, "every week earns" in Path(seen.strip()).read_text(encoding="utf-8")) == (0, True)

    # mended, passed
    ann.edits("weekly_sales.ipynb", "weekly.revenue > 1_000", "weekly.revenue > 0")
    code, seen = ann.types("run", "weekly_sales.ipynb", "--junit", "junit.xml")
    assert code == 0, seen
    assert "10 steps: 10 passed · 3 tests" in seen
    assert "every week earns" in (ann.folder / "junit.xml").read_text(encoding="utf-8")
    code, seen = ann.types("runs", "--json")
    assert [run["status"] for run in json.loads(seen)] == ["passed", "failed", "passed", "passed", "passed"]
