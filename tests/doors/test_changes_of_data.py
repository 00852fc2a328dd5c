"""``nbops datasets``, ``changelog``, ``show DATASET`` and ``pin`` on the command line, and as Python functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

import nbops as package
from nbops.errors import ReferenceNotFound
from nbops.records import ColumnSeen, DatasetSeen
from nbops.store.journal import Journal
from nbops.store.project import Project
from nbops.testing import records

CommandLine = Callable[..., Result]
DAY = 86_400.0
NOON = 1_760_000_000.0
ID = ColumnSeen("order_id", "int64", "number", "key", nulls=0, distinct=900)
KM = ColumnSeen("distance", "float64", "number", "measure", nulls=0, distinct=900, quantiles=(1, 2, 5, 9, 20, 40, 60))
CARRIER = ColumnSeen("carrier", "str", "text", "code", nulls=0, distinct=2, values={"AA": 500, "DL": 400})
LOOKS = [
    (ID, KM, CARRIER),
    (ID, replace(KM, name="miles"), replace(CARRIER, values={"AA": 500, "DL": 300, "<WN>": 100}, distinct=3)),
    (replace(ID, type="str"), replace(KM, name="miles", nulls=7)),
]


@pytest.fixture
def three_runs(project: Path) -> Path:
    """Return a project in which three runs of a notebook left a table, each time another one."""
    for number, columns in enumerate(LOOKS):
        run, at = f"{number}c0ffee" + "0" * 24, NOON + number * DAY
        some = records("reports/sales.ipynb", run=run, at=at, owner="ada")
        seen = DatasetSeen(at + 2, run, "clean", "orders", rows=900, looked=900, columns=columns, keys=(("order_id",),))
        journal = Journal(Project(project))
        for record in [*some[:-1], seen, some[-1]]:
            journal.append(record)
        journal.close()
    return project


def test_the_change_log_of_a_dataset(three_runs: Path, nbops: CommandLine) -> None:
    """What each run changed, the newest first, each change with its reason; who reads it."""
    shown = nbops("changelog", "orders")

    assert shown.exit_code == 0
    lines = [" ".join(line.split()) for line in shown.output.splitlines()]
    assert lines[0] == "reports/sales/orders step clean · dev"
    assert lines[1].startswith("900 rows · 2 columns · one row per order_id; seen by 3 runs since ")
    assert [line for line in lines if line[:1] in "−→+~×#↕" and line] == [
        "− removed carrier str, never null",
        "~ type order_id int64 → str",
        "~ nulls miles never null → may be null 7 of 900 rows are null",
        "→ renamed miles was distance its numbers lie where they lay",
        "~ values carrier new: <WN> in 100 rows",
    ]


def test_the_change_log_as_json_and_markdown(three_runs: Path, nbops: CommandLine) -> None:
    """JSON holds everything; Markdown is the file that git keeps."""
    found = json.loads(nbops("changelog", "sales/orders", "--json").stdout)
    text = nbops("changelog", "sales/orders", "--md").stdout

    assert [[change["kind"] for change in entry["changes"]] for entry in found["entries"]] == [
        ["removed", "type", "nulls"],
        ["renamed", "values"],
    ]
    assert "- **renamed** `miles`: was distance (its numbers lie where they lay)" in text
    assert "\\<WN\\>" in text


def test_since_and_limit(three_runs: Path, nbops: CommandLine) -> None:
    """Less is shown when less is asked for, and it says that there is more."""
    assert "nothing changed" in nbops("changelog", "orders", "--since", "1d").output
    told = "and 1 earlier run that changed it: nbops changelog reports/sales/orders --all"
    assert told in nbops("changelog", "orders", "--limit", "1").output


def test_the_page_is_escaped(three_runs: Path, nbops: CommandLine) -> None:
    """A value with markup in it is text; what people wrote stands beside the column."""
    folder = three_runs / "rules" / "reports" / "sales"
    folder.mkdir(parents=True)
    (folder / "orders.dictionary.yml").write_text("columns:\n  miles:\n    meaning: <b>far</b>\n    unit: mi\n")
    nbops("changelog", "orders", "-o", "page.html")
    page = (three_runs / "page.html").read_text()

    assert "&lt;WN&gt;" in page
    assert "<WN>" not in page
    assert "&lt;b&gt;far&lt;/b&gt; [mi]" in page


def test_the_list_of_datasets(three_runs: Path, nbops: CommandLine) -> None:
    """Each dataset with its step, size, and the run that saw it last."""
    (found,) = json.loads(nbops("datasets", "--json").stdout)
    shown = nbops("datasets").output.splitlines()[1].split()

    assert (found["dataset"], found["runs"], found["rows"], found["columns"]) == ("reports/sales/orders", 3, 900, 2)
    assert shown[:7] == ["reports/sales/orders", "clean", "dev", "900", "2", "3", "@2c0ffe"]
    assert "No dataset yet" in nbops("datasets", "--nb", "other").output


def test_show_takes_a_dataset(three_runs: Path, nbops: CommandLine) -> None:
    """``show`` of a name that is no run and no notebook, but a dataset, shows its columns; else the error stands."""
    shown = nbops("show", "sales/orders").output

    assert "what is known" in shown
    assert nbops("show", "sales/nothing").exit_code == 4


def test_an_unknown_dataset_lists_what_is_near(three_runs: Path, nbops: CommandLine) -> None:
    """The error names it, and what to type."""
    failed = nbops("changelog", "sales/ordres")

    assert failed.exit_code == ReferenceNotFound.exit_code
    assert "no dataset 'sales/ordres'" in failed.output


def test_a_dictionary_is_shown_and_written(three_runs: Path, nbops: CommandLine) -> None:
    """Without ``--write`` nothing changes; written it says the same again."""
    proposed = nbops("datasets", "describe", "orders")
    file = three_runs / "rules" / "reports" / "sales" / "orders.dictionary.yml"
    assert not file.exists()
    nbops("datasets", "describe", "orders", "--write")

    assert "+    seen: {type: float64, means: measure, nulls: may be null}" in proposed.output
    assert "  miles:\n    meaning:\n    unit:\n" in file.read_text()
    assert "says this already" in nbops("datasets", "describe", "orders").output


def test_the_change_log_in_python(three_runs: Path) -> None:
    """The function returns what the command prints."""
    log = package.changelog("sales/orders")
    assert package.show("orders") == log

    assert (log.dataset, log.looks, log.structure.names) == ("reports/sales/orders", 3, ("order_id", "miles"))
    with pytest.raises(ReferenceNotFound):
        package.changelog("sales/none")


def test_pinning_a_file(project: Path, nbops: CommandLine) -> None:
    """The totals go beside the rules; a restated past exits with 1 until there is a reason."""
    table = pd.DataFrame({"day": pd.date_range("2025-01-01", periods=90), "amount": [1.5, 2.0, 2.5] * 30})
    table.to_csv("orders.csv", index=False)
    pinned = nbops("pin", "orders.csv", "--rules", "rules/sales/orders.yml")
    again = nbops("pin", "orders.csv", "--rules", "rules/sales/orders.yml")
    table.assign(amount=table.amount + 0.5).to_csv("orders.csv", index=False)
    restated = nbops("pin", "orders.csv", "--rules", "rules/sales/orders.yml")
    checked = nbops("check", "orders.csv")
    accepted = nbops("pin", "orders.csv", "--rules", "rules/sales/orders.yml", "--reason", "new prices")

    assert pinned.output.startswith("2 months pinned: 2025-01 to 2025-02 (2 in all)\n")
    assert (again.exit_code, again.output.splitlines()[0]) == (0, "0 months pinned (2 in all)")
    assert (restated.exit_code, "✗ 2025-01  amount: 77, pinned was 61.5" in restated.output) == (1, True)
    assert checked.exit_code == 1
    assert (accepted.exit_code, nbops("check", "orders.csv").exit_code) == (0, 0)


def test_a_file_without_rules_is_refused(project: Path, nbops: CommandLine) -> None:
    """A table alone does not say for which dataset its totals hold."""
    pd.DataFrame({"day": pd.date_range("2025-01-01", periods=90)}).to_csv("t.csv", index=False)

    assert nbops("pin", "t.csv").exit_code == 4


def test_a_name_of_several_datasets_is_told_by_show_as_well(three_runs: Path, nbops: CommandLine) -> None:
    """Who asks for `orders` alone is told which there are, and not that there is no such run."""
    run, at = "9c0ffee" + "0" * 25, NOON
    first, *more = records("shop.ipynb", run=run, at=at, owner="ada")
    journal = Journal(Project(three_runs))
    for record in [first, DatasetSeen(at + 2, run, "clean", "orders", rows=9, looked=9, columns=LOOKS[0]), *more]:
        journal.append(record)
    journal.close()

    told = nbops("show", "orders")

    assert told.exit_code == 4
    assert "'orders' is more than one dataset: reports/sales/orders, shop/orders" in told.output
