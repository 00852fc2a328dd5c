"""The graph of a notebook's steps as SVG: the same picture in the report, the panel and a saved notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from nbops.pipeline.layout import Line, Node, layout
from nbops.pipeline.step import Edge, Pipeline
from nbops.records import Status
from nbops.views.glyphs import shape
from nbops.views.words import count, line, statuses_phrase

__all__ = ["graph_svg"]

_INSET = 3  # a box is drawn this much smaller than its place, above and below
_SMALLEST = 0.7  # it shrinks by this much before it scrolls


def graph_svg(pipeline: Pipeline, statuses: Mapping[str, Status]) -> str:
    """Return the graph as inline SVG, its colours left to the style sheet.

    Args:
        pipeline: The steps and edges to draw.
        statuses: What became of each step, by name; a step that is left out is pending.
    """
    drawn = layout(pipeline)
    wide, high = round(drawn.width), round(drawn.height)
    edges = {(edge.source, edge.target): edge for edge in pipeline.edges}
    parts = [_line(one, edges, statuses) for one in drawn.lines]
    parts += [_node(node, statuses.get(node.name, Status.PENDING)) for node in drawn.nodes]
    return (
        f'<svg class="nbops-graph" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" role="img" '
        f'aria-label="{escape(_said(pipeline, statuses))}" '
        f'style="max-width:100%;min-width:{round(wide * _SMALLEST)}px;height:auto">{"".join(parts)}</svg>'
    )


def _said(pipeline: Pipeline, statuses: Mapping[str, Status]) -> str:
    """Return what the picture says, in words."""
    seen = [statuses.get(step.name, Status.PENDING) for step in pipeline.steps]
    bad = [line(s.name, 60) for s, status in zip(pipeline.steps, seen, strict=True) if status.is_bad]
    more = f"; not well: {', '.join(bad[:5])}" if bad else ""
    return f"{count(len(seen), 'step')}: {statuses_phrase(seen)}{more}"


def _line(one: Line, edges: Mapping[tuple[str, str], Edge], statuses: Mapping[str, Status]) -> str:
    edge = edges.get((one.source, one.target))
    names = ", ".join(line(name, 60) for name in edge.names) if edge else ""
    reason = f" ({line(edge.reason)})" if edge and edge.reason else ""
    said = f"{line(one.source, 60)} → {line(one.target, 60)}{': ' if names else ''}{names}{reason}"
    idle = " idle" if statuses.get(one.target, Status.PENDING) in (Status.PENDING, Status.SKIPPED) else ""
    return f'<path class="edge{idle}" d="{" ".join(_path(one))}"><title>{escape(said)}</title></path>\n'


def _path(one: Line) -> Iterator[str]:
    (x, y), *rest = one.points
    yield f"M{x:g} {y - _INSET:g}"
    for to_x, to_y in rest:
        middle = (y + to_y) / 2
        yield f"V{to_y:g}" if to_x == x else f"C{x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y:g}"
        x, y = to_x, to_y
    yield f"V{y + _INSET:g}"


def _node(node: Node, status: Status) -> str:
    high = node.height - 2 * _INSET
    top = node.y + _INSET
    return (
        f'<g class="s-{status}">'
        f'<rect class="node" x="{node.x:g}" y="{top:g}" width="{node.width:g}" height="{high:g}" rx="3"/>'
        f'<g class="glyph" transform="translate({node.x + 8:g} {top + high / 2 - 6:g}) scale(.75)">{shape(status)}</g>'
        f'<text x="{node.x + 25:g}" y="{top + high / 2 + 4:g}">{escape(line(node.name, 100))}</text></g>\n'
    )
