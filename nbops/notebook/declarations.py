"""Reading what the parameters cell of a notebook declares: names, types, defaults, comments. Nothing is run."""

from __future__ import annotations

import ast
import io
import re
import tokenize

from nbops.errors import ParameterError
from nbops.notebook.conversion import annotation_names
from nbops.notebook.marks import python_source
from nbops.notebook.secret import HIDDEN, REFERENCE
from nbops.notebook.syntax import NoPython, parsed
from nbops.pipeline.step import Parameter

__all__ = ["read_parameters", "targets", "written_secrets"]

_TYPE_COMMENT = re.compile(r"type:\s*([^\s#]+)\s*(?:#\s*)?(.*)")


def read_parameters(source: str) -> tuple[Parameter, ...]:
    """Return the parameters that a cell declares, in order; the last of two of the same name counts.

    Raises:
        ParameterError: The cell cannot be read as Python.

    Example:
        >>> read_parameters("day: date = date(2013, 1, 1)  # business day")
        (Parameter(name='day', annotation='date', default='date(2013, 1, 1)', doc='business day', is_secret=False),)
    """
    code = python_source(source)
    try:
        module = parsed(code)
    except NoPython as error:
        raise ParameterError(
            f"the parameters cannot be read: {error}",
            where=f"line {error.line} of the cell: {_line(source, error.line)}",
            fix="write NAME: TYPE = DEFAULT",
        ) from error
    comments = _comments(code)
    found: dict[str, Parameter] = {}
    for node in module.body:
        for name in targets(node):
            found[name] = _parameter(name, node, code, comments.get(node.end_lineno or 0, ""))
    return tuple(found.values())


def written_secrets(source: str) -> dict[str, str]:
    r"""Return the secret defaults that stand in a cell's code, by name, but for those that the kernel must find out.

    Example:
        >>> written_secrets("token: Secret = 'abcdef'\nother: Secret = read()")
        {'token': 'abcdef'}
    """
    secrets = {parameter.name for parameter in read_parameters(source) if parameter.is_secret}
    found: dict[str, str] = {}
    for node in ast.parse(python_source(source)).body if secrets else ():
        value = getattr(node, "value", None)
        for name in secrets.intersection(targets(node)):
            found.pop(name, None)
            text = value.value if isinstance(value, ast.Constant) else None
            if isinstance(text, str) and not text.startswith(REFERENCE):
                found[name] = text
    return found


def _line(source: str, line: int) -> str:
    lines = source.splitlines()
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def _comments(code: str) -> dict[int, str]:
    """Return the comment at the end of each line, by the line's number."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string.lstrip("#").strip()
    except (tokenize.TokenError, IndentationError):  # ast has parsed it, so at worst a comment behind the end is lost
        return found
    return found


def targets(node: ast.stmt) -> list[str]:
    """Return the names that a statement declares as parameters, in order."""
    if isinstance(node, ast.AnnAssign):
        return [node.target.id] if isinstance(node.target, ast.Name) else []
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _parameter(name: str, node: ast.stmt, code: str, comment: str) -> Parameter:
    annotation = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
    match = _TYPE_COMMENT.fullmatch(comment)
    if match and not annotation:  # papermill's way to say it: x = 1  # type: int  how many
        annotation, comment = match[1], match[2]
    value = getattr(node, "value", None)
    default = ast.get_source_segment(code, value) or ast.unparse(value) if value is not None else ""
    is_secret = "Secret" in annotation_names(annotation)
    return Parameter(name, annotation, HIDDEN if is_secret and default else default, comment, is_secret)
