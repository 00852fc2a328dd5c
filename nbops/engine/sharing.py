"""Which values share parts that may change: what one of them does to such a part, the other sees."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["shared_part"]

_MOST_PARTS = 50_000
_CONTAINERS = (list, dict, set, tuple)
_NEVER_CHANGES = (bool, int, float, complex, str, bytes, type(None), type, range, frozenset)


def shared_part(values: Mapping[str, Any], before: Mapping[int, tuple[str, Any]]) -> tuple[str, str] | None:
    """Return a variable that holds, or is, a part of another that was there before; and that other. None for none.

    A variable of before that is held as a whole is no part. Looked at are lists, dicts, sets, tuples and objects of
    classes of the notebook, as long as they have few parts: a step must not wait for the reading of a million.

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
    left = [_MOST_PARTS]
    holders = {one: name for name, value in values.items() for one in _reached([value], left, stop=before)}
    if not holders:
        return None
    for name, value in before.values():
        for one in _reached(_inside(value, left), left):
            if one in holders and one not in before:
                return holders[one], name
    return None


def _reached(start: Iterable[Any], left: list[int], stop: Iterable[int] = ()) -> set[int]:
    """Return the ids of what can change among *start* and what it holds, not looking into those of *stop*."""
    stops, seen, found = set(stop), set[int](), set[int]()
    waiting = list(start)
    while waiting:
        value = waiting.pop()
        if id(value) in seen or id(value) in stops or isinstance(value, _NEVER_CHANGES):
            continue
        seen.add(id(value))
        if type(value) is not tuple:
            found.add(id(value))
        waiting += _inside(value, left)
    return found


def _inside(value: Any, left: list[int]) -> list[Any]:
    """Return the parts of *value* that may hold something; none when there are more than are *left* to look at."""
    kind = type(value)
    if kind.__module__ == "__main__":
        value = getattr(value, "__dict__", {})
    elif kind not in _CONTAINERS:
        return []
    if len(value) > left[0]:
        return []
    left[0] -= len(value)
    return [part for part in gc.get_referents(value) if gc.is_tracked(part) or type(part) in _CONTAINERS]
