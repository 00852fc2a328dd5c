"""Where steps stand when they are drawn: layers, no boxes on top of each other, lines that end at their boxes."""

from __future__ import annotations

import itertools

from nbops.pipeline.layout import Layout, Line, layout
from nbops.pipeline.step import Edge, Pipeline, Step, StepOptions


def pipeline(names: list[str], edges: list[tuple[str, str]]) -> Pipeline:
    """Return a pipeline of these steps and edges."""
    steps = tuple(Step(name, (index,), StepOptions(name)) for index, name in enumerate(names))
    return Pipeline("p", steps=steps, edges=tuple(Edge(a, b, ("x",)) for a, b in edges))


def crossings(drawn: Layout) -> int:
    """Return how many pairs of straight pieces cross."""
    pieces = [piece for line in drawn.lines for piece in itertools.pairwise(line.points)]
    return sum(_cross(one, other) for one, other in itertools.combinations(pieces, 2))


def _cross(one: tuple, other: tuple) -> bool:  # type: ignore[type-arg]
    (ax, ay), (bx, by) = one
    (cx, cy), (dx, dy) = other
    return (ay, by) == (cy, dy) and (ax - cx) * (bx - dx) < 0


def test_nothing_is_drawn_of_nothing() -> None:
    """A notebook without steps has an empty drawing."""
    drawn = layout(Pipeline("p"))

    assert (drawn.nodes, drawn.lines, drawn.height) == ((), (), 0.0)


def test_a_step_stands_below_all_it_depends_on() -> None:
    """The longest way decides the layer."""
    drawn = layout(pipeline(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")]))

    assert [node.layer for node in drawn.nodes] == [0, 1, 2]
    assert [node.y for node in drawn.nodes] == sorted(node.y for node in drawn.nodes)


def test_boxes_do_not_overlap() -> None:
    """Steps of one layer stand beside each other with a gap, long names in wider boxes."""
    names = ["load", *(f"a_rather_long_name_{i}" for i in range(6))]
    drawn = layout(pipeline(names, [("load", name) for name in names[1:]]))
    row = sorted((n for n in drawn.nodes if n.layer == 1), key=lambda n: n.x)

    assert all(one.x + one.width < other.x for one, other in itertools.pairwise(row))
    assert all(n.x >= 0 and n.x + n.width <= drawn.width and n.y + n.height <= drawn.height for n in drawn.nodes)


def test_lines_run_from_box_to_box() -> None:
    """A line leaves the middle of its source's lower edge and ends at the middle of its target's upper edge."""
    drawn = layout(pipeline(["a", "b"], [("a", "b")]))
    a, b = drawn.nodes

    expected = Line("a", "b", ((a.x + a.width / 2, a.y + a.height), (b.x + b.width / 2, b.y)))

    assert list(drawn.lines) == [expected]


def test_lines_pass_beside_the_boxes_between() -> None:
    """A line over several layers bends around the boxes there."""
    drawn = layout(pipeline(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")]))
    long = next(line for line in drawn.lines if (line.source, line.target) == ("a", "c"))
    b = next(node for node in drawn.nodes if node.name == "b")

    assert len(long.points) == 4
    assert all(not b.x <= x <= b.x + b.width for x, y in long.points[1:-1])


def test_lines_are_untangled() -> None:
    """Two chains that are written in the wrong order do not cross."""
    drawn = layout(pipeline(["a", "b", "y", "x"], [("a", "x"), ("b", "y")]))

    assert crossings(drawn) == 0


def test_the_setup_is_left_out() -> None:
    """Edges from the setup draw nothing."""
    steps = pipeline(["a"], []).steps

    assert layout(Pipeline("p", steps=steps, edges=(Edge("", "a", ("pd",)),))).lines == ()


def test_lines_run_straight_where_there_are_too_many_to_follow() -> None:
    """A chain of a thousand in which everything also reads the first step would need half a million bends."""
    names = [f"s{i}" for i in range(1_000)]
    drawn = layout(pipeline(names, [*itertools.pairwise(names), *(("s0", name) for name in names[2:])]))

    assert len(drawn.lines) == 999 + 998
    assert {len(line.points) for line in drawn.lines} == {2}
