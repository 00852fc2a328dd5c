"""Which names a piece of code binds in its own scope, and which it takes from around it."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator

__all__ = ["Function", "arguments", "bound_names", "children", "free_names", "own_names", "string_names"]

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_AT_NAME = re.compile(r"@([^\W\d]\w*)")


def arguments(code: Function) -> list[str]:
    """Return the names of all arguments of a function, in order."""
    spec = code.args
    listed = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    return [a.arg for a in (*listed, *(x for x in (spec.vararg, spec.kwarg) if x))]


def children(node: ast.AST) -> list[ast.AST]:
    """Return what stands directly in *node*, as :func:`ast.iter_child_nodes` yields it, in half of its time.

    Example:
        >>> [type(child).__name__ for child in children(ast.parse("f(x)").body[0].value)]
        ['Name', 'Name']
    """
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
    return found


def bound_names(body: Iterable[ast.AST]) -> frozenset[str]:
    r"""Return the names that *body* binds in the scope it stands in; not those it declares global or nonlocal.

    Example:
        >>> sorted(bound_names(ast.parse("import os.path\nfor i in x: y = [j for j in z]").body))
        ['i', 'os', 'y']
    """
    bound: set[str] = set()
    outside: set[str] = set()
    for node in _of_this_scope(body):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                bound |= {(a.asname or a.name).split(".")[0] for a in names}
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                bound.add(name)
            case ast.MatchMapping(rest=str(name)):
                bound.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                outside |= set(names)
    return frozenset(bound - outside)


@functools.lru_cache(maxsize=4096)  # a function is asked about each time it is called somewhere
def own_names(code: Function) -> frozenset[str]:
    """Return the names that a function binds when it is called: its arguments, and what its body binds.

    Example:
        >>> sorted(own_names(ast.parse("def f(a): b = a * rate").body[0]))
        ['a', 'b']
    """
    body = code.body if isinstance(code.body, list) else [code.body]
    return bound_names(body) | frozenset(arguments(code))


def _of_this_scope(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of *body* without what stands in scopes of its own, but with a comprehension's walruses."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _COMPREHENSIONS):
            yield from (n.target for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            continue
        yield node
        if not isinstance(node, _SCOPES):
            waiting.extend(children(node))


def free_names(code: ast.AST) -> dict[str, int]:
    """Return the names that a function or class takes from around it when it runs, with the line of the first.

    Example:
        >>> free_names(ast.parse("def f(a): return a * rate").body[0])
        {'rate': 1}
    """
    return dict(_free_names(code))


@functools.lru_cache(maxsize=4096)  # the cell and the statement that define it are both asked
def _free_names(code: ast.AST) -> dict[str, int]:
    found: dict[str, int] = {}
    _collect_free(code, frozenset(), found)
    return found


def _collect_free(code: ast.AST, known: frozenset[str], found: dict[str, int]) -> None:
    inner: frozenset[str] = known
    body = children(code)
    if isinstance(code, Function):
        body = [*code.body] if isinstance(code.body, list) else [code.body]
        inner = known | own_names(code)
    elif isinstance(code, _COMPREHENSIONS):
        inner = known | {n.id for g in code.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
    elif isinstance(code, ast.Name) and isinstance(code.ctx, ast.Load) and code.id not in known:
        found.setdefault(code.id, code.lineno)
    own = known | bound_names(code.body) if isinstance(code, ast.ClassDef) else inner
    for node in body:  # a class's own names are not seen by its methods
        _collect_free(node, inner if isinstance(node, _SCOPES) else own, found)


def string_names(text: str) -> list[str]:
    """Return the variables that ``DataFrame.query`` takes from around it.

    Example:
        >>> string_names("price > @limit and day == @today.date")
        ['limit', 'today']
    """
    return _AT_NAME.findall(text)
