"""Incidents in a terminal: the list of those that are open, and one of them told in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nbops.pipeline.incident import Incident, Occurrence
from nbops.pipeline.proposal import Proposals
from nbops.pipeline.reference import notebook_name
from nbops.records import Act
from nbops.views.words import command, count, line, moment, short_id

if TYPE_CHECKING:
    from typing import Any, Protocol

    class Waiting(Protocol):
        """What is shown of a notice."""

        key: str
        route: str
        at: float
        due: float
        attempts: int
        state: str
        why: str
        body: dict[str, Any]


__all__ = [
    "incident_head",
    "incident_line",
    "incident_subject",
    "incident_view",
    "incidents_view",
    "notices_view",
    "proposals_view",
]

_MOST_TESTS = 6
_STYLES = {"open": "red", "back again": "red", "acknowledged": "yellow", "fixed": "green"}
_GLYPHS = {"open": "✗", "back again": "✗", "acknowledged": "!", "fixed": "✓"}
_DONE = {"ack": "acknowledged", "close": "closed", "note": "noted", "assign": "given to", "to-test": "made a test of"}


def incidents_view(
    found: Sequence[Incident], *, hub: str, env: str = "", has_others: bool = False, hidden: int = 0
) -> RenderableType:
    """Return the list of incidents; where there is none, what that means and what was read.

    Args:
        found: The incidents, in the order to show them.
        hub: The hub that was read, as the user would name it.
        env: The environment that was read; empty for all.
        has_others: Whether there are others, which are fixed or which the filter left out.
        hidden: How many more there are than shown.
    """
    if not found:
        return Group(*_none(hub, env, has_others))
    parts = [part for one in found for part in _lines_of(one, found)]
    first = found[0]
    hint = Text.assemble(("one of them: ", "dim"), (command("show", f"#{first.number}"), "blue"))
    more = [Text(f"and {hidden:,} more: nbops incidents --limit 100", style="dim")] if hidden else []
    return Group(*parts, *more, hint)


def _lines_of(one: Incident, found: Sequence[Incident]) -> Iterator[RenderableType]:
    """Yield what stands where, and below it what was seen: its text may be long, and the terminal narrow."""
    wide = max(len(str(other.number)) for other in found)
    place = min(max(len(_where(other.last)) for other in found), 40)
    states = max(len(other.state) for other in found)
    style = _STYLES[one.state]
    loud = "bold" if one.state in ("open", "back again") else ""
    times = "once" if one.count == 1 else count(one.count, "time")
    yield Text.assemble(
        (f"{_GLYPHS[one.state]} {f'#{one.number}':<{wide + 1}}  {one.state:<{states}}  ", style),
        (f"{_where(one.last):<{place}}", loud),
        (f"  {times}, last {moment(one.last.at)}", "dim"),
        (f"  {line(one.owner, 40)}" if one.owner else "", "dim"),
        no_wrap=True,
        overflow="ellipsis",
    )
    yield Padding(Text(_what(one.last)), (0, 0, 0, wide + 5), expand=False)
    yield Text()


def _none(hub: str, env: str, has_others: bool) -> Iterator[RenderableType]:
    yield Text("No incident is open", style="bold")
    if has_others:
        yield Text.assemble("Those that are fixed: ", ("nbops incidents --all", "blue"))
    else:
        yield Text("Errors of runs in test and prod, and of scheduled ones, are collected here;")
        yield Text("cells that somebody runs by hand are not.")
        yield Text.assemble("An error that a person found: ", ('nbops incidents report "what is wrong"', "blue"))
    yield Text(f"read: hub {line(hub)} · env {line(env) or 'all'}", style="dim")


def incident_head(one: Incident) -> Text:
    """Return the line that stands over the card of an incident's newest run."""
    style = _STYLES[one.state]
    seen = (
        f"{count(one.count, 'time')}, first {moment(one.first.at)}" if one.count > 1 else f"once, {moment(one.last.at)}"
    )
    envs = f" · {', '.join(map(line, one.envs))}" if one.envs else ""
    fixed = f" by {_by(one)}" if one.state == "fixed" else ""
    return Text.assemble(
        (f"{_GLYPHS[one.state]} #{one.number}", f"bold {style}"),
        (f"  {one.state}{fixed}", style),
        (f"  {seen}{envs}", "dim"),
    )


def incident_subject(one: Incident) -> str:
    """Return an incident's state and place in a few words, as the subject of a mail."""
    return f"{_GLYPHS[one.state]} {one.state}: {_where(one.last)} #{one.number}"


def incident_line(one: Incident) -> str:
    """Return an incident's state, place, cause and count in one line of plain text."""
    times = f" ({count(one.in_a_row, 'time')} in a row)" if one.in_a_row > 1 and one.is_open else ""
    fixed = f" by {_by(one)}" if one.state == "fixed" else ""
    return f"{incident_subject(one)}{fixed} · {_what(one.last)}{times}"


def incident_view(one: Incident, newest: Sequence[Occurrence], card: RenderableType | None = None) -> RenderableType:
    """Return all that is known of an incident.

    Args:
        one: The incident.
        newest: Its newest occurrences, the newest first.
        card: The card of the newest run in which it showed; None when that is not known any more.
    """
    return Group(*_parts(one, newest, card))


def _parts(one: Incident, newest: Sequence[Occurrence], card: RenderableType | None) -> Iterator[RenderableType]:
    yield incident_head(one)
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", min_width=5)
    facts.add_column(overflow="fold")
    if card is None:
        facts.add_row("WHAT", _what(one.last, 300))
        facts.add_row("WHERE", _where(one.last) or "nobody said where")
    facts.add_row("OWNER", line(one.owner) or "nobody is named")
    facts.add_row("TEST", line(one.test) if one.test else Text("none yet", style="dim"))
    yield facts
    yield from ([] if card is None else [Text(), card])
    if len(newest) > 1:
        yield Text("\nit occurred", style="dim")
        for seen in newest[:10]:
            yield Text.assemble(
                f"  {moment(seen.at, with_year=True)}  ", (_run(seen), "bold"), f"  {line(seen.told, 120)}"
            )
        if one.count > len(newest[:10]):
            yield Text(f"  and {count(one.count - len(newest[:10]), 'more time')}", style="dim")
    if one.acts:
        yield Text("\nwhat was done", style="dim")
        yield from (_act(act) for act in one.acts)
    yield Text()
    yield _next(one)


def _act(act: Act) -> Text:
    told = act.detail.get("owner") or act.detail.get("test") or act.reason
    return Text(
        f"  {moment(act.at, with_year=True)}  {line(act.who)} {_DONE.get(act.verb, act.verb)} {line(told)}".rstrip()
    )


def _next(one: Incident) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(style="blue", overflow="fold")
    number = str(one.number)
    if one.state in ("open", "back again"):
        grid.add_row("you look at it", command("incidents", "ack", number))
    if not one.test and one.last.kind != "reported":
        grid.add_row("never again", command("incidents", "to-test", number))
    if one.is_open:
        grid.add_row("mended", f'{command("incidents", "close", number)} --reason "…"')
    return grid


def _where(seen: Occurrence) -> str:
    name = seen.name if seen.kind == "reported" else notebook_name(seen.notebook)
    return line(name + (f"::{seen.step}" if seen.step else ""), 80) or "–"


def _what(seen: Occurrence, limit: int = 120) -> str:
    if seen.kind == "reported":
        return line(seen.told, limit)
    return line(f"{seen.name}: {seen.told}" if seen.told and seen.told != seen.name else seen.name, limit)


def _run(seen: Occurrence) -> str:
    return "told" if seen.kind == "reported" else f"@{short_id(seen.run)}"


def _by(one: Incident) -> str:
    return f"@{short_id(one.fixed_by)}" if _is_run(one.fixed_by) else line(one.fixed_by)


def _is_run(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def proposals_view(found: Proposals, *, picked: int = 1) -> RenderableType:
    """Return the tests that an incident could become, numbered; or why there is none.

    Args:
        found: The tests.
        picked: The number of the one that is shown in full below; 0 for none.
    """
    head = incident_head(found.incident)
    if not found.found:
        return Group(head, Text(f"No test: {found.why}", style="bold"), Text(found.fix, style="dim"))
    shown = Text.assemble(
        ("fails on ", "dim"), f"@{short_id(found.run)}", (f", passes on {count(len(found.good), 'good run')}", "dim")
    )
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for number, one in enumerate(found.found[:_MOST_TESTS], start=1):
        seen = one.rule.result.observed or one.rule.result.why
        said = Text.assemble(
            (line(one.rule.text, 160), "bold" if number == picked else ""), (f"  {line(seen, 100)}", "dim")
        )
        said.append(f"\n{line(one.dataset, 60)}, as {line(one.step, 60)} leaves it", style="dim")
        if one.rule.unseen:
            said.append(
                f"; {one.rule.unseen} of {count(one.rule.passed, 'good table')} were judged unseen", style="dim"
            )
        table.add_row(Text(f"{'›' if number == picked else ' '} {number}"), said)
    more = len(found.found) - _MOST_TESTS
    rest = [Text(f"and {count(more, 'more test')}: --json", style="dim")] if more > 0 else []
    return Group(head, shown, table, *rest, Text())


def notices_view(found: Sequence[Waiting], routes: Sequence[tuple[str, str]], *, hub: str) -> RenderableType:
    """Return the outbox: what was told, what waits, and where it goes.

    Args:
        found: The notices, in the order to show them.
        routes: The name of each route, and its address as it may be shown.
        hub: The hub that was read, as the user would name it.
    """
    ways = Table.grid(padding=(0, 2, 0, 0))
    for name, address in routes:
        ways.add_row(Text(f"  {line(name, 40)}", style="bold"), Text(line(address, 80)))
    parts: list[RenderableType] = [Text("routes", style="dim"), ways, Text()]
    if not found:
        parts.append(Text("Nothing was to be told yet", style="bold"))
        parts.append(Text.assemble(("try the routes: ", "dim"), ("nbops notices test", "blue")))
        parts.append(Text(f"read: hub {line(hub)}", style="dim"))
        return Group(*parts)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "when", "route", "what"):
        table.add_column(name, no_wrap=name != "what", overflow="fold")
    for one in found:
        glyph, style = _SENT[one.state]
        said = Text(line(str(one.body.get("subject", one.key)), 120))
        if one.why:
            said.append(f"\n{line(one.why, 160)}", style=style)
            waits = f", {count(one.attempts, 'try', 'tries')}"
            said.append(f"{waits}; again {moment(one.due)}" if one.state == "waiting" else waits, style="dim")
        elif one.state == "waiting":
            said.append(f"\nto be told {moment(one.due)}", style="dim")
        table.add_row(Text(f"{glyph} {one.state}", style=style), moment(one.at), Text(line(one.route, 40)), said)
    return Group(*parts, table)


_SENT = {"waiting": ("▸", "blue"), "delivered": ("✓", "green"), "failed": ("✗", "red")}
