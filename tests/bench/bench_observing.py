"""What it costs a run to look at the tables that its steps leave: the flights example, with and without looking.

    python -m tests.bench observing

Both ways run the whole notebook in a kernel of their own, taking turns. What is compared is the processor time of the
kernel from its first cell until the last table was looked at, threads included; the second way replaces what hands
tables to the thread by nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat

from tests.bench.measuring import BIN, Bar, process_seconds, side_by_side

LIMIT, ROUNDS = 1.30, 5
_EXAMPLE = Path(__file__).parents[2] / "example_notebooks" / "flights_daily.ipynb"
_BLIND = "from nbops.engine.kernel.observing import Observer\nObserver.see = lambda *given: None"
_BEGIN = "import time as _clock\n_began = _clock.process_time()"
_END = """from pathlib import Path as _File
from nbops.engine.kernel.observing import drained as _drained
assert _drained(60)
_File("taken").write_text(str(_clock.process_time() - _began))"""


def notebook(folder: Path, *, looks: bool) -> Path:
    """Write the example with the cells that measure it, in a project of its own, and return its path."""
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    found = nbformat.read(_EXAMPLE, as_version=4)
    first = [_BEGIN] if looks else [_BLIND, _BEGIN]
    made = [nbformat.v4.new_code_cell(source) for source in first]
    found.cells = [found.cells[0], found.cells[1], *made, *found.cells[2:], nbformat.v4.new_code_cell(_END)]
    nbformat.write(found, folder / "flights.ipynb")
    return folder / "flights.ipynb"


def _seconds(path: Path) -> Callable[[], float]:
    def run() -> float:
        process_seconds(BIN / "python", "-m", "nbops.doors.cli", "run", path.name, "-q", cwd=path.parent)
        return float((path.parent / "taken").read_text(encoding="ascii"))

    return run


def measure(rounds: int = ROUNDS) -> list[Bar]:
    """Measure the example both ways."""
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "with": _seconds(notebook(Path(folder) / "with", looks=True)),
            "without": _seconds(notebook(Path(folder) / "without", looks=False)),
        }
        taken = side_by_side(ways, rounds)
    ours, plain = taken["with"], taken["without"]
    detail = f"{ours:.2f} : {plain:.2f} CPU s of the kernel, {1000 * (ours - plain):.0f} ms for ten tables, n={rounds}"
    return [Bar("a run that looks at its tables, against one that does not", ours / plain, LIMIT, "×", detail)]


if __name__ == "__main__":
    for bar in measure():
        print(f"{bar.what}: {bar.value:.3f} {bar.unit} (≤ {bar.limit:.2f}) {bar.detail}")
