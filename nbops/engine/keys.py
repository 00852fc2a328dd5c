"""The key of a step: everything that its result depends on, as one hash and as parts that a person understands.

What another step made counts by that step's key, so that no large table is ever hashed; parameters and what plain
cells made count by their content, and where that cannot be told (functions, connections) by the statements that made
them, followed through everything they read. Modules count by their version, those of the project by their source.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import BuiltinFunctionType, ModuleType
from typing import Any

from nbops.engine.content import content_hash, file_hash
from nbops.notebook.dataflow import Flow, Scope, analyse
from nbops.notebook.outside import outside_reads
from nbops.notebook.pipeline import source_hash
from nbops.notebook.reading import parse

__all__ = ["Key", "Keys", "differences"]

_CODE = "code"


@dataclass(frozen=True, slots=True)
class Key:
    """What the result of a step depends on.

    Args:
        parts: A hash for each thing, by a name that a person understands; of what another step made its key, and
            behind an ``@`` the run in which that step really ran.
        problem: What cannot be told; then the step has no key.
        changing: Calls in it whose result may be another one every time.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    changing: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """The one hash; empty when there is a problem."""
        if self.problem:
            return ""
        text = "\n".join(f"{name}={part.partition('@')[0]}" for name, part in sorted(self.parts.items()))
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return in words what changed between two keys; empty when nothing did.

    Example:
        >>> differences({"code": "a", "day": "1"}, {"code": "b", "day": "1", "rate": "2"})
        'its code changed, it reads rate now'
        >>> differences({"orders": "k@1"}, {"orders": "k@2"})
        'orders was made anew'
    """
    said = [_difference(name, before.get(name), now.get(name)) for name in dict.fromkeys([*before, *now])]
    return ", ".join(filter(None, said))


def _difference(name: str, before: str | None, now: str | None) -> str:
    if before == now:
        return ""
    if before is None:
        return f"it reads {name} now"
    if now is None:
        return f"it no longer reads {name}"
    if before.partition("@")[0] == now.partition("@")[0]:
        return f"{name} was made anew"
    return "its code changed" if name == _CODE else f"{name} changed"


@dataclass(slots=True)
class _Statement:
    text: str
    tree: ast.stmt
    flow: Flow


class Keys:
    """Makes the keys of the steps of one kernel.

    Args:
        namespace: The user's variables.
        root: The project's root: modules below it count by their source.
        secrets: Texts of which not even a hash must be written; more may be added later.
    """

    def __init__(self, namespace: Mapping[str, Any], root: Path, secrets: Sequence[str] = ()) -> None:
        self._secrets = secrets
        self._namespace = namespace
        self._root = root
        self._made: dict[str, str] = {}
        self._waiting: list[str] = []
        self._statements: list[_Statement] = []
        self._scope = Scope()
        self._hashes: dict[int, tuple[object, str | None]] = {}

    def plain(self, source: str, flow: Flow) -> None:
        """Take notice of a plain cell that ran."""
        self._waiting.append(source)
        for name in flow.changes:
            self._made.pop(name, None)

    def made(self, names: Iterable[str], key: str, run: str) -> None:
        """Take notice of what a step made; without a *key* nobody can tell what that is."""
        for name in names:
            self._made[name] = f"{key or 'unknown'}:{name}@{run}"

    def key(self, source: str, flow: Flow) -> Key:
        """Return the key of a step that is about to run."""
        collected = _Collected(self)
        tree = parse(source)
        collected.outside(tree)
        for name in sorted({*flow.reads, *flow.mutates, *flow.may_define}):
            collected.name(name)
        parts = {
            _CODE: source_hash([source]),
            "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
            **collected.parts,
        }
        return Key(parts, collected.problem, tuple(dict.fromkeys(collected.changing)))

    # ── for what collects the parts of one key ───────────────────────────────────────────────────────────────────

    @property
    def namespace(self) -> Mapping[str, Any]:
        """The user's variables."""
        return self._namespace

    @property
    def root(self) -> Path:
        """The project's root."""
        return self._root

    def hash_of(self, value: Any) -> str | None:
        """Return the hash of what *value* holds; None when only its code can tell it, or it holds a secret."""
        if self._secrets:
            text = repr(value)
            if any(secret in text or secret in str(value) for secret in self._secrets):
                return None
        return content_hash(value)

    def maker(self, name: str) -> str:
        """Return key and run of the step that made *name*; empty when no step did."""
        return self._made.get(name, "")

    def statements_of(self, name: str) -> list[_Statement]:
        """Return the statements of plain cells that made or changed *name*."""
        for source in self._waiting:
            for tree in parse(source).body:
                text = ast.unparse(tree)
                self._statements.append(_Statement(text, tree, analyse(text, self._scope)))
        self._waiting.clear()
        return [statement for statement in self._statements if name in statement.flow.changes]


class _Collected:
    """The parts of one key while they are being collected."""

    def __init__(self, keys: Keys) -> None:
        self.parts: dict[str, str] = {}
        self.problem = ""
        self.changing: list[str] = []
        self._keys = keys
        self._seen: set[str] = set()

    def name(self, name: str) -> None:
        """Add what variable *name* holds."""
        namespace = self._keys.namespace
        if name in self._seen or name not in namespace:
            return
        self._seen.add(name)
        value = namespace[name]
        if made := self._keys.maker(name):
            self.parts[name] = made
            if made.startswith("unknown:"):
                self.problem = self.problem or f"nobody can tell what {name} depends on"
        elif isinstance(value, (ModuleType, BuiltinFunctionType)) or _module_of(value) not in ("", "__main__"):
            self._module(value)
        elif (found := self._keys.hash_of(value)) is not None:
            self.parts[name] = found
        else:
            self._statements(name)

    def outside(self, tree: ast.AST) -> None:
        """Add what *tree* reads from outside."""
        found = outside_reads(tree, self._keys.namespace)
        self.changing += found.changing
        for path in found.files:
            try:
                self.parts[path] = file_hash(Path(path))
            except OSError:  # gone meanwhile: the step will say so itself
                self.changing.append(path)

    def _statements(self, name: str) -> None:
        found = self._keys.statements_of(name)
        if not found:
            self.problem = self.problem or f"nobody can tell what {name} depends on"
            return
        self.parts[name] = source_hash(statement.text for statement in found)
        for statement in found:
            self.outside(statement.tree)
            inner = [read for reads in statement.flow.defers.values() for read in reads]
            for read in (*statement.flow.reads, *inner):
                self.name(read)

    def _module(self, value: Any) -> None:
        name = value.__name__ if isinstance(value, ModuleType) else _module_of(value)
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top == "__main__" or not top:
            return
        for loaded, file in _files_of(top):
            if not file.is_relative_to(self._keys.root) or "site-packages" in file.parts:
                version = getattr(sys.modules.get(top), "__version__", "")
                self.parts[top] = version if isinstance(version, str) else ""
                return
            self.parts[f"module {loaded}"] = file_hash(file)
        self._local_imports()

    def _local_imports(self) -> None:
        """Add the modules of the project that are loaded: one of them may call any other."""
        for name, module in list(sys.modules.items()):
            file = _file_of(module)
            if file and file.is_relative_to(self._keys.root) and "site-packages" not in file.parts:
                self.parts[f"module {name}"] = file_hash(file)


def _module_of(value: Any) -> str:
    """Return the module of a function or class; empty for anything else."""
    is_code = isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__"))
    module = getattr(value, "__module__", "") if is_code else ""
    return module if isinstance(module, str) else ""


def _files_of(top: str) -> list[tuple[str, Path]]:
    return [(top, file)] if (file := _file_of(sys.modules.get(top))) else []


def _file_of(module: Any) -> Path | None:
    file = getattr(module, "__file__", None)
    path = Path(file) if isinstance(file, str) else None
    return path if path is not None and path.suffix == ".py" and path.exists() else None
