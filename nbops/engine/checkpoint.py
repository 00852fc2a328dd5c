"""The checkpoints of one kernel: each step gets its key, is restored where that was asked for, and else kept.

A step is restored only when everything that it depends on is as it was, what it left can be read whole, and it writes
nothing to the outside. In every other case it runs, and its record says why.
"""

from __future__ import annotations

import ast
import pickle
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nbops.engine.keeping import RANDOM_STATES, Keeper, random_states
from nbops.engine.keys import Key, Keys, differences
from nbops.engine.replay import RESTORED
from nbops.engine.session import Session
from nbops.errors import ArtifactError, UsageError
from nbops.notebook.dataflow import Flow
from nbops.notebook.reading import parse
from nbops.notebook.sinks import find_sink, sink_functions
from nbops.pipeline.step import StepOptions
from nbops.records import Status, StepFinished, from_json
from nbops.settings import bytes_of
from nbops.store.artifacts import Artifacts, KeptStep

__all__ = ["Checkpoint", "Checkpoints"]

_GOOD = (Status.PASSED, Status.WARNED)


@dataclass(slots=True)
class Checkpoint:
    """What is known of one step's cell before it runs.

    Args:
        key: What its result depends on.
        restored: The record of the run that it was restored from; None when the cell is to run.
        reason: Why it runs although it was to be restored; empty when it was not.
        cannot: Why what it leaves is not kept; empty when it is.
        drawn: The random states before it.
        seconds: How long restoring took.
        defines: The names of functions, classes and modules that it binds: they are made again, not kept.
    """

    key: Key
    restored: StepFinished | None = None
    reason: str = ""
    cannot: str = ""
    drawn: Mapping[str, Any] | None = None
    seconds: float = 0.0
    defines: frozenset[str] = frozenset()

    def on(self, record: StepFinished) -> StepFinished:
        """Return *record*, of the cell that just ended, with what its key was and what it left."""
        if self.restored is not None:
            return replace(
                self.restored,
                at=record.at,
                run=record.run,
                part=record.part,
                attempt=record.attempt,
                cell=record.cell,
                cell_id=record.cell_id,
                seconds=self.seconds,
                cpu_seconds=record.cpu_seconds,
                memory_bytes=record.memory_bytes,
                remark=f"{RESTORED}{self.restored.run[:8]}",
            )
        kept = () if self.cannot or record.status not in _GOOD or record.remark else self.kept_of(record)
        remark = record.remark or (f"ran again: {self.reason}" if self.reason else "")
        return replace(record, key=self.key.value, key_parts=dict(self.key.parts), artifacts=kept, remark=remark)

    def kept_of(self, record: StepFinished) -> tuple[str, ...]:
        """Return which of the variables that a cell left are values, and no definitions that can be made again."""
        return tuple(n for n in dict.fromkeys((*record.writes, *record.mutated)) if n not in self.defines)


class Checkpoints:
    """Restores and keeps the steps of one run.

    Args:
        session: The run.
        namespace: The user's variables.
    """

    def __init__(self, session: Session, namespace: dict[str, Any]) -> None:
        self._session = session
        self._namespace = namespace
        room, store = bytes_of(session.settings.artifacts), session.settings.artifact_store
        try:
            self._artifacts = Artifacts(session.project, store)
        except UsageError as error:  # the step runs all the same
            print(f"nbops: what steps leave is not kept: {error}", file=sys.stderr)
            self._artifacts, room = Artifacts(session.project), 0
        self._keys = Keys(namespace, session.project.root, session.recorder.secrets)
        self._keeper = Keeper(self._artifacts, room, session.recorder.secrets)
        self._plain: list[ast.stmt] = []

    def plain(self, source: str, flow: Flow) -> None:
        """Take notice of a cell that always runs."""
        if not flow.problem:
            self._keys.plain(source, flow)
            self._plain += parse(source).body

    def opened(self, options: StepOptions, part: int, source: str, flow: Flow) -> Checkpoint | None:
        """Return the checkpoint of a step's cell that begins, restored where that was asked for and can be done."""
        if flow.problem:
            return None
        tree = parse(source)
        key = self._keys.key(source, flow)
        point = Checkpoint(key, cannot=key.problem or self._writes(tree), defines=frozenset(_defined(tree)))
        began = time.perf_counter()
        asked = self._asked(options, part, key)
        if asked is not None:
            point.reason = (point.cannot and f"it {point.cannot}") or self._restored(asked, point, tree, flow)
        point.seconds = time.perf_counter() - began
        if point.restored is None and not point.cannot:
            point.drawn = random_states()
        return point

    def closed(self, point: Checkpoint, record: StepFinished) -> None:
        """Keep what a cell left whose *record* is written; a restored cell's values are kept already."""
        if point.restored is not None:
            kept = self._artifacts.find(record.key, point.restored.run)
            origin = kept.origin if kept else point.restored.run
            if kept:
                self._keeper.note(replace(kept, run=record.run))
            self._keys.made((*record.writes, *record.mutated), record.key, origin)
            return
        self._keys.made((*record.writes, *record.mutated), record.key, record.run)
        if record.artifacts:
            before, after = point.drawn or {}, random_states()
            drawn = {name: state for name, state in after.items() if not _is_same(state, before.get(name))}
            self._keeper.keep(record, record.artifacts, self._namespace, drawn)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _writes(self, tree: ast.Module) -> str:
        """Return what *tree* does to the outside, as ``writes to the outside (to_sql)``; empty when nothing is seen."""
        functions = sink_functions([*self._plain, *tree.body])
        for statement in tree.body:
            sink = find_sink(statement, functions)
            if sink is not None:
                return f"writes to the outside ({sink.call})"
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        return "runs commands of IPython" if "get_ipython" in names else ""

    def _asked(self, options: StepOptions, part: int, key: Key) -> StepFinished | None:
        """Return the record that the cell is to be restored from; None when it is simply to run."""
        foreseen = self._session.foreseen
        if (options.name, part) in foreseen.restorable:
            return foreseen.restorable[options.name, part]
        if not foreseen.cached or not key.value or (key.changing and options.cache_seconds is None):
            return None
        oldest = time.time() - options.cache_seconds if options.cache_seconds is not None else 0.0
        for kept in self._artifacts.all_of(key.value):
            record = _record_of(kept) if kept.at >= oldest else None
            if record is not None and dict(record.key_parts) == dict(key.parts):
                return record
        return None

    def _restored(self, asked: StepFinished, point: Checkpoint, tree: ast.Module, flow: Flow) -> str:
        """Restore what *asked* tells of; return why it could not be done, empty when it was."""
        if changed := differences(asked.key_parts, point.key.parts):
            return changed
        kept = self._artifacts.find(asked.key, asked.run)
        if kept is None:
            return "what it left was not kept"
        if kept.problem:
            return f"what it left was not kept: {kept.problem}"
        try:
            _define(tree, self._namespace)  # first: what was kept may be of a class that is made here
            values = self._artifacts.get_all(kept.values, self._namespace)
        except ArtifactError as error:
            return error.what
        except Exception as error:  # noqa: BLE001 - a definition that raises will raise again where it is seen
            return f"its definitions cannot be made again ({type(error).__name__}: {error})"
        for one, value in values:
            self._bind(one.names, value)
        for name in flow.deletes:
            self._namespace.pop(name, None)
        point.restored = asked
        return ""

    def _bind(self, names: tuple[str, ...], value: Any) -> None:
        if names[0] in RANDOM_STATES:
            module, _, set_state = RANDOM_STATES[names[0]]
            if module in sys.modules:
                set_state(sys.modules[module], value)
            return
        self._namespace.update(dict.fromkeys(names, value))


def _is_same(state: Any, before: Any) -> bool:
    """Whether two random states are the same; they hold arrays, which do not compare."""
    return pickle.dumps(state) == pickle.dumps(before)


def _record_of(kept: KeptStep) -> StepFinished | None:
    if kept.problem or not kept.record:
        return None
    record = from_json(kept.record)
    return replace(record, run=kept.run) if isinstance(record, StepFinished) else None


def _definitions(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that only define: functions, classes, imports, lambdas."""
    for statement in tree.body:
        is_lambda = isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Lambda)
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        if is_lambda or isinstance(statement, kinds):
            yield statement


def _defined(tree: ast.Module) -> Iterator[str]:
    for statement in _definitions(tree):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement.name


def _define(tree: ast.Module, namespace: dict[str, Any]) -> None:
    body = list(_definitions(tree))
    if body:
        exec(compile(ast.Module(body=body, type_ignores=[]), "<restored definitions>", "exec"), namespace)
