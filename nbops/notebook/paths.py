"""Which places a piece of code names: file names put together from texts, variables, folders, patterns and loops.

The code is never run. Only what cannot do anything is computed: texts and paths joined, formatted, taken from a list
or a dictionary. What may be one of several values yields all of them, and what cannot be told is an error, never a
guess.
"""

from __future__ import annotations

import ast
import datetime
import inspect
import itertools
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any

__all__ = ["OPENED", "Pattern", "Places", "Untold"]

_MOST_VALUES = 1_000
_PLAIN = (str, PurePath, int, float, bool, type(None), datetime.date, datetime.timedelta)


class Untold(Exception):
    """The code does not tell which value this is."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """All files that *text* matches, as ``glob`` understands it."""

    text: str


OPENED = object()
"""Stands for something to read from that is no place: its own place was told where it was opened."""

_PASSED_ON = frozenset({"sorted", "list", "tuple", "reversed", "set", "iter", "tqdm"})
_MADE_PATHS = frozenset({"Path", "PurePath", "PosixPath", "str", "fspath", "abspath", "expanduser", "normpath"})
_METHODS = frozenset(
    ["joinpath", "with_suffix", "with_name", "with_stem", "expanduser", "absolute", "resolve", "as_posix", "format",
     "strftime", "isoformat", "strip", "lower", "upper", "replace", "removesuffix", "removeprefix"]
)  # fmt: skip
_ATTRIBUTES = frozenset({"parent", "name", "stem", "suffix", "year", "month", "day"})
_CONVERSIONS: Mapping[int, Callable[[Any], Any]] = {114: repr, 115: str, 97: ascii}
_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Div: lambda a, b: a / b,
    ast.Mod: lambda a, b: a % b,
}


class Places:
    """What names mean while code is followed.

    Args:
        namespace: The variables as they are before the code.
        local: What names mean that the code itself binds: their possible values; None when nobody can tell.
    """

    def __init__(self, namespace: Mapping[str, Any], local: Mapping[str, list[Any] | None] | None = None) -> None:
        self._namespace = namespace
        self.local: dict[str, list[Any] | None] = dict(local or {})

    def values(self, node: ast.expr) -> list[Any]:
        """Return all values that *node* may have.

        Raises:
            Untold: The code does not tell them.
        """
        evaluate = _KINDS.get(type(node))
        if evaluate is None:
            raise Untold
        try:
            found = evaluate(self, node)
        except Untold:
            raise
        except Exception as error:  # whatever the user's texts do not allow, it happens when the code runs
            raise Untold from error
        if len(found) > _MOST_VALUES:
            raise Untold
        return found

    def items(self, node: ast.expr) -> list[Any]:
        """Return all values that a loop over *node* goes through.

        Raises:
            Untold: The code does not tell them.
        """
        return [item for value in self.values(node) for item in _items(value)]

    def bind(self, target: ast.expr, values: list[Any] | None) -> None:
        """Let a name mean one of *values*; any other target makes all names in it mean nobody knows what."""
        if isinstance(target, ast.Name):
            self.local[target.id] = values
            return
        for inner in ast.walk(target):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                self.local[inner.id] = None

    # ── kinds of expressions ─────────────────────────────────────────────────────────────────────────────────────

    def _name(self, node: ast.Name) -> list[Any]:
        if node.id in self.local:
            found = self.local[node.id]
            if found is None:
                raise Untold
            return found
        return [_plain(self._namespace.get(node.id, Untold))]

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set) -> list[Any]:
        return [[value for item in node.elts for value in self.values(item)]]

    def _operation(self, node: ast.BinOp) -> list[Any]:
        operator = _OPERATORS.get(type(node.op))
        if operator is None:
            raise Untold
        pairs = itertools.product(self.values(node.left), self.values(node.right))
        return [_joined(operator, left, right) for left, right in pairs]

    def _text(self, node: ast.JoinedStr) -> list[Any]:
        return ["".join(map(str, parts)) for parts in itertools.product(*map(self.values, node.values))]

    def _formatted(self, node: ast.FormattedValue) -> list[Any]:
        specs = self.values(node.format_spec) if node.format_spec else [""]
        shown = _CONVERSIONS.get(node.conversion, lambda value: value)
        found = [format(shown(value), spec) for value in self.values(node.value) for spec in specs]
        if any(isinstance(value, (Pattern, list)) for value in self.values(node.value)):
            raise Untold
        return found

    def _attribute(self, node: ast.Attribute) -> list[Any]:
        if isinstance(node.value, ast.Name) and node.value.id not in self.local:
            owner = self._namespace.get(node.value.id)
            if not isinstance(owner, _PLAIN):
                return [_plain(_static(owner, node.attr))]
        if node.attr not in _ATTRIBUTES:
            raise Untold
        return [getattr(value, node.attr) for value in self.values(node.value)]

    def _subscript(self, node: ast.Subscript) -> list[Any]:
        if isinstance(node.value, ast.Name) and node.value.id not in self.local:
            owner = self._namespace.get(node.value.id)
            if isinstance(owner, (dict, list, tuple)) and type(owner).__module__ == "builtins":
                return [_plain(owner[index]) for index in self.values(node.slice)]
        return [value[index] for value in self.values(node.value) for index in self.values(node.slice)]

    def _either(self, node: ast.IfExp) -> list[Any]:
        return [*self.values(node.body), *self.values(node.orelse)]

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> list[Any]:
        inner = Places(self._namespace, self.local)
        for generator in node.generators:
            inner.bind(generator.target, inner.items(generator.iter))
        return [inner.values(node.elt)]

    def _call(self, node: ast.Call) -> list[Any]:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("StringIO", "BytesIO", "open", "ZipFile", "urlopen"):
            return [OPENED]
        if name in ("glob", "iglob", "rglob", "iterdir", "listdir", "scandir"):
            return self._listing(node, name)
        arguments = list(itertools.product(*map(self.values, node.args)))
        if name in _PASSED_ON:
            return [given[0] for given in arguments]
        if name in _MADE_PATHS and (isinstance(node.func, ast.Name) or name in ("fspath", "abspath", "expanduser")):
            return [_path(given, is_text=name[:1].islower()) for given in arguments]
        if name == "join" and ast.unparse(node.func) in ("os.path.join", "path.join"):
            return [os.path.join(*given) for given in arguments]
        if name in _METHODS and isinstance(node.func, ast.Attribute):
            owners = self.values(node.func.value)
            if all(isinstance(owner, _PLAIN) for owner in owners) and not node.keywords:
                return [getattr(owner, name)(*given) for owner in owners for given in arguments]
        raise Untold

    def _listing(self, node: ast.Call, name: str) -> list[Any]:
        """Return what lists a folder: a pattern that stands for all that it finds."""
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        is_module = owner is None or ast.unparse(owner) in ("glob", "os")
        folders = ["."] if is_module or owner is None else self.values(owner)
        texts = [text for arg in node.args[:1] for text in self.values(arg)] or ["." if is_module else "*"]
        if name in ("listdir", "scandir"):
            texts = [os.path.join(text, "*") for text in texts]
        if name == "rglob":
            texts = [os.path.join("**", text) for text in texts]
        return [Pattern(os.path.normpath(os.path.join(folder, text))) for folder in folders for text in texts]


_KINDS: Mapping[type[ast.AST], Callable[[Places, Any], list[Any]]] = {
    ast.Constant: lambda self, node: [node.value],
    ast.Name: Places._name,
    ast.List: Places._sequence,
    ast.Tuple: Places._sequence,
    ast.Set: Places._sequence,
    ast.BinOp: Places._operation,
    ast.JoinedStr: Places._text,
    ast.FormattedValue: Places._formatted,
    ast.Attribute: Places._attribute,
    ast.Subscript: Places._subscript,
    ast.IfExp: Places._either,
    ast.ListComp: Places._comprehension,
    ast.GeneratorExp: Places._comprehension,
    ast.SetComp: Places._comprehension,
    ast.Call: Places._call,
}


def _plain(value: Any) -> Any:
    """Return *value* when nothing can happen by looking at it.

    Raises:
        Untold: It is an object of some class.
    """
    if isinstance(value, _PLAIN):
        return value
    if type(value) in (list, tuple) and len(value) <= _MOST_VALUES and all(isinstance(item, _PLAIN) for item in value):
        return list(value)
    raise Untold


def _static(owner: Any, name: str) -> Any:
    """Return attribute *name* of a module, or of an object of some class, without running any of its code."""
    if isinstance(owner, ModuleType):
        return vars(owner).get(name, Untold)
    return inspect.getattr_static(owner, name, Untold)


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, Pattern):
        return [value]
    raise Untold


def _joined(operator: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if isinstance(left, Pattern) or isinstance(right, Pattern):
        raise Untold
    return operator(left, right)


def _path(given: tuple[Any, ...], *, is_text: bool) -> Any:
    if OPENED in given:
        raise Untold
    if len(given) == 1 and (is_text or isinstance(given[0], Pattern)):
        return given[0] if isinstance(given[0], Pattern) else str(given[0])
    return Path(*given)
