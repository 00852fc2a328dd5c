"""What never was is told from its first row on; dates are the same in text and once they were read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbops.checks.model import Check
from nbops.checks.suite import judge_table
from nbops.frames.profile.table import profile
from nbops.records import Status
from nbops.rules.candidates import candidates
from nbops.rules.checking import check
from nbops.rules.evidence import Baseline
from nbops.rules.learning import new_baseline
from nbops.rules.reading import rules_of
from nbops.rules.suggest import suggest
from nbops.rules.verdict.baseline import Baseline as Past


def orders(seed: int, rows: int = 2000) -> pd.DataFrame:
    """Return orders with an amount, a state and a day written as Germans do."""
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(seed * 20 + rng.integers(0, 20, rows), "D")
    return pd.DataFrame({
        "amount": rng.lognormal(3, 1, rows).round(2), "state": rng.choice(["new", "paid", "sent"], rows),
        "month": rng.integers(1, 4, rows), "day": days.strftime("%d.%m.%Y"),
    })  # fmt: skip


@pytest.mark.parametrize(("column", "value", "kind"), [
    ("amount", -1.0, "non_negative"), ("state", "lost", "new_value"),
])  # fmt: skip
def test_the_first_of_its_kind_is_warned_of(column: str, value: object, kind: str) -> None:
    """One row with a sign or a value that never was warns, though no tolerance is used up; a clean table does not."""
    rules = rules_of(suggest(orders(1)).yaml())
    odd = orders(2)
    odd.loc[7, column] = value
    found = {(r.name, r.status) for r in judge_table(odd, rules) if r.status is not Status.PASSED}
    clean = {r.name for r in judge_table(orders(2), rules) if r.status is not Status.PASSED}

    assert (f"{column}.{kind}", Status.WARNED) in found
    assert (f"{column}.{kind}", Status.FAILED) not in found
    assert clean == set()


@pytest.mark.parametrize("values", [
    np.random.default_rng(3).normal(3, 1, 5000).clip(0.001), np.linspace(-1, 9, 500),
    np.random.default_rng(4).normal(22, 4, 800).round(1), [float("inf"), 1.0, 2.0] * 200,
], ids=["cut off", "both signs", "degrees", "infinite"])  # fmt: skip
def test_a_sign_is_no_law_where_zero_is_only_near(values: object) -> None:
    """Temperatures of a summer, or numbers that cross zero, have no rule about their sign."""
    found = suggest(pd.DataFrame({"x": values}))

    assert [rule.name for rule in found if rule.check.kind == "non_negative"] == []


@pytest.mark.parametrize("draw", [
    lambda rng, n: rng.poisson(3, n), lambda rng, n: rng.zipf(2.0, n).clip(max=300),
    lambda rng, n: rng.geometric(0.5, n),
])  # fmt: skip
def test_rare_values_are_no_surprise(draw: object) -> None:
    """Of 300 pairs of tables with a long tail, at most two in a hundred are warned of: such a tail shows itself."""
    rng, alarms = np.random.default_rng(5), 0
    for _ in range(300):
        before, after = (pd.DataFrame({"code": draw(rng, 800).astype(str)}) for _ in range(2))  # type: ignore[operator]
        made = [one.make(0.01) for one in candidates(Baseline((profile(before),)))]
        strict: list[Check] = [one for one in made if one.kind == "in_set" and one.severity == "warn"]
        alarms += any(result.failing for result in judge_table(after, strict))

    assert alarms <= 6


def test_a_month_is_bound_by_the_calendar() -> None:
    """A table of three months makes no alarm of the fourth, and the thirteenth is one."""
    rules = rules_of(suggest(orders(1)).yaml())
    april, thirteenth = orders(1).assign(month=4), orders(1).assign(month=13)

    assert [r.name for r in judge_table(april, rules) if r.status is Status.FAILED] == []
    assert "month.between" in [r.name for r in judge_table(thirteenth, rules) if r.status is Status.FAILED]


def test_a_date_in_text_is_the_same_once_it_is_read(tmp_path: Path) -> None:
    """Rules and a baseline learnt from text hold for a table whose dates were parsed, and find what is wrong in it."""
    rules = rules_of(suggest(orders(1)).yaml())
    read = orders(2).assign(day=lambda table: pd.to_datetime(table["day"], format="%d.%m.%Y"))
    past = Past.fit([orders(seed) for seed in range(8)])
    next_day = orders(8).assign(day=lambda table: pd.to_datetime(table["day"], format="%d.%m.%Y"))

    assert [r.name for r in judge_table(read, rules) if r.status.is_bad] == []
    assert [fact.key for fact in past.judge(next_day).facts] == []
    assert "day.date_format" in [r.name for r in judge_table(orders(2).assign(day=7), rules) if r.status.is_bad]
    assert ["day"] in [list(fact.columns) for fact in past.judge(orders(8).assign(day=7)).facts]


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_every_library_has_dates_that_were_read(library: str) -> None:
    """Moments hold the rule of a date's format, whichever library holds them; in text it is judged."""
    polars = pytest.importorskip("polars")
    rules = [rule.check for rule in suggest(orders(1)) if rule.check.kind == "date_format"]
    frame = polars.DataFrame({"day": pd.to_datetime(orders(1)["day"], format="%d.%m.%Y").tolist()})
    (result,) = judge_table(frame if library == "polars" else frame.to_arrow(), rules)

    assert (result.status, result.failing) == (Status.PASSED, 0)


@pytest.mark.parametrize("is_wrong", [False, True])
def test_dates_of_a_notebook_are_found_again_in_a_csv_file(tmp_path: Path, is_wrong: bool) -> None:
    """Rules and a baseline that know moments judge the texts of a CSV file as those; texts that are none still fail."""
    made = [one.assign(day=pd.to_datetime(one["day"], format="%d.%m.%Y")) for one in map(orders, range(9))]
    (tmp_path / "rules.yml").write_text(suggest(made[0]).yaml())
    new_baseline(made[:8], tmp_path / "orders.baseline.json", reason="first deliveries")
    day = made[8]["day"].dt.strftime("%d.%m.%Y" if is_wrong else "%Y-%m-%d")
    made[8].assign(day=day).to_csv(tmp_path / "next.csv", index=False)
    by_rules = check(tmp_path / "next.csv", tmp_path / "rules.yml")
    by_baseline = check(tmp_path / "next.csv", tmp_path / "orders.baseline.json")

    assert ("next.day.dtype" in [r.name for r in by_rules.results if r.status.is_bad]) is is_wrong
    assert (by_baseline.status is Status.FAILED) is is_wrong
