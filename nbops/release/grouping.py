"""Pieces become steps: by the headings above them, and by what they make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from nbops.notebook.cells import Notebook
from nbops.release.naming import step_name, unique
from nbops.release.pieces import Piece

__all__ = ["Group", "first_work", "group", "headings"]

LARGEST_SECTION = 5  # more cells than this below one heading are divided by what they make
_FOREIGN_STEPS = frozenset(["sql"])
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)


@dataclass(slots=True)
class Group:
    """The pieces of one step, in order, and the tests that judge it."""

    pieces: list[Piece]
    section: int
    name: str = ""
    tests: list[Piece] = field(default_factory=list)

    @property
    def is_sink(self) -> bool:
        """Whether the step writes to the outside."""
        return any(p.sink for p in self.pieces)

    @property
    def is_load(self) -> bool:
        """Whether the step reads a table from outside: it is tested before anything is done with it."""
        return any(p.is_load for p in self.pieces)

    @property
    def makes(self) -> set[str]:
        """The names that it makes or changes."""
        return {name for p in self.pieces for name in p.makes}

    @property
    def tables(self) -> set[str]:
        """The tables that it makes or changes."""
        return {name for p in self.pieces for name in p.tables}

    @property
    def reads(self) -> set[str]:
        """The names that it needs."""
        return {name for p in self.pieces for name in p.reads}


def headings(notebook: Notebook) -> dict[int, str]:
    """Return, by the index of its markdown cell, the last heading of each cell that has one."""
    found = {}
    for cell in notebook.cells:
        if cell.kind == "markdown" and (titles := _HEADING.findall(cell.source)):
            found[cell.index] = titles[-1]
    return found


def first_work(pieces: Sequence[Piece]) -> int:
    """Return the position of the first piece that belongs to a step; what stands before it is the setup."""
    for position, piece in enumerate(pieces):
        if piece.is_load or piece.sink or piece.tables or piece.language in _FOREIGN_STEPS:
            return position
    return next((i for i, p in enumerate(pieces) if p.kind == "work" and not _only_defines(p)), len(pieces))


def _only_defines(piece: Piece) -> bool:
    return re.match(r"\s*(?:(#.*|@.*)\n\s*)*(async def|def|class|import|from)\b", piece.source) is not None


def group(pieces: Sequence[Piece], titles: dict[int, str]) -> list[Group]:
    """Return the steps that *pieces* make, named; *titles* are the headings by the index of their cell."""
    groups = _Grouping(pieces, titles).groups
    taken: set[str] = set()
    made: frozenset[str] = frozenset()
    for position, found in enumerate(groups):
        read_later = frozenset(name for later in groups[position + 1 :] for name in later.reads)
        found.name = unique(step_name(found.pieces, titles.get(found.section, ""), made, read_later), taken)
        made |= found.makes
    return groups


class _Grouping:
    """One walk over the pieces; *waiting* are those that make no table and wait for the one that needs them."""

    def __init__(self, pieces: Sequence[Piece], titles: dict[int, str]) -> None:
        self.groups: list[Group] = []
        self._waiting: list[Piece] = []
        self._sections = [_section(p, titles) for p in pieces]
        work = [s for p, s in zip(pieces, self._sections, strict=True) if p.kind in ("work", "foreign")]
        self._has_sections = len(set(work)) > 1
        self._sizes = {s: work.count(s) for s in work}
        for piece, section in zip(pieces, self._sections, strict=True):
            self._take(piece, section)
        self._settle()

    def _take(self, piece: Piece, section: int) -> None:
        if piece.kind == "sink":
            self._begin(piece, section)
        elif piece.kind == "test":
            self._test(piece)
        elif piece.kind == "foreign" and piece.language in _FOREIGN_STEPS:
            self._settle()
            self.groups.append(Group([piece], section))
        elif piece.kind == "work":
            self._work(piece, section)

    def _work(self, piece: Piece, section: int) -> None:
        last = self.groups[-1] if self.groups and not self.groups[-1].is_sink else None
        is_whole = self._has_sections and self._sizes[section] <= LARGEST_SECTION
        if is_whole and last and last.section == section:
            self._settle()
            last.pieces.append(piece)
        elif not piece.tables and not piece.is_load and not is_whole:
            self._waiting.append(piece)
        elif last and last.section == section and set(piece.tables) <= last.tables and piece.is_load == last.is_load:
            last.pieces += [*self._waiting, piece]
            self._waiting = []
        else:
            self._begin(piece, section)

    def _begin(self, piece: Piece, section: int) -> None:
        """Begin a step with *piece*; what waits goes along from the first that it needs, so that there is no circle."""
        needed, start = set(piece.reads), len(self._waiting)
        for position in range(len(self._waiting) - 1, -1, -1):
            if needed & set(self._waiting[position].makes):
                needed |= self._waiting[position].reads
                start = position
        along, self._waiting = self._waiting[start:], self._waiting[:start]
        self._settle()
        self.groups.append(Group([*along, piece], section))

    def _settle(self) -> None:
        """Give what waits in vain to the last step, or make a step of it when there is none."""
        if not self._waiting:
            return
        if self.groups and not self.groups[-1].is_sink:
            self.groups[-1].pieces += self._waiting
        else:
            self.groups.append(Group(list(self._waiting), 0))
        self._waiting = []

    def _test(self, piece: Piece) -> None:
        self._settle()
        judged = [g for g in self.groups if g.makes & piece.reads]
        if judged or self.groups:
            (judged or self.groups)[-1].tests.append(piece)


def _section(piece: Piece, titles: dict[int, str]) -> int:
    """Return the index of the heading's cell above *piece*, -1 when there is none."""
    return max((index for index in titles if index < piece.cell), default=-1)
