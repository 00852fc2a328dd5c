"""What code reads from outside, as far as it says so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from nbops.notebook.outside import outside_reads


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file that is there."""
    path = tmp_path / "a.csv"
    path.touch()
    return path


@pytest.mark.parametrize(
    "code",
    ["pd.read_csv(PATH)", "open(path)", "pd.read_csv(folder / 'a.csv')", "path.read_text()", "open(f'{folder}/a.csv')",
     "pl.scan_csv(source=PATH)", "Path(PATH).read_bytes()", "if x:\n    y = [pd.read_parquet(PATH) for _ in z]"],
)  # fmt: skip
def test_a_file_is_found_however_its_path_is_made(code: str, file: Path) -> None:
    """Of texts, paths and variables that hold them."""
    tree = ast.parse(code.replace("PATH", repr(str(file))))
    found = outside_reads(tree, {"path": file, "folder": file.parent})

    assert (found.files, found.changing) == ((str(file),), ())


@pytest.mark.parametrize(
    "code",
    ["pd.read_sql('select 1', c)", "datetime.now()", "requests.get(url)", "open(choose())", "pd.read_csv('http://x/a')",
     "os.getenv('DAY')", "random.random()", "np.random.default_rng()", "time.time()"],
)  # fmt: skip
def test_what_may_be_another_thing_every_time_is_named(code: str) -> None:
    """The clock, the network, databases, the environment, and files whose path only the running code knows."""
    found = outside_reads(ast.parse(code), {"np": None, "random": None})

    assert (found.files, len(found.changing)) == ((), 1)


def test_a_path_is_never_made_by_running_code() -> None:
    """Only texts, variables and their sums are looked at."""
    found = outside_reads(ast.parse("open(boom(1))\nopen([0][0])\nopen(x.y)"), {"x": object()})

    assert found.changing == ("open",)
