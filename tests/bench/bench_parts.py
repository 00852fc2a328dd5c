"""What the parts of a step cost by themselves: rewriting its tests, judging them, telling changes, showing it."""

from __future__ import annotations

import ast
import statistics
import time
from collections.abc import Callable

from tests.bench.measuring import Bar

TESTS = "\n".join(f"assert table.column_{n}.fillna(0).between({n}, limits['high'] + 1), 'test {n}'" for n in range(10))
LOOP = 2_000


def median_seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the median seconds of one call of *work*, after one that is not counted."""
    work()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def rewriting_cost(rounds: int = 50) -> Bar:
    """Measure how long it takes to rewrite a cell of ten tests."""
    from nbops.notebook.judge import instrument

    seconds = median_seconds(lambda: instrument(ast.parse(TESTS), TESTS, "rt"), rounds)
    return Bar("rewriting a cell of ten tests", seconds * 1e3, 10, "ms", f"n={rounds}")


def judging_cost(rounds: int = 9) -> Bar:
    """Measure a test of a single value that holds, in a loop, over the same loop without it."""
    from nbops.engine.cell.judging import Judge
    from nbops.notebook.judge import instrument

    head = f"for _ in range({LOOP}):\n    "
    source = f"{head}assert len(rows) > 3, 'has rows'"
    module, table = instrument(ast.parse(source), source, "rt")
    judged, plain = compile(module, "<cell>", "exec"), compile(f"{head}len(rows) > 3", "<cell>", "exec")
    with_test = median_seconds(lambda: exec(judged, {"rt": Judge(table), "rows": [1, 2, 3, 4]}), rounds)
    without = median_seconds(lambda: exec(plain, {"rows": [1, 2, 3, 4]}), rounds)
    return Bar("a test of one value that holds", (with_test - without) / LOOP * 1e6, 10, "µs", f"{LOOP:,} in a loop")


def fingerprint_cost(rounds: int = 9) -> Bar:
    """Measure the fingerprint of the dearest of several big values."""
    import numpy
    import pandas

    from nbops.frames.fingerprint import fingerprint

    numbers = numpy.random.default_rng(0)
    values = {
        "a frame of 100,000 × 20": pandas.DataFrame(numbers.random((100_000, 20))),
        "an array of a million": numbers.random((1_000, 1_000)),
        "a list of a million": list(range(1_000_000)),
        "a list of a thousand lists": numbers.random((1_000, 1_000)).tolist(),
    }
    seconds = {name: median_seconds(lambda value=value: fingerprint(value), rounds) for name, value in values.items()}  # type: ignore[misc]
    dearest = max(seconds, key=seconds.__getitem__)
    return Bar("fingerprint of a big value", seconds[dearest] * 1e3, 5, "ms", f"the dearest: {dearest}")


def record_cost(rounds: int = 200) -> Bar:
    """Measure the record that a step with failing rows leaves in its cell's output."""
    from nbops.views.step_record import step_record
    from tests.views.flights_run import CLEAN

    seconds = median_seconds(lambda: step_record(CLEAN, 1.0), rounds)
    return Bar("the record of a step as HTML and text", seconds * 1e3, 1, "ms", f"n={rounds}")


def measure() -> list[Bar]:
    """Measure every bar of this page."""
    return [rewriting_cost(), judging_cost(), fingerprint_cost(), record_cost()]
