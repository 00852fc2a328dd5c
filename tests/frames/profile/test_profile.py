"""Profiles: what they hold, that parts add up to the whole, and that they survive being written."""

from __future__ import annotations

import datetime as dt
import json
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.errors import UsageError
from nbops.frames.profile.coding import profile_from_json, profile_to_json
from nbops.frames.profile.sketch import Distinct, Quantiles
from nbops.frames.profile.table import ColumnProfile, Profile, profile

NUMBERS = st.one_of(st.none(), st.integers(-50, 50), st.floats(-1e6, 1e6), st.just(math.inf))
TEXTS = st.one_of(st.none(), st.text(max_size=6), st.sampled_from(["n/a", " a", "ORD-12", "DE", "a@b.eu"]))
DAYS = st.one_of(st.none(), st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2030, 1, 1)))
ROWS = st.lists(st.tuples(NUMBERS, TEXTS, DAYS, st.booleans()), min_size=1, max_size=60)


def frame(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """Return rows as a frame with a column of each kind."""
    number, text, day, flag = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "number": pd.Series(number, dtype="float64"),
            "text": pd.Series(text, dtype="str"),
            "day": pd.Series(day, dtype="datetime64[us]"),
            "flag": pd.Series(flag, dtype="bool"),
        }
    )


def exact(column: ColumnProfile) -> list[object]:
    """Return what of a column adds up exactly."""
    values, number, time, text = column.values, column.number, column.time, column.text
    return [
        column.rows, column.nulls, values.counts, values.distinct, values.once, values.sentinels, values.content,
        number and [number.count, number.low, number.high, number.zeros, number.negatives, number.infinite,
                   number.whole],
        time and [time.count, time.low, time.high, time.unit, time.midnights, time.hours, time.days],
        text and [text.count, text.lengths, text.shortest, text.longest, text.classes, text.blank, text.untrimmed,
                  text.quoted, text.shapes, text.looks],
    ]  # fmt: skip


def filled(whole: Profile) -> list[str]:
    """Return the columns that are not all null: those have no kind in a part."""
    return [column.name for column in whole.columns if column.filled]


@settings(max_examples=150, deadline=None)
@given(ROWS, st.data())
def test_parts_add_up_to_the_whole(rows: list[tuple[object, ...]], data: st.DataObject) -> None:
    """The profile of two parts together is that of the whole: every count exactly, moments but for rounding."""
    at = data.draw(st.integers(0, len(rows)))
    table = frame(rows)
    whole, parts = profile(table), profile(table.iloc[:at]) + profile(table.iloc[at:])

    assert (whole.rows, whole.content) == (parts.rows, parts.content)
    assert whole.relations.nulls_together == {
        pair: rows for pair, rows in parts.relations.nulls_together.items() if pair in whole.relations.nulls_together
    } | {p: 0 for p in whole.relations.nulls_together if p not in parts.relations.nulls_together}
    for name in filled(whole):
        assert exact(whole[name]) == exact(parts[name])
    one, other = whole["number"].number, parts["number"].number
    assert one is not None
    assert other is not None
    scale = max(abs(one.low or 0), abs(one.high or 0), 1.0)
    for power, name in enumerate(["mean", "m2", "m3", "m4"], start=1):
        assert math.isclose(getattr(one, name), getattr(other, name), rel_tol=1e-6, abs_tol=1e-6 * scale**power)
    assert sorted(p for b in one.quantiles.buffers for p in b.points) == sorted(
        p for b in other.quantiles.buffers for p in b.points
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 4_000), min_size=1, max_size=20))
def test_quantiles_of_many_parts_keep_their_error(seed: int, sizes: list[int]) -> None:
    """However many parts are put together, no share is off by more than the sketch says of itself."""
    random = np.random.default_rng(seed)
    parts = [random.lognormal(sigma=2, size=size) for size in sizes]
    found = Quantiles()
    for part in parts:
        found += Quantiles.of(np.sort(part))
    whole = np.sort(np.concatenate(parts))

    for share in (0.01, 0.25, 0.5, 0.9, 0.99):
        value = found.at(share)
        assert abs(np.searchsorted(whole, value, side="right") / len(whole) - share) <= found.error + 2 / len(whole) + (
            1 / len(whole)
        ) + max(b.weight for b in found.buffers) / len(whole)
        assert abs(found.below(value) - np.searchsorted(whole, value, side="right") / len(whole)) <= found.error
    assert found.rows == len(whole)


def test_few_quantiles_are_exact() -> None:
    """Up to 256 values nothing is lost, also through many parts."""
    values = np.arange(200.0)
    found = sum((Quantiles.of(values[at : at + 7]) for at in range(0, 200, 7)), Quantiles())

    assert (found.error, found.at(0.5), found.below(49)) == (0.0, 99.0, 0.25)


@pytest.mark.parametrize("many", [10, 500, 5_000, 200_000])
def test_different_values_are_counted_within_the_error(many: int) -> None:
    """The estimate lies within four standard errors, and putting parts together changes nothing."""
    hashes = np.random.default_rng(many).integers(0, 2**64, many, dtype="uint64")
    whole = Distinct.of(np.sort(hashes))
    parts = Distinct.of(np.sort(hashes[: many // 3])) + Distinct.of(np.sort(hashes[many // 4 :]))

    assert abs(whole.estimate - many) <= 4 * Distinct.ERROR * many + 1
    assert parts == whole


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_a_profile_survives_being_written(rows: list[tuple[object, ...]]) -> None:
    """What is read is what was written, and it is JSON that everybody reads."""
    written = profile_to_json(profile(frame(rows * 3), name="t"))
    again = profile_from_json(written)

    assert profile_to_json(again) == written
    assert json.loads(written)["rows"] == len(rows) * 3


def test_values_that_stand_once_are_not_written() -> None:
    """Names of people are in no profile on disk; a status is."""
    table = pd.DataFrame({"name": [f"Ada {n}" for n in range(50)], "state": ["new", "paid"] * 25,
                          "mail": ["a@b.eu", "c@d.eu"] * 25})  # fmt: skip
    again = profile_from_json(profile_to_json(profile(table)))

    assert again["state"].values.counts == {"new": 25, "paid": 25}
    assert (again["name"].values.counts, again["name"].values.distinct) == (None, 50)
    assert "a@b.eu" not in profile_to_json(profile(table))


def test_a_profile_of_a_newer_format_is_refused() -> None:
    """What cannot be understood is told, not guessed."""
    with pytest.raises(UsageError, match="format 99"):
        profile_from_json('{"format": 99}')
    with pytest.raises(UsageError, match="no profile"):
        profile_from_json("[]")


def orders() -> pd.DataFrame:
    """Return a table with a column of each kind, nulls among them."""
    return pd.DataFrame(
        {
            "id": range(6),
            "amount": [1.5, None, -3.25, 0.0, 1.5, 99.0],
            "state": ["new", "paid", None, "new", "n/a", " x"],
            "at": pd.to_datetime(
                ["2025-01-01", "2025-01-02 10:00", None, "2025-01-05", "2025-01-05", "2025-01-09"], format="mixed"
            ),
            "is_gift": [True, False, False, True, False, False],
        }
    )


def duck(table: pd.DataFrame) -> object:
    """Return a table of DuckDB, where that is installed."""
    return pytest.importorskip("duckdb").from_df(table)


@pytest.mark.parametrize(
    "made",
    [pl.from_pandas, lambda t: pl.from_pandas(t).lazy(), pa.Table.from_pandas, duck],
    ids=["polars", "lazy", "pyarrow", "duckdb"],
)
def test_every_library_gives_the_same_profile(made: object) -> None:
    """A table has one profile, whichever library holds it."""
    expected, found = profile(orders()), profile(made(orders()))  # type: ignore[operator]

    assert found.names == expected.names
    for column in expected.columns:
        assert exact(found[column.name]) == exact(column)
    assert found.content == expected.content


def test_order_of_rows_does_not_matter() -> None:
    """The hashes of a table and its columns are those of the same rows in any order, and change with a cell."""
    table, shuffled = orders(), orders().sample(frac=1, random_state=3)
    changed = table.assign(amount=table.amount.sample(frac=1, random_state=5).to_numpy())

    assert profile(table).content == profile(shuffled).content
    assert profile(table)["amount"].values.content == profile(changed)["amount"].values.content
    assert profile(table).content != profile(changed).content


def test_what_stands_for_missing_is_counted() -> None:
    """Placeholders among texts, numbers and dates are found."""
    table = pd.DataFrame({"a": ["N/A", "x1", "Unknown"], "b": [-999, 4, -999], "c": pd.to_datetime(["1900-01-01"] * 3)})
    found = profile(table)

    assert found["a"].values.sentinels == {"N/A": 1, "Unknown": 1}
    assert (found["b"].values.sentinels, found["c"].values.sentinels) == ({"-999": 2}, {"1900-01-01": 3})


def test_relations_are_found() -> None:
    """A sum, an order, a key of two columns and nulls that come together are seen."""
    random = np.random.default_rng(2)
    net = random.integers(1, 900, 500) / 100
    table = pd.DataFrame({"net": net, "tax": (net * 0.19).round(2), "day": np.repeat(range(50), 10),
                          "shop": np.tile(range(10), 50)})  # fmt: skip
    table["gross"] = table.net + table.tax
    table["first"] = random.integers(0, 900, 500)
    table["last"] = table["first"] + random.integers(0, 90, 500)
    table["a"] = table["b"] = np.where(random.random(500) < 0.2, np.nan, 1.0)
    found = profile(table).relations

    assert [(one.left, one.right, one.total) for one in found.sums] == [("net", "tax", "gross")]
    assert ("first", "last") in {(one.left, one.right) for one in found.orders}
    assert found.keys == (("day", "shop"),)
    assert found.nulls_together[("a", "b")] == table.a.isna().sum()
    assert found.comoments[("net", "gross")].correlation == pytest.approx(table.net.corr(table.gross))


def test_whole_numbers_beyond_floats_stay_apart() -> None:
    """Identifiers of 64 bits that differ in the last bit are two."""
    assert profile(pd.DataFrame({"id": [2**62, 2**62 + 1]}))["id"].values.distinct == 2


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pd.DataFrame({"a": [None, None]}),
        pd.DataFrame({"a": [[1], {"b": 2}, None]}),
        pd.DataFrame({"a": pd.Categorical(["x", None, "y"]), "b": pd.array([1, None, 3], dtype="Int64")}),
        pd.DataFrame({"a": [math.nan, math.inf, -math.inf]}),
        pd.DataFrame({"a": pd.to_datetime(["2025-01-01"] * 2).tz_localize("Europe/Oslo")}),
        pd.DataFrame({"a": ["", "", "ß" * 300]}),
        pd.DataFrame({"a": [1, "x", None]}),
        pd.DataFrame({"a": [dt.date(2020, 1, 1), None]}),
        pd.DataFrame({"a": [True, None, False]}),
        pd.DataFrame({0: [1], 1: [2]}),
    ],
    ids=["nothing", "no rows", "nulls", "objects", "extension", "infinite", "zone", "long", "mixed", "dates", "truth",
         "numbered"],
)  # fmt: skip
def test_no_table_is_too_odd(table: pd.DataFrame) -> None:
    """Whatever a frame holds, it has a profile that can be written and added to itself."""
    found = profile(table)

    assert profile_from_json(profile_to_json(found)).rows == len(table)
    assert (found + found).rows == 2 * len(table)


def test_two_columns_of_one_name_are_told() -> None:
    """Nobody knows which of two columns is meant."""
    with pytest.raises(UsageError, match="several columns are named 'a'"):
        profile(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_a_profile_reads_as_a_few_lines() -> None:
    """What a cell shows of a profile is a line a column, not all that it holds."""
    found = profile(pd.DataFrame({"id": [1, 2], "city": ["Oslo", None]}), name="towns")

    assert repr(found).splitlines() == [
        "towns: 2 rows, 2 columns", "  id: number, 2 different, 0 null", "  city: text, 1 different, 1 null"
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_large_parts_add_up_within_the_stated_errors(seed: int) -> None:
    """Beyond what is kept exactly: different values, frequent values, quantiles and shapes stay within their errors."""
    random = np.random.default_rng(seed)
    rows = 30_000
    table = pd.DataFrame(
        {
            "x": random.standard_t(3, rows),
            "n": random.zipf(1.5, rows).clip(0, 10**6),
            "t": [f"w{n}" for n in random.zipf(1.4, rows).clip(0, 10**6)],
        }
    )
    whole, parts = profile(table), profile(table[:4_000])
    for at in range(4_000, rows, 4_000):
        parts += profile(table[at : at + 4_000])

    for name in table:
        one, other = whole[name].values, parts[name].values
        assert abs(one.distinct - other.distinct) <= 4 * other.error * one.distinct
        for value, count in other.top.items():
            assert count <= one.top.get(value, count) <= count + other.top_missed
        assert (one.content, whole[name].nulls) == (other.content, parts[name].nulls)
    for share in (0.01, 0.5, 0.99):
        a, b = whole["x"].number, parts["x"].number
        assert a is not None
        assert b is not None
        assert abs((table.x <= b.quantiles.at(share)).mean() - share) <= b.quantiles.error + 2 / 256
    assert whole["x"].histogram()[0][0] == parts["x"].histogram()[0][0]


@pytest.mark.parametrize("text", ["", "5", "[]", "null", "[" * 100_000, '{"format": 1}', '{"format": 1, "columns": 5}'])
def test_what_is_no_profile_is_refused(text: str) -> None:
    """A file of another kind, or a torn one, is an error of usage and no traceback."""
    with pytest.raises(UsageError, match="no profile"):
        profile_from_json(text)


def test_a_table_that_fails_halfway_is_told_as_one() -> None:
    """What a library raises while it reads becomes an error with what to do."""
    lazy = pl.LazyFrame({"amount": ["1", "many"]}).with_columns(pl.col("amount").cast(pl.Int64))
    with pytest.raises(UsageError, match=r"the table cannot be read: .*conversion from"):
        profile(lazy)
