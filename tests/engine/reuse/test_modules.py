"""Modules of one's own count by their source with all that they import; packages by their version."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import nbops
from nbops.engine.reuse.modules import imported_parts, module_of


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a package of one's own, loaded, whose modules import each other in all ways."""
    files = {
        "mine/__init__.py": "",
        "mine/rules.py": "from . import base\nfrom .shapes import shape\nimport numpy\ndef rule():\n    import late\n",
        "mine/base.py": "X = 1",
        "mine/shapes.py": "def shape(): ...",
        "mine/apart.py": "Y = 1",
        "late.py": "Z = 1",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("mine.rules", "mine.apart", "late"):
        importlib.import_module(name)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] in ("mine", "late")]:
        del sys.modules[name]


def test_a_module_counts_with_all_that_it_imports(package: Path) -> None:
    """Also inside functions, and relative to it; modules that it does not import do not count."""
    parts = imported_parts("mine.rules")

    assert sorted(parts) == [
        "module late", "module mine", "module mine.base", "module mine.rules", "module mine.shapes", "package numpy"
    ]  # fmt: skip
    assert parts["package numpy"] == np.__version__


def test_a_changed_module_changes_its_part_alone(package: Path) -> None:
    """Whoever reads the key sees which one it was."""
    before = imported_parts("mine.rules")
    (package / "mine/base.py").write_text("X = 2")
    now = imported_parts("mine.rules")

    assert [name for name in now if now[name] != before[name]] == ["module mine.base"]


def test_a_module_that_imports_by_name_counts_with_all_of_ones_own(package: Path) -> None:
    """Nobody can tell which it will load."""
    (package / "mine/apart.py").write_text("import importlib\nY = importlib.import_module(name)")

    assert {"module late", "module mine.rules"} <= set(imported_parts("mine.apart"))


def test_the_standard_library_counts_by_the_version_of_python() -> None:
    """Which is a part of every key."""
    assert imported_parts("json.decoder") == {}


def test_a_package_without_a_version_of_its_own_has_that_of_its_distribution() -> None:
    """Else an upgrade would go unseen."""
    assert imported_parts("hypothesis.strategies")["package hypothesis"]
    assert imported_parts("_pytest.python")["package _pytest"]


def test_what_is_imported_knows_its_module() -> None:
    """Modules, functions, classes, ufuncs, methods of hidden objects; plain values are of none."""
    import random

    found = [module_of(value) for value in (ast, ast.parse, ast.AST, np.add, random.randint, 3, "a", [1])]

    assert found == ["ast", "ast", "ast", found[3], "random", "", "", ""]


def test_nbops_counts_by_its_version() -> None:
    """Also in a checkout of it: else each step that expects something would depend on a hundred files."""
    assert dict(imported_parts("nbops.checks.expect")) == {"package nbops": nbops.__version__}
