"""Sinks: statements that write to the world outside the notebook, recognised in the code alone.

A sink goes into a step of its own, so that tests judge a table before it is written. What is meant is the effect
(a file, a database, a message), not the library: the lists name methods that do nothing else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Sink", "acting_functions", "find_sink", "outside_act", "sink_functions"]

# Always write, whatever their arguments.
_WRITER_NAMES = """
    to_sql to_excel to_parquet to_feather to_pickle to_hdf to_gbq to_stata to_orc to_clipboard to_iceberg to_delta
    to_file to_zarr to_netcdf write_csv write_parquet write_excel write_database write_delta write_ipc write_avro
    write_ndjson write_iceberg sink_csv sink_parquet sink_ipc sink_ndjson savefig write_image write_text write_bytes
    savez savez_compressed savetxt upload_file upload_fileobj put_object upload_blob upload_from_filename
    upload_from_string sendmail send_message send_mail send_email chat_postMessage files_upload insert_rows_json
    load_table_from_dataframe saveAsTable save_as_table copy_from copy_expert executemany
"""
_WRITERS = frozenset(_WRITER_NAMES.split())
# Return text when they are given no place to write to.
_WRITERS_WITH_A_PLACE = frozenset(
    ["to_csv", "to_json", "to_html", "to_markdown", "to_latex", "to_xml", "write_json", "write_html"]
)
# Write only when called on this module.
_MODULE_WRITERS = {
    "requests": {"post", "put", "patch", "delete"},
    "httpx": {"post", "put", "patch", "delete"},
    "shutil": {"copy", "copy2", "copyfile", "copytree", "move", "rmtree", "make_archive"},
    "os": {"remove", "unlink", "rename", "replace", "rmdir", "removedirs"},
    "joblib": {"dump"},
    "pickle": {"dump"},
    "json": {"dump"},
    "yaml": {"dump", "safe_dump"},
    "torch": {"save"},
    "np": {"save"},
    "numpy": {"save"},
    "urllib.request": {"urlretrieve"},
    "wr.s3": {"to_csv", "to_parquet", "to_json"},
}
_MODULES = frozenset([*_MODULE_WRITERS, "plt", "wr", "urllib"])
_COMMANDS = frozenset(["os.system", "os.popen", "os.execv", "os.execvp", "os.posix_spawn", "os.startfile"])
_SQL_WRITES = re.compile(r"\s*(insert|update|delete|merge|drop|truncate|create|alter|replace|copy)\b", re.I)
_DRAWN = frozenset(["savefig", "write_image", "write_html"])


@dataclass(frozen=True, slots=True)
class Sink:
    """One write to the outside.

    Args:
        call: The method or function that writes, as ``to_sql``.
        target: What is written to, as far as the code says it: a file's name, a table; empty when unknown.
        subject: The variable that is written; empty when there is none.
        is_drawn: Whether it saves a picture, whose drawing must stay in the same cell.
    """

    call: str
    target: str = ""
    subject: str = ""
    is_drawn: bool = False


def find_sink(statement: ast.AST, functions: frozenset[str] = frozenset()) -> Sink | None:
    """Return the first sink that *statement* reaches when it is executed; *functions* are the notebook's own sinks.

    Example:
        >>> find_sink(ast.parse("weekly.to_sql('sales_weekly', engine)").body[0])
        Sink(call='to_sql', target='sales_weekly', subject='weekly', is_drawn=False)
        >>> find_sink(ast.parse("text = weekly.to_csv()").body[0]) is None
        True
    """
    for node in _executed(statement):
        if isinstance(node, ast.Call):
            sink = _sink_of_call(node, functions)
            if sink:
                return sink
    return None


def sink_functions(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """Return the names of the functions among *statements* that write, directly or by calling one that does."""
    return _reaching(statements, lambda inner, found: find_sink(inner, found) is not None)


def outside_act(statement: ast.AST, functions: frozenset[str] = frozenset()) -> str:
    """Return what *statement* does outside the notebook when it is executed; empty when nothing is seen.

    Beside sinks these are the commands that it starts, of which nobody can tell what they write.

    Args:
        statement: The statement.
        functions: Those of the notebook that do something outside, see :func:`acting_functions`.

    Example:
        >>> outside_act(ast.parse("weekly.to_sql('sales_weekly', engine)").body[0])
        'writes to the outside (to_sql)'
        >>> outside_act(ast.parse("done = subprocess.run(['make'])").body[0])
        'runs commands (subprocess.run)'
    """
    sink = find_sink(statement, functions)
    if sink is not None:
        return f"writes to the outside ({sink.call})"
    for node in _executed(statement):
        if isinstance(node, ast.Name) and node.id == "get_ipython":
            return "runs commands of IPython"
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if name in _COMMANDS or name.startswith("subprocess."):
            return f"runs commands ({name})"
    return ""


def acting_functions(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """Return the names of the functions among *statements* that do something outside, see :func:`outside_act`."""
    return _reaching(statements, lambda inner, found: bool(outside_act(inner, found)))


def _reaching(statements: Iterable[ast.stmt], acts: Callable[[ast.stmt, frozenset[str]], bool]) -> frozenset[str]:
    """Return the functions with a statement that *acts*, or that calls one of them."""
    bodies = {s.name: s for s in statements if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))}
    found: frozenset[str] = frozenset()
    while True:
        more = frozenset(name for name, s in bodies.items() if any(acts(inner, found) for inner in s.body))
        if more == found:
            return found
        found = more


def _executed(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of *statement* in the order of the text, without the bodies of functions it only defines."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return
    yield statement
    for child in ast.iter_child_nodes(statement):
        yield from _executed(child)


def _sink_of_call(call: ast.Call, functions: frozenset[str]) -> Sink | None:  # noqa: PLR0911 (a table of cases)
    match call.func:
        case ast.Name(id=name) if name in functions:
            return Sink(name, subject=_first_name(call))
        case ast.Name(id="open") if _opens_for_writing(call, position=1):
            return Sink("open", target=_constant(_argument(call, 0, "file")))
        case ast.Attribute(attr="open") if _opens_for_writing(call, position=0):
            return Sink("open")
        case ast.Attribute(value=owner, attr=name) if _writes(call, ast.unparse(owner), name):
            if name in ("write_text", "write_bytes"):
                return Sink(name, _constant(owner))
            root = _root(owner)
            subject = _first_name(call) if root in _MODULES else root
            return Sink(name, _target(call), subject, name in _DRAWN)
        case ast.Attribute(attr="execute") if _SQL_WRITES.match(_constant(_argument(call, 0, "sql"))):
            return Sink("execute", target=_constant(_argument(call, 0, "sql")).split()[-1])
    return None


def _writes(call: ast.Call, owner: str, name: str) -> bool:
    if name in _WRITERS or name in _MODULE_WRITERS.get(owner, ()):
        return True
    if name in _WRITERS_WITH_A_PLACE:
        place = _argument(call, 0, "path_or_buf", "path", "buf", "file", "path_or_buffer")
        return place is not None and not (isinstance(place, ast.Constant) and place.value is None)
    return False


def _opens_for_writing(call: ast.Call, position: int) -> bool:
    return any(letter in _constant(_argument(call, position, "mode")) for letter in "wax")


def _argument(call: ast.Call, position: int, *names: str) -> ast.expr | None:
    if len(call.args) > position:
        return call.args[position]
    return next((k.value for k in call.keywords if k.arg in names), None)


def _target(call: ast.Call) -> str:
    names = ("name", "path", "path_or_buf", "excel_writer", "fname", "url", "filename", "con")
    return _constant(_argument(call, 0, *names))


def _constant(node: ast.expr | None) -> str:
    """Return the text that *node* holds; of an f-string or a path built from parts, its last constant part."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str))
        case ast.BinOp(right=right):
            return _constant(right)
        case ast.Call(args=[*_, last]):
            return _constant(last)
    return ""


def _first_name(call: ast.Call) -> str:
    return next((a.id for a in call.args if isinstance(a, ast.Name)), "")


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
