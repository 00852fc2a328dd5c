"""A notebook of a thousand steps: showing it, and the cost of a step at its end against its beginning."""

from __future__ import annotations

import json
import statistics
import tempfile
from itertools import pairwise
from pathlib import Path

from tests.bench.measuring import BIN, Bar, process_seconds, write_notebook

STEPS = 1_000
EDGE = 100


def thousand_steps(folder: Path) -> Path:
    """Write a notebook of a thousand small steps, each of which reads the one before."""
    (folder / "pyproject.toml").touch()
    sources = ["%load_ext nbops", "%%step s0\nx0 = 0"]
    sources += [f"%%step s{i}\nx{i} = x{i - 1} + 1\nassert x{i} == {i}" for i in range(1, STEPS)]
    return write_notebook(folder / "thousand.ipynb", sources)


def show_cost(notebook: Path, rounds: int = 3) -> Bar:
    """Measure ``nbops show`` of the notebook as a whole process."""
    taken = [process_seconds(BIN / "nbops", "show", notebook.name, cwd=notebook.parent) for _ in range(rounds)]
    return Bar(f"`nbops show` of {STEPS:,} steps", statistics.median(taken), 2.0, "s", f"n={rounds}")


def flatness(notebook: Path) -> Bar:
    """Run the notebook once and compare its last steps with its first, from the journal's own times."""
    process_seconds(BIN / "nbops", "run", notebook.name, cwd=notebook.parent)
    ends = sorted(
        record["at"]
        for file in (notebook.parent / ".nbops").rglob("journal/**/*.jsonl")
        for record in map(json.loads, file.read_text(encoding="utf-8").splitlines())
        if record["kind"] == "StepFinished"
    )
    assert len(ends) == STEPS, f"{len(ends)} steps were journaled"
    gaps = [(later - earlier) * 1e3 for earlier, later in pairwise(ends)]
    first, last = statistics.median(gaps[:EDGE]), statistics.median(gaps[-EDGE:])
    detail = f"medians of first {EDGE}: {first:.2f} ms a step, of last {EDGE}: {last:.2f} ms"
    return Bar(f"last {EDGE} of {STEPS:,} steps against the first {EDGE}", last / first, 1.2, "×", detail)


def measure() -> list[Bar]:
    """Measure every bar of this page."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = thousand_steps(Path(folder))
        return [show_cost(notebook), flatness(notebook)]
