"""The public names: what ``import nbops`` offers is what it says, and no name collides with a module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nbops

MOST_PUBLIC_NAMES = 60


def public_names() -> list[str]:
    """Return what ``dir(nbops)`` lists."""
    return [name for name in dir(nbops) if not name.startswith("_")]


def test_every_listed_name_can_be_imported() -> None:
    """What ``dir(nbops)`` lists exists."""
    missing = [name for name in public_names() if not hasattr(nbops, name)]

    assert missing == []


def test_the_public_surface_stays_small() -> None:
    """A name more is a promise more."""
    assert len(public_names()) <= MOST_PUBLIC_NAMES


def test_an_unknown_name_says_so() -> None:
    """An unknown name is an AttributeError that holds it."""
    with pytest.raises(AttributeError, match="no attribute 'nothing_of_that_name'"):
        _ = nbops.nothing_of_that_name  # type: ignore[attr-defined]


def test_no_public_function_has_the_name_of_a_module() -> None:
    """``nbops.run`` is a function for ever: importing a module must not replace it."""
    root = Path(nbops.__file__).parent
    modules = {p.stem if p.suffix else p.name for p in root.iterdir() if p.suffix == ".py" or p.is_dir()}
    functions = {name for name in public_names() if callable(getattr(nbops, name))}

    assert functions & modules == set()


def test_public_names_stay_what_they_are_after_every_module_was_imported() -> None:
    """Importing all modules of the package changes no public name."""
    code = (
        "import importlib, pkgutil, nbops\n"
        "names = [n for n in dir(nbops) if not n.startswith('_')]\n"
        "before = {n: getattr(nbops, n) for n in names}\n"
        "for m in pkgutil.walk_packages(nbops.__path__, 'nbops.'):\n"
        "    if '.migrations.' not in m.name and not m.name.endswith('__main__'):\n"
        "        importlib.import_module(m.name)\n"
        "assert all(getattr(nbops, n) is before[n] for n in names)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
