"""Looking at a run's control charts at its end, before its verdict is written; and making them for who asks later.

Nothing here may cost a run: where the hub can't be read, the verdict says that nobody looked.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from nbops.errors import NbopsError
from nbops.pipeline.run import History, RunState
from nbops.records import PointOut, Status, worst
from nbops.settings import Settings
from nbops.store.project import Project
from nbops.views.control_words import out_phrase

if TYPE_CHECKING:
    from nbops.engine.kernel.endings import RunEnd
    from nbops.pipeline.control_chart import ControlChart
    from nbops.store.hub import Hub

__all__ = ["Watched", "charts_of", "judged_by_charts", "watch", "with_charts"]

_OWN = 2  # journals that a run writes itself: the engine's and the kernel's


@dataclasses.dataclass(frozen=True, slots=True)
class Watched:
    """What the control charts of a run tell.

    Args:
        out: Its points beyond their limits.
        unknown: Why nobody looked; empty when somebody did, or it was not wanted.
    """

    out: tuple[PointOut, ...] = ()
    unknown: str = ""


def watch(project: Project, settings: Settings, state: RunState) -> Watched:
    """Return what the control charts of a run that is about to end tell of it."""
    if settings.control == "off" or not state.steps or state.started.notebook is None:
        return Watched()
    if not settings.hub and not project.hub_file.exists() and len(list(project.journals.glob("*.jsonl"))) <= _OWN:
        return Watched()  # the first run of a project: a hub is not made for it while it runs
    try:
        from nbops.store.hub import open_hub
        from nbops.store.ingest import ingest

        with open_hub(project, settings.hub) as hub:
            ingest(hub, project)
            return Watched(tuple(filter(None, map(_point_out, charts_of(hub, state, newest_only=True)))))
    except NbopsError as error:
        return Watched(unknown=f"the control charts were not looked at: {error.what}")
    except Exception as error:  # noqa: BLE001 - the run is judged by its tests, and says that this is missing
        return Watched(unknown=f"the control charts were not looked at ({type(error).__name__}: {error})")


def charts_of(hub: Hub, state: RunState, *, newest_only: bool = False) -> tuple[ControlChart, ...]:
    """Return the control charts of a run's numbers, each with the run as its newest point, or with that alone."""
    from nbops.pipeline.control import control_charts
    from nbops.store.states import accepted_levels, earlier_states

    started = state.started
    if started.notebook is None or started.kind != "batch":
        return ()
    earlier = earlier_states(hub, started.notebook, started.env, before=started.at, but=started.run)
    accepted = accepted_levels(hub) if earlier else ()
    return control_charts([*earlier, state], accepted=accepted, newest_only=newest_only)


def with_charts(hub: Hub, state: RunState, history: History) -> History:
    """Return *history* with the control charts of a run that ended."""
    if state.finished is None:
        return history
    try:
        return dataclasses.replace(history, charts=charts_of(hub, state))
    except NbopsError:  # the report stands without them; what was out is in the run's record
        return history


def judged_by_charts(end: RunEnd, watched: Watched, mode: str) -> RunEnd:
    """Return the verdict on a run with what its control charts tell.

    Args:
        end: The verdict by its tests.
        watched: What the charts tell.
        mode: The setting ``control``: ``warn`` or ``fail``.
    """
    if not watched.out or end.status not in (Status.PASSED, Status.WARNED):
        return end
    status = worst([end.status, Status.FAILED if mode == "fail" else Status.WARNED])
    said = out_phrase(watched.out)
    reason = f"{end.reason}; {said}" if end.reason and mode != "fail" else said
    return dataclasses.replace(end, status=status, reason=reason)


def _point_out(chart: ControlChart) -> PointOut | None:
    """Return the newest point of a chart when it lies beyond its limits."""
    point = chart.last
    if not point.is_out or point.low is None or point.high is None or point.low <= point.value <= point.high:
        return None
    return PointOut(
        chart.kind, chart.name, point.value, point.low, point.high, point.history, point.follows, chart.unit
    )
