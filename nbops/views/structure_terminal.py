"""The change log of a dataset, and the list of datasets, in a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nbops.pipeline.structure.changelog import Changelog, DatasetSummary, Entry
from nbops.views.structure_words import (
    Said,
    changes_of_run,
    facts_of_column,
    head_phrase,
    notices_of,
    readers_phrase,
    said_of,
    seen_phrase,
)
from nbops.views.words import count, line, moment, short_id

__all__ = ["changelog_view", "changes_view", "columns_view", "datasets_view", "structures_view"]

_MOST_CHANGES = 30
_MOST_OF_RUN = 8
_MOST_DATASETS = 5
_STYLES = {"−": "red", "→": "yellow", "+": "green", "×": "yellow", "#": "yellow", "~": "", "↕": "dim"}


def changelog_view(log: Changelog, *, is_verbose: bool = False, limit: int | None = None) -> RenderableType:
    """Return a change log for a terminal, the newest change first.

    Args:
        log: The change log.
        is_verbose: Whether every change is shown, also those that were to be expected, and the columns as they are.
        limit: How many runs at most.
    """
    return Group(*_parts(log, is_verbose, limit))


def _parts(log: Changelog, is_verbose: bool, limit: int | None) -> Iterator[RenderableType]:
    yield Text.assemble((line(log.dataset, 100), "bold"), (f"  step {line(log.step, 40)} · {line(log.env)}", "dim"))
    yield Text(f"{head_phrase(log)}; {seen_phrase(log)}", style="dim")
    readers = readers_phrase(log)
    if readers:
        yield Text.assemble(("read by ", "dim"), readers)
    if log.also_at:
        steps = ", ".join(line(step, 40) for step in log.also_at)
        yield Text(f"also left by {steps}: nbops changelog '{line(log.dataset)}::{line(log.also_at[0])}'", style="dim")
    for notice in notices_of(log):
        yield Text(notice, style="yellow")
    shown = log.entries[:limit]
    for entry in shown:
        yield Text()
        yield from _entry(entry, is_verbose)
    if len(shown) < len(log.entries):
        typed = f"nbops changelog {shlex.quote(line(log.dataset))} --all"
        yield Text(f"\nand {count(len(log.entries) - len(shown), 'earlier run')} that changed it: {typed}", style="dim")
    if not log.entries:
        yield Text("\nnothing changed", style="dim")
    if is_verbose:
        yield Text()
        yield columns_view(log)


def _entry(entry: Entry, is_verbose: bool) -> Iterator[RenderableType]:
    rows = f" · {entry.rows:,} rows" if entry.rows is not None else ""
    looked = f", {entry.looked:,} looked at" if entry.rows is not None and 0 < entry.looked < entry.rows else ""
    status = "" if entry.status == "passed" else f"  {entry.status}"
    yield Text.assemble(
        (moment(entry.at, with_year=True), "bold"), f"  @{short_id(entry.run)}",
        (status, "red" if status and status.strip() not in ("warned", "skipped") else "yellow"), (rows + looked, "dim"),
    )  # fmt: skip
    yield changes_view([said_of(change) for change in entry.changes], is_verbose=is_verbose)


def changes_view(said: Sequence[Said], *, is_verbose: bool = False) -> RenderableType:
    """Return changes as aligned lines: a sign, the kind, the column, how it was and is, and what says so."""
    loud = list(said) if is_verbose else [one for one in said if not one.is_minor]
    shown = loud if is_verbose else loud[:_MOST_CHANGES]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=36)
    table.add_column(overflow="fold", ratio=1)
    for one in shown:
        text = Text.assemble((one.before, "dim"), (" → " if one.before and one.now else "", "dim"), one.now)
        text.append(f"   {one.why}" if one.why else "", style="dim")
        table.add_row(Text(f"  {one.sign} {one.word}", style=_STYLES[one.sign]), Text(one.column, style="bold"), text)
    lines: list[RenderableType] = [table] if shown else []
    if len(shown) < len(loud):
        lines.append(Text(f"    and {count(len(loud) - len(shown), 'more change')}: -v", style="dim"))
    minor = len(said) - len(loud)
    if minor:
        lines.append(Text(f"    and {count(minor, 'change')} that had to be expected: -v", style="dim"))
    return Group(*lines)


def structures_view(structures: Sequence[tuple[str, Entry]]) -> list[RenderableType]:
    """Return what a run changed in the structure of datasets, to stand between its steps and its verdict."""
    parts: list[RenderableType] = []
    for names, said in changes_of_run(structures)[:_MOST_DATASETS]:
        head = f"{line(names[0], 80)}{f' and {len(names) - 1} more' if len(names) > 1 else ''}"
        parts.append(Text.assemble(("columns changed since the last run  ", "dim"), (head, "bold")))
        parts.append(changes_view(said[:_MOST_OF_RUN]))
        if len(said) > _MOST_OF_RUN:
            more = count(len(said) - _MOST_OF_RUN, "more change")
            parts.append(Text(f"    and {more}: nbops changelog '{line(names[0], 80)}'", style="dim"))
    return [*parts, Text()] if parts else []


def columns_view(log: Changelog) -> RenderableType:
    """Return the columns of a dataset as they are known now."""
    meant = {column.name: column.meaning for column in log.columns}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("  column", no_wrap=True, overflow="ellipsis", max_width=38)
    table.add_column("type", no_wrap=True, style="dim")
    table.add_column("meaning", no_wrap=True)
    table.add_column("what is known", overflow="fold", ratio=1, style="dim")
    for column in log.structure.columns:
        facts = " · ".join(facts_of_column(column))
        table.add_row(
            Text(f"  {line(column.name, 80)}"), line(column.type, 30), meant.get(column.name, ""), Text(facts)
        )
    return table


def datasets_view(found: Sequence[DatasetSummary], *, hub: str, env: str = "") -> RenderableType:
    """Return the list of datasets; where there is none, what to do about it and what was read.

    Args:
        found: The datasets.
        hub: The hub that was read, as the user would name it.
        env: The environment that was read; empty for all.
    """
    if not found:
        return Group(
            Text("No dataset yet", style="bold"),
            Text("The tables that steps leave appear here as soon as a notebook ran as a batch."),
            Text.assemble(("begin: ", "dim"), ("nbops run NOTEBOOK.ipynb", "blue")),
            Text(),
            Text(f"read: hub {line(hub)}, environment {line(env) or 'all'}", style="dim"),
        )
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("dataset", no_wrap=True, overflow="ellipsis")
    table.add_column("step", no_wrap=True, overflow="ellipsis", max_width=30, style="dim")
    table.add_column("env", no_wrap=True, style="dim")
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("columns", justify="right", no_wrap=True)
    table.add_column("runs", justify="right", no_wrap=True)
    table.add_column("last seen", no_wrap=True, style="dim")
    for one in found:
        rows = "?" if one.rows is None else f"{one.rows:,}"
        last = f"@{short_id(one.last)} {moment(one.at)}"
        table.add_row(Text(line(one.dataset, 100)), Text(line(one.step, 60)), one.env, rows, f"{one.columns:,}",
                      f"{one.runs:,}", last)  # fmt: skip
    return table
