"""Which values share parts that may change: what one of them does to such a part, the other sees."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["shared_part"]

_MOST_OBJECTS = 100_000
_CONTAINERS = (list, dict, set, tuple)
_NEVER_CHANGES = (bool, int, float, complex, str, bytes, type(None), type, range, frozenset)


def shared_part(values: Mapping[str, Any], before: Mapping[int, tuple[str, Any]]) -> tuple[str, str] | None:
    """Return a variable that holds, or is, a part of another that was there before; and that other. None for none.

    A variable of before that is held as a whole is no part. Looked at are lists, dicts, sets, tuples and objects of
    classes of the notebook, a hundred thousand of them at most.

    Args:
        values: New variables.
        before: The values of the others, by their ids, with their names.

    Example:
        >>> box = {"rows": [1]}
        >>> shared_part({"rows": box["rows"]}, {id(box): ("box", box)})
        ('rows', 'box')
        >>> shared_part({"new": [box]}, {id(box): ("box", box)}) is None
        True
    """
    holders = {one: name for name, value in values.items() for one in _reached([value], stop=before)}
    if not holders:
        return None
    for name, value in before.values():
        for one in _reached(_inside(value)):
            if one in holders and one not in before:
                return holders[one], name
    return None


def _reached(start: Iterable[Any], stop: Iterable[int] = ()) -> set[int]:
    """Return the ids of what can change among *start* and what it holds, not looking into those of *stop*."""
    stops, seen, found = set(stop), set[int](), set[int]()
    waiting = list(start)
    while waiting and len(seen) < _MOST_OBJECTS:
        value = waiting.pop()
        if isinstance(value, _NEVER_CHANGES) or id(value) in seen or id(value) in stops:
            continue
        seen.add(id(value))
        if type(value) is not tuple:
            found.add(id(value))
        waiting += _inside(value)
    return found


def _inside(value: Any) -> list[Any]:
    if type(value) in _CONTAINERS:
        return gc.get_referents(value)
    if type(value).__module__ == "__main__":
        return list(getattr(value, "__dict__", {}).values())
    return []
