"""What the kernel tells a front end about the cells that it shows."""

from __future__ import annotations

from typing import Any

from nbops.doors.lab import pipeline_of
from nbops.notebook.pipeline import source_hash


def cell(name: str, source: str, kind: str = "code", tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a cell as the front end sends it."""
    return {"id": name, "kind": kind, "source": source, "tags": list(tags)}


def test_the_graph_is_that_of_the_cells() -> None:
    """Edges with their reason, and where each step stands."""
    said = pipeline_of(
        [cell("t", "# Title", "markdown"), cell("a", "%%step load\nx = 1"), cell("b", "%%step use\ny = x")]
    )

    assert [(edge["source"], edge["target"], edge["names"]) for edge in said["edges"]] == [("load", "use", ("x",))]
    assert "x" in said["edges"][0]["reason"]
    assert [node["name"] for node in said["layout"]["nodes"]] == ["load", "use"]
    assert said["problems"] == []


def test_the_hash_of_a_cell_is_the_one_in_its_record() -> None:
    """By it the front end knows that the code changed since it ran; comments do not count."""
    said = pipeline_of([cell("a", "%%step load\nx = 1  # one"), cell("t", "text", "markdown"), cell("e", "")])

    assert said["hashes"] == {"a": source_hash(["%%step load\nx = 1"])}


def test_a_slip_in_one_cell_is_told_and_the_hashes_are_there_all_the_same() -> None:
    """Cells are sent while people type."""
    said = pipeline_of([cell("a", "%%step load --nope"), cell("b", "%%step use\ny = 1")])

    assert "--nope" in said["problems"][0]
    assert said["layout"]["nodes"] == ()
    assert set(said["hashes"]) == {"a", "b"}


def test_code_that_is_no_python_yet_does_no_harm() -> None:
    """The other cells are read."""
    said = pipeline_of([cell("a", "%%step load\nx = ("), cell("b", "%%step use\ny = 1")])

    assert [node["name"] for node in said["layout"]["nodes"]] == ["load", "use"]
    assert len(said["problems"]) == 1


def test_a_skipped_cell_belongs_to_no_step() -> None:
    """The tag says that it does not run."""
    said = pipeline_of([cell("a", "%%step load\nx = 1", tags=("skip-execution",)), cell("b", "%%step use\ny = 1")])

    assert [node["name"] for node in said["layout"]["nodes"]] == ["use"]
