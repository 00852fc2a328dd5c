"""The key of a step: everything that its result depends on, as one hash and as parts that a person understands.

What another step made counts by that step's key, so that no large table is ever hashed; parameters and what plain
cells made count by their content, and where that cannot be told (functions, connections) by the statements that made
them, followed through everything they read. Packages count by their version, modules of one's own and files by their
content. What a step was *seen* to read while it ran is added to what its code says.
"""

from __future__ import annotations

import ast
import glob
import hashlib
import itertools
import os
import pickle
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbops.engine.reuse.content import Shared, content_hash, file_hash
from nbops.engine.reuse.differing import CODE, SHARED, VARIABLE, differences
from nbops.engine.reuse.keeping import random_states
from nbops.engine.reuse.modules import imported_parts, module_of
from nbops.engine.reuse.plain_cells import History, PlainCells, code_hash
from nbops.engine.reuse.ruling import rule_folders
from nbops.engine.reuse.seen import Seen
from nbops.engine.reuse.sharing import held_variables, sharing_variables, variables_in
from nbops.frames.fingerprint import fingerprint
from nbops.notebook.dataflow import Flow
from nbops.notebook.outside import Definition, outside_reads
from nbops.notebook.pipeline import source_hash
from nbops.notebook.reading import parse

__all__ = ["Key", "Keys", "differences", "files_now", "identity"]

_LONGEST_SHOWN = 60
_SHOWN = (bool, int, float, str, type(None))
_MOST_FILES = 10_000
_PYTHON = "python"
_OWN = (CODE, _PYTHON)
_RANDOM = "random numbers "
_UNSEEDED = "unseeded"
_SEEN = ("file ", "files ", _RANDOM)


@dataclass(frozen=True, slots=True)
class Key:
    """What the result of a step depends on.

    Args:
        parts: What each thing is, by a name that a person understands: a hash, a version, a short value behind a
            ``=``; of what another step made that step's key, and behind an ``@`` the run in which it really ran.
        problem: What cannot be told; then the step has no key.
        changing: Calls in it whose result may be another one every time.
        variables: The variables that the parts tell of.
        is_whole: Whether they tell of all variables that share a part with one that the step changes or binds anew.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    changing: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()
    is_whole: bool = True

    @property
    def value(self) -> str:
        """The one hash; empty when there is a problem."""
        return "" if self.problem else identity(self.parts)


def identity(parts: Mapping[str, str]) -> str:
    """Return one hash of all *parts*; in which run something was made does not count."""
    text = "\n".join(f"{name}={_without_run(part)}" for name, part in sorted(parts.items()))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _without_run(part: str) -> str:
    return part if part[:1] == "=" else part.partition("@")[0]


class Keys:
    """Makes the keys of the steps of one kernel.

    Args:
        namespace: The user's variables.
        root: The project's root.
        secrets: Texts of which not even a hash must be written; more may be added later.
        given: The parameters that the run was given.
        notebook: The notebook, whose rules count; None when unknown.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        root: Path,
        secrets: Sequence[str] = (),
        given: Mapping[str, object] | None = None,
        notebook: str | None = None,
    ) -> None:
        self.namespace = namespace
        self.root = root
        self.given = given or {}
        self.cells = PlainCells()
        self._secrets = secrets
        self._rules = rule_folders(root, notebook) if notebook and (root / "rules").is_dir() else []
        self._made: dict[str, str] = {}
        self._before: dict[str, str] = {}
        self._prints: dict[str, str | None] = {}
        self._touched: set[str] = set()
        self.is_seeded = False

    def plain(self, source: str, flow: Flow) -> None:
        """Take notice of a plain cell that ran."""
        self.cells.add(source, {**self._before, **self._made})
        self.is_seeded = self.is_seeded or "seed" in source or "set_state" in source or "setstate" in source
        self._touched |= {name for name in flow.reads if name in self._made}
        for name in flow.changes | flow.deletes:
            maker = self._made.pop(name, "")
            if name not in flow.mutates and name not in flow.may_define:
                self._before.pop(name, None)
            elif maker:
                self._before[name] = maker

    def made(self, names: Iterable[str], key: str, run: str) -> None:
        """Take notice of what a step made; without a *key* nobody can tell what that is."""
        for name in names:
            self._made[name] = f"{key or 'unknown'}:{name}@{run}"
            self._before.pop(name, None)
            self._touched.discard(name)
            self._prints[name] = fingerprint(self.namespace.get(name))

    def key(self, source: str, flow: Flow) -> Key:
        """Return the key of a step that is about to run."""
        tree = parse(source)
        collected = _Collected(self)
        collected.code(tree)
        for name in sorted({*flow.reads, *flow.mutates, *flow.may_define}):
            collected.name(name)
        is_whole = collected.shared(flow)
        for name in sorted(flow.changes if self._rules else ()):
            collected.rules(name, self._rules)
        for star in flow.stars:
            collected.parts.update(imported_parts(star))
        self.cells.define(tree)
        self.is_seeded = self.is_seeded or collected.seeded
        own = {CODE: source_hash([source]), _PYTHON: f"{sys.version_info[0]}.{sys.version_info[1]}"}
        parts = {**own, **collected.parts}
        return Key(parts, collected.problem, tuple(collected.changing), frozenset(collected.variables), is_whole)

    def with_seen(self, key: Key, seen: Seen) -> Key:
        """Return *key* with what the step was seen to read while it ran."""
        parts = dict(key.parts)
        for path in seen.files:
            parts.setdefault(f"file {self.shown(path)}", self.now(f"file {self.shown(path)}"))
        for folder in seen.folders:
            pattern = self.shown(os.path.join(folder, "*"))
            parts.setdefault(f"files {pattern}", self.now(f"files {pattern}", listed=True))
        changing = dict.fromkeys((*key.changing, *seen.changing))
        for name, state in seen.drew.items():
            parts[f"{_RANDOM}({name.strip('<>')})"] = _state_hash(state) if self.is_seeded else _UNSEEDED
            if not self.is_seeded:
                changing[f"{name.strip('<>')} without a seed"] = None
        return replace(key, parts=parts, changing=tuple(changing))

    def as_now(self, key: Key, parts: Mapping[str, str]) -> Mapping[str, str]:
        """Return the parts of *key* with those that were only seen, in *parts*, as they are now."""
        more = {name: self.now(name, listed=part[:1] == "l") for name, part in parts.items() if name.startswith(_SEEN)}
        return {**more, **key.parts}

    def now(self, name: str, *, listed: bool = False) -> str:
        """Return what the file, the files or the random numbers are now that a part of a key is called after."""
        if name.startswith(_RANDOM):
            found = random_states().get(f"<{name.removeprefix(_RANDOM).strip('()')}>")
            return _state_hash(found) if self.is_seeded else _UNSEEDED
        return files_now(self.root, name, listed=listed)

    def shown(self, path: str) -> str:
        """Return how a key names a file: relative to the project where it lies in it, so that a copy has the same."""
        absolute = os.path.abspath(path)
        return os.path.relpath(absolute, self.root) if absolute.startswith(str(self.root) + os.sep) else absolute

    # ── for what collects the parts of one key ───────────────────────────────────────────────────────────────────

    def content(self, value: Any, shared: Shared) -> str | None:
        """Return what *value* holds; None when only its code can tell it, or it holds a secret."""
        if self._secrets:
            text = repr(value)
            if any(secret in text or secret in str(value) for secret in self._secrets):
                return None
        if type(value) in _SHOWN and len(repr(value)) <= _LONGEST_SHOWN:
            return f"={value!r}"
        return content_hash(value, shared)

    def maker(self, name: str) -> str:
        """Return key and run of the step that made *name*; empty when none did, or it was changed since."""
        made = self._made.get(name, "")
        if made and name in self._touched and fingerprint(self.namespace.get(name)) != self._prints.get(name):
            self._before[name] = self._made.pop(name)
            return ""
        return made

    def maker_before(self, name: str) -> str:
        """Return key and run of the step that made *name* before a plain cell changed it; empty when none did."""
        return self._before.get(name, "")


class _Collected:
    """The parts of one key while they are being collected."""

    def __init__(self, keys: Keys) -> None:
        self.parts: dict[str, str] = {}
        self.problem = ""
        self.changing: dict[str, None] = {}
        self.seeded = False
        self._keys = keys
        self.variables: set[str] = set()
        self._shared: Shared = {}
        self._followed: set[str] = set()

    def name(self, name: str, prefix: str = "") -> None:
        """Add what variable *name* holds, as the part of that name behind *prefix*."""
        namespace = self._keys.namespace
        if name in self.variables or name not in namespace:
            return
        self.variables.add(name)
        value = namespace[name]
        made = self._keys.maker(name)
        part = (prefix or (VARIABLE if name in _OWN else "")) + name
        if made:
            self.parts[part] = made
            self._check_known(made, name)
        elif (module := module_of(value)) not in ("", "__main__", "builtins"):
            self.parts.update(imported_parts(module))
        elif (found := self._keys.content(value, self._shared)) is not None:
            self.parts[part] = found
            self._aliases(name, value)
        else:
            self._code_of(name, part)
        kind = type(value).__module__
        if kind not in ("builtins", "__main__") and not isinstance(value, type(sys)):
            self.parts.update(imported_parts(kind))

    def shared(self, flow: Flow) -> bool:
        """Add the variables that share something with those that the step may use; False when that is too much to see.

        What it takes from one variable may be another one, too; and what it changes, or keeps while it binds its name
        anew, another variable may go on holding. Neither shows in what each of them holds.
        """
        namespace, own = self._keys.namespace, frozenset(self.variables)
        beside = [(name, value) for name, value in variables_in(namespace) if name not in own]
        by_id: dict[int, list[str]] = {}
        for name, value in beside:
            by_id.setdefault(id(value), []).append(name)
        if not beside:
            return True
        held = {one for name in own for one in held_variables(namespace[name], by_id)}
        changed = {name: namespace[name] for name in own & (flow.changes | flow.deletes)}
        sharing, is_whole = sharing_variables(changed, beside) if changed else ([], True)
        held.update(sharing)
        for name in sorted(held):
            self.name(name, SHARED)
        return is_whole

    def code(self, tree: ast.AST, *, is_watched: bool = True) -> bool:
        """Add what *tree* reads from outside; returns whether it draws random numbers of the process.

        Args:
            tree: The code.
            is_watched: Whether it runs in the step, where it is seen which files are opened.
        """
        functions: Mapping[str, Definition] = self._keys.cells.definitions
        found = outside_reads(tree, self._keys.namespace, functions)
        self.changing.update(found.changing if is_watched else {**found.changing, **found.later})
        self.seeded = self.seeded or found.seeded
        self._followed |= found.followed
        if found.unknowable:
            self.problem = self.problem or f"{next(iter(found.unknowable))} may read any variable"
        for kind, places in (("file", found.files), ("files", found.patterns)):
            for place in places:
                part = f"{kind} {self._keys.shown(place)}"
                self.parts[part] = self._keys.now(part)
        for name in (*found.variables, *found.followed):
            self.name(name)
        return found.draws

    def rules(self, name: str, folders: Iterable[Path]) -> None:
        """Add the file of rules that judges variable *name*, where there is one."""
        file = next((folder / f"{name}.yml" for folder in folders if (folder / f"{name}.yml").is_file()), None)
        if file is not None:
            self.parts[f"rules of {name}"] = _file(file)

    def _check_known(self, made: str, name: str) -> None:
        if made.startswith("unknown:"):
            self.problem = self.problem or f"nobody can tell what {name} depends on"

    def _aliases(self, name: str, value: Any) -> None:
        """Add how a list came about that may share something with what a step made: its content does not tell that."""
        if type(value) in _SHOWN:
            return
        history = self._keys.cells.history(name)
        if before := self._keys.maker_before(name):
            history.made[name] = before
        if history.made:
            self.parts[f"how {name} was made"] = code_hash(history.statements)
            self._made_before(history)

    def _code_of(self, name: str, part: str) -> None:
        """Add the statements that made *name*, whose content nobody can tell, with all that they read."""
        history = self._keys.cells.history(name)
        if before := self._keys.maker_before(name):
            history.made.setdefault(name, before)
        if not history.statements:
            self.problem = self.problem or f"nobody can tell what {name} depends on"
            return
        own = [statement for statement in history.statements if name in statement.flow.changes]
        whole = own if all(statement.is_definition for statement in own) else history.statements
        self.parts[part] = code_hash(whole)
        self._made_before(history)
        for statement in whole:
            self._statement(statement.tree, statement.flow, is_definition=statement.is_definition)

    def _made_before(self, history: History) -> None:
        for name, made in history.made.items():
            self.parts.setdefault(f"{name} before", made)
            self._check_known(made, name)

    def _statement(self, tree: ast.stmt, flow: Flow, *, is_definition: bool) -> None:
        if isinstance(tree, ast.Import):
            for alias in tree.names:
                self.parts.update(imported_parts(alias.name))
        elif isinstance(tree, ast.ImportFrom) and tree.module:
            self.parts.update(imported_parts(tree.module))
        names = {*flow.reads, *itertools.chain.from_iterable(flow.defers.values())}
        if not (is_definition and self._followed.issuperset(flow.defers)) or not flow.defers:
            draws = self.code(tree, is_watched=is_definition)
            for defined in flow.defers:  # it is handed on rather than called: nobody knows what with
                draws = self.code(ast.Expr(ast.Name(defined, ast.Load()))) or draws
            if draws and not is_definition:
                self._drawn()
        for name in sorted(names):
            self.name(name)
            if name in self._keys.given and not is_definition:
                self.parts[f"parameter {name}"] = self._keys.content(self._keys.given[name], {}) or ""

    def _drawn(self) -> None:
        """Add what random numbers depend on that a plain cell drew into a value: the seed, and all that was drawn."""
        if self._keys.is_seeded:
            self.parts["all plain cells"] = code_hash(self._keys.cells.statements())
        else:
            self.changing["random numbers without a seed"] = None


def files_now(root: Path, part: str, *, listed: bool = False) -> str:
    """Return what the ``file`` or ``files`` that a part of a key is called after are now; ``missing`` for no file.

    Args:
        root: The project's root, which relative names start from.
        part: The name of the part, as ``file data/orders.csv``.
        listed: Whether only the names of files count.
    """
    kind, _, place = part.partition(" ")
    return _file(root / place) if kind == "file" else _files(str(root / place), listed=listed)


def _file(path: Path) -> str:
    try:
        return file_hash(path)
    except OSError:
        return "missing"


def _files(pattern: str, *, listed: bool = False) -> str:
    """Return a hash of the names of all files that *pattern* matches, or that a folder holds, and of their content."""
    pattern = os.path.join(pattern, "**") if Path(pattern).is_dir() else pattern
    digest = hashlib.blake2b(digest_size=10)
    found = itertools.islice(glob.iglob(pattern, recursive=True), _MOST_FILES)  # noqa: PTH207 (absolute ones too)
    for path in map(Path, sorted(found)):
        digest.update(f"{os.path.relpath(path, Path(pattern).parent)}\0".encode("utf-8", "surrogateescape"))
        digest.update(_file(path).encode() if path.is_file() and not listed else b"")
    return f"l{digest.hexdigest()}" if listed else f"c{digest.hexdigest()}"


def _state_hash(state: Any) -> str:
    return hashlib.blake2b(pickle.dumps(state), digest_size=8).hexdigest()
