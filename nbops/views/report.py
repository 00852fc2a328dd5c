"""The report of one run: one HTML file that holds everything it needs and loads nothing.

It reads from the top as the questions come: what happened, how far did it get, which tests, which rows, what did it
cost. Everything that comes from a notebook or its data is cleaned and escaped by the template engine's settings, not by
memory: what a template prints is text unless one of the views here made it HTML.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import jinja2
from markupsafe import Markup

from nbops._version import __version__
from nbops.pipeline.changes import Findings
from nbops.pipeline.run import NO_HISTORY, History, RunState, StepState, count_tests
from nbops.pipeline.step import Pipeline
from nbops.records import Failure, Status, StepFinished, Table
from nbops.views.blame import came_in, origin_html
from nbops.views.card import card, card_html
from nbops.views.changes import changes_phrase, rows_of
from nbops.views.control_section import charts_content
from nbops.views.glyphs import status_html
from nbops.views.graph_svg import graph_svg
from nbops.views.report_rows import rows_content
from nbops.views.report_tests import tests_content
from nbops.views.step_words import failure_to_show
from nbops.views.structure_html import changes_table
from nbops.views.structure_words import changes_of_run
from nbops.views.style import TEMPLATES, style_sheet
from nbops.views.timeline import timeline
from nbops.views.words import (
    cell_number,
    count,
    duration,
    is_slow,
    line,
    moment,
    number,
    plain,
    row_flow,
    short_id,
    size,
    statuses_phrase,
)

__all__ = ["report_body", "report_html"]

SHORTEST_LEAD = 0.05
_MOST_GRAPH_STEPS = 400
_LINES_AROUND = 12


def report_html(
    state: RunState,
    history: History = NO_HISTORY,
    pipeline: Pipeline | None = None,
    cells: Mapping[int, str] | None = None,
    *,
    root: str = "",
) -> str:
    """Return the report of a run as one self-contained HTML page.

    Args:
        state: The run.
        history: What earlier runs say about it.
        pipeline: Its notebook's steps and edges, for the graph; None leaves the graph out.
        cells: Sources of the notebook's cells by index, counted from 0, for the cell of an error.
        root: The folder of the run's project, for the commands that begin there.
    """
    content = _content(state, history, pipeline, cells, root)
    css = Markup(style_sheet("nbops.css", "report.css", "changelog.css"))
    return _environment().get_template("report.html.j2").render(r=content, css=css)


def report_body(
    state: RunState,
    history: History = NO_HISTORY,
    pipeline: Pipeline | None = None,
    cells: Mapping[int, str] | None = None,
    *,
    root: str = "",
) -> str:
    """Return what stands in the report of a run, for a page that has its style sheets; arguments as in report_html."""
    template = _environment().get_template("report.html.j2")
    content = template.new_context({"r": _content(state, history, pipeline, cells, root)})
    return "".join(template.blocks["body"](content))


def _content(
    state: RunState, history: History, pipeline: Pipeline | None, cells: Mapping[int, str] | None, root: str
) -> dict[str, Any]:
    return {
        **_head(state, history, root),
        **_steps(state, history),
        **_graph(state, pipeline),
        **tests_content(state),
        "errors": list(_errors(state, cells or {})),
        **_findings(history.findings or Findings()),
        **rows_content(state, history.usual_dropped),
        **charts_content(state, history.charts),
        "structures": list(_structures(history)),
        "tables": list(_tables(state)),
        "costs": [_cost(s.record) for s in state.steps if s.record],
        "warnings": list(_warnings(state)),
        **_facts(state),
    }


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else plain(str(value)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


# ── the head ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _head(state: RunState, history: History, root: str) -> dict[str, Any]:
    started = state.started
    shows_card = state.status.is_bad or state.status is Status.WARNED
    return {
        "name": line(state.name),
        "id": short_id(state.run),
        "title": f"{line(state.name)}@{short_id(state.run)}",
        "status": state.status,
        "status_html": Markup(status_html(state.status)),
        "reason": state.reason,
        "chips": [started.env, *(["session"] if started.kind == "session" else []), *_parameters(state, given=True)],
        "defaults": _parameters(state, given=False),
        "strip": list(_strip(state, history)),
        "card": Markup(_card(state, history, root) if shows_card else ""),
        "foot": _foot(state),
    }


def _parameters(state: RunState, *, given: bool) -> list[str]:
    """Return the parameters that were given, or those that were left at their defaults."""
    values = state.started.parameters.items()
    return [f"{line(n, 40)} = {line(v, 60)}" for n, v in values if (n in state.started.given) is given]


def _card(state: RunState, history: History, root: str) -> str:
    whole = card(state, history, root=root)
    elsewhere = tuple((why, typed) for why, typed in whole.next if not typed.startswith("nbops report"))
    return card_html(dataclasses.replace(whole, next=elsewhere), with_title=False)


def _strip(state: RunState, history: History) -> Iterator[tuple[str, str]]:
    usual = history.usual_run_seconds
    yield duration(state.seconds), f"took, usual {duration(usual)}" if usual is not None else "took"
    ran = [s for s in state.steps if s.record]
    if state.steps:
        rest = statuses_phrase(s.status for s in state.steps if not s.record)
        yield f"{len(ran)} of {len(state.steps)}", f"steps ran{', ' if rest else ''}{rest}"
    elif state.finished and state.finished.cells:
        yield number(state.finished.cells), "cells, no steps"
    tests = state.tests
    if tests:
        rest = statuses_phrase(t.status for t in tests if t.status is not Status.PASSED)
        passed = count_tests(tests).get(Status.PASSED, 0)
        yield f"{passed} of {len(tests)}", f"tests passed{', ' if rest else ''}{rest}"
    else:
        yield "no tests", "nothing is tested yet"
    largest = _largest_table(state)
    if largest:
        yield number(largest.rows or 0), f"rows in the largest table, {line(largest.name, 40)}"
    peaks = [s.record.memory_bytes for s in ran if s.record and s.record.memory_bytes]
    if peaks:
        yield size(max(peaks)), "largest rise in memory"
    day, clock = moment(state.started.at, with_seconds=True, with_year=True).rsplit(" ", 1)
    yield clock, day


def _largest_table(state: RunState) -> Table | None:
    tables = [t for s in state.steps if s.record for t in (*s.record.tables_in, *s.record.tables_out)]
    return max((t for t in tables if t.rows is not None), key=lambda t: t.rows or 0, default=None)


def _foot(state: RunState) -> str:
    said = [f"nbops {__version__}"]
    if state.output:
        said.append(f"executed notebook: {line(state.output)}")
    said.append("this file loads nothing from the network")
    return " · ".join(said)


# ── steps and graph ──────────────────────────────────────────────────────────────────────────────────────────────────


def _steps(state: RunState, history: History) -> dict[str, Any]:
    line_of_time = timeline(state, history.usual_seconds)
    return {
        "steps": [{**_step(s, history), **line_of_time.of(s.name)} for s in state.steps],
        "steps_phrase": statuses_phrase(s.status for s in state.steps),
        "ticks": line_of_time.ticks,
        "has_usual": bool(history.usual_seconds),
        "steps_foot": _steps_foot(line_of_time.lead, history),
    }


def _steps_foot(lead: float, history: History) -> str:
    said = [f"the first step began {duration(lead)} after the run"] if lead >= SHORTEST_LEAD else []
    if history.usual_seconds:
        said.append(f"grey: the usual time, the median of {count(history.good_runs, 'good run')}")
    return " · ".join(said)


def _step(step: StepState, history: History) -> dict[str, Any]:
    counts = count_tests(step.tests)
    usual = history.usual_seconds.get(step.name)
    return {
        "name": step.name,
        "short_name": line(step.name, 60),
        "doc": step.record.doc if step.record else "",
        "status": step.status,
        "status_html": Markup(status_html(step.status)),
        "tests": f"{counts.get(Status.PASSED, 0)}/{len(step.tests)}" if step.tests else "–",
        "has_bad": any(status.is_bad for status in counts),
        "has_warned": Status.WARNED in counts,
        "rows": (row_flow(step.record) if step.record else "") or "–",
        "took": "–" if step.seconds is None else duration(step.seconds),
        "is_slow": step.seconds is not None and is_slow(step.seconds, usual),
        "usual": "–" if usual is None else duration(usual),
    }


def _graph(state: RunState, pipeline: Pipeline | None) -> dict[str, Any]:
    if pipeline is None or len(pipeline.steps) < 2 or len(pipeline.steps) > _MOST_GRAPH_STEPS:
        return {"graph": Markup(""), "graph_phrase": ""}
    edges = sum(1 for e in pipeline.edges if e.source)
    drawn = graph_svg(pipeline, {s.name: s.status for s in state.steps})
    return {"graph": Markup(drawn), "graph_phrase": f"{count(edges, 'edge')}, what each step needs is above it"}


# ── what was found out ───────────────────────────────────────────────────────────────────────────────────────────────


def _findings(findings: Findings) -> dict[str, Any]:
    changes = findings.changes
    origins = [
        {
            "test": origin.test,
            "where": came_in(origin) or "where it came in is not known",
            "how": origin.how,
            "seen": Markup(origin_html(origin)),
        }
        for origin in findings.origins
    ]
    if changes is None:
        return {"origins": origins, "changes": None}
    return {
        "origins": origins,
        "changes": {
            "run": short_id(changes.run) if changes.run else "",
            "at": moment(changes.at) if changes.at else "",
            "rows": rows_of(changes),
            "code": [(c.name, c.is_layout, [(text[:1], text[:300]) for text in c.diff]) for c in changes.code],
            "phrase": changes_phrase(changes),
            "unknown": changes.unknown,
        },
    }


def _structures(history: History) -> Iterator[dict[str, Any]]:
    for names, said in changes_of_run(history.structures):
        yield {"names": ", ".join(line(name, 80) for name in names[:6]), "table": Markup(changes_table(said))}


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _errors(state: RunState, cells: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    seen = False
    for step in state.steps:
        failure = failure_to_show(step.record) if step.record else None
        if failure and step.record:
            seen = True
            cell = failure.cell if failure.cell is not None else step.record.cell
            what = "Interrupted" if step.status is Status.INTERRUPTED else "Error"
            yield _error(failure, f"{what} in {line(step.name, 80)}", cell, cells)
    tests_failed = any(t.status.is_bad for t in state.tests)
    if state.failure and not seen and not tests_failed:
        what = "Interrupted" if state.status is Status.INTERRUPTED else "Error"
        yield _error(state.failure, what, state.failure.cell, cells)


def _error(failure: Failure, heading: str, cell: int | None, cells: Mapping[int, str]) -> dict[str, Any]:
    where = [cell_number(cell)] if cell is not None else []
    where += [f"line {failure.line}"] if failure.line else []
    source = cells.get(cell, "") if cell is not None else ""
    return {
        "heading": heading,
        "where": ", ".join(where),
        "type": failure.type,
        "message": failure.message,
        "fix": failure.fix,
        "code": _code(source, failure.line),
        "traceback": "\n".join(failure.traceback),
        "traceback_phrase": count(len(failure.traceback), "line"),
    }


def _code(source: str, at_line: int | None) -> list[tuple[int, str, bool]]:
    """Return the lines of a cell around the one that raised."""
    lines = list(enumerate(source.splitlines(), 1))
    if at_line and len(lines) > 2 * _LINES_AROUND:
        lines = [pair for pair in lines if abs(pair[0] - at_line) <= _LINES_AROUND]
    return [(no, text[:500], no == at_line) for no, text in lines[: 4 * _LINES_AROUND]]


# ── tables, costs, facts ─────────────────────────────────────────────────────────────────────────────────────────────


def _tables(state: RunState) -> Iterator[dict[str, Any]]:
    records = [s.record for s in state.steps if s.record and (s.record.tables_in or s.record.tables_out)]
    most = max((_rows(side) for r in records for side in (r.tables_in, r.tables_out)), default=0)
    for record in records:
        yield {
            "step": line(record.step, 60),
            "before": ", ".join(_shape(t) for t in record.tables_in) or "–",
            "after": ", ".join(_shape(t) for t in record.tables_out) or "–",
            "rows": row_flow(record) or "–",
            "share_in": _share(_rows(record.tables_in), most),
            "share_out": _share(_rows(record.tables_out), most),
        }


def _shape(table: Table) -> str:
    rows = "?" if table.rows is None else number(table.rows)
    return f"{line(table.name, 40)} {rows}" + (f" × {number(table.columns)}" if table.columns is not None else "")


def _rows(tables: tuple[Table, ...]) -> int:
    return max((t.rows or 0 for t in tables), default=0)


def _share(rows: int, most: int) -> float:
    return round(100 * rows / most, 2) if most else 0.0


def _cost(record: StepFinished) -> dict[str, Any]:
    return {
        "step": line(record.step, 60),
        "cell": "–" if record.cell is None else record.cell + 1,
        "attempt": record.attempt,
        "took": duration(record.seconds),
        "cpu": duration(record.cpu_seconds),
        "memory": "–" if record.memory_bytes is None else size(record.memory_bytes),
    }


def _warnings(state: RunState) -> Iterator[dict[str, str]]:
    for step in state.steps:
        for seen in step.record.warnings if step.record else ():
            yield {
                "step": line(step.name, 60),
                "category": line(seen.category, 80),
                "message": line(seen.message, 600),
                "times": f"× {number(seen.count)}" if seen.count > 1 else "",
            }


def _facts(state: RunState) -> dict[str, Any]:
    started = state.started
    ended = state.finished.at if state.finished else None
    values = [
        ("run", state.run),
        ("notebook", started.notebook or "could not be found"),
        ("environment", started.env),
        ("started", moment(started.at, with_seconds=True, with_year=True)),
        ("ended", moment(ended, with_seconds=True, with_year=True) if ended else "not yet"),
        ("started by", started.launcher),
        ("owner", started.owner),
        ("machine", f"{started.host}, process {started.pid}" if started.host else ""),
        ("python", started.python),
        ("nbops", started.nbops),
        ("code", started.source_hash),
    ]
    return {
        "facts": [(name, line(value)) for name, value in values if value],
        "packages": [f"{line(name)} {line(version)}" for name, version in started.packages.items()],
    }
