"""How often a renamed column is recognised, on real tables: ``python -m tests.bench.renames FOLDER… [--rounds N]``.

Each folder holds batches of one table as CSV files, which are read in the order of their names. Of two batches that
follow each other one is the version before, the other the one after. In the second up to three columns get another
name (opaque, another spelling, without vowels, another word), and in three of ten rounds they are moved to the end. To
see how often a rename is told that is none, one column is taken out of the first version and another out of the second;
in half of these rounds the new one stands where the old one stood.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pandas as pd

from nbops.frames.structure import seen_in
from nbops.pipeline.structure.renaming import renames
from nbops.records import DatasetSeen

_MOST_PAIRS = 8


def pairs(folder: Path) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Return batches that follow each other, with the columns that both have; of one file the shuffled quarters."""
    files = sorted(folder.glob("*.csv*"))
    if len(files) == 1:
        table = pd.read_csv(files[0]).sample(frac=1.0, random_state=1)
        size = len(table) // 4
        return _common(pairwise([table.iloc[at * size : (at + 1) * size] for at in range(4)]))
    firsts = list(range(0, len(files) - 1, max(1, len(files) // _MOST_PAIRS)))[:_MOST_PAIRS]
    return _common((pd.read_csv(files[at]), pd.read_csv(files[at + 1])) for at in firsts)


def _common(found: object) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    both = [(a, b, [name for name in b.columns if name in a.columns]) for a, b in found]  # type: ignore[attr-defined]
    return [(a[names], b[names]) for a, b, names in both if len(names) > 3]


def new_name(chance: random.Random, name: str) -> str:
    """Return another name for a column."""
    words = re.split(r"[_\s/]+", name)
    spelt = words[0].lower() + "".join(word.title() for word in words[1:])
    short = re.sub(r"(?<=.)[aeiou]", "", name)
    return chance.choice(
        [
            f"x{chance.randrange(100)}",
            spelt if spelt != name else f"{name.upper()}_",
            short if short != name else f"{name}_v2",
            f"{chance.choice(['value', 'field', 'attr', 'measure', 'col'])}_{chance.choice('abcdefgh')}",
        ]
    )


def planted(chance: random.Random, table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str], str]:
    """Return *table* with some columns under other names, which, and whether they stand in their places."""
    many = min(chance.choice([1, 1, 2, 3]), table.shape[1] // 2)
    names: dict[str, str] = {}
    for name in chance.sample(list(table.columns), many):
        new = new_name(chance, name)
        while new in table.columns or new in names.values():
            new += "_"
        names[name] = new
    made = table.rename(columns=names)
    if chance.random() < 0.3:
        return made[[*(name for name in made.columns if name not in names.values()), *names.values()]], names, "moved"
    return made, names, "in place"


def look(table: pd.DataFrame) -> DatasetSeen:
    """Return what a run would record of *table*."""
    return seen_in(table, at=0.0, run="", step="", name="table")


def rounds(folder: Path, many: int) -> Iterator[Counter[str]]:
    """Yield what came of each round."""
    chance, found = random.Random(folder.name), pairs(folder)
    for number in range(many if found else 0):
        before, after = chance.choice(found)
        made, names, where = planted(chance, after)
        seen = look(made)
        told = {one.old: one.new for one in renames(look(before).columns, seen.columns, rows=seen.looked)}
        right = sum(told.get(old) == new for old, new in names.items())
        wrong = sum(names.get(old) != new for old, new in told.items())
        yield Counter({f"planted {where}": len(names), f"right {where}": right, "wrong": wrong})
        gone, come = chance.sample(list(after.columns), 2)
        order = [name for name in after.columns if name != gone]
        where = "elsewhere"
        if number % 2:
            where = "in its place"
            order = [come if name == gone else name for name in after.columns if name != come]
        seen = look(after[order])
        false = renames(look(before.drop(columns=come)).columns, seen.columns, rows=seen.looked)
        yield Counter({f"swaps {where}": 1, f"false {where}": bool(false)})


def main() -> None:
    """Print a line for each folder, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    whole: Counter[str] = Counter()
    for folder in options.folders:
        found = sum(rounds(folder, options.rounds), Counter())
        whole += found
        print(f"{folder.name:<28} {told(found)}", flush=True)
    print(f"{'all':<28} {told(whole)}")


def told(found: Counter[str]) -> str:
    """Return the figures in a line."""
    parts = [
        _share(found, "right", "planted", ("in place", "moved")) + f" right, {found['wrong']} wrong",
        _share(found, "false", "swaps", ("elsewhere", "in its place")) + " taken for one",
    ]
    return "; ".join(parts)


def _share(found: Counter[str], part: str, whole: str, where: tuple[str, str]) -> str:
    pairs = [(found[f"{part} {one}"], found[f"{whole} {one}"], one) for one in where]
    some, every = (sum(pair[at] for pair in pairs) for at in (0, 1))
    said = ", ".join(f"{one} {n} of {of}" for n, of, one in pairs)
    return f"{some / max(1, every):.1%} ({said})"


if __name__ == "__main__":
    main()
