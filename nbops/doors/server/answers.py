"""What the hub's page asks and what it is answered: functions of a hub, without a server and without HTTP.

Lists are JSON. What the report, the change log and the charts show in their own pages is the same HTML here, escaped
where it is made; so every door shows the same.
"""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nbops._version import __version__
from nbops.doors.charts import Charts
from nbops.doors.datasets import dataset_in, said_of_columns
from nbops.doors.server.lists import MOST_BARS, cursor, pipeline_line, read_cursor, run_line, wrong_first
from nbops.doors.verbs import charts_in, notebook_of_run
from nbops.engine.causes.findings import history_of
from nbops.engine.production.control import charts_of, with_charts
from nbops.errors import ReferenceNotFound, UsageError
from nbops.notebook.pipeline import build
from nbops.pipeline.reference import notebook_name
from nbops.pipeline.run import RunState
from nbops.records import Status
from nbops.settings import ENVIRONMENTS, duration
from nbops.store.hub import Hub
from nbops.store.lookup import find_notebook
from nbops.views.card import card
from nbops.views.control_section import charts_html
from nbops.views.report import report_body, report_html
from nbops.views.structure_html import changelog_body
from nbops.views.words import moment, short_id

__all__ = ["ANSWERS", "Given", "report_page"]

Given = Mapping[str, str]
"""What was asked along with a question, as text."""

_FIRST_CARDS, _MOST_CARDS = 4, 24
_MOST_WARNED = 20
_MOST_LISTED = 200
_MOST_FOUND = 20


def about(hub: Hub, given: Given) -> dict[str, Any]:
    """Answer what this hub is, and which sections it has something for."""
    known = hub.pipelines()
    return {
        "hub": hub.where,
        "root": str(hub.project.root),
        "envs": sorted({env for _, env in known}),
        "when": moment(time.time(), with_year=True),
        "version": __version__,
        "runs": hub.count_batches() if known else 0,
        "has_datasets": bool(known) and hub.has_datasets(),
    }


def home(hub: Hub, given: Given) -> dict[str, Any]:
    """Answer ``nbops status``: what is wrong now, with its cards, and every pipeline with its last runs."""
    lines = _pipelines(hub, given.get("env", ""))
    bad = [line for line in lines if Status(line["status"]).is_bad]
    warned = [line for line in lines if line["status"] is Status.WARNED]
    return {
        "hub": hub.where,
        "env": given.get("env", ""),
        "counts": Counter(_kind(Status(line["status"])) for line in lines),
        "cards": [_card(hub, line["run"]) for line in bad[: _MOST_CARDS if given.get("cards") else _FIRST_CARDS]],
        "warned": [{**line, "bars": (), "what": _what(hub, line["run"])} for line in warned[:_MOST_WARNED]],
        "pipelines": lines,
    }


def pipelines(hub: Hub, given: Given) -> dict[str, Any]:
    """Answer which pipelines there are: each with its last runs in each environment."""
    return {"hub": hub.where, "pipelines": _pipelines(hub, given.get("env", ""))}


def _pipelines(hub: Hub, env: str) -> list[dict[str, Any]]:
    return wrong_first([pipeline_line(runs) for runs in hub.last_runs(env=env, most=MOST_BARS)])


def _kind(status: Status) -> str:
    if status.is_bad:
        return "failed"
    return "warned" if status is Status.WARNED else "in_order" if status.is_final else "running"


def _card(hub: Hub, run: str) -> dict[str, Any]:
    state = hub.run(run)
    told = card(state, history_of(hub, state, runs_code=False), root=str(hub.project.root))
    return {"run": run, "when": moment(told.at), **dataclasses.asdict(told)}


def _what(hub: Hub, run: str) -> str:
    return "".join(text for text, _ in card(hub.run(run)).lines[0][1])


def runs(hub: Hub, given: Given) -> dict[str, Any]:
    """Answer ``nbops runs``: one page of it, and where the next begins."""
    limit = _limit(given.get("limit", "100"))
    after, env = given.get("after", ""), given.get("env", "")
    found = hub.runs(
        limit=limit,
        failed=bool(given.get("failed")),
        since=time.time() - duration(given["since"]) if given.get("since") else None,
        nb=given.get("nb") or None,
        owner=given.get("owner") or None,
        env=env or None,
        after=read_cursor(after) if after else None,
    )
    is_filtered = any(given.get(name) for name in ("failed", "since", "nb", "owner"))
    return {
        "hub": hub.where,
        "runs": [run_line(run) for run in found],
        "next": cursor(found[-1]) if len(found) == limit else None,
        "total": None if after or is_filtered else hub.count_batches(env=env),
    }


def _limit(text: str) -> int:
    if not text.isdecimal() or not text.isascii():
        raise UsageError(f"{text!r} is no number of lines", where="limit", fix="limit=100")
    return min(max(int(text), 1), _MOST_LISTED)


def run(hub: Hub, given: Given) -> dict[str, Any]:
    """Answer ``nbops show RUN``: the run's report."""
    state = hub.run(hub.find_run(given.get("run", "")))
    return {
        "run": state.run,
        "id": short_id(state.run),
        "name": state.name,
        "env": state.started.env,
        "status": state.status,
        "is_running": not state.status.is_final,
        "html": report_body(state, *_told_of(hub, state), root=str(hub.project.root)),
    }


def report_page(hub: Hub, given: Given) -> str:
    """Return the report of a run as a page of its own."""
    state = hub.run(hub.find_run(given.get("run", "")))
    return report_html(state, *_told_of(hub, state), root=str(hub.project.root))


def _told_of(hub: Hub, state: RunState) -> tuple[Any, Any, dict[int, str]]:
    source = notebook_of_run(hub.project, state)
    history = with_charts(hub, state, history_of(hub, state, runs_code=False))
    cells = {cell.index: cell.source for cell in source.cells} if source else {}
    return history, build(source, state.name) if source else None, cells


def pipeline(hub: Hub, given: Given) -> dict[str, Any]:
    """Answer what there is of one notebook: its newest run in each environment, its control charts, its datasets."""
    name = given.get("name", "")
    notebook = find_notebook(hub, name) if name else None
    envs = [env for path, env in hub.pipelines() if path == notebook]
    if notebook is None or not envs:
        raise ReferenceNotFound(f"no notebook {name!r} ran", where=f"hub {hub.where}", fix="nbops runs lists what ran")
    found = [hub.runs(limit=2 * MOST_BARS, notebook=notebook, env=env) for env in envs]
    lines = [pipeline_line(runs) for runs in found if runs]
    chosen = next((line for line in lines if line["env"] == given.get("env")), None) or _most_serious(lines)
    charts = charts_of(hub, hub.run(chosen["run"])) if chosen else ()
    return {
        "name": notebook_name(notebook),
        "notebook": notebook,
        "env": chosen["env"] if chosen else "",
        "envs": lines,
        "charts": charts_html(charts) if any(len(chart.points) > 1 for chart in charts) else "",
        "datasets": _datasets(hub, env=chosen["env"] if chosen else "", nb=notebook_name(notebook)),
    }


def _most_serious(lines: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the line of the environment whose runs matter most: production, then tests, then any."""
    order = {env: place for place, env in enumerate(reversed(ENVIRONMENTS))}
    return min(lines, key=lambda line: order.get(line["env"], len(order)), default=None)


def _datasets(hub: Hub, *, env: str = "", nb: str = "") -> list[dict[str, Any]]:
    found = hub.datasets(env=env, nb=nb)
    return [{**dataclasses.asdict(one), "id": short_id(one.last), "when": moment(one.at)} for one in found]


def datasets(hub: Hub, given: Given) -> dict[str, Any]:
    """Answer ``nbops datasets``: the catalogue."""
    return {"hub": hub.where, "datasets": _datasets(hub, env=given.get("env", ""))}


def dataset(hub: Hub, given: Given) -> dict[str, Any]:
    """Answer ``nbops changelog DATASET``: its columns in words, what changed, its control charts."""
    name, env = given.get("name", ""), given.get("env", "")
    log, charts = dataset_in(hub, name, env=env)
    if log is None and charts is None:
        raise ReferenceNotFound(f"no dataset {name!r}", where=f"hub {hub.where}", fix="nbops datasets lists them")
    if log is not None and not charts:
        charts = _charts_while_well(hub, log.dataset, log.env)
    return {
        "name": log.dataset if log else name,
        "env": log.env if log else env,
        "run": log.last if log else "",
        "id": short_id(log.last) if log else "",
        "html": changelog_body(log, said_of_columns(hub, name, env=env)) if log else "",
        "charts": charts_html(charts) if charts else "",
    }


def _charts_while_well(hub: Hub, dataset: str, env: str) -> Charts | None:
    """Return the charts up to the last good run: one that failed before it left the dataset tells nothing of it."""
    try:
        return charts_in(hub, f"{dataset}@last-good", env)
    except ReferenceNotFound:  # there is no good run, or none that left it
        return None


def find(hub: Hub, given: Given) -> dict[str, Any]:
    """Answer a search: runs by the beginning of their ids, pipelines and datasets by a part of their names."""
    wanted = given.get("q", "").strip().casefold()
    if not wanted:
        return {"found": []}
    found = [*_runs_beginning(hub, wanted), *_pipelines_with(hub, wanted), *_datasets_with(hub, wanted)]
    return {"found": found[:_MOST_FOUND]}


def _runs_beginning(hub: Hub, wanted: str) -> Iterator[dict[str, str]]:
    if set(wanted) <= set("0123456789abcdef"):
        for each in hub.runs_beginning(wanted):
            state = hub.run(each)
            said = f"{state.name} · {state.started.env} · {state.status} · {moment(state.started.at)}"
            yield {"kind": "run", "name": short_id(each), "said": said, "key": each}


def _pipelines_with(hub: Hub, wanted: str) -> Iterator[dict[str, str]]:
    for path in sorted({path for path, _ in hub.pipelines() if path}):
        if wanted in notebook_name(path).casefold():
            yield {"kind": "pipeline", "name": notebook_name(path), "said": path, "key": notebook_name(path)}


def _datasets_with(hub: Hub, wanted: str) -> Iterator[dict[str, str]]:
    for name in sorted({one.dataset for one in hub.datasets()}):
        if wanted in name.casefold():
            yield {"kind": "dataset", "name": name, "said": "dataset", "key": name}


ANSWERS: dict[str, Callable[[Hub, Given], dict[str, Any]]] = {
    "about": about,
    "home": home,
    "pipelines": pipelines,
    "runs": runs,
    "run": run,
    "pipeline": pipeline,
    "datasets": datasets,
    "dataset": dataset,
    "find": find,
}
"""Each question of the page by its name."""
