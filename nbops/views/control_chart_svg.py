"""A control chart as one inline SVG: drawn in ink of the text around it, so that it reads on light and on dark.

It needs no style sheet and no script, so it also shows where pages are sanitised and in notebooks that were saved.
Limits step with the days that they follow; a point found bad is hollow and crossed, as it counts for nothing later; a
run rule is a triangle, so that colour alone tells nothing apart.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from nbops.pipeline.control_chart import ChartPoint, ControlChart
from nbops.views.control_words import limits_text, value_text
from nbops.views.words import count, line

__all__ = ["chart_label", "control_chart_svg", "point_text"]

_RED = "var(--c-fail,var(--jp-error-color1,#e53935))"
_ORANGE = "var(--c-warn,var(--jp-warn-color1,#f57c00))"
_ACCENT = "var(--accent,var(--jp-brand-color1,#1976d2))"
_PAPER = "var(--bg,var(--jp-layout-color1,Canvas))"
_FONT = 'font-family="var(--font,var(--jp-ui-font-family,system-ui,sans-serif))"'
_HALO = f'style="paint-order:stroke;stroke:{_PAPER};stroke-width:4px;stroke-linejoin:round"'
_MOST_LABELS = 3
_LABEL_WIDE, _LABEL_HIGH = 160.0, 28.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 96.0, 12.0, 26.0


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where days and values lie on the picture."""

    wide: float
    high: float
    xs: tuple[float, ...]
    step: float
    low: float
    top: float
    left: float
    right: float

    def y(self, value: float) -> float:
        """Return the height of a value; what lies outside the picture is put on its edge."""
        part = (value - self.low) / (self.top - self.low)
        inside = self.high - _TOP - _BOTTOM
        return round(_TOP + inside * (1 - min(1.0, max(0.0, part))), 1)


def control_chart_svg(chart: ControlChart, wide: int = 920, high: int = 250, *, is_small: bool = False) -> str:
    """Return the picture of a chart; empty when it has no point.

    Args:
        chart: The chart.
        wide: Its width; it shrinks with the page.
        high: Its height.
        is_small: Leave out the labels of limits and points, as where several stand beside each other.
    """
    if not chart.points:
        return ""
    frame = _frame(chart, wide, high, is_small=is_small)
    parts = [
        *_grid(chart, frame), *_band(chart, frame), *_learning(chart, frame, is_small=is_small), *_days(chart, frame),
        *_values(chart, frame), *_marks(chart, frame), *([] if is_small else _labels(chart, frame)),
    ]  # fmt: skip
    return (
        f'<svg class="nbops-chart" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" role="img" '
        f'aria-label="{escape(chart_label(chart))}" {_FONT} font-size="11" '
        f'style="max-width:100%;height:auto;display:block">{"".join(parts)}</svg>'
    )


def chart_label(chart: ControlChart) -> str:
    """Return in words what a chart shows."""
    out = len(chart.out)
    said = f"{count(out, 'point')} out of {len(chart.points):,}" if out else f"{len(chart.points):,} points, none out"
    last = chart.last
    newest = value_text(chart.kind, last.value, chart.unit)
    if last.low is None or last.high is None:
        return f"{line(chart.title, 120)}: {said}; the newest is {newest}"
    limits = limits_text(chart.kind, last.low, last.high, chart.unit)
    return f"{line(chart.title, 120)}: {said}; the newest is {newest}, usual is {limits}"


# ── the frame ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _frame(chart: ControlChart, wide: int, high: int, *, is_small: bool) -> _Frame:
    left, right = (46.0, 6.0) if is_small else (_LEFT, _RIGHT)
    days = [point.day.toordinal() for point in chart.points]
    if len(set(days)) < len(days):
        days = list(range(len(days)))
    span = days[-1] - days[0] + 1
    step = (wide - left - right) / span
    xs = tuple(round(left + (day - days[0] + 0.5) * step, 1) for day in days)
    low, top = _range(chart)
    return _Frame(wide, high, xs, step, low, top, left, right)


def _range(chart: ControlChart) -> tuple[float, float]:
    """Return the lowest and highest value to show: all points, and the limits once they are narrow."""
    judged = [p for p in chart.points if p.low is not None and p.high is not None]
    narrow = [p for p in judged if p.history >= chart.learning] or judged[-1:]
    values = [point.value for point in chart.points]
    reach = max(max(values) - min(values), abs(max(values)) * 0.1, 1e-12)
    edges = [one for p in narrow for one in (p.low, p.high) if one is not None]
    edges = [min(max(one, min(values) - reach), max(values) + reach) for one in edges]
    low, high = min([*values, *edges]), max([*values, *edges])
    room = (high - low or abs(high) or 1.0) * 0.06
    least = 0.0 if chart.kind != "metric" and low >= 0 else -math.inf
    return max(low - room, least), high + room


def _ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Return round numbers between two values.

    Example:
        >>> _ticks(180, 1040)
        [250.0, 500.0, 750.0, 1000.0]
    """
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    unit = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    first = math.ceil(low / unit - 1e-9)
    return [round(unit * n, 12) for n in range(first, math.floor(high / unit + 1e-9) + 1)]


# ── what is drawn ────────────────────────────────────────────────────────────────────────────────────────────────────


def _grid(chart: ControlChart, frame: _Frame) -> Iterator[str]:
    end = frame.wide - frame.right
    for value in _ticks(frame.low, frame.top, 4 if frame.high > 150 else 2):
        y = frame.y(value)
        yield f'<path d="M{frame.left} {y}H{end}" stroke="currentColor" stroke-opacity=".1"/>'
        yield _text(frame.left - 8, y + 4, value_text(chart.kind, value), anchor="end")


def _learning(chart: ControlChart, frame: _Frame, *, is_small: bool) -> Iterator[str]:
    """Shade the points from which the chart learned."""
    early = [x for x, point in zip(frame.xs, chart.points, strict=True) if point.history < chart.learning]
    if not early:
        return
    width = round(early[-1] + frame.step / 2 - frame.left, 1)
    yield (
        f'<rect x="{frame.left}" y="{_TOP}" width="{width}" height="{frame.high - _TOP - _BOTTOM}" '
        f'fill="currentColor" fill-opacity=".045"/>'
    )
    if not is_small and width > 90:
        said = f"learning, {count(len(early), 'point')}"
        yield _text(frame.left + 6, frame.high - _BOTTOM - 7, said, how=_HALO)


def _band(chart: ControlChart, frame: _Frame) -> Iterator[str]:
    """Draw the limits as steps, each point's own, and what was expected as a dotted line."""
    for run in _judged_runs(chart.points):
        upper, lower, centre = [], [], []
        for at in run:
            point, a, b = chart.points[at], frame.xs[at] - frame.step / 2, frame.xs[at] + frame.step / 2
            high, low, middle = (frame.y(v or 0.0) for v in (point.high, point.low, point.centre))
            upper.append(f"{a:.1f} {high}H{b:.1f}")
            lower.append(f"{a:.1f} {low}H{b:.1f}")
            centre.append(f"{a:.1f} {middle}H{b:.1f}")
        back = [f"{frame.xs[at] + frame.step / 2:.1f} {frame.y(chart.points[at].low or 0.0)}"
                f"H{frame.xs[at] - frame.step / 2:.1f}" for at in reversed(run)]  # fmt: skip
        top, bottom, middle_line = ("M" + "L".join(parts) for parts in (upper, lower, centre))
        yield f'<path d="{top}L{"L".join(back)}Z" style="fill:{_ACCENT};fill-opacity:.09"/>'
        for path in (top, bottom):
            yield f'<path d="{path}" style="fill:none;stroke:{_ACCENT};stroke-opacity:.5"/>'
        yield (f'<path d="{middle_line}" style="fill:none;stroke:{_ACCENT};stroke-opacity:.6;stroke-dasharray:2 3"/>')


def _judged_runs(points: Sequence[ChartPoint]) -> Iterator[list[int]]:
    """Yield the positions of judged points that follow each other."""
    run: list[int] = []
    for at, point in enumerate(points):
        if point.low is not None and point.high is not None:
            run.append(at)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _days(chart: ControlChart, frame: _Frame) -> Iterator[str]:
    """Write some of the days below."""
    many = max(2, int((frame.wide - frame.left - frame.right) / 110))
    every = max(1, math.ceil(len(chart.points) / many))
    if every > 4:
        every = math.ceil(every / 7) * 7  # the same day of the week each time
    at_small_ends = {0, len(chart.points) - 1}
    shown = at_small_ends if frame.high <= 150 else set(range(0, len(chart.points), every))
    for at in sorted(shown):
        anchor = "middle" if frame.high > 150 else ("start" if at == 0 else "end")
        yield _text(frame.xs[at], frame.high - 8, _day_text(chart.points[at].day), anchor=anchor)


def _day_text(day: dt.date, *, with_weekday: bool = False) -> str:
    return f"{day:%a} {day.day} {day:%b}" if with_weekday else f"{day.day} {day:%b}"


def _values(chart: ControlChart, frame: _Frame) -> Iterator[str]:
    places = [f"{x} {frame.y(p.value)}" for x, p in zip(frame.xs, chart.points, strict=True)]
    yield (
        f'<path d="M{"L".join(places)}" fill="none" stroke="currentColor" stroke-opacity=".38" stroke-width="1.2"'
        ' stroke-linejoin="round"/>'
    )
    quiet = [place for place, point in zip(places, chart.points, strict=True) if point.is_used and not point.signals]
    if frame.high > 150 and quiet and len(places) <= 130:
        dots = "".join(f"M{place}h0" for place in quiet)
        yield f'<path d="{dots}" stroke="currentColor" stroke-opacity=".68" stroke-width="5" stroke-linecap="round"/>'


def _marks(chart: ControlChart, frame: _Frame) -> Iterator[str]:
    """Mark the points that are not like the others."""
    for x, point in zip(frame.xs, chart.points, strict=True):
        y = frame.y(point.value)
        said = f"<title>{escape(point_text(chart, point))}</title>"
        if point.is_out:
            yield (
                f'<g style="fill:{_PAPER};stroke:{_RED};stroke-width:1.8">{said}<circle cx="{x}" cy="{y}" r="4.6"/>'
                f'<path d="M{x - 1.7:.1f} {y - 1.7:.1f}l3.4 3.4m0-3.4l-3.4 3.4" style="stroke-width:1.4"/></g>'
            )
        elif not point.is_used:
            yield (
                f'<circle cx="{x}" cy="{y}" r="3.4" style="fill:{_PAPER}" stroke="currentColor" stroke-opacity=".6">'
                f"{said}</circle>"
            )
        elif point.signals:
            yield (
                f'<path d="M{x} {y - 4.8:.1f}l5 8.8h-10z" style="fill:{_ORANGE};stroke:{_PAPER};stroke-width:1">'
                f"{said}</path>"
            )


def point_text(chart: ControlChart, point: ChartPoint) -> str:
    """Return a point in words: its day, its value, what was usual, and what is the matter with it."""
    parts = [f"{_day_text(point.day, with_weekday=True)}: {value_text(chart.kind, point.value, chart.unit)}"]
    if point.low is not None and point.high is not None:
        parts.append(f"usual {limits_text(chart.kind, point.low, point.high, chart.unit)}")
    parts += point.signals or (() if point.is_used or point.is_out else ("of a run that went wrong",))
    return ", ".join(parts)


def _labels(chart: ControlChart, frame: _Frame) -> Iterator[str]:
    """Name points that are out, and the limits of the newest point."""
    out = _to_label(chart)
    placed: list[tuple[bool, float, float]] = []
    for at in out:
        point, x, y = chart.points[at], frame.xs[at], frame.y(chart.points[at].value)
        fits_right, fits_left = x < frame.wide - _LABEL_WIDE, x > frame.left + _LABEL_WIDE
        is_left = fits_left and (not fits_right or (at + 1 in out and at - 1 not in out))
        side, anchor = (x - 10, "end") if is_left else (x + 10, "start")
        for was_left, was_x, was_y in placed:
            if was_left == is_left and abs(was_x - x) < _LABEL_WIDE and abs(was_y - y) < _LABEL_HIGH:
                y = was_y + math.copysign(_LABEL_HIGH, y - was_y)
        placed.append((is_left, x, y))
        said = f"{value_text(chart.kind, point.value, chart.unit)}, {_day_text(point.day, with_weekday=True)}"
        yield _text(side, y + 1, said, anchor=anchor, how=f'font-weight="600" {_tinted(_RED)}')
        if point.low is not None and point.high is not None:
            limits = f"usual {limits_text(chart.kind, point.low, point.high, chart.unit)}"
            yield _text(side, y + 14, limits, anchor=anchor, how=_HALO)
    last = chart.last
    if last.low is not None and last.high is not None and last.centre is not None:
        x = frame.wide - frame.right + 7
        lines = [("upper", last.high), ("centre", last.centre), ("lower", last.low)]
        heights = _apart([frame.y(value) + 4 for _, value in lines])
        for (name, value), y in zip(lines, heights, strict=True):
            yield _text(x, y, f"{value_text(chart.kind, value)} {name}")


def _to_label(chart: ControlChart) -> list[int]:
    """Return the points that are named: of those that are out the farthest, and the newest."""
    last = len(chart.points) - 1
    out = [at for at, point in enumerate(chart.points) if point.is_out]

    def distance(at: int) -> tuple[bool, float]:
        point = chart.points[at]
        return at == last, abs(point.value - (point.value if point.centre is None else point.centre))

    return sorted(sorted(out, key=distance)[-_MOST_LABELS:])


def _apart(heights: list[float], least: float = 13.0) -> list[float]:
    """Return *heights*, which increase, at least so far apart."""
    found = list(heights)
    for at in range(1, len(found)):
        found[at] = max(found[at], found[at - 1] + least)
    return found


def _tinted(colour: str) -> str:
    """Return the style of a text in a colour that stays readable, with a halo of the paper."""
    mixed = f"color-mix(in srgb,{colour} 82%,currentColor)"
    return (
        f'style="fill:{mixed};fill-opacity:1;paint-order:stroke;stroke:{_PAPER};stroke-width:4px;stroke-linejoin:round"'
    )


def _text(x: float, y: float, said: str, *, anchor: str = "start", how: str = "") -> str:
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}"{where} fill="currentColor" fill-opacity=".7" {how}>{escape(said)}</text>'
