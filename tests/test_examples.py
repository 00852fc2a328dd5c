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


def test_the_missing_records_are_found_again(tmp_path: Path) -> None:
    """Of February's 24,951 flights 19,938 are summed up; each of the others is told of, and there to be looked at."""
    (tmp_path / "pyproject.toml").touch()
    shutil.copy(EXAMPLES / "missing_records.ipynb", tmp_path)
    code, run = nbops_json("run", "missing_records.ipynb", "--json", cwd=tmp_path)
    accounts = [account for step in run["steps"] for account in step["record"]["accounts"]]  # type: ignore[attr-defined]
    dropped = {e["reason"]: e["rows"] for a in accounts for e in a["entries"] if e["kind"] == "dropped"}
    ask = "import nbops; print(len(nbops.excluded('missing_records::clean::cancelled')))"
    found = subprocess.run([sys.executable, "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert code == 0
    assert dropped == {"duplicate": 0, "cancelled": 1261, "never arrived": 30, "without a match in planes": 3722}
    assert 24_951 - sum(dropped.values()) == 19_938
    assert found.stdout.strip() == "1261"


@pytest.mark.parametrize("notebook", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda p: p.stem)
def test_examples_are_kept_without_outputs(notebook: Path) -> None:
    """Outputs belong to runs, not to git."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]

    assert [c for c in cells if c.get("outputs") or c.get("execution_count")] == []
