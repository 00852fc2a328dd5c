"""Where the steps of a pipeline stand when they are drawn: in layers, each below the steps it depends on.

A step stands one layer below the lowest step it depends on. Lines that cross layers bend around the steps between
through bends of their own. Within a layer, steps and bends are put near the middle of their neighbours, a few times
down and up, so that few lines cross.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nbops.pipeline.step import Pipeline

__all__ = ["Layout", "Line", "Node", "layout"]

_LETTER, _PADDING, _HEIGHT, _NARROWEST = 7.2, 28.0, 32.0, 56.0
_GAP, _LAYER_GAP, _BEND, _MARGIN = 20.0, 36.0, 12.0, 8.0
_SWEEPS = 4
_MOST_BENDS = 5_000  # above it lines run straight: nobody can follow so many of them anyway


@dataclass(frozen=True, slots=True)
class Node:
    """A step as a box: its upper left corner and its size, in pixels."""

    name: str
    x: float
    y: float
    width: float
    height: float
    layer: int


@dataclass(frozen=True, slots=True)
class Line:
    """A dependency as a line from *source* down to *target*, through these points."""

    source: str
    target: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing: boxes, lines, and the size of it all, in pixels."""

    nodes: tuple[Node, ...] = ()
    lines: tuple[Line, ...] = ()
    width: float = 0.0
    height: float = 0.0


def layout(pipeline: Pipeline) -> Layout:
    """Return where each step stands and how the lines between them run; the setup is left out.

    Example:
        >>> from nbops.pipeline.step import Edge, Step, StepOptions
        >>> steps = tuple(Step(n, (i,), StepOptions(n)) for i, n in enumerate("abc"))
        >>> drawn = layout(Pipeline("p", steps=steps, edges=(Edge("a", "b"), Edge("a", "c"))))
        >>> [(node.name, node.layer) for node in drawn.nodes]
        [('a', 0), ('b', 1), ('c', 1)]
    """
    names = [step.name for step in pipeline.steps]
    pairs = _pairs(pipeline, names)
    layer_of = _layers(names, pairs)
    routes = _routes(pairs, layer_of)
    rows = _ordered(names, layer_of, routes)
    return _drawn(names, layer_of, routes, rows)


_Spot = tuple[str, str, int]
"""A place in a layer: a step (its name, "", 0), or a bend of a line (source, target, layer)."""


def _pairs(pipeline: Pipeline, names: Sequence[str]) -> list[tuple[str, str]]:
    known = {name: place for place, name in enumerate(names)}
    pairs = {(edge.source, edge.target): None for edge in pipeline.edges}
    return [(a, b) for a, b in pairs if a in known and b in known and known[a] < known[b]]


def _layers(names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way to each step; names come in an order in which every source stands before its targets."""
    sources: dict[str, list[str]] = {name: [] for name in names}
    for source, target in pairs:
        sources[target].append(source)
    layer_of: dict[str, int] = {}
    for name in names:
        layer_of[name] = max((layer_of[source] + 1 for source in sources[name]), default=0)
    return layer_of


def _routes(pairs: Sequence[tuple[str, str]], layer_of: Mapping[str, int]) -> dict[tuple[str, str], list[_Spot]]:
    """Return for each line the spots it passes, its ends included."""
    bends = sum(layer_of[b] - layer_of[a] - 1 for a, b in pairs)
    routes: dict[tuple[str, str], list[_Spot]] = {}
    for a, b in pairs:
        between = range(layer_of[a] + 1, layer_of[b]) if bends <= _MOST_BENDS else range(0)
        routes[a, b] = [(a, "", 0), *((a, b, layer) for layer in between), (b, "", 0)]
    return routes


def _ordered(
    names: Sequence[str], layer_of: Mapping[str, int], routes: Mapping[tuple[str, str], list[_Spot]]
) -> list[list[_Spot]]:
    """Return the spots of each layer from left to right."""
    rows: list[list[_Spot]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for name in names:
        rows[layer_of[name]].append((name, "", 0))
    above: dict[_Spot, list[_Spot]] = {}
    below: dict[_Spot, list[_Spot]] = {}
    for route in routes.values():
        for spot in route[1:-1]:
            rows[spot[2]].append(spot)
        for upper, lower in itertools.pairwise(route):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    for sweep in range(_SWEEPS):
        is_down = sweep % 2 == 0
        _sweep(rows if is_down else rows[::-1], above if is_down else below)
    return rows


def _sweep(rows: Iterable[list[_Spot]], neighbours: Mapping[_Spot, list[_Spot]]) -> None:
    """Sort each layer by the mean place of each spot's neighbours in the layers passed before."""
    place: dict[_Spot, float] = {}
    for row in rows:
        middles = {
            spot: sum(found) / len(found)
            if (found := [place[n] for n in neighbours.get(spot, ()) if n in place])
            else (index + 0.5) / len(row)
            for index, spot in enumerate(row)
        }
        row.sort(key=middles.__getitem__)
        place.update({spot: (index + 0.5) / len(row) for index, spot in enumerate(row)})


def _drawn(
    names: Sequence[str],
    layer_of: Mapping[str, int],
    routes: Mapping[tuple[str, str], list[_Spot]],
    rows: Sequence[Sequence[_Spot]],
) -> Layout:
    widths = [sum(_width(spot) for spot in row) + _GAP * (len(row) - 1) for row in rows]
    widest = max(widths, default=0.0)
    spots: dict[_Spot, tuple[float, float]] = {}  # the middle of each spot, and its upper edge
    for layer, row in enumerate(rows):
        x, y = _MARGIN + (widest - widths[layer]) / 2, _MARGIN + layer * (_HEIGHT + _LAYER_GAP)
        for spot in row:
            spots[spot] = (round(x + _width(spot) / 2, 1), y)
            x += _width(spot) + _GAP
    nodes = tuple(_node(name, layer_of[name], spots[name, "", 0]) for name in names)
    lines = tuple(Line(a, b, tuple(_points(route, spots))) for (a, b), route in routes.items())
    height = len(rows) * (_HEIGHT + _LAYER_GAP) - _LAYER_GAP + 2 * _MARGIN if rows else 0.0
    return Layout(nodes, lines, round(widest + 2 * _MARGIN, 1) if rows else 0.0, height)


def _width(spot: _Spot) -> float:
    name, is_bend, _ = spot
    return _BEND if is_bend else max(_NARROWEST, len(name) * _LETTER + _PADDING)


def _node(name: str, layer: int, place: tuple[float, float]) -> Node:
    width = _width((name, "", 0))
    return Node(name, round(place[0] - width / 2, 1), place[1], width, _HEIGHT, layer)


def _points(route: Sequence[_Spot], spots: Mapping[_Spot, tuple[float, float]]) -> Iterable[tuple[float, float]]:
    first, *between, last = (spots[spot] for spot in route)
    yield first[0], first[1] + _HEIGHT
    for x, y in between:  # straight past the boxes of that layer
        yield x, y
        yield x, y + _HEIGHT
    yield last
