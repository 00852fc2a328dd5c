"""What can be changed in place, and which variables share such a part: what one does to it, the other sees.

What is kept comes back as it was where a pickler sees that it is shared: parts that several values hold through lists,
dicts, tuples, sets and plain objects are written once, and a variable that another one holds is written as a link
(:mod:`nbops.engine.reuse.freezing`). What is shared in any other way, as a window into an array or a part of a value of
before, would come back as two things. It is found here, so that its step is not kept, and says so.
"""

from __future__ import annotations

import collections
import datetime
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

__all__ = [
    "PLAIN_TYPES",
    "held_variables",
    "is_changeable",
    "shared_part",
    "sharing_variables",
    "slot_names",
    "variables_in",
]

PLAIN_TYPES = frozenset([bool, int, float, complex, str, bytes, type(None), range, slice])
"""The types of values that hold nothing that could change."""

_CODE = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, CodeType, property, type)
_UNCHANGING = frozenset(["datetime", "decimal", "fractions", "uuid", "pathlib", "zoneinfo", "enum", "re"])
_OF_THE_SHELL = frozenset({"In", "Out", "exit", "quit", "get_ipython"})  # what cells showed is no variable's part
_SHELL = frozenset(["IPython", "ipykernel", "traitlets", "nbops"])  # what leads to everything there is
_COLLECTIONS = (list, tuple, set, frozenset, collections.deque)
_CONTAINERS = (list, dict, set, tuple, frozenset)
_TABLES = ("pandas", "polars", "pyarrow")
_MOST_OBJECTS = 300_000
_MOST_HELD = 300
_MOST_ITEMS = 5_000  # of one variable; one thing that may change takes the time of twenty that may not
_ITEMS_OF_A_THING = 20


class _TooLarge(Exception):
    """There is too much to look at."""


def is_changeable(value: Any) -> bool:
    """Return whether *value* can be changed in place, or holds something that can.

    Example:
        >>> is_changeable([]), is_changeable("text"), is_changeable(len)
        (True, False, False)
    """
    kind = type(value)
    if kind in PLAIN_TYPES or isinstance(value, _CODE) or kind.__module__ in _UNCHANGING:
        return False
    top = kind.__module__.partition(".")[0]
    if top == "numpy":
        return not isinstance(value, sys.modules["numpy"].generic)
    is_moment = top == "pandas" and isinstance(value, (datetime.date, datetime.timedelta))
    return top not in _SHELL and not is_moment


def variables_in(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of the user's variables in *namespace* that may change.

    Example:
        >>> dict(variables_in({"rows": [1], "n": 1, "_": [2], "In": ["rows = [1]"]}))
        {'rows': [1]}
    """
    for name, value in list(namespace.items()):
        if name[:1] != "_" and name not in _OF_THE_SHELL and is_changeable(value):
            yield name, value


def shared_part(values: Mapping[str, Any], before: Mapping[int, tuple[str, Any]], *, keeps_links: bool = True) -> str:
    """Return what one of *values* shares with another variable and would come back as two things; empty for nothing.

    Args:
        values: The values that a step left, each under one of its names.
        before: The values of the other variables, by their ids, with their names.
        keeps_links: Whether one of *before* that is held by *values* comes back as the very object that it is.

    Example:
        >>> box = {"rows": [1]}
        >>> shared_part({"rows": box["rows"]}, {id(box): ("box", box)})
        'rows: it shares a list with box, which would come back as a copy'
        >>> shared_part({"new": [box]}, {id(box): ("box", box)})
        ''
    """
    linked = {*(before if keeps_links else ()), *map(id, values.values())}
    owner: dict[int, tuple[str, bool]] = {}
    try:
        for name, value in values.items():
            for thing, is_seen in _reached(value, [_MOST_OBJECTS], linked):
                other, other_is_seen = owner.setdefault(id(thing), (name, is_seen))
                if other != name and not (is_seen and other_is_seen):
                    return _told(name, other, thing)
        left = [_MOST_OBJECTS]
        for other, value in before.values() if owner else ():
            for thing, _ in _reached(value, left):
                if id(thing) in owner:
                    return _told(owner[id(thing)][0], other, thing)
    except _TooLarge:
        return f"{', '.join(values)}: it may share parts with other variables; there is too much to look at"
    return ""


def held_variables(value: Any, variables: Mapping[int, Collection[str]]) -> list[str]:
    """Return which *variables* can be changed through *value* because it holds them, as far as 300 things go.

    Args:
        value: A variable's value.
        variables: The names of variables by the ids of their values.

    Example:
        >>> rows = same = [1]
        >>> held_variables({"rows": rows}, {id(rows): ["rows", "same"]})
        ['rows', 'same']
    """
    found: dict[str, None] = {}
    seen: set[int] = set()
    waiting = [value]
    while waiting and len(seen) < _MOST_HELD:
        thing = waiting.pop()
        if id(thing) in seen or not is_changeable(thing):
            continue
        seen.add(id(thing))
        if thing is not value and id(thing) in variables:
            found |= dict.fromkeys(variables[id(thing)])
        if not isinstance(thing, (dict, *_COLLECTIONS)) or len(thing) <= _MOST_HELD:
            waiting += [inner for inner in _inner(thing) if type(inner) not in PLAIN_TYPES]
    return list(found)


def sharing_variables(values: Mapping[str, Any], others: Iterable[tuple[str, Any]]) -> tuple[list[str], bool]:
    """Return which *others* share something that may change with one of *values*; and whether all was looked at.

    Args:
        values: The values of variables, by name.
        others: The names and values of other variables.

    Example:
        >>> rows = [[1], 2]
        >>> sharing_variables({"rows": rows}, [("first", rows[0]), ("box", {"rows": rows}), ("copy", list(rows[:1]))])
        (['first', 'box', 'copy'], True)
        >>> sharing_variables({"rows": rows}, [("other", [[1], 2]), ("long", [[0]] * 9_999)])
        ([], False)
    """
    parts: set[int] = set()
    seen = [_add_parts(value, parts) for value in values.values()]
    found: list[str] = []
    for name, value in others:
        its_parts: set[int] = set()
        seen.append(_add_parts(value, its_parts))
        if not parts.isdisjoint(its_parts):
            found.append(name)
    return found, all(seen)


def _add_parts(value: Any, parts: set[int]) -> bool:
    """Add the ids of all that may change in *value*, itself first; False when that would take too long."""
    left = _MOST_ITEMS
    waiting = [value]
    while waiting:
        thing = waiting.pop()
        if id(thing) in parts or not is_changeable(thing):
            continue
        parts.add(id(thing))
        left -= _ITEMS_OF_A_THING + (len(thing) if isinstance(thing, (dict, *_COLLECTIONS)) else 0)
        if left < 0:
            return False
        waiting += [inner for inner in _inner(thing) if type(inner) not in PLAIN_TYPES]
    return True


def _told(name: str, other: str, thing: Any) -> str:
    if type(thing).__name__ == "ndarray":
        return f"{name}: it shares its memory with {other}; {name}.copy() would not"
    return f"{name}: it shares a {type(thing).__name__} with {other}, which would come back as a copy"


def _reached(value: Any, left: list[int], linked: Collection[int] = ()) -> Iterator[tuple[Any, bool]]:
    """Yield everything that *value* leads to and that can be changed; and whether a pickler sees that it is shared.

    That is so for what is reached through containers alone; what is *linked* then is left out.
    """
    seen: set[int] = set()
    waiting = [(value, True)]
    while waiting:
        thing, is_seen = waiting.pop()
        if not is_changeable(thing) or id(thing) in seen:
            continue
        if is_seen and thing is not value and id(thing) in linked:
            continue
        left[0] -= 1
        if left[0] < 0:
            raise _TooLarge
        seen.add(id(thing))
        if not isinstance(thing, (tuple, frozenset)):
            yield thing, is_seen
        is_seen = is_seen and (type(thing) in _CONTAINERS or _is_plain_object(thing))
        waiting += [(inner, is_seen) for inner in _inner(thing) if type(inner) not in PLAIN_TYPES]


def _is_plain_object(thing: Any) -> bool:
    """Whether a pickle of *thing* holds its very attributes: it is of the notebook, and says nothing else."""
    kind = type(thing)
    own = any(
        name in vars(one) for one in kind.__mro__[:-1] for name in ("__reduce__", "__reduce_ex__", "__getstate__")
    )
    return kind.__module__ == "__main__" and not own and not issubclass(kind, (dict, *_COLLECTIONS))


def _inner(thing: Any) -> Iterable[Any]:
    if isinstance(thing, dict):
        return [*thing.keys(), *thing.values(), *_attributes(thing)]
    if isinstance(thing, _COLLECTIONS):
        return [*thing, *_attributes(thing)]
    library = type(thing).__module__.partition(".")[0]
    if library == "numpy":
        return [getattr(thing, "base", None)]
    return [] if library in _TABLES else _attributes(thing)


def _attributes(thing: Any) -> list[Any]:
    """Return what the attributes of *thing* hold, those in slots too."""
    state = getattr(thing, "__dict__", None)
    in_slots = [getattr(thing, name) for name in slot_names(type(thing)) if hasattr(thing, name)]
    return [*state.values(), *in_slots] if isinstance(state, dict) else in_slots


def slot_names(kind: type) -> Iterator[str]:
    """Yield the attributes that objects of *kind* have in slots.

    Example:
        >>> class Pair:
        ...     __slots__ = ("left", "__right")
        >>> list(slot_names(Pair))
        ['left', '_Pair__right']
    """
    for one in kind.__mro__:
        slots = vars(one).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            if name[:2] == "__" and name[-2:] != "__":
                yield f"_{one.__name__.lstrip('_')}{name}"
            elif name not in ("__dict__", "__weakref__"):
                yield name
