"""Finding the control charts that a reference names: ``flights_daily/flown``, a dataset, step, test or metric."""

from __future__ import annotations

from nbops.engine.control import charts_of
from nbops.errors import ReferenceNotFound, did_you_mean
from nbops.pipeline.control_chart import ControlChart, is_of, splits_series
from nbops.pipeline.reference import notebook_name
from nbops.store.hub import Hub
from nbops.store.lookup import find_notebook, resolve

__all__ = ["THE_RUN", "find_charts"]

THE_RUN = "run"
"""What the time of a whole run is called behind its notebook's name."""


def find_charts(hub: Hub, ref: str, *, env: str = "") -> tuple[ControlChart, ...]:
    """Return the charts that *ref* names: of a dataset its rows and the nulls of its columns.

    Args:
        hub: The hub that knows the runs.
        ref: ``NB/NAME``, or ``NB/NAME@RUN`` as that run saw them. NAME is a dataset, ``dataset.column``, a step, a
            metric, or ``run`` for the time of the run.
        env: The environment to look in; empty: that of the newest run.

    Raises:
        ReferenceNotFound: It names none.
    """
    notebook, name, run = splits_series(ref)
    path = find_notebook(hub, notebook) if notebook and name else None
    if path is None:
        where = f"hub {hub.where}, environment {env or 'all'}"
        what = f"{ref!r} is neither a run nor a dataset of a notebook that ran"
        raise ReferenceNotFound(what, where=where, fix="nbops show NB/DATASET; nbops runs --all lists what ran")
    state = resolve(hub, f"{notebook_name(path)}@{run or 'last'}", env=env).state
    every = charts_of(hub, state)
    found = tuple(chart for chart in every if _names(chart, name))
    if not found:
        names = sorted({chart.name.partition(".")[0] for chart in every if chart.kind in ("rows", "metric")})
        fix = did_you_mean(name, names) if names else f"nbops show {state.run[:6]} shows what that run made"
        raise ReferenceNotFound(f"no run of {notebook_name(path)} tells of {name!r}", where=ref, fix=fix)
    return found


def _names(chart: ControlChart, name: str) -> bool:
    if name == THE_RUN and chart.kind == "seconds" and not chart.name:
        return True
    return is_of(chart.name, name)
