"""What changed since the last good run, and which steps of a notebook's file are stale, as the command line tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.doors.verbs import report
from nbops.engine.production.notebook import run
from nbops.records import Status

Write = Callable[..., Path]

CELLS = (
    "%load_ext nbops\nimport pandas as pd",
    "%%params\nfactor: int = 2",
    "LIMIT = 100",
    "%%step load\norders = pd.read_csv('orders.csv')",
    "%%step clean\nkept = orders.dropna().assign(amount=lambda t: t.amount * factor)",
    "%%step check\nassert kept.amount.max() < LIMIT, 'likely'\nassert len(kept) == 3, 'three'",
)
GOOD = "id,amount\n1,10.0\n2,20.0\n3,30.0\n"


def typed(*words: str) -> str:
    """Return what a command prints."""
    return CliRunner().invoke(main, words, catch_exceptions=False).output


def stale() -> dict[str, str]:
    """Return which steps of the notebook are stale, and why."""
    found: dict[str, str] = json.loads(typed("show", "nb.ipynb", "--json"))["stale"]
    return found


def test_one_screen_tells_what_changed(write: Write, project: Path) -> None:
    """Code, parameters, files, columns, rows and values; the card says it in a line."""
    (project / "orders.csv").write_text(GOOD)
    assert run(write(*CELLS), report=False).status is Status.PASSED
    (project / "orders.csv").write_text(
        GOOD.replace("3,30.0", "3,").replace("amount", "amount,note").replace("0\n", "0,x\n")
    )
    write(*CELLS[:4], CELLS[4].replace("t.amount * factor", "t.amount + factor"), CELLS[5])
    failed = run("nb.ipynb", params={"factor": 3}, report=False)
    told = typed("show", failed.run)
    findings = json.loads(typed("show", failed.run, "--json"))["findings"]

    assert "came in at load (orders)" in told.replace("\n       ", " ")
    assert "changed: code of clean, parameter factor, orders.csv" in told.replace("\n       ", " ")
    assert "packages unchanged" in told.replace("\n       ", " ")
    assert "-kept = orders.dropna().assign(amount=lambda t: t.amount * factor)" in told
    assert {c["what"] for c in findings["changes"]["schema"]} == {"column orders.note", "column kept.note"}
    profile = {c["what"]: (c["before"], c["now"]) for c in findings["changes"]["profile"]}
    assert profile["rows of kept"] == ("3", "2")
    assert "mean of kept.amount" in profile


def test_the_report_tells_it_too(write: Write, project: Path) -> None:
    """Where it came in, what changed, the difference of the code."""
    (project / "orders.csv").write_text(GOOD)
    run(write(*CELLS), report=False)
    write(*CELLS[:4], CELLS[4].replace("dropna()", "head(2)"), CELLS[5])
    failed = run("nb.ipynb", report=False)
    page = report(failed.run).read_text()

    assert "Where it came in" in page
    assert "Changed since last good" in page
    assert "kept = orders.head(2)" in page


def test_nothing_is_stale_after_a_run(write: Write, project: Path) -> None:
    """Nor when comments and layout changed."""
    (project / "orders.csv").write_text(GOOD)
    run(write(*CELLS), report=False)
    write(*CELLS[:4], CELLS[4] + "  # comment", CELLS[5])

    assert stale() == {}


def test_a_step_is_stale_when_its_code_changed_and_so_is_what_follows(write: Write, project: Path) -> None:
    """The reason is told, in the notebook's view and in that of its newest run."""
    (project / "orders.csv").write_text(GOOD)
    run(write(*CELLS), report=False)
    write(*CELLS[:4], CELLS[4].replace("* factor", "/ factor"), CELLS[5])

    assert stale() == {"clean": "its code changed", "check": "it needs clean, which is stale"}
    assert "stale  its code changed" in typed("show", "nb.ipynb")
    assert "stale: clean: its code changed" in typed("show", "last")


def test_plain_cells_files_and_parameters_count(write: Write, project: Path) -> None:
    """A default that the run was not given counts, one that it was given does not."""
    (project / "orders.csv").write_text(GOOD)
    run(write(*CELLS), report=False)
    (project / "orders.csv").write_text(GOOD + "4,1.0\n")
    assert stale()["load"] == "orders.csv changed"

    (project / "orders.csv").write_text(GOOD)
    write(CELLS[0], CELLS[1], "LIMIT = 90", *CELLS[3:])
    assert stale() == {"check": "cell 3 changed: LIMIT"}

    write(CELLS[0], CELLS[1].replace("2", "3"), *CELLS[2:])
    assert stale() == {"clean": "cell 2 changed: factor", "check": "it needs clean, which is stale"}
    write(*CELLS)
    run("nb.ipynb", params={"factor": 2}, report=False)
    write(CELLS[0], CELLS[1].replace("2", "3"), *CELLS[2:])
    assert stale() == {}
