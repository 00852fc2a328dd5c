"""The changes that lead from one structure to another: found by :func:`differences`, done by :func:`applied`.

``applied(old, differences(old, new)) == new``, whatever the two are: a change log that leaves something out would be
found by that.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nbops.pipeline.structure.model import Column, Structure

__all__ = ["ORDER", "ChangeKind", "StructureChange", "applied", "differences", "key_text", "null_policy"]

ChangeKind = Literal["removed", "added", "renamed", "type", "nulls", "values", "unit", "grain", "key", "order"]
ORDER: tuple[ChangeKind, ...] = (
    "removed", "renamed", "added", "type", "unit", "key", "grain", "nulls", "values", "order"
)  # fmt: skip
"""The kinds of changes, in the order in which people want to know of them."""


@dataclass(frozen=True, slots=True)
class StructureChange:
    """One change of the structure of a dataset.

    Args:
        kind: What changed.
        column: The column, by the name that it has after the change; empty for the whole table.
        before: How it was, as text; empty when there was nothing.
        now: How it is; empty when it is gone.
        why: What says so, in a few words.
        is_minor: Whether it was to be expected: a rare value more of a set that is still growing.
        made: The whole column that was added.
        place: Where it stands among the columns, counted from 0.
        names: The values that a column has now, the columns of the key, or all columns in their new order.
    """

    kind: ChangeKind
    column: str = ""
    before: str = ""
    now: str = ""
    why: str = ""
    is_minor: bool = False
    made: Column | None = None
    place: int = 0
    names: tuple[str, ...] = ()


def differences(
    old: Structure, new: Structure, renamed: Mapping[str, str] | None = None
) -> tuple[StructureChange, ...]:
    """Return the changes from *old* to *new*, in the order of :data:`ORDER`.

    Args:
        old: The structure before.
        new: The structure after.
        renamed: By the old name of a column its new one, for those that are the same under another name: the old
            one must be gone, and the new one be there for the first time.

    Example:
        >>> old, new = Structure((Column("id"), Column("km"))), Structure((Column("id"), Column("miles")))
        >>> [(change.kind, change.column, change.before) for change in differences(old, new, {"km": "miles"})]
        [('renamed', 'miles', 'km')]
    """
    gone, come = set(old.names) - set(new.names), set(new.names) - set(old.names)
    renamed = {a: b for a, b in (renamed or {}).items() if a in gone and b in come}
    before = {renamed.get(column.name, column.name): column for column in old.columns}
    after = {column.name: column for column in new.columns}
    back = {b: a for a, b in renamed.items()}
    found = [StructureChange("removed", name, before=_short(one)) for name, one in before.items() if name not in after]
    found += [StructureChange("renamed", b, before=a, now=b) for b, a in back.items()]
    found += [
        StructureChange("added", name, now=_short(one), made=one, place=at)
        for at, (name, one) in enumerate(after.items())
        if name not in before
    ]
    for name, one in after.items():
        if name in before:
            found += _column_changes(before[name], one)
    stayed = [name for name in before if name in after]
    if stayed != [name for name in after if name in before]:
        found.append(_order(stayed, list(after)))
    key = tuple(renamed.get(name, name) for name in old.key)
    if key != new.key:
        found.append(StructureChange("key", before=key_text(key), now=key_text(new.key), names=new.key))
    return tuple(sorted(found, key=lambda change: ORDER.index(change.kind)))


def applied(old: Structure, changes: Iterable[StructureChange]) -> Structure:
    """Return *old* with *changes* done to it.

    Example:
        >>> applied(Structure((Column("a"),)), [StructureChange("removed", "a")])
        Structure(columns=(), key=())
    """
    changes = list(changes)
    renamed = {change.before: change.column for change in changes if change.kind == "renamed"}
    gone = {change.column for change in changes if change.kind == "removed"}
    columns = [
        replace(column, name=renamed.get(column.name, column.name))
        for column in old.columns
        if column.name in renamed or column.name not in gone
    ]
    for change in sorted(changes, key=lambda change: change.place):
        if change.kind == "added" and change.made is not None:
            columns.insert(change.place, change.made)
    found = {column.name: column for column in columns}
    key = tuple(renamed.get(name, name) for name in old.key)
    for change in changes:
        if change.kind in _FIELDS:
            found[change.column] = _changed(found[change.column], change)
        elif change.kind == "key":
            key = change.names
        elif change.kind == "order":
            found = {name: found[name] for name in change.names}
    return Structure(tuple(found.values()), key)


def null_policy(may_be_null: bool | None) -> str:
    """Return in words whether a column may be null."""
    return "" if may_be_null is None else "may be null" if may_be_null else "never null"


def key_text(key: Sequence[str]) -> str:
    """Return in words what one row stands for; empty when that is not known."""
    return f"one row per {' + '.join(key)}" if key else ""


_FIELDS = ("type", "nulls", "values", "unit", "grain")


def _column_changes(old: Column, new: Column) -> Iterator[StructureChange]:
    name = new.name
    if old.type != new.type:
        yield StructureChange("type", name, old.type, new.type)
    if old.may_be_null != new.may_be_null:
        yield StructureChange("nulls", name, null_policy(old.may_be_null), null_policy(new.may_be_null))
    if old.unit != new.unit:
        yield StructureChange("unit", name, old.unit, new.unit)
    if old.grain != new.grain:
        yield StructureChange("grain", name, old.grain, new.grain)
    if old.values != new.values:
        less, more = (
            tuple(v for v in a if v not in b) for a, b in ((old.values, new.values), (new.values, old.values))
        )
        yield StructureChange("values", name, ", ".join(less), ", ".join(more), names=new.values)


def _changed(column: Column, change: StructureChange) -> Column:
    if change.kind == "type":
        return replace(column, type=change.now)
    if change.kind == "nulls":
        return replace(column, may_be_null=None if not change.now else change.now == null_policy(True))
    if change.kind == "unit":
        return replace(column, unit=change.now)
    if change.kind == "grain":
        return replace(column, grain=change.now)
    return replace(column, values=change.names)


def _short(column: Column) -> str:
    return ", ".join(filter(None, [column.type, null_policy(column.may_be_null), column.unit]))


def _order(before: Sequence[str], after: Sequence[str]) -> StructureChange:
    moved = _moved(before, [name for name in after if name in set(before)])
    was = {name: at for at, name in enumerate(before, 1)}
    said = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
    places = f"{was[moved[0]]} of {len(before)}" if len(moved) == 1 else ""
    now = f"{after.index(moved[0]) + 1} of {len(after)}" if len(moved) == 1 else said
    return StructureChange("order", moved[0] if len(moved) == 1 else "", places, now, names=tuple(after))


def _moved(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the fewest columns that must be moved: all but a longest part that kept its order (Schensted 1961)."""
    place = {name: at for at, name in enumerate(before)}
    tails: list[int] = []
    ends: list[str] = []
    previous: dict[str, str | None] = {}
    for name in after:
        at = bisect.bisect_left(tails, place[name])
        previous[name] = ends[at - 1] if at else None
        tails[at:at + 1] = [place[name]]  # fmt: skip
        ends[at:at + 1] = [name]  # fmt: skip
    kept: set[str] = set()
    last: str | None = ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = previous[last]
    return [name for name in after if name not in kept]
