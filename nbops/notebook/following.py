"""Following code as Python would run it, as far as its text tells: what names mean, what is called with what."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from nbops.notebook.names import children
from nbops.notebook.paths import Places, Untold

__all__ = ["Definition", "Follower"]

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_DEEPEST = 50
_LIKE = {
    "TryStar": "Try", "AsyncFor": "For", "AsyncWith": "With", "AsyncFunctionDef": "FunctionDef", "SetComp": "ListComp",
    "GeneratorExp": "ListComp", "DictComp": "ListComp",
}  # fmt: skip
_PASSES = 3  # over a loop: what is bound in it may be read by its next turn


class Follower(ast.NodeVisitor):
    """Follows code as it would run: what its names mean, which branches and loops it goes through, what it calls.

    Args:
        namespace: The variables of the notebook, as they are before the code.
        functions: Its functions and classes.
    """

    def __init__(self, namespace: Mapping[str, Any], functions: dict[str, Definition]) -> None:
        self.followed: set[str] = set()
        self._visitors: dict[type, Callable[[Any], object]] = {}
        self.namespace = namespace
        self.functions = functions
        self.places = Places(namespace)
        self._imported: dict[str, str] = {}
        self._maybe = False
        self._inside: list[Definition] = []
        self._done: set[tuple[str, str]] = set()

    def visit(self, node: ast.AST) -> None:
        """Follow *node*, as the kind of statement or expression that it is most like."""
        kind = type(node)
        if kind not in self._visitors:
            self._visitors[kind] = getattr(self, f"visit_{_LIKE.get(kind.__name__, kind.__name__)}", self.generic_visit)
        self._visitors[kind](node)

    def generic_visit(self, node: ast.AST) -> None:
        """All that stands in it."""
        for child in children(node):
            self.visit(child)

    def looked_at(self, node: ast.expr) -> None:
        """Take notice of a name or attribute that the code looks at."""

    # ── binding ──────────────────────────────────────────────────────────────────────────────────────────────────

    def visit_Assign(self, node: ast.Assign) -> None:
        """The value first, then each target."""
        self.visit(node.value)
        for target in node.targets:
            self._bind(target, self.values(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """As an assignment; the annotation reads nothing."""
        if node.value is not None:
            self.visit(node.value)
            self._bind(node.target, self.values(node.value))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """A name that is bound inside an expression."""
        self.visit(node.value)
        self._bind(node.target, self.values(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """The old value and the new part, joined."""
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            load = ast.Name(node.target.id, ast.Load())
            self._bind(node.target, self.values(ast.BinOp(load, node.op, node.value)))

    def _bind(self, target: ast.expr, values: list[Any] | None) -> None:
        if self._maybe and isinstance(target, ast.Name) and values is not None:
            before = self.values(ast.Name(target.id, ast.Load()))
            is_new = target.id not in self.places.local and target.id not in self.namespace
            values = values if is_new else None if before is None else _united(before, values)
        self.places.bind(target, values)

    def values(self, node: ast.expr) -> list[Any] | None:
        """Return all values that *node* may have; None when the code does not tell them."""
        try:
            return self.places.values(node)
        except Untold:
            return None

    def visit_Import(self, node: ast.Import) -> None:
        """Names by where they come from."""
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self._import(alias.asname or top, alias.name if alias.asname else top)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Names by where they come from."""
        for alias in node.names:
            self._import(alias.asname or alias.name, f"{node.module}.{alias.name}")

    def _import(self, name: str, origin: str) -> None:
        self._imported[name] = origin
        self.places.local[name] = None

    # ── branches and loops ───────────────────────────────────────────────────────────────────────────────────────

    def visit_If(self, node: ast.If) -> None:
        """Either branch may run."""
        self.visit(node.test)
        self._branches([node.body, node.orelse])

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        """Any block may run, and any may be left in the middle."""
        self._branches([node.body, *(handler.body for handler in node.handlers), node.orelse])
        self._block(node.finalbody)

    def visit_Match(self, node: ast.Match) -> None:
        """Any case may run."""
        self.visit(node.subject)
        self._branches([case.body for case in node.cases])

    def _branches(self, blocks: Iterable[list[ast.stmt]]) -> None:
        outer, self._maybe = self._maybe, True
        for block in blocks:
            self._block(block)
        self._maybe = outer

    def _block(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            self.visit(statement)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """The body, with all that the target may be."""
        self.visit(node.iter)
        self._loop([*node.body, *node.orelse], lambda: self.places.bind(node.target, self._items(node.iter)))

    def visit_While(self, node: ast.While) -> None:
        """The body, any number of times."""
        self._loop([ast.Expr(node.test), *node.body, *node.orelse], lambda: None)

    def _loop(self, body: list[ast.stmt], begin: Callable[[], None]) -> None:
        """Go through a loop until its names mean the same at its end as at its beginning, or nobody knows what."""
        for turn in range(_PASSES):
            before = dict(self.places.local)
            begin()
            self._branches([body])
            changed = [name for name, values in self.places.local.items() if before.get(name, ...) != values]
            if not changed:
                return
            if turn == _PASSES - 2:
                self.places.local.update(dict.fromkeys(changed))

    def _items(self, node: ast.expr) -> list[Any] | None:
        try:
            return self.places.items(node)
        except Untold:
            return None

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        """What is opened, then the body."""
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._bind(item.optional_vars, self.values(item.context_expr))
        self._block(node.body)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        """The loops first, then what they yield."""
        outer = dict(self.places.local)
        for generator in node.generators:
            self.visit(generator.iter)
            self.places.bind(generator.target, self._items(generator.iter))
            self._block(ast.Expr(test) for test in generator.ifs)
        for inner in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(inner)
        self.places.local = outer

    # ── functions ────────────────────────────────────────────────────────────────────────────────────────────────

    def visit_FunctionDef(self, node: Definition) -> None:
        """What runs now: decorators and defaults; the body runs when it is called."""
        for inner in (*node.decorator_list, *_defaults(node)):
            self.visit(inner)
        self.functions[node.name] = node
        self.places.local.pop(node.name, None)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """The body runs now, methods when they are called."""
        self._block(s for s in node.body if not isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef)))
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """The body, with parameters of which nobody knows what they are."""
        outer = dict(self.places.local)
        self.places.local.update(dict.fromkeys(_parameters(node.args)))
        self.visit(node.body)
        self.places.local = outer

    def visit_Name(self, node: ast.Name) -> None:
        """A function that is handed on rather than called may be called with anything."""
        self.looked_at(node)
        if isinstance(node.ctx, ast.Load) and (known := self.function(node)) is not None:
            self.follow(known, {})

    def function(self, node: ast.expr) -> Definition | None:
        """Return the function or class of the notebook that *node* names."""
        if not isinstance(node, ast.Name) or node.id in self.places.local:
            return None
        return self.functions.get(node.id)

    def follow(self, definition: Definition, given: Mapping[str, list[Any] | None]) -> None:
        """Go into a function with what its parameters are; into a class, into all its methods."""
        self.followed.add(definition.name)
        mark = definition.name, repr(sorted(given.items()))
        if mark in self._done or definition in self._inside or len(self._inside) > _DEEPEST:
            return
        self._done.add(mark)
        self._inside.append(definition)
        outer, maybe = self.places.local, self._maybe
        if isinstance(definition, ast.ClassDef):
            self._methods(definition)
        else:
            self.places.local = {**dict.fromkeys(_parameters(definition.args)), **given}
            self._maybe = False
            self._block(definition.body)
        self.places.local, self._maybe = outer, maybe
        self._inside.pop()

    def _methods(self, definition: ast.ClassDef) -> None:
        for base in definition.bases:
            self.visit(base)
        for method in definition.body:
            if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.places.local = dict.fromkeys(_parameters(method.args))
                self._block(method.body)

    def arguments(self, definition: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call) -> dict[str, Any]:
        """Return what the parameters of *definition* are in *call*; None for what nobody can tell."""
        names = [arg.arg for arg in (*definition.args.posonlyargs, *definition.args.args)]
        given: dict[str, Any] = {name: self.values(value) for name, value in _defaults_by_name(definition)}
        if any(isinstance(arg, ast.Starred) for arg in call.args) or any(k.arg is None for k in call.keywords):
            return {}
        given |= {name: self.values(value) for name, value in zip(names, call.args, strict=False)}
        known = {*names, *(arg.arg for arg in definition.args.kwonlyargs)}
        return given | {k.arg: self.values(k.value) for k in call.keywords if k.arg in known}

    def origin(self, node: ast.expr) -> str:
        """Return the dotted name of a function, class or module, by where it comes from; empty when nobody knows."""
        if isinstance(node, ast.Attribute):
            owner = self.origin(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        if not isinstance(node, ast.Name):
            return ""
        if node.id in self._imported:
            return self._imported[node.id]
        if node.id in self.places.local:
            return ""
        return _origin_of(self.namespace.get(node.id))


def _united(before: list[Any], values: list[Any]) -> list[Any]:
    return [*before, *(value for value in values if value not in before)]


def _parameters(arguments: ast.arguments) -> list[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [argument.arg for argument in every if argument is not None]


def _defaults(node: Definition) -> list[ast.expr]:
    if isinstance(node, ast.ClassDef):
        return []
    return [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]


def _defaults_by_name(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.expr]]:
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
    yield from zip(names[len(names) - len(node.args.defaults) :], node.args.defaults, strict=True)
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if default is not None:
            yield argument.arg, default


def _origin_of(value: Any) -> str:
    if isinstance(value, ModuleType):
        return value.__name__
    if value is _environment():
        return "os.environ"
    name = getattr(value, "__qualname__", None) if callable(value) else None
    if not isinstance(name, str):
        return ""
    module = getattr(value, "__module__", None) or type(getattr(value, "__self__", None)).__module__
    return f"{module}.{name}" if isinstance(module, str) and module not in ("builtins", "__main__") else ""


def _environment() -> object:
    return os.environ
