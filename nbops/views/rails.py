"""The graph of steps in text: a rail for each step whose results are still to be read, as version logs draw it.

Steps stand in the order of the notebook, one row each. A rail goes down from a step to the last step that reads it;
where a step reads a rail, the two are joined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nbops.pipeline.step import Pipeline

__all__ = ["Rail", "rails"]

_MOST_RAILS = 14


@dataclass(frozen=True, slots=True)
class Rail:
    """What stands left of one step: before its name, and before the lines below it."""

    node: str
    below: str


def rails(pipeline: Pipeline) -> dict[str, Rail]:
    """Return the rails by step name; all of the same width, empty when there would be too many to follow.

    Example:
        >>> from nbops.pipeline.step import Edge, Step, StepOptions
        >>> steps = tuple(Step(n, (), StepOptions(n)) for n in ("load", "weather", "join"))
        >>> pipeline = Pipeline("p", steps=steps, edges=(Edge("load", "join"), Edge("weather", "join")))
        >>> [rail.node for rail in rails(pipeline).values()]
        ['●  ', '│ ●', '●─╯']
    """
    names = [step.name for step in pipeline.steps]
    place = {name: i for i, name in enumerate(names)}
    reads: dict[str, list[str]] = {name: [] for name in names}
    last_reader: dict[str, int] = {}
    for edge in pipeline.edges:
        if edge.source in reads and edge.target in reads and edge.source not in reads[edge.target]:
            reads[edge.target].append(edge.source)
            last_reader[edge.source] = max(place[edge.target], last_reader.get(edge.source, 0))
    rows = list(_rows(names, reads, last_reader))
    wide = max((len(node) for node, _ in rows), default=0)
    if wide > 2 * _MOST_RAILS:
        return {name: Rail("", "") for name in names}
    return {n: Rail(f"{node:<{wide}}", f"{below:<{wide}}") for n, (node, below) in zip(names, rows, strict=True)}


def _rows(names: Sequence[str], reads: dict[str, list[str]], last_reader: dict[str, int]) -> Iterator[tuple[str, str]]:
    lanes: list[str | None] = []
    for i, name in enumerate(names):
        read = {lane for lane, source in enumerate(lanes) if source in reads[name]}
        ending = {lane for lane in read if last_reader.get(lanes[lane] or "", 0) <= i}
        free = [lane for lane, source in enumerate(lanes) if source is None]
        at = min(ending) if ending else free[0] if free else len(lanes)
        if at == len(lanes):
            lanes.append(None)
        node = _node_row(lanes, at, read, ending)
        for lane in ending:
            lanes[lane] = None
        lanes[at] = name if last_reader.get(name, -1) > i else None
        while lanes and lanes[-1] is None:
            lanes.pop()
        yield node, " ".join("│" if source else " " for source in lanes)


def _node_row(lanes: Sequence[str | None], at: int, read: set[int], ending: set[int]) -> str:
    first, last = min(read | {at}), max(read | {at})
    row = ""
    for lane, source in enumerate(lanes):
        if lane:
            row += "─" if first < lane <= last else " "
        if lane == at:
            row += "●"
        elif lane in read:
            row += _joint(lane, first, last, ends=lane in ending)
        elif source:
            row += "│"
        else:
            row += "─" if first < lane < last else " "
    return row.rstrip()


def _joint(lane: int, first: int, last: int, *, ends: bool) -> str:
    if lane == first:
        return "╰" if ends else "├"
    if lane == last:
        return "╯" if ends else "┤"
    return "┴" if ends else "┼"
