"""``nbops.failing(REF)``: the failing rows of a real run, whole where the table was kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import nbops
from nbops.doors.cli import main
from nbops.errors import NothingSelected
from tests.notebooks.conftest import WriteNotebook

IMPORTS = "%load_ext nbops\nimport pandas as pd\nfrom nbops import expect"
LOAD = "%%step load\norders = pd.DataFrame({'id': range(40), 'amount': [float(n % 20) for n in range(40)], 'x': 1})"


def rules(project: Path, text: str) -> None:
    """Keep rules for the table ``orders`` of the notebook ``sales``."""
    (project / "rules" / "sales").mkdir(parents=True)
    (project / "rules" / "sales" / "orders.yml").write_text(text, encoding="utf-8")


def test_a_rule_that_warns_gives_all_rows_of_the_table_that_was_kept(project: Path, write: WriteNotebook) -> None:
    """The record holds five rows of text; the frame holds all ten as they were."""
    rules(project, "rules:\n- between: {column: amount, low: 5, severity: warn}\n")
    nbops.run(write(IMPORTS, LOAD, name="sales.ipynb"))
    found = nbops.failing("sales::load::orders.amount.between")

    assert (found.attrs["source"], found.attrs["failing"], len(found)) == ("table", 10, 10)
    assert found.amount.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0] * 2
    assert list(found.index) == [0, 1, 2, 3, 4, 20, 21, 22, 23, 24]


def test_a_failed_step_gives_the_rows_of_its_record(project: Path, write: WriteNotebook) -> None:
    """What a failed step made is not kept: the first rows come from the record, numbers as numbers."""
    rules(project, "rules:\n- between: {column: amount, low: 5}\n")
    nbops.run(write(IMPORTS, LOAD, name="sales.ipynb"))
    found = nbops.failing("sales::load")

    assert (found.attrs["source"], found.attrs["failing"], len(found)) == ("record", 10, 5)
    assert found.amount.tolist() == [0, 1, 2, 3, 4]


def test_a_test_of_a_table_that_an_earlier_step_left_gives_whole_rows(project: Path, write: WriteNotebook) -> None:
    """The failed step only read the table, and that was kept: columns that the record left out are there."""
    wide = LOAD + "\nfor n in range(12):\n    orders[f'c{n}'] = n"
    nbops.run(write(IMPORTS, wide, "%%step test\nexpect(orders).at_most('amount', 18)", name="sales.ipynb"))
    found = nbops.failing("sales::test")

    assert (found.attrs["source"], list(found.id), found.shape[1]) == ("table", [19, 39], 15)


def test_several_tests_stand_one_below_the_other(project: Path, write: WriteNotebook) -> None:
    """Step and test are the outer levels of the index."""
    check = "%%step test\nexpect(orders).at_most('amount', 18).at_least('id', 1)"
    nbops.run(write(IMPORTS, LOAD, check, name="sales.ipynb"))
    found = nbops.failing("sales")

    assert found.index.names == ["step", "test", "row"]
    assert found.loc[("test", "orders.id.at_least")].id.tolist() == [0]


def test_where_nothing_failed_it_says_what_did(project: Path, write: WriteNotebook) -> None:
    """An empty frame would look like good news of another test."""
    check = "%%step test\nexpect(orders).not_null('id').at_most('amount', 18)"
    nbops.run(write(IMPORTS, LOAD, check, name="sales.ipynb"))

    with pytest.raises(NothingSelected, match=r"no failing rows are recorded") as caught:
        nbops.failing("sales::test::orders.id.not_null")
    assert "::test::orders.amount.at_most" in caught.value.fix


def test_show_tells_how_to_get_them(project: Path, write: WriteNotebook) -> None:
    """``nbops show`` of a test ends with the call, ready to be copied."""
    nbops.run(write(IMPORTS, LOAD, "%%step test\nexpect(orders).at_most('amount', 18)", name="sales.ipynb"))
    shown = CliRunner().invoke(main, ["show", "sales::test::orders.amount.at_most"]).output

    (call,) = [line.split("as a table: ")[1] for line in shown.splitlines() if "as a table" in line]
    assert len(eval(call, {"nbops": nbops})) == 2
