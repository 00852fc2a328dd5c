"""What imported code depends on: packages count by their version, modules of one's own by their source.

A module of one's own is one that no package manager installed. It counts with all that it imports, also inside its
functions, through any number of modules.
"""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from nbops.engine.reuse.content import file_hash

__all__ = ["imported_parts", "module_of", "source_file"]

_INSTALLED = ("site-packages", "dist-packages")
_STDLIB = Path(sysconfig.get_path("stdlib")).resolve()
_BY_NAME = frozenset({"import_module", "__import__", "exec_module", "run_path", "run_module"})


def module_of(value: Any) -> str:
    """Return the name of the module that a module, function, class or other callable is of; empty for a plain value.

    Example:
        >>> module_of(ast), module_of(ast.parse), module_of(3)
        ('ast', 'ast', '')
    """
    if isinstance(value, ModuleType):
        return value.__name__
    has_name = isinstance(value, type) or (callable(value) and hasattr(value, "__name__"))
    module = getattr(value, "__module__", None) if has_name else ""
    if module is None:  # a method of an object that the module keeps: random.randint
        module = type(getattr(value, "__self__", None)).__module__
    return module if isinstance(module, str) else ""


def imported_parts(name: str) -> Mapping[str, str]:
    """Return the parts of a key that using module *name* brings: ``package pandas`` or ``module rules``, and so on."""
    parts: dict[str, str] = {}
    waiting, seen = [name], set[str]()
    while waiting:
        current = waiting.pop()
        if current in seen or not current or current == "__main__":
            continue
        seen.add(current)
        top = current.partition(".")[0]
        if top in sys.stdlib_module_names or top in sys.builtin_module_names:
            continue
        file = source_file(current)
        if file is None:
            parts.setdefault(f"package {_package(current)}", _version(current))
            continue
        source = _source(str(file), file_hash(file))
        parts[f"module {current}"] = source.digest
        waiting += _names_of(current, source, file)
    return parts


def source_file(name: str) -> Path | None:
    """Return the file of a loaded module of one's own; None for what was installed, or has no source."""
    found = getattr(sys.modules.get(name), "__file__", None)
    if not isinstance(found, str) or not found.endswith(".py"):
        return None
    path = Path(found)
    if name.partition(".")[0] == __name__.partition(".")[0]:  # also from a checkout it is a package with a version
        return None
    if any(part in _INSTALLED for part in path.parts) or path.is_relative_to(_STDLIB):
        return None
    return path if path.exists() and "frozen" not in path.parts[:1] else None


# ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Source:
    """What one version of a module's file says.

    Args:
        digest: Its hash.
        imports: What it imports: the level of the import, the module, and the names taken from it.
        is_open: Whether it imports by names that only the running code knows.
    """

    digest: str
    imports: tuple[tuple[int, str, tuple[str, ...]], ...] = ()
    is_open: bool = False


@functools.lru_cache(maxsize=4096)
def _source(path: str, digest: str) -> _Source:
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (SyntaxError, ValueError, OSError):  # it was loaded before it was broken: its hash tells them apart
        return _Source(digest)
    found: list[tuple[int, str, tuple[str, ...]]] = []
    is_open = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(0, alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.level, node.module or "", tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            is_open = is_open or name in _BY_NAME
    return _Source(digest, tuple(found), is_open)


def _names_of(module: str, source: _Source, file: Path) -> Iterator[str]:
    """Yield the loaded modules that *module* may use: what it imports, and the packages that it lies in."""
    if source.is_open:
        yield from (name for name in list(sys.modules) if source_file(name) is not None)
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    if package and package != module:
        yield package  # its __init__ ran first
    for level, target, names in source.imports:
        base = package.split(".")[: len(package.split(".")) - level + 1] if level else []
        full = ".".join([*base, target]) if target else ".".join(base)
        yield full
        yield from (f"{full}.{name}" for name in names if f"{full}.{name}" in sys.modules)


def _package(name: str) -> str:
    """Return by which name the version of *name* is known: its own top, or what lies in a shared one (google.cloud)."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        loaded = sys.modules.get(".".join(parts[:length]))
        if getattr(loaded, "__file__", None) is not None:
            return ".".join(parts[:length])
    return parts[0]


@functools.lru_cache(maxsize=1024)
def _version(name: str) -> str:
    """Return the version of an installed package; of one without any, when its files changed."""
    package = _package(name)
    loaded = sys.modules.get(package)  # its version is looked up, not asked for: asking may run code of its own
    version = vars(loaded).get("__version__") if loaded is not None else None
    if isinstance(version, str):
        return version
    try:
        return importlib.metadata.version(package)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        file = getattr(loaded, "__file__", None)
    try:
        return f"of {Path(file).stat().st_mtime_ns}" if isinstance(file, str) else "unknown"
    except OSError:
        return "unknown"
