"""What the panel asks about steps: what is usual, what changed since one passed, where its rows went, why it ran.

The hub is read for it, in a thread beside the kernel's own: a question never keeps the notebook waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nbops.doors.verbs import open_and_ingest
from nbops.engine.causes.findings import history_of
from nbops.engine.causes.passed import since_passed
from nbops.engine.causes.why import explain
from nbops.engine.datasets.charts import NamedSeries, find_charts
from nbops.engine.kernel.session import Session
from nbops.errors import ReferenceNotFound
from nbops.pipeline.changes import Changes, Findings
from nbops.pipeline.control_chart import ControlChart
from nbops.pipeline.row_flows import flows
from nbops.pipeline.run import RunState, StepState
from nbops.store.hub import Hub
from nbops.store.lookup import Found
from nbops.views.blame import came_in
from nbops.views.changes import rows_of
from nbops.views.control_chart_svg import control_chart_svg
from nbops.views.control_section import told_first
from nbops.views.control_words import limits_text, value_text
from nbops.views.row_words import flow_pieces, label_of, notes_of
from nbops.views.rows_svg import rows_svg
from nbops.views.words import line, moment, short_id

__all__ = ["StepAnswers"]

_MOST_CHARTS = 3
_LEAST_POINTS = 5
_CHART = {"wide": 380, "high": 130}
_MOST_CHANGES = 8
_MOST_DIFF = 30


class StepAnswers:
    """Answers what is asked about the steps of a kernel's notebook.

    Args:
        session: Returns the kernel's run as it is now.
    """

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session

    def usual(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Return how long each step usually takes, in seconds by its name, and of how many good runs that is known."""
        with self._hub() as hub:
            state = self._state(hub)
            history = hub.history(state) if state else None
        return {
            "seconds": dict(history.usual_seconds) if history else {},
            "runs": history.good_runs if history else 0,
        }

    def step(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is known of a step of a run beside its record: what changed, where rows went, its charts.

        Args:
            asked: ``step``, and ``run`` where it did not run in this kernel.
        """
        name = str(asked.get("step", ""))
        with self._hub() as hub:
            state = self._state(hub, str(asked.get("run", "")))
            if state is None:
                return {"changed": None, "origins": [], "rows": [], "charts": []}
            step = next((one for one in state.steps if one.name == name), StepState(name))
            history = history_of(hub, state)
            changes = since_passed(hub, state, name) if step.status.is_bad else None
            return {
                "changed": _changed(changes) if changes else None,
                "origins": list(_origins(history.findings, name)),
                "rows": list(_rows(step, history.usual_dropped)),
                "charts": [_chart(chart) for chart in _charts(hub, state, step)],
            }

    def why(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return why a step ran, was kept or skipped, what it needs, and what of all that changed.

        Raises:
            ReferenceNotFound: It did not run.
        """
        name = str(asked.get("step", ""))
        with self._hub() as hub:
            state = self._state(hub, str(asked.get("run", "")))
            told = explain(hub, Found(state, name)).steps if state else ()
        if not told:
            raise ReferenceNotFound(f"{line(name)} did not run here yet", where="this kernel", fix="run it")
        found = told[0]
        return {
            "told": found.told,
            "compared": short_id(found.compared) if found.compared else "",
            "changes": [
                {"told": line(c.told), "diff": list(c.diff)[:_MOST_DIFF], "because": list(map(line, c.because))}
                for c in found.changes
            ],
            "needs": [
                {"step": line(e.source), "names": list(map(line, e.names)), "reason": line(e.reason)}
                for e in found.edges
            ],
            "reuse": found.reuse,
        }

    def _hub(self) -> Hub:
        session = self._session()
        session.recorder.journal.sync()
        return open_and_ingest(session.project, session.settings.hub)[0]

    def _state(self, hub: Hub, run: str = "") -> RunState | None:
        """Return the run of that id, else this kernel's own; None before its first step."""
        session = self._session()
        if run and run != session.run and hub.runs_beginning(run):
            return hub.run(run)
        return hub.run(session.run) if hub.runs_beginning(session.run) else None


def _changed(changes: Changes) -> dict[str, Any]:
    code = [change for change in changes.code if not change.is_layout]
    kinds = {"code": code, "parameters": changes.parameters, "files": changes.files, "schema": changes.schema,
             "packages": changes.packages}  # fmt: skip
    if changes.unknown:
        del kinds["parameters"]
    rows = rows_of(changes)
    return {
        "run": short_id(changes.run),
        "at": moment(changes.at),
        "rows": [list(row) for row in rows[:_MOST_CHANGES]],
        "more": max(len(rows) - _MOST_CHANGES, 0),
        "code": [{"name": line(one.name, 80), "diff": list(one.diff)[:_MOST_DIFF]} for one in code],
        "same": [name for name, found in kinds.items() if not found],
    }


def _origins(findings: Findings | None, step: str) -> Iterator[str]:
    for origin in findings.origins if findings else ():
        if origin.at == step and origin.step:
            yield came_in(origin) + (f": {line(origin.how)}" if origin.how else "")


def _rows(step: StepState, usual: Mapping[tuple[str, str], tuple[int, int]]) -> Iterator[dict[str, Any]]:
    found = flows([step.record]) if step.record else []
    for flow in found:
        yield {
            "label": label_of(flow, found),
            "pieces": [list(piece) for piece in flow_pieces(flow, usual=usual)],
            "notes": notes_of(flow),
            "picture": rows_svg(flow, usual),
        }


def _charts(hub: Hub, state: RunState, step: StepState) -> Sequence[ControlChart]:
    """Return the charts that tell of a step and of what it makes, those that tell most first; few, and none too early.

    Sessions are not judged by charts: they see those of the notebook's runs.
    """
    notebook = state.started.notebook
    if notebook is None or hub.newest(notebook=notebook) is None:
        return ()
    made = step.record.tables_out if step.record else ()
    found: dict[tuple[str, str], ControlChart] = {}
    for name in (step.name, *(table.name for table in made)):
        try:
            charts = find_charts(hub, NamedSeries(notebook, name, ""), env=state.started.env)
        except ReferenceNotFound:  # no run tells of it yet
            continue
        found |= {(chart.kind, chart.name): chart for chart in charts if chart.last.history >= _LEAST_POINTS}
    return told_first(list(found.values()))[:_MOST_CHARTS]


def _chart(chart: ControlChart) -> dict[str, Any]:
    last = chart.last
    said = value_text(chart.kind, last.value, chart.unit)
    if last.low is not None and last.high is not None:
        said += f", usual is {limits_text(chart.kind, last.low, last.high, chart.unit)}"
    return {
        "title": line(chart.title, 80),
        "said": said,
        "is_out": last.is_out,
        "picture": control_chart_svg(chart, is_small=True, **_CHART),
    }
