"""Wrapping the parts of a test's expression, so that the judge sees each value once, when Python computes it.

``df.x > limit`` becomes ``rt.v(1, rt.v(0, df).x) > rt.v(2, limit)``: nothing is evaluated twice, the order and the
short circuits stay, ``await`` and ``:=`` keep their meaning.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

__all__ = ["Capture", "Shape", "as_written", "constant", "method_call", "place_of"]

_LOAD = ast.Load()
_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "≤",
    ast.Gt: ">",
    ast.GtE: "≥",
    ast.Eq: "",
    ast.NotEq: "not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "",
    ast.IsNot: "not",
}
# the parts of an expression that Python evaluates when it evaluates the whole, once, and in this order; what is not
# listed (comprehensions, lambdas, f-strings, constants, what a later Python may add) is left as it is
_PARTS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Attribute: ("value",),
    ast.Subscript: ("value", "slice"),
    ast.Slice: ("lower", "upper", "step"),
    ast.Call: ("args", "keywords"),
    ast.keyword: ("value",),
    ast.BinOp: ("left", "right"),
    ast.Compare: ("left", "comparators"),
    ast.BoolOp: ("values",),
    ast.UnaryOp: ("operand",),
    ast.IfExp: ("test", "body", "orelse"),
    ast.NamedExpr: ("value",),
    ast.Await: ("value",),
    ast.Starred: ("value",),
    ast.List: ("elts",),
    ast.Tuple: ("elts",),
    ast.Set: ("elts",),
}
_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
}
_BETWEEN, _IN, _NOT_NULL = {"between", "is_between"}, {"isin", "is_in"}, {"notna", "notnull", "is_not_null", "is_valid"}
_UNWRAPPERS = {"as_py", "item"}


@dataclass(frozen=True, slots=True)
class Shape:
    """How a test is built, as far as it matters for judging it and for telling what it saw.

    Args:
        form: ``all`` for ``mask.all()``, ``none`` for ``not mask.any()``, else ``value``.
        subjects: Slots that may hold the mask of an ``all`` or ``none`` test, the innermost first.
        operands: Slots of what is compared, the ones that best explain a failure.
        observed: The slot of the value that a simple comparison looks at; None when it is none.
        limit: The slot of the value that it is compared with; None when that is a constant.
        operator: How they are compared, in words: ``<``, ``not in``; empty for equality.
        allowed: What it is compared with, as written; empty when the test is no simple comparison.
        condition: The slot of the condition of an ``expect``; None elsewhere.
    """

    form: Literal["value", "all", "none"] = "value"
    subjects: tuple[int, ...] = ()
    operands: tuple[int, ...] = ()
    observed: int | None = None
    limit: int | None = None
    operator: str = ""
    allowed: str = ""
    condition: int | None = None


class Capture:
    """Wraps expressions and numbers the captured values.

    Args:
        runtime: How the generated code reaches the judge, dotted.
        lines: The code that the expressions come from, encoded.

    Attributes:
        texts: The source of every captured value, by its number.
    """

    def __init__(self, runtime: str, lines: Sequence[bytes]) -> None:
        self.texts: list[str] = []
        self._runtime = runtime
        self._lines = lines
        self._slots: dict[int, int] = {}  # id of the node as written → its slot
        self._forced: set[int] = set()  # nodes that are captured although their kind is not

    def test(self, node: ast.expr) -> tuple[ast.expr, Shape]:
        """Return *node* wrapped, and how it is built."""
        form, subjects = _reduction(node)
        comparison = _comparison(subjects[0] if subjects else node)
        operands = _operands(node)
        self._forced |= {id(subject) for subject in subjects}
        wrapped = self.wrap(node)
        shape = Shape(
            form,
            self._known(subjects),
            self._known(operands),
            self._slots.get(id(comparison.left)),
            self._slots.get(id(comparison.right)),
            comparison.operator,
            comparison.allowed,
        )
        return wrapped, shape

    def arguments(self, call: ast.Call) -> tuple[ast.expr, Shape]:
        """Return a call of ``expect`` with its condition wrapped, and how that is built."""
        if not call.args or isinstance(call.args[0], ast.Starred) or _is_chain(call):
            return self.call(call), Shape()
        condition = call.args[0]
        self._forced.add(id(condition))
        call.args[0], shape = self.test(condition)
        return call, replace(shape, condition=self._slots[id(condition)])

    def call(self, call: ast.Call) -> ast.expr:
        """Return *call* with its arguments wrapped, itself not."""
        self._wrap_parts(call)
        return call

    def wrap(self, node: ast.expr) -> ast.expr:
        """Wrap the parts of *node*, in place, and return it: captured when its kind is worth it."""
        is_captured = _is_captured(node) or id(node) in self._forced
        text = " ".join(as_written(node, self._lines).split()) if is_captured else ""
        self._wrap_parts(node)
        return self._captured(node, text) if is_captured else node

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _known(self, nodes: Sequence[ast.expr]) -> tuple[int, ...]:
        return tuple(self._slots[id(node)] for node in nodes if id(node) in self._slots)

    def _captured(self, node: ast.expr, text: str) -> ast.expr:
        slot = self._slots[id(node)] = len(self.texts)
        self.texts.append(text)
        return method_call(node, self._runtime, "v", constant(slot, node), node)

    def _wrap_parts(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            self._wrap_parts(
                node.func
            )  # not the callee itself: ``super()``, ``locals()`` depend on how they are called
        for name in _PARTS.get(type(node), ()):
            part = getattr(node, name)
            if isinstance(part, list):
                setattr(node, name, [self._wrapped_part(item) for item in part])
            elif part is not None:
                setattr(node, name, self._wrapped_part(part))

    def _wrapped_part(self, part: ast.AST) -> ast.AST:
        if isinstance(part, ast.expr):
            return self.wrap(part)
        self._wrap_parts(part)  # a keyword of a call
        return part


def _is_captured(node: ast.expr) -> bool:
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        return isinstance(node.ctx, ast.Load)
    return isinstance(node, (ast.Call, ast.BinOp, ast.Await, ast.ListComp, ast.SetComp, ast.DictComp))


def _is_chain(call: ast.Call) -> bool:
    """Whether *call* calls a method of what ``expect(...)`` returned."""
    return isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call)


def _reduction(node: ast.expr) -> tuple[Literal["value", "all", "none"], list[ast.expr]]:
    """Return whether *node* is ``all(...)`` or ``not any(...)``, and the expressions that may be its mask."""
    is_negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    wanted = "any" if is_negated else "all"
    subjects: list[ast.expr] = []
    current = node.operand if isinstance(node, ast.UnaryOp) and is_negated else node
    while (inner := _reduced(current, wanted)) is not None:
        if inner is not _unwrapped(current):
            subjects.insert(0, inner)
        current = inner
    if not subjects:
        return "value", []
    return ("none" if is_negated else "all"), subjects


def _reduced(node: ast.expr, wanted: str) -> ast.expr | None:
    """Return what *node* reduces by the function or method *wanted*, looking through ``.as_py()``, ``bool(...)``."""
    through = _unwrapped(node)
    if through is not None:
        return through
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr == wanted:
        is_module_function = isinstance(node.func.value, ast.Name) and len(node.args) == 1
        if is_module_function and not isinstance(node.args[0], ast.Constant):
            return node.args[0]  # np.all(mask), pc.all(mask)
        return node.func.value
    if isinstance(node.func, ast.Name) and node.func.id == wanted and len(node.args) == 1:
        return None if isinstance(node.args[0], (ast.GeneratorExp, ast.Starred)) else node.args[0]
    return None


def _unwrapped(node: ast.expr) -> ast.expr | None:
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr in _UNWRAPPERS and not node.args:
        return node.func.value
    if isinstance(node.func, ast.Name) and node.func.id == "bool" and len(node.args) == 1:
        return node.args[0]
    return None


def _operands(node: ast.expr) -> list[ast.expr]:
    """Return the values that a test compares or combines."""
    match node:
        case ast.NamedExpr():
            return _operands(node.value)
        case ast.UnaryOp():
            return _operands(node.operand)
        case ast.BoolOp():
            return [operand for value in node.values for operand in _operands(value)]
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            return [*_operands(node.left), *_operands(node.right)]
        case ast.Compare():
            return [node.left, *node.comparators]
    return [node]


@dataclass(frozen=True, slots=True)
class _Comparison:
    left: ast.expr | None = None
    right: ast.expr | None = None
    operator: str = ""
    allowed: str = ""


def _comparison(node: ast.expr) -> _Comparison:
    """Return what a simple comparison looks at and what it allows; constants stand on the right of it."""
    if isinstance(node, ast.NamedExpr):
        return _comparison(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.keywords:
        return _Comparison(node.func.value, None, "", _allowed_by_method(node.func.attr, node.args))
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return _Comparison()
    kind, left, right = type(node.ops[0]), node.left, node.comparators[0]
    if isinstance(left, ast.Constant) and kind in _MIRRORED:
        kind, left, right = _MIRRORED[kind], right, left
    return _Comparison(left, right, _OPERATORS[kind], ast.unparse(right))


def _allowed_by_method(name: str, arguments: Sequence[ast.expr]) -> str:
    values = [ast.unparse(argument) for argument in arguments]
    if name in _BETWEEN and len(values) == 2:
        return f"{values[0]} to {values[1]}"
    if name in _IN and len(values) == 1:
        return f"in {values[0]}"
    return "not null" if name in _NOT_NULL else ""


def as_written(node: ast.expr, lines: Sequence[bytes]) -> str:
    """Return the text of *node* in the encoded *lines* (columns of a syntax tree count bytes).

    Example:
        >>> as_written(ast.parse("größe  >0", mode="eval").body, ["größe  >0".encode()])
        'größe  >0'
    """
    first, last = getattr(node, "lineno", 0) - 1, getattr(node, "end_lineno", None)
    if first < 0 or last is None or last > len(lines):  # made by another transformer, not read from the cell
        return ast.unparse(node)
    if first == last - 1:
        return lines[first][node.col_offset : node.end_col_offset].decode(errors="replace")
    rows = list(lines[first:last])
    rows[-1] = rows[-1][: node.end_col_offset]
    rows[0] = rows[0][node.col_offset :]
    return b"\n".join(rows).decode(errors="replace")


def place_of(node: ast.AST) -> dict[str, Any]:
    """Return where *node* stands, as the constructor of another node takes it."""
    return {name: getattr(node, name, None) for name in _PLACE}


def constant(value: int, place: ast.AST) -> ast.Constant:
    """Return *value* as a node that stands where *place* does."""
    return ast.Constant(value, **place_of(place))


def method_call(place: ast.AST, runtime: str, method: str, *arguments: ast.expr) -> ast.Call:
    """Return the call of a method of the name *runtime* that stands where *place* does."""
    where = place_of(place)
    target = ast.Attribute(ast.Name(runtime, _LOAD, **where), method, _LOAD, **where)
    return ast.Call(target, list(arguments), [], **where)
