"""Columns that others decide: rows that agree in a city's code agree in its name, as they did in the table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from nbops.frames.profile.dependencies import Dependency
from nbops.frames.profile.table import ColumnProfile, Profile
from nbops.synthesis.columns import Drawn
from nbops.synthesis.streams import Array
from nbops.synthesis.texts import written_as

__all__ = ["decided", "deciding_order"]

_MOST_LEFTS = 2_000  # for which values are assigned by hand


def deciding_order(profile: Profile, free: Collection[str]) -> list[Dependency]:
    """Return the dependencies that can be kept together, each behind that which decides its left column.

    Args:
        profile: What the table is like.
        free: The columns that no other may decide: keys, and those that refer to other tables.
    """
    places = {name: at for at, name in enumerate(profile.names)}
    wanted = [one for one in profile.relations.dependencies if {one.left, one.right} <= set(places)]
    wanted.sort(key=lambda one: (profile[one.right].kind != "text", places[one.right]))
    above: dict[str, Dependency] = {}
    for one in wanted:
        if one.right not in free and one.right not in above and one.right not in _chain(above, one.left):
            above[one.right] = one
    return sorted(above.values(), key=lambda one: (len(_chain(above, one.right)), places[one.right]))


def _chain(above: Mapping[str, Dependency], name: str) -> list[str]:
    """Return *name* and the columns that decide it, from the nearest on."""
    found = [name]
    while found[-1] in above:
        found.append(above[found[-1]].left)
    return found


def decided(one: Dependency, profile: Profile, left: Drawn, right: Drawn, *, rises: bool) -> Drawn:
    """Return the right column of a dependency: one value for each of the left.

    Args:
        one: The dependency.
        profile: What the table is like.
        left: What was drawn for the column that decides.
        right: What was drawn for the other, as if nothing decided it.
        rises: Whether *right* was drawn to rise with other columns: then a value comes from a row that has the left one.
    """
    column = profile[one.right]
    if profile[one.left].kind == "time" and column.text is not None and column.text.form:
        return written_as(left.values, column.text.form)
    codes = np.asarray(left.codes)
    kinds = int(codes.max()) + 1 if len(codes) else 0
    first = np.zeros(kinds, dtype="int64")
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    if right.pool is not None and not rises and kinds <= _MOST_LEFTS:
        back = any((other.left, other.right) == (one.right, one.left) for other in profile.relations.dependencies)
        each = Drawn(_assigned(np.bincount(codes, minlength=kinds), right, is_one_to_one=back), right.pool)
    else:
        each = right.taken(first)
    if one.values and kinds <= _MOST_LEFTS:
        each = _known(one.values, left.taken(first), each, column)
    return each.taken(codes)


def _assigned(rows: Array, right: Drawn, *, is_one_to_one: bool) -> Array:
    """Return a place in the pool of *right* for each left value, so that the mix of right values stays."""
    assert right.pool is not None
    wanted = np.bincount(right.values, minlength=len(right.pool)).astype("float64")
    order = np.argsort(-rows, kind="stable")
    found = np.zeros(len(rows), dtype="int32")
    if is_one_to_one:
        found[order] = np.argsort(-wanted, kind="stable")[np.arange(len(rows)) % len(wanted)]
        return found
    for at in order.tolist():
        found[at] = int(wanted.argmax())
        wanted[found[at]] -= rows[at]
    return found


def _known(values: Mapping[Any, Any], left: Drawn, each: Drawn, column: ColumnProfile) -> Drawn:
    """Return *each* with what the profile tells of the commonest left values."""
    told = [values.get(one) for one in _plain(left)]
    if each.pool is not None:
        pool = list(dict.fromkeys([*each.pool, *(str(one) for one in told if one is not None)]))
        places = {text: at for at, text in enumerate(pool)}
        codes = [int(code) if one is None else places[str(one)] for one, code in zip(told, each.values, strict=True)]
        return Drawn(np.array(codes, dtype="int32"), pool)
    if column.kind not in ("number", "bool") or not isinstance(each.values, np.ndarray):
        return each
    made = [code if one is None else one for one, code in zip(told, each.values.tolist(), strict=True)]
    return Drawn(np.array(made, dtype=each.values.dtype))


def _plain(drawn: Drawn) -> Sequence[Any]:
    if drawn.pool is not None:
        return [drawn.pool[code] for code in drawn.values]
    return drawn.values.tolist() if hasattr(drawn.values, "tolist") else [str(one) for one in drawn.values]
