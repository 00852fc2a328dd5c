"""The example notebooks run from top to bottom, and their tests judge real data."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "example_notebooks"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """Return a copy of the flights example in a project of its own."""
    (tmp_path / "pyproject.toml").touch()
    return Path(shutil.copy(EXAMPLES / "flights_daily.ipynb", tmp_path))


def nbops_json(*arguments: str, cwd: Path) -> tuple[int, dict[str, object]]:
    """Run the command line and return its exit code and what it printed as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "nbops.doors.cli", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    return done.returncode, json.loads(done.stdout or "{}")


def test_the_flights_example_runs_on_the_whole_year(example: Path) -> None:
    """All 336,776 flights are read, 328,521 were flown, and every step is tested."""
    code, run = nbops_json("run", example.name, "--json", cwd=example.parent)
    steps = {step["name"]: step for step in run["steps"]}  # type: ignore[attr-defined, index]
    rows = {t["name"]: t["rows"] for step in steps.values() for t in step["record"]["tables_out"]}

    assert code == 0
    assert list(steps) == ["load", "weather", "planes", "clean", "join_weather", "delay_stats", "publish"]
    assert (rows["flights"], rows["flown"]) == (336_776, 328_521)
    assert all(step["record"]["tests"] for step in steps.values())


def test_the_flights_example_fails_on_the_day_of_the_blizzard(example: Path) -> None:
    """On 8 February 2013 half of the flights were cancelled: the step clean fails and nothing is published."""
    code, run = nbops_json(
        "run", example.name, "-p", "first_day=2013-02-08", "-p", "last_day=2013-02-08", "--json", cwd=example.parent
    )
    status = {step["name"]: step["status"] for step in run["steps"]}  # type: ignore[attr-defined]

    assert code == 1
    assert (status["load"], status["clean"], status["publish"]) == ("passed", "failed", "skipped")
    assert not (example.parent / "output").exists()


@pytest.mark.parametrize("notebook", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda p: p.stem)
def test_examples_are_kept_without_outputs(notebook: Path) -> None:
    """Outputs belong to runs, not to git."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]

    assert [c for c in cells if c.get("outputs") or c.get("execution_count")] == []
