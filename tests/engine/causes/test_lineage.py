"""Versions of variables: who made them from what, and the little that must be done to have them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbops.engine.causes.lineage import KeptValues, Lineage, Version
from nbops.engine.causes.probing import is_alike
from nbops.engine.causes.slicing import fill, slice_for
from nbops.engine.reuse.keeping import Keeper
from nbops.notebook.cells import Cell, Notebook
from nbops.records import Status, StepFinished
from nbops.store.artifacts import Artifacts
from nbops.store.project import Project


def lineage(folder: Path, *sources: str) -> Lineage:
    """Return the lineage of a notebook of which nothing was kept."""
    cells = tuple(Cell(i, f"cell-{i}", "code", source) for i, source in enumerate(sources))
    return Lineage(Notebook("", cells), (), Artifacts(Project(folder)))


def test_versions_lead_back_through_cells(tmp_path: Path) -> None:
    """In one cell intermediate values are passed; of several parents that of the same name comes first."""
    found = lineage(
        tmp_path,
        "%%step a\nrows = [1]",
        "%%step b\nrates = [2]",
        "%%step c\ntmp = [r for r in rates]\nrows = tmp + rows",
    )

    assert found.version("rows", 99) == Version("rows", 2, "c")
    assert found.parents(Version("rows", 2, "c")) == [Version("rows", 0, "a"), Version("rates", 1, "b")]


def test_changes_in_place_are_versions(tmp_path: Path) -> None:
    """Also through another name."""
    found = lineage(tmp_path, "%%step a\nrows = []\nview = rows", "%%step b\nview.append(1)", "%%step c\nprint(rows)")

    assert found.version("rows", 3) == Version("rows", 1, "b")


def test_a_slice_runs_what_is_needed_and_nothing_else(tmp_path: Path) -> None:
    """Functions with what they read, parameters with the values of the run; no other statement."""
    found = lineage(
        tmp_path,
        "import math as m\nfactor = 2\nraise_me = 1 / 0",
        "%%params\nn: int = 3\nday: date = date(2024, 1, 1)",
        "def scaled(x):\n    return factor * m.floor(x)",
        "y = scaled(n)\nlater = day.year",
    )
    namespace: dict[str, object] = {}
    missing = fill(slice_for(found, ["y", "later"], 99, given={"n": "5"}), namespace, found)

    assert missing == {}
    assert (namespace["y"], namespace["later"], "raise_me" in namespace, "date" in namespace) == (
        10,
        2024,
        False,
        False,
    )


def test_functions_of_steps_are_defined_again(tmp_path: Path) -> None:
    """They are never kept, written as a lambda neither."""
    found = lineage(tmp_path, "%%step a\ndef one():\n    return 1\ntwo = lambda: 2 * one()", "x = two()")
    namespace: dict[str, Any] = {}

    assert fill(slice_for(found, ["x"], 99), namespace, found) == {}
    assert namespace["x"] == 2


def test_what_was_one_object_is_one_again_and_equal_ones_are_two(tmp_path: Path) -> None:
    """Also across steps, and among values that were pickled together."""
    artifacts, records = Artifacts(Project(tmp_path)), []
    rows, both = [1], {2}
    namespace = {"rows": rows, "twin": [1], "box": (rows, {3}), "left": [both], "right": [both, 4]}
    keeper = Keeper(artifacts, 10**9)
    for number, names in enumerate((("rows", "twin"), ("box", "left", "right"))):
        step = "ab"[number]
        record = StepFinished(1.0, "run", step, Status.PASSED, cell=number, key=step, artifacts=names)
        keeper.keep(record, names, {n: v for n, v in namespace.items() if number or n in names}, {})
        records.append(record)
    keeper.end()
    cells = ("%%step a\nrows = [1]\ntwin = [1]", "%%step b\nbox = (rows, {3})\nleft = [{2}]\nright = [*left, 4]")
    notebook = Notebook("", tuple(Cell(i, f"cell-{i}", "code", source) for i, source in enumerate(cells)))
    found = Lineage(notebook, records, artifacts)
    back: dict[str, Any] = {}
    missing = fill(slice_for(found, ["box", "twin", "left", "right"], 99), back, found)

    assert missing == {}
    assert {name: back[name] for name in namespace} == namespace
    assert back["box"][0] is back["rows"]
    assert back["left"][0] is back["right"][0]
    assert back["rows"] is not back["twin"]
    assert KeptValues(found).get(1, found.left(1)[0]["box"]) == ([1], {3})


def test_what_cannot_be_had_is_named_with_the_reason(tmp_path: Path) -> None:
    """What depends on it is not had either."""
    found = lineage(
        tmp_path,
        "%%step a\nrows = [1]",
        "total = sum(rows)",
        "wrong = 1 / 0",
        "out = open('x', 'w').write('1')",
    )
    missing = fill(slice_for(found, ["total", "wrong", "out"], 99), {}, found)

    assert missing["rows"] == "a: it did not run"
    assert missing["total"] == "it is made from rows, which is not there"
    assert missing["wrong"] == "cell 3 raised ZeroDivisionError: division by zero"
    assert missing["out"] == "cell 4 writes to the outside (open)"
    assert not Path("x").exists()


@pytest.mark.parametrize("value", [[1], {"a": 1}, "text", 1.5])
def test_a_test_is_asked_of_the_same_kind_of_thing(value: object) -> None:
    """A list of a list, and no number of a table."""
    pandas = pytest.importorskip("pandas")

    assert is_alike(value, value)
    assert not is_alike(value, pandas.DataFrame())
    assert not is_alike(pandas.DataFrame(), pandas.Series([1.0]))
