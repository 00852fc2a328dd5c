"""An error of a real run becomes a test: proposed, shown, written, and found where it comes in the next time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from nbops.doors.cli import main

Write = Callable[..., Path]
LOAD = """%%step load
import pandas as pd
orders = pd.DataFrame({"id": range(60), "price": [5.0, 9.0, 7.0] * 20})
orders.loc[: bad - 1, "price"] = -1.0"""
CLEAN = "%%step clean\nassert orders.price.ge(0).all(), 'prices are not negative'\ntotal = orders.price.sum()"


def nbops(*words: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_an_error_becomes_a_test_that_finds_it_earlier_the_next_time(write: Write, project: Path) -> None:
    """Two good runs and a bad one; then the rule is written, and stops the next bad run at the step before."""
    write("%load_ext nbops", "%%params\nbad: int = 0", LOAD, CLEAN, name="sales.ipynb")
    ends = [nbops("run", "sales.ipynb", "-p", "bad", bad, "--env", "test", "-q").exit_code for bad in ("0", "0", "2")]
    proposed = json.loads(nbops("incidents", "to-test", "1", "--json").stdout)
    told = nbops("incidents", "to-test", "1", "--write").stdout
    file = project / "rules" / "sales" / "orders.yml"

    assert ends == [0, 0, 1]
    first = proposed["tests"][0]
    assert (first["dataset"], first["step"], first["good_runs"]) == ("orders", "load", 2)
    assert not proposed["is_written"]
    assert "passes on 2 good runs" in told
    assert "# incident #1 at sales.ipynb::clean" in file.read_text(encoding="utf-8")
    assert "  - non_negative: price" in file.read_text(encoding="utf-8")
    assert "orders: non_negative: price" in nbops("show", "#1").stdout

    again = nbops("run", "sales.ipynb", "-p", "bad", "2", "--env", "test", "-q")
    good = nbops("run", "sales.ipynb", "-p", "bad", "0", "--env", "test", "-q")
    (known,) = json.loads(nbops("incidents", "--all", "--json").stdout)

    assert (again.exit_code, good.exit_code) == (1, 0)
    assert (known["number"], known["state"], known["count"]) == (1, "fixed", 2)  # what its test finds is it again
    assert (known["first"]["step"], known["last"]["step"]) == ("clean", "load")


def test_what_cannot_be_shown_is_not_proposed(write: Write, project: Path) -> None:
    """Without a good run, and for what a person told: it says why, and nothing is written."""
    write("%load_ext nbops", "%%params\nbad: int = 2", LOAD, CLEAN, name="sales.ipynb")
    nbops("run", "sales.ipynb", "--env", "test", "-q")
    nbops("incidents", "report", "totals are too low")
    first, second = (nbops("incidents", "to-test", number, "--write") for number in "12")

    assert (first.exit_code, second.exit_code) == (5, 5)
    assert "no good run of the notebook is known" in first.stdout
    assert "a person told of it" in second.stdout
    assert not (project / "rules").exists()


def test_a_table_with_two_columns_of_one_name_is_no_evidence(write: Write, project: Path) -> None:
    """The other table of the step is: here one of polars."""
    load = (
        "%%step load\nimport pandas as pd, polars as pl\nodd = pd.DataFrame([[1, 2 - bad]], columns=['a', 'a'])\n"
        "orders = pl.DataFrame({'id': range(60), 'price': [-1.0 if bad else 5.0, 9.0, 7.0] * 20})"
    )
    clean = "%%step clean\nassert (orders['price'] >= 0).all(), 'prices are not negative'\ntotal = odd.sum()"
    write("%load_ext nbops", "%%params\nbad: int = 0", load, clean, name="sales.ipynb")
    ends = [nbops("run", "sales.ipynb", "-p", "bad", bad, "--env", "test", "-q").exit_code for bad in ("0", "0", "2")]
    proposed = json.loads(nbops("incidents", "to-test", "1", "--json").stdout)

    assert ends == [0, 0, 1]
    assert {one["dataset"] for one in proposed["tests"]} == {"orders"}
