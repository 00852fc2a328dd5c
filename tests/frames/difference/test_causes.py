"""Naming the cause: planted changes are told by their right name, random edits by none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbops.frames.difference.causes.candidate import TITLES
from nbops.frames.difference.comparing import compare
from nbops.frames.difference.record import Cause, Difference
from nbops.synthesis.damage import damage
from tests.bench.difference_planting import EDITS, PLANTS, with_key

ROWS = 400


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Return a table of all kinds of columns."""
    random = np.random.default_rng(5)
    names = ["Oslo", "Ávila", "New York", "São Paulo", "Łódź", "Rome"]
    made = pd.DataFrame(
        {
            "city": random.choice(names, ROWS, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05]),
            "customer": [f"Customer Number {at:05d} of Ålesund" for at in random.permutation(ROWS)],
            "distance": random.integers(40, 2_500, ROWS),
            "price": random.lognormal(3, 1, ROWS).round(4),
            "delay": random.normal(5, 20, ROWS).round(0),
            "ordered": pd.Timestamp("2024-03-01") + pd.to_timedelta(random.integers(0, 10**7, ROWS), unit="s"),
            "discount": np.where(random.random(ROWS) < 0.2, np.nan, random.beta(2, 5, ROWS).round(3)),
        }
    )
    return with_key(made)[0]


def causes(found: Difference) -> list[tuple[str, str]]:
    """Return the kinds of causes and what they say."""
    return [(one.kind, one.what) for one in found.causes]


def one_change(table: pd.DataFrame, **changed: Any) -> Difference:
    """Return the comparison of *table* with itself with changed columns, its rows in another order."""
    return compare(table, table.assign(**changed).sample(frac=1, random_state=2), key="row_key")


@pytest.mark.parametrize("label", sorted(PLANTS))
def test_a_planted_change_is_named(table: pd.DataFrame, label: str) -> None:
    """Each kind of change that is planted is found, and told by its name."""
    tried = (PLANTS[label](table, "row_key", np.random.default_rng(seed)) for seed in range(7, 27))
    planted = next(one for one in tried if one is not None)  # some columns it would not change
    found = compare(planted.before, planted.after, key=planted.key)
    kinds = [one.kind for one in found.causes] or [f"column {one.kind}" for one in found.schema]

    assert kinds[:1] in [[kind] for kind in planted.accepted]


@pytest.mark.parametrize("label", sorted(EDITS))
def test_no_cause_is_named_for_random_edits(table: pd.DataFrame, label: str) -> None:
    """Edits without a cause are counted, and left without a name."""
    edited = EDITS[label](table, "row_key", np.random.default_rng(11))
    assert edited is not None
    found = compare(table, edited, key="row_key")

    assert found.differs
    assert causes(found) == []


def test_a_factor_is_told_with_its_units(table: pd.DataFrame) -> None:
    """The factor has all its digits, and the units that it stands between."""
    found = one_change(table, distance=table.distance * 1.609344)

    assert causes(found) == [("unit factor", "× 1.609344, miles became kilometres")]
    assert (found.causes[0].explained, found.causes[0].share) == (ROWS, 1.0)


def test_a_rounded_product_shows_its_factor(table: pd.DataFrame) -> None:
    """What was multiplied and then rounded is still told by the exact factor."""
    found = one_change(table, distance=(table.distance * 1.609344).round(0))

    assert causes(found) == [("unit factor", "× 1.609344, miles became kilometres")]


def test_degrees_are_a_factor_and_a_constant(table: pd.DataFrame) -> None:
    """Celsius and Fahrenheit are known."""
    found = one_change(table, delay=table.delay * 1.8 + 32)

    assert causes(found)[0] == ("unit factor", "× 1.8 + 32, degrees Celsius became Fahrenheit")


def test_two_causes_share_a_column(table: pd.DataFrame) -> None:
    """Each cause tells how much of the column's changes it explains; what is left is counted."""
    made = table.price.copy()
    made.iloc[:200] *= 100
    made.iloc[200:300] *= -1
    made.iloc[300:305] = [1.23, 4.56, 7.89, 10.11, 12.13]
    found = one_change(table, price=made)

    assert [(one.kind, one.explained, one.of) for one in found["price"].causes] == [
        ("unit factor", 200, 305),
        ("sign", 100, 305),
    ]
    assert found["price"].unexplained == 5


def test_the_share_of_all_changes_is_told(table: pd.DataFrame) -> None:
    """With two changed columns each cause explains a part of all changed cells, the larger one first."""
    renamed = table.city.replace("Rome", "Roma")
    found = one_change(table, distance=table.distance * 2.54, city=renamed)
    rome = int((table.city == "Rome").sum())

    assert [one.kind for one in found.causes] == ["unit factor", "category renamed"]
    assert found.causes[1].share_of_all == pytest.approx(rome / (rome + ROWS))


@pytest.mark.parametrize(
    ("column", "change", "kind", "said"),
    [
        ("price", lambda v: v.round(1), "rounding", "to 1 decimal"),
        ("price", np.floor, "rounding", "down to whole numbers"),
        ("price", lambda v: v.clip(upper=40), "capped", "at 40"),
        ("price", lambda v: v.where(v.index % 3 > 0, -9999.0), "constant", "-9,999 stands"),
        ("discount", lambda v: v.fillna(-1.0), "null marker", "null became -1"),
        ("ordered", lambda v: v + pd.Timedelta(days=1), "day shift", "1 day later"),
        ("ordered", lambda v: v.dt.floor("D"), "rounding", "down to the day"),
        ("customer", lambda v: v.str[:10], "truncation", "to 10 characters"),
        ("customer", lambda v: "EUR " + v, "affix", "'EUR ' added before each text"),
        ("customer", lambda v: v.str.replace(" ", "-"), "format", "other marks"),
        ("city", lambda v: v.str.upper(), "case", "to upper case"),
        ("city", lambda v: v.map(lambda t: t.encode().decode("cp1252", "replace")), "encoding", "8-bit encoding"),
        ("city", lambda v: v.str.replace("ã", "a").str.replace("Á", "A"), "encoding", "accents"),
        ("delay", lambda v: np.roll(v, 1), "permuted", "the row before"),
    ],
)
def test_what_happened_is_said_in_words(
    table: pd.DataFrame, column: str, change: Callable[[Any], Any], kind: str, said: str
) -> None:
    """Each cause says what happened."""
    cause = one_change(table, **{column: change(table[column])}).causes[0]

    assert cause.kind == kind
    assert said in cause.what


def test_day_and_month_in_each_others_place(table: pd.DataFrame) -> None:
    """A date that was read the other way round is told, for the days where that can be."""
    days = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS) % 11 * 31, unit="D"))
    days = days.where(days.dt.day <= 12, pd.Timestamp("2024-02-03"))
    swapped = days.map(lambda d: d.replace(day=d.month, month=d.day))
    found = compare(table.assign(d=days), table.assign(d=swapped), key="row_key")

    assert found.causes[0].kind == "day and month"


def test_a_boolean_turned_round(table: pd.DataFrame) -> None:
    """True and false in each other's place have a name of their own."""
    flags = pd.Series(np.arange(ROWS) % 3 == 0)
    found = compare(table.assign(flag=flags), table.assign(flag=~flags), key="row_key")

    assert causes(found) == [("inverted", "what was true is false, what was false is true")]


def test_a_missing_group_is_named(table: pd.DataFrame) -> None:
    """Removed rows that are all those of one value are told by it."""
    found = compare(table, table[table.city != "Rome"], key="row_key")
    rows = int((table.city == "Rome").sum())

    assert [(one.kind, one.what, one.explained) for one in found.causes] == [
        ("group lost", "the removed rows are all the rows where city is Rome", rows)
    ]


def test_a_new_day_is_a_new_group(table: pd.DataFrame) -> None:
    """What was appended is told by what it has in common."""
    days = [table.assign(day=f"2024-03-0{day}", row_key=table.row_key + 10**6 * day) for day in (1, 2, 3)]
    found = compare(pd.concat(days[:2]), pd.concat(days), key="row_key")

    assert causes(found) == [("group new", "the added rows are all the rows where day is 2024-03-03")]


def test_swapped_columns_are_told_once(table: pd.DataFrame) -> None:
    """Both columns are named, and what both changed is explained."""
    before = table[["row_key", "distance"]].assign(other=table.distance.to_numpy()[::-1] + 1)
    found = compare(before, before.assign(distance=before.other, other=before.distance), key="row_key")

    assert [(one.kind, set(one.columns)) for one in found.causes] == [("columns swapped", {"distance", "other"})]
    assert found.causes[0].explained == found.cells


def test_a_factor_is_known_where_both_sides_were_rounded() -> None:
    """The source counts kilometres now, and rounds them as it rounded miles: no number before tells its last digits."""
    exact = np.random.default_rng(3).gamma(2, 20, 2_000)
    before = pd.DataFrame({"row_key": range(2_000), "way": exact.round(2)})
    found = compare(before, before.assign(way=(exact * 1.609344).round(2)), key="row_key")

    assert [(one.kind, one.what) for one in found.causes] == [
        ("unit factor", "× 1.609344, miles became kilometres, before both were rounded")
    ]
    assert found.causes[0].explained == found.cells


def test_swapped_flags_are_known_by_the_rows_that_stayed() -> None:
    """Two columns of two values that were swapped changed wherever they differed, and nowhere else."""
    random = np.random.default_rng(3)
    before = pd.DataFrame({"row_key": range(500), "seen": random.random(500) < 0.6, "sent": random.random(500) < 0.7})
    found = compare(before, before.assign(seen=before.sent, sent=before.seen), key="row_key")
    turned = compare(before, before.assign(seen=~before.seen, sent=~before.sent), key="row_key")

    assert [(one.kind, set(one.columns)) for one in found.causes] == [("columns swapped", {"seen", "sent"})]
    assert {one.kind for one in turned.causes} == {"inverted"}


def test_flags_that_were_edited_by_chance_were_not_swapped() -> None:
    """Edits of single rows are none, though each new value is one that the other column may well have held."""
    random = np.random.default_rng(4)
    before = pd.DataFrame({"row_key": range(500), "seen": random.random(500) < 0.6, "sent": random.random(500) < 0.7})
    seen, sent = (before[name] ^ (random.random(500) < 0.2) for name in ("seen", "sent"))
    found = compare(before, before.assign(seen=seen, sent=sent), key="row_key")

    assert "columns swapped" not in {one.kind for one in found.causes}


def test_a_renamed_column_is_compared(table: pd.DataFrame) -> None:
    """What bears another name is found by its content, and its changes are counted."""
    made = table.price.copy()
    made.iloc[:3] = [1.5, 2.5, 3.75]
    found = compare(table, table.assign(price=made).rename(columns={"price": "amount"}), key="row_key")

    assert [(one.kind, one.before, one.after) for one in found.schema] == [("renamed", "price", "amount")]
    assert (found["amount"].was, found["amount"].changed) == ("price", 3)


def test_damage_of_the_rehearsals_is_named(table: pd.DataFrame) -> None:
    """What the damages do that have a cause is told as one of them."""
    wanted = {
        "sign_turned": "sign", "factor_100": "unit factor", "shuffled": "permuted", "texts_swapped_case": "case",
        "texts_padded": "padding", "zone_shifted": "time zone", "a_day_late": "day shift",
        "loaded_twice": "join fan-out",
        "group_renamed": "category renamed", "half_of_the_file": "rows cut off", "join_fan_out": "join fan-out",
    }  # fmt: skip
    told = {}
    for kind in wanted:
        made = damage(table.drop(columns="discount"), kind, seed=3)
        assert made is not None
        if "row_key" not in made[1] or kind == "join_fan_out":
            told[kind] = compare(table.drop(columns="discount"), made[0], key="row_key").causes[0].kind
    assert told == {kind: wanted[kind] for kind in told}
    assert len(told) >= 8


def test_every_kind_has_a_title() -> None:
    """A headline begins with it."""
    assert all(title and title[0].isupper() for title in TITLES.values())


def test_a_cause_without_changes_has_no_share() -> None:
    """Nothing is divided by nothing."""
    assert Cause("sign", "Sign turned", ("a",), "", 0, 0).share == 0.0
