"""Where the rows of a run went: what the report's section *Rows* shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from nbops.pipeline.row_flows import RowFlow, flows
from nbops.pipeline.run import RunState
from nbops.records import RowEntry, Status
from nbops.views.examples_html import rows_html
from nbops.views.glyphs import status_html
from nbops.views.row_words import Usual, notes_of, usual_words, verdict_of
from nbops.views.rows_html import equation_html
from nbops.views.rows_svg import rows_svg
from nbops.views.words import line, number, short_id

__all__ = ["rows_content"]

_MOST_PICTURES = 12
_SAID = {"dropped": "dropped", "merged": "merged", "left": "left behind", "added": "added", "aside": "counted"}


def rows_content(state: RunState, usual: Usual) -> dict[str, Any]:
    """Return the ways of rows through a run, and every entry of their accounts, with how many rows are *usual*."""
    found = flows(step.record for step in state.steps if step.record)
    return {
        "flows": [_flow(flow, usual, with_picture=at < _MOST_PICTURES) for at, flow in enumerate(_branches(found))],
        "entries": list(_entries(state, usual)),
        "has_usual_rows": bool(usual),
        "rows_verdict": Markup(_verdict(found)),
    }


def _branches(found: Iterable[RowFlow]) -> Iterator[RowFlow]:
    """Yield each flow without the stages that an earlier one has shown, those that begin with a view behind others."""
    shown: set[int] = set()
    for flow in sorted(found, key=lambda flow: flow.stages[0].account.verb == "view"):
        new = [stage for stage in flow.stages if id(stage.account) not in shown]
        new = list(flow.stages) if new[0].gap else new  # where it begins differs from where the other goes on
        shown |= {id(stage.account) for stage in flow.stages}
        yield replace(flow, stages=tuple(new))


def _verdict(found: list[RowFlow]) -> str:
    gaps = [flow.unexplained for flow in found]
    if any(gaps):
        return status_html(Status.WARNED, "rows are unexplained")
    if None in gaps:
        return "not all rows are counted"
    return status_html(Status.PASSED, "reconciles") if found else ""


def _flow(flow: RowFlow, usual: Usual, *, with_picture: bool) -> dict[str, Any]:
    return {
        "name": line(flow.end.name, 60) or "a table without a name",
        "picture": Markup(rows_svg(flow, usual) if with_picture else ""),
        "equation": Markup(equation_html(flow, usual)),
        "notes": notes_of(flow),
        "is_bad": verdict_of(flow)[1] == "warned",
    }


def _entries(state: RunState, usual: Usual) -> Iterator[dict[str, Any]]:
    for step in state.steps:
        for account in step.record.accounts if step.record else ():
            for entry in account.entries:
                yield {
                    "step": line(step.name, 60),
                    "verb": account.verb,
                    "table": line(", ".join(table.name or "?" for table in account.tables_in), 60),
                    "reason": line(entry.reason, 120),
                    "kind": _SAID[entry.kind],
                    "rows": "?" if entry.rows is None else number(entry.rows),
                    "usual": usual_words(usual.get((step.name, entry.reason)) if entry.kind == "dropped" else None),
                    "share": _share(entry, account.rows_in),
                    "note": line(entry.note, 300),
                    "examples": Markup(rows_html(entry.examples) if entry.examples.rows else ""),
                    "kept": f'nbops.excluded("{short_id(state.run)}::{step.name}::{entry.reason}")'
                    if entry.kept
                    else "",
                    "is_loss": entry.kind == "dropped" and bool(entry.rows),
                }


def _share(entry: RowEntry, rows_in: int | None) -> str:
    if entry.rows is None or not rows_in or entry.kind == "aside":
        return ""
    share = entry.rows / rows_in
    return f"{share:.1%}" if share >= 0.001 or not entry.rows else "< 0.1%"
