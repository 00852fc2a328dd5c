"""Putting a step's inputs back as they were before an attempt that failed.

What an attempt changed in place would be changed twice by the next one. So before the first attempt the contents of
everything that the step can reach are noted, and afterwards put back *into the same objects*: whoever else holds one
of them sees it as it was, too. Names that it bound are bound as before, and those that it made are gone.
"""

from __future__ import annotations

import collections
import functools
import random
import sys
import types
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from nbops.engine.reuse.keeping import RANDOM_STATES, random_states
from nbops.engine.reuse.sharing import PLAIN_TYPES, is_changeable, slot_names

__all__ = ["Rewind"]

_MOST_OBJECTS = 500_000
_MOST_BYTES = 1 << 30  # of inputs that the code does not change; what it changes is noted whatever its size

PutBack = Callable[[], object]


class Rewind:
    """The variables as they were before a step's first attempt.

    Args:
        namespace: The user's variables.
        hidden: Names that are not the user's.
        changes: The variables whose content the code says that it changes.
        reads: The other variables that it reads: something unknown may change them too.
    """

    def __init__(
        self,
        namespace: MutableMapping[str, Any],
        hidden: Container[str],
        changes: Iterable[str] = (),
        reads: Iterable[str] = (),
    ) -> None:
        self._namespace = namespace
        self._hidden = hidden
        self._bound = dict(self._users())
        self._random = random_states()
        self._seen: set[int] = set()
        self._bytes_left = sys.maxsize
        self._put_back: list[PutBack] = []
        self._unknown: dict[str, str] = {}
        for name in changes:
            self._note(name)
        self._bytes_left = _MOST_BYTES
        for name in reads:
            self._note(name)

    def restore(self, changed: Iterable[str]) -> tuple[tuple[str, ...], Mapping[str, str]]:
        """Put everything back.

        Args:
            changed: The variables that the attempt bound or changed.

        Returns:
            Those of *changed* that are as before, and why others are not, by name.
        """
        for put_back in self._put_back:
            put_back()
        for name in list(dict(self._users())):
            if name not in self._bound:
                del self._namespace[name]
        self._namespace.update(self._bound)
        for name, state in self._random.items():
            module, _, set_state = RANDOM_STATES[name]
            set_state(sys.modules[module], state)
        old = [name for name in changed if name in self._bound]
        return (
            tuple(name for name in old if name not in self._unknown),
            {name: self._unknown[name] for name in old if name in self._unknown},
        )

    # ── noting ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _users(self) -> Iterator[tuple[str, Any]]:
        for name, value in list(self._namespace.items()):
            if name[:1] != "_" and name not in self._hidden:
                yield name, value

    def _note(self, name: str) -> None:
        """Note the content of everything that variable *name* leads to."""
        if name not in self._namespace:
            return
        waiting = [self._namespace[name]]
        while waiting:
            value = waiting.pop()
            if not is_changeable(value) or id(value) in self._seen:
                continue
            if len(self._seen) >= _MOST_OBJECTS or self._bytes_left < 0:
                self._unknown[name] = "too large to be noted"
                return
            self._seen.add(id(value))
            noted = self._content(value)
            if noted is None:
                self._unknown[name] = f"nobody can tell the state of a {type(value).__name__}"
                continue
            put_back, inner = noted
            if put_back is not None:
                self._put_back.append(put_back)
            waiting.extend(inner)

    def _content(self, value: Any) -> tuple[PutBack | None, Iterable[Any]] | None:
        """Return what puts the content of *value* back, and what it holds; None when nobody can tell it."""
        for kinds, content_of in _BUILT_IN:
            if isinstance(value, kinds):
                return content_of(value)
        library = type(value).__module__.partition(".")[0]
        if library in _OF_LIBRARIES and (found := _OF_LIBRARIES[library](value)) is not None:
            self._bytes_left -= _size(value)
            return found, ()
        return _instance(value)


def _is_iterator(value: Any) -> bool:
    return hasattr(value, "__next__")


def _worth_looking(items: Iterable[Any]) -> list[Any]:
    """Return *items* that may change; a list of a million numbers is told by its types alone."""
    return [item for item in items if type(item) not in PLAIN_TYPES]


def _fill_list(value: Any, content: Any) -> None:
    value[:] = content


def _fill_dict(value: Any, content: dict[Any, Any]) -> None:
    value.clear()
    for key, item in content.items():
        value[key] = item


def _fill_set(value: Any, content: Any) -> None:
    value.clear()
    (value.extend if isinstance(value, collections.deque) else value.update)(content)


_BUILT_IN: tuple[tuple[tuple[type, ...], Callable[[Any], tuple[PutBack | None, Iterable[Any]]]], ...] = (
    ((tuple, frozenset), lambda value: (None, _worth_looking(value))),
    ((list, bytearray), lambda value: (functools.partial(_fill_list, value, value[:]), _worth_looking(value))),
    ((dict,), lambda value: (functools.partial(_fill_dict, value, dict(value)), _worth_looking(value.values()))),
    (
        (set, collections.deque),
        lambda value: (functools.partial(_fill_set, value, value.copy()), _worth_looking(value)),
    ),
    ((random.Random,), lambda value: (functools.partial(value.setstate, value.getstate()), ())),
)


def _instance(value: Any) -> tuple[PutBack, list[Any]] | None:
    """Return how an object of some class is put back: by its attributes. What C holds beside them, nobody can tell."""
    kind, state = type(value), getattr(value, "__dict__", None)
    make: Any = kind.__new__
    is_of_c = make is not object.__new__ and not isinstance(make, types.FunctionType)
    slots = {name: getattr(value, name) for name in slot_names(kind) if hasattr(value, name)}
    if is_of_c or not (slots or isinstance(state, dict)) or _is_iterator(value) or hasattr(value, "fileno"):
        return None
    held = [*slots.values(), *(state or {}).values()]
    return functools.partial(_fill_instance, value, slots, None if state is None else dict(state)), _worth_looking(held)


def _fill_instance(value: Any, slots: dict[str, Any], state: dict[str, Any] | None) -> None:
    if state is not None:
        _fill_dict(value.__dict__, state)
    for name in slot_names(type(value)):
        if name in slots:
            object.__setattr__(value, name, slots[name])  # also where the class forbids it
        elif hasattr(value, name):
            object.__delattr__(value, name)


# ── arrays and tables ────────────────────────────────────────────────────────────────────────────────────────────────


def _numpy(value: Any) -> PutBack | None:
    if hasattr(value, "bit_generator"):
        return functools.partial(setattr, value.bit_generator, "state", value.bit_generator.state)
    if hasattr(value, "set_state"):
        return functools.partial(value.set_state, value.get_state())
    return functools.partial(_fill_array, value, value.copy()) if hasattr(value, "resize") else None


def _fill_array(value: Any, content: Any) -> None:
    if value.shape != content.shape:
        value.resize(content.shape, refcheck=False)
    if value.flags.writeable:
        value[...] = content


def _pandas(value: Any) -> PutBack | None:
    if not hasattr(value, "copy"):
        return None
    return functools.partial(_fill_pandas, value, value.copy()) if hasattr(value, "iloc") else _nothing


def _fill_pandas(value: Any, content: Any) -> None:
    attributes = dict(value.attrs)
    type(value).__init__(value, content)  # beginning anew with other data is the one public way to change all of it
    value.attrs.update(attributes)


def _polars(value: Any) -> PutBack | None:
    if not hasattr(value, "clone") or not (hasattr(value, "rows") or hasattr(value, "to_list")):
        return _nothing
    return functools.partial(vars(value).update, vars(value.clone()))


def _nothing() -> None:
    """Put nothing back: it cannot change."""


_OF_LIBRARIES: Mapping[str, Callable[[Any], PutBack | None]] = {
    "numpy": _numpy,
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": lambda value: _nothing,
}


def _size(value: Any) -> int:
    for name in ("nbytes", "estimated_size"):
        found = getattr(value, name, None)
        if found is not None:
            return int(found() if callable(found) else found)
    usage = getattr(value, "memory_usage", None)
    found = usage(index=True) if usage is not None else 0
    return int(found.sum() if hasattr(found, "sum") else found)
