"""The checkpoints of one kernel: each step gets its key, is restored where that was asked for, and else kept.

A step is restored only when everything that it depends on is as it was, what it left can be read whole, and it writes
nothing to the outside. In every other case it runs, and its record says why.
"""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbops.engine.kernel.session import Session
from nbops.engine.reuse.freezing import others
from nbops.engine.reuse.keeping import RANDOM_STATES, Keeper, random_states
from nbops.engine.reuse.keys import Key, Keys, differences, identity
from nbops.engine.reuse.replay import RESTORED
from nbops.engine.reuse.seen import Watch, is_same_state, written_since
from nbops.engine.reuse.sharing import is_changeable, shared_part, variables_in
from nbops.errors import ArtifactError, UsageError
from nbops.notebook.dataflow import Flow
from nbops.notebook.reading import is_definition, parse
from nbops.notebook.sinks import acting_functions, outside_act
from nbops.pipeline.step import StepOptions
from nbops.records import StepFinished, encodable, from_json
from nbops.settings import bytes_of
from nbops.store.artifacts import Artifacts, KeptStep
from nbops.views.words import duration, short_id

__all__ = ["Checkpoint", "Checkpoints"]

_MOST_FILES_OUT = 100


@dataclass(slots=True)
class Checkpoint:
    """What is known of one step's cell before it runs.

    Args:
        key: What its result depends on.
        restored: The record of the run that it was restored from; None when the cell is to run.
        reason: Why it runs although it was to be restored; empty when it was not.
        missed: Why no run left a result for it, when any might have; empty when nobody asked, or one did.
        cannot: Why what it leaves is not kept; empty when it is.
        drawn: The random states before it.
        seconds: How long restoring took.
        defines: The names of functions, classes and modules that it binds: they are made again, not kept.
        is_declared: Whether it says with ``--cache`` that its result may be used again.
        keys: What makes keys of what was seen.
        watch: What sees what it reads while it runs; None when it does not run.
        flow: What its code says.
        before: The identities of the variables before it.
        named: The texts that its code or a variable says, which may be paths of files that it writes.
        began: When it began to run, in seconds since 1970.
    """

    key: Key
    restored: StepFinished | None = None
    reason: str = ""
    missed: str = ""
    cannot: str = ""
    drawn: Mapping[str, Any] | None = None
    seconds: float = 0.0
    defines: frozenset[str] = frozenset()
    is_declared: bool = False
    keys: Keys | None = None
    watch: Watch | None = None
    flow: Flow = field(default_factory=Flow)
    before: Mapping[str, int] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    began: float = 0.0

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
                remark=f"{RESTORED}{short_id(self.restored.run)}",
                missed="",
            )
        key, files = self._with_seen()
        kept = () if self.cannot or not record.status.is_good or record.remark else self.kept_of(record)
        remark = record.remark or (f"ran again: {self.reason}" if self.reason else "")
        reuse = reuse_of(self.cannot, key, has_left=bool(kept), is_declared=self.is_declared)
        return replace(
            record,
            key=self.key.value,
            key_parts=dict(key.parts),
            artifacts=kept,
            remark=remark,
            reuse=reuse,
            missed=self.missed and ((record.status.is_good and reuse) or self.missed),
            files_out=files,
        )

    def _with_seen(self) -> tuple[Key, tuple[str, ...]]:
        """Return the key with what the step was seen to read, and what it wrote; who writes is not kept."""
        if self.watch is None or self.keys is None:
            return self.key, ()
        seen = self.watch.end()
        if seen.wrote and not self.is_declared:
            self.cannot = self.cannot or f"writes to the outside ({Path(next(iter(seen.wrote))).name})"
        wrote = dict.fromkeys((*seen.wrote, *written_since(self.began, self.named)))
        files = tuple(encodable(self.keys.shown(path)) for path in list(wrote)[:_MOST_FILES_OUT])
        return self.keys.with_seen(self.key, seen), files

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
        self._keys = Keys(
            namespace,
            session.project.root,
            session.recorder.secrets,
            session.foreseen.given,
            session.identity.notebook,
        )
        self._keeper = Keeper(self._artifacts, room, session.recorder.secrets)
        self._code: list[ast.stmt] = []  # of all cells so far: their functions may be called later

    def _watch(self, tree: ast.Module) -> Watch:
        """Return what watches a step whose code this is, and which may call the functions of cells before it."""
        functions = [one for one in self._code if is_definition(one)]
        return Watch(self._session.project.folder, may_reseed=_may_reseed([*tree.body, *functions]))

    def plain(self, source: str, flow: Flow) -> None:
        """Take notice of a cell that always runs."""
        if not flow.problem:
            self._keys.plain(source, flow)
            self._code += parse(source).body

    def opened(self, options: StepOptions, part: int, source: str, flow: Flow) -> Checkpoint | None:
        """Return the checkpoint of a step's cell that begins, restored where that was asked for and can be done."""
        if flow.problem:
            return None
        tree = parse(source)
        key = self._keys.key(source, flow)
        is_declared = options.cache_seconds is not None
        acts = self._acts(tree)
        cannot = key.problem or ("" if is_declared else acts)
        point = Checkpoint(key, cannot=cannot, defines=frozenset(_defined(tree)), is_declared=is_declared, flow=flow)
        began = time.perf_counter()
        asked, point.missed = self._asked(options, part, point)
        if asked is not None:
            point.reason = (point.cannot and f"it {point.cannot}") or self._restored(asked, point, tree, flow)
        point.seconds = time.perf_counter() - began
        if point.restored is None:
            point.drawn = random_states()
            point.before = {name: id(value) for name, value in variables_in(self._namespace)}
            point.keys, point.watch = self._keys, self._watch(tree)
            point.named, point.began = tuple(self._named(tree, flow)), time.time()
            point.watch.begin()
        return point

    def _named(self, tree: ast.Module, flow: Flow) -> Iterator[str]:
        """Yield the texts that a cell says, or that a variable holds which it reads."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
        for name in flow.reads:
            if isinstance(value := self._namespace.get(name), (str, Path)):
                yield str(value)

    def closed(self, point: Checkpoint | None, record: StepFinished) -> None:
        """Keep what a cell left whose *record* is written; a restored cell's values are kept already.

        Of a cell without a checkpoint nobody can tell what its variables depend on, whoever made them before.
        """
        if point is None:
            self._made(record, record.run)
            return
        if point.restored is not None:
            kept = self._artifacts.find(record.key, point.restored.run)
            origin = kept.origin if kept else point.restored.run
            if kept:
                self._keeper.note(replace(kept, run=record.run))
            self._made(record, origin)
            return
        self._made(record, record.run)
        if not record.artifacts:
            return
        before, after = point.drawn or {}, random_states()
        drawn = {name: state for name, state in after.items() if not is_same_state(state, before.get(name))}
        names, problem = self._left(point, record)
        if problem:
            self._keeper.refuse(record, problem)
            return
        known = point.key.variables | point.defines
        self._keeper.keep(record, names, self._namespace, drawn, known)

    def _left(self, point: Checkpoint, record: StepFinished) -> tuple[list[str], str]:
        """Return the variables to keep of a cell that ended: those that it left, and other names of the same objects.

        A variable that it changed although its code does not name it is none of those that its key tells of: then
        comes why nothing can be kept.
        """
        before, flow, now = point.before, point.flow, self._namespace
        bound = flow.writes.keys() - flow.may_define
        names = dict.fromkeys(record.artifacts)
        stayed = {id(now[n]) for n in names if n in now and n not in bound and before.get(n) == id(now[n])}
        names |= dict.fromkeys(n for n, value in variables_in(now) if id(value) in stayed)
        unknown = (n for n in names if id(now.get(n)) in stayed and n not in bound | point.key.variables)
        name = next(unknown, "")
        return list(names), f"{name}: it changes together with what the step names" if name else ""

    def _made(self, record: StepFinished, run: str) -> None:
        """Let the variables that a cell left, under any name, be known by its key and what it was seen to read."""
        key = identity(record.key_parts) if record.key else ""
        names = dict.fromkeys((*record.writes, *record.mutated))
        values = (self._namespace[name] for name in names if name in self._namespace)
        changed = {id(value) for value in values if is_changeable(value)}
        every = self._namespace.items() if changed else ()
        self._keys.made(
            [*names, *(name for name, value in every if id(value) in changed and name[:1] != "_")], key, run
        )

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _acts(self, tree: ast.Module) -> str:
        """Return what *tree* does outside, as ``writes to the outside (to_sql)``; empty when nothing is seen."""
        self._code += tree.body
        functions = acting_functions(self._code)
        return next(filter(None, (outside_act(statement, functions) for statement in tree.body)), "")

    def _asked(self, options: StepOptions, part: int, point: Checkpoint) -> tuple[StepFinished | None, str]:
        """Return the record that the cell is to be restored from; None when it is simply to run, and why it is.

        That is empty where nobody asked for results of any run.
        """
        foreseen, key = self._session.foreseen, point.key
        if (options.name, part) in foreseen.restorable:
            return foreseen.restorable[options.name, part], ""
        if not foreseen.cached:
            return None, ""
        if never := reuse_of(point.cannot, key, has_left=True, is_declared=point.is_declared):
            return None, never
        why = ""
        for kept in self._artifacts.all_of(key.value):
            record = _record_of(kept)
            missed = self._missed(kept, record, options, key)
            if record is not None and not missed:
                return record, ""
            why = why or missed
        return None, why or "no run left a result for what it depends on now"

    def _missed(self, kept: KeptStep, record: StepFinished | None, options: StepOptions, key: Key) -> str:
        """Return why what an earlier run left under the same *key* is not for this one; empty when it is."""
        age, most = time.time() - kept.at, options.cache_seconds
        if most is not None and not 0 <= age <= most:  # what will be kept tomorrow is of unknown age
            old = f"{duration(age)} old, allowed are {duration(most)}" if age > 0 else "of a time to come"
            return f"what @{short_id(kept.run)} left is {old}"
        if record is None:
            return f"what @{short_id(kept.run)} left was not kept: {kept.problem or 'nothing tells what it was'}"
        if record.reuse and most is None:
            return record.reuse
        return differences(record.key_parts, self._keys.as_now(key, record.key_parts))

    def _restored(self, asked: StepFinished, point: Checkpoint, tree: ast.Module, flow: Flow) -> str:
        """Restore what *asked* tells of; return why it could not be done, empty when it was."""
        if changed := differences(asked.key_parts, self._keys.as_now(point.key, asked.key_parts)):
            return changed
        kept = self._artifacts.find(asked.key, asked.run)
        if kept is None:
            return "what it left was not kept" if asked.artifacts else "it leaves nothing that could be kept"
        if problem := (
            f"what it left was not kept: {kept.problem}" if kept.problem else self._held(kept, point.key, flow)
        ):
            return problem
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

    def _held(self, kept: KeptStep, key: Key, flow: Flow) -> str:
        """Return which variable of which the key does not tell shares something with what the step changes.

        It would go on holding what was before the change, because what is restored is a new object.
        """
        names = {name for one in kept.values if not one.same_as for name in one.names}
        told = flow.changes | flow.deletes if key.is_whole else frozenset()
        unsure = (names | flow.deletes) & key.variables - told
        changed = {name: self._namespace[name] for name in unsure if name in self._namespace}
        rest = others(self._namespace, key.variables | names) if changed else {}
        return shared_part(changed, rest, keeps_links=False) if rest else ""

    def _bind(self, names: tuple[str, ...], value: Any) -> None:
        if names[0] in RANDOM_STATES:
            module, _, set_state = RANDOM_STATES[names[0]]
            if module in sys.modules:
                set_state(sys.modules[module], value)
            return
        self._namespace.update(dict.fromkeys(names, value))


def reuse_of(cannot: str, key: Key, *, has_left: bool, is_declared: bool) -> str:
    """Return why no other run takes the result of a step; empty when ``--cache`` may."""
    if cannot:
        return cannot if " " not in cannot or not cannot.startswith(("writes", "runs")) else f"it {cannot}"
    if key.changing and not is_declared:
        return f"it asks what may answer otherwise every time ({', '.join(key.changing)})"
    return "" if has_left else "it leaves nothing that could be kept"


def _record_of(kept: KeptStep) -> StepFinished | None:
    if kept.problem or not kept.record:
        return None
    record = from_json(kept.record)
    return replace(record, run=kept.run) if isinstance(record, StepFinished) else None


def _defined(tree: ast.Module) -> Iterator[str]:
    for statement in filter(is_definition, tree.body):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement.name


def _define(tree: ast.Module, namespace: dict[str, Any]) -> None:
    body = list(filter(is_definition, tree.body))
    if body:
        exec(compile(ast.Module(body=body, type_ignores=[]), "<restored definitions>", "exec"), namespace)


_SEEDING = frozenset({"seed", "setstate", "set_state"})


def _may_reseed(code: Sequence[ast.stmt]) -> bool:
    """Return whether *code* names what sets the state of random numbers."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr in _SEEDING)
        or (isinstance(node, ast.Name) and node.id in _SEEDING)
        for statement in code
        for node in ast.walk(statement)
    )
