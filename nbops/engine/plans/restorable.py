"""Which records of earlier runs a run may take its results from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from nbops.engine.plans.plan import RunPlan
from nbops.errors import HubError
from nbops.records import Record, Status, StepFinished
from nbops.views.words import short_id

__all__ = ["good_records", "with_inputs_of_last_good"]


def good_records(records: Iterable[Record]) -> tuple[StepFinished, ...]:
    """Return the last record of each cell of a step that ended well and was kept, in the order in which they ended."""
    latest: dict[tuple[str, int], StepFinished] = {}
    for record in sorted(records, key=lambda r: r.at):
        if isinstance(record, StepFinished) and record.cell_kind == "step":
            latest.pop((record.step, record.part), None)
            latest[record.step, record.part] = record
    return tuple(record for record in latest.values() if record.status.is_good and record.key)


def with_inputs_of_last_good(plan: RunPlan, chosen: Sequence[str]) -> RunPlan:
    """Return *plan* so that steps that the *chosen* ones need are restored from the last good run.

    Where something changed since, the kernel runs them. Without a good run, or without a hub, nothing changes.
    """
    needed = [name for name in plan.steps if name not in chosen]
    if not needed or plan.path is None:
        return plan
    try:
        from nbops.store.hub import open_hub
        from nbops.store.ingest import ingest

        with open_hub(plan.project, plan.settings.hub) as hub:
            ingest(hub, plan.project)
            notebook = plan.project.relative(plan.path)
            good = hub.newest(
                statuses=[status for status in Status if status.is_good], notebook=notebook, env=plan.settings.env
            )
            records = hub.records(good.run) if good and good.kind == "batch" else []
    except HubError as error:
        return dataclasses.replace(plan, notes=(*plan.notes, f"no results of earlier runs are known: {error.what}"))
    restore = tuple(record for record in good_records(records) if record.step in needed)
    if good is None or not restore:
        return plan
    names = list(dict.fromkeys(record.step for record in restore))
    note = f"takes {', '.join(names)} from the last good run @{short_id(good.run)}, where nothing changed since"
    rest = [name for name in needed if name not in names]
    note += f"; also runs {', '.join(rest)}" if rest else ""
    return dataclasses.replace(plan, restore=restore, notes=(note,))
