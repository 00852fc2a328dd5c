"""Metrics as one self-contained page: the report of a week, which can be sent to people who have no nbops."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape

from nbops._version import __version__
from nbops.pipeline.metrics import Cause, Metrics, PipelineMetrics
from nbops.pipeline.reference import notebook_name
from nbops.views.metrics_words import Tile, share, tiles
from nbops.views.style import style_sheet
from nbops.views.words import command, count, line

__all__ = ["metrics_page"]

_WIDE, _HIGH = 240, 44
_MOST = 60


def metrics_page(weeks: Sequence[Metrics]) -> str:
    """Return the numbers of the newest of *weeks* as an HTML page that loads nothing.

    Args:
        weeks: The numbers of each week, the newest last.
    """
    now = weeks[-1]
    before = len(weeks) - 1
    time_span = f"{_day(now.since)} – {_day(now.until)}"
    chips = [now.env or "all environments", count(len(now.pipelines), "pipeline"), time_span]
    shown = "".join(f'<span class="chip">{escape(line(chip))}</span>' for chip in chips)
    against = (
        f" The change is against the median of {count(before, 'such stretch', 'such stretches')} before."
        if before
        else ""
    )
    css = style_sheet("nbops.css", "report.css", "difference.css", "metrics.css")
    ends = (_day(weeks[0].since), _day(now.until))
    numbers = "".join(_tile(tile, ends) for tile in tiles(weeks))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Metrics {escape(ends[1])}</title><style>{css}</style></head>"
        '<body class="nbops"><main class="page wide-page"><div class="row"><h1>Metrics</h1><span class="grow"></span>'
        f'{shown}</div><p class="muted">Each number is of {escape(time_span)}.{against}</p>'
        f'<section class="sec tiles" aria-label="numbers">{numbers}</section>'
        f'<div class="two">{_pipelines(now)}{_causes(now)}</div>'
        f'<p class="muted xs foot">nbops {__version__}</p></main></body></html>'
    )


def _tile(tile: Tile, ends: tuple[str, str]) -> str:
    unit = f"<small>{escape(tile.unit)}</small>" if tile.value != "–" else ""
    glyph = {"better": "▲ ", "worse": "▼ "}.get(tile.tone, "")
    said = f'<span class="{tile.tone or "muted"}">{glyph}{escape(tile.said)}</span>' if tile.said else ""
    more = f'<span class="muted">{" · " if said else ""}{escape(tile.more)}</span>' if tile.more else ""
    picture = f'{_curve(tile.past)}<div class="ends muted xs"><span>{ends[0]}</span><span>{ends[1]}</span></div>'
    return (
        f'<div class="tile"><div class="muted">{escape(tile.name)}</div><div class="v">{escape(tile.value)}{unit}</div>'
        f'<div class="sm">{said}{more}&nbsp;</div>{picture if len(tile.past) > 1 else ""}</div>'
    )


def _curve(past: Sequence[float | None]) -> str:
    """Return the past of a number as a line over an area; a week without a number breaks it."""
    top = max((value for value in past if value is not None), default=0.0) or 1.0
    step = _WIDE / max(len(past) - 1, 1)
    points = [None if v is None else (n * step, (_HIGH - 4) * (1 - v / top) + 2) for n, v in enumerate(past)]
    pieces: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            pieces.append([])
        else:
            pieces[-1].append(point)
    drawn = []
    for piece in filter(None, pieces):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in piece)
        floor = f"{piece[-1][0]:.1f},{_HIGH - 1} {piece[0][0]:.1f},{_HIGH - 1}"
        drawn.append(f'<polygon class="area" points="{path} {floor}"/><polyline class="curve" points="{path}"/>')
    base = f'<line class="base" x1="0" x2="{_WIDE}" y1="{_HIGH - 1}" y2="{_HIGH - 1}"/>'
    box = f'viewBox="0 0 {_WIDE} {_HIGH}" preserveAspectRatio="none" aria-hidden="true"'
    return f"<svg {box}>{''.join(drawn)}{base}</svg>"


def _pipelines(now: Metrics) -> str:
    head = '<tr><th>Pipeline</th><th class="n">Runs</th><th class="n">Errors</th><th class="n">Steps tested</th></tr>'
    rows = "".join(_pipeline(one) for one in now.pipelines[:_MOST])
    more = len(now.pipelines) - _MOST
    rest = f'<p class="muted sm">and {count(more, "more pipeline")}</p>' if more > 0 else ""
    nothing = '<p class="muted">nothing ran</p>' if not now.pipelines else ""
    table = f'<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>' if rows else ""
    title = '<div class="hd"><h2>By pipeline</h2><span class="muted">most errors first</span></div>'
    return f'<section class="sec">{title}{table}{nothing}{rest}</section>'


def _pipeline(one: PipelineMetrics) -> str:
    name = escape(line(notebook_name(one.notebook), 60))
    tested = one.tested / one.steps if one.steps else None
    kind, sign = ("slow b", " !") if one.bad else ("", "")
    errors = f'<span class="{kind}">{share(one.error_rate)}{sign}</span>{_meter(one.error_rate, warns=one.bad > 0)}'
    return (
        f'<tr><td>{name}</td><td class="n">{one.runs:,}</td><td class="n">{errors}</td>'
        f'<td class="n">{share(tested)}{_meter(tested)}</td></tr>'
    )


def _meter(value: float | None, *, warns: bool = False) -> str:
    kind = "meterbar warn" if warns else "meterbar"
    return f'<span class="{kind}"><i style="width:{100 * (value or 0.0):.0f}%"></i></span>'


def _causes(now: Metrics) -> str:
    most = max((one.count for one in now.causes), default=1)
    rows = "".join(_cause(one, most) for one in now.causes)
    said = f"{count(now.incidents, 'incident')}, {now.with_test} with a test"
    title = f'<div class="hd"><h2>What occurred most often</h2><span class="muted">{said}</span></div>'
    return (
        f'<section class="sec">{title}<table><tbody>{rows}</tbody></table></section>' if rows else "<section></section>"
    )


def _cause(one: Cause, most: int) -> str:
    typed = f'<code class="cmd">{escape(command("incidents", "to-test", str(one.number)))}</code>'
    guard = '<span class="good">✓ has a test</span>' if one.has_test else typed if one.can_have_test else ""
    where = f'<span class="muted xs">{escape(line(one.where, 60))}</span>'
    return (
        f'<tr><td class="what">#{one.number} {escape(line(one.what, 80))}<br>{where}</td>'
        f'<td>{_meter(one.count / most)}</td><td class="n">{one.count:,}</td><td>{guard}</td></tr>'
    )


def _day(at: float) -> str:
    local = time.localtime(at)
    return f"{local.tm_mday} {time.strftime('%b', local)}"
