"""Where the rows of a step went, as HTML with its styles inline, for the output of its cell and for the panel."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nbops.pipeline.row_flows import RowFlow, flows
from nbops.records import RowEntry, Status, StepFinished
from nbops.views.examples_html import MUTED, code, rows_html
from nbops.views.glyphs import ink
from nbops.views.row_words import Usual, excluded_line, flow_pieces, label_of, notes_of
from nbops.views.words import line, number

__all__ = ["accounts_html", "equation_html"]

_STYLES = {
    "strong": "font-weight:600",
    "muted": MUTED,
    "good": f"color:{ink(Status.PASSED)}",
    "warned": f"color:{ink(Status.WARNED)}",
}


def accounts_html(record: StepFinished) -> str:
    """Return a line for each way that rows took in a step, what is to be said beside it, and examples; or nothing."""
    found = flows([record])
    lines = [_flow(flow, found) for flow in found]
    for said in excluded_line(record):
        what, _, typed = said.partition(": ")
        lines.append(f'<div style="font-size:12px;{MUTED}">{what}: {code(typed)}</div>')
    return "".join(lines)


def equation_html(flow: RowFlow, usual: Usual | None = None) -> str:
    """Return a flow as an equation; where more or fewer rows went than usual, that is told."""
    return "".join(
        f'<span style="{_STYLES[how]}">{escape(text)}</span>' if how else escape(text)
        for text, how in flow_pieces(flow, usual=usual or {})
    )


def _flow(flow: RowFlow, every: Sequence[RowFlow]) -> str:
    title = f'<span style="{MUTED}">{escape(label_of(flow, every))}</span>'
    lines = [f'<div style="font-size:12px">{title} {equation_html(flow)}</div>']
    if notes := notes_of(flow):
        lines.append(f'<div style="font-size:12px;{MUTED}">{escape(" · ".join(notes))}</div>')
    return "".join([*lines, *(_examples(entry) for entry in flow.entries if entry.examples.rows)])


def _examples(entry: RowEntry) -> str:
    shown = len(entry.examples.rows)
    of = f"{shown} of {number(entry.rows)}" if entry.rows and entry.rows > shown else f"{shown}"
    said = f"{of} {escape(line(entry.reason, 80))}"
    return (
        f'<details><summary style="cursor:pointer;font-size:12px;{MUTED}">{said}</summary>'
        f"{rows_html(entry.examples)}</details>"
    )
