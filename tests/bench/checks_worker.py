"""Measures checks inside one environment: ``python -m tests.bench.checks_worker TASK JSON``, which prints JSON.

nbops and the peers that are installed beside it judge the same table in the same process, one after the other in
turns; peaks of memory are measured each in a process of its own.
"""

from __future__ import annotations

import gc
import importlib.metadata
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbops.frames.files import open_file
from tests.bench import checks_table
from tests.bench.checks_peers import READY, nbops_ready, present

__all__ = ["TASKS"]

Taken = dict[str, tuple[float, float]]
PACKAGES = ("pandas", "polars", "pyarrow", "pandera", "pointblank", "great_expectations")


def in_turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> Taken:
    """Return the median wall and processor seconds (all threads) of each of *ways*, which take turns."""
    wall: dict[str, list[float]] = {name: [] for name in ways}
    processor: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        for name in ways if turn % 2 == 0 else reversed(ways):
            gc.collect()
            at, used = time.perf_counter(), time.process_time()
            ways[name]()
            wall[name].append(time.perf_counter() - at)
            processor[name].append(time.process_time() - used)
    return {name: (statistics.median(wall[name]), statistics.median(processor[name])) for name in ways}


def compare(rows: int, count: int, rounds: int, names: list[str], failing: bool = False) -> dict[str, Any]:
    """Return what each of *names* takes for a plan of orders, and where it judges otherwise than nbops."""
    chosen = checks_table.plan(count)
    chosen = checks_table.failing_plan(chosen) if failing else chosen
    return _compared(checks_table.orders(rows), chosen, rounds, names)


def realistic(rows: int, rounds: int, names: list[str]) -> dict[str, Any]:
    """Return the same for the realistic suite."""
    return _compared(*checks_table.realistic(rows), rounds, names)


def _compared(frame: Any, chosen: list[checks_table.Planned], rounds: int, names: list[str]) -> dict[str, Any]:
    ways = {name: READY[name](frame, chosen) for name in names if present(name)}
    verdicts = {name: judged() for name, judged in ways.items()}  # which also warms up
    mine = verdicts["nbops"]
    different = {
        name: [_told(one, our) for one, our, their in zip(chosen, mine, theirs, strict=True) if our != their]
        for name, theirs in verdicts.items()
    }
    taken = in_turns(ways, rounds)
    return {"taken": taken, "different": different, "failed": mine.count(False), "checks": len(chosen)}


def _told(one: checks_table.Planned, our: bool) -> str:
    kind, arguments = one
    return f"{kind}{str(arguments)[:60]}: nbops says {'passed' if our else 'failed'}"


def growth(rows: int, few: int, many: int, rounds: int, failing: bool) -> dict[str, Any]:
    """Return what nbops takes for *few* and for *many* checks of the same columns."""
    frame = checks_table.orders(rows)
    change = checks_table.failing_plan if failing else list
    ways = {str(count): nbops_ready(frame, change(checks_table.plan(count))) for count in (few, many)}
    failed = {name: judged().count(False) for name, judged in ways.items()}
    return {"taken": in_turns(ways, rounds), "failed": failed}


def peak(rows: int, count: int, name: str) -> dict[str, float] | None:
    """Return by how much the peak of memory rises, in MiB, while *name* judges the plan; imports are done before."""
    if not present(name):
        return None
    chosen = checks_table.plan(count)
    READY[name](checks_table.orders(1_000), chosen)()
    judged = READY[name](checks_table.orders(rows), chosen)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = _memory("VmRSS")
    judged()
    return {"peak": _memory("VmHWM") - before}


def parquet(path: str, count: int) -> dict[str, float]:
    """Return the memory of this process and the seconds that it takes for *count* checks of a Parquet file."""
    before = _memory("VmRSS")
    at, used = time.perf_counter(), time.process_time()
    table = open_file(path, big=1)
    held = nbops_ready(table, checks_table.plan(count))()
    assert all(held), "every check of the plan holds"
    return {
        "peak": _memory("VmHWM"),
        "before": before,
        "wall": time.perf_counter() - at,
        "processor": time.process_time() - used,
    }


def write(path: str, rows: int) -> None:
    """Write the Parquet file; in a process of its own, so that its memory is not counted."""
    checks_table.write_parquet(Path(path), rows)


def versions() -> dict[str, str]:
    """Return the versions of what is measured here."""
    found = {one.metadata["Name"].replace("-", "_").lower(): one.version for one in importlib.metadata.distributions()}
    return {name: found[name] for name in PACKAGES if name in found}


def _memory(field: str) -> float:
    """Return a field of the kernel's account of this process, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024


TASKS: dict[str, Callable[..., Any]] = {
    one.__name__: one for one in (compare, realistic, growth, peak, parquet, write, versions)
}

if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))))
