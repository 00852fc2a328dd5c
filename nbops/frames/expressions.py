"""Conditions written as text: ``paid <= total and (status != 'open' or paid == 0)``.

A small part of Python's syntax: column names (odd ones in backticks), numbers and texts, ``+ - * /``, comparisons
(also chained), ``in`` and ``not in`` a list, ``is None``, ``and``, ``or``, ``not``. Nothing is ever executed. A null
makes a comparison unknown, and ``and``, ``or`` and ``not`` treat unknown as SQL does.
"""

from __future__ import annotations

import ast
import functools
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from nbops.errors import UsageError

__all__ = ["Expression", "Reading", "evaluate", "parse_expression"]

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv
}  # fmt: skip
_FIX = "write it as: amount > 0 and status in ['open', 'paid']"
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that was read.

    Args:
        text: As written.
        columns: The columns that it names, in order, each once.
        tree: Its syntax tree; the names in it are ``_0``, ``_1`` … for the columns.
    """

    text: str
    columns: tuple[str, ...]
    tree: ast.expr


class Reading(Protocol):
    """How a library reads columns: what :func:`evaluate` asks for."""

    def cell(self, column: str) -> Any:
        """Return the values of *column*."""

    def null(self, column: str) -> Any:
        """Return where *column* is null."""

    def constant(self, value: Any, column: str) -> Any:
        """Return *value* as it compares with the values of *column* (which may be empty)."""

    def truth(self, result: Any) -> Any:
        """Return where the result of a comparison is true."""

    def one_of(self, cell: Any, values: list[Any]) -> Any:
        """Return where *cell* is one of *values*."""


@functools.lru_cache(maxsize=512)
def parse_expression(text: str) -> Expression:
    """Return the condition that *text* says.

    Raises:
        UsageError: It says none.

    Example:
        >>> parse_expression("`Order Date` is not None and amount > 0").columns
        ('Order Date', 'amount')
    """
    columns: list[str] = []

    def place(name: str) -> str:
        if name not in columns:
            columns.append(name)
        return f"_{columns.index(name)}"

    if len(text) > _LONGEST:
        raise UsageError(f"an expression of {len(text):,} characters is too long", fix="split it into several rules")
    pieces = re.split(r"(`[^`]+`|'[^']*'|\"[^\"]*\")", text)
    quoted = "".join(_hidden(piece[1:-1]) if piece.startswith("`") else piece for piece in pieces)
    try:
        tree = ast.parse(quoted.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"{text!r} is no expression: {error.args[0]}", fix=_FIX) from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = place(_shown(node.id))
    _check(tree, text)
    return Expression(text, tuple(columns), tree)


def _hidden(name: str) -> str:
    return "q_" + name.encode().hex()


def _shown(name: str) -> str:
    return bytes.fromhex(name[2:]).decode() if re.fullmatch(r"q_(?:[0-9a-f]{2})+", name) else name


def _refuse(node: ast.AST, text: str) -> NoReturn:
    raise UsageError(f"{ast.unparse(node)!r} cannot stand in the expression {text!r}", fix=_FIX)


def _check(node: ast.expr, text: str) -> None:
    """Refuse everything but conditions."""
    match node:
        case ast.BoolOp():
            for part in node.values:
                _check(part, text)
        case ast.UnaryOp(op=ast.Not()):
            _check(node.operand, text)
        case ast.Compare():
            for op, right in zip(node.ops, node.comparators, strict=True):
                _check_compared(node, op, right, text)
            _check_value(node.left, text)
        case _:
            _refuse(node, text)


def _check_compared(node: ast.Compare, op: ast.cmpop, right: ast.expr, text: str) -> None:
    match op:
        case ast.In() | ast.NotIn():
            is_list = isinstance(right, (ast.List, ast.Tuple, ast.Set))
            if not is_list or not all(isinstance(item, ast.Constant) for item in right.elts):  # type: ignore[attr-defined]
                _refuse(node, text)
        case ast.Is() | ast.IsNot():
            if not (isinstance(right, ast.Constant) and right.value is None and isinstance(node.left, ast.Name)):
                _refuse(node, text)
        case _:
            _check_value(right, text)


def _check_value(node: ast.expr, text: str) -> None:
    match node:
        case ast.Name() | ast.Constant(value=bool() | int() | float() | str()):
            return
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            _check_value(node.left, text)
            _check_value(node.right, text)
        case ast.UnaryOp(op=ast.USub()):
            _check_value(node.operand, text)
        case _:
            _refuse(node, text)


def evaluate(expression: Expression, reading: Reading) -> tuple[Any, Any]:
    """Return where *expression* is true and where it is false; elsewhere it is unknown."""
    return _Evaluation(expression, reading).truth(expression.tree)


class _Evaluation:
    def __init__(self, expression: Expression, reading: Reading) -> None:
        self._columns = expression.columns
        self._reading = reading

    def truth(self, node: ast.expr) -> tuple[Any, Any]:
        if isinstance(node, ast.UnaryOp):
            true, false = self.truth(node.operand)
            return false, true
        if isinstance(node, ast.BoolOp):
            parts = [self.truth(part) for part in node.values]
            every, some = (0, 1) if isinstance(node.op, ast.And) else (1, 0)
            together = functools.reduce(operator.and_, [part[every] for part in parts])
            either = functools.reduce(operator.or_, [part[some] for part in parts])
            return (together, either) if every == 0 else (either, together)
        assert isinstance(node, ast.Compare)
        operands = [node.left, *node.comparators]
        pairs = [self._compared(op, *operands[i : i + 2]) for i, op in enumerate(node.ops)]
        true = functools.reduce(operator.and_, [pair[0] for pair in pairs])
        return true, functools.reduce(operator.or_, [pair[1] for pair in pairs])

    def _compared(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> tuple[Any, Any]:
        nulls = [self._reading.null(column) for node in (left, right) for column in self._names(node)]
        if isinstance(op, (ast.Is, ast.IsNot)):
            pair = nulls[0], ~nulls[0]
            return pair if isinstance(op, ast.Is) else pair[::-1]
        near = next((column for node in (left, right) for column in self._names(node)), "")
        if isinstance(op, (ast.In, ast.NotIn)):
            values = [self._reading.constant(item.value, near) for item in right.elts]  # type: ignore[attr-defined]
            true = self._reading.one_of(self._value(left, near), values)
        else:
            true = self._reading.truth(_COMPARE[type(op)](self._value(left, near), self._value(right, near)))
        false = ~true
        for null in nulls:
            true, false = true & ~null, false & ~null
        return (false, true) if isinstance(op, ast.NotIn) else (true, false)

    def _names(self, node: ast.expr) -> list[str]:
        return [self._column(name) for name in ast.walk(node) if isinstance(name, ast.Name)]

    def _column(self, node: ast.Name) -> str:
        return self._columns[int(node.id[1:])]

    def _value(self, node: ast.expr, near: str) -> Any:
        match node:
            case ast.Name():
                return self._reading.cell(self._column(node))
            case ast.Constant():
                return self._reading.constant(node.value, near)
            case ast.UnaryOp():
                return -self._value(node.operand, near)
            case ast.BinOp():
                return _ARITHMETIC[type(node.op)](self._value(node.left, near), self._value(node.right, near))
        raise TypeError(ast.dump(node))
