"""The top-level statements of a cell: where each one stands, what kind of thing it does, what it reads and makes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from nbops.errors import NotebookError
from nbops.notebook.cells import Cell
from nbops.notebook.dataflow import Scope, analyse
from nbops.notebook.marks import CODE_MAGICS, cell_magic, python_source
from nbops.notebook.sinks import Sink, find_sink
from nbops.notebook.syntax import NoPython, parsed

__all__ = ["Code", "Kind", "Statement", "join", "read_code"]

Kind = Literal["import", "setting", "constant", "definition", "work", "plot", "look", "test", "sink"]

# Calls that prepare the session and make no data.
_SETTINGS = re.compile(
    r"(pd|pandas)\.(set_option|reset_option)|(np|numpy)\.(set_printoptions|seterr|random\.seed)|random\.seed"
    r"|(plt|matplotlib)(\.\w+)*\.(use|rc|ion|ioff|set_cmap)|(sns|seaborn)\.(set\w*)|warnings\.\w+|logging\.\w+"
    r"|pl\.Config\.\w+|sys\.path\.\w+|os\.(chdir|makedirs|environ\.\w+)|\w+\.mkdir|load_dotenv|\w+\.(setLevel|addHandler)"
    r"|(\w+\.)*(create_engine|connect|getLogger|Session|Client|client|register_matplotlib_converters)"
    r"|get_ipython\(\)\.(run_line_magic|system|magic)|locale\.setlocale|tqdm\.pandas"
)
_DRAWING = re.compile(r"(plt|sns|seaborn|px|go|alt)\.\w+|(fig|figure|ax|axs|axes|ax\d|chart)(\[.*\])?\.\w+")
_DRAWN_METHODS = frozenset(["plot", "hist", "boxplot", "bar", "barh", "scatter", "plot_joint"])
_ASSERTING = re.compile(r"(pd|pandas|np|numpy|npt|pl|polars)\.testing\.assert_\w+|npt\.assert_\w+")


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement, or several that share a line, with the comments above.

    Args:
        nodes: Its syntax trees.
        source: Its lines as written.
        kind: What it does, the strongest when it does several things.
        reads: Names it needs.
        writes: Names it makes or binds anew.
        mutates: Names whose value it changes.
        sink: What it writes to the outside.
    """

    nodes: tuple[ast.stmt, ...]
    source: str
    kind: Kind
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    sink: Sink | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """A code cell taken apart.

    Args:
        index: The cell's index in the notebook.
        statements: What it does, in order; empty for comments alone and for cells in another language.
        tail: Comment lines after the last statement.
        can_split: Whether its statements may be moved to several cells; not below a cell magic.
        language: The cell magic of another language (``sql``, ``bash``); empty for Python.
    """

    index: int
    statements: tuple[Statement, ...]
    tail: str = ""
    can_split: bool = True
    language: str = ""


def read_code(cell: Cell, sinks: frozenset[str], scope: Scope, where: str) -> Code:
    """Return the statements of *cell*.

    Args:
        cell: The cell; those before it were read with the same *scope*.
        sinks: The notebook's own functions that write.
        scope: What the cells before it say about the variables.
        where: The notebook's path, for errors.

    Raises:
        NotebookError: The cell cannot be parsed.
    """
    first = next((line for line in cell.source.splitlines() if line.strip() and line.strip()[0] != "#"), "")
    magic = cell_magic(first)
    if magic and magic[0] not in CODE_MAGICS:
        return Code(cell.index, (), cell.source, can_split=False, language=magic[0])
    text = python_source(cell.source)
    try:
        tree = parsed(text)
    except NoPython as error:
        raise NotebookError(
            f"cell {cell.index + 1} cannot be read as Python: {error}",
            where=f"{where}, cell {cell.index + 1}, line {error.line}",
            fix="mend the cell, or give it the tag skip-execution",
        ) from error
    lines, python_lines = cell.source.split("\n"), text.split("\n")
    parts, start = [], 0
    for nodes in _by_line(tree.body):
        end = max(node.end_lineno or node.lineno for node in nodes)
        parts.append(_statement(nodes, lines[start:end], "\n".join(python_lines[start:end]), sinks, scope))
        start = end
    return Code(cell.index, tuple(parts), "\n".join(lines[start:]).strip("\n"), can_split=magic is None)


def join(statements: Iterable[Statement], tail: str = "") -> str:
    """Return the text of a cell that holds *statements*, as they were written."""
    return "\n".join([*(s.source for s in statements), *([tail] if tail else [])]).strip("\n")


def _by_line(body: list[ast.stmt]) -> list[tuple[ast.stmt, ...]]:
    """Return the statements, those that share a line (``a = 1; b = 2``) together."""
    groups: list[tuple[ast.stmt, ...]] = []
    last = 0
    for node in body:
        if groups and node.lineno <= last:
            groups[-1] += (node,)
        else:
            groups.append((node,))
        last = node.end_lineno or node.lineno
    return groups


def _statement(
    nodes: tuple[ast.stmt, ...], lines: list[str], python: str, sinks: frozenset[str], scope: Scope
) -> Statement:
    flow = analyse(python, scope)
    sink = next((found for node in nodes if (found := find_sink(node, sinks))), None)
    writes, mutates = frozenset(flow.writes), frozenset(flow.mutates)
    kinds = {_kind(node, bool(writes or mutates)) for node in nodes}
    kind = "sink" if sink else next(k for k in _STRONGEST if k in kinds)
    return Statement(nodes, "\n".join(lines), kind, frozenset(flow.reads), writes, mutates, sink)


_STRONGEST: tuple[Kind, ...] = ("work", "plot", "test", "definition", "setting", "constant", "import", "look")


def _kind(node: ast.stmt, makes_something: bool) -> Kind:  # noqa: PLR0911 (a table of cases)
    match node:
        case ast.Import() | ast.ImportFrom():
            return "import"
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return "definition"
        case ast.Assert():
            return "test"
        case ast.Try(body=body) if all(isinstance(s, (ast.Import, ast.ImportFrom)) for s in body):
            return "setting"
        case ast.Expr(value=ast.Call() as call):
            return _kind_of_call(call, makes_something)
        case ast.Expr(value=ast.Constant()):
            return "look"
        case ast.Assign(targets=[ast.Name() | ast.Tuple()], value=value) | ast.AnnAssign(value=ast.expr() as value):
            return _kind_of_value(value)
        case ast.For(body=body) | ast.With(body=body) | ast.If(body=body) if _only_draws(body):
            return "plot"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as target]):
            return "setting" if re.match(r"(plt|mpl|matplotlib|pd|os|pl|warnings)\.", ast.unparse(target)) else "work"
    return "work" if makes_something else "look"


def _kind_of_call(call: ast.Call, makes_something: bool) -> Kind:
    name = ast.unparse(call.func)
    if _SETTINGS.fullmatch(name):
        return "setting"
    if _ASSERTING.fullmatch(name):
        return "test"
    if _DRAWING.match(name) or _draws(call):
        return "plot"
    return "work" if makes_something else "look"


def _kind_of_value(value: ast.expr) -> Kind:
    if isinstance(value, ast.Call):
        name = ast.unparse(value.func)
        if _SETTINGS.fullmatch(name):
            return "setting"
        if _DRAWING.match(name) or _draws(value):
            return "plot"
    return "constant" if _is_constant(value) else "work"


def _only_draws(body: list[ast.stmt]) -> bool:
    kinds = {_kind(node, makes_something=False) for node in body}
    return "plot" in kinds and kinds <= {"plot", "look"}


def _draws(call: ast.Call) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr in _DRAWN_METHODS for n in ast.walk(call.func))


def _is_constant(value: ast.expr) -> bool:
    """Return whether *value* is written out: literals, and calls of types (``date(2024, 1, 1)``) on literals."""
    match value:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=operand):
            return _is_constant(operand)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return all(_is_constant(item) for item in items)
        case ast.Dict(keys=keys, values=values):
            return all(k is not None and _is_constant(k) for k in keys) and all(_is_constant(v) for v in values)
        case ast.Call(func=func, args=args, keywords=keywords):
            is_type = re.fullmatch(
                r"(\w+\.)?(date|datetime|timedelta|Path|Decimal|Timestamp|frozenset|set)", ast.unparse(func)
            )
            return is_type is not None and all(map(_is_constant, [*args, *(k.value for k in keywords)]))
    return False
