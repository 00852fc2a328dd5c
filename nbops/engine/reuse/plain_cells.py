"""What plain cells did: which of their statements made a value whose content nobody can tell.

Such a value counts by the code that made it, followed through everything that this code read. What steps had made by
then counts by their keys as they were *then*: a later step may have made the same variable anew.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nbops.notebook.dataflow import Flow, Scope, analyse_tree
from nbops.notebook.outside import Definition
from nbops.notebook.pipeline import spelled
from nbops.notebook.reading import is_definition, parse

__all__ = ["History", "PlainCells", "Statement", "code_hash", "definitions_in"]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement of a plain cell.

    Args:
        code: What it says, without layout.
        tree: Its syntax.
        flow: What it reads and changes.
        made: Of what it read, what steps had made then: their keys.
    """

    code: str
    tree: ast.stmt
    flow: Flow
    made: Mapping[str, str]

    @property
    def is_definition(self) -> bool:
        """Whether it only defines: what it does, it does when it is called."""
        return is_definition(self.tree)


@dataclass(slots=True)
class History:
    """How a value came about.

    Args:
        statements: The statements that made it, and what they read, in order.
        made: What of it steps had made: their keys, by name.
    """

    statements: list[Statement] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)


class PlainCells:
    """The plain cells that ran so far, parted into statements when that is first asked for."""

    def __init__(self) -> None:
        self._scope = Scope()
        self._waiting: list[tuple[ast.Module, Mapping[str, str]]] = []
        self._statements: list[Statement] = []
        self._changing: dict[str, list[int]] = {}
        self.definitions: dict[str, Definition] = {}

    def add(self, source: str, made: Mapping[str, str]) -> None:
        """Take notice of a cell that ran; *made* are the keys of steps by the names that they had made by then."""
        tree = parse(source)
        self._waiting.append((tree, made))
        self.define(tree)

    def define(self, tree: ast.AST) -> None:
        """Take notice of the functions and classes that *tree* defines."""
        self.definitions |= definitions_in(tree)

    def statements(self) -> list[Statement]:
        """Return all statements so far."""
        for cell, made in self._waiting:
            for tree in cell.body:
                alone = ast.Module([tree], [])
                flow = analyse_tree(alone, self._scope)
                known = {name: made[name] for name in (*flow.reads, *flow.mutates, *flow.may_define) if name in made}
                for name in flow.changes:
                    self._changing.setdefault(name, []).append(len(self._statements))
                code = spelled(alone)
                self._statements.append(Statement(code, tree, flow, known))
        self._waiting.clear()
        return self._statements

    def history(self, name: str) -> History:
        """Return how the value of *name* came about: every statement that made or changed it, and what those read."""
        every = self.statements()
        found: dict[int, Statement] = {}
        made: dict[str, str] = {}
        waiting = [(name, len(every))]
        while waiting:
            wanted, end = waiting.pop()
            for index in self._changing.get(wanted, ()):
                if index >= end or index in found:
                    continue
                statement = found[index] = every[index]
                made |= statement.made
                waiting += [(read, index) for read in (*statement.flow.reads, *statement.flow.may_define)]
        return History([found[index] for index in sorted(found)], made)


def definitions_in(tree: ast.AST) -> dict[str, Definition]:
    r"""Return the functions and classes that *tree* defines by name, those in branches too.

    Example:
        >>> sorted(definitions_in(ast.parse("if a:\n    def f(): pass\nclass C:\n    def m(self): pass")))
        ['C', 'f']
    """
    found: dict[str, Definition] = {}
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, _DEFINITIONS):
                found[node.name] = node
            elif isinstance(node, ast.stmt):
                waiting.append(node)
    return found


def code_hash(statements: Iterable[Statement]) -> str:
    """Return a hash of the code of *statements*, the same as :func:`~nbops.notebook.pipeline.source_hash` makes."""
    digest = hashlib.blake2b(digest_size=8)
    for statement in statements:
        digest.update(statement.code.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()
