"""Checks and rules in a real kernel, and in a run: each verdict is a test of the step."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import nbops
from nbops.doors.cli import main
from nbops.errors import ReferenceNotFound
from nbops.records import Status
from nbops.rules.learning import load_baseline, new_baseline
from tests.notebooks.conftest import WriteNotebook

LOAD = "%%step load\norders = pd.DataFrame({'id': [1, 2, 2], 'amount': [5.0, None, 900.0]})"
IMPORTS = "%load_ext nbops\nimport pandas as pd\nfrom nbops import expect"


def rules(project: Path, text: str) -> None:
    """Keep rules for the table ``orders`` of the notebook ``sales``."""
    folder = project / "rules" / "sales"
    folder.mkdir(parents=True)
    (folder / "orders.yml").write_text(text, encoding="utf-8")


def test_a_chain_in_a_step_is_recorded_and_stops_the_run(write: WriteNotebook) -> None:
    """Every check is a test of the step; the step fails once, before its next statement."""
    check = "%%step clean\nexpect(orders).not_null('id').unique('id')\nprint('not reached')"
    state = nbops.run(write(IMPORTS, LOAD, check, name="sales.ipynb"))
    step = next(step for step in state.steps if step.name == "clean")

    assert (state.status, step.status) == (Status.FAILED, Status.FAILED)
    assert [(test.name, str(test.status)) for test in step.tests] == [
        ("orders.id.not_null", "passed"),
        ("orders.id.unique", "failed"),
    ]


def test_rules_of_a_dataset_are_judged_when_a_step_makes_it(project: Path, write: WriteNotebook) -> None:
    """The notebook says nothing of them; the step that makes the table fails."""
    rules(project, "rules:\n- unique: id\n- between: {column: amount, low: 0, high: 100, severity: warn}\n")
    state = nbops.run(write(IMPORTS, LOAD, "%%step after\norders.head()", name="sales.ipynb"))
    load = next(step for step in state.steps if step.name == "load")

    assert [(test.name, test.kind, str(test.status)) for test in load.tests] == [
        ("orders.id.unique", "rule", "failed"),
        ("orders.amount.between", "rule", "warned"),
    ]
    assert Status.FAILED is state.status


def test_rules_that_hold_let_the_run_go_on(project: Path, write: WriteNotebook) -> None:
    """They are recorded as passed tests of the step that made the table, and of no other."""
    rules(project, "rules:\n- not_null: id\n")
    state = nbops.run(write(IMPORTS, LOAD, "%%step after\norders.head()", name="sales.ipynb"))

    assert (state.status, [len(step.tests) for step in state.steps]) == (Status.PASSED, [1, 0])


def test_a_table_that_changed_on_its_way_is_judged_before_the_step_that_reads_it(
    project: Path, write: WriteNotebook
) -> None:
    """Between the steps, a cell that is none broke it: the reader does not run on it, and says which rule failed."""
    rules(project, "rules:\n- not_null: id\n")
    state = nbops.run(write(IMPORTS, LOAD, "orders.loc[0, 'id'] = None", "%%step after\nn = len(orders)\nprint('ran')",
                            name="sales.ipynb"))  # fmt: skip
    load, after = state.steps

    assert [test.name for test in load.tests] == ["orders.id.not_null"]
    assert [(test.name, str(test.status)) for test in after.tests] == [("input orders.id.not_null", "failed")]
    assert (load.status, after.status, after.record.writes) == (Status.PASSED, Status.FAILED, ())  # type: ignore[union-attr]


def test_a_table_that_no_step_made_is_judged_by_its_first_reader_alone(project: Path, write: WriteNotebook) -> None:
    """The same version is judged once, however many steps read it."""
    rules(project, "rules:\n- unique: id\n- between: {column: amount, low: 0, high: 100, severity: warn}\n")
    plain = "orders = pd.DataFrame({'id': [1, 2], 'amount': [5.0, 900.0]})"
    steps = ["%%step a\nx = orders.id.sum()", "%%step b\ny = orders.id.sum()"]
    state = nbops.run(write(IMPORTS, plain, *steps, name="sales.ipynb"))

    assert state.status is Status.WARNED
    assert [[test.name for test in step.tests] for step in state.steps] == [
        ["input orders.id.unique", "input orders.amount.between"],
        [],
    ]


def test_a_step_that_reads_and_makes_a_table_is_judged_on_both(project: Path, write: WriteNotebook) -> None:
    """The verdicts have different names."""
    rules(project, "rules:\n- not_null: id\n")
    plain = "orders = pd.DataFrame({'id': [1, 2]})"
    state = nbops.run(write(IMPORTS, plain, "%%step a\norders = orders.head(1)", name="sales.ipynb"))

    assert [test.name for test in state.steps[0].tests] == ["input orders.id.not_null", "orders.id.not_null"]


def test_a_broken_rule_file_is_an_error_and_never_no_rules(project: Path, write: WriteNotebook) -> None:
    """The step ends with an error that names the line."""
    rules(project, "rules:\n- not_nul: id\n")
    state = nbops.run(write(IMPORTS, LOAD, name="sales.ipynb"))
    (test,) = state.steps[0].tests

    assert (state.status, test.status) == (Status.ERROR, Status.ERROR)
    assert "orders.yml:2:3" in test.why


def test_a_refused_delivery_is_taken_into_the_baseline_and_the_run_goes_on(project: Path, write: WriteNotebook) -> None:
    """What the baseline refused is kept for a person to accept; then the resumed run passes."""
    past = [pd.DataFrame({"id": range(n), "amount": [float(i % 7) for i in range(n)]}) for n in (50, 51, 52)]
    file = project / "rules" / "sales" / "orders.baseline.json"
    new_baseline(past, file, reason="the first days")
    load = "%%step load\norders = pd.DataFrame({'id': [1, 2], 'total': [5.0, 6.0]})"
    bad = nbops.run(write(IMPORTS, load, name="sales.ipynb"))

    nbops.accept("sales/orders@last", reason="renamed")
    good = nbops.resume(bad.run)

    assert (bad.status, good.status) == (Status.FAILED, Status.PASSED)
    assert [act.reason for act in load_baseline(file).log] == ["the first days", "renamed"]


def test_a_refused_delivery_that_was_not_kept_says_how_to_accept_it(
    project: Path, write: WriteNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing may be kept, the error names the waiver."""
    monkeypatch.setenv("NBOPS_ARTIFACTS", "0")
    past = [pd.DataFrame({"id": range(n), "amount": [float(i % 7) for i in range(n)]}) for n in (50, 51, 52)]
    new_baseline(past, project / "rules" / "sales" / "orders.baseline.json", reason="the first days")
    nbops.run(write(IMPORTS, "%%step load\norders = pd.DataFrame({'id': [1, 2]})", name="sales.ipynb"))

    with pytest.raises(ReferenceNotFound, match="what a failed step made is not kept") as error:
        nbops.accept("sales/orders@last", reason="renamed")
    assert '--waive "orders: like its past deliveries"' in error.value.fix


def test_deliveries_of_runs_make_a_baseline(project: Path, write: WriteNotebook) -> None:
    """``--new`` takes what runs kept, as the delivery itself is named."""
    load = "%%step load\norders = pd.DataFrame({'id': [1, 2], 'total': [5.0, 6.0]})"
    notebook = write(IMPORTS, load, name="sales.ipynb")
    first, second = nbops.run(notebook).run[:8], nbops.run(notebook).run[:8]
    typed = ["rules", "accept", f"sales/orders@{second}", "--new", f"sales/orders@{first}", "--reason", "runs"]

    assert CliRunner().invoke(main, typed).exit_code == 0
    assert load_baseline(project / "rules" / "sales" / "orders.baseline.json").memory.batches == 2
