"""What a report of five hundred tests costs: seconds, and bytes to send by mail."""

from __future__ import annotations

from nbops.pipeline.run import RunState, fold
from nbops.records import CheckResult, Examples, RunFinished, RunStarted, Status, StepFinished, worst
from nbops.views.report import report_html
from tests.bench.bench_parts import median_seconds
from tests.bench.measuring import Bar

RUN = "7f3a" * 8
KINDS = ("not_null", "unique", "between", "in_set", "matches", "length", "min", "mean", "not_blank", "trimmed")
COLUMNS = tuple(f"column_{n}" for n in range(8))


def _failed_text(column: int, rows: tuple[tuple[str, ...], ...]) -> dict[str, object]:
    return {
        "message": f"column_{column} is between 0 and 100",
        "observed": "5 rows (0.5%)",
        "allowed": "0 rows",
        "why": "5 of 1,000 rows fail (0.5%), allowed are 0 rows",
        "failing": 5,
        "examples": Examples(COLUMNS, ("3", "14", "159", "265", "358"), rows),
    }


def run_of_tests(tests: int = 500, failing: int = 50, steps: int = 5) -> RunState:
    """Return a run with so many tests, of which so many failed with five rows of eight columns each."""
    rows = tuple(tuple(f"value {row} of {name}" for name in COLUMNS) for row in range(5))
    each = tests // steps
    records: list[RunStarted | StepFinished | RunFinished] = [
        RunStarted(1_000.0, RUN, "batch", "sales.ipynb", steps=tuple(f"step_{n}" for n in range(steps)))
    ]
    for step in range(steps):
        found = []
        for n in range(each):
            failed = failing > 0 and (step * each + n) % max(1, tests // failing) == 0
            name = f"orders_{step}.column_{n}.{KINDS[n % len(KINDS)]}"
            said = _failed_text(n, rows) if failed else {}
            status = Status.FAILED if failed else Status.PASSED
            found.append(CheckResult(name, status, kind="rule", rows=1_000, nulls=0, seconds=0.001, **said))  # type: ignore[arg-type]
        status = worst(test.status for test in found)
        records.append(StepFinished(1_010.0 + step, RUN, f"step_{step}", status, seconds=1.0, tests=tuple(found)))
    records.append(RunFinished(1_020.0, RUN, Status.FAILED if failing else Status.PASSED))
    return fold(records)


def measure() -> list[Bar]:
    """Measure every bar of this page."""
    bars = []
    for failing in (0, 50, 250):
        state = run_of_tests(failing=failing)
        seconds = median_seconds(lambda state=state: report_html(state), 9)  # type: ignore[misc]
        size = len(report_html(state).encode()) / 1000
        bars.append(Bar(f"report of 500 tests, {failing} failed", seconds * 1e3, 300, "ms", "n=9"))
        bars.append(Bar(f"size of that report, {failing} failed", size, 200, "kB", "one file"))
    return bars
