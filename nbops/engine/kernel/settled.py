"""Leaving out of Python's search for garbage what lives as long as the process.

Modules, functions and classes are no garbage before the end. Python looks through all of them all the same, each time
that many objects were made, and several times over when the process ends: with pandas imported that takes a third of a
second, half as long as a kernel takes to start. What is left out is still freed when nobody holds it any more; only a
circle of objects that hold each other would not be.
"""

from __future__ import annotations

import ast
import gc

__all__ = ["is_preparation", "leave_out"]

_SETTING_UP = frozenset({"load_ext", "reload_ext", "autoreload", "matplotlib", "config"})


def leave_out() -> None:
    """Look for no garbage any more among what is there now."""
    gc.freeze()


def is_preparation(source: str) -> bool:
    r"""Return whether a cell only imports, defines and sets up, so that what it leaves stays to the end.

    Example:
        >>> is_preparation("import os\ntry:\n    %load_ext nbops\nexcept ModuleNotFoundError:\n    pass")
        True
        >>> is_preparation("import os\nrows = [1]"), is_preparation("%%sql")
        (False, False)
    """
    from nbops.notebook.reading import parse  # what no cell of a session needs at the start

    try:
        return all(map(_prepares, parse(source).body))
    except (SyntaxError, ValueError):  # another language
        return False


def _prepares(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Try):
        blocks = (statement.body, statement.orelse, statement.finalbody, *(h.body for h in statement.handlers))
        return all(map(_prepares, (inner for block in blocks for inner in block)))
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) or _sets_up(statement.value)
    from nbops.notebook.reading import is_definition

    return is_definition(statement) or isinstance(statement, ast.Pass)


def _sets_up(value: ast.expr) -> bool:
    """Whether *value* is a line magic that sets the shell up, as the parser writes it."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute) or not value.args:
        return False
    first = value.args[0]
    return value.func.attr == "run_line_magic" and isinstance(first, ast.Constant) and first.value in _SETTING_UP
