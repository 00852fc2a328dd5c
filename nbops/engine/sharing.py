"""Whether what a step left shares parts with other variables, so that it could not be brought back as it was.

Each kept variable comes back as an object of its own. Where a list stands in two variables, what a later step appends
to one shows in the other; after a restore it would not. So such a step is not kept, and says so.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

__all__ = ["is_changeable", "shared"]

_PLAIN_TYPES = frozenset([bool, int, float, complex, str, bytes, type(None), range, slice])
_NEVER = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)
_UNCHANGING = frozenset(
    ["datetime", "decimal", "fractions", "uuid", "pathlib", "zoneinfo", "enum", "re", "pyarrow.lib"]
)
_SHELL = frozenset(["IPython", "ipykernel", "traitlets", "nbops"])  # what leads to everything there is
_MOST_OBJECTS = 300_000


class _TooLarge(Exception):
    """There is too much to look at."""


def shared(kept: Iterable[str], namespace: Mapping[str, Any]) -> str:
    """Return what two variables share of which one is in *kept*: ``rows and first share a list``; empty when nothing.

    Variables that are the very same object are brought back as one, and share nothing in this sense.

    Example:
        >>> inner = [1]
        >>> shared(["rows"], {"rows": [inner], "first": inner})
        'rows and first share a list'
        >>> shared(["rows"], {"rows": [inner], "other": [1], "same": 3})
        ''
    """
    groups: dict[int, str] = {}
    for name in dict.fromkeys(kept):
        if name in namespace and is_changeable(namespace[name]):
            groups.setdefault(id(namespace[name]), name)
    if not groups:
        return ""
    owner: dict[int, str] = {}
    try:
        for name in groups.values():
            for thing in _reached(namespace[name], set(), [_MOST_OBJECTS]):
                other = owner.setdefault(id(thing), name)
                if other != name:
                    return f"{other} and {name} share a {type(thing).__name__}"
        return _with_others(groups, owner, namespace)
    except _TooLarge:
        return f"{', '.join(groups.values())} may share parts with other variables: there is too much to look at"


def _with_others(groups: Mapping[int, str], owner: Mapping[int, str], namespace: Mapping[str, Any]) -> str:
    left = [_MOST_OBJECTS]
    for name, value in list(namespace.items()):
        if name[:1] == "_" or name in ("In", "Out") or id(value) in groups:
            continue
        for thing in _reached(value, set(), left):
            if id(thing) in owner:
                return f"{owner[id(thing)]} and {name} share a {type(thing).__name__}"
    return ""


def _reached(value: Any, seen: set[int], left: list[int]) -> Iterator[Any]:
    """Yield everything that *value* leads to and that can be changed in place."""
    waiting = [value]
    while waiting:
        thing = waiting.pop()
        if not is_changeable(thing) or id(thing) in seen:
            continue
        left[0] -= 1
        if left[0] < 0:
            raise _TooLarge
        seen.add(id(thing))
        if not isinstance(thing, (tuple, frozenset)):
            yield thing
        waiting += _inner(thing)


def is_changeable(value: Any) -> bool:
    """Return whether *value* can be changed in place."""
    kind = type(value)
    if kind in _PLAIN_TYPES or isinstance(value, _NEVER) or kind.__module__ in _UNCHANGING:
        return False
    return kind.__module__.partition(".")[0] not in _SHELL


def _inner(thing: Any) -> Iterable[Any]:
    if isinstance(thing, dict):
        return [item for item in (*thing.keys(), *thing.values()) if type(item) not in _PLAIN_TYPES]
    if isinstance(thing, (list, tuple, set, frozenset, collections.deque)):
        return [item for item in thing if type(item) not in _PLAIN_TYPES]
    library = type(thing).__module__.partition(".")[0]
    if library == "numpy":
        base = getattr(thing, "base", None)
        return [] if base is None else [base]
    if library in ("pandas", "polars", "pyarrow"):
        return []
    state = getattr(thing, "__dict__", None)
    return [item for item in state.values() if type(item) not in _PLAIN_TYPES] if isinstance(state, dict) else []
