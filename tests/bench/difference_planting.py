"""Changes of which the cause is known, planted in any table; and random edits, which have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["EDITS", "PLANTS", "Planted", "with_key"]

Random = np.random.Generator


@dataclass(frozen=True)
class Planted:
    """A change with a known cause.

    Args:
        kind: The cause.
        before: The table before.
        after: The table after.
        columns: Where it was planted; none for whole rows.
        key: The key to compare by; None lets it be looked for.
        also: Other kinds that say the same of this change.
    """

    kind: str
    before: pd.DataFrame
    after: pd.DataFrame
    columns: tuple[str, ...] = ()
    key: str | None = "row_key"
    also: tuple[str, ...] = ()

    @property
    def accepted(self) -> tuple[str, ...]:
        """The kinds that count as right."""
        return (self.kind, *self.also)


Plant = Callable[[pd.DataFrame, str, Random], Planted | None]
Edit = Callable[[pd.DataFrame, str, Random], pd.DataFrame | None]
PLANTS: dict[str, Plant] = {}
EDITS: dict[str, Edit] = {}


def with_key(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return *table* with a column that is its key, in no order."""
    made = table.loc[:, ~table.columns.duplicated()].reset_index(drop=True)
    numbers = np.random.default_rng(len(made)).permutation(len(made)) * 7 + 1000
    return made.assign(row_key=numbers), "row_key"


# ── columns to choose from ───────────────────────────────────────────────────────────────────────────────────────────


def _numbers(table: pd.DataFrame, key: str) -> list[str]:
    found = table.select_dtypes("number").columns
    return [name for name in found if name != key and table[name].nunique() >= 6 and table[name].notna().mean() > 0.4]


def _decimals(table: pd.DataFrame, key: str) -> list[str]:
    return [name for name in _numbers(table, key) if (table[name].dropna() % 1 != 0).mean() > 0.4]


def _texts(table: pd.DataFrame, key: str) -> list[str]:
    found = []
    for name in table.select_dtypes(exclude=["number", "datetime", "bool", "category"]).columns:
        values = table[name].dropna()
        if len(values) >= 0.3 * len(table) and values.map(lambda v: isinstance(v, str)).all() and values.nunique() >= 2:
            found.append(name)
    return found


def _groups(table: pd.DataFrame, key: str) -> list[str]:
    return [name for name in _texts(table, key) if 2 <= table[name].nunique() <= max(2, len(table) // 6)]


def _dates(table: pd.DataFrame, key: str) -> list[str]:
    return [name for name in table.select_dtypes("datetime").columns if table[name].nunique() >= 3]


def _lettered(table: pd.DataFrame, key: str) -> list[str]:
    return [name for name in _texts(table, key) if table[name].dropna().str.contains("[A-Za-z]").mean() > 0.8]


def _one(names: list[str], random: Random) -> str | None:
    return names[int(random.integers(len(names)))] if names else None


def _shuffled(table: pd.DataFrame, random: Random) -> pd.DataFrame:
    return table.iloc[random.permutation(len(table))].reset_index(drop=True)


Change = Callable[[pd.Series, Random], Any]
Pick = Callable[[pd.DataFrame, str], list[str]]


def _plant(label: str, kind: str, pick: Pick, change: Change, *also: str, part: bool = False) -> None:
    """Add a plant that changes a whole column; with *part* also one that changes a fifth of its rows."""

    def whole(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
        return _changed(table, key, random, kind, pick, change, also, 1.0)

    def fifth(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
        return _changed(table, key, random, kind, pick, change, also, 0.2)

    PLANTS[label] = whole
    if part:
        PLANTS[f"{label}, in a fifth of the rows"] = fifth


def _changed(
    table: pd.DataFrame, key: str, random: Random, kind: str, pick: Pick, change: Change, also: tuple[str, ...],
    share: float,
) -> Planted | None:  # fmt: skip
    name = _one(pick(table, key), random)
    if name is None:
        return None
    made = pd.Series(change(table[name], random), index=table.index)
    if share < 1:
        made = made.where(pd.Series(random.random(len(table)) < share, index=table.index), table[name])
    after = table.assign(**{name: made})
    differs = (made != table[name]) & ~(made.isna() & table[name].isna())
    if differs.sum() < 8 or table.loc[differs, name].nunique() < 2:
        return None
    return Planted(kind, table, _shuffled(after, random), (name,), key, also)


def _rounded_like(values: pd.Series, made: pd.Series) -> pd.Series:
    """Return *made* as somebody would write it who writes *values*: with two more digits at most."""
    if (values.dropna() % 1 == 0).all():
        return made.round(2)
    return made.round(6)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

for _factor, _label in ((1.609344, "miles to kilometres"), (0.45359237, "pounds to kilograms"), (1000.0, "kilo to one"),
                        (0.01, "per cent to shares"), (100.0, "euros to cents"), (60.0, "hours to minutes"),
                        (0.3048, "feet to metres"), (1.0 / 3.6, "km/h to m/s"), (1.19, "tax added"),
                        (0.9273, "another currency")):  # fmt: skip
    _plant(
        _label, "unit factor", _numbers, lambda v, r, f=_factor: v * f, part=_label in ("euros to cents", "tax added")
    )  # type: ignore[misc]
_plant("miles to kilometres, rounded", "unit factor", _numbers, lambda v, r: _rounded_like(v, v * 1.609344))
_plant("Celsius to Fahrenheit", "unit factor", _numbers, lambda v, r: v * 1.8 + 32)
_plant("sign turned", "sign", _numbers, lambda v, r: -v, part=True)
_plant("rounded to whole", "rounding", _decimals, lambda v, r: v.round(0))
_plant("rounded to one digit", "rounding", _decimals, lambda v, r: v.round(1))
_plant("cut to whole", "rounding", _decimals, lambda v, r: np.trunc(v), "truncation")
_plant("to 32 bits", "rounding", _decimals, lambda v, r: v.astype("float32").astype("float64"))

# ── dates ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _zone(values: pd.Series, random: Random) -> Any:
    there = values.dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    return there.dt.tz_localize(None)


_plant("six hours later", "time zone", _dates, lambda v, r: v + pd.Timedelta(hours=6))
_plant("UTC to New York", "time zone", _dates, _zone)
_plant("half past five", "time zone", _dates, lambda v, r: v - pd.Timedelta(hours=5, minutes=30))
_plant("a day late", "day shift", _dates, lambda v, r: v + pd.Timedelta(days=1), "yesterday's copy", part=True)
_plant("a year early", "day shift", _dates, lambda v, r: v - pd.DateOffset(years=1))

# ── texts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_text(change: Callable[[str], str]) -> Change:
    return lambda values, random: values.map(change, na_action="ignore")


_plant("upper case", "case", _lettered, _of_text(str.upper))
_plant("lower case", "case", _lettered, _of_text(str.lower))
_plant("title case", "case", _lettered, _of_text(str.title), part=True)
_plant("a blank behind", "padding", _texts, _of_text(lambda text: f"{text} "), part=True)
_plant("blanks around", "padding", _texts, _of_text(lambda text: f"  {text} "))
_plant("filled up to 20", "padding", _texts, _of_text(lambda text: text.ljust(20)))
_plant("cut to three", "truncation", _texts, _of_text(lambda text: text[:3]))
_plant("cut to eight", "truncation", _texts, _of_text(lambda text: text[:8]))


def _leading_zeros(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
    name = _one([one for one in _numbers(table, key) if (table[one].dropna() % 1 == 0).all()], random)
    if name is None:
        return None
    texts = table[name].map(lambda v: str(int(v)), na_action="ignore").astype(object)
    after = texts.map(lambda text: text.zfill(12), na_action="ignore")
    return Planted("padding", table.assign(**{name: texts}),
                   _shuffled(table.assign(**{name: after}), random), (name,), key)  # fmt: skip


def _accented(text: str) -> str:
    return text.replace("a", "ä").replace("o", "ö").replace("e", "é").replace("A", "Å")


def _accents_off(text: str) -> str:
    import unicodedata

    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _encoding(broken: Callable[[str], str]) -> Plant:
    def plant(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
        names = [one for one in _texts(table, key) if table[one].dropna().str.contains("[aoeA]").mean() > 0.3]
        name = _one(names, random)
        if name is None:
            return None
        before = table.assign(**{name: table[name].map(_accented, na_action="ignore")})
        after = before.assign(**{name: before[name].map(broken, na_action="ignore")})
        return Planted("encoding", before, _shuffled(after, random), (name,), key)

    return plant


PLANTS["UTF-8 read as Latin-1"] = _encoding(lambda text: text.encode().decode("latin-1"))
PLANTS["UTF-8 read as Windows-1252"] = _encoding(lambda text: text.encode().decode("cp1252", "replace"))
PLANTS["question marks"] = _encoding(lambda text: text.encode("ascii", "replace").decode())
PLANTS["accents lost"] = _encoding(_accents_off)


def _renamed_group(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
    name = _one(_groups(table, key), random)
    if name is None:
        return None
    common = table[name].value_counts()
    common = common[common >= 5].index
    if not len(common):
        return None
    old = common[int(random.integers(len(common)))]
    after = table.assign(**{name: table[name].replace({old: "Renamed Group 9"})})
    return Planted("category renamed", table, _shuffled(after, random), (name,), key)


def _recoded(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
    name = _one(_groups(table, key), random)
    if name is None or not 2 <= table[name].nunique() <= 20:
        return None
    codes = {value: f"C{at:02d}" for at, value in enumerate(random.permutation(table[name].dropna().unique()))}
    after = table.assign(**{name: table[name].map(codes)})
    return Planted("category renamed", table, _shuffled(after, random), (name,), key)


PLANTS["category renamed"] = _renamed_group
PLANTS["categories recoded"] = _recoded

# ── whole columns and rows ───────────────────────────────────────────────────────────────────────────────────────────


def _permuted(values: pd.Series, random: Random) -> Any:
    return random.permutation(values.to_numpy())


def _half(values: pd.Series, random: Random) -> Any:
    made = values.to_numpy(copy=True)
    half = random.permutation(len(made))[: len(made) // 2]
    made[half] = made[random.permutation(half)]
    return made


def _any(table: pd.DataFrame, key: str) -> list[str]:
    return [name for name in [*_numbers(table, key), *_texts(table, key)] if table[name].nunique() >= 3]


_plant("permuted", "permuted", _any, _permuted)
_plant("half permuted", "permuted", _any, _half)
_plant("a row further", "permuted", _any, lambda v, r: np.roll(v.to_numpy(), 1))


def _rename(new: Callable[[str], str]) -> Plant:
    def plant(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
        names = [name for name in table.columns if name != key and table[name].nunique() >= 3]
        name = _one(names, random)
        if name is None:
            return None
        return Planted(
            "column renamed", table, _shuffled(table.rename(columns={name: new(name)}), random), (name,), key
        )

    return plant


PLANTS["column renamed"] = _rename(lambda name: "quite_another")
PLANTS["column renamed slightly"] = _rename(lambda name: f"{name}_new")


def _moved(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
    names = list(table.columns)
    name = names.pop(int(random.integers(len(names) - 1)))
    return Planted("column moved", table, _shuffled(table[[*names, name]], random), (name,), key)


def _swapped(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
    names = _numbers(table, key) if random.random() < 0.5 else _texts(table, key)
    if len(names) < 2:
        return None
    a, b = (names[at] for at in random.choice(len(names), 2, replace=False))
    if (table[a].astype(object) != table[b].astype(object)).sum() < 8:
        return None
    after = table.assign(**{a: table[b], b: table[a]})
    return Planted("columns swapped", table, _shuffled(after, random), (a, b), key, ("column moved",))


def _fan_out(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
    again = table.iloc[random.permutation(len(table))[: max(4, len(table) // 5)]]
    return Planted("join fan-out", table, _shuffled(pd.concat([table, again]), random), (), key)


def _fan_out_by_group(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
    name = _one(_groups(table, key), random)
    if name is None:
        return None
    values = table[name].dropna().unique()
    lookup = pd.DataFrame({name: [*values, values[0]], "looked_up": [*range(len(values)), -1]})
    after = table.merge(lookup, on=name, how="left")
    return Planted("join fan-out", table, _shuffled(after, random), (), key) if len(after) > len(table) + 3 else None


def _cut_off(share: float) -> Plant:
    return lambda table, key, random: Planted("rows cut off", table, table.iloc[: int(share * len(table))], (), key)


def _copied_day(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
    """Return a history to which yesterday is appended once more, under today's date."""
    body = table.drop(columns=key).head(40)
    if len(body) < 20 or body.shape[1] < 3:
        return None
    days = [body.assign(as_of=pd.Timestamp("2024-03-01") + pd.Timedelta(days=day), entity=range(len(body)),
                        level=random.normal(size=len(body)).round(4)) for day in range(5)]  # fmt: skip
    before = pd.concat(days, ignore_index=True)
    again = days[-1].assign(as_of=days[-1]["as_of"] + pd.Timedelta(days=1))
    return Planted("yesterday's copy", before, pd.concat([before, again], ignore_index=True), (), None)


def _same_delivery(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
    before = table.assign(as_of=pd.Timestamp("2024-03-01"))
    after = table.assign(as_of=pd.Timestamp("2024-03-02"))
    return Planted("yesterday's copy", before, _shuffled(after, random), (), key)


def _stale_day(table: pd.DataFrame, key: str, random: Random) -> Planted | None:
    """Return a history whose last day holds the levels of the day before."""
    n = min(40, len(table))
    days = [pd.DataFrame({"as_of": pd.Timestamp("2024-03-01") + pd.Timedelta(days=day), "entity": range(n),
                          "level": random.normal(size=n).round(4)}) for day in range(5)]  # fmt: skip
    before = pd.concat(days, ignore_index=True)
    level = before["level"].where(before["as_of"] < "2024-03-05", before["level"].shift(n))
    return Planted("yesterday's copy", before, before.assign(level=level), ("level",), None)


PLANTS["column moved"] = _moved
PLANTS["columns swapped"] = _swapped
PLANTS["rows repeated"] = _fan_out
PLANTS["join that fans out"] = _fan_out_by_group
PLANTS["last fifth missing"] = _cut_off(0.8)
PLANTS["half the file"] = _cut_off(0.5)
PLANTS["yesterday appended"] = _copied_day
PLANTS["yesterday delivered"] = _same_delivery
PLANTS["yesterday under today's date"] = _stale_day
PLANTS["leading zeros"] = _leading_zeros

# ── edits without a cause ────────────────────────────────────────────────────────────────────────────────────────────


def _edit(pick: Pick, share: float, change: Callable[[Any, pd.Series, Random], Any]) -> Edit:
    def edit(table: pd.DataFrame, key: str, random: Random) -> pd.DataFrame | None:
        name = _one(pick(table, key), random)
        if name is None:
            return None
        filled = np.flatnonzero(table[name].notna())
        rows = random.choice(filled, max(1, min(len(filled), round(share * len(filled)))), replace=False)
        made = table[name].astype(object).copy()
        for row in rows:
            made.iloc[row] = change(made.iloc[row], table[name], random)
        return _shuffled(table.assign(**{name: made.infer_objects()}), random)

    return edit


def _other(cell: Any, values: pd.Series, random: Random) -> Any:
    present = values.dropna()
    return present.iloc[int(random.integers(len(present)))]


def _noisy(cell: Any, values: pd.Series, random: Random) -> Any:
    return float(cell) + float(random.normal()) * float(values.std() or 1.0)


def _near(cell: Any, values: pd.Series, random: Random) -> Any:
    return cell + int(random.choice([-3, -2, -1, 1, 2, 3]))


def _digit(cell: Any, values: pd.Series, random: Random) -> Any:
    text = list(repr(float(cell)))
    places = [at for at, sign in enumerate(text) if sign.isdigit()]
    text[places[int(random.integers(len(places)))]] = str(random.integers(10))
    return float("".join(text))


def _typo(cell: Any, values: pd.Series, random: Random) -> Any:
    at = int(random.integers(len(cell) + 1))
    letter = "abcdefghijklmnopqrstuvwxyz0123456789"[int(random.integers(36))]
    way = int(random.integers(3))
    return cell[:at] + letter + cell[at + (way == 1) :] if way < 2 else cell[:at] + cell[at + 1 :]


def _word(cell: Any, values: pd.Series, random: Random) -> Any:
    return "".join("abcdefghijklmnopqrstuvwxyz"[int(random.integers(26))] for _ in range(int(random.integers(3, 10))))


def _days(cell: Any, values: pd.Series, random: Random) -> Any:
    return cell + pd.Timedelta(minutes=int(random.integers(-60_000, 60_000)))


for _share in (0.002, 0.01, 0.05, 0.3):
    EDITS[f"another row's number, {_share:.1%}"] = _edit(_numbers, _share, _other)
    EDITS[f"another row's text, {_share:.1%}"] = _edit(_texts, _share, _other)
    EDITS[f"noise, {_share:.1%}"] = _edit(_numbers, _share, _noisy)
    EDITS[f"up to 3 more or less, {_share:.1%}"] = _edit(_numbers, _share, _near)
    EDITS[f"one digit, {_share:.1%}"] = _edit(_numbers, _share, _digit)
    EDITS[f"a typo, {_share:.1%}"] = _edit(_texts, _share, _typo)
    EDITS[f"another word, {_share:.1%}"] = _edit(_texts, _share, _word)
    EDITS[f"another moment, {_share:.1%}"] = _edit(_dates, _share, _days)
    EDITS[f"null, {_share:.1%}"] = _edit(_any, _share, lambda cell, values, random: None)


def _rows_lost(table: pd.DataFrame, key: str, random: Random) -> pd.DataFrame:
    return table.iloc[random.permutation(len(table))[: int(0.97 * len(table))]]


def _rows_new(table: pd.DataFrame, key: str, random: Random) -> pd.DataFrame:
    some = table.iloc[random.permutation(len(table))[: max(3, len(table) // 50)]]
    made = {name: random.permutation(some[name].to_numpy()) for name in some.columns}
    new = pd.DataFrame(made).assign(**{key: 10**7 + np.arange(len(some))})
    return pd.concat([table, new.astype(some.dtypes.to_dict())])


EDITS["rows lost"] = _rows_lost
EDITS["rows new"] = _rows_new
