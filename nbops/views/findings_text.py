"""What was found out about a run that went wrong, on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nbops.pipeline.changes import Changes, CodeChange, Findings, Origin, Seen
from nbops.records import Status
from nbops.views.blame import OUTCOME_STATUS, came_in, outcome_word
from nbops.views.changes import Row, rows_of
from nbops.views.glyphs import COLOURS, TEXT
from nbops.views.words import count, line, moment, short_id

__all__ = ["findings_view"]

_MOST_ROWS = 24
_MOST_DIFF = 40


def findings_view(findings: Findings) -> RenderableType:
    """Return for a terminal what was found out about a run that went wrong."""
    parts: list[RenderableType] = []
    if findings.origins:
        parts.append(Text("where it came in", style="bold"))
        for origin in findings.origins:
            parts += _origin(origin)
        parts.append(Text())
    if findings.changes is not None:
        parts += _changes(findings.changes)
    return Group(*parts)


def _changes(changes: Changes) -> Iterator[RenderableType]:
    if changes.run:
        yield from _compared(changes)
    for text in changes.unknown:
        yield Text(f"  not known: {line(text, 300)}", style="dim")


def _compared(changes: Changes) -> Iterator[RenderableType]:
    when = f"  {moment(changes.at)}" if changes.at else ""
    yield Text.assemble(("changed since the last good run ", "bold"), f"@{short_id(changes.run)}", (when, "dim"))
    rows = rows_of(changes)
    if rows:
        yield _table(rows[:_MOST_ROWS])
    if len(rows) > _MOST_ROWS:
        yield Text(f"  and {count(len(rows) - _MOST_ROWS, 'more change')}", style="dim")
    for change in changes.code:
        yield from _diff(change)
    if not rows and not changes.code:
        yield Text("  nothing that is known: code, parameters, files, schema, packages are the same", style="dim")


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("  what", overflow="fold")
    table.add_column("then", justify="right", overflow="fold")
    table.add_column("now", justify="right", overflow="fold")
    for what, before, now, is_large in rows:
        style = "bold" if is_large else ""
        table.add_row(Text(f"  {what}", style=style), Text(before, style="dim"), Text(now, style=style))
    return table


def _diff(change: CodeChange) -> Iterator[Text]:
    kind = "  only comments and layout" if change.is_layout else ""
    yield Text.assemble(("  code of ", "dim"), line(change.name, 60), (kind, "dim"))
    styles = {"+": "green", "-": "red"}
    for text in change.diff[:_MOST_DIFF]:
        yield Text(f"    {line(text, 200)}", style=styles.get(text[:1], "dim"))
    if len(change.diff) > _MOST_DIFF:
        yield Text(f"    and {count(len(change.diff) - _MOST_DIFF, 'more line')}", style="dim")


def _origin(origin: Origin) -> Iterator[Text]:
    """Yield for a terminal where one error came in, how that is known, and what was tested."""
    where = came_in(origin) or "where it came in is not known"
    variable = f" ({line(origin.variable, 60)})" if origin.variable else ""
    yield Text.assemble((line(origin.test, 100), ""), "  ", (where, "bold"), (f"{variable}", ""))
    if origin.how:
        yield Text(f"  {line(origin.how, 300)}", style="dim")
    wide = max((len(_name(seen)) for seen in origin.seen), default=0)
    for seen in origin.seen:
        status = OUTCOME_STATUS[seen.outcome]
        style = "dim" if status is Status.SKIPPED else COLOURS[status]
        said = f"  {line(seen.detail, 120)}" if seen.detail else ""
        yield Text.assemble(
            "  ", (f"{TEXT[status]} ", style), f"{_name(seen):<{wide}}  ", outcome_word(seen), (said, "dim")
        )


def _name(seen: Seen) -> str:
    return f"{line(seen.step, 40)}: {line(seen.variable, 40)}"
