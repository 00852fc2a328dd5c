"""Metrics in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nbops.pipeline.metrics import Metrics
from nbops.pipeline.reference import notebook_name
from nbops.views.metrics_words import share, tiles
from nbops.views.words import command, count, line, moment

__all__ = ["metrics_view"]

_BARS = " ▁▂▃▄▅▆▇█"
_TONES = {"better": "green", "worse": "yellow", "": "dim"}
_MOST = 15


def metrics_view(weeks: Sequence[Metrics], *, hub: str) -> RenderableType:
    """Return the numbers of the newest week, how they changed, each notebook, and what recurs.

    Args:
        weeks: The numbers of each week, the newest last.
        hub: The hub that was read, as the user would name it.
    """
    now = weeks[-1]
    head = Text(
        f"hub {line(hub)} · env {line(now.env) or 'all'} · {moment(now.since)} to {moment(now.until)}", style="dim"
    )
    if not now.runs and not now.incidents:
        nothing = Text("Nothing ran in this time", style="bold")
        return Group(head, Text(), nothing, Text.assemble("look further back: ", ("nbops metrics --since 90d", "blue")))
    numbers = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for tile in tiles(weeks):
        what = Text.assemble((tile.value, "bold"), (f" {tile.unit}" if tile.value != "–" else "", "dim"))
        said = Text.assemble(
            (tile.said, _TONES[tile.tone]), (f"{' · ' if tile.said and tile.more else ''}{tile.more}", "dim")
        )
        numbers.add_row(Text(tile.name), what, Text(_bars(tile.past), style="blue"), said)
    parts: list[RenderableType] = [head, Text(), numbers, Text(), _pipelines(now)]
    if now.causes:
        parts += [Text(), _causes(now)]
    return Group(*parts)


def _bars(past: Sequence[float | None]) -> str:
    known = [value for value in past if value is not None]
    top = max(known, default=0.0)
    return "".join("·" if value is None else _BARS[round(value / top * 8) if top else 0] or "▁" for value in past)


def _pipelines(now: Metrics) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("pipeline, most errors first", no_wrap=True, overflow="ellipsis", max_width=44)
    for name in ("runs", "errors", "steps tested", "tests"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in now.pipelines[:_MOST]:
        tested = f"{one.tested} of {one.steps}" if one.steps else "–"
        errors = Text(share(one.error_rate), style="yellow" if one.bad else "")
        table.add_row(line(notebook_name(one.notebook), 80), f"{one.runs:,}", errors, tested, f"{one.tests:,}")
    more = len(now.pipelines) - _MOST
    return Group(table, Text(f"and {count(more, 'more pipeline')}: --json", style="dim")) if more > 0 else table


def _causes(now: Metrics) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("what occurred most often", overflow="fold")
    table.add_column("times", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for one in now.causes:
        typed = command("incidents", "to-test", str(one.number))
        proposal = Text(typed if one.can_have_test else "", style="blue")
        guard = Text("✓ has a test", style="green") if one.has_test else proposal
        what = Text.assemble(line(one.what, 100), (f"\n{line(one.where, 80)}", "dim"))
        table.add_row(f"#{one.number}", what, f"{one.count:,}", guard)
    return table
