"""What a step reads although its code does not say so is seen while it runs, and belongs to its key from then on."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nbops.engine.reuse.seen import Seen, Watch, written_since
from tests.engine.cold_and_cached import run


def watched(act: Callable[[], object], own: Path) -> Seen:
    """Return what was seen while *act* ran."""
    watch = Watch(own / ".nbops")
    watch.begin()
    act()
    return watch.end()


def test_files_and_folders_are_seen(tmp_path: Path) -> None:
    """Those that are read, those that are written and stay, and those that are listed."""
    (tmp_path / "in.txt").write_text("a")

    def act() -> None:
        (tmp_path / "out.txt").write_text((tmp_path / "in.txt").read_text())
        (tmp_path / "gone.txt").write_text("a")
        (tmp_path / "gone.txt").unlink()
        sorted(tmp_path.glob("*.csv"))

    seen = watched(act, tmp_path)

    assert list(seen.files) == [str(tmp_path / "in.txt")]
    assert list(seen.wrote) == [str(tmp_path / "out.txt")]
    assert list(seen.folders) == [str(tmp_path)]


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="this machine has no disk in memory")
def test_files_on_a_disk_in_memory_are_seen(tmp_path: Path) -> None:
    """They are people's files, other than all else that stands among the devices."""
    with tempfile.NamedTemporaryFile("w", dir="/dev/shm") as file:
        seen = watched(lambda: (Path(file.name).read_text(), Path("/dev/null").read_text()), tmp_path)

    assert list(seen.files) == [file.name]


def test_programs_and_databases_are_seen(tmp_path: Path) -> None:
    """What they answer may be another thing every time."""
    import sqlite3

    def act() -> None:
        subprocess.run([sys.executable, "-c", ""], check=True)
        sqlite3.connect(tmp_path / "shop.db").close()

    seen = watched(act, tmp_path)

    assert list(seen.changing) == [f"program {Path(sys.executable).name}", "database shop.db"]


def test_only_random_numbers_that_were_drawn_count() -> None:
    """Their state before tells what was drawn."""
    assert list(watched(random.random, Path("/nowhere")).drew) == ["<random>"]
    assert list(watched(lambda: np.random.rand(1), Path("/nowhere")).drew) == ["<numpy.random>"]
    assert watched(lambda: np.random.default_rng(1).random(), Path("/nowhere")).drew == {}


def test_random_numbers_that_are_loaded_by_their_first_draw_are_seen() -> None:
    """NumPy loads its generator when it is first used; loading alone draws nothing."""
    code = (
        "import pathlib, sys\nfrom nbops.engine.reuse.seen import Watch\n{before}\n"
        "watch = Watch(pathlib.Path('/nowhere'))\n"
        "watch.begin()\nimport numpy as np\nimport numpy.random\n{draw}\nprint(list(watch.end().drew))"
    )
    found = {
        (before, draw): subprocess.run(
            [sys.executable, "-c", code.format(before=before, draw=draw)], capture_output=True, text=True, check=True
        ).stdout.strip()
        for before in ("", "import numpy")
        for draw in ("", "np.random.rand(1)")
    }
    assert found == {
        ("", ""): "[]",
        ("", "np.random.rand(1)"): "['<numpy.random>']",
        ("import numpy", ""): "[]",
        ("import numpy", "np.random.rand(1)"): "['<numpy.random>']",
    }


def test_imports_and_what_nbops_does_itself_are_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They say nothing about the data."""
    (tmp_path / "seen_module.py").write_text("x = 1")
    monkeypatch.syspath_prepend(tmp_path)
    seen = watched(lambda: __import__("seen_module"), tmp_path)
    sys.modules.pop("seen_module")

    assert (dict(seen.files), dict(seen.folders)) == ({}, {})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a project, which is the working directory."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_that_only_a_module_names_decides(project: Path) -> None:
    """A step is restored while it is as it was, runs again when it changed, and what depends on it does, too."""
    (project / "own.py").write_text("def load():\n    return open('data.txt').read()\n")
    cells = [("", "import own"), ("a", "x = own.load()"), ("b", "y = x + '!'")]
    restored = []
    for text in ("one", "one", "two", "two"):
        (project / "data.txt").write_text(text)
        ran = run(project, cells, {}, cached=True)
        restored.append(ran.restored)
        assert ran.namespace["y"] == f"{text}!"

    assert restored == [[], ["a", "b"], [], ["a", "b"]]


def test_a_step_that_draws_without_a_seed_is_not_taken_over(project: Path) -> None:
    """With a seed it is, while the numbers before it stand where they stood."""
    import random as before

    unseeded = [("", "import random"), ("a", "x = random.random()")]
    seeded = [("", "import random\nrandom.seed(1)"), ("a", "x = random.random()")]
    other = [("", "import random\nrandom.seed(1)\nrandom.random()"), ("a", "x = random.random()")]
    state = before.getstate()
    found = [run(project, cells, {}, cached=True).restored for cells in (unseeded, unseeded, seeded, seeded, other)]
    before.setstate(state)

    assert found == [[], [], [], ["a"], []]


def test_a_file_that_the_code_names_counts_as_written_when_it_is_newer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrow opens files where Python does not see it; what is older, no file, or no path at all is left out."""
    monkeypatch.chdir(tmp_path)
    for name, age in (("old.parquet", 60.0), ("new.parquet", 0.0)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(name, (time.time() - age, time.time() - age))
    named = ("old.parquet", "new.parquet", "new.parquet", "", "no such", "a\nb", "a\0b", "x" * 5_000, ".")

    assert written_since(time.time() - 30, named) == (str(tmp_path / "new.parquet"),)
