"""Whether what a step left shares parts with other variables that could not be brought back as shared.

Lists, dicts and sets that two variables share are kept as shared (:mod:`nbops.engine.freezing`). What is shared in any
other way, through objects and views of arrays, would come back as two things: what a later step does to one would no
longer show in the other. So such a step is not kept, and says so.
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
_CONTAINERS = (list, dict, set, tuple)
_MOST_OBJECTS = 300_000


class _TooLarge(Exception):
    """There is too much to look at."""


def shared(kept: Iterable[str], namespace: Mapping[str, Any]) -> str:
    """Return what two variables share of which one is in *kept*: ``rows and first share a list``; empty when nothing.

    Variables that are the very same object are brought back as one, and share nothing in this sense.

    Example:
        >>> import collections
        >>> inner = collections.deque([1])
        >>> shared(["rows"], {"rows": [inner], "first": inner})
        'rows and first share a deque'
        >>> shared(["rows"], {"rows": [inner], "other": [1], "same": 3})
        ''
    """
    groups: dict[int, str] = {}
    for name in dict.fromkeys(kept):
        if name in namespace and is_changeable(namespace[name]):
            groups.setdefault(id(namespace[name]), name)
    if not groups:
        return ""
    owner: dict[int, tuple[str, bool]] = {}
    try:
        for name in groups.values():
            for thing, is_kept_shared in _reached(namespace[name], set(), [_MOST_OBJECTS]):
                other, other_is = owner.setdefault(id(thing), (name, is_kept_shared))
                if other != name and not (is_kept_shared and other_is):
                    return f"{other} and {name} share a {type(thing).__name__}"
        return _with_others(groups, owner, namespace)
    except _TooLarge:
        return f"{', '.join(groups.values())} may share parts with other variables: there is too much to look at"


def _with_others(groups: Mapping[int, str], owner: Mapping[int, tuple[str, bool]], namespace: Mapping[str, Any]) -> str:
    left = [_MOST_OBJECTS]
    for name, value in list(namespace.items()):
        if name[:1] == "_" or name in ("In", "Out") or id(value) in groups:
            continue
        for thing, is_kept_shared in _reached(value, set(), left):
            other, other_is = owner.get(id(thing), ("", False))
            if other and not (is_kept_shared and other_is):
                return f"{other} and {name} share a {type(thing).__name__}"
    return ""


def _reached(value: Any, seen: set[int], left: list[int]) -> Iterator[tuple[Any, bool]]:
    """Yield everything that *value* leads to and that can be changed in place; and whether it is kept as shared.

    That is so for a container that is reached through containers alone.
    """
    waiting = [(value, True)]
    while waiting:
        thing, through_containers = waiting.pop()
        if not is_changeable(thing) or id(thing) in seen:
            continue
        left[0] -= 1
        if left[0] < 0:
            raise _TooLarge
        seen.add(id(thing))
        is_container = type(thing) in _CONTAINERS or type(thing).__module__ == "__main__"
        if not isinstance(thing, (tuple, frozenset)):
            yield thing, through_containers and is_container
        waiting += [(inner, through_containers and is_container) for inner in _inner(thing)]


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
