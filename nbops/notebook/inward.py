"""Functions of a notebook that read nothing from outside, whatever they are called with.

Following a chain of functions call by call tells which files they read, with which names. Most functions only compute:
nothing in them has a name by which anything outside is reached. That is seen once, from their text, and a call of one
need not be followed.
"""

from __future__ import annotations

import ast
import functools
import itertools
import os
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from nbops.notebook import readers
from nbops.notebook.names import children, own_names

__all__ = ["Definition", "inward_functions"]

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_TELLING = frozenset(
    itertools.chain(
        readers.FILE_READERS, readers.FILE_METHODS, readers.FILE_QUESTIONS, readers.LISTERS, readers.CHANGING_NAMES,
        readers.CHANGING_METHODS, readers.ENTROPY, readers.BY_STATE, readers.UNKNOWABLE,
        *readers.FILE_READERS_OF.values(), *readers.CHANGING_CALLS.values(),
        ("sample", "random", "environ", "environb", "argv", "requests", "httpx", "session", "client", "http"),
    )
)  # fmt: skip
"""Names that a call has which may lead outside, and those of what such calls are made on."""

_LEADING = readers.CHANGING_MODULES | {"random", "time", "duckdb", "sqlite3", "sqlalchemy", "psycopg", "psycopg2"}
"""Packages of which any function, module or object may lead outside."""

_MOMENTS = frozenset({"now", "today"})  # pandas.Timestamp("now")
_BLOCKS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def inward_functions(
    definition: Definition, functions: Mapping[str, Definition], namespace: Mapping[str, Any]
) -> frozenset[str] | None:
    r"""Return the names of *definition* and of all functions that it may call; None when one of them may read outside.

    Args:
        definition: A function of the notebook.
        functions: All of them, by name.
        namespace: The variables of the notebook.

    Example:
        >>> made = ast.parse("def f(x): return g(x) + 1\ndef g(x): return 2 * x\ndef h(p): return open(p)").body
        >>> known = {one.name: one for one in made}
        >>> sorted(inward_functions(known["f"], known, {})), inward_functions(known["h"], known, {})
        (['f', 'g'], None)
    """
    found = {definition.name: definition}
    waiting = [definition]
    while waiting:
        said = _said(waiting.pop())
        if said is None or any(name in namespace and _leads_outside(namespace[name]) for name in said):
            return None
        for name in said:
            known = functions.get(name)
            if known is not None and name not in found:
                found[name] = known
                waiting.append(known)
    return frozenset(found)


@functools.lru_cache(maxsize=4096)
def _said(definition: Definition) -> frozenset[str] | None:
    """Return the names that a function takes from around it; None when its text alone may lead outside."""
    if isinstance(definition, ast.ClassDef):
        return None
    names: set[str] = set()
    waiting: list[ast.AST] = [*definition.body]
    while waiting:
        node = waiting.pop()
        waiting += children(node)
        if isinstance(node, _BLOCKS):
            return None
        if isinstance(node, ast.Name):
            names.add(node.id)
        if _word_of(node) in _TELLING or (isinstance(node, ast.Constant) and node.value in _MOMENTS):
            return None
    return frozenset(names - own_names(definition))


def _word_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _leads_outside(value: Any) -> bool:
    """Whether what *value* is, or whose it is, is something by which code reaches outside."""
    if value is os.environ:
        return True
    module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    owners = (module, type(value).__module__, type(getattr(value, "__self__", None)).__module__)
    return any(
        isinstance(owner, str) and (owner.partition(".")[0] in _LEADING or owner.startswith("numpy.random"))
        for owner in owners
    )
