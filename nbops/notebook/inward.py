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
from types import BuiltinFunctionType, MethodType, ModuleType
from typing import Any

from nbops.notebook import readers
from nbops.notebook.names import children, own_names

__all__ = ["Inward"]

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


class Inward:
    r"""Knows the functions of a notebook that read nothing from outside.

    Args:
        functions: All functions of the notebook, by name.
        namespace: Its variables.

    Example:
        >>> made = ast.parse("def f(x): return g(x) + 1\ndef g(x): return 2 * x\ndef h(p): return open(f(p))").body
        >>> inward = Inward({one.name: one for one in made}, {})
        >>> sorted(inward.used_by(made[0])), inward.used_by(made[2])
        (['f', 'g'], None)
    """

    def __init__(self, functions: Mapping[str, Definition], namespace: Mapping[str, Any]) -> None:
        self._functions = functions
        self._namespace = namespace
        self._outward: set[str] | None = None

    def used_by(self, definition: Definition) -> set[str] | None:
        """Return the names of *definition* and all functions that it may call; None when one may read outside."""
        if self._outward is None:
            self._outward = self._find_outward()
        found, waiting = {definition.name}, [definition]
        while waiting:
            said = _said(waiting.pop())
            if said is None or not self._outward.isdisjoint(said):
                return None
            for name in said:
                if name in self._functions and name not in found:
                    found.add(name)
                    waiting.append(self._functions[name])
        return found

    def _find_outward(self) -> set[str]:
        """Return the names by which code reaches outside, of variables and of functions."""
        users: dict[str, list[str]] = {}
        outward: set[str] = set()
        for name, definition in self._functions.items():
            said = _said(definition)
            if said is None:
                outward.add(name)
            for used in said or ():
                users.setdefault(used, []).append(name)
        outward |= {name for name in users if name in self._namespace and _leads_outside(self._namespace[name])}
        waiting = list(outward)
        while waiting:
            for user in users.get(waiting.pop(), ()):
                if user not in outward:
                    outward.add(user)
                    waiting.append(user)
        return outward


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
    is_bound = isinstance(value, (BuiltinFunctionType, MethodType))  # other objects may answer to any name
    owners = (module, type(value).__module__, type(value.__self__).__module__ if is_bound else None)
    return any(
        isinstance(owner, str) and (owner.partition(".")[0] in _LEADING or owner.startswith("numpy.random"))
        for owner in owners
    )
