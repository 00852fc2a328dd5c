"""What must be done to have some variables again as they were: read what was kept, run the little code that is needed.

The code of plain cells and definitions is run, what steps left is read, parameters get the values of the run. Nothing
that writes to the outside is run; what therefore cannot be had is named, with the reason.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbops.engine.causes.lineage import KeptValues, Lineage, Statement, Version
from nbops.errors import ArtifactError, NbopsError
from nbops.notebook.conversion import annotation_names, coerce
from nbops.notebook.parameters import params_names
from nbops.notebook.secret import HIDDEN
from nbops.store.artifacts import Kept
from nbops.store.codecs import is_signed

__all__ = ["Action", "Slice", "fill", "run_statement", "slice_for", "value_of"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: run *statement*, or bind *name* to what was kept, to another name's value, to what was given.

    Args:
        statement: Where it stands; what is run when nothing else is said.
        name: The variable that is bound; empty when the statement is run.
        kept: What was kept of it.
        same_as: The variable whose value it is too.
        given: The text that a parameter was given; None when this is no parameter.
        value: The value itself, in a one-element tuple, where another one is to be tried; else empty.
    """

    statement: Statement
    name: str = ""
    kept: Kept | None = None
    same_as: str = ""
    given: str | None = None
    value: tuple[Any, ...] = ()


@dataclass(slots=True)
class Slice:
    """What is to be done, in order; and why some names cannot be had."""

    actions: list[Action] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


def slice_for(
    lineage: Lineage,
    names: Iterable[str],
    before: int,
    *,
    given: Mapping[str, str] | None = None,
    again: Collection[int] = (),
    instead: Mapping[Version, Any] | None = None,
) -> Slice:
    """Return what makes *names* be as a statement numbered *before* saw them.

    Args:
        lineage: The run.
        names: The variables.
        before: The number of that statement.
        given: The parameters that the run was given, as text.
        again: Cells of steps that are run again although what they left was kept.
        instead: Versions that get another value.
    """
    cells = frozenset(again)
    work = _Slicer(lineage, given or {}, cells, instead or {})
    found = work.walk(set(names), before)
    if any(action.kept and is_signed(action.kept.codec) for action in found.actions):
        classes = {s.node.name for s in lineage.statements[:before] if isinstance(s.node, ast.ClassDef)}
        found = work.walk({*names, *classes}, before)  # a pickle may hold instances of any of them
    return found


class _Slicer:
    def __init__(
        self, lineage: Lineage, given: Mapping[str, str], again: frozenset[int], instead: Mapping[Version, Any]
    ) -> None:
        self.lineage = lineage
        self.given = given
        self.again = again
        self.instead = instead

    def walk(self, needed: set[str], before: int) -> Slice:
        found = Slice()
        settled: set[tuple[int, str]] = set()  # of which cells what they left was taken
        for statement in reversed(self.lineage.statements[:before]):
            hit = needed & {*statement.flow.changes, *statement.flow.deletes}
            for name in sorted(hit):
                action = self._taken(statement, name) if (statement.cell, name) not in settled else None
                if action is not None:
                    found.actions.append(action)
                    settled.add((statement.cell, name))
                    needed.discard(name)
                    needed |= {action.same_as} if action.same_as else set()
                    needed |= set(action.kept.links if action.kept else ())
                    hit.discard(name)
            if hit:
                self._run(statement, hit, needed, found)
        found.actions.reverse()
        return found

    def _taken(self, statement: Statement, name: str) -> Action | None:
        """Return what binds *name* without running the statement; None when it must run."""
        version = Version(name, statement.cell, statement.step if statement.kind == "step" else "")
        if version in self.instead:
            return Action(statement, name, value=(self.instead[version],))
        if statement.kind == "params" and (name in self.given or _is_secret(statement)):
            return Action(statement, name, given=self.given.get(name, HIDDEN))
        if statement.kind != "step" or statement.cell in self.again:
            return None
        kept = self.lineage.left(statement.cell)[0].get(name)
        if kept is None:
            return None
        return Action(statement, name, same_as=kept.same_as) if kept.same_as else Action(statement, name, kept)

    def _run(self, statement: Statement, hit: set[str], needed: set[str], found: Slice) -> None:
        flow = statement.flow
        why = self._why_not(statement)
        if why:
            found.missing |= dict.fromkeys(hit, why)
            needed -= hit
            return
        found.actions.append(Action(statement))
        needed -= {name for name in hit if name in flow.writes and name not in flow.may_define}
        needed |= set(flow.reads)
        needed |= {read for name in hit for read in flow.defers.get(name, ())}

    def _why_not(self, statement: Statement) -> str:
        if statement.is_definition:
            return ""
        if statement.kind == "step" and statement.cell not in self.again:
            _, why = self.lineage.left(statement.cell)
            return f"{statement.step}: {why or 'it was not kept'}"
        act = self.lineage.outside_act(statement)
        return f"cell {statement.cell + 1} {act}" if act else ""


def fill(actions: Slice, namespace: dict[str, Any], lineage: Lineage) -> dict[str, str]:
    """Do what *actions* says in *namespace*, and return why some names could not be had."""
    missing = dict(actions.missing)
    values = KeptValues(lineage)
    for action in actions.actions:
        changed = [action.name] if action.name else list(action.statement.flow.changes)
        absent = [name for name in action.statement.flow.reads if name in missing] if not action.name else []
        if absent:
            missing |= dict.fromkeys(changed, f"it is made from {absent[0]}, which is not there")
            continue
        try:
            _do(action, namespace, values)
        except ArtifactError as error:
            missing[action.name] = error.what
        except NbopsError as error:
            missing |= dict.fromkeys(changed, error.what)
        except Exception as error:  # noqa: BLE001 - whatever the user's code raises: what it makes is not there
            why = f"cell {action.statement.cell + 1} raised {type(error).__name__}: {error}"
            missing |= dict.fromkeys(changed, why)
    return missing


def _do(action: Action, namespace: dict[str, Any], values: KeptValues) -> None:
    if action.name:
        namespace[action.name] = value_of(action, namespace, values)
    else:
        run_statement(action.statement, namespace)


def value_of(action: Action, namespace: Mapping[str, Any], values: KeptValues) -> Any:
    """Return what an action binds its name to; what steps left is read by *values*.

    Raises:
        ArtifactError: What was kept is damaged, refused, or gone.
        NbopsError: It is a parameter whose value no record holds.
    """
    if action.value:
        return action.value[0]
    if action.kept is not None:
        return values.get(action.statement.cell, action.kept, namespace)
    return namespace[action.same_as] if action.same_as else _parameter(action, namespace)


def _annotation(statement: Statement) -> str:
    return ast.unparse(statement.node.annotation) if isinstance(statement.node, ast.AnnAssign) else ""


def _is_secret(statement: Statement) -> bool:
    """Whether it declares a parameter that is a secret: its default is none that may be shown either."""
    return "Secret" in annotation_names(_annotation(statement))


def _parameter(action: Action, namespace: Mapping[str, Any]) -> Any:
    annotation = _annotation(action.statement)
    if action.given == HIDDEN or _is_secret(action.statement):
        raise NbopsError(f"{action.name} is a secret, which no record holds", fix=f"{action.name} = …")
    return coerce(action.name, action.given, annotation, {**params_names(), **namespace})


def run_statement(statement: Statement, namespace: dict[str, Any]) -> None:
    """Run one statement; in a ``%%params`` cell the types that need no import are known."""
    added = [name for name in params_names() if name not in namespace] if statement.kind == "params" else []
    namespace.update({name: params_names()[name] for name in added})
    try:
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        module = ast.Module(body=[statement.node], type_ignores=[])
        code = compile(module, f"<cell {statement.cell + 1}>", "exec", flags)
        if code.co_flags & inspect.CO_COROUTINE:
            raise NbopsError(f"cell {statement.cell + 1} awaits, which is not done again", fix="run it by hand")
        exec(code, namespace)
    finally:
        for name in added:
            if name not in statement.flow.writes:
                namespace.pop(name, None)
