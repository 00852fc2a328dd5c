"""What a cell did to the user's variables: what the code says, confirmed by looking before and after.

The code alone cannot know that ``exec`` binds a name, or that a function of a library changes its argument. So the
names are compared by identity, and what the cell read by a fingerprint. No value is kept: a name that is bound anew
must not hold its old table in memory.
"""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, MutableMapping
from dataclasses import replace
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from nbops.engine.reuse.sharing import held_variables, is_changeable
from nbops.frames.fingerprint import fingerprint
from nbops.frames.nulls import null_counts
from nbops.frames.tables import describe
from nbops.notebook.dataflow import Flow
from nbops.records import Table

if TYPE_CHECKING:
    from nbops.engine.reuse.rewinding import Rewind

__all__ = ["Variables"]

_NEVER_CHANGE = (ModuleType, FunctionType, BuiltinFunctionType, type, str, bytes, int, float, bool, tuple, type(None))
_FINGERPRINT_SECONDS = 0.001  # of this thread's own work: what else the machine has to do must not blind us


class Variables:
    """The user's namespace around one cell.

    Args:
        namespace: The user's namespace.
        hidden: Names that are not the user's.
        flow: What the code says.
    """

    def __init__(self, namespace: MutableMapping[str, Any], hidden: Iterable[str], flow: Flow) -> None:
        self._namespace = namespace
        self._hidden = frozenset(hidden)
        self._flow = flow
        self._ids = self._identities()
        self.tables_in = tuple(self._tables(flow.reads))
        inputs = dict.fromkeys((*flow.reads, *flow.mutates))
        others = [*self._held(inputs), *self._holding(name for name in inputs if name in flow.writes)]
        watched = dict.fromkeys((*flow.reads, *others))
        self._prints = self._fingerprints(name for name in watched if name not in flow.changes)

    @property
    def namespace(self) -> MutableMapping[str, Any]:
        """The user's variables, as they are now."""
        return self._namespace

    @property
    def reads(self) -> tuple[str, ...]:
        """The variables that it read, of those that were there."""
        return tuple(name for name in self._flow.reads if name in self._ids)

    def rewind(self) -> Rewind:
        """Return what puts the variables back as they are now, with all that the cell can reach by them."""
        from nbops.engine.reuse.rewinding import Rewind

        return Rewind(self._namespace, self._hidden, self._flow.mutates, self._flow.reads)

    def writes(self) -> tuple[str, ...]:
        """The variables that it made, rebound or changed, of those that are there now."""
        after = self._identities()
        said = [name for name in (*self._flow.writes, *self._flow.mutates) if name in after]
        rebound = [name for name, identity in after.items() if self._ids.get(name) != identity]
        return tuple(dict.fromkeys([*said, *rebound]))

    def mutated(self, writes: Container[str]) -> tuple[str, ...]:
        """The variables whose content changed although the code does not say so, those in *writes* left out."""
        before = self._prints
        now = self._fingerprints(name for name in before if name not in writes) if before else {}
        return tuple(name for name, print_now in now.items() if print_now != before[name])

    def tables_out(self, names: Iterable[str]) -> tuple[Table, ...]:
        """The tables among *names*, as they are now; imported modules and functions are none."""
        return tuple(replace(table, nulls=null_counts(self._namespace[table.name])) for table in self._tables(names))

    def _identities(self) -> dict[str, int]:
        return {
            name: id(value)
            for name, value in self._namespace.items()
            if name[:1] != "_" and name not in self._hidden
        }  # fmt: skip

    def _held(self, names: Iterable[str]) -> Iterable[str]:
        """Yield the variables that those of *names* hold: what the cell does to a part, it does to them."""
        by_id: dict[int, list[str]] = {}
        for name in names:
            value = self._namespace.get(name)
            if is_changeable(value):
                for other, identity in self._ids.items() if not by_id else ():
                    by_id.setdefault(identity, []).append(other)
                yield from held_variables(value, by_id)

    def _holding(self, names: Iterable[str]) -> Iterable[str]:
        """Yield the variables that hold or are a value of *names*, which the cell may change and then bind anew."""
        values = ((name, self._namespace.get(name)) for name in names)
        by_id = {id(value): [name] for name, value in values if is_changeable(value)}
        for name, identity in self._ids.items() if by_id else ():
            if [name] not in by_id.values() and (identity in by_id or held_variables(self._namespace[name], by_id)):
                yield name

    def _tables(self, names: Iterable[str]) -> Iterable[Table]:
        for name in names:
            if name in self._namespace:
                table = describe(name, self._namespace[name])
                if table is not None:
                    yield table

    def _fingerprints(self, names: Iterable[str]) -> dict[str, str]:
        """Return fingerprints as far as a millisecond goes; what cannot be told is left out."""
        found: dict[str, str] = {}
        end = time.thread_time() + _FINGERPRINT_SECONDS
        for name in names:
            value = self._namespace.get(name)
            if isinstance(value, _NEVER_CHANGE) or time.thread_time() > end:
                continue
            seen = fingerprint(value)
            if seen is not None:
                found[name] = seen
        return found
