"""Totals of closed periods, pinned: a restated past is found, and nothing that was pinned changes in silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbops.checks.suite import judge_table
from nbops.errors import UsageError
from nbops.frames.masking import masking
from nbops.records import Status
from nbops.rules.closing import PinnedPeriods, pin_totals
from nbops.rules.reading import read_rules


def orders(until: str = "2025-06-15") -> pd.DataFrame:
    """Return orders of every day from January on."""
    days = pd.date_range("2025-01-01", until)
    random = np.random.default_rng(3)
    amounts = random.gamma(2.0, 30.0, 5 * 400).round(2)  # the same for the same day, however many days follow
    return pd.DataFrame(
        {
            "order_id": np.arange(len(days) * 5),
            "day": np.repeat(days, 5),
            "amount": amounts[: len(days) * 5],
            "shop": ["a", "b", "c", "d", "e"] * len(days),
        }
    )


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Return the path of a rule file that people wrote."""
    file = tmp_path / "orders.yml"
    file.write_text("# ours\nrules:\n  - unique: order_id   # the key\n", encoding="utf-8")
    return file


def verdict(rules: Path, table: object) -> tuple[Status, str]:
    """Return what the pinned rule says about *table*."""
    (result,) = [one for one in judge_table(table, list(read_rules(rules))) if "pinned" in one.name]
    return result.status, result.why


def test_a_restated_past_is_found(rules: Path) -> None:
    """One order of February changed by a cent in June fails the rule, which names the month and both sums."""
    done = pin_totals(rules, orders())
    late = orders("2025-07-10")
    late.loc[late.day == "2025-02-03", "amount"] += 0.01

    assert (done.new, done.rule) == (
        ("2025-01", "2025-02", "2025-03", "2025-04", "2025-05"),
        "pinned_totals: {on: day, by: month, other: orders.pinned/month.csv, totals: [amount]}",
    )
    assert rules.read_text().startswith("# ours\nrules:\n  - unique: order_id   # the key\n")
    assert verdict(rules, orders("2025-07-10")) == (Status.PASSED, "")
    status, why = verdict(rules, late)
    assert status is Status.FAILED
    assert why.startswith("1 of 5 months is not what it was: 2025-02 (amount ")
    found = judge_table(late, list(read_rules(rules)))
    assert [one.observed for one in found if "pinned" in one.name] == ["1 month restated"]


def test_a_row_that_came_late_or_went_is_found(rules: Path) -> None:
    """Rows are counted, so that one of amount 0 is seen as well, and a month that is gone as a whole."""
    pin_totals(rules, orders(), totals=["amount"])
    table = orders()

    assert (
        "2025-03 (rows 156, was 155)"
        in verdict(rules, pd.concat([table, table[table.day == "2025-03-01"].head(1).assign(amount=0.0)]))[1]
    )
    assert "2025-01 (rows 0, was 155)" in verdict(rules, table[table.day >= "2025-02-01"])[1]


def test_polars_is_judged_as_pandas_is(rules: Path) -> None:
    """What pandas pinned holds for the same table in another library, and is pinned the same there."""
    done = pin_totals(rules, orders())
    other = rules.with_name("other.yml")
    pin_totals(other, pl.from_pandas(orders()))

    assert verdict(rules, pl.from_pandas(orders())) == (Status.PASSED, "")
    assert done.file.read_text() == (rules.parent / "other.pinned" / "month.csv").read_text()


@pytest.mark.parametrize(
    ("by", "first", "last"),
    [("day", "2025-01-01", "2025-06-14"), ("week", "2024-12-30", "2025-06-02"), ("month", "2025-01", "2025-05"),
     ("quarter", "2025-Q1", "2025-Q1")],
)  # fmt: skip
def test_every_period_but_the_newest_is_closed(rules: Path, by: str, first: str, last: str) -> None:
    """The rows of the newest may still come."""
    done = pin_totals(rules, orders(), by=by)

    assert (done.new[0], done.new[-1]) == (first, last)
    assert verdict(rules, orders("2025-08-01")) == (Status.PASSED, "")


def test_a_lag_keeps_the_youngest_open(rules: Path) -> None:
    """Where orders still come for three weeks, May is not closed on the 15th of June."""
    assert pin_totals(rules, orders(), lag_seconds=21 * 86_400).new[-1] == "2025-04"


def test_pinning_again_adds_what_was_closed_since(rules: Path) -> None:
    """Lines that stand there stay as they are; the rule stands once."""
    pin_totals(rules, orders(), today="2025-06-15")
    before = rules.parent.joinpath("orders.pinned/month.csv").read_text()
    done = pin_totals(rules, orders("2025-08-02"), today="2025-08-02")

    assert done.new == ("2025-06", "2025-07")
    assert done.file.read_text().startswith(before)
    assert rules.read_text().count("pinned_totals") == 1


def test_what_was_pinned_changes_only_with_a_reason(rules: Path) -> None:
    """A restated past is told, and nothing is written; with a reason the line says why."""
    pin_totals(rules, orders())
    changed = orders().assign(amount=lambda t: t.amount.where(t.day != "2025-02-03", 0.0))
    before = rules.parent.joinpath("orders.pinned/month.csv").read_text()

    def again(reason: str = "") -> PinnedPeriods:
        return pin_totals(rules, changed, reason=reason)

    refused = again()
    assert ([one.period for one in refused.restated], refused.is_written) == (["2025-02"], False)
    assert refused.file.read_text() == before
    assert again("refunds").is_written
    assert again().restated == ()
    restated = [line for line in refused.file.read_text().splitlines() if line.endswith("refunds")]
    assert [line.split(",")[0] for line in restated] == ["2025-02"]


def test_only_saying_writes_nothing(rules: Path) -> None:
    """A dry run tells the periods, and leaves no file."""
    assert len(pin_totals(rules, orders(), dry=True).new) == 5
    assert sorted(path.name for path in rules.parent.iterdir()) == ["orders.yml"]


def test_a_date_that_is_not_sure_must_be_named(rules: Path) -> None:
    """Two columns of dates: the error names both; a wrong name lists the near ones."""
    table = orders().assign(paid=lambda t: t.day)
    with pytest.raises(UsageError, match="several columns hold dates: day, paid"):
        pin_totals(rules, table)
    with pytest.raises(UsageError, match="no column holds dates"):
        pin_totals(rules, table[["shop", "amount"]])
    with pytest.raises(UsageError, match="no column 'dya'"):
        pin_totals(rules, table, date="dya")
    with pytest.raises(UsageError, match="holds no numbers"):
        pin_totals(rules, table, date="paid", totals=["shop"])


def test_masked_columns_are_not_written_into_git(rules: Path) -> None:
    """They are left out, and refused where they are asked for."""
    with masking("amount"):
        assert " totals:" not in pin_totals(rules, orders()).rule
        with pytest.raises(UsageError, match="is masked"):
            pin_totals(rules.with_name("other.yml"), orders(), totals=["amount"])


def test_nothing_closed_and_broken_files_are_errors(rules: Path) -> None:
    """A table of one month has no closed one; a file that somebody cut is told."""
    with pytest.raises(UsageError, match="no month is closed yet"):
        pin_totals(rules, orders("2025-01-20"))
    file = rules.parent / "orders.pinned" / "month.csv"
    file.parent.mkdir()
    file.write_text("period,rows\n2025-01,many\n")
    with pytest.raises(UsageError, match="cannot be read"):
        pin_totals(rules, orders())


def test_dates_written_as_text_and_rows_without_one(rules: Path) -> None:
    """A CSV file's dates are text, and a row without a date belongs to no period."""
    table = orders().astype({"day": "str"})
    table.loc[0, "day"] = None

    assert pin_totals(rules, table).new[0] == "2025-01"
    assert verdict(rules, table) == (Status.PASSED, "")
