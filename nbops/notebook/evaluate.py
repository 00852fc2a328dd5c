"""Reading expressions: which variables they need, which they change, and what they may yield."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping

from nbops.notebook import effects
from nbops.notebook.heap import ANY_ITEM, NOTHING, Frame, Thing, Value, bound_method, container, element, hold, part
from nbops.notebook.variables import Variables

__all__ = ["Evaluator"]


class Evaluator(Variables, ABC):
    """Follows the expressions of one cell; calls are added by :mod:`nbops.notebook.calls`."""

    # ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────

    def value(self, node: ast.expr | None) -> Value:
        """Follow the expression *node* and return what it may yield."""
        if node is None or isinstance(node, ast.Constant):
            return NOTHING
        return _FOLLOW.get(type(node), Evaluator._any)(self, node)

    def _any(self, node: ast.AST) -> Value:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
            elif not isinstance(child, (ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop)):
                self._any(child)
        return frozenset({Thing()})

    def _name(self, node: ast.Name) -> Value:
        return self.load(node.id, self.line(node))

    def _attribute(self, node: ast.Attribute) -> Value:
        owner = self.value(node.value)
        if node.attr in effects.INDEXERS:
            return owner
        if node.attr == "T" and self._is_one(owner, "array"):
            return owner
        return self._member(owner, node.attr, self.line(node))

    def _member(self, owner: Value, name: str, line: int) -> Value:
        found: set[Thing] = set()
        for thing in owner:
            if thing.kind == "instance" and name not in thing.parts and (method := self._method(thing, name)):
                bound = bound_method(method, thing)
                found |= self.follow(bound, [], {}, line) if _is_property(method) else {bound}
            elif thing.kind == "class" and thing.frame and name in thing.frame.values:
                found |= thing.frame.values[name]
            else:
                found |= part(frozenset({thing}), name)
        return frozenset(found)

    def _method(self, instance: Thing, name: str) -> Thing | None:
        """Return the function that a cell's class, or a class it builds on, defines by that name."""
        waiting = [instance.base] if instance.base else []
        for thing in waiting:
            if thing.frame and name in thing.frame.values:
                return next((m for m in thing.frame.values[name] if m.kind == "function"), None)
            waiting.extend(t for t in thing.elements if t not in waiting)
        return None

    @staticmethod
    def _is_one(value: Value, kind: str) -> bool:
        return any(thing.kind == kind for thing in value)

    def special(self, value: Value, names: Iterable[str], given: list[Value], line: int) -> Value:
        """Follow those special methods of *names* that the notebook's own classes define; return what they yield."""
        found: set[Thing] = set()
        for thing in value:
            if thing.kind == "instance":
                methods = (method for name in names if (method := self._method(thing, name)))
                for method in methods:
                    found |= self.follow(bound_method(method, thing), given, {}, line)
        return frozenset(found)

    def iterated(self, node: ast.expr) -> Value:
        """Follow an iteration over *node* and return the elements."""
        value = self.value(node)
        return element(value) | self.special(value, effects.OF_ITERATION, [], self.line(node))

    def _binary(self, node: ast.BinOp) -> Value:
        left, right, line = self.value(node.left), self.value(node.right), self.line(node)
        name = effects.OPERATORS.get(type(node.op).__name__, "")
        found = self.special(left, [f"__{name}__"], [right], line) | self.special(right, [f"__r{name}__"], [left], line)
        is_array = self._is_one(left | right, "array")
        return found or frozenset({Thing("array" if is_array else "value")})

    def _compare(self, node: ast.Compare) -> Value:
        values = [self.value(item) for item in (node.left, *node.comparators)]
        for value in values:
            self.special(value, effects.OF_COMPARISON, values, self.line(node))
        return frozenset({Thing()})

    def _formatted(self, node: ast.FormattedValue) -> Value:
        self.special(self.value(node.value), effects.OF_SHOWING, [], self.line(node))
        return self.value(node.format_spec)

    def _subscript(self, node: ast.Subscript) -> Value:
        owner = self.value(node.value)
        index = self.value(node.slice)
        if found := self.special(owner, ["__getitem__"], [index], self.line(node)):
            return found
        if isinstance(node.value, ast.Attribute) and node.value.attr in effects.INDEXERS:
            return frozenset({Thing()})
        return self._item(owner, node.slice)

    def _item(self, owner: Value, index: ast.expr) -> Value:
        if isinstance(index, ast.UnaryOp):
            index = index.operand
        if isinstance(index, ast.Constant):
            known = frozenset(t for t in owner if index.value in t.parts)
            if isinstance(index.value, str) or known:
                return part(owner, index.value)
            return element(owner)
        is_slice = isinstance(index, ast.Slice) or (
            isinstance(index, ast.Tuple) and any(isinstance(i, ast.Slice) for i in index.elts)
        )
        found: set[Thing] = set()
        for thing in owner:
            if thing.kind == "array" and is_slice:
                found.add(thing)
            elif thing.elements or thing.kind in ("figure", "container"):
                found |= container(element(frozenset({thing}))) if is_slice else element(frozenset({thing}))
        return frozenset(found) or frozenset({Thing()})

    def _collection(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        held: set[Thing] = set()
        for item in node.elts:
            held |= element(self.value(item.value)) if isinstance(item, ast.Starred) else self.value(item)
        return container(held)

    def _dict(self, node: ast.Dict) -> Value:
        held: set[Thing] = set()
        parts: dict[object, Value] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            self.value(key)
            value = self.value(item)
            held |= value
            if isinstance(key, ast.Constant):
                parts[key.value] = value
        made = container(held)
        next(iter(made)).parts.update(parts)
        return made

    def _either(self, node: ast.BoolOp | ast.IfExp) -> Value:
        if isinstance(node, ast.BoolOp):
            return frozenset().union(*[self.value(item) for item in node.values])
        self.value(node.test)
        return self.value(node.body) | self.value(node.orelse)

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        frame, self.frame = self.frame, self._outside_comprehensions()
        self.bind(node.target.id, value, self.line(node))
        self.frame = frame
        return value

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        first = self.iterated(node.generators[0].iter)  # the first iterable belongs to the scope around it
        names = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        outer, self.frame = self.frame, Frame(frozenset(names), self.frame, "comprehension")
        for index, generator in enumerate(node.generators):
            self.assign(generator.target, self.iterated(generator.iter) if index else first)
            for condition in generator.ifs:
                self.value(condition)
        if isinstance(node, ast.DictComp):
            self.value(node.key)
        made = self.effect(node.value if isinstance(node, ast.DictComp) else node.elt)
        self.frame = outer
        return container(made)

    def _lambda(self, node: ast.Lambda) -> Value:
        return frozenset({Thing("function", code=node, frame=self.frame, parts=self.defaults(node.args))})

    def defaults(self, spec: ast.arguments) -> dict[object, Value]:
        """Follow the defaults of a function's arguments and return them by name."""
        positional = [*spec.posonlyargs, *spec.args]
        named = zip(positional[len(positional) - len(spec.defaults) :], spec.defaults, strict=True)
        pairs = (*named, *zip(spec.kwonlyargs, spec.kw_defaults, strict=True))
        return {argument.arg: self.value(default) for argument, default in pairs}

    def _passed_on(self, node: ast.Await | ast.Starred | ast.YieldFrom) -> Value:
        return self.value(node.value)

    # ── targets ──────────────────────────────────────────────────────────────────────────────────────────────────

    def assign(self, target: ast.expr, value: Value) -> None:
        """Give *value* to an assignment's target."""
        match target:
            case ast.Name(id=name):
                self.bind(name, value, self.line(target))
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for index, item in enumerate(targets):
                    self.assign(item, self._unpacked(value, index, isinstance(item, ast.Starred)))
            case ast.Starred(value=inner):
                self.assign(inner, value)
            case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                self._assign_into(target, owner, value)

    def _unpacked(self, value: Value, index: int, is_rest: bool) -> Value:
        if is_rest:
            return container(element(value))
        found: set[Thing] = set()
        for thing in value:
            found |= element(frozenset({thing})) if thing.elements else part(frozenset({thing}), index)
        return frozenset(found)

    def _assign_into(self, target: ast.expr, owner: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Subscript):
            self.value(target.slice)
            if _is_namespace(owner) and isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
                self.bind(target.slice.value, value, self.line(target))
                return
        changed = self.value(owner)
        self.special(changed, ["__setitem__", "__setattr__"], [NOTHING, value], self.line(target))
        self.change(changed, self.line(target))
        hold(changed, value)
        key = _part_key(target)
        for thing in changed:
            if thing.kind in ("instance", "container", "value") and value:
                thing.parts[key] = value
                if thing.kind == "container":
                    thing.elements |= value

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────

    @abstractmethod
    def call(self, node: ast.Call, *, is_statement: bool = False) -> Value:
        """Follow a call; *is_statement* when nobody uses what it yields."""

    @abstractmethod
    def follow(self, function: Thing, given: list[Value], named: Mapping[str, Value], line: int) -> Value:
        """Follow the body of *function*, called with these arguments."""

    def effect(self, node: ast.expr) -> Value:
        """Follow an expression whose value nobody uses: it is there for what it does."""
        if isinstance(node, ast.Await):
            return self.effect(node.value)
        return self.call(node, is_statement=True) if isinstance(node, ast.Call) else self.value(node)


def _part_key(target: ast.expr) -> object:
    """Return under which key a thing keeps what is assigned to *target*: its attribute, its constant item, or any."""
    match target:
        case ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=key)):
            return key
    return ANY_ITEM


def _is_namespace(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("globals", "locals")


def _is_property(method: Thing) -> bool:
    decorators = getattr(method.code, "decorator_list", [])
    return any(isinstance(d, ast.Name) and d.id in ("property", "cached_property") for d in decorators)


def _call(evaluator: Evaluator, node: ast.Call) -> Value:
    return evaluator.call(node)


_FOLLOW: dict[type, Callable[..., Value]] = {
    ast.Name: Evaluator._name,
    ast.Attribute: Evaluator._attribute,
    ast.Subscript: Evaluator._subscript,
    ast.List: Evaluator._collection,
    ast.Tuple: Evaluator._collection,
    ast.Set: Evaluator._collection,
    ast.Dict: Evaluator._dict,
    ast.BoolOp: Evaluator._either,
    ast.IfExp: Evaluator._either,
    ast.BinOp: Evaluator._binary,
    ast.Compare: Evaluator._compare,
    ast.FormattedValue: Evaluator._formatted,
    ast.NamedExpr: Evaluator._walrus,
    ast.ListComp: Evaluator._comprehension,
    ast.SetComp: Evaluator._comprehension,
    ast.GeneratorExp: Evaluator._comprehension,
    ast.DictComp: Evaluator._comprehension,
    ast.Lambda: Evaluator._lambda,
    ast.Call: _call,
    ast.Await: Evaluator._passed_on,
    ast.Starred: Evaluator._passed_on,
    ast.YieldFrom: Evaluator._passed_on,
}
