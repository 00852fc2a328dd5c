"""Columns that others decide: rows that agree in a city's code agree in its name, as they did in the table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from nbops.frames.profile.dependencies import Dependency
from nbops.frames.profile.table import ColumnProfile, Profile
from nbops.frames.profile.written import DIGITS, part_of
from nbops.synthesis.columns import Drawn
from nbops.synthesis.spans import nearest
from nbops.synthesis.streams import Array, Stream
from nbops.synthesis.texts import written_as

__all__ = ["decided", "deciding_order", "leading", "regrouped", "turned"]

_MOST_LEFTS = 2_000  # for which values are assigned by hand
_UNTOLD = 0.05  # a rank correlation below is near enough


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
        rises: Whether *right* was drawn to rise with other columns: then a value comes from a row with the left one.
    """
    column = profile[one.right]
    moments = left.values if profile[one.left].kind == "time" else None
    moments = left.moments[left.values] if left.moments is not None else moments
    if isinstance(moments, np.ndarray) and column.text is not None and column.text.form:
        return written_as(moments, column.text.form)
    part = part_of(one.part) if isinstance(moments, np.ndarray) else None
    if part is not None:
        return Drawn(part(moments))
    if one.part in DIGITS and isinstance(left.values, np.ndarray):
        return Drawn(DIGITS[one.part](left.values))
    codes = np.asarray(left.codes)
    kinds = int(codes.max()) + 1 if len(codes) else 0
    first = np.zeros(kinds, dtype="int64")
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    each = right.taken(first)
    told: list[Any] = [None] * kinds
    if one.values and kinds <= _MOST_LEFTS:
        told = [one.values.get(value) for value in _plain(left.taken(first))]
        each = _known(told, each, column)
    if each.pool is not None and right.pool is not None and not rises and kinds <= _MOST_LEFTS:
        back = any((other.left, other.right) == (one.right, one.left) for other in profile.relations.dependencies)
        open_ = np.array([value is None for value in told], dtype="bool")
        rows = np.bincount(codes, minlength=kinds)
        wanted = np.zeros(len(each.pool))
        wanted[: len(right.pool)] = np.bincount(right.values, minlength=len(right.pool))
        np.subtract.at(wanted, each.values[~open_], rows[~open_])
        each.values[open_] = _assigned(rows[open_], wanted, is_one_to_one=back)
    return each.taken(codes)


def turned(one: Dependency, left: Drawn, right: Drawn, stream: Stream) -> Drawn:
    """Return *left* drawn anew, where the profile tells which right value goes with it, so that it goes with *right*.

    Texts do not rise with numbers, but what they decide may: so the zone of a place follows from its offset, as often
    as it had it, and the offset from the longitude.
    """
    assert left.pool is not None
    told = {code: one.values[text] for code, text in enumerate(left.pool) if text in one.values}
    rows = np.bincount(left.values, minlength=len(left.pool))
    is_told = np.isin(left.values, list(told))
    found = left.values.copy()
    values = np.array(sorted({told[code] for code in told if rows[code]}))
    if not len(values):
        return left
    wanted = nearest(values, right.values)
    for value in values.tolist():
        codes = [code for code, other in told.items() if other == value and rows[code]]
        here = np.flatnonzero(is_told & (wanted == value))
        if codes and len(here):
            ends = np.cumsum(rows[codes])
            found[here] = np.array(codes)[np.searchsorted(ends, stream.below(int(ends[-1]), len(here)), side="right")]
    return Drawn(found, left.pool)


def leading(order: Sequence[Dependency], profile: Profile) -> dict[str, str]:
    """Return for each column that decides others, which of them its rows should go by, if any.

    It is the one with the rank correlation to a column outside that the deciding one tells least of: an hour goes with
    the wind, and the moment that decides it does not.

    Args:
        order: The dependencies that are kept.
        profile: What the table is like.
    """
    ranks = {pair: one.value for pair, one in profile.relations.ranks.items()}
    ranks |= {pair[::-1]: value for pair, value in ranks.items()}
    found: dict[str, tuple[float, str]] = {}
    for one in order:
        inside = {other.right for other in order if other.left == one.left} | {one.left}
        through = ranks.get((one.left, one.right), 0.0)
        untold = max(
            (abs(value - through * ranks.get((one.left, pair[1]), 0.0))
             for pair, value in ranks.items() if pair[0] == one.right and pair[1] not in inside),
            default=0.0,
        )  # fmt: skip
        if untold > max(_UNTOLD, found.get(one.left, (0.0, ""))[0]):
            found[one.left] = untold, one.right
    return {left: right for left, (_, right) in found.items()}


def regrouped(left: Drawn, decided_right: Array, wanted: Array, stream: Stream) -> Drawn:
    """Return the values of *left* in other rows, so that what they decide lies as near as can be to what is *wanted*.

    Each value comes as often as before. Rows that want the same get values in the order in which they had them: an hour
    changes, and the day nearly stays.

    Args:
        left: What was drawn for the column that decides.
        decided_right: What it decides in each row.
        wanted: What was drawn for that column together with others.
        stream: Where ties are broken from.
    """
    size = len(left)
    chance = stream.shuffled(size)
    groups = np.empty(size, dtype="int64")
    groups[np.lexsort((chance, wanted))] = np.unique(decided_right, return_inverse=True)[1].ravel()[
        np.argsort(decided_right, kind="stable")
    ]
    place = left.moments[left.values] if left.moments is not None else np.asarray(left.codes)
    source = np.empty(size, dtype="int64")
    source[np.lexsort((place, groups))] = np.lexsort((place, decided_right))
    return left.taken(source)


def _assigned(rows: Array, wanted: Array, *, is_one_to_one: bool) -> Array:
    """Return which right value each left one gets, so that each right value gets as many rows as are *wanted*."""
    order = np.argsort(-rows, kind="stable")
    found = np.zeros(len(rows), dtype="int32")
    if is_one_to_one:
        found[order] = np.argsort(-wanted, kind="stable")[np.arange(len(rows)) % len(wanted)]
        return found
    for at in order.tolist():
        found[at] = int(wanted.argmax())
        wanted[found[at]] -= rows[at]
    return found


def _known(told: Sequence[Any], each: Drawn, column: ColumnProfile) -> Drawn:
    """Return *each* with what the profile tells of the commonest left values; None where it tells nothing."""
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
