"""Columns whose values are never shown."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

from nbops.checks.suite import judge_table
from nbops.checks.verdict import judge_value
from nbops.checks.vocabulary import check_class
from nbops.frames.masking import is_masked, masking

FRAME = pd.DataFrame({"ssn": ["123-45-6789", "x"], "pay": [17_171.0, 4.0], "shop": ["Zermatt", "Zug"]})
CHECKS = [
    ("matches", ("ssn", "^[0-9]"), {}), ("max", ("pay",), {"high": 5}), ("between", ("pay", 0, 5), {}),
    ("between", ("pay", 0, 5), {"by": "shop"}), ("mean", ("pay",), {"high": 1, "by": "shop"}),
    ("contains_values", ("shop", ["Bern"]), {}), ("most_common_in", ("shop", ["Bern"]), {}),
    ("distinct_rows", (["shop"],), {}), ("unique", ("shop",), {}),
    ("keeps_rows", ("shop", FRAME.assign(shop="Visp")), {}),
    ("same_rows", (FRAME.assign(shop="Visp"),), {}), ("median", ("pay",), {"high": 1}), ("mode", ("pay",), {"high": 1}),
    ("same_totals", ("pay", FRAME.assign(pay=1.0), "shop"), {}), ("sum", ("pay",), {"high": 1}),
]  # fmt: skip


@pytest.mark.parametrize("make", [lambda frame: frame, pl.from_pandas], ids=["pandas", "polars"])
def test_no_value_of_a_masked_column_appears_anywhere(make: object) -> None:
    """Not among the failing rows, not as what was seen, not in the reason, not in the name of a group."""
    checks = [check_class(kind)(*args, **kwargs) for kind, args, kwargs in CHECKS]
    results = judge_table(make(FRAME), checks, masked=["ssn", "PAY", "sho*"])  # type: ignore[operator]
    told = "\n".join(f"{r.why} {r.observed} {r.examples}" for r in results)

    assert [
        word for word in ("123-45", "17171", "17,171", "17175", "17,175", "Zermatt", "Zug", "Visp") if word in told
    ] == []
    assert "•••" in told


def test_asserts_on_a_masked_column_show_no_value() -> None:
    """The failing rows of a plain mask are covered, too."""
    with masking("ssn"):
        verdict = judge_value(FRAME["ssn"].str.match("[0-9]"), [("orders.ssn", FRAME["ssn"]), ("orders", FRAME)])

    assert "•••" in str(verdict)
    assert "'x'" not in str(verdict.examples)


def test_masking_ends() -> None:
    """What was masked for a while is not masked after it."""
    with masking(["a"]):
        assert is_masked("A")

    assert not is_masked("a")
