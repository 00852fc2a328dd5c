"""A muted rule is judged and told, and refuses nothing until its day is over; the rule file says who muted what."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.engine.reuse.ruling import judge_outputs
from nbops.errors import UsageError
from nbops.records import Status
from nbops.rules.checking import check
from nbops.rules.muting import Muting, mute, muted_in
from nbops.rules.pinning import pin
from nbops.rules.reading import read_rules

RULES = "# ours\ndataset: orders\nrules:\n  - in_set: {column: state, values: [new, paid]}   # two\n  - not_null: id\n"
BAD = pd.DataFrame({"id": [1, 2], "state": ["new", "lost"]})
DAY = dt.date(2030, 5, 1)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the rules of one dataset."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "orders.yml").write_text(RULES)
    BAD.to_csv(tmp_path / "orders.csv", index=False)
    return tmp_path


def test_a_muted_rule_warns_until_its_day_is_over(project: Path) -> None:
    """It is told with the reason as long as it is muted; on the day after it fails."""
    file = project / "rules" / "orders.yml"
    mute(file, "state.in_set", DAY, reason="a third state", today=DAY)
    checks = read_rules(file)

    assert [one.severity for one in Muting.of(file, today=DAY).soften(checks)] == ["warn", "fail"]
    assert [one.severity for one in Muting.of(file, today=DAY + dt.timedelta(1)).soften(checks)] == ["fail", "fail"]


def test_on_the_command_line(project: Path) -> None:
    """``nbops rules mute`` writes the file, ``nbops check`` and ``nbops rules`` tell it, and what stood there stays."""
    run = CliRunner()
    before = run.invoke(main, ["check", "orders.csv"])
    given = ["rules", "mute", "orders.state.in_set", "--until", "2999-01-31", "--reason", "a third: 'lost'"]
    done = run.invoke(main, given)
    after = run.invoke(main, ["check", "orders.csv"])
    listed = json.loads(run.invoke(main, ["rules", "--json"]).output)

    assert (before.exit_code, done.exit_code, after.exit_code) == (1, 0, 0)
    assert "(muted until 2999-01-31: a third: 'lost')" in after.output
    assert (project / "rules" / "orders.yml").read_text().startswith(RULES)
    assert listed[0]["muted"][0]["rule"] == "state.in_set"


def test_a_step_goes_on_with_a_muted_rule(project: Path) -> None:
    """The step whose table breaks it is not stopped, and its record tells the rule and why it was muted."""
    file = project / "rules" / "sales" / "orders.yml"
    file.parent.mkdir()
    file.write_text(RULES)
    mute(file, "state.in_set", dt.date(2999, 1, 1), reason="a third state")
    results = {r.name: r for r in judge_outputs(project, "sales.ipynb", ["orders"], {"orders": BAD}, 5)}

    assert results["orders.state.in_set"].status is Status.WARNED
    assert "a third state" in results["orders.state.in_set"].why


def test_muting_again_replaces(project: Path) -> None:
    """A rule stands in the list once, with the last date; other rules in it stay."""
    file = project / "rules" / "orders.yml"
    for rule, day in (("state.in_set", DAY), ("id.not_null", DAY), ("state.in_set", DAY + dt.timedelta(9))):
        mute(file, rule, day, reason="why", today=DAY)

    found = {one.rule: one.until.day for one in muted_in(file.read_text())}
    assert found == {"id.not_null": 1, "state.in_set": 10}


@pytest.mark.parametrize(("rule", "until", "reason", "what"), [
    ("state.inset", "2999-01-31", "why", "did you mean"), ("state.in_set", "2020-01-31", "why", "is over"),
    ("state.in_set", "2999-01-31", " ", "with a reason"), ("state.in_set", "soon", "why", "soon"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(project: Path, rule: str, until: str, reason: str, what: str) -> None:
    """A slip in the name, a day that is over and a missing reason change nothing."""
    done = CliRunner().invoke(main, ["rules", "mute", rule, "--until", until, "--reason", reason])

    assert done.exit_code == 4
    assert what in done.output
    assert (project / "rules" / "orders.yml").read_text() == RULES


@pytest.mark.parametrize("muted", ["x", "[{rule: a}]", "[{rule: a, until: soon, reason: b}]"])
def test_a_list_that_cannot_be_meant_is_an_error(project: Path, muted: str) -> None:
    """Nothing is judged by a file whose exceptions are not understood."""
    (project / "rules" / "orders.yml").write_text(f"{RULES}muted: {muted}\n")
    with pytest.raises(UsageError):
        check(BAD, project / "rules" / "orders.yml")


def test_what_people_did_outlives_new_suggestions(project: Path) -> None:
    """Rules that are suggested anew keep the pinned rules and what is muted; the difference is shown."""
    file = project / "rules" / "orders.yml"
    good = pd.DataFrame({"id": range(300), "state": ["new", "paid"] * 150})
    good.to_csv(project / "orders.csv", index=False)
    mute(file, "state.in_set", DAY, reason="why", today=DAY)
    pin(file, BAD, "in_set: {column: state, values: [new, paid, sent]}", reason="a lost order")
    done = CliRunner().invoke(main, ["suggest", "orders.csv", "--write"])
    kinds = [one.kind for one in read_rules(file)]

    assert done.exit_code == 0
    assert "has_columns" in kinds
    assert "values: [new, paid, sent]" in file.read_text()
    assert [one.rule for one in muted_in(file.read_text())] == ["state.in_set"]
