"""Finding the control charts that a reference names: ``flights_daily/flown``, a dataset, step, test or metric."""

from __future__ import annotations

from dataclasses import dataclass

from nbops.engine.production.control import charts_of
from nbops.errors import ReferenceNotFound, did_you_mean
from nbops.pipeline.control_chart import ControlChart, is_of
from nbops.pipeline.reference import notebook_name
from nbops.store.hub import Hub
from nbops.store.lookup import find_notebook, resolve
from nbops.views.words import short_id

__all__ = ["NamedSeries", "find_charts", "named_series"]


@dataclass(frozen=True, slots=True)
class NamedSeries:
    """What a reference to a series says.

    Args:
        notebook: The notebook's path; empty when the reference names none, and a run alone says which.
        name: The dataset, step, test or metric.
        run: The run; empty when the reference names none.
    """

    notebook: str
    name: str
    run: str

    @property
    def ref(self) -> str:
        """The run that is meant, as a reference."""
        run = self.run or "last"
        return f"{notebook_name(self.notebook)}@{run}" if self.notebook else run


def named_series(hub: Hub, ref: str) -> NamedSeries | None:
    """Return what *ref* says: ``NB/NAME[@RUN]`` with a notebook that *hub* knows, or ``NAME@RUN``; None for others.

    The name of a metric may hold a slash, so the longest beginning that is a notebook is one.
    """
    head, _, run = ref.partition("@")
    if "::" in head.split("/")[0] or find_notebook(hub, head):
        return None
    parts = head.split("/")
    for at in range(len(parts) - 1, 0, -1):
        path = find_notebook(hub, "/".join(parts[:at]))
        if path is not None:
            name = "/".join(parts[at:])
            return NamedSeries(path, name, run) if name else None
    return NamedSeries("", head, run) if run and len(parts) == 1 and head else None


def find_charts(hub: Hub, series: NamedSeries, *, env: str = "") -> tuple[ControlChart, ...]:
    """Return the charts of what a reference names: of a dataset its rows and the nulls of its columns.

    Args:
        hub: The hub that knows the runs.
        series: What the reference says; NAME is a dataset, ``dataset.column``, a step, a metric, or ``run``.
        env: The environment to look in; empty: that of the newest run.

    Raises:
        ReferenceNotFound: No run tells of it.
    """
    state = resolve(hub, series.ref, env=env).state
    every = charts_of(hub, state)
    found = tuple(chart for chart in every if is_of(chart.name, series.name))
    if not found:
        names = sorted({chart.name for chart in every if chart.kind in ("rows", "metric")})
        fix = (
            did_you_mean(series.name, names) if names else f"nbops show {short_id(state.run)} shows what that run made"
        )
        raise ReferenceNotFound(f"no run of {state.name} tells of {series.name!r}", where=series.ref, fix=fix)
    return found
