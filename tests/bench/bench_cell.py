"""What ``%%step`` costs over a plain cell, and what loading nbops costs a kernel."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.measuring import BIN, Bar, process_seconds

STEPS = 150
BODY = "table = pd.DataFrame({'id': range(100), 'amount': 1.5})\nassert len(table) == 100\nassert table.id.is_unique"


@contextmanager
def kernel(folder: Path) -> Iterator[object]:
    """Start a kernel in *folder* that has pandas loaded."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(transport="ipc", ip=str(folder / "k"))
    manager.start_kernel(cwd=str(folder))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    try:
        execute(client, "import pandas as pd, time")
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def execute(client: object, code: str) -> float:
    """Run *code* and return the seconds from the request to the moment the kernel is idle again."""
    start = time.perf_counter()
    reply = client.execute_interactive(code, output_hook=lambda _: None, timeout=60)  # type: ignore[attr-defined]
    assert reply["content"]["status"] == "ok", reply["content"]
    return time.perf_counter() - start


def step_cost() -> Bar:
    """Measure plain cells and steps of the same body in turns, in one kernel."""
    plain, steps = [], []
    with tempfile.TemporaryDirectory() as folder, kernel(Path(folder)) as client:
        execute(client, "%load_ext nbops")
        for i in range(STEPS):
            plain.append(execute(client, f"# {i}\n{BODY}"))
            steps.append(execute(client, f"%%step s{i}\n{BODY}"))
    of_plain, of_step = statistics.median(plain[10:]) * 1e3, statistics.median(steps[10:]) * 1e3
    detail = f"step {of_step:.2f} ms, plain cell {of_plain:.2f} ms, {STEPS} of each"
    return Bar("`%%step` over a plain cell, tests and journal included", of_step - of_plain, 3.0, "ms", detail)


def load_cost(rounds: int = 5) -> Bar:
    """Measure ``%load_ext nbops`` in fresh kernels that have pandas loaded."""
    seconds = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, kernel(Path(folder)) as client:
            seconds.append(execute(client, "%load_ext nbops"))
    return Bar("`%load_ext nbops` in a kernel with pandas", statistics.median(seconds) * 1e3, 150, "ms", f"n={rounds}")


def import_cost(rounds: int = 9) -> Bar:
    """Measure ``import nbops`` inside fresh interpreters that have pandas loaded."""
    import subprocess

    code = "import pandas, time; t = time.perf_counter(); import nbops; print(time.perf_counter() - t)"
    taken = [
        float(subprocess.run([BIN / "python", "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(rounds)
    ]
    return Bar("`import nbops`", statistics.median(taken) * 1e3, 40, "ms", f"n={rounds}")


def help_cost(rounds: int = 9) -> Bar:
    """Measure ``nbops --help`` as a whole process."""
    taken = [process_seconds(BIN / "nbops", "--help", cwd=Path.cwd()) for _ in range(rounds)]
    return Bar("`nbops --help`, whole process", statistics.median(taken) * 1e3, 250, "ms", f"n={rounds}")


def measure() -> list[Bar]:
    """Measure every bar of this page."""
    return [step_cost(), import_cost(), load_cost(), help_cost()]
