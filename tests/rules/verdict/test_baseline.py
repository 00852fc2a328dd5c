"""The verdict on a delivery: what alarms, what does not, what is learnt, and what survives being written."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from nbops.errors import UsageError
from nbops.frames.masking import masking
from nbops.rules.verdict.baseline import Baseline
from nbops.rules.verdict.state import from_json, to_json


def delivery(day: int, rows: int = 300) -> pd.DataFrame:
    """Return the orders of a day: a key, related amounts, a group, a date."""
    random = np.random.default_rng(day)
    price = random.lognormal(3, 0.5, rows).round(2)
    pieces = random.poisson(3, rows) + 1
    return pd.DataFrame(
        {
            "id": np.arange(rows) + 10_000 * day,
            "price": price,
            "pieces": pieces,
            "total": (price + pieces).round(2),
            "region": random.choice(["north", "south", "west"], rows, p=[0.5, 0.3, 0.2]),
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(day * 86400 + random.integers(0, 86400, rows), unit="s"),
        }
    )


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    """Return a baseline of twelve days."""
    return Baseline.fit([delivery(day) for day in range(12)])


def test_a_delivery_like_those_before_passes(baseline: Baseline) -> None:
    """Nothing alarms on a redraw."""
    verdict = baseline.judge(delivery(12))

    assert (verdict.is_bad, verdict.sentences, verdict.is_learning) == (False, (), False)


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("nulls", {"price"}),
        ("broken_sum", {"total", "price", "pieces"}),
        ("value_gone", {"region"}),
        ("column_gone", {"region"}),
        ("duplicate_rows", set()),
        ("type", {"price"}),
        ("repeated", set()),
    ],
)
def test_a_broken_fact_alarms_at_once_and_names_its_columns(baseline: Baseline, kind: str, columns: set[str]) -> None:
    """Each fact that breaks for the first time is told with its column."""
    table = delivery(12)
    made = {
        "nulls": table.assign(price=table.price.where(table.index > 10)),
        "broken_sum": table.assign(total=np.random.default_rng(0).permutation(table.total)),
        "value_gone": table[table.region != "south"],
        "column_gone": table.drop(columns="region"),
        "duplicate_rows": pd.concat([table, table.head(30)]),
        "type": table.assign(price=table.price.map("EUR {}".format)),
        "repeated": delivery(11),
    }[kind]

    verdict = baseline.judge(made)

    named = {name for fact in verdict.facts if fact.kind == kind for name in fact.columns}
    assert kind in {fact.kind for fact in verdict.facts}
    assert named <= columns
    assert bool(named) == bool(columns)
    assert verdict.is_bad
    assert all(verdict.sentences)


def test_a_unit_that_changed_is_seen_without_any_fact(baseline: Baseline) -> None:
    """Prices a fifth too high add up to a score, and the price is named."""
    table = delivery(12)
    price = (table.price * 1.2).round(2)

    verdict = baseline.judge(table.assign(price=price, total=(price + table.pieces).round(2)))

    assert verdict.score > verdict.threshold
    assert {"price", "total"} & set(verdict.columns)


def test_an_accepted_delivery_is_history(baseline: Baseline) -> None:
    """What was accepted once is no broken fact the next time, and the log says why."""
    state = from_json(json.loads(json.dumps(to_json(baseline))))
    table = delivery(12).assign(price=lambda t: t.price.where(t.index > 10))

    state.accept(table, reason="prices come later", ref="orders@7f3a")

    again = delivery(13).assign(price=lambda t: t.price.where(t.index > 10))
    assert "nulls" not in {fact.kind for fact in state.judge(again).facts}
    assert [(act.act, act.reason, act.ref, act.rows) for act in state.log] == [
        ("accepted", "prices come later", "orders@7f3a", 300)
    ]


def test_a_false_alarm_widens_what_raised_it_alone(baseline: Baseline) -> None:
    """After a person said so, the same delivery passes, and another error is still seen."""
    state = from_json(to_json(baseline))
    table = delivery(12).assign(price=lambda t: t.price.where(t.index > 10))

    changed = state.widen(table, reason="late prices are normal")

    assert "nulls|price" in changed
    assert not state.judge(table).is_bad
    assert state.judge(delivery(12).drop(columns="region")).is_bad


def test_a_baseline_survives_being_written(baseline: Baseline) -> None:
    """The same verdict comes from what was read back, to the last figure that counts."""
    read = from_json(json.loads(json.dumps(to_json(baseline))))
    table = delivery(12).assign(price=lambda t: t.price * 3)

    assert read.judge(table).facts == baseline.judge(table).facts
    assert read.judge(table).score == pytest.approx(baseline.judge(table).score, rel=1e-6)


def test_no_text_of_a_row_is_kept() -> None:
    """A baseline holds hashes: no name of a person can be read from its file."""
    tables = [delivery(day).assign(name=[f"Person {day}-{i}" for i in range(300)]) for day in range(4)]

    assert "Person" not in json.dumps(to_json(Baseline.fit(tables)))


def test_a_file_of_another_version_is_refused() -> None:
    """A newer format is not guessed at."""
    with pytest.raises(UsageError, match="version 99"):
        from_json({"version": 99})


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_broken_input_is_judged_and_never_raises(baseline: Baseline, rows: int) -> None:
    """Empty, tiny, half-typed and foreign tables get a verdict."""
    table = delivery(12).head(rows)
    broken = [
        table,
        pd.DataFrame(),
        pd.DataFrame({"id": [None] * rows}),
        table.astype(object).assign(price=[["a"]] * rows, region=[{"b": 1}] * rows),
        table.assign(price=np.inf, total=-np.inf),
        pd.concat([table, table], axis=1),
        table.rename(columns={"id": 7}),
        table.assign(region=pd.Series(["\ud800"] * rows, dtype=object)),
    ]

    assert all(baseline.judge(each).is_bad for each in broken)


def test_few_deliveries_are_said_to_be_few() -> None:
    """With fewer than eight deliveries the verdict says that it is learning, down to a single one."""
    assert Baseline.fit([delivery(0)]).judge(delivery(1)).is_learning


def test_without_a_delivery_there_is_no_baseline() -> None:
    """Nothing can be learnt from nothing."""
    with pytest.raises(UsageError, match="at least one delivery"):
        Baseline.fit([])


def test_tables_of_other_libraries_are_judged_alike(baseline: Baseline) -> None:
    """A polars frame gets the verdict of the pandas frame."""
    polars = pytest.importorskip("polars")
    table = delivery(12).drop(columns="region")

    verdict = baseline.judge(polars.from_pandas(table))

    assert [fact.key for fact in verdict.facts] == [fact.key for fact in baseline.judge(table).facts]


def test_a_new_value_of_a_masked_column_is_not_told(baseline: Baseline) -> None:
    """What alarms is told, the value itself is not."""
    table = delivery(12)
    table.loc[:40, "region"] = "Zermatt"
    with masking("region"):
        covered = baseline.judge(table)

    assert "Zermatt" not in str(covered)
    assert "Zermatt" in str(baseline.judge(table))


def test_a_table_of_one_number_beside_a_moment_is_learnt() -> None:
    """Nothing can foretell the one number; that is no reason to raise."""
    days = [
        pd.DataFrame({"at": pd.date_range(f"2024-01-{day:02d}", periods=80, freq="5min"), "level": np.arange(80) * 1.5})
        for day in range(1, 12)
    ]

    assert not Baseline.fit(days[:10]).judge(days[10]).facts
