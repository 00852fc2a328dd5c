"""Reading statements: order, scopes and branches."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Sequence

from nbops.notebook import effects
from nbops.notebook.calls import Caller
from nbops.notebook.heap import NOTHING, Frame, Thing, Value, element
from nbops.notebook.marks import python_source
from nbops.notebook.names import bound_names, free_names

__all__ = ["Reader", "is_definition", "parse"]


@functools.lru_cache(maxsize=4)  # its flow, its hash and its key are read from the same tree, one after the other
def parse(source: str) -> ast.Module:
    """Return the tree of a cell as written, not to be changed: IPython's syntax allowed, line numbers kept.

    Raises:
        SyntaxError: It is no Python, even so.
    """
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):  # IPython's own parser is slow, so only cells that need it pay for it
        return ast.parse(python_source(source))


def is_definition(statement: ast.stmt) -> bool:
    r"""Return whether *statement* only defines or imports: what it does, it does when that is used.

    Example:
        >>> [is_definition(one) for one in parse("import os\ndouble = lambda x: 2 * x\ny = double(2)").body]
        [True, True, False]
    """
    if isinstance(statement, ast.Assign):
        return isinstance(statement.value, ast.Lambda)
    return isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))


_SAME: dict[type[ast.stmt], type[ast.stmt]] = {
    ast.AsyncFunctionDef: ast.FunctionDef,
    ast.AsyncFor: ast.For,
    ast.AsyncWith: ast.With,
    ast.TryStar: ast.Try,
}
"""Statements that are followed as another one is."""


class Reader(Caller):
    """Follows the statements of one cell."""

    def cell(self, module: ast.Module) -> None:
        """Follow a whole cell, whose last expression is displayed."""
        last = module.body[-1] if module.body else None
        self.displayed = last.value if isinstance(last, ast.Expr) else None
        self.statements(module.body)

    def statements(self, body: Sequence[ast.stmt]) -> None:
        """Follow the statements of a block, in order."""
        for statement in body:
            follow = getattr(self, f"visit_{_SAME.get(type(statement), type(statement)).__name__}", None)
            if follow is not None:
                follow(statement)
            else:
                self._any(statement)

    # ── binding ──────────────────────────────────────────────────────────────────────────────────────────────────

    def visit_Assign(self, node: ast.Assign) -> None:
        """Values first, then each target; tuples against tuples item by item."""
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple) and _fit(target, node.value):
                values = [self.value(item) for item in node.value.elts]
                for item, value in zip(target.elts, values, strict=True):
                    self.assign(item, value)
                return
        value = self.value(node.value)
        for target in node.targets:
            self.assign(target, value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Annotations count in the cell itself; inside functions Python never evaluates them."""
        if self.frame is None:
            self.value(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.value(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """The old value is read; lists and arrays change in place, with all who share them."""
        added = self.value(node.value)
        if not isinstance(node.target, ast.Name):
            self.assign(node.target, NOTHING)
            return
        old = self.load(node.target.id, self.line(node))
        name = effects.OPERATORS.get(type(node.op).__name__, "")
        self.special(old, [f"__i{name}__", f"__{name}__"], [added], self.line(node))
        in_place = frozenset(t for t in old if t.kind in ("array", "container"))
        self.change(in_place, self.line(node))
        for thing in in_place:
            if thing.kind == "container":
                thing.elements |= element(added)
        self.bind(node.target.id, in_place or frozenset({Thing()}), self.line(node))

    def visit_Delete(self, node: ast.Delete) -> None:
        """A name is unbound; an item or attribute changes what held it."""
        for target in node.targets:
            match target:
                case ast.Name(id=name):
                    self._unbind(name, self.line(node))
                case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                    self.change(self.value(owner), self.line(node))
                    if isinstance(target, ast.Subscript):
                        self.value(target.slice)

    def _unbind(self, name: str, line: int) -> None:
        if (frame := self._binding_frame(name)) is not None:
            frame.values.pop(name, None)
            return
        self.load(name, line)
        self.heap.forget(name)
        self.seen.deletes.add(name)
        self.seen.written.discard(name)
        self.seen.writes.pop(name, None)
        self.seen.mutates.pop(name, None)

    def visit_Import(self, node: ast.Import) -> None:
        """What is imported never changes."""
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            self._import(name, alias.name if alias.asname else name, self.line(node))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """What is imported never changes; a star binds names that nobody knows."""
        if node.module == "__future__":
            return
        for alias in node.names:
            if alias.name == "*":
                self.seen.stars.add(node.module or ".")
            else:
                self._import(alias.asname or alias.name, f"{node.module}.{alias.name}", self.line(node))

    def _import(self, name: str, origin: str, line: int) -> None:
        self.bind(name, frozenset({Thing("module", origin=origin)}), line)
        if self._binding_frame(name) is None:
            self.seen.imports.add(name)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Decorators, defaults and annotations are evaluated now, the body when it is called."""
        decorators = [self.value(d) for d in node.decorator_list]
        defaults = self.defaults(node.args)
        for annotation in _annotations(node):
            self.value(annotation)
        made = frozenset({Thing("function", code=node, frame=self._scope_for_functions(), parts=defaults)})
        for decorator in reversed(decorators):
            wrapped = self._follow_known(decorator, [made], {}, self.line(node))
            made = wrapped or made
        self._define(node, made)

    def _scope_for_functions(self) -> Frame | None:
        """Methods do not see the names of their class."""
        frame = self.frame
        while frame is not None and frame.kind == "class":
            frame = frame.outer
        return frame

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """The body runs now, its functions when they are called."""
        bases = [self.value(base) for base in (*node.bases, *(k.value for k in node.keywords))]
        for decorator in node.decorator_list:
            self.value(decorator)
        made = Thing("class", code=node, frame=Frame(bound_names(node.body), self.frame, "class"))
        made.elements = {thing for base in bases for thing in base if thing.kind == "class"}
        outer, self.frame = self.frame, made.frame
        self.statements(node.body)
        self.frame = outer
        self._define(node, frozenset({made}))

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, made: Value) -> None:
        if self._binding_frame(node.name) is None:
            self.seen.defers[node.name] = free_names(node)
        self.bind(node.name, made, self.line(node))

    # ── order and branches ───────────────────────────────────────────────────────────────────────────────────────

    def visit_Expr(self, node: ast.Expr) -> None:
        """It is there for what it does."""
        value = self.effect(node.value)
        if node.value is self.displayed:
            self.special(value, effects.OF_SHOWING, [], self.line(node))

    def visit_Return(self, node: ast.Return) -> None:
        """The call yields it."""
        frame = self.frame
        value = self.value(node.value)
        while frame is not None and frame.kind != "function":
            frame = frame.outer
        if frame is not None:
            frame.returned |= value

    def visit_If(self, node: ast.If) -> None:
        """Only what both branches bind is surely bound."""
        self.value(node.test)
        if _is_main_guard(node.test):
            self.statements(node.body)
        elif isinstance(node.test, ast.Constant):
            self.statements(node.body if node.test.value else node.orelse)
        else:
            self._branches([node.body, node.orelse])

    def _branches(self, blocks: Sequence[Sequence[ast.stmt]]) -> None:
        """Follow blocks of which one will run: only what all of them bind is surely bound."""
        before, self.branches = set(self.seen.written), self.branches + 1
        ends: list[set[str]] = []
        for block in blocks:
            self.seen.written = set(before)
            self.statements(block)
            if not _leaves(block):
                ends.append(self.seen.written)
        self.seen.written = set.intersection(*ends) if ends else before
        self.branches -= 1

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """The target stands for the elements."""
        self.assign(node.target, self.iterated(node.iter))
        self.statements(node.body)  # taken to run at least once: who writes a loop means it to
        self.statements(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        """Taken to run at least once, as every loop."""
        self.value(node.test)
        self.statements(node.body)
        self.statements(node.orelse)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        """The target stands for what is entered."""
        for item in node.items:
            value = self.value(item.context_expr)
            value = self.special(value, ["__enter__", "__exit__"], [], self.line(item.context_expr)) or value
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value)
        self.statements(node.body)

    def visit_Try(self, node: ast.Try) -> None:
        """The body is taken to succeed; handlers may run."""
        self.statements(node.body)
        self.statements(node.orelse)
        for handler in node.handlers:
            self.value(handler.type)
            self._branches([[*_named(handler), *handler.body], []])
            if handler.name and self._binding_frame(handler.name) is None:
                self._forget_caught(handler.name)
        self.statements(node.finalbody)

    def _forget_caught(self, name: str) -> None:
        """Python unbinds the name of a caught exception at the end of its handler."""
        self.seen.writes.pop(name, None)
        self.seen.written.discard(name)
        self.heap.forget(name)

    def visit_Match(self, node: ast.Match) -> None:
        """Cases are branches; captures are bindings."""
        self.value(node.subject)
        blocks: list[list[ast.stmt]] = []
        for case in node.cases:
            for inner in ast.walk(case.pattern):
                if isinstance(inner, ast.MatchClass):
                    self.value(inner.cls)
                elif isinstance(inner, ast.MatchValue):
                    self.value(inner.value)
            blocks.append(_captures(case, self.line(node)) + case.body)
        if not any(isinstance(c.pattern, ast.MatchAs) and c.pattern.pattern is None for c in node.cases):
            blocks.append([])
        self._branches(blocks)

    # ── calls that are not what they seem ────────────────────────────────────────────────────────────────────────

    def special_call(self, node: ast.Call) -> Value | None:
        """Follow ``exec``, ``eval``, a profiler and what was made of a magic; None for any other call."""
        match node.func:
            case ast.Name(id="exec" | "eval") if self._frame_of("exec") is None and node.args:
                return self._run_text(node)
            case ast.Attribute(value=ast.Name(id="cProfile" | "profile" as profiler), attr="run") if node.args:
                self.load(profiler, self.line(node))
                return self._run_text(node)
            case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=attr):
                return self._magic(attr, node)
        return None

    def _run_text(self, node: ast.Call) -> Value | None:
        text = node.args[0]
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            self._text(text.value, self.line(node))
            return frozenset({Thing()})
        return None

    def _text(self, text: str, line: int) -> None:
        """Follow Python that stands in a text, as if it stood at *line*."""
        try:
            module = parse(text)
        except (SyntaxError, ValueError):  # not Python: whatever runs it will say so
            return
        site, self.site = self.site, line
        self.statements(module.body)
        self.site = site

    def _magic(self, method: str, node: ast.Call) -> Value:
        """Follow what :func:`python_source` made of a magic; the variables that its text names are arguments."""
        for argument in node.args:
            self.value(argument)
        match node.args:
            case [ast.Constant(value="pylab" | "run" as name), *_] if method == "run_line_magic":
                self.seen.stars.add(f"%{name}")
        return frozenset({Thing()})


def _fit(target: ast.Tuple, value: ast.Tuple) -> bool:
    stars = any(isinstance(item, ast.Starred) for item in (*target.elts, *value.elts))
    return len(target.elts) == len(value.elts) and not stars


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    spec = node.args
    listed = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *(a for a in (spec.vararg, spec.kwarg) if a)]
    yield from (a.annotation for a in listed if a.annotation)
    if node.returns:
        yield node.returns


def _is_main_guard(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()]):
            return True
    return False


def _leaves(block: Sequence[ast.stmt]) -> bool:
    """Return whether nothing after *block* runs when it did."""
    return bool(block) and isinstance(block[-1], (ast.Raise, ast.Return, ast.Continue, ast.Break))


def _named(handler: ast.ExceptHandler) -> list[ast.stmt]:
    return [_binding(handler.name, handler.lineno)] if handler.name else []


def _binding(name: str, line: int) -> ast.stmt:
    target = ast.Name(name, ast.Store(), lineno=line, col_offset=0)
    nothing = ast.Constant(None, lineno=line, col_offset=0)
    return ast.Assign([target], nothing, lineno=line, col_offset=0)


def _captures(case: ast.match_case, line: int) -> list[ast.stmt]:
    """Return a case's captures as assignments, followed by its guard."""
    found: list[ast.stmt] = []
    for inner in ast.walk(case.pattern):
        name = inner.rest if isinstance(inner, ast.MatchMapping) else getattr(inner, "name", None)
        if isinstance(name, str):
            found.append(_binding(name, getattr(inner, "lineno", line)))
    if case.guard is not None:
        found.append(ast.Expr(case.guard, lineno=case.guard.lineno, col_offset=0))
    return found
