"""The way of rows as a picture: a band that narrows where rows are dropped, each reason a branch of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape

from nbops.pipeline.row_flows import RowFlow, Stage
from nbops.records import RowEntry
from nbops.views.row_words import Usual, flow_text, usual_words
from nbops.views.words import line, number

__all__ = ["rows_svg"]

_HIGH = 56.0  # of the widest band
_TOP = 24.0
_LEFT = 118.0  # room for the name of the first table
_RIGHT = 190.0  # and for that of the last
_COLUMN = 184.0
_BAR = 6.0
_LANE = 32.0
_GAP = 14.0
_SMALLEST = 0.85  # it shrinks by this much before it scrolls
_MOST_LANES = 5
_MOST_LETTERS = 25
_SAID = {"dropped": "dropped", "merged": "merged", "left": "left behind", "added": "added"}

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Lane:
    """A branch of a stage: rows that leave the band, or come to it."""

    rows: int
    label: str
    kind: str
    beside: str = ""

    @property
    def comes(self) -> bool:
        """Whether the rows come to the band."""
        return self.kind in ("added", "found")


def rows_svg(flow: RowFlow, usual: Usual | None = None) -> str:
    """Return the picture of a flow as inline SVG, its colours left to the style sheet; empty when not all is counted.

    A view is where a picture begins, because what it leaves behind is not lost; calls that change no rows are left out.

    Args:
        flow: The way of the rows.
        usual: By step and reason, how many rows are usually dropped.
    """
    known = usual or {}
    said = line(flow_text(flow, usual=known), 400)
    flow = _drawn(flow)
    levels = _levels(flow)
    if levels is None or max(levels) == 0:
        return ""
    scale = _HIGH / max(levels)
    lanes = [_lanes(stage, known) for stage in flow.stages]
    deepest = max(sum(_lane_high(lane, scale) for lane in some) for some in lanes)
    wide = _LEFT + len(lanes) * _COLUMN + _RIGHT
    high = _TOP + _HIGH + (_GAP + deepest if deepest else 0) + 10
    parts = [*_bands(flow, levels, lanes, scale), *_ends(flow, levels, scale)]
    parts.sort(key=lambda part: part.startswith("<text"))  # no band lies over a word
    return (
        f'<svg class="nbops-rows" width="{wide:.0f}" height="{high:.0f}" viewBox="0 0 {wide:.0f} {high:.0f}" '
        f'role="img" aria-label="{escape(said)}" '
        f'style="max-width:100%;min-width:{wide * _SMALLEST:.0f}px;height:auto">{"".join(parts)}</svg>'
    )


def _drawn(flow: RowFlow) -> RowFlow:
    """Return the part of a flow that is drawn."""
    views = [at for at, stage in enumerate(flow.stages[:-1]) if stage.account.verb == "view"]
    stages = flow.stages[views[-1] + 1 :] if views else flow.stages
    moving = tuple(stage for stage in stages if stage.unexplained != 0 or any(_moves(e) for e in stage.account.entries))
    return replace(flow, stages=moving or stages[-1:])


def _moves(entry: RowEntry) -> bool:
    return entry.rows is None or (entry.rows > 0 and entry.kind != "aside")


def _levels(flow: RowFlow) -> list[int] | None:
    """Return how many rows there are before the first stage and after each; None when one is unknown."""
    levels = [flow.start_rows, *(stage.account.table_out.rows for stage in flow.stages[:-1]), flow.end.rows]
    known = [level for level in levels if level is not None]
    return known if len(known) == len(levels) and flow.unexplained is not None else None


def _lanes(stage: Stage, usual: Usual) -> list[_Lane]:
    counted = [entry for entry in stage.account.entries if entry.rows and entry.kind != "aside"]
    counted.sort(key=lambda entry: -(entry.rows or 0))
    lanes = [
        _Lane(entry.rows or 0, line(entry.reason, 60), entry.kind, _share(entry, stage) + _beside(entry, stage, usual))
        for entry in counted[:_MOST_LANES]
    ]
    rest = counted[_MOST_LANES:]
    if rest:
        total = sum(entry.rows or 0 for entry in rest)
        lanes.append(_Lane(total, f"{len(rest)} more reasons", rest[0].kind))
    gap = stage.unexplained or 0
    if gap:
        lanes.append(_Lane(abs(gap), "unexplained", "unexplained" if gap < 0 else "found"))
    return lanes


def _share(entry: RowEntry, stage: Stage) -> str:
    before = stage.account.rows_in
    return f", {(entry.rows or 0) / before:.1%}" if before else ""


def _beside(entry: RowEntry, stage: Stage, usual: Usual) -> str:
    said = usual_words(usual.get((stage.step, entry.reason)) if entry.kind == "dropped" else None)
    return f" · usual {said}" if said else ""


def _lane_high(lane: _Lane, scale: float) -> float:
    high = lane.rows * scale
    return high + 38 if lane.comes else max(_LANE, high + 10)


def _bands(flow: RowFlow, levels: list[int], lanes: list[list[_Lane]], scale: float) -> Iterator[str]:
    """Yield the bands between the tables, with the branches of each stage."""
    for at, (stage, some) in enumerate(zip(flow.stages, lanes, strict=True)):
        x0, x1 = _LEFT + at * _COLUMN, _LEFT + (at + 1) * _COLUMN
        before, after = levels[at] * scale, levels[at + 1] * scale
        added = sum(lane.rows for lane in some if lane.comes) * scale
        yield _ribbon((x0 + _BAR, _TOP), (x1, _TOP), min(before, max(after - added, 0)), "keep")
        name = f"{stage.account.verb} in {stage.step}" if stage.step else stage.account.verb
        yield _text(x0 + _BAR + 4, _TOP - 8, line(name, 28), "muted")
        yield from _branches(some, (x0, x1), (_TOP + before, _TOP + after), scale)


def _branches(some: list[_Lane], across: Point, edges: Point, scale: float) -> Iterator[str]:
    """Yield the branches of one stage: those that leave the band at its lower edge, and those that come to it.

    *across* is where the stage begins and ends, *edges* where the band's lower edge is there.
    """
    y, middle = _TOP + _HIGH + _GAP, across[0] + _COLUMN / 2
    leaves = edges[0] - sum(lane.rows for lane in some if not lane.comes) * scale
    comes = edges[1] - sum(lane.rows for lane in some if lane.comes) * scale
    for lane in some:
        high = max(lane.rows * scale, 1.5)
        if lane.comes:
            yield _ribbon((middle, y), (across[1], comes), high, lane.kind)
            yield _bar(middle - _BAR, y, high, lane.kind)
            yield from _lane_text(middle - _BAR, y + high + 12, lane)
            comes += lane.rows * scale
        else:
            yield _ribbon((across[0] + _BAR, leaves), (middle, y), high, lane.kind)
            yield _bar(middle, y, high, lane.kind)
            yield from _lane_text(middle + _BAR + 6, y + max(high / 2, 4) + 1, lane)
            leaves += lane.rows * scale
        y += _lane_high(lane, scale)


def _bar(x: float, y: float, high: float, kind: str) -> str:
    return f'<rect class="post {kind}" x="{x:.1f}" y="{y:.1f}" width="{_BAR}" height="{high:.1f}"/>'


def _lane_text(x: float, y: float, lane: _Lane) -> Iterator[str]:
    yield _text(x, y, line(f"{number(lane.rows)} {lane.label}", _MOST_LETTERS - 5 * lane.comes), f"b {lane.kind}")
    if lane.kind in _SAID:
        yield _text(x, y + 14, _SAID[lane.kind] + lane.beside, "muted")


def _ends(flow: RowFlow, levels: list[int], scale: float) -> Iterator[str]:
    """Yield the bars of the tables, and the names of the first and the last one."""
    last = len(levels) - 1
    for at, level in enumerate(levels):
        kind = "end" if at == last and not flow.unexplained else "table"
        x = _LEFT + at * _COLUMN
        high = max(level * scale, 1.5)
        yield _bar(x, _TOP, high, kind)
        if 0 < at < last:
            yield _text(x + _BAR + 4, _TOP + 14, number(level), "b halo")
    start, end, right = flow.stages[0].account.tables_in, flow.end, _LEFT + last * _COLUMN + _BAR + 8
    names = " + ".join(table.name or "a table" for table in start)
    yield _text(_LEFT - 8, _TOP + 14, number(levels[0]), "b", "end")
    yield _text(_LEFT - 8, _TOP + 30, line(names, 18), "muted", "end")
    yield _text(right, _TOP + 14, f"{number(levels[-1])} rows", "b")
    yield _text(right, _TOP + 30, line(end.name or "the result", 28), "muted")


def _ribbon(start: Point, end: Point, high: float, kind: str) -> str:
    """Return a band of equal width between its upper corners."""
    if high <= 0:
        return ""
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2
    return (
        f'<path class="band {kind}" d="M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}'
        f'v{high:.1f}C{middle:.1f} {y1 + high:.1f} {middle:.1f} {y0 + high:.1f} {x0:.1f} {y0 + high:.1f}Z"/>'
    )


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
