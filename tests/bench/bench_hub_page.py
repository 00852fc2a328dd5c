"""What a page of the list of runs costs in a hub of 100,000 runs: in processor time, as its server answers it."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

from nbops.doors.server.answers import ANSWERS
from nbops.store.hub import Hub, open_hub
from nbops.store.project import Project
from tests.bench.measuring import Bar
from tests.doors.server.generated_hub import generate_hub

RUNS = 100_000
ROUNDS = 15
LIMIT_MS = 50.0


def page_milliseconds(hub: Hub, given: dict[str, str]) -> float:
    """Return the median processor time of answering one page, as JSON."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        json.dumps(ANSWERS["runs"](hub, given))
        taken.append(time.process_time() - start)
    return 1e3 * statistics.median(taken)


def measure() -> list[Bar]:
    """Measure every bar of this page."""
    with tempfile.TemporaryDirectory() as folder:
        generate_hub(Path(folder), RUNS)
        with open_hub(Project(Path(folder))) as hub:
            middle = ANSWERS["runs"](hub, {"since": "36500d", "after": f"{1_700_000_000.0 + 30 * RUNS!r},ff"})["next"]
            asked = {
                "the first": {},
                "one in the middle": {"after": str(middle)},
                "the first of those that failed": {"failed": "1"},
                "the first of an environment": {"env": "prod"},
                "the first of a notebook": {"nb": "flow_03"},
            }
            return [
                Bar(f"page of {RUNS:,} runs, {name}", page_milliseconds(hub, given), LIMIT_MS, "ms", f"n={ROUNDS}")
                for name, given in asked.items()
            ]
