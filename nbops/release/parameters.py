"""Which constants of a plain notebook are its parameters, and which imports may move to its head."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nbops.release.statements import Code, Statement

__all__ = ["Extracted", "extract_imports", "extract_parameters"]

LONGEST_TEXT = 120
_TYPES = {str: "str", int: "int", float: "float", bool: "bool"}
_TYPED_CALLS = frozenset(["date", "datetime", "timedelta", "Path", "Decimal"])
_SECRET = re.compile(r"passw(or)?d|token|secret|api_?key|credential", re.I)
_CHANGES_IMPORTS = re.compile(r"sys\.path|os\.chdir|get_ipython\(\)\.(system|run_line_magic\('(pip|conda|cd|uv)')")


@dataclass(frozen=True, slots=True)
class Extracted:
    """A statement that leaves its cell.

    Args:
        cell: The index of the cell that it leaves.
        statement: The statement itself.
        name: The parameter's name; empty for an import.
        source: Its text at its new place.
    """

    cell: int
    statement: Statement
    source: str
    name: str = ""
    is_secret: bool = False


def extract_parameters(code: Sequence[Code], leading: int) -> tuple[Extracted, ...]:
    """Return the constants that are parameters: written out, bound once, read later.

    Args:
        code: The code cells, in order.
        leading: How many of them come before the first step; below them only NAMES_IN_CAPITALS count.
    """
    bound = Counter(name for c in code for s in c.statements for name in s.writes | s.mutates)
    declared_global = {n for c in code for s in c.statements for node in s.nodes for n in _global_names(node)}
    seen: set[str] = set()  # names that were read further up
    found = []
    for position, cell in enumerate(code):
        for statement in cell.statements:
            seen |= statement.reads
            name = _constant_name(statement) if cell.can_split else ""
            is_candidate = name and (position < leading or name.isupper()) and not name.startswith("_")
            if is_candidate and bound[name] == 1 and name not in seen | declared_global and _is_read(name, code):
                annotation = "Secret" if _SECRET.search(name) else _annotation(statement)
                if annotation:
                    text = _annotated(statement, name, annotation)
                    found.append(Extracted(cell.index, statement, text, name, annotation == "Secret"))
    return tuple(found)


def extract_imports(code: Sequence[Code], leading: int) -> tuple[Extracted, ...]:
    """Return the imports below the head that may move to it without changing what the notebook does."""
    if any(_CHANGES_IMPORTS.search(ast.unparse(n)) for c in code for s in c.statements for n in s.nodes):
        return ()
    bound: dict[str, set[str]] = {}
    for cell in code:
        for statement in cell.statements:
            for name in statement.writes | statement.mutates:
                bound.setdefault(name, set()).add(_normal(statement))
    return tuple(
        Extracted(cell.index, s, s.source.strip("\n"))
        for cell in code[leading:]
        if cell.can_split
        for s in cell.statements
        if s.kind == "import" and _may_move(s) and all(len(bound[name]) == 1 for name in s.writes)
    )


def _may_move(statement: Statement) -> bool:
    return not any(
        isinstance(n, ast.ImportFrom) and (n.module == "__future__" or any(a.name == "*" for a in n.names))
        for n in statement.nodes
    )


def _normal(statement: Statement) -> str:
    return "\n".join(ast.unparse(node) for node in statement.nodes)


def _is_read(name: str, code: Iterable[Code]) -> bool:
    return any(name in s.reads for c in code for s in c.statements)


def _global_names(node: ast.AST) -> set[str]:
    return {name for n in ast.walk(node) if isinstance(n, ast.Global) for name in n.names}


def _constant_name(statement: Statement) -> str:
    match statement.nodes:
        case [ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name))]:
            return name if statement.kind == "constant" else ""
    return ""


def _annotation(statement: Statement) -> str:
    """Return the type to declare, or nothing when the constant is none that one would vary."""
    node = statement.nodes[0]
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation)
    value = node.value if isinstance(node, ast.Assign) else None
    if isinstance(value, ast.UnaryOp):
        value = value.operand
    match value:
        case ast.Constant(value=str(text)) if "\n" in text or len(text) > LONGEST_TEXT:
            return ""  # a query or a template is code, not a setting
        case ast.Constant(value=constant):
            return _TYPES.get(type(constant), "")
        case ast.Call(func=ast.Name(id=name)) if name in _TYPED_CALLS:
            return name
    return ""


def _annotated(statement: Statement, name: str, annotation: str) -> str:
    """Return the statement's text with its type declared; comments above and behind it stay."""
    source = statement.source.strip("\n")
    if isinstance(statement.nodes[0], ast.AnnAssign):
        return source
    return re.sub(rf"^{re.escape(name)}\s*=(?!=)", f"{name}: {annotation} =", source, count=1, flags=re.MULTILINE)
