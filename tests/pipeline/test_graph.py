"""Neighbours, selections and circles of a graph of steps."""

from __future__ import annotations

import pytest

from nbops.errors import NothingSelected, PipelineError
from nbops.pipeline.graph import downstream, find_cycle, select, upstream
from nbops.pipeline.step import Edge, Pipeline, Step, StepOptions


def pipeline(names: str, *edges: str) -> Pipeline:
    """Return a pipeline of these steps; an edge is written ``ab``: b depends on a."""
    steps = tuple(Step(name, (index,), StepOptions(name)) for index, name in enumerate(names))
    return Pipeline("p", "p.ipynb", steps, tuple(Edge(edge[0], edge[1], ("x",)) for edge in edges))


# a ─► b ─► d ─► e      f stands alone
# └──► c ───┘
DIAMOND = pipeline("abcdef", "ab", "ac", "bd", "cd", "de")


def test_the_setup_is_no_step() -> None:
    """Edges from the setup lead to nothing that could be chosen."""
    p = Pipeline("p", steps=pipeline("ab").steps, edges=(Edge("", "a", ("pd",)), Edge("", "b", ("pd",))))

    assert upstream(p, ["b"]) == ()


def test_upstream_is_all_that_a_step_needs() -> None:
    """The steps before, not the step itself."""
    assert upstream(DIAMOND, ["d"]) == ("a", "b", "c")


def test_downstream_is_all_that_needs_a_step() -> None:
    """The steps after, not the step itself."""
    assert downstream(DIAMOND, ["b"]) == ("d", "e")


def test_steps_are_selected_by_the_graph() -> None:
    """Only, from and until, alone and together."""
    assert select(DIAMOND) == tuple("abcdef")
    assert select(DIAMOND, only=["e", "b"]) == ("b", "e")
    assert select(DIAMOND, from_="c") == ("c", "d", "e")
    assert select(DIAMOND, until="d") == ("a", "b", "c", "d")
    assert select(DIAMOND, from_="b", until="d") == ("b", "d")


def test_an_unknown_step_is_refused_with_a_hint() -> None:
    """The nearest name is offered, and the notebook named."""
    steps = tuple(Step(n, (i,), StepOptions(n)) for i, n in enumerate(["load", "clean"]))

    with pytest.raises(PipelineError) as caught:
        select(Pipeline("sales", "sales.ipynb", steps), until="claen")

    assert caught.value.fix == "did you mean 'clean'?"
    assert caught.value.where == "sales.ipynb"


def test_a_selection_of_nothing_is_an_error() -> None:
    """No steps at all, or none that fits."""
    with pytest.raises(NothingSelected, match="no steps to choose"):
        select(pipeline(""))
    with pytest.raises(NothingSelected, match="no step lies between 'e' and 'a'"):
        select(DIAMOND, from_="e", until="a")


def test_a_circle_is_found_or_not() -> None:
    """The steps of one circle, the first again at the end; nothing when there is none."""
    assert find_cycle(DIAMOND.edges) == ()
    assert find_cycle(pipeline("abcd", "ab", "bc", "cb").edges) == ("b", "c", "b")


def test_a_circle_longer_than_the_stack_is_found() -> None:
    """Five thousand steps in a row, and the last of them leads back to the first."""
    chain = [Edge(f"s{i}", f"s{i + 1}") for i in range(5_000)]

    assert find_cycle(chain) == ()
    assert len(find_cycle([*chain, Edge("s5000", "s0")])) == 5_002
