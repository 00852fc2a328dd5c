"""Measuring side by side: the two things that are compared take turns in one run, and medians are compared."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BIN", "Bar", "process_seconds", "side_by_side", "write_notebook"]

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Bar:
    """One line of the table: what was measured, what came out, and the bar.

    Args:
        what: The line of the promise.
        value: What was measured, in *unit*.
        limit: The most that it may be.
        unit: ``×`` for a ratio, else ``µs``, ``ms`` or ``s``.
        detail: The medians behind it.
    """

    what: str
    value: float
    limit: float
    unit: str
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        return self.value <= self.limit


def side_by_side(ways: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each of *ways*; they take turns, so that both meet the same noise."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        names = list(ways) if turn % 2 == 0 else list(reversed(ways))
        for name in names:
            seconds[name].append(ways[name]())
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def process_seconds(*command: str | Path, cwd: Path) -> float:
    """Return the wall seconds of one process from its start to its end.

    Raises:
        subprocess.CalledProcessError: It failed, so its time means nothing.
    """
    start = time.perf_counter()
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - start


def write_notebook(path: Path, sources: list[str]) -> Path:
    """Write a notebook of code cells and return its path."""
    import nbformat

    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    return path
