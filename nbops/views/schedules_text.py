"""Schedules in the terminal: one that was just made, and the list."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nbops.pipeline.schedule import ListedSchedule, Schedule
from nbops.views.glyphs import COLOURS, TEXT
from nbops.views.words import duration, line, short_id

__all__ = [
    "EXPORTS",
    "code_phrase",
    "made_view",
    "not_served",
    "schedules_view",
    "slot_moment",
    "warnings_of",
    "when_phrase",
]

EXPORTS = "nbops serve   ·   nbops export crontab   ·   nbops export systemd"
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def when_phrase(schedule: Schedule) -> str:
    """Say when a schedule runs: plain times of plain days in words, all else as it was written.

    Example:
        >>> when_phrase(Schedule("sales.ipynb", "0 7 * * 1-5", "Europe/Berlin"))
        'Mon-Fri 07:00 Europe/Berlin'
        >>> when_phrase(Schedule("sales.ipynb", on=("load/orders",)))
        'when load/orders arrived'
    """
    if schedule.on:
        return f"when {' and '.join(line(name) for name in schedule.on)} arrived"
    fields = schedule.cron.split()
    minute, hour, day, month, weekday = fields
    if minute.isdecimal() and hour.isdecimal() and (day, month) == ("*", "*"):
        days = _days(weekday)
        if days is not None:
            return f"{days}{int(hour):02}:{int(minute):02} {schedule.tz}"
    return f"{schedule.cron} {schedule.tz}"


def _days(weekday: str) -> str | None:
    if weekday == "*":
        return "daily "
    first, dash, last = weekday.partition("-")
    known = [_DAYS[int(one)] for one in (first, last) if one.isdecimal() and int(one) < len(_DAYS)]
    return f"{'-'.join(known)} " if len(known) == (2 if dash else 1) else None


def slot_moment(at: float, schedule: Schedule) -> str:
    """Return a moment by the clocks of a schedule: ``Tue 24 Nov 07:00``."""
    moment = datetime.fromtimestamp(at, ZoneInfo(schedule.tz) if schedule.tz else None)
    return f"{moment:%a} {moment.day} {moment:%b %H:%M}"


def code_phrase(schedule: Schedule) -> str:
    """Say which code runs, and whether anybody promoted it."""
    return f"snapshot {schedule.code[:4]} (not promoted)"


def not_served() -> Text:
    """Say that nothing runs schedules, and what would."""
    return Text.assemble(("! ", "yellow"), "nothing executes schedules yet. Choose one:  ", (EXPORTS, "blue"))


def made_view(schedule: Schedule, next_at: float | None, *, is_served: bool) -> RenderableType:
    """Return what is said of a schedule that was just made."""
    upcoming = "" if next_at is None else f"  next: {slot_moment(next_at, schedule)}"
    head = Text.assemble("scheduled ", (line(schedule.name), "bold"), f"  {when_phrase(schedule)}{upcoming}")
    code = Text(f"  code: {code_phrase(schedule)}   env {schedule.env}", style="dim")
    return Group(head, code, *([] if is_served else [not_served()]))


def schedules_view(found: Sequence[ListedSchedule], *, hub: str, is_served: bool) -> RenderableType:
    """Return the list of schedules: when each runs, how it ran last, with which code, and what is missing."""
    if not found:
        return Text(f'no schedules\nread: hub {line(hub)}\nadd one: nbops schedule NB "0 6 * * 1-5"')
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for title in ("schedule", "when", "next", "last run", "code"):
        table.add_column(title, overflow="fold", no_wrap=title in ("next", "last run"))
    for one in found:
        own = one.schedule
        code = Text(own.code[:4]) + Text("  changed since" if one.changed else "", style="yellow")
        name = Text(line(own.name), style="bold") + Text(f" {own.env}", style="dim")
        table.add_row(name, when_phrase(own), _next(one), _last(one), code)
    said = [text for one in found for text in warnings_of([one], is_served=is_served)]
    return Group(table, *said, *([] if is_served else [not_served()]))


def warnings_of(found: Iterable[ListedSchedule], *, is_served: bool) -> list[Text]:
    """Return a line for each run that is missing, began late, or cannot begin."""
    said = []
    for one in found:
        name = line(one.schedule.name)
        if one.trouble:
            said.append(Text.assemble(("✗ ", "red"), f"{name}: {line(one.trouble)}"))
        if one.missing is not None:
            why = "" if is_served else ": nothing executes schedules"
            missed = f"{name} did not run at {slot_moment(one.missing, one.schedule)}{why}"
            typed = f"   nbops schedules run {shlex.quote(one.schedule.name)}"
            said.append(Text.assemble(("✗ ", "red"), missed, (typed, "blue")))
        if one.late_seconds:
            said.append(Text.assemble(("! ", "yellow"), f"{name} began {duration(one.late_seconds)} late"))
    return said


def _next(one: ListedSchedule) -> Text:
    if one.schedule.is_paused:
        return Text("paused", style="yellow")
    if one.running:
        return Text(f"runs now @{short_id(one.running)}", style="cyan")
    return Text("" if one.next_at is None else slot_moment(one.next_at, one.schedule))


def _last(one: ListedSchedule) -> Text:
    if one.last is None:
        return Text("never", style="dim")
    state = one.last
    took = "" if state.seconds is None else f" {duration(state.seconds)}"
    return Text.assemble((TEXT[state.status], COLOURS[state.status]), f" @{short_id(state.run)} {state.status}{took}")
