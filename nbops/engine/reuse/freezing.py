"""Freezing what a step left: which names are one object, which values share parts, and what is kept as what.

Values that are kept one by one come back as copies. So whatever is shared must be seen first: two names of one object
are kept as one, values that hold the same list are pickled together, and a value that holds another variable's table
or list holds a link to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbops.engine.reuse.sharing import shared_part, variables_in
from nbops.store.artifacts import Kept
from nbops.store.codecs import CouldNotKeep, Frozen, as_json, freeze, freeze_by_kind, plain_containers
from nbops.store.pickles import linking, watching

__all__ = ["FrozenValues", "freeze_values", "others"]

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrozenValues:
    """One value on its way to the disk, or several that are kept as one.

    Args:
        names: For each value the variables that are it.
        frozen: The value; a list of them when there are several.
    """

    names: tuple[Names, ...]
    frozen: Frozen


def freeze_values(
    names: Iterable[str], namespace: Mapping[str, Any], known: Collection[str] | None = None
) -> tuple[tuple[Kept, ...], list[FrozenValues]]:
    """Return which of the variables *names* are objects of before, and the others frozen.

    Args:
        names: What a step left.
        namespace: All variables.
        known: The variables that the step's key tells of: another run with that key has the same. None for all.

    Raises:
        CouldNotKeep: There is no form in which one could be kept; the message names it.

    Example:
        >>> rows = [1]
        >>> same, frozen = freeze_values(["a", "b", "c"], {"a": rows, "b": rows, "c": {"rows": rows}, "n": 1})
        >>> [one.names for one in frozen]
        [(('a', 'b'), ('c',))]
    """
    wanted = [name for name in dict.fromkeys(names) if name in namespace]
    before = others(namespace, set(wanted), known or ())
    same = tuple(
        Kept((name,), same_as=before[id(namespace[name])][0]) for name in wanted if id(namespace[name]) in before
    )
    groups: dict[int, tuple[list[str], Any]] = {}
    for name in wanted:
        if id(namespace[name]) not in before:
            groups.setdefault(id(namespace[name]), ([], namespace[name]))[0].append(name)
    values = [(tuple(found), value) for found, value in groups.values()]
    if problem := shared_part({names[0]: value for names, value in values}, before):
        raise CouldNotKeep(problem)
    frozen = _frozen(values, before)
    if known is not None:
        _check_known(same, frozen, known)
    return same, frozen


def _check_known(same: Iterable[Kept], frozen: Iterable[FrozenValues], known: Collection[str]) -> None:
    """Make sure that what is kept leads only to variables that another run with the same key has, too."""
    links = [(kept.names[0], kept.same_as) for kept in same]
    links += [(one.names[0][0], name) for one in frozen for name in one.frozen.links]
    for name, other in links:
        if other not in known:
            raise CouldNotKeep(f"{name}: it is or holds {other}, which the step does not name")


def others(
    namespace: Mapping[str, Any], own: Collection[str], first: Collection[str] = ()
) -> dict[int, tuple[str, Any]]:
    """Return the values that may change of the variables that are not among *own*, by their ids, with their names.

    Args:
        namespace: All variables.
        own: Those that are left out.
        first: Which names are taken where an object has several.

    Example:
        >>> rows = [1]
        >>> others({"rows": rows, "same": rows, "t": [2], "n": 1}, {"t"}, {"rows"}) == {id(rows): ("rows", rows)}
        True
    """
    found = [(name, value) for name, value in variables_in(namespace) if name not in own]
    found.sort(key=lambda one: one[0] in first)  # of several names of one object the last one stays
    return {id(value): (name, value) for name, value in found}


def _frozen(values: list[tuple[Names, Any]], before: Mapping[int, tuple[str, Any]]) -> list[FrozenValues]:
    done: list[FrozenValues] = []
    plain: list[tuple[Names, Any]] = []
    rest: list[tuple[Names, Any]] = []
    with linking(before):
        found = [plain_containers(value) for _, value in values]
        often = Counter(one for each in found for one in each or ())
        for (names, value), containers in zip(values, found, strict=True):
            if containers is not None:
                shares = any(often[one] > 1 for one in containers)
                (rest if shares else plain).append((names, value))
            elif frozen := freeze_by_kind(value):
                done.append(FrozenValues((names,), frozen))
            else:
                rest.append((names, value))
    alone = {names for one in done for names in one.names}
    own = {id(value): (names[0], value) for names, value in values if names in alone}
    apart = [FrozenValues((names,), as_json(value)) for names, value in plain]
    lists = [(names, value) for names, value in plain if isinstance(value, (list, dict))]
    tops = {id(value): (names[0], value) for names, value in lists}
    inner = {one for _, value in lists for one in plain_containers(value) or ()} - tops.keys()
    with watching(inner) as met:
        together = _pickled(rest, {**before, **own, **tops})
    if met:  # it holds a part of such a list: then they come back as they are only from one pickle
        together = _pickled(rest + lists, {**before, **own})
        apart = [one for one in apart if one.names[0] not in {names for names, _ in lists}]
    return done + apart + together


def _pickled(values: list[tuple[Names, Any]], links: Mapping[int, tuple[str, Any]]) -> list[FrozenValues]:
    if not values:
        return []
    names = tuple(names for names, _ in values)
    with linking(links):
        try:
            return [FrozenValues(names, freeze(values[0][1] if len(values) == 1 else [v for _, v in values]))]
        except CouldNotKeep:
            for one, value in values:  # which of them is it?
                try:
                    freeze(value)
                except CouldNotKeep as error:
                    raise CouldNotKeep(f"{one[0]}: {error}") from None
            raise
