"""Reading calls: into functions and classes that the notebook defines, and by name of those that it does not."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbops.notebook import effects
from nbops.notebook.evaluate import Evaluator
from nbops.notebook.heap import NOTHING, Frame, Heap, Thing, Value, bound_method, container, element, hold, part
from nbops.notebook.names import arguments, own_names, string_names

__all__ = ["Caller"]

_DEEPEST = 12  # calls within calls that are followed; deeper ones are taken to change nothing
_CALLBACKS = ("callbacks",)  # the part that holds functions handed to the maker of an object
_MADE_OF = ("made of",)  # the part that holds what the maker of an object was handed
_MOST = 1_000  # calls that are followed for one cell


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of something that the notebook does not define."""

    node: ast.Call
    name: str
    owner: Value
    callee: Value
    given: list[Value]
    named: dict[str, Value]
    line: int


class Caller(Evaluator):
    """Follows calls. Statements are added by :mod:`nbops.notebook.reading`."""

    def __init__(self, heap: Heap) -> None:
        super().__init__(heap)
        self.followed: dict[tuple[object, ...], Value] = {}
        self.displayed: ast.expr | None = None  # the last expression of the cell

    def call(self, node: ast.Call, *, is_statement: bool = False) -> Value:
        """Follow a call; *is_statement* when nobody uses what it yields."""
        if (special := self.special_call(node)) is not None:
            return special
        owner, name = NOTHING, ""
        if isinstance(node.func, ast.Attribute):
            name, owner = node.func.attr, self.value(node.func.value)
            callee = self._member(owner, name, self.line(node)) if self._has_members(owner) else NOTHING
        else:
            callee = self.value(node.func)
            name = node.func.id if isinstance(node.func, ast.Name) else ""
        given = [self.value(argument) for argument in node.args]
        named = {keyword.arg or "**": self.value(keyword.value) for keyword in node.keywords}
        self._texts_of_query(name, node)
        yields = self._follow_known(callee, given, named, self.line(node))
        if yields is not None:
            return yields
        call = _Call(node, name, owner, callee, given, named, self.line(node))
        self._change_by_name(call, self._is_for_effect(call, is_statement))
        return self._yield_by_name(call)

    @staticmethod
    def _has_members(owner: Value) -> bool:
        return any(thing.kind in ("module", "instance", "class") or thing.parts for thing in owner)

    @abstractmethod
    def special_call(self, node: ast.Call) -> Value | None:
        """Follow a call that is not what it seems (``exec``, a magic); None for any other."""

    def _texts_of_query(self, name: str, node: ast.Call) -> None:
        if name not in ("query", "eval"):
            return
        for piece in (p for argument in node.args[:1] for p in ast.walk(argument)):
            if isinstance(piece, ast.Constant) and isinstance(piece.value, str):
                for variable in string_names(piece.value):
                    self.load(variable, self.line(node))

    def _follow_known(self, callee: Value, given: list[Value], named: Mapping[str, Value], line: int) -> Value | None:
        """Follow a call of what the notebook itself defines; None when it defines none of it."""
        known = [t for t in callee if t.kind in ("function", "class", "instance")]
        yields: set[Thing] = set()
        for thing in known:
            if thing.kind == "class":
                yields |= self._instantiate(thing, given, named, line)
            elif thing.kind == "function":
                yields |= self.follow(thing, given, named, line)
            else:
                yields |= self.special(frozenset({thing}), ("__call__", "forward"), given, line)
        return frozenset(yields) if known else None

    def _instantiate(self, cls: Thing, given: list[Value], named: Mapping[str, Value], line: int) -> Value:
        instance = Thing("instance", base=cls)
        made = frozenset({instance})
        if init := self._method(instance, "__init__"):
            self.follow(bound_method(init, instance), given, named, line)
        else:
            for value in (*given, *named.values()):
                hold(made, value)
        return made

    def follow(self, function: Thing, given: list[Value], named: Mapping[str, Value], line: int) -> Value:
        """Follow the body of *function* with these arguments, once for each set of them."""
        code = function.code
        if not isinstance(code, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return NOTHING
        if function.base is not None:
            given = [frozenset({function.base}), *given]
        key = (code, function.frame, *map(_shared, given), *((name, _shared(named[name])) for name in sorted(named)))
        is_enough = len(self.followed) >= _MOST or len(self.calling) >= _DEEPEST
        if key in self.followed or is_enough or self.calling.count(_name_of(code)) > 1:
            return self.followed.get(key, NOTHING)
        self.followed[key] = NOTHING
        frame = self._frame_for(code, function.frame, given, named, function.parts)
        saved = self.frame, self.site
        self.frame, self.site = frame, line
        self.calling.append(_name_of(code))
        if isinstance(code, ast.Lambda):
            frame.returned |= self.effect(code.body)
        else:
            self.statements(code.body)
        self.calling.pop()
        self.frame, self.site = saved
        self.followed[key] = frozenset(frame.returned)
        return self.followed[key]

    def _frame_for(
        self,
        code: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        outer: Frame | None,
        given: list[Value],
        named: Mapping[str, Value],
        defaults: Mapping[object, Value],
    ) -> Frame:
        names = arguments(code)
        frame = Frame(own_names(code), outer)
        positional = [a.arg for a in (*code.args.posonlyargs, *code.args.args)]
        frame.values.update({name: defaults[name] for name in names if name in defaults})
        frame.values.update(zip(positional, given, strict=False))
        if code.args.vararg and len(given) > len(positional):
            frame.values[code.args.vararg.arg] = container(frozenset().union(*given[len(positional) :]))
        frame.values.update({name: value for name, value in named.items() if name in names})
        return frame

    @abstractmethod
    def statements(self, body: list[ast.stmt]) -> None:
        """Follow the statements of a block."""

    def _change_by_name(self, call: _Call, is_statement: bool) -> None:
        """Record what a call of something unknown changes, as far as its name and its arguments tell."""
        everything = [*call.given, *call.named.values()]
        is_harmless = call.name in effects.HARMLESS
        for value in everything:
            used = value | frozenset(inner for thing in value for inner in thing.elements)
            self.special(used, effects.OF_SHOWING if is_harmless else effects.OF_USE, [], call.line)
        if not is_harmless:
            self.change(_of_kind(everything, "random", "figure"), call.line)
            self._call_back(everything, call.line)
            self._call_back((thing.parts.get(_CALLBACKS, NOTHING) for thing in call.owner), call.line)
        objects = frozenset(t for t in call.owner if t.kind != "module")
        if objects and self._changes_its_object(call, objects, is_statement):
            self.change(objects, call.line)
            if call.name in effects.CHANGE_WHAT_THEY_WERE_MADE_OF:
                self.change(frozenset().union(*(t.parts.get(_MADE_OF, NOTHING) for t in objects)), call.line)
            if call.name in effects.KEEPING:
                hold(objects, frozenset().union(*everything))
                self._collect_into(objects, everything)
        position = effects.ARGUMENT_CHANGED.get(call.name)
        if position is not None and position < len(call.given) and not (objects - _of_kind([objects], "random")):
            self.change(call.given[position], call.line)
        if "out" in call.named:
            self.change(call.named["out"], call.line)

    @staticmethod
    def _collect_into(objects: Value, everything: list[Value]) -> None:
        for thing in objects:
            if thing.kind == "container":
                thing.elements.update(*everything)

    @staticmethod
    def _changes_its_object(call: _Call, objects: Value, is_statement: bool) -> bool:
        kinds = {thing.kind for thing in objects}
        if "random" in kinds or _is_true(call.node, "inplace"):
            return True
        if "figure" in kinds:
            return not effects.leaves_figure_alone(call.name)
        if call.name in effects.ALWAYS_CHANGE:
            return True
        return is_statement and effects.changes_as_statement(call.name)

    def _is_for_effect(self, call: _Call, is_statement: bool) -> bool:
        """Return whether a call is there for what it does; the last one of a cell may be there to be looked at."""
        return is_statement and not (call.node is self.displayed and call.name in effects.YIELDING)

    def _call_back(self, values: Iterable[Value], line: int) -> None:
        """Follow functions that are handed to something unknown: it will call them, with what nobody knows."""
        for value in values:
            for thing in (*value, *(inner for outer in value for inner in outer.elements)):
                if thing.kind == "function":
                    self.follow(thing, [], {}, line)

    def _yield_by_name(self, call: _Call) -> Value:
        """Return what a call of something unknown yields, as far as its name tells."""
        origins = [thing.origin for thing in (*call.owner, *call.callee) if thing.kind == "module"]
        objects = frozenset(t for t in call.owner if t.kind != "module")
        name = origins[-1].rsplit(".", 1)[-1] if origins and not call.owner else call.name
        if name in effects.RANDOM_MAKERS:
            return frozenset({Thing("random")})
        if name in effects.FIGURE_MAKERS and not self._is_one(objects, "figure"):
            return frozenset({Thing("figure")})
        if objects:
            return self._yield_of_method(name, objects)
        functions = _of_kind([*call.given, *call.named.values()], "function")
        if functions and name in effects.WRAPPERS:
            return functions
        if name in effects.COLLECT:
            return container(frozenset().union(*(element(value) for value in call.given)))
        is_numeric = any(origin.split(".")[0] in effects.NUMERIC for origin in origins)
        made = Thing("array" if is_numeric else "value")
        if name[:1].isupper():  # an object of some class, which does with them what it likes, when it likes
            made.parts.update({_CALLBACKS: functions, _MADE_OF: frozenset().union(*call.given)})
        return frozenset({made})

    def _yield_of_method(self, name: str, objects: Value) -> Value:
        if self._is_one(objects, "random"):
            return frozenset({Thing("array")})
        if self._is_one(objects, "figure") or name in effects.SELF:
            return objects
        if name in effects.VIEWS:
            if self._is_one(objects, "container"):
                return container(element(objects))
            return objects if self._is_one(objects, "array") else part(objects, f"{name}()")
        if name in effects.ITEM_GETTERS:
            return element(objects)
        return frozenset({Thing("array" if self._is_one(objects, "array") else "value")})


def _of_kind(values: Iterable[Value], *kinds: str) -> Value:
    return frozenset(thing for value in values for thing in value if thing.kind in kinds)


def _is_true(node: ast.Call, keyword: str) -> bool:
    given = next((k.value for k in node.keywords if k.arg == keyword), None)
    return isinstance(given, ast.Constant) and bool(given.value)


def _shared(value: Value) -> Value:
    """Return the part of an argument that anything else can reach; the rest makes no difference between two calls."""
    return frozenset(t for t in value if t.names or t.holders or t.elements or t.parts or t.kind != "value")


def _name_of(code: ast.AST) -> str:
    return getattr(code, "name", "a lambda")
