"""Profiles against one pass of polars written by hand, and against the profilers that people know, taking turns.

ydata-profiling and skimpy are no dependencies, not even of development: put each beside nbops in an environment of its
own and run ``python -m tests.bench.bench_profile`` there. Where one is not installed, it is not measured.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pandas as pd

from nbops.frames.profile.table import profile
from tests.bench.checks_table import orders
from tests.bench.measuring import Bar, side_by_side

POLARS, YDATA, SKIMPY = 1.5, 1 / 20, 1 / 5  # the most that our time may be of theirs


def by_hand(frame: Any, polars: Any) -> tuple[Any, ...]:
    """Return counts, extremes, moments, quartiles, histograms and the ten most frequent texts, by polars."""
    asked = [polars.len().alias("rows")]
    numbers = [name for name, dtype in frame.schema.items() if dtype.is_numeric()]
    texts = [name for name, dtype in frame.schema.items() if dtype == polars.String]
    for name, dtype in frame.schema.items():
        one = polars.col(name)
        distinct = one.n_unique() if dtype == polars.Boolean else one.approx_n_unique()
        asked += [one.null_count().alias(f"{name} nulls"), distinct.alias(f"{name} distinct")]
        asked += [one.min().alias(f"{name} min"), one.max().alias(f"{name} max")]
        if dtype.is_numeric():
            asked += [one.mean().alias(f"{name} mean"), one.std().alias(f"{name} std")]
        if dtype.is_numeric() or dtype.is_temporal():
            asked += [one.quantile(share).alias(f"{name} {share}") for share in (0.25, 0.5, 0.75)]
    found = frame.lazy().select(asked).collect().row(0, named=True)
    bins = [
        polars.col(name).hist(bin_count=20, include_breakpoint=False, include_category=False).implode().alias(name)
        for name in numbers
    ]
    few = [name for name in texts if found[f"{name} distinct"] < 50_000]
    top = [frame.lazy().select(polars.col(name).value_counts(sort=True).head(10)).collect() for name in few]
    return found, frame.lazy().select(bins).collect(), top


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    """Return what measures the processor time of *work*, all threads: it holds on a machine that others load."""

    def run() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return run


def _ydata(frame: pd.DataFrame) -> Callable[[], object]:
    os.environ.setdefault("YDATA_PROFILING_NO_ANALYTICS", "1")
    os.environ.setdefault("TQDM_DISABLE", "1")
    from ydata_profiling import ProfileReport

    return lambda: ProfileReport(frame, minimal=True, progress_bar=False).to_html()


def _skimpy(frame: pd.DataFrame) -> Callable[[], object]:
    import skimpy

    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            skimpy.skim(frame)

    return run


def measure(rows: int = 1_000_000, rounds: int = 5, peer_rows: int = 100_000) -> list[Bar]:
    """Measure the profile of *rows* rows against polars, and of *peer_rows* against the profilers that are there."""
    warnings.filterwarnings("ignore")
    bars = []
    if find_spec("polars"):
        import polars

        frame = orders(rows)
        ways = {
            "nbops": _timed(lambda: profile(frame)),
            "polars by hand": _timed(lambda: by_hand(polars.from_pandas(frame), polars)),
        }
        taken = side_by_side(ways, rounds)
        detail = ", ".join(f"{name} {seconds:.2f} CPU s" for name, seconds in taken.items())
        ratio = taken["nbops"] / taken["polars by hand"]
        bars.append(Bar(f"profile of {rows:,} × 20 from pandas, against polars by hand", ratio, POLARS, "×", detail))
    peers = {"ydata_profiling": (_ydata, YDATA), "skimpy": (_skimpy, SKIMPY)}
    for name, (make, limit) in peers.items():
        if find_spec(name):
            frame = orders(peer_rows)
            taken = side_by_side({"nbops": _timed(lambda f=frame: profile(f)), name: _timed(make(frame))}, 3)
            detail = ", ".join(f"{who} {seconds:.2f} CPU s" for who, seconds in taken.items())
            what = f"profile of {peer_rows:,} × 20, against {name}"
            bars.append(Bar(what, taken["nbops"] / taken[name], limit, "×", detail))
    return bars + _suggesting(rounds)


def _suggesting(rounds: int) -> list[Bar]:
    """Measure the first rules of a table, and a check of another batch by all of them."""
    from nbops.checks.suite import judge_table
    from nbops.rules.reading import rules_of
    from nbops.rules.suggest import suggest

    table, batch = orders(100_000, 1), orders(100_000, 2)
    rules = rules_of(suggest(table).yaml())

    def wall(work: Callable[[], object]) -> Callable[[], float]:
        def run() -> float:
            start = time.perf_counter()
            work()
            return time.perf_counter() - start

        return run

    ways = {"suggest": wall(lambda: suggest(table).yaml()), "check": wall(lambda: judge_table(batch, rules))}
    taken = side_by_side(ways, rounds)
    return [
        Bar(f"{len(rules)} first rules of 100,000 × 20", taken["suggest"], 5, "s"),
        Bar(f"a batch of 100,000 × 20 judged by its {len(rules)} rules", taken["check"], 1, "s"),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    for bar in measure(asked.rows, asked.rounds, asked.peer_rows):
        print(f"{bar.what}: {bar.value:.3f} {bar.unit} (at most {bar.limit:.3f}) {bar.detail}")
