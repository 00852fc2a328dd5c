"""What IPython's magics and shell commands mean as Python, line for line; for running and for reading a cell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

__all__ = ["CODE_MAGICS", "cell_call", "cell_magic", "code_of_lines", "code_of_magic", "is_python"]

CODE_MAGICS = frozenset({"capture", "debug", "lprun", "memit", "prun", "pyinstrument", "snakeviz", "time", "timeit"})
"""Cell magics whose body is Python that runs in this kernel."""

_CELL_MAGIC = re.compile(r"%%([^\W\d][\w.]*)(?:\s+(.*))?$")
_SPECIAL = re.compile(
    r"(?P<before>\s*(?:[^=%!#'\"]*[^=%!#'\"<>]=\s*)?)"
    r"(?:%(?P<magic>[^\W\d][\w.]*)(?P<rest>.*)|!(?P<shell>.*))"
)
_HELP = re.compile(r"\s*(?:\?{1,2}\s*(%{0,2}[\w.*]+)|(%{0,2}[\w.*]+)\s*\?{1,2})\s*$")
_EXPANDED = re.compile(r"\{([^{}]+)\}|\$([^\W\d]\w*)")
_IN_SQL = re.compile(
    r"\{\{?\s*([^\W\d]\w*)\s*\}?\}|(?<![:\w]):([^\W\d]\w*)|\b(?:from|join)\s+([^\W\d]\w*)\b(?!\s*[.(])", re.IGNORECASE
)
_OPTIONS_WITH_VALUES = {"timeit": "nrpvt", "prun": "lsTD", "memit": "rt", "lprun": "fmuDTs"}
_LOCAL = frozenset({"timeit", "memit"})


def is_python(text: str) -> bool:
    """Return whether *text* can be parsed."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # also null bytes, and nesting without end
        return False
    return True


def cell_magic(text: str) -> tuple[str, str] | None:
    """Return name and arguments of a cell magic's first line, or None when *text* is none.

    Example:
        >>> cell_magic("%%sql orders <<")
        ('sql', 'orders <<')
    """
    match = _CELL_MAGIC.match(text.strip()) if "%%" in text else None
    return (match[1], match[2] or "") if match else None


def cell_call(name: str, arguments: str, lines: list[str], target: str = "", *, is_reading: bool = False) -> list[str]:
    r"""Return the call that the cell magic *lines* mean, padded to as many lines.

    Args:
        name: The magic's name.
        arguments: What stands behind it in its line.
        lines: All lines of the magic, its own first.
        target: The name that the result gets.
        is_reading: The call is for the dataflow only: variables that the text names become arguments, and the name
            that the magic itself binds (``NAME <<``) is assigned.

    Example:
        >>> cell_call("sql", "t <<", ["%%sql t <<\n", "select * from orders\n"], is_reading=True)
        ["t = get_ipython().run_cell_magic('sql', 't <<', 'select * from orders\\n', orders)\n", '\n']
    """
    body = "".join(lines[1:])
    names = ""
    if is_reading and "sql" in name.lower():
        names = "".join(f", {found}" for found in dict.fromkeys(_names_in_sql(arguments + "\n" + body)))
    call = f"get_ipython().run_cell_magic({name!r}, {arguments!r}, {body!r}{names})"
    if target:
        call = f"({target} := {call})"
    elif is_reading and (bound := re.search(r"([^\W\d]\w*)\s*<<", arguments)):
        call = f"{bound[1]} = {call}"
    return [call + _ending(lines[0])] + [_ending(line) or "#" for line in lines[1:]]


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _names_in_sql(text: str) -> Iterator[str]:
    for match in _IN_SQL.finditer(text):
        name = match[1] or match[2] or match[3]
        if is_python(name):  # not a keyword
            yield name


def code_of_magic(line: str) -> str:
    r"""Return what the first line of a code magic means: a set-up statement, a name that it binds, or a comment.

    Example:
        >>> code_of_magic("%%timeit -n 3 x = 1\n"), code_of_magic("%%capture out\n"), code_of_magic("%%time\n")
        ('x = 1\n', 'out = get_ipython()\n', '# %%time\n')
    """
    name, arguments = cell_magic(line) or ("", "")
    words = [word for word in arguments.split() if not word.startswith("-")]
    if name == "capture" and words and words[0].isidentifier():
        return f"{words[0]} = get_ipython(){_ending(line)}"
    code = _without_options(name, arguments) if name == "timeit" else ""
    return code + _ending(line) if code and is_python(code) else f"# {line}"


def _without_options(name: str, text: str) -> str:
    """Return the code behind the options of a code magic."""
    valued = _OPTIONS_WITH_VALUES.get(name, "")
    rest = text.strip()
    while match := re.match(r"--?([\w-]+)(=\S*)?(?:\s+|$)", rest):
        rest = rest[match.end() :]
        if len(match[1]) == 1 and match[1] in valued and not match[2]:
            rest = rest.partition(" ")[2].lstrip()
    return rest


def code_of_lines(lines: list[str]) -> list[str]:
    r"""Return *lines* with magics, shell commands and help as the Python that they mean, as many lines.

    Example:
        >>> code_of_lines(["%time x = f()\n", "!rm {path}\n", "y = 1\n"])
        ['x = f()\n', "get_ipython().system('rm {path}', path)\n", 'y = 1\n']
    """
    code: list[str] = []
    rest = iter(lines)
    for line in rest:
        parts = [line]
        if _SPECIAL.match(line):
            while parts[-1].rstrip("\r\n").endswith("\\") and (more := next(rest, "")):
                parts.append(more)
        code.append(_code_of_line(_unwrapped(parts)))
        code += [_ending(part) or "#" for part in parts[1:]]
    return code


def _unwrapped(parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return " ".join(part.rstrip().removesuffix("\\").rstrip() for part in parts) + _ending(parts[0])


def _code_of_line(line: str) -> str:
    text, ending = line.rstrip(), _ending(line)
    if match := _SPECIAL.fullmatch(text):
        before = match["before"]
        if match["magic"]:
            return before + _code_of_line_magic(match["magic"], match["rest"].strip()) + ending
        shell = match["shell"]
        function = "getoutput" if before.strip() or shell.startswith("!") else "system"
        shell = shell.removeprefix("!").strip()
        return f"{before}get_ipython().{function}({shell!r}{_expanded(shell)}){ending}"
    if match := _HELP.fullmatch(text):
        indent = text[: len(text) - len(text.lstrip())]
        return f"{indent}get_ipython().run_line_magic('pinfo', {match[1] or match[2]!r}){ending}"
    return line


def _code_of_line_magic(name: str, arguments: str) -> str:
    if name in CODE_MAGICS:
        code = _without_options(name, arguments)
        if code and is_python(code):
            return _values_only(code) if name in _LOCAL else code
    return f"get_ipython().run_line_magic({name!r}, {arguments!r}{_expanded(arguments)})"


def _values_only(code: str) -> str:
    """Return *code* without its assignments: ``%timeit`` binds nothing outside itself."""
    return "; ".join(
        ast.unparse(node.value if isinstance(node, ast.Assign | ast.AugAssign) else node)
        for node in ast.parse(code).body
    )


def _expanded(text: str) -> str:
    """Return as arguments the expressions that IPython fills in: ``{expression}`` and ``$name``."""
    found = dict.fromkeys((match[1] or match[2]).strip() for match in _EXPANDED.finditer(text))
    return "".join(f", {expression}" for expression in found if _is_expression(expression))


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True
