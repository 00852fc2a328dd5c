"""Realistic damage: each kind does to a table what a source, a loader or a person does to it on a bad day.

A kind takes a table and a random generator, and returns the damaged table with the columns it touched (none: the whole
table), or None where it does not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["DAMAGE", "Damaged", "damage"]

Damaged = tuple[pd.DataFrame, tuple[str, ...]] | None
Kind = Callable[[pd.DataFrame, np.random.Generator], Damaged]
DAMAGE: dict[str, Kind] = {}
"""Every kind of damage by its name."""


def damage(table: pd.DataFrame, kind: str, seed: int = 0) -> Damaged:
    """Return *table* damaged in one way; None where that is not possible.

    Example:
        >>> damage(pd.DataFrame({"a": [1, 2]}), "empty")[0].empty
        True
    """
    return DAMAGE[kind](table, np.random.default_rng(seed))


def _add(name: str, kind: Kind) -> None:
    DAMAGE[name] = kind


def _numbers(table: pd.DataFrame) -> list[str]:
    found = table.select_dtypes("number").columns
    return [name for name in found if table[name].nunique() >= 5 and table[name].notna().mean() > 0.5]


def _texts(table: pd.DataFrame) -> list[str]:
    def is_text(name: str) -> bool:
        values = table[name].dropna()
        return len(values) > 0 and all(isinstance(value, str) for value in values.head(50))

    return [name for name in table.select_dtypes(exclude=["number", "datetime"]).columns if is_text(name)]


def _dates(table: pd.DataFrame) -> list[str]:
    return list(table.select_dtypes(["datetime", "datetimetz"]).columns)


def _groups(table: pd.DataFrame) -> list[str]:
    return [name for name in _texts(table) if 2 <= table[name].nunique() <= max(2, len(table) // 4)]


def _one(names: Sequence[str], random: np.random.Generator) -> str | None:
    return str(names[int(random.integers(len(names)))]) if len(names) else None


def _some(table: pd.DataFrame, share: float, random: np.random.Generator) -> np.ndarray:
    n = min(len(table), max(1, round(share * len(table))))
    return random.choice(len(table), size=n, replace=False) if n else np.empty(0, np.int64)


def _put(table: pd.DataFrame, name: str, rows: np.ndarray, value: Any) -> Damaged:
    made = table[name].astype(object)
    made.iloc[rows] = value
    return table.assign(**{name: made.infer_objects()}), (name,)


def _changed(
    pick: Callable[[pd.DataFrame], list[str]], change: Callable[[pd.Series, np.random.Generator], Any]
) -> Kind:
    """Return the kind that changes one whole column of those that *pick* finds."""

    def kind(table: pd.DataFrame, random: np.random.Generator) -> Damaged:
        name = _one(pick(table), random)
        if name is None or table.empty:
            return None
        return table.assign(**{name: change(table[name], random)}), (name,)

    return kind


def _cells(pick: Callable[[pd.DataFrame], list[str]], share: float, value: Callable[[Any], Any]) -> Kind:
    """Return the kind that changes a share of the cells of one column, among those that hold a value."""

    def kind(table: pd.DataFrame, random: np.random.Generator) -> Damaged:
        name = _one(pick(table), random)
        if name is None:
            return None
        filled = np.flatnonzero(table[name].notna())
        if not len(filled):
            return None
        rows = filled[_some(table.iloc[filled], share, random)]
        return _put(table, name, rows, [value(cell) for cell in table[name].iloc[rows]])

    return kind


def _filled(table: pd.DataFrame) -> list[str]:
    return [name for name in table if table[name].notna().all()]


def _any(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.columns]


def _factor(factor: float) -> Callable[[pd.Series, np.random.Generator], Any]:
    def change(values: pd.Series, random: np.random.Generator) -> Any:
        made = values * factor
        return made.round(0) if bool((values.dropna() % 1 == 0).all()) else made

    return change


def _sampled(table: pd.DataFrame, random: np.random.Generator, share: float) -> pd.DataFrame:
    return table.iloc[np.sort(_some(table, share, random))]


def _without_group(table: pd.DataFrame, random: np.random.Generator) -> Damaged:
    name = _one(_groups(table), random)
    if name is None:
        return None
    largest = table[name].value_counts().index[: 1 + int(random.integers(2))][-1]
    return table[table[name] != largest], (name,)


def _group_twice(table: pd.DataFrame, random: np.random.Generator) -> Damaged:
    name = _one(_groups(table), random)
    if name is None:
        return None
    return pd.concat([table, table[table[name] == table[name].value_counts().index[0]]]), (name,)


def _fan_out(table: pd.DataFrame, random: np.random.Generator) -> Damaged:
    name = _one(_texts(table) + _numbers(table), random)
    if name is None:
        return None
    more = _sampled(table, random, 0.3)
    return pd.concat([table, more.assign(**{name: random.permutation(more[name].to_numpy())})]), (name,)


def _swapped(pick: Callable[[pd.DataFrame], list[str]]) -> Kind:
    def kind(table: pd.DataFrame, random: np.random.Generator) -> Damaged:
        names = pick(table)
        if len(names) < 2:
            return None
        a, b = (names[i] for i in random.choice(len(names), 2, replace=False))
        return table.assign(**{a: table[b], b: table[a]}), (a, b)

    return kind


def _shuffled_part(values: pd.Series, random: np.random.Generator) -> Any:
    made, half = values.to_numpy(copy=True), len(values) // 2
    made[half:] = random.permutation(made[half:])
    return made


def _shifted(values: pd.Series, random: np.random.Generator) -> Any:
    return np.roll(values.to_numpy(), 1)


def _header_again(table: pd.DataFrame, random: np.random.Generator) -> Damaged:
    middle = len(table) // 2
    header = pd.DataFrame([list(table.columns)], columns=table.columns)
    return pd.concat([table.iloc[:middle].astype(object), header, table.iloc[middle:].astype(object)]), ()


def _total_row(table: pd.DataFrame, random: np.random.Generator) -> Damaged:
    names = _numbers(table)
    if not names:
        return None
    total = pd.DataFrame([{name: table[name].sum() for name in names}]).reindex(columns=table.columns)
    return pd.concat([table, total]), tuple(names)


def _renamed(table: pd.DataFrame, random: np.random.Generator) -> Damaged:
    name = _one(_any(table), random)
    return None if name is None else (table.rename(columns={name: f"{name} (new)"}), (name,))


def _dropped(table: pd.DataFrame, random: np.random.Generator) -> Damaged:
    name = _one(_any(table), random)
    return None if name is None or len(table.columns) < 2 else (table.drop(columns=name), (name,))


def _middle_out(text: str) -> str:
    return text[: len(text) // 2] + "Ã¼" + text[len(text) // 2 + 1 :]


def _whole(change: Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]) -> Kind:
    return lambda table, random: (change(table, random), ())


def _with_decimals(table: pd.DataFrame) -> list[str]:
    return [name for name in _numbers(table) if (table[name].dropna() % 1 != 0).mean() > 0.3]


def _texts_changed(change: Callable[[str], str]) -> Callable[[pd.Series, np.random.Generator], Any]:
    return lambda values, random: values.map(change, na_action="ignore")


# volume
_add("empty", _whole(lambda table, random: table.iloc[:0]))
_add("half_of_the_file", _whole(lambda table, random: table.iloc[: len(table) // 2]))
_add("rows_lost_30", _whole(lambda table, random: _sampled(table, random, 0.7)))
_add("rows_lost_15", _whole(lambda table, random: _sampled(table, random, 0.85)))
_add("last_rows_lost_10", _whole(lambda table, random: table.iloc[: int(0.9 * len(table))]))
_add("rows_twice_10", _whole(lambda table, random: pd.concat([table, _sampled(table, random, 0.1)])))
_add("loaded_twice", _whole(lambda table, random: pd.concat([table, table])))
_add("group_missing", _without_group)
_add("group_twice", _group_twice)
_add("join_fan_out", _fan_out)
# missing
_add("nulls_2", _cells(_filled, 0.02, lambda cell: None))
_add("nulls_10", _cells(_filled, 0.10, lambda cell: None))
_add("nulls_50", _cells(_filled, 0.50, lambda cell: None))
_add("nulls_all", _cells(_filled, 1.0, lambda cell: None))
_add("zeros_for_nulls_20", _cells(_numbers, 0.2, lambda cell: 0))
_add("sentinel_9999", _cells(_numbers, 0.05, lambda cell: -9999))
_add("text_na_10", _cells(_texts, 0.1, lambda cell: "N/A?"))
_add("blank_text_10", _cells(_texts, 0.1, lambda cell: " "))
# numbers
_add("factor_1.1", _changed(_numbers, _factor(1.1)))
_add("factor_1.2", _changed(_numbers, _factor(1.2)))
_add("factor_0.5", _changed(_numbers, _factor(0.5)))
_add("factor_100", _changed(_numbers, _factor(100.0)))
_add("factor_0.001", _changed(_numbers, _factor(0.001)))
_add("cents_in_10", _cells(_numbers, 0.1, lambda cell: cell * 100))
_add("sign_turned", _changed(_numbers, lambda values, random: -values))
_add("sign_turned_in_10", _cells(_numbers, 0.1, lambda cell: -cell))
_add("outliers_1", _cells(_numbers, 0.01, lambda cell: abs(cell) * 1e4 + 1e4))
_add("frozen", _changed(_numbers, lambda values, random: values.dropna().iloc[0] if values.notna().any() else 0))
_add("rounded", _changed(_with_decimals, lambda values, random: values.round(0)))
_add("capped", _changed(_numbers, lambda values, random: values.clip(upper=values.quantile(0.8))))
_add("shuffled", _changed(_numbers, lambda values, random: random.permutation(values.to_numpy())))
_add("half_shuffled", _changed(_numbers, _shuffled_part))
_add("shifted_by_a_row", _changed(_numbers, _shifted))
_add("numbers_as_text", _changed(_numbers, lambda values, random: values.map("EUR {}".format, na_action="ignore")))
_add("formula_error_1", _cells(_numbers, 0.01, lambda cell: "#N/A!"))
# texts
_add("texts_swapped_case", _changed(_texts, _texts_changed(str.swapcase)))
_add("texts_cut", _changed(_texts, _texts_changed(lambda text: text[: max(1, len(text) // 2)])))
_add("texts_padded", _changed(_texts, _texts_changed(lambda text: f"{text} ")))
_add("wrong_encoding_5", _cells(_texts, 0.05, _middle_out))
_add("typos_3", _cells(_groups, 0.03, lambda cell: f"{cell[:-1]}q"))
_add("group_renamed", _changed(_groups, lambda values, random: values.replace(values.mode().iloc[0], "renamed")))
# dates
_add("zone_shifted", _changed(_dates, lambda values, random: values + pd.Timedelta(hours=6)))
_add("a_day_late", _changed(_dates, lambda values, random: values - pd.Timedelta(days=1)))
_add("default_date_10", _cells(_dates, 0.1, lambda cell: pd.Timestamp("1900-01-01", tz=cell.tz)))
_add("far_date_2", _cells(_dates, 0.02, lambda cell: pd.Timestamp("2199-12-31", tz=cell.tz)))
_add("date_as_text", _changed(_dates, lambda values, random: values.dt.strftime("%d.%m.%y")))
# schema
_add("column_dropped", _dropped)
_add("column_renamed", _renamed)
_add("column_added", _whole(lambda table, random: table.assign(added_column="x")))
_add("numbers_swapped", _swapped(_numbers))
_add("texts_swapped", _swapped(_texts))
_add("header_repeated", _header_again)
_add("row_of_totals", _total_row)
