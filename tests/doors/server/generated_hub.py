"""A hub of as many runs as wanted, taken in by the code that takes in real ones."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from nbops.records import Record, to_json
from nbops.store.hub import open_hub
from nbops.store.intake import prepare, take
from nbops.store.journal import Entry
from nbops.store.project import Project
from nbops.testing import records

FIRST = 1_700_000_000.0
BATCH = 2_000


def generated_runs(count: int, *, notebooks: int = 60, steps: tuple[str, ...] = ("load",)) -> Iterator[list[Record]]:
    """Yield the records of runs, a minute apart: of each eleventh a test failed, and each second ran in production."""
    for number in range(count):
        yield records(
            f"pipelines/flow_{number % notebooks:02}.ipynb",
            run=f"{number * 2654435761 % 2**32:08x}{number:024x}",
            at=FIRST + 60.0 * number,
            steps=steps,
            seconds=1.0 + number % 7,
            failing=steps[-1] if number % 11 == 3 else "",
            env=("dev", "prod")[(number // notebooks) % 2],
            owner=("Mara Quist", "Ivo Brandt")[number % 2],
        )


def generate_hub(root: Path, count: int, *, notebooks: int = 60, steps: tuple[str, ...] = ("load",)) -> Path:
    """Make the hub of the project at *root*, and return its file."""
    (root / "pyproject.toml").touch()
    project = Project(root)
    with open_hub(project) as hub:
        runs = generated_runs(count, notebooks=notebooks, steps=steps)
        while some := list(itertools.islice(runs, BATCH)):
            each = itertools.chain.from_iterable(some)
            entries = [Entry(f"{some[0][0].run}-{n}", one, json.dumps(to_json(one))) for n, one in enumerate(each)]  # type: ignore[union-attr]
            with hub.write() as connection:
                take(connection, [prepare(entry) for entry in entries])
    return project.hub_file
