"""Change logs of real runs: two versions of data, one of each kind of change, told after the second run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nbops.doors.datasets import changelog
from nbops.engine.datasets.pinning import pin
from nbops.engine.production.notebook import run
from nbops.engine.reuse.versions import diff
from nbops.pipeline.run import RunState
from nbops.records import ColumnSeen, DatasetSeen
from nbops.store.hub import open_hub
from nbops.store.ingest import ingest
from nbops.store.project import Project
from tests.notebooks.live_kernel import live_kernel

Write = Callable[..., Path]

FIRST = """%load_ext nbops
import numpy as np
import pandas as pd
version = 1
random = np.random.default_rng(version)

def trips(rows=600):
    return pd.DataFrame({
        "trip_id": np.arange(rows) + version * 10_000,
        "day": pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 90, rows), unit="D"),
        "carrier": random.choice(["AA", "DL", "UA"], rows),
        "distance": random.gamma(2.0, 300.0, rows),
        "seats": random.integers(20, 300, rows),
        "ssn": [f"123-45-{n:04}" for n in range(rows)],
    })"""
KINDS = {
    "added": ("t['fuel'] = 1.5", ("added", "fuel")),
    "removed": ("del t['seats']", ("removed", "seats")),
    "renamed": ("t = t.rename(columns={'distance': 'x17'})", ("renamed", "x17")),
    "retyped": ("t['seats'] = t.seats.astype('str')", ("type", "seats")),
    "moved": ("t = t[[*t.columns[1:], 'trip_id']]", ("order", "trip_id")),
    "nulls": ("t.loc[3:9, 'distance'] = None", ("nulls", "distance")),
    "valued": ("t.loc[:40, 'carrier'] = 'WN'", ("values", "carrier")),
    "converted": ("t['distance'] = t.distance * 1.609344", ("unit", "distance")),
    "grained": ("t['day'] = t.day + pd.to_timedelta(t.index % 24, unit='h')", ("grain", "day")),
    "keyed": ("t = pd.concat([t.assign(leg=1), t.assign(leg=2)], ignore_index=True)", ("key", "")),
    "same": ("pass", None),
}


def notebook(write: Write, version: int) -> Path:
    """Write the notebook whose tables are changed in the second version, each in one way."""
    cells = [
        f"%%step {kind}\nt = trips()\nif version == 2:\n    {code}\n{kind}_table = t\ndel t"
        for kind, (code, _) in KINDS.items()
    ]
    readers = "%%step board\nrows = len(renamed_table)"
    frames = "%%step frames\nimport polars as pl\nfast = pl.from_pandas(same_table)\nlate = fast.lazy().select('seats')"
    return write(FIRST.replace("version = 1", f"version = {version}"), *cells, frames, readers, name="trips.ipynb")


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunState, list[str]]:
    """Run both versions once; return the project, the second run, and what it told beside its records."""
    root = tmp_path_factory.mktemp("project")
    (root / "pyproject.toml").write_text(
        '[tool.nbops]\nmasked = "ssn"\nchangelog = "CHANGELOG-data.md"\nowner = "ada@example.org"\n'
    )

    def write(*cells: str, name: str) -> Path:
        made = [
            {
                "cell_type": "code",
                "id": f"c{at}",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for at, source in enumerate(cells)
        ]
        kernel = {"name": "python3", "display_name": "python3", "language": "python"}
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": made}
        (root / name).write_text(json.dumps(content))
        return root / name

    notes: list[str] = []
    first = run(notebook(write, 1))
    assert first.status == "passed", first.reason
    folder = root / "rules" / "trips"
    folder.mkdir(parents=True)
    (folder / "renamed_table.yml").write_text("rules:\n- unique: trip_id\n")
    (folder / "renamed_table.dictionary.yml").write_text(
        "readers: [board.ipynb]\ncolumns:\n  distance:   # ask Ben\n    meaning: great circle\n    seen: {type: x}\n"
    )
    second = run(notebook(write, 2), on_note=notes.append)
    assert second.status == "passed", second.reason
    return root, second, notes


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_change_is_told(
    two_runs: tuple[Path, RunState, list[str]], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly what was changed is told to have changed, and nothing where nothing was."""
    monkeypatch.chdir(two_runs[0])
    log = changelog(f"trips/{kind}_table")
    wanted = KINDS[kind][1]
    found = [(change.kind, change.column) for entry in log.entries for change in entry.changes]

    assert log.looks == 2
    assert (wanted in found) if wanted else found == []


def test_what_is_compared_names_who_reads_it(
    two_runs: tuple[Path, RunState, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison with what a run kept ends with its readers: steps, and those that the dictionary declares."""
    monkeypatch.chdir(two_runs[0])
    found = diff("trips/renamed_table@last", "trips/renamed_table@last")

    assert found.readers == ("trips::board", "board.ipynb (declared)")
    assert str(found).splitlines()[-1] == "read by trips::board, board.ipynb (declared)"


def test_nothing_of_a_masked_column_is_recorded(two_runs: tuple[Path, RunState, list[str]]) -> None:
    """Its name, type and nulls are known; no value, no hash, no shape."""
    journals = "".join(path.read_text() for path in (two_runs[0] / ".nbops" / "journal").rglob("*.jsonl"))
    looks = [json.loads(line) for line in journals.splitlines() if '"DatasetSeen"' in line]
    masked = [column for look in looks for column in look.get("columns", []) if column["name"] == "ssn"]

    assert "123-45-" not in journals
    assert masked
    assert all(
        set(column) <= {"name", "type", "kind", "meaning", "nulls", "distinct", "is_masked"} for column in masked
    )


def test_what_is_lazy_is_known_by_name_alone(two_runs: tuple[Path, RunState, list[str]]) -> None:
    """A polars frame is looked at as a pandas one is; nothing makes a lazy one compute."""
    project = Project(two_runs[0])
    with open_hub(project) as hub:
        ingest(hub, project)
        seen = {r.name: r for r in hub.records(two_runs[1].run) if isinstance(r, DatasetSeen)}

    assert (seen["fast"].looked, seen["fast"].kind, seen["late"].looked) == (600, "polars.DataFrame", 0)
    assert seen["late"].problem == "the table is lazy: nothing was computed to look at it"
    assert [c.kind for c in seen["fast"].columns] == [c.kind for c in seen["same_table"].columns]
    assert isinstance(seen["fast"].columns[0], ColumnSeen)


def test_the_file_in_git_and_the_dictionary_are_kept_up_to_date(two_runs: tuple[Path, RunState, list[str]]) -> None:
    """The second run added what changed; what people wrote of a renamed column stands under its new name."""
    root, second, notes = two_runs
    text = (root / "CHANGELOG-data.md").read_text()
    words = (root / "rules" / "trips" / "renamed_table.dictionary.yml").read_text()

    assert "- **unit** `distance`: mi → km" in text
    assert f"Run `{second.run[:6]}`" in text
    assert "Read by trips::board, board.ipynb (declared)." in text
    assert "  x17:   # ask Ben\n    meaning: great circle\n    seen: {type: float64, means: measure, " in words
    assert (
        "  trip_id:\n    meaning:\n    unit:\n    seen: {type: int64, means: key, nulls: never null, rules: [unique]}"
        in words
    )
    assert not (root / "rules" / "trips" / "same_table.dictionary.yml").exists()
    assert notes == []


def test_the_report_tells_what_changed_since_the_last_run(two_runs: tuple[Path, RunState, list[str]]) -> None:
    """It stands in the report of a run that passed."""
    root, second, _ = two_runs
    report = (root / ".nbops" / "runs" / second.run[:12] / "report.html").read_text()

    assert "Columns changed since the last run" in report
    assert "trips/renamed_table" in report
    assert "same_table" not in report.split("Columns changed since the last run")[1].split("<h2")[0]


def test_totals_of_a_run_are_pinned_by_its_name(
    two_runs: tuple[Path, RunState, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is what the last good run kept, and the rule file is that of its notebook."""
    monkeypatch.chdir(two_runs[0])
    done = pin("trips/added_table", by="month", totals="distance, seats")

    assert done.rules == two_runs[0] / "rules" / "trips" / "added_table.yml"
    assert done.new == ("2025-01", "2025-02")
    assert pin("added_table").new == ()


def test_the_change_log_below_a_cell(two_runs: tuple[Path, RunState, list[str]]) -> None:
    """``%nbops changelog`` shows text and HTML; a variable's totals are pinned for the notebook's rules."""
    with live_kernel(two_runs[0]) as kernel:
        kernel.run("%load_ext nbops\nimport pandas as pd")
        shown = kernel.run("%nbops changelog trips/renamed_table")
        unknown = kernel.run("%nbops changelog nothing_table")
        kernel.run("t = pd.DataFrame({'day': pd.date_range('2025-01-01', periods=70), 'amount': range(70)})")
        pinned = kernel.run("%nbops pin t --by month")
        data = next(output["data"] for output in shown.outputs if "data" in output)

    assert "→ renamed  x17" in data["text/plain"]
    assert "<table" in data["text/html"]
    assert "no dataset 'nothing_table'" in unknown.traceback
    assert pinned.stdout.startswith("2 months pinned: 2025-01 to 2025-02")
