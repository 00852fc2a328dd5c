"""Cells become pieces: what stays together in one cell of the adopted notebook, sinks apart from what they write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from nbops.notebook.sinks import Sink
from nbops.release.statements import Code, Statement, join
from nbops.release.tables import reads_a_source

__all__ = ["Piece", "cut"]

PieceKind = Literal["work", "sink", "test", "look", "foreign"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Statements of one cell that stay together.

    Args:
        cell: The index of the cell they come from.
        kind: ``work`` makes something, ``sink`` writes to the outside, ``test`` only judges, ``look`` only shows,
            ``foreign`` is in another language.
        source: Their text.
        reads: Names they need from elsewhere.
        makes: Names they make, bind anew or change.
        tables: Those of *makes* that hold tables.
        imports: Those of *makes* that an import binds.
        is_load: Whether they read a table from outside.
        sink: What they write.
        language: The cell magic of another language.
    """

    cell: int
    kind: PieceKind
    source: str
    reads: frozenset[str] = frozenset()
    makes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    imports: frozenset[str] = frozenset()
    is_load: bool = False
    sink: Sink | None = None
    language: str = ""


def cut(code: Code, statements: Sequence[Statement], tables: frozenset[str], read_later: frozenset[str]) -> list[Piece]:
    """Return the pieces of one cell: a single one, or several when it writes to the outside.

    Args:
        code: The cell.
        statements: Those of its statements that stay in it.
        tables: The names that hold tables.
        read_later: The names that later cells read.
    """
    if code.language:
        return [Piece(code.index, "foreign", code.tail, language=code.language)]
    if not statements:
        return []
    if not code.can_split:
        return [_piece(code, list(statements), tables, read_later)]
    return [_piece(code, part, tables, read_later) for part in _apart(list(statements), tables, read_later)]


def _apart(statements: list[Statement], tables: frozenset[str], read_later: frozenset[str]) -> list[list[Statement]]:
    parts: list[list[Statement]] = []
    waiting: list[Statement] = []
    for position, statement in enumerate(statements):
        if statement.kind != "sink":
            waiting.append(statement)
            continue
        later = read_later.union(*(s.reads for s in statements[position + 1 :]))
        start = _start_of_sink(waiting, statement, tables, later)
        if waiting[:start]:
            parts.append(waiting[:start])
        parts.append([*waiting[start:], statement])
        waiting = []
    if waiting and parts and not any(_is_needed(s, tables, read_later) for s in waiting):
        parts[-1] += waiting  # a message or a test behind the write belongs to it
    elif waiting:
        parts.append(waiting)
    return parts


def _start_of_sink(before: list[Statement], sink: Statement, tables: frozenset[str], later: frozenset[str]) -> int:
    """Return where the step of *sink* begins: it takes along what only it needs, and the drawing of its picture."""
    start = len(before)
    needed = sink.reads
    while start and _goes_along(before[start - 1], needed, tables, later):
        start -= 1
        needed |= before[start].reads
    if sink.sink and sink.sink.is_drawn:  # a figure is closed at the end of its cell, so its drawing cannot be cut off
        start = min([start, *(i for i, s in enumerate(before) if s.kind == "plot")])
    return start


def _goes_along(statement: Statement, needed: frozenset[str], tables: frozenset[str], later: frozenset[str]) -> bool:
    makes = statement.writes | statement.mutates
    is_small = statement.kind in ("work", "setting", "constant", "import", "plot") and not makes & tables
    return is_small and not makes & later and (not makes or bool(makes & needed))


def _is_needed(statement: Statement, tables: frozenset[str], read_later: frozenset[str]) -> bool:
    makes = statement.writes | statement.mutates
    return bool(makes & (tables | read_later)) and statement.kind != "look"


def _piece(code: Code, part: list[Statement], tables: frozenset[str], read_later: frozenset[str]) -> Piece:
    makes = tuple(dict.fromkeys(n for s in part for n in _in_order(s)))
    made: set[str] = set()
    reads: set[str] = set()
    for statement in part:
        reads |= statement.reads - made
        made |= statement.writes
    sink = next((s.sink for s in part if s.sink), None)
    return Piece(
        cell=code.index,
        kind="sink" if sink else _kind(part, tables, read_later),
        source=join(part, code.tail if part and part[-1] is code.statements[-1] else ""),
        reads=frozenset(reads),
        makes=makes,
        tables=tuple(n for n in makes if n in tables),
        imports=frozenset(name for s in part if s.kind == "import" for name in s.writes),
        is_load=any(reads_a_source(node) for s in part for node in s.nodes),
        sink=sink,
    )


def _in_order(statement: Statement) -> Iterable[str]:
    return sorted(statement.writes | statement.mutates)


def _kind(part: list[Statement], tables: frozenset[str], read_later: frozenset[str]) -> PieceKind:
    if any(_is_needed(s, tables, read_later) for s in part):
        return "work"
    kinds = {s.kind for s in part}
    return "test" if "test" in kinds and kinds <= {"test", "look", "constant", "import"} else "look"
