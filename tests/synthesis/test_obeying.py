"""Rules: what is made satisfies them, as nbops itself judges; what cannot be is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.checks.completeness import NotNull, Unique
from nbops.checks.model import Check
from nbops.checks.pinned import PinnedTotals
from nbops.checks.relations import Compare, PartsSumTo
from nbops.checks.schema import RowCount
from nbops.checks.suite import judge_table
from nbops.checks.text import Matches
from nbops.checks.values import Between, InSet
from nbops.errors import CheckFailed
from nbops.frames.profile.table import profile
from nbops.records import Status
from nbops.rules.suggest import suggest
from nbops.synthesis.making import make_tables
from tests.synthesis.tables import orders


def obeying(table: pd.DataFrame, *checks: Check, rows: int = 2_000) -> pd.DataFrame:
    """Return a table like *table* that satisfies *checks*."""
    return make_tables({"t": profile(table, name="t")}, {"t": rows}, rules={"t": checks}).tables["t"]


def bad(table: pd.DataFrame, *checks: Check) -> list[str]:
    """Return which checks do not hold."""
    return [f"{one.name}: {one.why}" for one in judge_table(table, checks) if one.status is not Status.PASSED]


def test_rules_that_are_stricter_than_the_table_are_satisfied() -> None:
    """Rows that break a rule are drawn again until enough keep all of them."""
    checks = [
        NotNull("shipped"), Between("weight", 1, 20), InSet("code", ["de", "fr"]), Unique("id"),
        Matches("ref", r"^ORD-\d{6}$"), Compare("day", "<=", "shipped"), PartsSumTo(["pieces", "spare"], "parts"),
    ]  # fmt: skip

    made = obeying(orders(4_000), *checks)

    assert len(made) == 2_000
    assert bad(made, *checks) == []


def test_rules_that_were_suggested_are_satisfied() -> None:
    """A table is judged good by the rules that its model suggests."""
    table = orders(4_000).drop(columns=["id", "ref", "email"])
    checks = [check for check in suggest(table, name="t").checks if check.kind != "row_count"]

    made = obeying(table, *checks, rows=4_000)

    assert bad(made, *checks) == []


def test_rules_of_volume_are_for_tables_as_large_as_the_model() -> None:
    """A tenth of the rows is no failed delivery; as many rows are judged by them."""
    table = orders(1_000)

    assert len(obeying(table, RowCount(900, 1_100), rows=100)) == 100
    assert len(obeying(table, RowCount(900, 1_100), rows=1_000)) == 1_000
    with pytest.raises(CheckFailed, match="row_count"):
        obeying(table, RowCount(5_000, 6_000), rows=1_000)


def test_totals_that_were_pinned_are_those_of_the_true_past() -> None:
    """Made rows are no bookings: a dataset whose past was pinned has test data all the same."""
    known = pd.DataFrame({"period": ["2023-01"], "rows": [2], "price": [10.0]})

    assert len(obeying(orders(500), PinnedTotals("day", "month", known, "price"), rows=500)) == 500


def test_rules_that_nothing_satisfies_are_told() -> None:
    """The error names the rule, and says what to do."""
    with pytest.raises(CheckFailed, match=r"between") as caught:
        obeying(orders(1_000), Between("weight", 5_000, 6_000))

    assert caught.value.fix


def test_a_rule_that_only_warns_is_noted() -> None:
    """What may fail does not stop."""
    found = make_tables(
        {"t": profile(orders(1_000), name="t")}, {"t": 200},
        rules={"t": [Between("weight", 5_000, 6_000, severity="warn")]},
    )  # fmt: skip

    assert [one.name for one in found.warned] == ["weight.between"]


def test_a_missing_column_is_told() -> None:
    """A rule about a column that is not there cannot be judged, which is not passed."""
    with pytest.raises(CheckFailed, match="no column 'wieght'"):
        obeying(orders(500), Between("wieght", 0, 1))


def test_the_same_seed_obeys_alike() -> None:
    """Drawing again is decided by the seed, too."""
    table = pd.DataFrame({"x": np.arange(2_000) % 97})

    pd.testing.assert_frame_equal(obeying(table, Between("x", 10, 30)), obeying(table, Between("x", 10, 30)))
