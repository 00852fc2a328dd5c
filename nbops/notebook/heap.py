"""What the names of a notebook stand for, as far as reading its code tells: which share a value, which hold another.

Code is read, never run, so a value is a :class:`Thing`: something made at one place, perhaps a part of something else.
What matters is one question: *when this thing changes, the content of which variables changes?* Change travels
upwards (a row that changes changes its table), never downwards (a new column does not change the column taken before).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "ANY_ITEM",
    "NOTHING",
    "Frame",
    "Heap",
    "Thing",
    "Value",
    "bound_method",
    "container",
    "element",
    "hold",
    "part",
]

Kind = Literal["value", "module", "random", "figure", "array", "container", "function", "class", "instance"]


@dataclass(slots=True, eq=False)
class Thing:
    """Something that the code makes, told apart from everything else by its identity.

    Args:
        kind: What is known of it: ``module`` for all that is imported, ``random`` for generators of random numbers,
            ``figure`` for figures and axes, ``container`` for what holds other things.
        origin: The dotted name it was imported by, as ``numpy.random``.
        code: The definition of a function or class.
        frame: Where a function or class was defined; the class's own names.
        parts: Its attributes and constant items, by name.
        elements: What it holds without a name.
        holders: What holds it.
        names: The variables of the notebook that stand for it.
        base: The class of an instance; the object of a bound method.
    """

    kind: Kind = "value"
    origin: str = ""
    code: ast.AST | None = None
    frame: Frame | None = None
    parts: dict[object, Value] = field(default_factory=dict)
    elements: set[Thing] = field(default_factory=set)
    holders: set[Thing] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    base: Thing | None = None


Value = frozenset[Thing]
"""What an expression may yield; empty for what no variable can share (a number, a text)."""

NOTHING: Value = frozenset()

ANY_ITEM = "[]"
"""The key of the part that stands for every item that has no constant key."""


@dataclass(slots=True, eq=False)
class Frame:
    """The names of one function call, class body or comprehension."""

    local: frozenset[str]
    outer: Frame | None = None
    kind: Literal["function", "class", "comprehension"] = "function"
    values: dict[str, Value] = field(default_factory=dict)
    returned: set[Thing] = field(default_factory=set)


class Heap:
    """The variables of a notebook and what they stand for."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}

    def bind(self, name: str, value: Value) -> None:
        """Let *name* stand for *value*, and for nothing else."""
        self.forget(name)
        self.values[name] = value
        for thing in value:
            thing.names.add(name)

    def bind_also(self, name: str, value: Value) -> None:
        """Let *name* stand for *value* or for what it stood for before (one branch of an ``if``)."""
        self.bind(name, self.values.get(name, NOTHING) | value)

    def forget(self, name: str) -> None:
        """Unbind *name*."""
        for thing in self.values.pop(name, NOTHING):
            thing.names.discard(name)

    def touched(self, things: Iterable[Thing]) -> Iterator[str]:
        """Yield the variables whose content changes when *things* change."""
        seen: set[Thing] = set()
        waiting = list(things)
        while waiting:
            thing = waiting.pop()
            if thing in seen or thing.kind == "module":
                continue
            seen.add(thing)
            yield from thing.names
            waiting.extend(thing.holders)


def hold(holders: Value, value: Value) -> None:
    """Record that *holders* hold *value* from now on."""
    for holder in holders:
        for thing in value:
            if thing is not holder and thing.kind not in ("module", "function", "class"):
                thing.holders.add(holder)


def part(value: Value, key: object) -> Value:
    """Return the attribute or item *key* of *value*; the same one each time."""
    found: set[Thing] = set()
    for thing in value:
        if thing.kind == "figure":  # a figure, its axes and what is drawn on them change together
            found.add(thing)
            continue
        if key not in thing.parts:
            thing.parts[key] = frozenset({_new_part(thing, key)})
        found |= thing.parts[key]
    return frozenset(found)


def _new_part(thing: Thing, key: object) -> Thing:
    if thing.kind == "module":
        return Thing("module", origin=f"{thing.origin}.{key}")
    return Thing(thing.kind if thing.kind == "array" else "value", holders={thing})


def bound_method(method: Thing, instance: Thing) -> Thing:
    """Return the function *method* as *instance* has it: called, it is handed the instance first."""
    return Thing("function", code=method.code, frame=method.frame, base=instance, parts=method.parts)


def element(value: Value) -> Value:
    """Return what iterating over *value*, or taking an item of it by number, yields."""
    found: set[Thing] = set()
    for thing in value:
        if thing.kind == "figure":
            found.add(thing)
        elif thing.elements:
            found |= thing.elements
        elif thing.kind != "module":
            found |= part(frozenset({thing}), ANY_ITEM)
    return frozenset(found)


def container(held: Iterable[Thing]) -> Value:
    """Return something new that holds *held*."""
    made = Thing("container")
    made.elements |= set(held)
    value = frozenset({made})
    hold(value, frozenset(made.elements))
    return value
