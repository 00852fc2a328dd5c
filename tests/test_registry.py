"""One registry for every plug-in kind: decorators, entry points, nearest names."""

from __future__ import annotations

import importlib.metadata
from importlib.metadata import EntryPoint

import pytest

from nbops.errors import UsageError
from nbops.registry import Registry


def test_what_is_registered_is_found_and_listed() -> None:
    """By its name, in alphabetical order."""
    shapes = Registry[type]("shape")
    shapes.register("square")(int)
    shapes.register("circle")(float)

    assert (int, ["circle", "square"]) == (shapes.get("square"), list(shapes))


def test_an_entry_point_is_loaded_when_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package adds to the vocabulary by being installed."""
    point = EntryPoint(name="ordered", value="collections:OrderedDict", group="nbops.shape")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [point] if group == "nbops.shape" else [])
    shapes = Registry[type]("shape")

    assert shapes.get("ordered").__name__ == "OrderedDict"
    assert "ordered" in shapes


def test_a_name_is_taken_once() -> None:
    """Another thing of the same name is refused; the same cell run again is not."""
    shapes = Registry[type]("shape")
    shapes.register("square")(int)
    shapes.register("square")(int)

    with pytest.raises(UsageError, match="there is a shape named 'square' already"):
        shapes.register("square")(float)


@pytest.mark.parametrize("name", ["two words", "1st", ""])
def test_a_name_must_be_a_word(name: str) -> None:
    """It is typed as a method and as a key of a file."""
    with pytest.raises(UsageError, match="is no name for a shape"):
        Registry[type]("shape").register(name)(int)
