"""Comparing two versions by key against datacompy, and against the plan that one would write by hand in polars.

    python -m tests.bench.bench_difference [--rows 1000000] [--rounds 5]

datacompy is no dependency, not even of development: put it beside nbops in an environment of its own and run this
there. Where it, or polars, is not installed, it is not measured. Times are CPU seconds; the peak is what the process
grows by while it compares, its tables aside.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nbops.frames.difference.comparing import compare
from tests.bench.checks_table import orders
from tests.bench.measuring import Bar, side_by_side

KEY = "order_id"
BY_HAND, DATACOMPY, DATACOMPY_POLARS, PEAK = 1.5, 1 / 6, 1.0, 0.5  # the most that ours may be of theirs


def versions(rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table, and a shuffled copy with 1 % of the rows changed, 0.1 % gone and 0.1 % new."""
    random = np.random.default_rng(11)
    old = orders(rows)
    new = old.drop(index=random.choice(rows, rows // 1000, replace=False))
    hit = random.random(len(new)) < 0.005
    new.loc[hit, "total"] = new.loc[hit, "total"] + 1.0
    hit = random.random(len(new)) < 0.005
    new.loc[hit, "status"] = "returned"
    extra = old.head(rows // 1000).assign(**{KEY: np.arange(rows, rows + rows // 1000) + int(old[KEY].max())})
    return old, pd.concat([new, extra]).sample(frac=1, random_state=3).reset_index(drop=True)


def by_hand(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, int]:
    """Return the counts per column: rows are hashed, and those whose hash differs are compared column by column."""
    import polars as pl

    a, b = pl.from_pandas(old), pl.from_pandas(new)
    cells = [name for name in a.columns if name != KEY]

    def hashed(table: Any) -> Any:
        return table.select(KEY, pl.Series("hash", table.select(cells).hash_rows(1)))

    both = hashed(a).join(hashed(b), on=KEY, how="full", suffix="_new")
    known = pl.col("hash").is_not_null() & pl.col("hash_new").is_not_null()
    keys = both.filter(known & (pl.col("hash") != pl.col("hash_new"))).select(KEY)
    first, second = (table.join(keys, on=KEY, how="semi").sort(KEY) for table in (a, b))
    found = {name: int(first[name].ne_missing(second[name]).sum()) for name in cells}
    return {**found, "removed": both["hash_new"].null_count(), "added": both["hash"].null_count()}


def ours(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, int]:
    """Return the same counts; with them come examples, distributions and causes."""
    found = compare(old, new, key=KEY)
    counts = {one.name: one.changed for one in found.columns if one.name != KEY}
    return {**counts, "removed": found.removed, "added": found.added}


def datacompy(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, int]:
    """Return the same counts by datacompy."""
    import datacompy as peer

    made = (getattr(peer, "Compare", None) or peer.PandasCompare)(old, new, join_columns=KEY)
    counts = {one["column"]: one["unequal_cnt"] for one in made.column_stats if one["column"] != KEY}
    return {**counts, "removed": len(made.df1_unq_rows), "added": len(made.df2_unq_rows)}


def datacompy_polars(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, int]:
    """Return the same counts by datacompy's comparison of polars frames, which the tables become first."""
    import datacompy as peer
    import polars as pl

    made = peer.PolarsCompare(pl.from_pandas(old), pl.from_pandas(new), join_columns=KEY)
    counts = {one["column"]: one["unequal_cnt"] for one in made.column_stats if one["column"] != KEY}
    return {**counts, "removed": len(made.df1_unq_rows), "added": len(made.df2_unq_rows)}


WAYS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], dict[str, int]]] = {
    "nbops": ours,
    "polars by hand": by_hand,
    "datacompy": datacompy,
    "datacompy of polars": datacompy_polars,
}
NEEDS = {
    "nbops": ("pandas",),
    "polars by hand": ("polars",),
    "datacompy": ("datacompy",),
    "datacompy of polars": ("datacompy", "polars"),
}


def measure(rows: int = 1_000_000, rounds: int = 5) -> list[Bar]:
    """Measure the times of all ways that are there, and what each adds to the memory.

    Raises:
        AssertionError: Two ways do not count the same.
    """
    warnings.filterwarnings("ignore")
    there = [name for name in WAYS if all(map(find_spec, NEEDS[name]))]
    old, new = versions(rows)
    counted = {name: WAYS[name](old, new) for name in there}
    for name in there:
        assert counted[name] == counted["nbops"], f"{name} counts {counted[name]}, nbops {counted['nbops']}"
    taken = side_by_side({name: _timed(WAYS[name], old, new) for name in there}, rounds)
    detail = ", ".join(f"{name} {seconds:.2f} CPU s" for name, seconds in taken.items())
    what = f"difference of {rows:,} × 20 by key, 1 % changed, from pandas, against"
    limits = {"polars by hand": BY_HAND, "datacompy": DATACOMPY, "datacompy of polars": DATACOMPY_POLARS}
    bars = [
        Bar(f"{what} {name}", taken["nbops"] / taken[name], limit, "×", detail)
        for name, limit in limits.items()
        if name in there
    ]
    return [*bars, *peaks(rows, there)]


def _timed(way: Callable[[pd.DataFrame, pd.DataFrame], object], *tables: pd.DataFrame) -> Callable[[], float]:
    def run() -> float:
        start = time.process_time()
        way(*tables)
        return time.process_time() - start

    return run


def peaks(rows: int, there: list[str]) -> list[Bar]:
    """Measure the growth of a process of its own for each way; on Linux, which tells it."""
    if not Path("/proc/self/clear_refs").exists() or "datacompy" not in there:
        return []
    grown = {name: _peak_of(name, rows) for name in there}
    detail = ", ".join(f"{name} {megabytes:,.0f} MB" for name, megabytes in grown.items())
    ratio = grown["nbops"] / grown["datacompy"]
    return [Bar(f"peak memory of the difference of {rows:,} × 20, against datacompy", ratio, PEAK, "×", detail)]


def _peak_of(name: str, rows: int) -> float:
    words = [sys.executable, "-m", "tests.bench.bench_difference", "--peak-of", name, "--rows", str(rows)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    return float(done.stdout.split()[-1])


def grown_by(name: str, rows: int) -> float:
    """Return by how many megabytes this process grows while one way compares."""
    warnings.filterwarnings("ignore")
    tiny = versions(2_000)
    WAYS[name](*tiny)  # what is imported is no part of it
    tables = versions(rows)
    _give_back()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    WAYS[name](*tables)
    return (_status("VmHWM") - before) / 1024


def _give_back() -> None:
    """Return to the system what the making of the tables left unused, so that it is not taken for free room."""
    gc.collect()
    if find_spec("pyarrow"):
        import pyarrow

        pyarrow.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peak-of", choices=list(WAYS))
    asked = parser.parse_args()
    if asked.peak_of:
        print(grown_by(asked.peak_of, asked.rows))
    else:
        for bar in measure(asked.rows, asked.rounds):
            print(f"{bar.what}: {bar.value:.3f} {bar.unit} (at most {bar.limit:.3f}) {bar.detail}")
