"""Comparing what runs kept, and variables of a kernel."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result

import nbops as public
from nbops.doors.cli import main
from nbops.engine.production.notebook import run
from nbops.errors import ReferenceNotFound, UsageError
from nbops.views.difference_shown import Comparison, Comparisons

Write = Callable[..., Path]
CELLS = (
    "%load_ext nbops",
    "%%params\nfactor: float = 1.0",
    "%%step load\nimport pandas as pd\n"
    "ways = pd.DataFrame({'id': range(30), 'far': [n * 7 % 31 + 2.5 for n in range(30)]})",
    "%%step convert\nmetric = ways.assign(far=ways.far * factor)",
)


def diff(*words: str) -> Result:
    """Type ``nbops diff``."""
    return CliRunner().invoke(main, ["diff", *words], catch_exceptions=False)


@pytest.fixture
def runs(write: Write, project: Path) -> tuple[str, str]:
    """Return the ids of two runs of a notebook, of which the second computes in kilometres."""
    path = write(*CELLS, name="distances.ipynb")
    return run(path, report=False).run, run(path, params={"factor": 1.609344}, report=False).run


def test_datasets_and_whole_runs_are_compared(runs: tuple[str, str]) -> None:
    """DATASET@RUN means what a run kept, NB@RUN all of it; from any door."""
    first, second = runs
    done = diff(f"metric@{first[:6]}", f"distances/metric@{second[:6]}", "--key", "id", "--exit-code")
    found = public.diff(f"metric@{first[:8]}", "metric@last", key="id")
    every = public.diff(f"distances@{first}", "distances@last", key="id")

    assert done.exit_code == 1
    assert "Unit changed: far is × 1.609344, miles became kilometres" in done.output
    assert isinstance(found, Comparison)
    assert (found.after.name, found.causes[0].kind) == (f"metric@{second[:6]}", "unit factor")
    assert isinstance(every, Comparisons)
    assert {one.after.name: one.is_equal for one in every} == {
        f"ways@{second[:6]}": True,
        f"metric@{second[:6]}": False,
    }
    assert "✓ 1 table without a difference" in str(every)
    with pytest.raises(ReferenceNotFound, match="kept no dataset 'metrics'"):
        public.diff(f"metrics@{first}", f"metric@{second}")
    with pytest.raises(UsageError, match="is a whole run"):
        public.diff(f"distances@{first}", f"metric@{second}")


def test_the_magic_compares_variables(write: Write, project: Path) -> None:
    """``%nbops diff a b`` shows the page below the cell, with text beside it."""
    path = write(
        *CELLS, "later = ways.assign(far=ways.far * 2.54)", "%nbops diff ways later --key id", name="distances.ipynb"
    )
    run(path, output=project / "out.ipynb", report=False)
    cells = nbformat.read(project / "out.ipynb", as_version=4).cells
    data = next(cell for cell in cells if cell.source.startswith("%nbops diff")).outputs[0]["data"]

    assert "inches became centimetres" in data["text/plain"]
    assert "<h2>Unit changed: <code>far</code>" in data["text/html"]
    assert json.dumps(data)
