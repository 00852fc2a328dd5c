"""Rules in files: when a run needs to know which notebook it is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbops.engine.reuse.ruling import judge_outputs
from nbops.records import Status

TABLE = {"orders": pd.DataFrame({"order_id": [1, 2]})}


@pytest.mark.parametrize("kept", ["orders.dictionary.yml", "orders.pinned/month.csv", "notes.md"])
def test_an_unknown_notebook_is_no_error_where_nothing_would_judge_it(tmp_path: Path, kept: str) -> None:
    """A folder that holds data dictionaries alone has no rules that could have been missed."""
    file = tmp_path / "rules" / "sales" / kept
    file.parent.mkdir(parents=True)
    file.write_text("dataset: sales/orders\n", encoding="utf-8")

    assert list(judge_outputs(tmp_path, None, ["orders"], TABLE, 5)) == []


@pytest.mark.parametrize("kept", ["orders.yml", "orders.baseline.json"])
def test_an_unknown_notebook_is_an_error_where_rules_are_kept(tmp_path: Path, kept: str) -> None:
    """Rules that may be those of this table must not count as passed because nobody found them."""
    file = tmp_path / "rules" / "reports" / "sales" / kept
    file.parent.mkdir(parents=True)
    file.write_text("rules:\n  - not_null: order_id\n", encoding="utf-8")

    (found,) = judge_outputs(tmp_path, None, ["orders"], TABLE, 5)

    assert (found.status, "which notebook" in found.why) == (Status.ERROR, True)
