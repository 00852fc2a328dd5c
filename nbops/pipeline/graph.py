"""Questions to the graph of a pipeline: what comes before a step, what after it, which steps are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nbops.errors import NothingSelected, PipelineError, did_you_mean
from nbops.pipeline.step import Edge, Pipeline

__all__ = ["downstream", "find_cycle", "select", "upstream"]


def find_cycle(edges: Iterable[Edge]) -> tuple[str, ...]:
    """Return the steps of one circle, each followed by one that depends on it, the first again at the end; or nothing.

    Example:
        >>> find_cycle([Edge("a", "b"), Edge("b", "a")])
        ('a', 'b', 'a')
        >>> find_cycle([Edge("a", "b")])
        ()
    """
    after: dict[str, list[str]] = {}
    for edge in edges:
        after.setdefault(edge.source, []).append(edge.target)
    done: set[str] = set()
    for start, targets in after.items():
        path = {start: iter(targets)} if start not in done else {}
        while path:
            name = next(reversed(path))
            following = next((n for n in path[name] if n not in done), None)
            if following is None:
                done.add(name)
                del path[name]
            elif following in path:
                names = list(path)
                return (*names[names.index(following) :], following)
            else:
                path[following] = iter(after.get(following, ()))
    return ()


def upstream(pipeline: Pipeline, names: Iterable[str]) -> tuple[str, ...]:
    """Return all steps that those of *names* need, themselves excluded unless one needs another, in notebook order.

    Raises:
        PipelineError: There is no step of one of the names.
    """
    return _reachable(pipeline, names, _before(pipeline.edges))


def downstream(pipeline: Pipeline, names: Iterable[str]) -> tuple[str, ...]:
    """Return all steps that need one of *names*, themselves excluded unless one needs another, in notebook order.

    Raises:
        PipelineError: There is no step of one of the names.
    """
    after = _before(Edge(e.target, e.source) for e in pipeline.edges)
    return _reachable(pipeline, names, after)


def _before(edges: Iterable[Edge]) -> dict[str, list[str]]:
    before: dict[str, list[str]] = {}
    for edge in edges:
        before.setdefault(edge.target, []).append(edge.source)
    return before


def _reachable(pipeline: Pipeline, names: Iterable[str], next_of: Mapping[str, list[str]]) -> tuple[str, ...]:
    waiting = list(_checked(pipeline, names))
    found: set[str] = set()
    while waiting:
        for name in next_of.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return tuple(step.name for step in pipeline.steps if step.name in found)


def _checked(pipeline: Pipeline, names: Iterable[str]) -> list[str]:
    known = pipeline.by_name
    listed = list(names)
    for name in listed:
        if name not in known:
            fix = did_you_mean(name, known) if known else "a step is a cell whose first line is %%step NAME"
            raise PipelineError(f"no step named {name!r}", where=pipeline.path or pipeline.name, fix=fix)
    return listed


def select(pipeline: Pipeline, only: Iterable[str] = (), from_: str = "", until: str = "") -> tuple[str, ...]:
    """Return the chosen steps, in the order of the notebook; all of them when nothing is said.

    Args:
        pipeline: The pipeline to choose from.
        only: Just these steps.
        from_: This step and all that depends on it.
        until: This step and all it needs. With *from_*: only what lies between the two.

    Raises:
        PipelineError: There is no step of one of the names.
        NothingSelected: No step fits, or the notebook has none.
    """
    chosen = {step.name for step in pipeline.steps}
    if only := _checked(pipeline, only):
        chosen &= set(only)
    if from_:
        chosen &= {from_, *downstream(pipeline, [from_])}
    if until:
        chosen &= {until, *upstream(pipeline, [until])}
    if not chosen:
        raise _nothing(pipeline, from_, until)
    return tuple(step.name for step in pipeline.steps if step.name in chosen)


def _nothing(pipeline: Pipeline, from_: str, until: str) -> NothingSelected:
    where = pipeline.path or pipeline.name
    if not pipeline.steps:
        return NothingSelected("there are no steps to choose from", where=where, fix="write %%step NAME above a cell")
    if from_ and until:
        return NothingSelected(
            f"no step lies between {from_!r} and {until!r}", where=where, fix=f"{until} does not depend on {from_}"
        )
    return NothingSelected("no step fits all that was said", where=where, fix="leave --only, --from or --until out")
