"""Incidents in the hub: runs that went wrong are looked at once, and what people told of is added.

Nothing is looked at while records are taken in, so that a run never waits for it: whoever asks for incidents looks
first at the runs that nobody looked at yet (:func:`take_stock`).
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Connection, and_, bindparam, delete, exists, func, insert, select

from nbops.errors import ReferenceNotFound
from nbops.pipeline.incident import Incident, Occurrence, fold_incident, is_relied_on, occurrence_of, reported
from nbops.records import Act, Status, encodable, from_json
from nbops.store import schema
from nbops.store.hub import Hub
from nbops.store.intake import chunks

__all__ = ["VERBS", "incident", "incidents", "occurrences", "take_stock"]

VERBS = ("ack", "assign", "note", "close", "to-test")
"""What people do about an incident; the target of such an act is its fingerprint."""

_AT_ONCE = 50
"""How many incidents are read together: few, because most lists need the newest alone."""

_GOOD = tuple(str(status) for status in Status if status.is_good)
_MAY_BE_BAD = tuple(str(status) for status in Status if status.is_bad or status is Status.RUNNING)


def incidents(
    hub: Hub,
    *,
    closed: bool = False,
    since: float | None = None,
    nb: str | None = None,
    owner: str | None = None,
    env: str = "",
    limit: int | None = 20,
) -> list[Incident]:
    """Return the incidents that are open, the one that occurred last first.

    Args:
        hub: The hub.
        closed: Also those that are fixed.
        since: Only those that occurred then or later, in seconds since 1970.
        nb: Only those of notebooks whose path this is, or ends so.
        owner: Only those of this owner.
        env: Only those that occurred in this environment; empty: in any.
        limit: How many at most; None for all.
    """
    take_stock(hub)
    numbered = _newest_first(hub, since)
    found: list[Incident] = []
    for start in range(0, len(numbered), _AT_ONCE):
        found += [
            one
            for one in _read(hub, numbered[start : start + _AT_ONCE])
            if (closed or one.is_open)
            and (nb is None or f"/{one.last.notebook.rsplit('.', 1)[0]}".endswith(f"/{nb.removesuffix('.ipynb')}"))
            and (owner is None or one.owner == owner)
            and (not env or env in one.envs)
        ]
        if limit is not None and len(found) >= limit:
            break
    return found[:limit]


def incident(hub: Hub, number: int) -> Incident:
    """Return the incident with this number.

    Raises:
        ReferenceNotFound: There is none.
    """
    take_stock(hub)
    table = schema.incident.c
    with hub.read() as connection:
        print_of = connection.scalar(select(table.fingerprint).where(table.number == number))
    if print_of is None:
        raise ReferenceNotFound(f"no incident #{number}", where=f"hub {hub.where}", fix="nbops incidents --all")
    return _read(hub, [(number, print_of)])[0]


def occurrences(hub: Hub, one: Incident, *, limit: int | None = None) -> list[Occurrence]:
    """Return the occurrences of an incident, the newest first."""
    table = schema.occurrence.c
    query = select(table.body).where(table.fingerprint == one.fingerprint).order_by(table.at.desc()).limit(limit)
    with hub.read() as connection:
        return [_occurrence(body) for body in connection.scalars(query)]


def take_stock(hub: Hub) -> int:
    """Look at the runs that ended badly since the last time, and at what people told of; return how many are new.

    Who may only read the hub sees what others looked at.
    """
    if not hub.may_write:
        return 0
    runs = _unseen(hub)
    acts = _acts(hub)
    guards = _guards(acts.values())
    rows = [row for run, status in runs.items() if (row := _look(hub, run, status, guards)) is not None]
    rows += [_row(reported(act, ident), "") for ident, act in acts.items() if act.verb == "report"]
    known = _known(hub, [row["run"] for row in rows])
    rows = [row for row in rows if known.get(row["run"]) != row["status"]]
    if rows or _without_number(hub):
        with hub.write() as connection:
            _replace(connection, rows)
            _give_numbers(connection, acts.values())
    return sum(bool(row["fingerprint"]) for row in rows)


def _unseen(hub: Hub) -> dict[str, str]:
    """Return the runs that may have gone wrong and were not looked at with the status that they have now."""
    run, seen = schema.run.c, schema.occurrence.c
    query = (
        select(run.run, run.status)
        .where(run.started_at.is_not(None), run.kind == "batch", run.status.in_(_MAY_BE_BAD))
        .where(~exists().where(seen.run == run.run, seen.status == run.status))
    )
    gone_well = select(seen.run, run.status).join(schema.run, run.run == seen.run).where(
        seen.fingerprint != "", seen.status != run.status, run.status.not_in(_MAY_BE_BAD)
    )  # fmt: skip
    with hub.read() as connection:
        found = {row.run: row.status for row in connection.execute(query)}
        return found | {row.run: row.status for row in connection.execute(gone_well)}


def _guards(acts: Iterable[Act]) -> dict[tuple[str, str], str]:
    """Return by notebook and name the tests that incidents became: what such a test finds is that incident again."""
    known = [act for act in acts if act.verb == "to-test" and act.detail.get("named")]
    return {(act.detail.get("notebook", ""), act.detail["named"]): act.target for act in known}


def _look(hub: Hub, run: str, status: str, guards: Mapping[tuple[str, str], str]) -> dict[str, Any] | None:
    """Return the row of a run; None while it is alive, so that it will be looked at again."""
    state = hub.run(run)
    if state.status is Status.RUNNING:
        return None
    found = occurrence_of(state) if is_relied_on(state.started) else None
    if found and (guarded := guards.get((found.notebook, found.name))):
        found = dataclasses.replace(found, fingerprint=guarded)
    return _row(found or Occurrence(run, state.started.at, "error", ""), status)


def _row(found: Occurrence, status: str) -> dict[str, Any]:
    body = json.dumps(dataclasses.asdict(found))
    return {"run": found.run, "fingerprint": found.fingerprint, "at": found.at, "status": status, "body": body}


def _known(hub: Hub, runs: Sequence[str]) -> dict[str, str]:
    seen = schema.occurrence.c
    with hub.read() as connection:
        return {
            row.run: row.status
            for some in chunks(runs)
            for row in connection.execute(select(seen.run, seen.status).where(seen.run.in_(some)))
        }


def _replace(connection: Connection, rows: list[dict[str, Any]]) -> None:
    for some in chunks(row["run"] for row in rows):
        connection.execute(delete(schema.occurrence).where(schema.occurrence.c.run.in_(some)))
    if rows:
        connection.execute(insert(schema.occurrence), rows)


def _without_number(hub: Hub) -> bool:
    """Return whether a cause has no number: it was copied here from a hub in which its number means another."""
    seen, table = schema.occurrence.c, schema.incident.c
    has_none = ~exists().where(table.fingerprint == seen.fingerprint)
    with hub.read() as connection:
        return connection.scalar(select(seen.run).where(seen.fingerprint != "", has_none).limit(1)) is not None


def _give_numbers(connection: Connection, acts: Any) -> None:
    """Number the causes that have none, in the order in which they came; numbers that were told before are kept."""
    seen, table = schema.occurrence.c, schema.incident.c
    first = func.min(seen.at)
    query = (
        select(seen.fingerprint)
        .where(seen.fingerprint != "", seen.fingerprint.not_in(select(table.fingerprint)))
        .group_by(seen.fingerprint)
        .order_by(first, seen.fingerprint)
    )
    told = {act.target: int(number) for act in acts if (number := act.detail.get("number", "")).isdecimal()}
    taken = set(connection.scalars(select(table.number)))
    highest = max([0, *taken, *told.values()])
    for print_of in list(connection.scalars(query)):
        number = told.get(print_of, 0)
        if not number or number in taken:
            highest = number = highest + 1
        taken.add(number)
        connection.execute(insert(schema.incident).values(number=number, fingerprint=print_of))


def _acts(hub: Hub) -> dict[str, Act]:
    """Return what people did about incidents, and what they told of, by the ids of their entries."""
    entry = schema.entry.c
    query = (
        select(entry.id, entry.body)
        .where(entry.kind == "Act", entry.run != "")  # of nothing: pruning, which names thousands of runs
        .order_by(entry.at, entry.journal, entry.number)
    )
    with hub.read() as connection:
        found = {row.id: from_json(json.loads(row.body)) for row in connection.execute(query)}
    return {ident: act for ident, act in found.items() if act.verb in (*VERBS, "report")}


def _newest_first(hub: Hub, since: float | None) -> list[tuple[int, str]]:
    seen, table = schema.occurrence.c, schema.incident.c
    last = func.max(seen.at)
    query = (
        select(table.number, table.fingerprint)
        .join(schema.occurrence, seen.fingerprint == table.fingerprint)
        .group_by(table.number, table.fingerprint)
        .order_by(last.desc(), table.number.desc())
    )
    query = query if since is None else query.having(last >= since)
    with hub.read() as connection:
        return [(row.number, row.fingerprint) for row in connection.execute(query)]


def _read(hub: Hub, found: Sequence[tuple[int, str]]) -> list[Incident]:
    """Return incidents by their numbers and fingerprints, in that order."""
    seen, entry = schema.occurrence.c, schema.entry.c
    prints = [print_of for _, print_of in found]
    occurred: dict[str, list[Occurrence]] = defaultdict(list)
    acts: dict[str, list[Act]] = defaultdict(list)
    with hub.read() as connection:
        for some in chunks(prints):
            for body in connection.scalars(select(seen.body).where(seen.fingerprint.in_(some))):
                one = _occurrence(body)
                occurred[one.fingerprint].append(one)
            done = select(entry.run, entry.body).where(entry.kind == "Act", entry.run.in_(some))
            for row in connection.execute(done):
                if (act := from_json(json.loads(row.body))).verb in VERBS:
                    acts[row.run].append(act)
        return [
            fold_incident(number, occurred[print_of], acts[print_of], list(_went_well(connection, occurred[print_of])))
            for number, print_of in found
        ]


def _went_well(connection: Connection, found: Sequence[Occurrence]) -> Iterator[tuple[float, str, str]]:
    """Yield, for each environment, the newest run that went well before the last occurrence, and the first after it."""
    first = min(one.at for one in found)
    last_of: Mapping[str, Occurrence] = {one.env: one for one in sorted(found, key=lambda one: one.at)}
    for env, last in last_of.items():
        if not last.notebook or last.kind == "reported":
            continue
        about = {"notebook": encodable(last.notebook), "step": encodable(last.step), "env": env,
                 "first": first, "last": last.at, **_as_waived(last)}  # fmt: skip
        for at, ident in connection.execute(_of_step if last.step else _of_any, about):
            yield at, env, ident


def _as_waived(last: Occurrence) -> dict[str, str]:
    """Return which record tells of a run that it only went on without what failed: that shows nothing as mended."""
    if last.kind == "refused":
        return {"kind": "RunStarted", "waived": '%"answer":"wa%'}  # waived or warned: the source was not there
    name = json.dumps(encodable(last.name), ensure_ascii=False)[1:]  # a test is waived as TEST or STEP::TEST
    for sign in "!%_":
        name = name.replace(sign, f"!{sign}")
    return {"kind": "Act", "waived": f'%"verb":"waive"%{name}%'}


def _well(step: bool) -> CompoundSelect[float, str]:
    """Return what asks for the good runs next to an occurrence, before and after it. Made once: it is asked often."""
    run, part, entry = schema.run.c, schema.part.c, schema.entry.c
    well = and_(run.notebook == bindparam("notebook"), run.env == bindparam("env"), run.kind == "batch",
                run.status.in_(_GOOD))  # fmt: skip
    if step:  # a run of other steps says nothing of this one
        of_step = exists().where(part.run == run.run, part.step == bindparam("step"), part.status.in_(_GOOD))
        well = and_(well, of_step)
    waived = entry.body.like(bindparam("waived"), escape="!")
    well = and_(well, ~exists().where(entry.run == run.run, entry.kind == bindparam("kind"), waived))
    chosen = select(run.started_at, run.run).where(well).limit(1)
    last: BindParameter[float] = bindparam("last")
    before = chosen.where(run.started_at > bindparam("first"), run.started_at < last).order_by(run.started_at.desc())
    after = chosen.where(run.started_at > last).order_by(run.started_at)
    return select(before.subquery()).union_all(select(after.subquery()))


_of_step, _of_any = _well(step=True), _well(step=False)


def _occurrence(body: str) -> Occurrence:
    return Occurrence(**json.loads(body))
