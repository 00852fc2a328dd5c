"""Tables that no one would make on purpose are profiled, and the rules proposed for them hold on them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbops.checks.completeness import Unique
from nbops.checks.schema import HasColumns
from nbops.checks.suite import judge_table
from nbops.checks.vocabulary import check_class
from nbops.frames.profile.coding import profile_from_json, profile_to_json
from nbops.frames.profile.table import profile
from nbops.records import Status
from nbops.rules.hygiene import findings
from nbops.rules.reading import rules_of
from nbops.rules.suggest import suggest


class Hostile:
    """A value that can neither be shown, nor compared, nor put into a set."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    def __hash__(self) -> int:
        raise RuntimeError("no hash")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("nothing to compare")


MOMENTS = [pd.Timestamp("2020-1-1", tz="UTC"), pd.Timestamp("2020-1-1"), dt.datetime(9999, 1, 1)]
COLUMNS = {
    "beyond all floats": [10**400, 1, 2],
    "beyond what Python prints": pd.Series([10**5000, 1, 2] * 20, dtype=object),
    "beyond 64 bits": [2**63, 2**70, -(2**90)],
    "unsigned": np.array([2**64 - 1, 0, 5] * 20, dtype="uint64"),
    "the ends of 64 bits": [-(2**63), 2**63 - 1, 2**63 - 2],
    "moments with and without a zone": MOMENTS,
    "infinite": [np.inf, -np.inf, 1.0],
    "short floats": np.array([65504, np.inf, 1] * 20, dtype="float16"),
    "odd decimals": [Decimal("NaN"), Decimal("Infinity"), Decimal("1e400")],
    "hostile": [Hostile(), Hostile(), None],
    "ANSI and HTML": ["\x1b]0;evil\x07", "<script>alert(1)</script>", "\u202egnp.exe"],
}


@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS.keys())
def test_a_hostile_column_is_profiled_and_its_rules_hold(values: list[object]) -> None:
    """Nothing raises, what is written is read again, and no rule refuses what it was learnt from."""
    frame = pd.DataFrame({"x": values if len(values) > 3 else list(values) * 20, "n": range(60)})
    found = profile(frame, name="t")
    rules = rules_of(suggest(frame, name="t").yaml())

    assert profile_from_json(profile_to_json(found)).rows == 60
    assert {finding.column for finding in findings(found)} <= {"", "x", "n"}
    assert [r for r in judge_table(frame, rules) if r.status is not Status.PASSED] == []


def test_a_table_without_columns_has_findings() -> None:
    """Rows without a column are no duplicates that a rule could guard."""
    assert findings(profile(pd.DataFrame(index=range(5)), name="t")) == ()


def test_a_panic_of_polars_is_an_error_of_the_check() -> None:
    """It is no Exception, and would end the kernel's cell with every other verdict."""
    frame = pl.DataFrame({"a\x00b": [1, 2], "id": [1, 1]})
    results = judge_table(
        frame,
        [
            check_class("increasing")("a\x00b"),
            check_class("mode")("a\x00b", 0, 9),
            check_class("matches")("a\x00b", "q"),
            Unique(("id",)),
            HasColumns(["x" * 10_000]),
        ],
    )

    assert results[-2].status is Status.FAILED
    assert results[-1].status is Status.FAILED
    assert len(results[-1].why) <= 2_000
    assert all(len(result.why) <= 2_000 for result in results)
