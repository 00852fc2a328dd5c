"""Reading code as Python, with one way to tell where it is none."""

from __future__ import annotations

import ast

__all__ = ["NoPython", "parsed"]


class NoPython(ValueError):
    """Code that is no Python.

    Attributes:
        line: Its first line that is none, counted from 1.
    """

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


def parsed(code: str) -> ast.Module:
    r"""Return the syntax tree of *code*.

    Raises:
        NoPython: It has none.

    Example:
        >>> try:
        ...     parsed("x = 1\ny = = 2")
        ... except NoPython as error:
        ...     print(error.line, error)
        2 invalid syntax
    """
    try:
        return ast.parse(code)
    except SyntaxError as error:
        raise NoPython(error.msg, error.lineno or 1) from error
    except ValueError as error:  # a null byte has no place
        raise NoPython(str(error), 1) from error
    except (RecursionError, MemoryError) as error:
        raise NoPython("its expressions are nested too deep", 1) from error
