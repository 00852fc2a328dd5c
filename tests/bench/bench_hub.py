"""What lists cost in a hub as it is after years, in SQLite and in PostgreSQL: 100,000 runs × 10 steps × 20 tests.

Each command is called in this process, its modules already imported: opening the hub, asking it and drawing the answer
are measured, the start of Python is not. What counts is the processor's time, of this process and of the server's, as a
mean of several rounds: on a machine that others use it is steadier than the clock, whose quickest round stands beside.

``NBOPS_BENCH_RUNS`` says how many runs; ``NBOPS_BENCH_HUB`` names a folder in which the hubs stay for the next time.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from nbops.doors.cli.group import main
from nbops.store.hub import Hub, open_hub
from nbops.store.lookup import resolve
from nbops.store.project import Project
from tests.bench import hub_load
from tests.bench.measuring import Bar
from tests.postgres import server

__all__ = ["measure"]

RUNS = int(os.environ.get("NBOPS_BENCH_RUNS", "100000"))
ROUNDS = 7
LIMIT_MS = 100.0
_LIKE_SERVERS_ARE = "-c shared_buffers=256MB -c max_wal_size=4GB -c fsync=off"


def commands(runs: int) -> dict[str, list[str]]:
    """Return what is measured, by what it is called: each as it would be typed."""
    number = runs - 1 - (runs - 1) % hub_load.NOTEBOOKS
    run = hub_load.run_of(number)
    return {
        "status": ["status"],
        "status of prod": ["--env", "prod", "status"],
        "runs": ["runs"],
        "runs --failed": ["runs", "--failed"],
        "runs --failed of dev": ["--env", "dev", "runs", "--failed"],
        "runs --nb": ["runs", "--nb", "pipeline_007"],
        "runs --owner of nobody": ["runs", "--owner", "nobody"],
        "datasets": ["datasets"],
        "datasets --nb": ["datasets", "--nb", "pipeline_007"],
        "rules": ["rules"],
        "show of a run": ["show", run],
        "show of a step": ["show", f"{run}::step_3"],
        "hub": ["hub"],
    }


def lookups(runs: int) -> dict[str, str]:
    """Return the references that are looked up, by what they mean."""
    return {
        "lookup last": "last",
        "lookup NB@last-failed": "pipeline_023@last-failed",
        "lookup NB@prod": "pipeline_007@prod",
        "lookup of a beginning": hub_load.run_of(runs // 2)[:8],
        "lookup NB@DATE": f"pipeline_007@{hub_load.day_of(runs // 2 - runs // 2 % hub_load.NOTEBOOKS + 7, runs)}",
    }


def measure(runs: int = RUNS) -> list[Bar]:
    """Measure every bar of this page."""
    bars: list[Bar] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _in_sqlite(folder, runs) as address:
            bars += lists("SQLite", folder, address, runs, time.process_time)
        with _in_postgres(folder, runs) as (address, clock):
            bars += lists("PostgreSQL", folder, address, runs, clock)
    return bars


def lists(kind: str, folder: Path, address: str, runs: int, clock: Callable[[], float]) -> Iterator[Bar]:
    """Measure the commands and look-ups on one hub.

    Args:
        kind: What to call it.
        folder: Where an empty project is made.
        address: The hub's.
        runs: How many runs it holds.
        clock: Tells how many seconds of the processor were used so far.
    """
    root = folder / kind
    root.mkdir(exist_ok=True)
    (root / "pyproject.toml").touch()
    for name, words in commands(runs).items():
        typed = ["-C", str(root), "--hub", address, *words]

        def call(typed: list[str] = typed) -> None:
            with redirect_stdout(io.StringIO()):
                assert not main.main(typed, standalone_mode=False)

        yield _bar(f"{kind}: {name}", call, clock, runs)
    with open_hub(Project(root), address) as hub:
        for name, ref in lookups(runs).items():
            yield _bar(f"{kind}: {name}", _looking(hub, ref), clock, runs)


def _looking(hub: Hub, ref: str) -> Callable[[], object]:
    return lambda: resolve(hub, ref)


def _bar(what: str, call: Callable[[], object], clock: Callable[[], float], runs: int) -> Bar:
    call()
    walls = []
    before = clock()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        walls.append(time.perf_counter() - start)
    used = (clock() - before) / ROUNDS * 1e3
    return Bar(what, used, LIMIT_MS, "ms", f"{runs:,} runs; by the clock {min(walls) * 1e3:.0f} ms at best")


@contextmanager
def _in_sqlite(folder: Path, runs: int) -> Iterator[str]:
    kept = os.environ.get("NBOPS_BENCH_HUB")
    file = Path(kept or folder, f"hub-{runs}.db")
    is_new = not file.exists()
    with open_hub(Project(folder), str(file)) as hub:
        if is_new:
            hub_load.fill(hub, runs)
    yield str(file)


@contextmanager
def _in_postgres(folder: Path, runs: int) -> Iterator[tuple[str, Callable[[], float]]]:
    with server(_LIKE_SERVERS_ARE, folder=os.environ.get("NBOPS_BENCH_HUB", "")) as found:
        os.environ["PGPASSFILE"] = str(found.pgpass)
        address = found.make_database()
        with open_hub(Project(folder), address) as hub:
            hub_load.fill(hub, runs)
        yield address, lambda: time.process_time() + found.cpu_seconds()
