"""Expressions as SQL says them, and back: the small part of the language that both have."""

from __future__ import annotations

import ast
import datetime as dt
import re
from typing import Any

from nbops.errors import UsageError
from nbops.frames.expressions import parse_expression

__all__ = ["from_sql", "literal", "quoted", "to_sql"]

_SIGNS: dict[type[ast.AST], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "<>",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.And: "and", ast.Or: "or",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN = re.compile(r"""\s*('(?:[^']|'')*'|"(?:[^"]|"")*"|<>|[<>!]=|[-+*/<>=(),]|[A-Za-z_]\w*|\d+(?:\.\d+)?)""")
_WORDS = {"and": "and", "or": "or", "not": "not", "in": "in", "is": "is", "null": "None", "true": "True",
          "false": "False"}  # fmt: skip


def to_sql(text: str) -> str:
    r"""Return the expression *text* as SQL.

    Example:
        >>> to_sql("paid <= total and `Order Status` != 'open' and day is not None")
        '((paid <= total) and ("Order Status" <> \'open\') and (day is not null))'
    """
    expression = parse_expression(text)
    return _Sql(expression.columns).of(expression.tree)


def from_sql(text: str) -> str:
    """Return the SQL condition *text* as an expression.

    Raises:
        UsageError: It says what expressions cannot.

    Example:
        >>> from_sql("paid <= total AND status <> 'open'")
        "paid <= total and status != 'open'"
    """
    said, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise UsageError(f"{text!r} is no condition that is understood here", fix="write it as satisfies: …")
        said.append(_word(found[1]))
        at = found.end()
    expression = re.sub(r"\( ", "(", re.sub(r" ([),])", r"\1", " ".join(said)))
    expression = re.sub(r"\bin \(([^()]*)\)", r"in [\1]", expression)  # one value in brackets would be no list
    parse_expression(expression)
    return expression


def quoted(name: str) -> str:
    """Return a column's name as SQL, in quotes when it needs them."""
    return name if _WORD.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """Return a value as SQL.

    Example:
        >>> literal("it's"), literal(3), literal(None)
        ("'it''s'", '3', 'null')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (dt.date, dt.datetime)):
        value = value.isoformat()
    return "'" + str(value).replace("'", "''") + "'"


def _word(token: str) -> str:
    if token[0] == "'":
        return repr(token[1:-1].replace("''", "'"))
    if token[0] == '"':
        return f"`{token[1:-1]}`"
    return {"=": "==", "<>": "!="}.get(token) or _WORDS.get(token.lower(), token)


class _Sql:
    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns

    def of(self, node: ast.expr) -> str:
        found = ""
        match node:
            case ast.Name():
                found = quoted(self._columns[int(node.id[1:])])
            case ast.Constant():
                found = literal(node.value)
            case ast.List() | ast.Tuple() | ast.Set():
                found = f"({', '.join(map(self.of, node.elts))})"
            case ast.BoolOp():
                found = f"({f' {_SIGNS[type(node.op)]} '.join(map(self.of, node.values))})"
            case ast.UnaryOp(op=ast.Not()):
                found = f"(not {self.of(node.operand)})"
            case ast.UnaryOp():
                found = f"-{self.of(node.operand)}"
            case ast.BinOp():
                found = f"({self.of(node.left)} {_SIGNS[type(node.op)]} {self.of(node.right)})"
            case ast.Compare():
                found = self._compare(node)
        return found

    def _compare(self, node: ast.Compare) -> str:
        parts, left = [], node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            a, b = self.of(left), self.of(right)
            word = {ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in"}.get(type(operator))
            parts.append(f"({a} {word or _SIGNS[type(operator)]} {b})")
            left = right
        return parts[0] if len(parts) == 1 else f"({' and '.join(parts)})"
