"""Rules about another dataset: beside the table in the notebook, in the hub, in a file, or told to be missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import nbops
from nbops.engine.reuse.known_tables import table_named
from nbops.errors import NbopsError, ReferenceNotFound, UsageError
from nbops.records import Status
from nbops.rules.reading import rules_in

Write = Callable[..., Path]
NBOPS = [sys.executable, "-m", "nbops.doors.cli"]
CUSTOMERS = "import pandas as pd\ncustomers = pd.DataFrame({'id': range(100, 130)})"
ORDERS = (
    "import pandas as pd\n"
    "orders = pd.DataFrame({'order': range(200), 'customer_id': [100 + i % N for i in range(200)]})"
)
RULE = "rules:\n  - foreign_key: {columns: customer_id, other: OTHER, there: id}\n"


def typed(*words: str) -> subprocess.CompletedProcess[str]:
    """Type a command and return how it ended."""
    return subprocess.run([*NBOPS, *words], capture_output=True, text=True, check=False, timeout=120)


def ruled(project: Path, other: str) -> Path:
    """Write a rule of the orders of nb.ipynb, and return its file."""
    file = project / "rules" / "nb" / "orders.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(RULE.replace("OTHER", other), encoding="utf-8")
    return file


def test_a_rule_names_a_table_that_the_notebook_made_before(write: Write, project: Path) -> None:
    """The step's sibling is meant: its rows as they are now, and no older ones."""
    ruled(project, "customers")
    write("%load_ext nbops", f"%%step load\n{CUSTOMERS}", f"%%step orders\n{ORDERS.replace('N', '30')}")
    good = typed("run", "nb.ipynb")
    write("%load_ext nbops", f"%%step load\n{CUSTOMERS}", f"%%step orders\n{ORDERS.replace('N', '31')}")
    bad = typed("run", "nb.ipynb")

    assert (good.returncode, bad.returncode) == (0, 1)
    assert "orders.customer_id.foreign_key failed: 6 rows" in bad.stdout


def test_a_rule_names_a_dataset_of_the_hub(write: Write, project: Path) -> None:
    """The newest good run's, found by its name alone or with its notebook; a table file is judged by it, too."""
    write("%load_ext nbops", f"%%step load\n{CUSTOMERS}", name="base.ipynb")
    assert typed("run", "base.ipynb").returncode == 0
    table = pd.DataFrame({"customer_id": [100, 129, 7]})
    table.to_csv("orders.csv", index=False)

    file = ruled(project, "customers")
    by_name = nbops.check(table, file)
    told = typed("check", "orders.csv", "--rules", str(file))
    by_notebook = nbops.check(table, ruled(project, "base/customers"))
    suggested = typed("suggest", "orders.csv", "--other", "base/customers", "--json")

    assert [len(table_named("customers")), by_name.results[0].failing, by_notebook.results[0].failing] == [30, 1, 1]
    assert (told.returncode, "1 of 3 rows fail" in told.stdout) == (1, True)
    assert suggested.returncode == 0


def test_what_no_run_kept_is_an_error_at_its_line(project: Path) -> None:
    """Unknown is not passed: the mistake is told with line, column, and what to type."""
    with pytest.raises(UsageError, match="no run kept a dataset 'customers'") as caught:
        nbops.check(pd.DataFrame({"customer_id": [1]}), ruled(project, "customers"))

    assert "orders.yml:2:" in caught.value.where
    with pytest.raises(ReferenceNotFound):
        table_named("nowhere/customers")


def test_tables_given_by_hand_come_first(project: Path) -> None:
    """In Python the other table may be handed over, or its file."""
    pd.DataFrame({"id": [1]}).to_csv("ids.csv", index=False)
    table = pd.DataFrame({"customer_id": [1, 2]})
    file = ruled(project, "customers")

    found = [nbops.check(table, file, others={"customers": one}) for one in (pd.DataFrame({"id": [1, 2]}), "ids.csv")]

    assert [done.status for done in found] == [Status.PASSED, Status.FAILED]
    with pytest.raises(NbopsError, match="no table and no file"):
        nbops.check(table, file, others={"customers": 7})


def test_a_rule_about_an_unopened_table_is_read_and_never_passes(project: Path) -> None:
    """It can be listed and written as it stands; whoever judges by it gets an error."""
    (rule,) = rules_in(RULE.replace("OTHER", "sales/customers"))
    (seen,) = nbops.check(pd.DataFrame({"customer_id": [1]}), [rule.check]).results

    assert rule.text == "foreign_key: {columns: customer_id, other: sales/customers, there: id}"
    assert (seen.status, "sales/customers" in seen.why) == (Status.ERROR, True)


def test_a_rule_proposed_from_a_dataset_can_be_read_back(write: Write, project: Path) -> None:
    """The name that ``--other`` was given stands in the rule, and resolves."""
    write("%load_ext nbops", f"%%step load\n{CUSTOMERS}", name="base.ipynb")
    typed("run", "base.ipynb")
    pd.DataFrame({"order": range(600), "customers_id": [100 + i % 30 for i in range(600)]}).to_csv("o.csv", index=False)

    done = typed("suggest", "o.csv", "--other", "base/customers", "--write")
    text = (project / "rules" / "o.yml").read_text(encoding="utf-8")

    assert (done.returncode, "other: base/customers" in text) == (0, True)
    assert typed("check", "o.csv").returncode == 0
