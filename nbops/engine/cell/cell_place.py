"""Where a cell of a step stands."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CellPlace"]


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Which cell runs.

    Args:
        line: The line of its mark, counted from 1.
        file: The file name that it is compiled under.
        cell_id: The front end's id of it; empty when there is none.
        index: Its index in the notebook; None when unknown.
        source_hash: Hash of its code.
    """

    line: int = 1
    file: str = ""
    cell_id: str = ""
    index: int | None = None
    source_hash: str = ""
