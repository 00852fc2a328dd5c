"""Recognising the tests in a cell's statements, and what they are called."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import NoReturn

from nbops.frames.tables import shortened

__all__ = [
    "SCOPES",
    "argument",
    "constant_text",
    "holds_only_tests",
    "is_assertion_call",
    "is_expect",
    "is_neutral",
    "last_name",
    "message_name",
    "refuse_stray_jumps",
    "short_name",
    "swallows",
]

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_SWALLOWERS = {"raises", "suppress", "assertRaises", "assertRaisesRegex"}
_LONGEST_NAME = 200


def is_neutral(statement: ast.stmt, *, inside_run: bool) -> bool:
    """Whether *statement* does nothing that a failed test should have prevented."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.If):
        return all(is_neutral(inner, inside_run=inside_run) for inner in (*statement.body, *statement.orelse))
    return isinstance(statement, ast.Pass) or (inside_run and isinstance(statement, (ast.Break, ast.Continue)))


def holds_only_tests(statement: ast.stmt, is_test: Callable[[ast.stmt], bool]) -> bool:
    """Whether *statement* is a block that belongs to a run of tests: nothing in it but tests, at least one."""
    if not isinstance(statement, (ast.For, ast.AsyncFor, ast.If, ast.Match, ast.With, ast.AsyncWith)):
        return False
    if swallows(statement):
        return False
    blocks = [getattr(statement, "body", []), getattr(statement, "orelse", [])]
    blocks += [case.body for case in getattr(statement, "cases", ())]
    inner = [s for block in blocks for s in block]
    inside_run = not isinstance(statement, (ast.With, ast.AsyncWith))
    tests = [s for s in inner if is_test(s)]
    return bool(tests) and all(is_test(s) or is_neutral(s, inside_run=inside_run) for s in inner)


def swallows(statement: ast.stmt) -> bool:
    """Whether *statement* is a ``with`` that is there to catch what its body raises."""
    if not isinstance(statement, (ast.With, ast.AsyncWith)):
        return False
    calls = [item.context_expr for item in statement.items if isinstance(item.context_expr, ast.Call)]
    return any(last_name(call.func) in _SWALLOWERS for call in calls)


def is_expect(node: ast.expr) -> bool:
    """Whether *node* calls ``expect``, or a method of what such a call returned."""
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return node.func.id == "expect"
        if isinstance(node.func, ast.Attribute):
            if node.func.attr == "expect" and isinstance(node.func.value, ast.Name):
                return True
            node = node.func.value
        else:
            return False
    return False


def is_assertion_call(node: ast.expr) -> bool:
    """Whether *node* calls a function that asserts, as ``pd.testing.assert_frame_equal`` does."""
    return isinstance(node, ast.Call) and last_name(node.func).startswith("assert_")


def last_name(node: ast.expr) -> str:
    """Return the name that *node* ends in; empty when it is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def argument(call: ast.Call, position: int | None, name: str) -> ast.expr | None:
    """Return the argument of *call* that stands at *position* or has *name*; None when it is not given."""
    if position is not None and len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def constant_text(node: ast.expr | None) -> str:
    """Return the text of a literal; empty for everything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def message_name(message: ast.expr | None) -> str:
    """Return the part of a test's message that is the same in every run; empty when there is none."""
    if isinstance(message, ast.JoinedStr):
        return "".join(_template(part) for part in message.values).strip()
    if isinstance(message, ast.BinOp) and isinstance(message.op, ast.Mod):
        return constant_text(message.left).strip()
    if isinstance(message, ast.Call) and isinstance(message.func, ast.Attribute) and message.func.attr == "format":
        return constant_text(message.func.value).strip()
    return constant_text(message).strip()


def _template(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return "{" + ast.unparse(part.value) + "}"
    return constant_text(part)


def short_name(name: str) -> str:
    """Return a test's name on one line, and no longer than a name may be."""
    return shortened(" ".join(name.split()), _LONGEST_NAME)


# ── jumps ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def refuse_stray_jumps(body: Sequence[ast.stmt], source: str) -> None:
    """Raise the SyntaxError that Python has for ``break`` and ``continue`` outside a loop."""
    for statement in body:
        if isinstance(statement, (ast.Break, ast.Continue)):
            _refuse_jump(statement, source)
        if isinstance(statement, SCOPES):
            continue
        for name in ("body", "orelse", "finalbody"):
            if not (name == "body" and isinstance(statement, _LOOPS)):
                refuse_stray_jumps(getattr(statement, name, ()), source)
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            refuse_stray_jumps(part.body, source)


def _refuse_jump(statement: ast.stmt, source: str) -> NoReturn:
    what = "'break' outside loop" if isinstance(statement, ast.Break) else "'continue' not properly in loop"
    lines = source.splitlines()
    text = lines[statement.lineno - 1] if statement.lineno <= len(lines) else ""
    raise SyntaxError(what, ("<cell>", statement.lineno, statement.col_offset + 1, text))
