"""Which variables a cell needs and which it changes, read from its code: nothing is executed.

A cell is followed in the order in which Python would run it. What the cells before it say is kept in a
:class:`Scope`: what is a module, what shares its value with what, which functions read and change what when they are
called. A *change* is a rebinding or a mutation; whoever reads a variable later depends on the last cell that
changed it (:func:`link`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nbops.notebook.heap import Heap
from nbops.notebook.reading import Reader, parse
from nbops.notebook.variables import Seen

__all__ = ["Flow", "Link", "Scope", "analyse", "analyse_tree", "link"]

_TOO_DEEP = "its expressions are nested too deep"


@dataclass(frozen=True, slots=True)
class Flow:
    """What one cell needs and changes. Names map to the line of the first time, counted from 1.

    Args:
        reads: Variables that it needs from before; those that its functions need when they are called here too.
        writes: Variables that it binds.
        mutates: Variables from before whose content it changes.
        may_define: Those of *writes* that only one branch of an ``if`` binds: the value from before may remain.
        deletes: Variables that it unbinds.
        imports: Those of *writes* that an import binds.
        stars: Modules of which it imports every name.
        defers: For each function and class it defines, what that needs when it is called.
        through: For a read that a called function does, the function.
        problem: Why it could not be read; empty when it could.
    """

    reads: Mapping[str, int] = field(default_factory=dict)
    writes: Mapping[str, int] = field(default_factory=dict)
    mutates: Mapping[str, int] = field(default_factory=dict)
    may_define: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    stars: frozenset[str] = frozenset()
    defers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    through: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def changes(self) -> frozenset[str]:
        """All variables that have a new value or a new content afterwards."""
        return frozenset(self.writes) | frozenset(self.mutates)


@dataclass(frozen=True, slots=True)
class Link:
    """The cell *target* reads *name* as the cell *source* left it."""

    source: int
    target: int
    name: str
    line: int
    through: str = ""


class Scope:
    """What the cells read so far say about the variables; hand the same one to each :func:`analyse` in turn."""

    def __init__(self) -> None:
        self.heap = Heap()


def analyse(source: str, scope: Scope | None = None) -> Flow:
    """Return what the cell *source* needs and changes; *scope* learns what it says.

    Example:
        >>> flow = analyse("orders['total'] = orders.price * rate")
        >>> sorted(flow.reads), sorted(flow.writes), sorted(flow.mutates)
        (['orders', 'rate'], [], ['orders'])
    """
    try:
        tree = parse(source)
    except RecursionError:
        return Flow(problem=_TOO_DEEP)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return Flow(problem=f"line {line}: {getattr(error, 'msg', error)}" if line else str(error))
    return analyse_tree(tree, scope)


def analyse_tree(tree: ast.Module, scope: Scope | None = None) -> Flow:
    """Return what the code *tree* needs and changes, as :func:`analyse` does of a text."""
    reader = Reader((scope or Scope()).heap)
    try:
        reader.cell(tree)
    except RecursionError:
        return Flow(problem=_TOO_DEEP)
    return _flow(reader.seen)


def _flow(seen: Seen) -> Flow:
    return Flow(
        reads=seen.reads,
        writes=seen.writes,
        mutates=seen.mutates,
        may_define=frozenset(seen.writes) - seen.written - seen.deletes,
        deletes=frozenset(seen.deletes),
        imports=frozenset(seen.imports),
        stars=frozenset(seen.stars),
        defers=seen.defers,
        through=seen.through,
    )


def link(flows: Sequence[Flow]) -> Iterator[Link]:
    """Yield who reads what from whom, in the order of the cells."""
    maker: dict[str, int] = {}
    star: int | None = None
    for index, flow in enumerate(flows):
        for name, line in flow.reads.items():
            source = maker.get(name, star)
            if source is not None:
                yield Link(source, index, name, line, flow.through.get(name, ""))
        for name in sorted(flow.may_define - flow.reads.keys()):
            if name in maker:  # the value from before may remain, and who reads it later gets it from here
                yield Link(maker[name], index, name, flow.writes[name])
        maker.update(dict.fromkeys((*flow.writes, *flow.mutates), index))
        star = index if flow.stars else star
        for name in flow.deletes:
            maker.pop(name, None)
