"""The door for JupyterLab: over a comm, the kernel says what the cells say that the front end shows.

The front end knows the cells as they stand, saved or not, and the kernel can read them; so the front end sends the
code, and gets the graph, its layout and the hash of each cell, by which it knows what changed since it ran. What
became of a step it reads from the outputs: nothing is sent while steps run.

The kernel opens the comm when nbops is loaded by a front end's cell. A page that was loaded again opens one itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from nbops.doors.front_end import front_end_listens
from nbops.errors import NbopsError

__all__ = ["PROTOCOL", "TARGET", "listen", "pipeline_of"]

TARGET = "nbops"
"""The name of the comm, on both sides."""

PROTOCOL = 1
"""Raised, here and in the front end, when an older other side would misunderstand what is said."""


def listen(shell: Any) -> None:
    """Answer the front ends that show this kernel's notebook, and greet the one that loads nbops now."""
    manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
    if manager is None:  # a terminal
        return
    manager.register_target(TARGET, lambda comm, _: _converse(comm))
    if front_end_listens():
        from comm import create_comm

        _converse(create_comm(target_name=TARGET))


def _converse(comm: Any) -> None:
    comm.on_msg(lambda message: comm.send(_answer(message["content"]["data"])))


def _answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    cells = asked.get("cells") if asked.get("ask") == "pipeline" else None
    return {
        "answer": asked.get("ask"),
        "number": asked.get("number"),
        "pipeline": pipeline_of(cells) if isinstance(cells, list) else None,
    }


def pipeline_of(cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    r"""Return what *cells* say: edges, layout, problems, and the hash of each step's cell by its id.

    Args:
        cells: The notebook's cells in order, each with ``id``, ``kind``, ``source`` and ``tags``.

    Example:
        >>> said = pipeline_of([{"id": "a", "kind": "code", "source": "%%step load\nx = 1", "tags": []}])
        >>> [node["name"] for node in said["layout"]["nodes"]], list(said["hashes"])
        (['load'], ['a'])
    """
    from nbops.notebook.cells import Cell, Notebook  # with the first question: loading nbops must stay cheap
    from nbops.notebook.pipeline import build, source_hash
    from nbops.pipeline.layout import Layout, layout

    read = tuple(
        Cell(index, str(cell["id"]), cell["kind"], str(cell["source"]), frozenset(map(str, cell.get("tags", ()))))
        for index, cell in enumerate(cells)
    )
    hashes = {cell.id: source_hash([cell.source]) for cell in read if cell.kind == "code" and cell.source.strip()}
    try:
        found = build(Notebook("", read))
    except NbopsError as error:  # a slip in one cell, while it is being typed
        said = " · ".join(filter(None, [error.what, error.where]))
        return {"name": "", "edges": [], "layout": asdict(Layout()), "hashes": hashes, "problems": [said],
                "protocol": PROTOCOL}  # fmt: skip
    return {
        "name": found.name,
        "edges": [asdict(edge) for edge in found.edges if edge.source],
        "layout": asdict(layout(found)),
        "hashes": hashes,
        "problems": list(found.problems),
        "protocol": PROTOCOL,
    }
