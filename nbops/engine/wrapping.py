"""Putting the pair of calls around the code of a step: the generated code asks, :class:`~nbops.engine.step.StepCell`
answers.

A cell becomes, with ``rt`` a hidden name::

    rt.begin()                          while rt.begin():              (with --retries)
    try:                                    try:
        <the cell>                              if rt.wanted(EXPR):    (with --when)
        rt.finish(<last expression>)                <the cell>
    except:                                     …
        if not rt.handled(): raise

No node of the user's moves to another line, and an exception that is not handled keeps its traceback, so what a person
sees is what a plain cell would show.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)

__all__ = ["awaits", "code_magic_body", "raising", "wrap"]

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_AWAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith)


def wrap(
    module: ast.Module,
    runtime: str,
    *,
    when: str = "",
    retries: int = 0,
    interactivity: str = "last_expr",
    line: int = 1,
) -> ast.Module:
    r"""Return *module* between the calls of *runtime*; the module may be changed.

    Args:
        module: The cell, its tests already rewritten.
        runtime: The hidden name of the step.
        when: The expression of ``--when``.
        retries: Whether the cell may run again after an exception.
        interactivity: IPython's setting of which expressions are shown.
        line: The line of the mark, where an error in *when* is told.

    Raises:
        SyntaxError: *when* is no expression.

    Example:
        >>> print(ast.unparse(wrap(ast.parse("x = 1\nx"), "rt")))
        rt.begin()
        try:
            x = 1
            rt.finish(x)
        except:
            if not rt.handled():
                raise
    """
    futures, body = _futures_first(module.body)
    body = _showing(body, runtime, interactivity)
    first = body[0] if body else ast.Pass(lineno=line, col_offset=0)
    if not (body and _is_call_of(body[-1], runtime, "finish")):
        body.append(_statement(_call(runtime, "finish"), body[-1] if body else first))
    if when:
        condition = ast.parse(when, mode="eval").body
        for node in ast.walk(condition):
            if isinstance(node, ast.expr):
                node.lineno = node.end_lineno = line
        wanted = _call(runtime, "wanted", condition)
        body = [_at(ast.If(test=wanted, body=body, orelse=[]), first)]
    guarded = _guarded(body, runtime, first)
    begin = _call(runtime, "begin")
    if retries:
        whole: list[ast.stmt] = [_at(ast.While(test=begin, body=[guarded], orelse=[]), first)]
    else:
        whole = [_statement(begin, first), guarded]
    return ast.Module(body=[*futures, *whole], type_ignores=module.type_ignores)


def raising(runtime: str, line: int) -> ast.Module:
    """Return a module that does nothing but let *runtime* refuse, on *line* of the cell."""
    place = ast.Pass(lineno=line, col_offset=0, end_lineno=line, end_col_offset=0)
    return ast.Module(body=[_statement(_call(runtime, "refuse"), place)], type_ignores=[])


def awaits(module: ast.Module) -> bool:
    """Return whether *module* awaits something outside functions.

    Example:
        >>> awaits(ast.parse("await f()")), awaits(ast.parse("async def g(): await f()"))
        (True, False)
    """
    return any(isinstance(node, _AWAITS) for node in _walk_scope(module))


def code_magic_body(module: ast.Module, code_magics: frozenset[str]) -> str | None:
    """Return the body of the cell magic that is all of *module*, when the magic runs Python (``%%time``); else None."""
    if len(module.body) != 1 or not isinstance(module.body[0], ast.Expr):
        return None
    call = module.body[0].value
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "run_cell_magic"):
        return None
    words = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return words[2] if len(words) == 3 and words[0] in code_magics else None


def _walk_scope(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _SCOPES):
            yield child
            yield from _walk_scope(child)


def _futures_first(body: Sequence[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Part the ``__future__`` imports, which Python wants at the top of a module."""
    futures: list[ast.stmt] = [s for s in body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    return futures, [s for s in body if s not in futures]


def _showing(body: list[ast.stmt], runtime: str, interactivity: str) -> list[ast.stmt]:
    """Let the step show what IPython would have shown: inside a ``try`` it no longer does so by itself."""
    if not body or interactivity == "none":
        return body
    *others, last = body
    if interactivity == "all":
        others = [_shown(s, runtime, "show") for s in others]
    if interactivity == "last_expr_or_assign" and (name := _assigned_name(last)):
        return [*others, last, _statement(_call(runtime, "finish", name), last)]
    return [*others, _shown(last, runtime, "finish")]


def _shown(statement: ast.stmt, runtime: str, method: str) -> ast.stmt:
    """Wrap an expression of the user's; what the tests were rewritten to is none of them."""
    if not isinstance(statement, ast.Expr) or _is_call_of(statement, runtime):
        return statement
    return _statement(_call(runtime, method, statement.value), statement)


def _assigned_name(statement: ast.stmt) -> ast.Name | None:
    target: ast.expr | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        target = statement.target
    return ast.copy_location(ast.Name(target.id, ast.Load()), target) if isinstance(target, ast.Name) else None


def _is_call_of(statement: ast.stmt, runtime: str, method: str = "") -> bool:
    """Whether *statement* calls *runtime* or something in it."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    function = statement.value.func
    if method and not (isinstance(function, ast.Attribute) and function.attr == method):
        return False
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name) and function.id == runtime


def _guarded(body: list[ast.stmt], runtime: str, first: ast.stmt) -> ast.stmt:
    last = body[-1]
    unhandled = ast.UnaryOp(op=ast.Not(), operand=_call(runtime, "handled"))
    again = _at(ast.If(test=unhandled, body=[ast.Raise()], orelse=[]), last, at_end=True)
    handler = ast.ExceptHandler(type=None, name=None, body=[again])
    _at(handler, last, at_end=True)
    return _at(ast.Try(body=body, handlers=[handler], orelse=[], finalbody=[]), first)


def _call(runtime: str, method: str, *arguments: ast.expr) -> ast.Call:
    function = ast.Attribute(ast.Name(runtime, ast.Load()), method, ast.Load())
    return ast.Call(func=function, args=list(arguments), keywords=[])


def _statement(call: ast.Call, place: ast.stmt) -> ast.stmt:
    return _at(ast.Expr(call), place)


def _at(node: Node, place: ast.stmt, *, at_end: bool = False) -> Node:
    """Put every node that has no place yet (those of the user have one) where *place* begins or ends."""
    line = (place.end_lineno if at_end else None) or place.lineno
    where = {"lineno": line, "col_offset": place.col_offset, "end_lineno": line, "end_col_offset": place.col_offset}
    waiting: list[ast.AST] = [node]
    while waiting:
        current = waiting.pop()
        if "lineno" in current._attributes and getattr(current, "lineno", None) is None:
            for name, value in where.items():
                setattr(current, name, value)
        elif current is not node and "lineno" in current._attributes:
            continue  # the user's: all below it has its place
        waiting.extend(ast.iter_child_nodes(current))
    return node
