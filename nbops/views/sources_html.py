"""Sources as a page: the list with its pictures, in one file that loads nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape

from nbops.views.glyphs import hue, status_html
from nbops.views.sources_model import ListedSource, WeekOfSource
from nbops.views.sources_words import late_phrase, share_phrase, state_word, status_of, when
from nbops.views.words import line

__all__ = ["sources_page", "sources_table"]

_WEEKS = 26
_STYLE = """
:root{color-scheme:light dark}
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}
h1{font-size:1.35rem;margin:0 0 1rem}
table{border-collapse:collapse;width:100%}
th{font-weight:500;text-align:left;opacity:.75;padding:.35rem .9rem .35rem 0}
th{border-bottom:1px solid color-mix(in srgb,currentColor 25%,transparent)}
td{padding:.5rem .9rem .5rem 0;vertical-align:top}
td{border-bottom:1px solid color-mix(in srgb,currentColor 12%,transparent)}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.w{white-space:nowrap}
.m{opacity:.75;font-size:.92em;overflow-wrap:anywhere}
.u{font:12px ui-monospace,monospace}
"""


def sources_page(found: Sequence[ListedSource], *, now: float | None = None) -> str:
    """Return the list of sources as an HTML page of its own."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sources</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>Sources</h1>{sources_table(found, now=now)}</body></html>"
    )


def sources_table(found: Sequence[ListedSource], *, now: float | None = None) -> str:
    """Return the list of sources as one HTML table; a sentence when there are none."""
    if not found:
        return "<p>No sources are defined. Add one: <code>nbops sources add NAME URL</code></p>"
    moment = time.time() if now is None else now
    names = ("State", "Source", "Last arrival", "Next due", "On time", "Share on time by week")
    head = "".join(f"<th{' class=n' if name == 'On time' else ''}>{name}</th>" for name in names)
    rows = "".join(_row(one, moment) for one in found)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(one: ListedSource, now: float) -> str:
    trouble = bool(one.last and one.last.trouble)
    state = one.last.state if one.last else ""
    waits = one.last is not None and one.next_due is not None
    status = status_of(state, waits=waits and not trouble, has_trouble=trouble)
    word = state_word(state, waits=waits, has_trouble=trouble) if one.last else "not looked at"
    why = f'<div class="m">{escape(line(one.last.reason, 200))}</div>' if one.last and one.last.reason else ""
    late = late_phrase(one.reliability.minutes_late)
    return (
        f'<tr><td class="w">{status_html(status, word)}</td>'
        f"<td><b>{escape(line(one.name))}</b> <span class='m'>{escape(_by(one))}</span>"
        f'<div class="m u">{escape(line(one.url))}</div><div class="m">{escape(line(one.expectation))}</div>{why}</td>'
        f'<td class="w">{when(one.arrived_at, now)}</td><td class="w">{when(one.next_due, now) or "unknown"}</td>'
        f'<td class="n">{share_phrase(one.reliability.on_time, one.reliability.judged)}'
        f"{f'<div class=m>late by {late}</div>' if late else ''}</td>"
        f"<td>{_sparkline(one.reliability.weeks[-_WEEKS:])}</td></tr>"
    )


def _by(one: ListedSource) -> str:
    told = [one.provider] if one.provider != one.name else []
    return " · ".join(line(text) for text in [*told, *([one.owner] if one.owner else [])])


def _sparkline(weeks: Sequence[WeekOfSource]) -> str:
    """Return a bar for each week: as high as its share on time, in the colour of trouble where some were not."""
    if not weeks:
        return ""
    bars = []
    for place, week in enumerate(weeks):
        share = week.on_time / week.judged if week.judged else 0.0
        height = max(2.0, 20 * share)
        colour = hue(status_of("on time" if share == 1 else "late" if share >= 0.5 else "missing"))
        late = f", late by {late_phrase(week.minutes_late)}" if week.minutes_late else ""
        bars.append(
            f'<rect x="{place * 7}" y="{20 - height:g}" width="5" height="{height:g}" style="fill:{colour}">'
            f"<title>week of {escape(week.monday)}: {week.on_time} of {week.judged} on time{late}</title></rect>"
        )
    told = f"{sum(w.on_time for w in weeks)} of {sum(w.judged for w in weeks)} on time in {len(weeks)} weeks"
    return f'<svg width="{len(weeks) * 7}" height="20" role="img" aria-label="{told}">{"".join(bars)}</svg>'
