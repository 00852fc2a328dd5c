"""Keys of other datasets: found by their values, written by the file's name; no range of numbers is taken for one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbops.errors import UsageError
from nbops.records import Status
from nbops.rules.checking import check
from nbops.rules.suggest import suggest

CUSTOMERS = pd.DataFrame({"id": range(1, 501), "code": [f"C-{n:04d}" for n in range(500)]})


def orders(rows: int = 2_000, seed: int = 1) -> pd.DataFrame:
    """Return orders of the customers."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_id": random.integers(1, 501, rows),
            "code": CUSTOMERS.code.to_numpy()[random.integers(0, 500, rows)],
            "quantity": random.integers(1, 40, rows),
        }
    )


def test_columns_that_stand_in_a_key_become_rules() -> None:
    """The customer's number by its name, the code by its values; quantities lie in the range of ids and are none."""
    found = suggest(orders(), others={"customers": CUSTOMERS})
    keys = {rule.check.looks_at: rule.sentence for rule in found if rule.check.kind == "foreign_key"}

    assert keys == {
        ("customer_id",): "customer_id stands in customers, as its id.",
        ("code",): "code stands in customers, as its code.",
    }
    assert found.spent == pytest.approx(0.01, rel=0.01)


def test_the_rule_names_the_file_from_where_it_stands(tmp_path: Path) -> None:
    """Written beside the data or in another folder, the rule finds the other table, and catches unknown customers."""
    (tmp_path / "data").mkdir()
    (tmp_path / "rules").mkdir()
    CUSTOMERS.to_csv(tmp_path / "data" / "customers.csv", index=False)
    found = suggest(orders(), name="orders", others={"customers": tmp_path / "data" / "customers.csv"})
    path = tmp_path / "rules" / "orders.yml"
    path.write_text(found.yaml(os.fspath(path.parent)), encoding="utf-8")
    odd = orders(seed=2)
    odd.loc[::10, "customer_id"] += 1_000

    assert "other: '../data/customers.csv'" in path.read_text(encoding="utf-8")
    assert check(orders(seed=2), path).status.is_good
    failed = [one.name for one in check(odd, path).results if one.status is Status.FAILED]
    assert "orders.customer_id.foreign_key" in failed


def test_a_table_in_no_file_is_named_as_a_dataset() -> None:
    """A rule about a frame judges in Python; its line in the file names what the notebook or the hub has."""
    found = suggest(orders(), others={"customers": CUSTOMERS})

    assert check(orders(seed=2), found.checks).status.is_good
    assert "other: customers" in found.yaml()


def test_what_is_no_table_is_refused() -> None:
    """Another dataset must be a table."""
    with pytest.raises(UsageError, match="is no table"):
        suggest(orders(), others={"customers": 3})
