"""Putting the pair of calls around the code of a step.

The generated code asks, :class:`~nbops.engine.cell.step.StepCell` answers.

A cell becomes, with ``rt`` a hidden name::

    rt.begin()                          while rt.trying():             (with --retries)
    <the cell>                              try: <the cell>; rt.finish(<last expression>)
    rt.finish(<last expression>)            except:
                                                if not rt.handled(): raise
    if rt.wanted(EXPR): …               if rt.last_try():
    (around all of it, with --when)         <the cell>; rt.finish(<last expression>)

No node of the user's moves to another line. The exceptions that a person is to see pass through no handler: IPython
shows the line at which a frame *stands*, and a frame that has run a handler stands in the handler. That is why the
last attempt is a copy outside the loop.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence

from nbops.notebook.capture import method_call, place_of

__all__ = ["cell_magic_of", "raising", "wrap"]


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
        x = 1
        rt.finish(x)
    """
    futures, body = _futures_first(module.body)
    place = _start(body[0]) if body else _place(line)
    body = _finished(_showing(body, runtime, interactivity), runtime, place)
    body = _repeated(body, runtime, place) if retries else [_statement(place, runtime, "begin"), *body]
    if when:
        body = [ast.If(method_call(place, runtime, "wanted", _condition(when, line)), body, [], **place_of(place))]
    return ast.Module(body=[*futures, *body], type_ignores=module.type_ignores)


def raising(runtime: str, line: int) -> ast.Module:
    """Return a module that does nothing but let *runtime* refuse, on *line* of the cell."""
    return ast.Module(body=[_statement(_place(line), runtime, "refuse")], type_ignores=[])


def cell_magic_of(module: ast.Module) -> tuple[str, str]:
    """Return name and body of the cell magic that is all of *module*; empty when it is anything else.

    Example:
        >>> cell_magic_of(ast.parse("get_ipython().run_cell_magic('time', '', 'x = 1')"))
        ('time', 'x = 1')
    """
    if len(module.body) != 1 or not isinstance(module.body[0], ast.Expr):
        return "", ""
    call = module.body[0].value
    call = call.value if isinstance(call, ast.NamedExpr) else call
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "run_cell_magic"):
        return "", ""
    words = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return (words[0], words[2]) if len(words) == 3 else ("", "")


def _futures_first(body: Sequence[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Part the ``__future__`` imports, which Python wants at the top of a module."""
    futures: list[ast.stmt] = [s for s in body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    return futures, [s for s in body if s not in futures]


def _showing(body: list[ast.stmt], runtime: str, interactivity: str) -> list[ast.stmt]:
    """Let the step show what IPython would have shown: inside a ``try`` it no longer does so by itself."""
    if interactivity == "all":  # then Python itself shows every expression: ours must not be among them
        return [_Silencer(runtime).visit(statement) for statement in body]
    if not body or interactivity == "none":
        return body
    *others, last = _constant_last(body, runtime)
    if interactivity == "last_expr_or_assign" and (name := _assigned_name(last)):
        return [*others, last, _statement(last, runtime, "finish", name)]
    if not isinstance(last, ast.Expr) or _is_call_of(last, runtime):  # what the tests were rewritten to is not shown
        return [*others, last]
    return [*others, _statement(last, runtime, "finish", last.value)]


def _constant_last(body: list[ast.stmt], runtime: str) -> list[ast.stmt]:
    """Put the end of a run of tests before a constant that stands last: it belongs to the run, but is to be shown."""
    at = len(body) - 1
    while at > 0 and _is_call_of(body[at], runtime):
        at -= 1
    last = body[at]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant):
        return [*body[:at], *body[at + 1 :], last]
    return body


class _Silencer(ast.NodeTransformer):
    """Turns the calls of the runtime that stand alone into statements that show nothing."""

    def __init__(self, runtime: str) -> None:
        self._runtime = runtime

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if not _is_call_of(node, self._runtime):
            return node
        return ast.copy_location(ast.If(test=node.value, body=[ast.copy_location(ast.Pass(), node)], orelse=[]), node)


def _assigned_name(statement: ast.stmt) -> ast.Name | None:
    target: ast.expr | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        target = statement.target
    return ast.copy_location(ast.Name(target.id, ast.Load()), target) if isinstance(target, ast.Name) else None


def _is_call_of(statement: ast.stmt, runtime: str, method: str = "") -> bool:
    """Whether *statement* calls a method of *runtime*, or of its judge, whose name begins with that."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    function = statement.value.func
    if not isinstance(function, ast.Attribute) or method not in ("", function.attr):
        return False
    return isinstance(function.value, ast.Name) and function.value.id.startswith(runtime)


def _place(line: int) -> ast.stmt:
    return ast.Pass(lineno=line, col_offset=0, end_lineno=line, end_col_offset=0)


def _condition(when: str, line: int) -> ast.expr:
    condition = ast.parse(when, mode="eval").body
    for node in ast.walk(condition):
        if isinstance(node, ast.expr):
            node.lineno = node.end_lineno = line
    return condition


def _finished(body: list[ast.stmt], runtime: str, place: ast.stmt) -> list[ast.stmt]:
    if body and _is_call_of(body[-1], runtime, "finish"):
        return body
    if body and _is_call_of(body[-1], runtime, "barrier"):  # the end of the last run of tests, which finish is as well
        return [*body[:-1], _statement(body[-1], runtime, "finish")]
    return [*body, _statement(body[-1] if body else place, runtime, "finish")]


def _repeated(body: list[ast.stmt], runtime: str, place: ast.stmt) -> list[ast.stmt]:
    """Return *body* in a loop for all attempts but the last, and a copy of it behind the loop for that one."""
    end, where = _start(body[-1]), place_of(place)
    at_end = place_of(end)
    unhandled = ast.UnaryOp(ast.Not(), method_call(end, runtime, "handled"), **at_end)
    again = ast.If(unhandled, [ast.Raise(**at_end)], [], **at_end)
    handler = ast.ExceptHandler(None, None, [again], **at_end)
    attempt = ast.Try(copy.deepcopy(body), [handler], [], [], **where)
    loop = ast.While(method_call(place, runtime, "trying"), [attempt], [], **where)
    return [loop, ast.If(method_call(place, runtime, "last_try"), body, [], **where)]


def _statement(place: ast.stmt, runtime: str, method: str, *arguments: ast.expr) -> ast.stmt:
    """Return a call of *runtime* as a statement that stands where *place* begins."""
    start = _start(place)
    return ast.Expr(method_call(start, runtime, method, *arguments), **place_of(start))


def _start(place: ast.stmt) -> ast.stmt:
    line, column = place.lineno, place.col_offset
    return ast.Pass(lineno=line, col_offset=column, end_lineno=line, end_col_offset=column)
