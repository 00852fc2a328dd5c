"""Row functions in real kernels: the account stands everywhere, and the rows that were left out are found again."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import nbops
from nbops.doors.cli import main
from nbops.errors import NothingSelected
from nbops.pipeline.row_flows import flows
from nbops.pipeline.run import RunState
from nbops.records import STEP_MIME, StepFinished
from nbops.store.hub import open_hub
from nbops.store.project import Project
from tests.notebooks.conftest import WriteNotebook

IMPORTS = "%load_ext nbops\nimport pandas as pd\nfrom nbops import keep, drop, join, dedupe, failing"
LOAD = (
    "%%step load\n"
    "flights = pd.DataFrame({'flight': [1, 2, 2, 3, 4], 'carrier': ['UA', 'AA', 'AA', '??', 'UA'],"
    " 'dep_time': [517.0, 5.0, 5.0, 7.0, None]}, index=list('abcde'))\n"
    "carriers = pd.DataFrame({'carrier': ['UA', 'AA'], 'name': ['United', 'American']})"
)
CLEAN = (
    "%%step clean\n"
    "once = dedupe(flights, 'flight')\n"
    "flown = drop(once, once.dep_time.isna(), 'cancelled')\n"
    "named = join(flown, carriers, on='carrier', expect='m:1')\n"
)


def record_of(state: RunState, step: str) -> StepFinished:
    """Return the record of a step."""
    found = next(one.record for one in state.steps if one.name == step)
    assert found is not None
    return found


def test_the_partner_finds_the_records_that_are_missing(project: Path, write: WriteNotebook) -> None:
    """A run says how many rows went and why, and gives them back, whole and with their labels."""
    nbops.run(write(IMPORTS, LOAD, CLEAN, name="flights.ipynb"))
    missing = nbops.excluded("flights::clean::cancelled")
    unknown = nbops.excluded("flights@last::clean::without a match in carriers")

    expected = pd.DataFrame({"flight": [4], "carrier": ["UA"], "dep_time": [float("nan")]}, index=["e"])
    pd.testing.assert_frame_equal(missing, expected)
    assert missing.attrs["reason"] == "cancelled"
    assert missing.attrs["table"] == "once"
    assert unknown.carrier.tolist() == ["??"]
    with pytest.raises(NothingSelected) as caught:
        nbops.excluded("flights::clean::canceled")
    assert "::clean::cancelled" in caught.value.fix
    with pytest.raises(NothingSelected, match="no rows were left out"):
        nbops.excluded("flights::load")


def test_the_account_stands_in_the_record_the_output_and_the_hub(project: Path, write: WriteNotebook) -> None:
    """Three places, one truth: from five rows to two, every reason named, and a test that it adds up."""
    state = nbops.run(write(IMPORTS, LOAD, CLEAN, name="flights.ipynb"))
    record = record_of(state, "clean")
    (flow,) = flows([record])
    output = (project / state.output).read_text(encoding="utf-8")
    with open_hub(Project(project)) as hub:
        from_hub = record_of(hub.run(state.run), "clean")

    assert [(entry.reason, entry.rows) for entry in flow.entries if entry.kind == "dropped"] == [
        ("duplicate", 1),
        ("cancelled", 1),
        ("without a match in carriers", 1),
    ]
    assert (flow.start.name, flow.start_rows, flow.end.name, flow.end.rows) == ("flights", 5, "named", 2)
    assert flow.unexplained == 0
    assert [(test.name, test.kind, str(test.status)) for test in record.tests] == [
        ("join of flown with carriers is m:1", "account", "passed"),
        ("rows of named are accounted for", "account", "passed"),
    ]
    assert from_hub.accounts == record.accounts
    shown = CliRunner().invoke(main, ["show", "flights@last"]).output
    step = CliRunner().invoke(main, ["show", "flights::clean"]).output
    report = Path(nbops.report("flights")).read_text(encoding="utf-8")

    assert STEP_MIME in output
    assert "rows 5 - 1 duplicate - 1 cancelled - 1 without a match in carriers = 2 reconciles" in output
    assert "1 without a match in carriers = 2 reconciles" in " ".join(shown.split())
    assert "= 2 reconciles" in step
    assert f"nbops.excluded(&#34;{state.run[:6]}" in report
    assert 'class="nbops-rows"' in report


def test_what_goes_without_an_account_is_told(project: Path, write: WriteNotebook) -> None:
    """A table that is filtered by other means between two calls warns, and the run goes on."""
    quiet = (
        "%%step clean\n"
        "flown = drop(flights, flights.dep_time.isna(), 'cancelled')\n"
        "flown = flown[flown.flight != 3]\n"
        "flown = dedupe(flown, 'flight')\n"
    )
    state = nbops.run(write(IMPORTS, LOAD, quiet, name="flights.ipynb"))
    (test,) = record_of(state, "clean").tests

    assert (str(state.status), test.name) == ("warned", "rows of flown are accounted for")
    assert test.why == "1 row went out without an account"


def test_a_failed_step_keeps_what_it_left_out(project: Path, write: WriteNotebook) -> None:
    """The rows that were left out are what one wants to see of a step that failed."""
    fails = (
        "%%step clean\nflown = keep(flights, flights.dep_time.notna(), 'cancelled')\nassert len(flown) == 5, 'all flew'"
    )
    begins = "%%step clean\ncounted = len(flights)"  # a cell of the same step that leaves out nothing
    state = nbops.run(write(IMPORTS, LOAD, begins, fails, name="flights.ipynb"))

    assert str(state.status) == "failed"
    assert nbops.excluded("flights").flight.tolist() == [4]


def test_the_dataflow_reads_row_functions(write: WriteNotebook) -> None:
    """They read their tables and change none: only the name that a result is bound to is made."""
    pipeline = nbops.read(write(IMPORTS, LOAD, CLEAN, name="flights.ipynb"))
    clean = next(step for step in pipeline.steps if step.name == "clean")

    assert {name for edge in pipeline.edges if edge.source == "load" for name in edge.names} == {"flights", "carriers"}
    assert clean.outputs == ("once", "flown", "named")


def test_a_resumed_run_still_finds_them(project: Path, write: WriteNotebook) -> None:
    """A step that is not run again has left out what it left out in the run before."""
    fails = "%%step last\nassert len(named) == 3, 'three are named'"
    state = nbops.run(write(IMPORTS, LOAD, CLEAN, fails, name="flights.ipynb"))
    write(IMPORTS, LOAD, CLEAN, fails.replace("3", "2"), name="flights.ipynb")
    again = nbops.resume(state.run[:8])

    assert record_of(again, "clean").remark.startswith("↺")
    assert nbops.excluded(f"{again.run[:8]}::clean::cancelled").flight.tolist() == [4]


def test_the_command_line_shows_and_writes_what_was_left_out(project: Path, write: WriteNotebook) -> None:
    """By the reason in the place of a test: a step says what there is, a file holds all of it with its labels."""
    state = nbops.run(write(IMPORTS, LOAD, CLEAN, name="flights.ipynb"))
    step = CliRunner().invoke(main, ["show", "flights::clean"]).output
    shown = CliRunner().invoke(main, ["show", "flights::clean::cancelled"])
    facts = json.loads(CliRunner().invoke(main, ["show", "flights::clean::cancelled", "--json"]).output)
    written = CliRunner().invoke(main, ["show", "flights::clean", "-o", "gone.csv"])
    CliRunner().invoke(main, ["show", "flights::clean::cancelled", "-o", "cancelled.parquet"])

    assert f"1 cancelled                    nbops show {state.run[:6]}::clean::cancelled" in step
    assert shown.output.startswith(
        "1 row of clean left out: cancelled\n     flight  carrier  dep_time\n  e       4  UA"
    )
    assert (facts["reason"], facts["rows"], facts["examples"]["labels"]) == ("cancelled", 1, ["e"])
    assert written.output == "gone.csv: 3 rows\n"
    assert pd.read_csv("gone.csv").reason.tolist() == ["duplicate", "cancelled", "without a match in carriers"]
    assert pd.read_parquet("cancelled.parquet").index.tolist() == ["e"]


def test_rows_that_cannot_be_written_are_refused(project: Path, write: WriteNotebook) -> None:
    """Another kind of file, a reason that nobody gave, columns that do not go together."""
    mixed = (
        "%%step mix\none = keep(flights, 'flight > 2', 'a')\n"
        "two = keep(one.astype({'carrier': object}).assign(carrier=7), 'flight > 3', 'b')"
    )
    nbops.run(write(IMPORTS, LOAD, mixed, name="flights.ipynb"))
    refused = [["flights::mix", "-o", "gone.xlsx"], ["flights::mix::c"], ["flights::mix", "-o", "gone.parquet"]]
    said = [CliRunner().invoke(main, ["show", *words]) for words in refused]

    assert "known: .csv, .parquet" in said[0].output
    assert "did you mean" in said[1].output or "known: " in said[1].output
    assert "gone.csv, or the rows of one reason alone" in said[2].output
    assert not list(project.glob("gone.*"))
