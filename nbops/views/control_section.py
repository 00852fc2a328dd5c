"""Control charts on a page: what is unusual about a run by name, and its charts, folded but for those that tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

from nbops.pipeline.control_chart import SIGNALS, THE_RUN, ControlChart, series_title
from nbops.pipeline.run import RunState
from nbops.records import PointOut
from nbops.views.control_chart_svg import control_chart_svg, point_text
from nbops.views.control_words import limits_text, value_text
from nbops.views.style import style_sheet
from nbops.views.words import command, count, line, short_id

__all__ = ["charts_content", "charts_html", "charts_page", "charts_text", "told_first"]

_MOST_CHARTS = 12
_LEAST_POINTS = 5
_RANK = {"rows": 0, "metric": 1, "nulls": 2, "failing": 3, "seconds": 4}
_LEGEND = (
    '<p class="muted xs" style="display:flex;flex-wrap:wrap;gap:4px 16px;margin:4px 0 0">'
    "<span>band: limits, each point's from those before it</span><span>dotted: what was expected</span>"
    "<span>red and crossed: beyond the limits, not used for later ones</span>"
    "<span>triangle: a run rule</span><span>hollow: of a run that went wrong</span></p>"
)


def charts_content(state: RunState, charts: Sequence[ControlChart]) -> dict[str, Any]:
    """Return what the report says of a run's control charts.

    Args:
        state: The run, whose record names what was out when it ended.
        charts: Its charts, as they are made of the runs up to it.
    """
    finished = state.finished
    out = finished.out if finished else ()
    unknown = finished.unwatched if finished else ""
    drawn = told_first(charts)[:_MOST_CHARTS]
    rest = len(charts) - len(drawn)
    is_early = max((chart.last.history for chart in charts), default=0) < _LEAST_POINTS
    names = {(point.kind, point.name) for point in out}
    return {
        "out": [_out_row(point) for point in out],
        "out_phrase": _phrase(len(out), len(charts), is_early=is_early),
        "unwatched": unknown,
        "accept": _accept(state, out[0]) if out else "",
        "signals": [] if is_early else list(_signals(charts)),
        "charts": [] if is_early else [_drawn(chart, (chart.kind, chart.name) in names) for chart in drawn],
        "chart_legend": Markup(_LEGEND),
        "more_charts": "" if is_early or not rest else f"{count(rest, 'more series', 'more series')}, none unusual",
    }


def _phrase(out: int, charts: int, *, is_early: bool) -> str:
    if is_early and not out:
        return f"learning: {_LEAST_POINTS} earlier runs are needed"
    return (
        f"{out} of {count(charts, 'series', 'series')} unusual"
        if out
        else f"{count(charts, 'series', 'series')}, all as usual"
    )


def told_first(charts: Sequence[ControlChart]) -> list[ControlChart]:
    """Return the charts worth a picture, those that tell most first; a share that was always 0 tells nothing."""
    telling = [chart for chart in charts if not chart.is_share or any(point.value for point in chart.points)]
    return sorted(
        telling, key=lambda c: (not c.last.is_out, not c.last.signals, not c.out, _RANK.get(c.kind, 9), c.name)
    )


def _out_row(point: PointOut) -> tuple[str, str, str, str]:
    follows = f" · by {' and '.join(point.follows)}" if point.follows else ""
    return (
        line(series_title(point.kind, point.name), 120),
        value_text(point.kind, point.value, point.unit),
        limits_text(point.kind, point.low, point.high, point.unit),
        f"{count(point.history, 'earlier run')}{follows}",
    )


def _accept(state: RunState, point: PointOut) -> str:
    """Return what to type when the level has moved for good."""
    name = (point.name or THE_RUN).partition("::")[0]
    return command("rules", "accept", f"{state.name}/{name}@{short_id(state.run)}", "--reason", "WHY")


def _signals(charts: Sequence[ControlChart]) -> Iterator[str]:
    for chart in charts:
        for words in chart.last.signals:
            yield f"{line(chart.title, 120)}: {words} (by chance 1 in {1 / SIGNALS[words][1]:.0f} points)"


def _drawn(chart: ControlChart, is_open: bool) -> dict[str, Any]:
    return {
        "title": line(chart.title, 120),
        "said": _said(chart),
        "svg": Markup(control_chart_svg(chart)),
        "is_open": is_open,
    }


def _said(chart: ControlChart) -> str:
    """Return a chart in a few words, for its folded line."""
    last = chart.last
    newest = value_text(chart.kind, last.value, chart.unit)
    if last.low is None or last.high is None:
        told = f"{newest}, not judged: {count(last.history, 'point')} to compare with"
    else:
        told = f"{newest}, usual is {limits_text(chart.kind, last.low, last.high, chart.unit)}"
        told += ", still learning" if chart.is_learning else ""
    earlier = sum(point.is_out for point in chart.points[:-1])
    return told + (f" · {count(earlier, 'earlier point')} out" if earlier else "")


def charts_html(charts: Sequence[ControlChart]) -> str:
    """Return charts as HTML that needs no style sheet, for the output of a notebook's cell."""
    parts = []
    for chart in told_first(charts)[:_MOST_CHARTS]:
        parts.append(
            f'<div style="margin:0 0 18px"><div style="font-weight:600">{escape(line(chart.title, 120))}</div>'
            f'<div style="opacity:.7;font-size:12px">{escape(_said(chart))}</div>{control_chart_svg(chart)}</div>'
        )
    return f'<div class="nbops-charts">{"".join(parts)}{_LEGEND}</div>'


def charts_page(name: str, charts: Sequence[ControlChart]) -> str:
    """Return a page with charts that loads nothing."""
    title = escape(line(name, 120))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{style_sheet('nbops.css', 'report.css')}</style></head>"
        f'<body class="nbops"><main class="page"><h1>{title}</h1>{charts_html(charts)}</main></body></html>'
    )


def charts_text(charts: Sequence[ControlChart]) -> str:
    """Return charts in words, a line for each, and one for each point that is out."""
    lines = []
    for chart in told_first(charts) or list(charts):
        lines.append(f"{'!' if chart.last.is_out else '·'} {line(chart.title, 120)}: {_said(chart)}")
        lines += [f"    {point_text(chart, point)}" for point in chart.out]
        lines += [f"    ▲ {words}" for words in chart.last.signals]
    return "\n".join(lines)
