"""What code reads from outside the notebook, as far as it says so: files, and what changes without being changed."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath

__all__ = ["Outside", "outside_reads"]

_FILE_READERS = frozenset(
    [
        "open",
        "read_csv",
        "read_table",
        "read_fwf",
        "read_json",
        "read_parquet",
        "read_feather",
        "read_excel",
        "read_pickle",
        "read_orc",
        "read_xml",
        "read_hdf",
        "read_stata",
        "read_sas",
        "read_spss",
        "read_ipc",
        "read_avro",
        "read_ndjson",
        "scan_csv",
        "scan_parquet",
        "scan_ipc",
        "scan_ndjson",
        "loadtxt",
        "genfromtxt",
        "fromfile",
        "from_csv",
        "from_parquet",
        "imread",
    ]
)
_FILE_METHODS = frozenset({"read_text", "read_bytes"})
_CHANGING = frozenset(
    [
        "read_sql",
        "read_sql_query",
        "read_sql_table",
        "read_gbq",
        "read_database",
        "read_clipboard",
        "read_html",
        "urlopen",
        "urlretrieve",
        "now",
        "today",
        "utcnow",
        "time",
        "time_ns",
        "perf_counter",
        "monotonic",
        "getenv",
        "uuid1",
        "uuid4",
        "token_hex",
        "token_bytes",
        "input",
        "connect",
        "create_engine",
        "execute",
        "fetchall",
        "fetchone",
        "sql",
        "glob",
        "iterdir",
        "listdir",
        "scandir",
    ]
)
_WEB_METHODS = frozenset({"get", "post", "request"})
_WEB_MODULES = frozenset({"requests", "httpx", "session"})
_RANDOM = frozenset({"random", "rand", "randn", "randint", "choice", "shuffle", "sample", "default_rng"})
_EVALUATED = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.BinOp, ast.Add, ast.Div, ast.JoinedStr, ast.FormattedValue,
)  # fmt: skip


class Outside:
    """What some code reads from outside.

    Args:
        files: The files that it reads.
        changing: The calls whose result may be another one every time, and files whose path the code does not tell.
    """

    def __init__(self, files: Iterable[str] = (), changing: Iterable[str] = ()) -> None:
        self.files = tuple(dict.fromkeys(files))
        self.changing = tuple(dict.fromkeys(changing))


def outside_reads(tree: ast.AST, namespace: Mapping[str, object]) -> Outside:
    """Return what *tree* reads from outside; paths are told by *namespace* where variables make them.

    Example:
        >>> found = outside_reads(ast.parse("pd.read_csv(folder + '/hosts'); now()"), {"folder": "/etc"})
        >>> found.files, found.changing
        (('/etc/hosts',), ('now',))
    """
    files: list[str] = []
    changing: list[str] = []
    for name, call in _calls(tree):
        if name in _FILE_READERS or name in _FILE_METHODS:
            path = _path(_source_of(name, call), namespace)
            if path is None:
                changing.append(name)
            else:
                files.append(path)
        elif _is_changing(name, call):
            changing.append(name)
    return Outside(files, changing)


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


def _is_changing(name: str, call: ast.Call) -> bool:
    if name in _CHANGING:
        return True
    if not isinstance(call.func, ast.Attribute):
        return False
    owner = ast.unparse(call.func.value)
    if name in _WEB_METHODS and owner.split(".")[0] in _WEB_MODULES:
        return True
    return name in _RANDOM and owner in ("random", "np.random", "numpy.random") and not call.args


def _source_of(name: str, call: ast.Call) -> ast.expr | None:
    if name in _FILE_METHODS and isinstance(call.func, ast.Attribute):
        return call.func.value
    if call.args:
        return call.args[0]
    names = ("filepath_or_buffer", "path", "io", "file", "source", "path_or_buf", "fname")
    return next((keyword.value for keyword in call.keywords if keyword.arg in names), None)


def _path(node: ast.expr | None, namespace: Mapping[str, object]) -> str | None:
    """Return the path that *node* makes; None when it is not made of texts and paths that are known, or is no file."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Path" and node.args:
        node = node.args[0]
    if node is None or not all(isinstance(inner, _EVALUATED) for inner in ast.walk(ast.Expression(node))):
        return None
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    known = {name: namespace.get(name) for name in names}
    if not all(isinstance(value, (str, PurePath, int)) or _is_date(value) for value in known.values()):
        return None
    try:
        found = eval(compile(ast.Expression(node), "<path>", "eval"), {"__builtins__": {}}, known)
    except Exception:  # noqa: BLE001 - then the code does not tell
        return None
    return str(found) if isinstance(found, (str, PurePath)) and Path(found).is_file() else None


def _is_date(value: object) -> bool:
    return type(value).__module__ == "datetime"
