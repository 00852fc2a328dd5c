"""Checks against the peers: the same table, the same checks, the same answers, taking turns.

pandera, pointblank and Great Expectations are no dependencies: they are installed once, in two environments of their
own below the folder for temporary files (``NBOPS_TEST_PEERS`` names another). In *core* there is what nbops and pandera
need and no more; in *peers* there are polars, pyarrow and all peers too. In each, nbops judges beside them in one
process. A peer that cannot be installed is a bar that does not hold, and a verdict that differs from ours is, too.

``python -m tests.bench checks``, or ``python -m tests.bench.bench_checks --quick`` on a smaller scale.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from tests.bench.measuring import Bar

__all__ = ["measure"]

ROOT = Path(__file__).parent.parent.parent
_CHECKED = ["pandas", "narwhals", "xxhash", "pyyaml", "cloudpickle", "pandera"]
INSTALLED = {
    "core": _CHECKED,
    "peers": [*_CHECKED, "polars", "pyarrow", "pointblank", "great_expectations"],
}
_CALLED = {"core": "core", "peers": "polars installed"}
# the least that pandera's time must be of ours, by environment, rows and number of checks
PANDERA = {
    "core": {(100_000, 200): 2.5, (1_000_000, 200): 2.5, (1_000_000, 500): 3.5},
    "peers": {(100_000, 200): 3.5, (1_000_000, 200): 3.5, (1_000_000, 500): 5.0},
}
BY_HAND, REALISTIC, SLOW, GROWTH, LEAN = 1.5, 2, 15, 2.2, 1.5
_SLOW = ["pointblank", "great_expectations", "great_expectations, booleans"]
_MEMORY = 1024


class Missing(Exception):
    """An environment cannot be made here."""


@functools.cache
def environment(name: str) -> Path:
    """Return the python of an environment, made once and made anew when what it needs has changed."""
    folder = Path(os.environ.get("NBOPS_TEST_PEERS", Path(tempfile.gettempdir()) / "nbops-peers")) / f"bench-{name}"
    python, complete = folder / "bin" / "python", folder / "complete"
    constraints = ROOT / "constraints.txt"
    needed = "\n".join([*INSTALLED[name], constraints.read_text(encoding="utf-8")])
    if not complete.exists() or complete.read_text(encoding="utf-8") != needed:
        venv.create(folder, with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "-q", "-c", constraints, *INSTALLED[name]]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"not measured, its environment cannot be installed: {done.stderr.strip()[-200:]}")
        complete.write_text(needed, encoding="utf-8")
    return python


def worker(name: str, task: str, /, **asked: Any) -> Any:
    """Return what a task of the worker tells in the environment *name*; ``""`` is this one.

    Raises:
        Missing: There is no such environment, and none can be made.
        subprocess.CalledProcessError: The task failed, so it tells nothing.
    """
    python = environment(name) if name else Path(sys.executable)
    command = [str(python), "-m", "tests.bench.checks_worker", task, json.dumps(asked)]
    kept = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=kept, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _seconds(name: str, taken: tuple[float, float]) -> str:
    return f"{name} {taken[0]:.3f} s ({taken[1]:.3f} CPU)"


def _ratios(what: str, found: Any, least: dict[str, float]) -> Iterator[Bar]:
    """Return what nbops takes as a share of each of the others, and whether all judge alike."""
    taken = found["taken"]
    own = taken["nbops"]
    for name, limit in least.items():
        if name not in taken:
            yield _unmeasured(f"{what}, against {name}", limit, "×", f"{name} is not installed")
            continue
        wall, processor = (theirs / ours for theirs, ours in zip(taken[name], own, strict=True))
        detail = f"{wall:.1f} times (CPU {processor:.1f}): {_seconds('nbops', own)}, {_seconds(name, taken[name])}"
        yield Bar(f"{what}, against {name}", own[0] / taken[name][0], limit, "×", detail)
    yield _agreement(what, found)


def _agreement(what: str, found: Any) -> Bar:
    different = {name: checks for name, checks in found["different"].items() if checks}
    others = ", ".join(name for name in found["different"] if name != "nbops")
    detail = "; ".join(f"{name}: {', '.join(checks[:5])}" for name, checks in different.items())
    detail = detail or f"{others} agree in every one; {found['failed']} checks fail"
    return Bar(f"{what}: verdicts that differ", sum(map(len, different.values())), 0, "", detail)


def _unmeasured(what: str, limit: float, unit: str, why: str) -> Bar:
    return Bar(what, math.nan, limit, unit, why)


def _orders(rounds: int, most: int) -> Generator[Bar, None, None]:
    """Measure the table of orders, all checks holding, and with a tenth of them failing and their rows fetched."""
    for name, sizes in PANDERA.items():
        for (rows, count), least in sizes.items():
            for failing in (False, True) if rows <= 100_000 else (False,):
                few = min(rows, most)
                what = f"{count} checks of {few:,} rows, {_CALLED[name]}{', a tenth failing' if failing else ''}"
                by_hand = not failing and count < 500 and (rows <= 100_000 or name == "peers")  # else it takes minutes
                limits = {"pandera": 1 / least} | ({"by hand": BY_HAND} if by_hand else {})
                asked = ["nbops", *limits]
                turns = rounds if count < 500 else 3
                found = worker(name, "compare", rows=few, count=count, rounds=turns, names=asked, failing=failing)
                yield from _ratios(what, found, limits)


def _slow_peers(rounds: int) -> Generator[Bar, None, None]:
    """Measure the peers that judge check by check; that they agree when some fail is seen on fewer rows."""
    rows, count = 100_000, 200
    found = worker("peers", "compare", rows=rows, count=count, rounds=rounds, names=["nbops", *_SLOW])
    yield from _ratios(f"{count} checks of {rows:,} rows", found, dict.fromkeys(_SLOW, 1 / SLOW))
    names = ["nbops", "pandera", *_SLOW]
    found = worker("peers", "compare", rows=10_000, count=count, rounds=1, names=names, failing=True)
    yield _agreement(f"{count} checks of 10,000 rows, a tenth failing", found)


def _peaks() -> Generator[Bar, None, None]:
    """Measure by how much the memory of a process rises over the table's, each way in a process of its own."""
    rows, count, names = 100_000, 200, ["nbops", "pandera", *_SLOW[:2]]
    peaks = {name: worker("peers", "peak", rows=rows, count=count, name=name)["peak"] for name in names}
    detail = ", ".join(f"{name} {peak:.0f} MiB" for name, peak in peaks.items())
    leanest = min(peak for name, peak in peaks.items() if name != "nbops")
    what = f"memory for {count} checks of {rows:,} rows, against the leanest peer"
    yield Bar(what, peaks["nbops"] / leanest, LEAN, "×", detail)


def _growth(rounds: int, rows: int) -> Generator[Bar, None, None]:
    """Measure how the time grows from 100 checks to 500 of the same columns."""
    for name in INSTALLED:
        for failing in (False, True):
            found = worker(name, "growth", rows=rows, few=100, many=500, rounds=rounds, failing=failing)
            few, many = found["taken"]["100"], found["taken"]["500"]
            ending = f", {found['failed']['500']} failing" if failing else ""
            what = f"from 100 to 500 checks of {rows:,} rows, {_CALLED[name]}{ending}"
            detail = f"CPU {many[1] / few[1]:.2f} ×: {_seconds('100', few)}, {_seconds('500', many)}"
            yield Bar(what, many[0] / few[0], GROWTH, "×", detail)


def _realistic(rounds: int) -> Generator[Bar, None, None]:
    for name in INSTALLED:
        found = worker(name, "realistic", rows=100_000, rounds=rounds, names=["nbops", "pandera"])
        what = f"{found['checks']} checks of 100 columns, 100,000 rows, {_CALLED[name]}"
        yield from _ratios(what, found, {"pandera": 1 / REALISTIC})


def _small() -> Generator[Bar, None, None]:
    """Measure a small table, where what a judgement costs beside the rows is all that it costs."""
    found = worker("core", "compare", rows=1_000, count=50, rounds=30, names=["nbops", "pandera"])
    ours, theirs = found["taken"]["nbops"], found["taken"]["pandera"]
    detail = f"wall {ours[0] * 1000:.1f} ms, pandera {theirs[1] * 1000:.1f} CPU ms (wall {theirs[0] * 1000:.1f})"
    yield Bar("50 checks of 1,000 rows", ours[1] * 1000, 15, "CPU ms", detail)


def _import_cost() -> Generator[Bar, None, None]:
    """Measure the import of the vocabulary, one module of kinds and the judge, over pandas."""
    code = (
        "import pandas, time; at, used = time.perf_counter(), time.process_time(); "
        "import nbops.checks.vocabulary, nbops.checks.values, nbops.checks.suite; "
        "print(time.perf_counter() - at, time.process_time() - used)"
    )
    command = [sys.executable, "-c", code]
    with tempfile.TemporaryDirectory() as folder:  # compiled once, as what is installed is
        kept = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}
        told = [
            subprocess.run(command, env=kept, check=True, capture_output=True, text=True).stdout.split()
            for _ in range(10)
        ][1:]
    wall, processor = (statistics.median(map(float, one)) * 1000 for one in zip(*told, strict=True))
    yield Bar("import of the checks, over pandas", processor, 60, "CPU ms", f"wall {wall:.1f} ms, n={len(told)}")


def _parquet(rows: int) -> Generator[Bar, None, None]:
    """Measure the whole memory of a process that judges a Parquet file without reading it whole."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "orders.parquet")
        worker("peers", "write", path=path, rows=rows)
        found = worker("peers", "parquet", path=path, count=100)
    detail = f"{found['wall']:.1f} s ({found['processor']:.1f} CPU), {found['before']:.0f} MiB of them before"
    yield Bar(f"memory of a process, 100 checks of {rows:,} rows in Parquet", found["peak"], _MEMORY, "MiB", detail)


def measure(rounds: int = 5, big: int = 10_000_000, most: int = 1_000_000) -> list[Bar]:
    """Measure everything; *big* rows are in the Parquet file, *most* rows in any frame."""
    parts = [
        _small(),
        _import_cost(),
        _slow_peers(min(rounds, 3)),
        _peaks(),
        _orders(rounds, most),
        _growth(rounds, most),
        _realistic(rounds),
        _parquet(big),
    ]
    return [_shown(bar) for part in parts for bar in _whole(part)]


def _whole(part: Generator[Bar, None, None]) -> Iterator[Bar]:
    """Return the bars of *part*; what could not be measured is one that does not hold."""
    try:
        yield from part
    except (Missing, subprocess.CalledProcessError) as problem:
        yield _unmeasured(f"checks: {part.__name__.strip('_').replace('_', ' ')}", 0, "", str(problem))


def _shown(bar: Bar) -> Bar:
    holds = "" if bar.holds else "  NOT MET"
    print(f"{bar.what}: {bar.value:.3f} {bar.unit} (at most {bar.limit:.3f}) {bar.detail}{holds}", file=sys.stderr)
    return bar


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--big", type=int, default=10_000_000, help="rows of the Parquet file")
    parser.add_argument("--quick", action="store_true", help="200,000 rows at most, 2,000,000 in Parquet, 3 rounds")
    asked = parser.parse_args()
    found = measure(3, 2_000_000, 200_000) if asked.quick else measure(asked.rounds, asked.big)
    sys.exit(not all(bar.holds for bar in found))
