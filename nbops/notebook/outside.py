"""What code reads from outside the notebook, as far as it says so: files, and what changes without being changed.

The code is followed in the order in which it would run, into the functions of the notebook that it calls, with what
their parameters are there. Nothing is run.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from nbops.notebook import readers
from nbops.notebook.following import Definition, Follower
from nbops.notebook.inward import Inward
from nbops.notebook.paths import OPENED, Pattern

__all__ = ["Definition", "Outside", "outside_reads"]

_LONGEST_SHOWN = 60
_PURE = frozenset(
    {"pandas", "polars", "numpy", "pyarrow", "builtins", "datetime", "pathlib", "collections", "matplotlib"}
)
_SETTINGS = frozenset({"os.environ", "os.environb", "sys.argv"})
_SETTING_NAMES = frozenset(name.rpartition(".")[2] for name in _SETTINGS)
_WEB_OWNERS = frozenset({"requests", "httpx", "session", "client", "http"})
_WEB_METHODS = frozenset({"get", "post", "put", "patch", "head", "request"})


@dataclass(slots=True)
class Outside:
    """What some code reads from outside.

    Args:
        files: The files that it reads or asks about.
        patterns: Patterns and folders of which it reads every file.
        later: The calls whose files the code does not tell; Python itself opens them, so they are seen when it runs.
        changing: The calls whose result may be another one every time, and those of which the code does not tell
            what they read.
        variables: Variables that it reads by their names in queries.
        unknowable: Calls by which it may read any variable.
        seeded: Whether it fixes the random numbers of the process.
        draws: Whether it draws from them.
        followed: The functions and classes of the notebook that it uses.
    """

    files: dict[str, None] = field(default_factory=dict)
    patterns: dict[str, None] = field(default_factory=dict)
    later: dict[str, None] = field(default_factory=dict)
    changing: dict[str, None] = field(default_factory=dict)
    variables: dict[str, None] = field(default_factory=dict)
    unknowable: dict[str, None] = field(default_factory=dict)
    seeded: bool = False
    draws: bool = False
    followed: set[str] = field(default_factory=set)


def outside_reads(
    tree: ast.AST, namespace: Mapping[str, object], functions: Mapping[str, Definition] | None = None
) -> Outside:
    """Return what *tree* reads from outside; *namespace* and *functions* are those of the notebook.

    Example:
        >>> found = outside_reads(ast.parse("pd.read_csv(folder + '/hosts'); now()"), {"folder": "/etc"})
        >>> list(found.files), list(found.changing)
        (['/etc/hosts'], ['now'])
    """
    follower = _Reader(namespace, dict(functions or {}))
    for statement in getattr(tree, "body", [tree]) if isinstance(tree, ast.Module) else [tree]:
        follower.visit(statement)
    follower.found.followed = follower.followed
    return follower.found


class _Reader(Follower):
    """Follows code and notes what it reads from outside."""

    def __init__(self, namespace: Mapping[str, Any], functions: dict[str, Definition]) -> None:
        super().__init__(namespace, functions)
        self.found = Outside()
        self._inward = Inward(self.functions, namespace)

    def follow(self, definition: Definition, given: Mapping[str, list[Any] | None]) -> None:
        """Go into a function, unless it and all that it calls read nothing from outside, whatever they are given."""
        names = self._inward.used_by(definition)
        if names is None:
            super().follow(definition, given)
        else:
            self.followed |= names

    def visit_FunctionDef(self, node: Definition) -> None:
        """As for any follower; functions that call it by its name may do something else from now on."""
        super().visit_FunctionDef(node)
        self._inward = Inward(self.functions, self.namespace)

    def looked_at(self, node: ast.expr) -> None:
        """Note the settings of the process."""
        if isinstance(node, ast.Attribute) and node.attr not in _SETTING_NAMES:
            return
        if self.origin(node) in _SETTINGS:
            self.found.changing[ast.unparse(node)] = None

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """What it belongs to, and whether it is a setting of the process."""
        self.looked_at(node)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        """The arguments, then the function: into it when it is the notebook's own."""
        for inner in (*node.args, *(keyword.value for keyword in node.keywords)):
            self.visit(inner)
        known = self.function(node.func)
        if isinstance(known, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.follow(known, self.arguments(known, node))
            return
        self.visit(node.func)
        origin = self.origin(node.func)
        name = origin.rpartition(".")[2] or _called(node.func)
        if name in readers.BY_STATE:
            self.found.seeded = True
        elif origin.startswith(("random.", "numpy.random.", "numpy.random.mtrand.")) and name[:1].islower():
            self.found.draws = self.found.draws or name != "default_rng"
        elif name == "sample" and not origin:
            self.found.draws = True
        self._look_at(node, name, origin, origin.partition(".")[0])

    def _look_at(self, node: ast.Call, name: str, origin: str, top: str) -> None:
        shown = _Shown(node.func, name)
        if name in readers.UNKNOWABLE and isinstance(node.func, ast.Name) and not origin.count("."):
            if name not in ("vars", "compile") or not node.args:
                self.found.unknowable[str(shown)] = None
        elif top in ("duckdb", "polars") and name in ("sql", "query", "execute"):
            self._query(node, shown)
        elif _reads_file(name, top):
            if not _writes_only(node, name):
                is_seen = _is_seen_later(node, name, origin)
                self._place(_source_of(name, node, is_method=not origin), shown, is_seen=is_seen)
        elif name in readers.LISTERS:
            place = node if name != "walk" else _source_of(name, node, is_method=False)
            self._place(place, shown, is_seen=True)
        elif name in readers.FILE_QUESTIONS and (not origin or top in ("os", "posixpath", "genericpath", "pathlib")):
            self._place(_source_of(name, node, is_method=not origin), shown)
        elif self._is_changing(node, name, origin, top):
            self.found.changing[str(shown)] = None

    def _query(self, node: ast.Call, shown: _Shown) -> None:
        texts = self.values(node.args[0]) if node.args else None
        if texts is None or not all(isinstance(text, str) for text in texts):
            self.found.changing[str(shown)] = None
            return
        for text in texts:
            variables, files, changing = readers.query_reads(text)
            unknown = [name for name in variables if name not in self.namespace and name not in self.places.local]
            self.found.variables.update(dict.fromkeys(variables))
            self.found.changing.update(dict.fromkeys(f"{shown}: {name}" for name in (*changing, *unknown)))
            for file in files:
                self._add(file, shown)

    def _place(self, node: ast.expr | None, shown: _Shown, *, is_seen: bool = False) -> None:
        """Note the places that *node* means; one that the code does not tell is no riddle when it will be seen."""
        values = None if node is None else self.values(node)
        if values is None:
            (self.found.later if is_seen else self.found.changing)[str(shown)] = None
            return
        for value in _flat(values):
            self._add(value, shown)

    def _add(self, value: Any, shown: _Shown) -> None:
        if value is OPENED:
            return
        if isinstance(value, Pattern):
            self.found.patterns[value.text] = None
            return
        text = os.fspath(value) if isinstance(value, (str, PurePath)) else ""
        if not text or "://" in text or text.startswith(("http:", "https:", "s3:")) or "\n" in text:
            self.found.changing[f"{shown} of {text[:60]}" if "://" in text else str(shown)] = None
        elif Path(text).is_dir() or (any(letter in text for letter in "*?[") and not Path(text).exists()):
            self.found.patterns[text] = None
        else:
            self.found.files[text] = None

    def _is_changing(self, node: ast.Call, name: str, origin: str, top: str) -> bool:
        if name in readers.CHANGING_NAMES or name in readers.CHANGING_CALLS.get(top, ()):
            return not (top == "time" and node.args)  # time.localtime(of a moment) is always the same
        if top in readers.CHANGING_MODULES:
            return True
        if name == "strftime" and top == "time":
            return len(node.args) < 2
        if name in ("to_datetime", "Timestamp", "datetime64"):
            return any(isinstance(a, ast.Constant) and a.value in ("now", "today") for a in node.args)
        if name in readers.ENTROPY and (not origin or top in ("numpy", "random")):
            seeds = [*node.args, *(keyword.value for keyword in node.keywords)]
            return all(isinstance(seed, ast.Constant) and seed.value is None for seed in seeds)
        return not origin and self._is_of_changing_object(node, name)

    def _is_of_changing_object(self, node: ast.Call, name: str) -> bool:
        if not isinstance(node.func, ast.Attribute):
            return False
        root: ast.expr = node.func.value
        if isinstance(root, ast.Name) and root.id not in self.places.local and root.id in self.namespace:
            library = type(self.namespace[root.id]).__module__.partition(".")[0]
            if library in _PURE or library in ("random", "__main__"):
                return False
            if library in readers.CHANGING_MODULES or library in ("duckdb", "sqlite3", "sqlalchemy", "psycopg"):
                return True
        while isinstance(root, (ast.Attribute, ast.Call, ast.Subscript)):
            root = root.func if isinstance(root, ast.Call) else root.value
        owner = root.id if isinstance(root, ast.Name) else ""
        return name in readers.CHANGING_METHODS or (name in _WEB_METHODS and owner in _WEB_OWNERS)


class _Shown:
    """How a call is named to people: made only when somebody is to read it."""

    def __init__(self, function: ast.expr, name: str) -> None:
        self._function = function
        self._name = name

    def __str__(self) -> str:
        text = ast.unparse(self._function)
        return text if len(text) <= _LONGEST_SHOWN else self._name


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _reads_file(name: str, top: str) -> bool:
    if name == "open" and top in ("webbrowser", "os", "dbm", "shelve"):
        return top == "os"
    return name in readers.FILE_READERS or name in readers.FILE_METHODS or name in readers.FILE_READERS_OF.get(top, ())


def _is_seen_later(call: ast.Call, name: str, origin: str) -> bool:
    """Whether Python itself will open the file, and tell so."""
    top = origin.partition(".")[0]
    if name in readers.FILE_METHODS or (name == "open" and top in ("", "io", "_io", "gzip", "bz2", "lzma", "codecs")):
        return True
    by_python = top == "pandas" and name in ("read_csv", "read_table", "read_fwf", "read_json", "read_pickle")
    return by_python and not {"engine", "memory_map"}.intersection(keyword.arg for keyword in call.keywords)


def _writes_only(call: ast.Call, name: str) -> bool:
    if name != "open":
        return False
    modes = [*call.args[:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    texts = [mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)]
    return any(
        0 < len(text) <= 3 and text[0] in "wax" and "+" not in text and set(text) <= set("waxbt") for text in texts
    )


def _source_of(name: str, call: ast.Call, *, is_method: bool) -> ast.expr | None:
    of_path = name in readers.FILE_METHODS or name in readers.FILE_QUESTIONS or name == "open"
    if of_path and is_method and isinstance(call.func, ast.Attribute):
        return call.func.value
    if call.args:
        return call.args[0]
    return next((k.value for k in call.keywords if k.arg in readers.PATH_KEYWORDS), None)


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        yield from _flat(value) if isinstance(value, (list, tuple)) else [value]
