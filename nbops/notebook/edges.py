"""Who depends on whom, and why: from what cells read, from ``-i`` and ``-o`` that correct it, and from ``--after``."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from nbops.errors import PipelineError, did_you_mean
from nbops.notebook.dataflow import Flow, Link, link
from nbops.notebook.parts import SETUP, Part, place_of
from nbops.pipeline.graph import find_cycle
from nbops.pipeline.step import Edge, StepOptions

__all__ = ["check_order", "edges_of", "links_of"]


def links_of(parts: Sequence[Part], steps: Mapping[str, StepOptions]) -> list[Link]:
    """Return who reads what from whom, cell by cell, as ``-i`` and ``-o`` correct it."""
    return list(_pinned_links(link([_pinned_flow(part, steps) for part in parts]), parts, steps))


def edges_of(
    parts: Sequence[Part], links: Iterable[Link], steps: Mapping[str, StepOptions], path: str
) -> tuple[Edge, ...]:
    """Return one edge for each pair of steps of which one depends on the other, in the order of the notebook.

    Args:
        parts: The cells, each with its step.
        links: Who reads what from whom, cell by cell.
        steps: What each step's first mark says, by name.
        path: The notebook's path, for errors.

    Raises:
        PipelineError: ``--after`` names an unknown step.
    """
    return _sorted(_joined([*_edges(parts, links), *_after(steps, parts, path)]), steps)


def _pinned_flow(part: Part, steps: Mapping[str, StepOptions]) -> Flow:
    """Return the flow of a cell as ``-i`` and ``-o`` of its step correct it."""
    options = steps.get(part.step or "")
    if options is None or part.kind != "step" or (options.inputs is None and options.outputs is None):
        return part.flow
    flow = part.flow
    line = part.mark.line + 1 if part.mark else 1
    is_first = part.options is options
    if options.inputs is not None and is_first:
        flow = replace(flow, reads={**dict.fromkeys(options.inputs, line), **flow.reads})
    if options.outputs is not None:
        mutates = {name: at for name, at in flow.mutates.items() if name in options.outputs}
        missing = [n for n in options.outputs if n not in flow.writes and n not in mutates] if is_first else []
        flow = replace(flow, mutates={**mutates, **dict.fromkeys(missing, line)})
    return flow


def _pinned_links(links: Iterable[Link], parts: Sequence[Part], steps: Mapping[str, StepOptions]) -> Iterable[Link]:
    """Leave out what a step's ``-i`` says it does not read; setup and imports are no inputs in that sense."""
    for one in links:
        source, target = parts[one.source], parts[one.target]
        options = steps.get(target.step or "")
        pinned = options.inputs if options is not None and target.kind == "step" else None
        is_free = pinned is None or one.name in pinned or source.step == SETUP or one.name in source.flow.imports
        if is_free or source.step == target.step:
            yield one


def _edges(parts: Sequence[Part], links: Iterable[Link]) -> Iterable[Edge]:
    """Join the links between cells into one edge for each pair of steps."""
    joined: dict[tuple[str, str], dict[str, str]] = {}
    for one in links:
        source, target = parts[one.source].step, parts[one.target].step
        if source is None or not target or source == target:
            continue
        joined.setdefault((source, target), {}).setdefault(one.name, _reason(one, parts[one.target]))
    for (source, target), names in joined.items():
        yield Edge(source, target, tuple(names), ", ".join(names.values()))


def _reason(one: Link, target: Part) -> str:
    how = "tests" if target.kind == "test" else "reads"
    through = f" through {one.through}" if one.through else ""
    return f"{how} {one.name} in line {one.line}{through}"


def _after(steps: Mapping[str, StepOptions], parts: Sequence[Part], path: str) -> Iterable[Edge]:
    for name, options in steps.items():
        for other in options.after:
            if other not in steps:
                index = next(p.cell.index for p in parts if p.step == name and p.kind == "step")
                raise PipelineError(
                    f"step {name!r} is to come after {other!r}, which does not exist",
                    where=place_of(path, index),
                    fix=did_you_mean(other, [s for s in steps if s != name]),
                )
            yield Edge(other, name, reason=f"--after {other}")


def _joined(edges: Iterable[Edge]) -> Iterable[Edge]:
    """Make one edge of those between the same two steps."""
    between: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        between.setdefault((edge.source, edge.target), []).append(edge)
    for (source, target), same in between.items():
        names = tuple(name for edge in same for name in edge.names)
        yield Edge(source, target, names, ", ".join(edge.reason for edge in same))


def _sorted(edges: Iterable[Edge], steps: Iterable[str]) -> tuple[Edge, ...]:
    """Return *edges* in the order of the notebook, by target first."""
    place = {name: index for index, name in enumerate((SETUP, *steps))}
    return tuple(sorted(edges, key=lambda edge: (place[edge.target], place[edge.source])))


def check_order(edges: Sequence[Edge], steps: Mapping[str, StepOptions], path: str) -> None:
    """Refuse what cannot run from top to bottom.

    Args:
        edges: Who depends on whom.
        steps: The steps, in the order of the notebook.
        path: The notebook's path, for errors.

    Raises:
        PipelineError: Steps depend on each other in a circle, or on one that stands below.
    """
    place = {name: index for index, name in enumerate(steps)}
    if found := find_cycle(edges):
        first = min(range(len(found) - 1), key=lambda index: place[found[index]])
        cycle = (*found[first:-1], *found[:first], found[first])
        raise PipelineError(
            f"steps depend on each other in a circle: {' → '.join(cycle)}", where=path, fix=_way_out(cycle, edges)
        )
    for edge in edges:
        if edge.source and not edge.names and place[edge.source] > place[edge.target]:
            raise PipelineError(
                f"step {edge.target!r} is to come after {edge.source!r}, but stands before it",
                where=path,
                fix=f"move the cell of {edge.target} below that of {edge.source}: cells run from top to bottom",
            )


def _way_out(cycle: Sequence[str], edges: Iterable[Edge]) -> str:
    pairs = set(itertools.pairwise(cycle))
    told = [edge for edge in edges if (edge.source, edge.target) in pairs]
    pinned = next((edge for edge in told if not edge.names), None)
    if pinned is not None:
        return f"remove --after {pinned.source} from %%step {pinned.target}"
    return f"give the later cell of {cycle[0]} a name of its own: it reads what {cycle[1]} made of the earlier one"
