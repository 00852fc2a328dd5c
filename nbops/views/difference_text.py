"""A comparison of two versions in a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from nbops.frames.difference.record import Change, ColumnDifference, Difference
from nbops.views.difference_words import (
    cause_text,
    columns_in_order,
    explained_text,
    headline,
    key_text,
    percent,
    readers_text,
    schema_text,
    short_cause,
    side_text,
    strip_facts,
    subline,
    unexplained_text,
)
from nbops.views.words import count, line

__all__ = ["difference_text", "difference_view"]

_MOST_COLUMNS = 30
_MOST_SCHEMA = 12
_MOST_EXAMPLES = 8


def difference_view(found: Difference, *, is_verbose: bool = False) -> RenderableType:
    """Return a comparison for a terminal.

    Args:
        found: What was found.
        is_verbose: Whether equal columns, every change of the schema and more examples are shown.
    """
    return Group(*_parts(found, is_verbose=is_verbose))


def difference_text(found: Difference) -> str:
    """Return a comparison as plain text."""
    text = io.StringIO()
    screen = Console(
        file=text, width=120, no_color=True, force_jupyter=False, highlight=False, emoji=False, markup=False
    )
    screen.print(difference_view(found))
    return "\n".join(row.rstrip() for row in text.getvalue().splitlines())


def _parts(found: Difference, *, is_verbose: bool) -> Iterator[RenderableType]:
    head = Text(f"{line(found.before.name, 60)} → {line(found.after.name, 60)}", style="bold")
    head.append(f"  {key_text(found)}", style="dim not bold")
    yield head
    sign, style = ("✓", "green") if found.is_equal else ("≠", "bold")
    yield Text(f"{sign} {headline(found)}", style=style)
    if below := subline(found):
        yield Text(f"  {below}", style="dim")
    for cause in found.causes[1 : None if is_verbose else 8]:
        text = Text(f"  {cause_text(cause)}")
        text.append(f"  {explained_text(cause).removeprefix('Explains ')}", style="dim")
        yield text
    if left := unexplained_text(found):
        yield Text(f"  No cause found for {left}", style="dim")
    yield Text("  " + " · ".join(f"{value} {label}" for value, label in strip_facts(found)))
    yield from _schema(found, is_verbose=is_verbose)
    yield from _columns(found, is_verbose=is_verbose)
    yield from _examples(found, is_verbose=is_verbose)
    yield from _rows(found)
    yield from _notes(found)
    if names := readers_text(found):
        yield Text(f"\nread by {names}", style="dim")


def _schema(found: Difference, *, is_verbose: bool) -> Iterator[RenderableType]:
    shown = found.schema if is_verbose else found.schema[:_MOST_SCHEMA]
    if not shown:
        return
    yield Text("\nschema", style="dim")
    for change in shown:
        yield Text(f"  {schema_text(change)}")
    if len(shown) < len(found.schema):
        yield Text(f"  … {len(found.schema) - len(shown):,} more: -v shows all", style="dim")


def _columns(found: Difference, *, is_verbose: bool) -> Iterator[RenderableType]:
    changed, equal = columns_in_order(found)
    if not changed and not (is_verbose and equal):
        return
    yield Text("")
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for name, right in (("column", False), ("type", False), ("before", True), ("after", True), ("changed", True),
                        ("share", True)):  # fmt: skip
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    table.add_column("cause")
    for column in changed[: None if is_verbose else _MOST_COLUMNS]:
        table.add_row(*_row(column))
    for column in equal if is_verbose else ():
        table.add_row(*_row(column), style="dim")
    yield table
    if len(changed) > _MOST_COLUMNS and not is_verbose:
        yield Text(f"… {len(changed) - _MOST_COLUMNS:,} more changed columns: -v shows all", style="dim")
    if equal and not is_verbose:
        yield Text(count(len(equal), "column is equal", "columns are equal"), style="dim")


def _row(column: ColumnDifference) -> list[str]:
    name = line(column.name, 28) if column.name == column.was else f"{line(column.was, 14)} → {line(column.name, 14)}"
    share = percent(column.share) if column.changed else "–"
    return [name, line(column.type, 16), side_text(column, is_after=False), side_text(column, is_after=True),
            f"{column.changed:,}", share, short_cause(column)]  # fmt: skip


def _examples(found: Difference, *, is_verbose: bool) -> Iterator[RenderableType]:
    shown = found.examples if is_verbose else found.examples[:_MOST_EXAMPLES]
    if not shown:
        return
    yield Text("\nchanged cells, one of each kind first", style="dim")
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, show_header=False)
    for one in shown:
        table.add_row(Text(f"  {', '.join(line(part, 24) for part in one.key)}", style="dim"), line(one.column, 24),
                      *_cells(one), Text(one.cause or "no cause", style="dim"))  # fmt: skip
    yield table


def _cells(one: Change) -> tuple[Text, str, Text]:
    before, after = ("null" if cell is None else line(repr(cell)[1:-1], 40) or "''" for cell in (one.before, one.after))
    return Text(before, style="red"), "→", Text(after, style="green")


def _rows(found: Difference) -> Iterator[RenderableType]:
    for word, n, names, rows in (("added", found.added, found.added_columns, found.added_rows),
                                 ("removed", found.removed, found.removed_columns, found.removed_rows)):  # fmt: skip
        if not rows:
            continue
        yield Text(f"\n{count(n, 'row')} {word}, the first", style="dim")
        for row in rows[:3]:
            cells = ", ".join(f"{line(c, 20)}={'null' if v is None else line(v, 24)}" for c, v in
                              zip(names[:8], row[:8], strict=True))  # fmt: skip
            yield Text(f"  {cells}{' …' if len(names) > 8 else ''}", no_wrap=True, overflow="ellipsis")


def _notes(found: Difference) -> Iterator[RenderableType]:
    if found.not_compared:
        yield Text("\nnot compared", style="yellow")
        for note in found.not_compared:
            yield Text(f"  {line(note, 300)}")
    for note in found.notes:
        yield Text(f"note: {line(note, 300)}", style="dim")
    if found.proposals and found.paired_by != "key":
        yield Text("")
        for one in found.proposals:
            unique = "unique in both" if one.unique_before and one.unique_after else "unique on one side"
            words = " ".join(f"--key {line(name, 60)}" for name in one.columns)
            yield Text(f"possible key: {words}  ({unique}, {percent(one.shared)} shared)", style="dim")
