"""Sources in the terminal: the list, one of them, and what a check found."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from nbops.records import SourceSeen
from nbops.views.glyphs import COLOURS, TEXT
from nbops.views.sources_words import bars, late_phrase, share_phrase, state_word, status_of, when
from nbops.views.words import line, size

if TYPE_CHECKING:
    from nbops.views.sources_model import ListedSource, SeenAndWaiting, WeekOfSource

__all__ = ["judgements_view", "source_view", "sources_view"]

_WEEKS = 12
_WITHOUT_NEXT, _WITHOUT_WEEKS = 64, 84  # columns of the terminal


def sources_view(found: Sequence[ListedSource], *, hub: str, env: str, now: float | None = None) -> RenderableType:
    """Return the list of sources: their state, when they arrived and are expected, how reliable they are."""
    if not found:
        return Text(f"no sources in {hub}, env {env}\nadd one: nbops sources add NAME URL --by '06:30 on weekdays'")
    return _List(tuple(found), time.time() if now is None else now)


class _List:
    """The list, as wide as the terminal is: a narrow one leaves out the weeks, and then the next deliveries."""

    def __init__(self, found: Sequence[ListedSource], now: float) -> None:
        self._found = found
        self._now = now

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._table(options.max_width)
        for one in self._found:
            if one.last and one.last.reason and one.last.state not in ("on time", "early"):
                yield _reason(one)

    def _table(self, width: int) -> Table:
        shown = 4 + (width >= _WITHOUT_NEXT) + (width >= _WITHOUT_WEEKS)
        names = ("state", "source", "last arrival", "on time", "next due", "by week")[:shown]
        table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        for name in names:
            table.add_column(
                name, justify="right" if name == "on time" else "left", no_wrap=name != "source", overflow="fold"
            )
        for one in self._found:
            table.add_row(*self._cells(one)[:shown])
        return table

    def _cells(self, one: ListedSource) -> list[Text]:
        gone = "" if one.is_defined else "  not defined any more"
        return [
            _state(one.last, one.next_due is not None),
            Text(line(one.name), style="bold") + Text(gone, style="dim"),
            Text(when(one.arrived_at, self._now)),
            Text(share_phrase(one.reliability.on_time, one.reliability.judged)),
            Text(when(one.next_due, self._now) or "unknown", style="" if one.next_due else "dim"),
            Text(_weeks(one.reliability.weeks), style="cyan"),
        ]


def source_view(one: ListedSource, *, now: float | None = None) -> RenderableType:
    """Return one source: what it is, what was seen of it last, and how reliable it is."""
    moment = time.time() if now is None else now
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, said in _facts(one, moment):
        table.add_row(label, said)
    looks = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("due", "arrived", "state", "rows", "size", ""):
        looks.add_column(name, justify="right" if name in ("rows", "size") else "left", overflow="fold")
    for seen in reversed(one.looks):
        looks.add_row(
            when(seen.due, moment),
            when(seen.arrived_at, moment),
            _state(seen, False),
            "" if seen.rows is None else f"{seen.rows:,}",
            "" if seen.size is None else size(seen.size),
            Text(line(seen.reason, 90), style="dim"),
        )
    head = _state(one.last, one.next_due is not None) + Text(f"  {line(one.name)}", style="bold")
    return Group(head, table, *((Text(), looks) if one.looks else ()))


def judgements_view(found: Sequence[SeenAndWaiting]) -> RenderableType:
    """Return what a check found, one line for each source."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    now = time.time()
    for one in found:
        seen = one.seen
        said = [line(seen.reason, 200)] if seen.reason else []
        if seen.arrived_at is not None:
            said.insert(0, f"arrived {when(seen.arrived_at, now)}")
        if seen.rows is not None:
            said.append(f"{seen.rows:,} rows")
        if one.waits_until is not None:
            said.append(f"the next is expected by {when(one.waits_until, now)}")
        table.add_row(_state(seen, one.waits_until is not None), line(seen.source), " · ".join(said))
    return table


def _facts(one: ListedSource, now: float) -> Iterator[tuple[str, str]]:
    yield "where", line(one.url)
    yield "expected", line(one.expectation) + _confidence(one.last)
    if one.next_due is not None:
        yield "next due", when(one.next_due, now)
    if one.last and one.last.reason:
        yield "why", line(one.last.reason, 400)
    yield "provider", line(one.provider)
    if one.owner:
        yield "owner", line(one.owner)
    found = one.reliability
    if found.judged:
        told = [f"on time {share_phrase(found.on_time, found.judged)}"]
        told += [f"{found.missing} missing"] if found.missing else []
        told += [f"late ones by {late_phrase(found.minutes_late)}"] if found.minutes_late else []
        told += [f"of {found.unknown} nobody knows"] if found.unknown else []
        yield "reliability", " · ".join([*told, _weeks(found.weeks)])


def _confidence(last: SourceSeen | None) -> str:
    return f", {last.confidence:.0%} sure" if last and last.confidence is not None else ""


def _reason(one: ListedSource) -> Text:
    assert one.last is not None
    status = status_of(one.last.state, has_trouble=bool(one.last.trouble))
    return Text(f"{TEXT[status]} {line(one.name)}: ", style=COLOURS[status]) + Text(
        line(one.last.reason, 200), style="dim"
    )


def _state(seen: SourceSeen | None, waits: bool) -> Text:
    if seen is None:
        return Text("· not looked at", style="bright_black")
    trouble = bool(seen.trouble)
    status = status_of(seen.state, waits=waits and not trouble, has_trouble=trouble)
    return Text(f"{TEXT[status]} {state_word(seen.state, waits=waits, has_trouble=trouble)}", style=COLOURS[status])


def _weeks(weeks: Sequence[WeekOfSource]) -> str:
    return bars([week.on_time / week.judged if week.judged else None for week in weeks[-_WEEKS:]])
