"""A table made like another: distributions, correlations, dependencies, nulls and types stay; no rare value comes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.frames.profile.coding import profile_from_json, profile_to_json
from nbops.frames.profile.table import profile
from nbops.synthesis.fidelity import fidelity, rank_distance
from nbops.synthesis.leaks import leaks
from nbops.synthesis.people import parts_of
from nbops.synthesis.table import Maker
from tests.synthesis.tables import orders

KS = RHO = 0.05


def made_like(table: pd.DataFrame, rows: int = 0, seed: int = 1) -> pd.DataFrame:
    """Return rows made from the profile of *table* as it is written to a file."""
    found = profile_from_json(profile_to_json(profile(table, name="orders")))
    return Maker(found, seed, parts_of(), rows or len(table)).make(rows or len(table))


@pytest.fixture(scope="module")
def model() -> pd.DataFrame:
    """Return the table that the others are like."""
    return orders()


@pytest.fixture(scope="module")
def made(model: pd.DataFrame) -> pd.DataFrame:
    """Return a table like it."""
    return made_like(model)


def test_each_column_is_distributed_alike(made: pd.DataFrame, model: pd.DataFrame) -> None:
    """The distance of Kolmogorov and Smirnov is at most 0.05 in each column whose values may come again."""
    far = {one.column: one.distance for one in fidelity(made, model) if one.distance is not None and one.distance > KS}

    assert far == {}


def test_columns_rise_together_alike(made: pd.DataFrame, model: pd.DataFrame) -> None:
    """No rank correlation differs by more than 0.05."""
    assert {name: value for name, value in rank_distance(made, model).items() if value > RHO} == {}


def test_no_rare_value_stands_in_it(made: pd.DataFrame, model: pd.DataFrame) -> None:
    """No text, number or id that fewer than ten rows hold comes again, though only a profile was there."""
    assert {name: count for name, count in leaks(made, model).items() if count} == {}


def test_types_stay(made: pd.DataFrame, model: pd.DataFrame) -> None:
    """Each column has the type that it had; whole numbers are whole, prices have two digits."""
    assert made.dtypes.astype(str).to_dict() == model.dtypes.astype(str).to_dict()
    assert (made["weight"].round(2) == made["weight"]).all()


def test_nulls_come_as_often_and_together(made: pd.DataFrame, model: pd.DataFrame) -> None:
    """Two columns whose nulls go together are null in the same rows."""
    assert (made["shipped"].isna() == made["carrier"].isna()).all()
    assert made["shipped"].isna().mean() == pytest.approx(model["shipped"].isna().mean(), abs=0.02)


def test_what_decides_still_decides(made: pd.DataFrame, model: pd.DataFrame) -> None:
    """A code has the name that it had."""
    pairs = set(zip(made["code"], made["country"], strict=True))

    assert pairs == set(zip(model["code"], model["country"], strict=True))


def test_sums_and_orders_hold(made: pd.DataFrame) -> None:
    """What added up adds up, and what was never above another is not."""
    assert (made["pieces"] + made["spare"] == made["parts"]).all()
    assert (made["day"] <= made["shipped"]).where(made["shipped"].notna(), True).all()


def test_keys_are_new_and_never_repeat(made: pd.DataFrame, model: pd.DataFrame) -> None:
    """Keys are unique, and none is one of the table."""
    for name in ("id", "ref"):
        assert made[name].is_unique
        assert not set(made[name]) & set(model[name])


def test_formats_stay(made: pd.DataFrame) -> None:
    """References are written as they were, addresses lie in domains that are kept free."""
    assert made["ref"].str.fullmatch(r"ORD-\d{6}").all()
    assert made["email"].str.fullmatch(r"[a-z]+\.[a-z]+\d+@[a-z.]*example\.(com|org|net)").all()


def test_weeks_keep_their_shape(made: pd.DataFrame, model: pd.DataFrame) -> None:
    """Few rows lie on weekends, where few lay."""
    shares = [one["day"].dt.day_of_week.ge(5).mean() for one in (made, model)]

    assert shares[0] == pytest.approx(shares[1], abs=0.02)


def test_the_seed_decides(model: pd.DataFrame) -> None:
    """The same seed makes the same rows, another one others."""
    first, again, other = made_like(model, 200), made_like(model, 200), made_like(model, 200, seed=2)

    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


@pytest.mark.parametrize("rows", [0, 1, 7, 20_000])
def test_any_number_of_rows_can_be_made(model: pd.DataFrame, rows: int) -> None:
    """Fewer and more rows than there were."""
    found = Maker(profile(model, name="orders"), 1, parts_of(), rows).make(rows)

    assert found.shape == (rows, model.shape[1])
    assert found["id"].is_unique


def test_calendar_parts_agree_with_their_day() -> None:
    """Year, month and weekday are those of the day beside them."""
    days = pd.Series(pd.date_range("2023-01-01", periods=300)).sample(3_000, replace=True, random_state=1)
    table = pd.DataFrame({"day": days.to_numpy(), "month": days.dt.month.to_numpy(), "hits": range(3_000)})

    made = made_like(table)

    assert (made["day"].dt.month == made["month"]).all()


def test_an_hour_on_another_clock_agrees_with_its_moment_and_goes_with_the_wind() -> None:
    """Moments in UTC decide hours in New York, summer time included; and at noon it is warmer than at night."""
    random = np.random.default_rng(5)
    utc = pd.Series(pd.date_range("2023-01-01", periods=6_000, freq="h", tz="UTC"))
    here = utc.dt.tz_convert("America/New_York")
    warm = random.normal(size=6_000) + here.dt.hour / 8
    table = pd.concat([pd.DataFrame({"at": utc, "hour": here.dt.hour.to_numpy(), "warm": warm.round(2),
                                     "cold": random.normal(size=6_000).round(2)})] * 3)  # fmt: skip

    made = made_like(table, 20_000)

    assert (made["at"].dt.tz_convert("America/New_York").dt.hour == made["hour"]).all()
    assert made["hour"].corr(made["warm"], method="spearman") == pytest.approx(
        table["hour"].corr(table["warm"], method="spearman"), abs=0.05
    )


def test_what_a_category_decides_goes_with_other_numbers() -> None:
    """A model has its seats and its engines, and models with many seats are younger, in test data, too."""
    random = np.random.default_rng(6)
    model = random.choice(20, 4_000)
    table = pd.DataFrame(
        {"model": [f"M-{n}" for n in model], "engines": 1 + model % 2, "seats": 50 + 10 * model,
         "year": (1990 + model / 2 + random.normal(0, 4, 4_000)).round()}
    )  # fmt: skip

    made = made_like(table, 20_000)

    assert made.groupby("model")[["engines", "seats"]].nunique().max().max() == 1
    assert made["seats"].corr(made["year"], method="spearman") == pytest.approx(
        table["seats"].corr(table["year"], method="spearman"), abs=0.05
    )


def test_digits_of_a_number_agree_with_it() -> None:
    """The hour of 1545 is 15, and its minute 45."""
    clock = np.array([hour * 100 + minute for hour in range(5, 23) for minute in range(0, 60, 5)])
    table = pd.DataFrame({"clock": np.random.default_rng(1).choice(clock, 6_000)})
    table = table.assign(hour=table["clock"] // 100, minute=table["clock"] % 100)

    made = made_like(table)

    assert (made["clock"] == made["hour"] * 100 + made["minute"]).all()
    assert set(made["clock"]) <= set(table["clock"])


def test_a_key_of_several_columns_never_repeats() -> None:
    """Where no column is a key but two together are, no pair of theirs comes twice."""
    pairs = pd.MultiIndex.from_product([range(60), [f"s{n:02}" for n in range(40)]]).to_frame(index=False)
    table = pairs.set_axis(["day", "shop"], axis=1).sample(1_500, random_state=1).assign(sold=range(1_500))
    table["sold"] = np.random.default_rng(1).poisson(4, 1_500)

    made = made_like(table.reset_index(drop=True))

    assert len(made) == 1_500
    assert not made.duplicated(["day", "shop"]).any()


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("Int64", [1, 2, None]), ("Float64", [1.5, 2.5, None]), ("boolean", [True, False, None]),
        ("string", ["a", "b", None]), ("category", ["a", "b", None]), ("int64[pyarrow]", [1, 2, None]),
        ("large_string[pyarrow]", ["a", "b", None]), ("bool", [True, False, True]), ("int8", [1, 2, 3]),
        ("float32", [0.5, 0.25, None]), ("uint16", [1, 2, 3]), ("datetime64[ns]", ["2024-01-01", "2024-01-02", None]),
        ("datetime64[us, Europe/Berlin]", ["2024-01-01", "2024-01-02", None]), ("object", ["a", "b", None]),
        ("timestamp[us][pyarrow]", ["2024-01-01 00:00:00", "2024-01-02 00:00:00", None]),
    ],
)  # fmt: skip
def test_dtypes_of_pandas_and_arrow_stay(dtype: str, values: list[object]) -> None:
    """Nullable, Arrow, categorical and zoned types are those of the model, nulls included."""
    series = pd.Series(values * 40)
    series = pd.to_datetime(series) if "2024" in str(values[0]) and "[pyarrow]" not in dtype else series
    series = series.dt.tz_localize("Europe/Berlin") if "Berlin" in dtype else series
    series = pd.to_datetime(series) if "timestamp" in dtype else series
    table = pd.DataFrame({"x": series.astype(dtype), "n": range(120)})

    made = made_like(table)

    assert str(made["x"].dtype) == str(table["x"].dtype)
    assert set(made["x"].dropna().astype(str)) == set(table["x"].dropna().astype(str))
    assert bool(made["x"].isna().any()) == bool(table["x"].isna().any())


def test_strange_tables_are_made_or_told() -> None:
    """Columns of nulls, of lists, of one value, of infinities, and none at all."""
    table = pd.DataFrame({"none": [None] * 30, "list": [[1]] * 30, "one": [4] * 30, "inf": [np.inf, 1.0, 2.0] * 10})
    maker = Maker(profile(table, name="odd"), 1, parts_of(), 30)

    made = maker.make(30)

    assert made["none"].isna().all()
    assert made["list"].isna().all()
    assert "list" in maker.notes
    assert set(made["one"]) == {4}
    assert Maker(profile(pd.DataFrame({"x": []}), name="e"), 1, parts_of(), 3).make(3).shape == (3, 1)


def test_rare_categories_become_others() -> None:
    """A text of three rows is not made again; where few are rare, the set of texts stays closed."""
    table = pd.DataFrame({"city": ["Oslo"] * 500 + ["Rome"] * 490 + ["Kyoto"] * 3, "n": range(993)})

    made = made_like(table)

    assert set(made["city"]) == {"Oslo", "Rome"}


def test_a_dense_range_without_common_numbers_is_told() -> None:
    """Where each number of a range is rare, the range is drawn from, and that is said."""
    table = pd.DataFrame({"size": list(range(1, 9)) * 5})
    maker = Maker(profile(table, name="t"), 1, parts_of(), 40)

    made = maker.make(40)

    assert made["size"].between(1, 8).all()
    assert set(maker.notes) <= {"size"}
