"""``nbops run`` against ``papermill`` on the same notebook: whole processes, taking turns, medians."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.measuring import BIN, Bar, process_seconds, side_by_side, write_notebook

CASES = {
    "one cell": (["x = 1\nx"], 0.85, 5),
    "200 small cells": ([f"x{i} = {i}\nprint(x{i})" for i in range(200)], 0.35, 3),
    "50 cells of 100 KB output": (["print(('x' * 99 + '\\n') * 1000)"] * 50, 0.35, 3),
    "500 small cells": ([f"x{i} = {i}\nx{i}" for i in range(500)], 0.15, 1),
}


def commands(notebook: Path) -> dict[str, Callable[[], float]]:
    """Return the two ways to run *notebook*, each of which gives the seconds that it took."""
    folder = notebook.parent
    return {
        "nbops run": lambda: process_seconds(BIN / "nbops", "run", notebook.name, "nbops-out.ipynb", cwd=folder),
        "papermill": lambda: process_seconds(BIN / "papermill", notebook.name, "pm-out.ipynb", cwd=folder),
    }


def compare(name: str, sources: list[str], limit: float, rounds: int) -> Bar:
    """Measure one notebook both ways."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").touch()
        ways = commands(write_notebook(Path(folder) / "in.ipynb", sources))
        taken = side_by_side(ways, rounds)
    ours, theirs = taken["nbops run"], taken["papermill"]
    detail = f"{ours:.2f} s : {theirs:.2f} s, n={rounds}"
    return Bar(f"`nbops run` against `papermill`, {name}", ours / theirs, limit, "×", detail)


def measure() -> list[Bar]:
    """Measure every bar of this page."""
    return [compare(name, *case) for name, case in CASES.items()]
