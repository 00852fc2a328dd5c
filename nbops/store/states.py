"""Many runs at once, as the hub knows them: what control charts are made of."""

from __future__ import annotations

import json

from sqlalchemy import select

from nbops.pipeline.run import RunState, fold
from nbops.records import Act, Record, encodable, from_json
from nbops.store import schema
from nbops.store.hub import Hub
from nbops.store.intake import chunks

__all__ = ["MOST_RUNS", "accepted_levels", "earlier_states"]

MOST_RUNS = 120
"""How many runs a chart looks back."""

_TOLD_BY = ("RunStarted", "RunFinished", "StepFinished")


def earlier_states(
    hub: Hub, notebook: str, env: str, *, before: float | None = None, but: str = "", most: int = MOST_RUNS
) -> list[RunState]:
    """Return the newest runs of a notebook that ended, oldest first; cells run by hand are none.

    Args:
        hub: The hub that knows them.
        notebook: The notebook's path, as the hub names it.
        env: Their environment.
        before: Only those that began earlier, in seconds since 1970.
        but: The id of a run that is left out.
        most: How many at most.
    """
    run, entry = schema.run.c, schema.entry.c
    query = (
        select(run.run)
        .where(run.notebook == encodable(notebook), run.env == encodable(env), run.kind == "batch", run.run != but)
        .where(run.finished_at.is_not(None))
        .order_by(run.started_at.desc())
        .limit(most)
    )
    query = query if before is None else query.where(run.started_at < before)
    found: dict[str, list[Record]] = {}
    with hub.read() as connection:
        for some in chunks(connection.scalars(query)):
            rows = select(entry.run, entry.body).where(entry.run.in_(some), entry.kind.in_(_TOLD_BY))
            for row in connection.execute(rows):
                found.setdefault(row.run, []).append(from_json(json.loads(row.body)))
    return sorted((fold(records) for records in found.values()), key=lambda state: state.started.at)


def accepted_levels(hub: Hub) -> set[tuple[str, str]]:
    """Return what people accepted as a new level: the run, and the dataset, step, test or metric."""
    entry = schema.entry.c
    query = select(entry.body).where(entry.kind == "Act", entry.body.like('%"verb":%"accept"%'))
    with hub.read() as connection:
        acts = [from_json(json.loads(body)) for body in connection.scalars(query)]
    return {(act.target, act.detail.get("name", "")) for act in acts if isinstance(act, Act) and act.verb == "accept"}
