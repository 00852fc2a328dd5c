"""Masked columns on the command line, and among rows that are looked at later."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.engine.cell.failed_rows import covered as covered_rows
from nbops.frames.masking import masking
from nbops.frames.profile.coding import profile_from_json, profile_to_json


@pytest.mark.parametrize("verb", [
    ["check", "t.csv", "--rules", "t.yml"], ["check", "t.csv", "--rules", "t.yml", "--json"],
    ["profile", "t.csv", "-v"], ["profile", "t.csv", "--json"], ["suggest", "t.csv"], ["suggest", "t.csv", "--json"],
])  # fmt: skip
def test_no_verb_shows_a_value_of_a_masked_column(
    verb: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the setting names is covered in text and in JSON, in rows, ranges and rules."""
    columns = {"city": ["Zermatt", "Zug"] * 60, "canton": ["VS", "ZG"] * 60, "pay": [17_171.5, 3.25] * 60}
    pd.DataFrame(columns).to_csv(project / "t.csv", index=False)
    (project / "t.yml").write_text("rules:\n- max: {column: pay, high: 5}\n- in_set: {column: city, values: [Bern]}\n")
    shown = CliRunner().invoke(main, verb).output
    monkeypatch.setenv("NBOPS_MASKED", "city, PAY")
    covered = CliRunner().invoke(main, verb).output

    assert any(word in shown for word in ("Zermatt", "17171", "17,171"))
    assert [word for word in ("Zermatt", "17171", "17,171") if word in covered] == []


def test_failing_rows_from_a_kept_table_arecovered_rows() -> None:
    """A table that a run kept is whole; what is shown of it is not."""
    rows = pd.DataFrame({"id": [1], "ssn": ["123-45"], 7: [1]})
    with masking("ssn"):
        found = covered_rows(rows)

    assert found["ssn"].tolist() == ["•••"]
    assert (rows["ssn"].tolist(), found["id"].tolist()) == (["123-45"], [1])


def test_a_profile_that_was_written_before_is_covered_when_it_is_read(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column that is masked today shows no value of a profile of yesterday, and no rule holds one."""
    columns = {"city": ["Zermatt", "Zug"] * 60, "canton": ["VS", "ZG"] * 60, "pay": [17_171.5, 3.25] * 60}
    pd.DataFrame(columns).to_csv(project / "t.csv", index=False)
    written = CliRunner().invoke(main, ["profile", "t.csv", "--json"]).output
    (project / "p.json").write_text(written)
    monkeypatch.setenv("NBOPS_MASKED", "city, PAY")
    with masking(["city", "pay"]):
        covered = profile_to_json(profile_from_json(written))
    covered += CliRunner().invoke(main, ["suggest", "p.json", "--json", "--write"]).output
    (rules,) = project.glob("rules/*.yml")

    assert "Zermatt" in written
    assert [word for word in ("Zermatt", "17171", "17,171") if word in covered + rules.read_text()] == []
