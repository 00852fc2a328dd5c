"""Schedules: making them, resting them, and what is known of each. Every act is a line of the journal."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from nbops.engine.plans.plan import make_plan, source_hash
from nbops.engine.production.kernels import check_language
from nbops.engine.production.stopping import user_name
from nbops.errors import NbopsError, ReferenceNotFound, Refused, UsageError, did_you_mean
from nbops.notebook.cells import read_notebook
from nbops.notebook.pipeline import build
from nbops.ops.slot_times import MARGIN_SECONDS, missing_slot, next_slot, start_of
from nbops.ops.snapshots import take_snapshot
from nbops.pipeline.reference import notebook_name
from nbops.pipeline.run import RunState
from nbops.pipeline.schedule import (
    CATCH_UP,
    SCHEDULE_VERBS,
    CatchUp,
    ListedSchedule,
    Schedule,
    SlotTold,
    act_of_schedule,
    fold_schedules,
)
from nbops.records import Act, encodable, from_json
from nbops.settings import Settings
from nbops.sources.definitions import project_definitions
from nbops.sources.model import Definition
from nbops.sources.slots import declared_expectation, zone_of
from nbops.store import schema
from nbops.store.datasets import dataset_ref
from nbops.store.hub import Hub
from nbops.store.ingest import ingest
from nbops.store.journal import Journal
from nbops.store.leases import Lease, leases
from nbops.store.project import Project

__all__ = [
    "Known",
    "Wish",
    "find_schedule",
    "known_of",
    "listed_schedules",
    "make_schedule",
    "pause",
    "planned_schedule",
    "remove",
    "schedules",
    "unpause",
    "write_act",
]

_MOST_TOLD = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """A schedule as it was asked for.

    Args:
        path: The notebook.
        cron: When; empty when it waits for data.
        tz: The time zone; empty for that of this system.
        on: The sources and datasets that it waits for.
        parameters: Names and values.
        catch_up: What becomes of slots that passed while nobody looked after them.
        jitter: Within how many seconds after its time it starts.
        unreleased: Whether code that was not promoted may run in prod.
        reason: Why.
        replaces: Whether it takes the place of one that is there.
    """

    path: Path
    cron: str = ""
    tz: str = ""
    on: tuple[str, ...] = ()
    parameters: Mapping[str, object] = dataclasses.field(default_factory=dict)
    catch_up: CatchUp = "last"
    jitter: float = 0.0
    unreleased: bool = False
    reason: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the hub and the journals know of the slots of one schedule.

    Args:
        leases: Its leases, the newest slot first.
        told: What journals tell of its slots, the newest first.
    """

    leases: tuple[Lease, ...] = ()
    told: tuple[SlotTold, ...] = ()

    @property
    def over(self) -> frozenset[float]:
        """The slots that will not be tried again."""
        told = {one.at for one in self.told if one.state in ("done", "left")}
        return frozenset(told | {one.at for one in self.leases if one.state in ("done", "left")})

    @property
    def by_hand(self) -> frozenset[float]:
        """The slots that persons asked for, beside the times of the schedule."""
        return frozenset(one.at for one in self.told if one.by_hand)

    @property
    def begun(self) -> frozenset[float]:
        """The slots of the schedule's own times that were run, or run now."""
        return (self.over | {one.at for one in self.leases}) - self.by_hand

    @property
    def open(self) -> tuple[Lease, ...]:
        """The leases that somebody holds, or that are to be tried again; the oldest first."""
        over = self.over
        return tuple(one for one in self.leases[::-1] if one.state in ("running", "released") and one.at not in over)


def make_schedule(hub: Hub, wish: Wish, settings: Settings) -> Schedule:
    """Make a schedule, with a snapshot of the notebook's code.

    Raises:
        NotebookError: There is no such notebook, or it cannot be read.
        ParameterError: A parameter is unknown, missing, or of the wrong type.
        UsageError: The times, the zone or what it waits for mean nothing, or there is a schedule of this notebook.
        Refused: It is for prod, and the code was not promoted.
    """
    made = planned_schedule(hub, wish, settings)
    code, snapshot = take_snapshot(hub.project, wish.path)
    now = time.time()
    made = dataclasses.replace(made, code=code, snapshot=snapshot, at=now, since=now, who=user_name())
    write_act(hub, act_of_schedule(made))
    return made


def planned_schedule(hub: Hub, wish: Wish, settings: Settings) -> Schedule:
    """Return the schedule that *wish* would make; raises as :func:`make_schedule` does."""
    project = hub.project
    notebook = project.relative(wish.path)
    where = f"schedule of {notebook}"
    source = read_notebook(wish.path)
    check_language(source.language, str(wish.path))
    pipeline = build(source, notebook.rsplit(".", 1)[0])
    plan = make_plan(source, pipeline, project, settings, parameters=wish.parameters)
    _check_secrets(plan.secret_names, wish.parameters, where)
    tz = _check_times(wish, where)
    _check_on(hub, wish, notebook, where)
    _check_prod(wish, settings.env, notebook)
    if not wish.replaces and notebook in (known := schedules(hub)):
        shown = known[notebook].cron or f"on {', '.join(known[notebook].on)}"
        fix = f"take its place: add --replace   or end it: nbops schedules remove {known[notebook].name}"
        raise UsageError(f"it is scheduled already: {shown}", where=where, fix=fix)
    texts = {name: str(value) for name, value in wish.parameters.items()}
    return Schedule(
        notebook, wish.cron, tz, wish.on, settings.env, texts, wish.catch_up, wish.jitter,
        unreleased=wish.reason if settings.env == "prod" else "",
    )  # fmt: skip


def _check_secrets(secrets: frozenset[str], given: Mapping[str, object], where: str) -> None:
    for name in sorted(secrets & set(given)):
        if not str(given[name]).startswith("secret:"):
            fix = f"-p {name}=secret:NAME takes it from the environment variable NAME of whoever runs it"
            raise UsageError(f"the parameter {name} is a secret, and a schedule is kept as text", where=where, fix=fix)


def _check_times(wish: Wish, where: str) -> str:
    """Return the name of the time zone, once all that is said of times means something."""
    if bool(wish.cron) == bool(wish.on):
        what = "both times and data that it waits for" if wish.cron else "neither times nor data to wait for"
        raise UsageError(what, where=where, fix=f'nbops schedule {wish.path.name} "0 6 * * 1-5"   or: --on DATASET')
    if wish.catch_up not in CATCH_UP:
        raise UsageError(f"{wish.catch_up!r} is no way to catch up", where=where, fix=f"one of: {', '.join(CATCH_UP)}")
    if wish.on:
        return ""
    zone = zone_of(wish.tz, where)
    try:
        declared_expectation(Definition(wish.path.name, "", cron=wish.cron, tz=zone.key))
    except UsageError as error:
        raise UsageError(error.what, where=where, fix=error.fix) from None
    if next_slot(Schedule("", wish.cron, zone.key), time.time()) is None:
        raise UsageError(f"{wish.cron!r} never comes", where=where, fix="minute hour day month weekday")
    return zone.key


def _check_on(hub: Hub, wish: Wish, notebook: str, where: str) -> None:
    known = project_definitions(hub.project.root)
    for name in wish.on:
        if name in known:
            continue
        if "/" not in name:
            found = [*known, *(one.dataset for one in hub.datasets())]
            fix = f"{did_you_mean(name, found)}   nbops sources and nbops datasets list them"
            raise UsageError(f"{name!r} is no source, and no dataset NB/DATASET", where=where, fix=fix)
        own, _, _ = dataset_ref(name)
        if f"/{notebook_name(notebook)}".endswith(f"/{own}"):
            raise UsageError(f"it would wait for what it leaves itself: {name}", where=where, fix="name another one")


def _check_prod(wish: Wish, env: str, notebook: str) -> None:
    """Refuse code in prod that was not promoted; that anything was is not known here, so all of it needs a reason.

    Raises:
        Refused: No reason was given.
    """
    if env != "prod" or (wish.unreleased and wish.reason.strip()):
        return
    what = "--unreleased demands a reason" if wish.unreleased else f"{notebook} was not promoted, and prod demands it"
    raise Refused(what, where="--env prod", fix='schedule the file as it is: --unreleased --reason "why"')


# ── acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def pause(hub: Hub, schedule: Schedule, reason: str = "") -> None:
    """Let a schedule rest; a run that runs goes on."""
    _act(hub, schedule, "pause", reason)


def unpause(hub: Hub, schedule: Schedule) -> None:
    """Let a schedule go on; what passed while it rested is not caught up."""
    _act(hub, schedule, "unpause")


def remove(hub: Hub, schedule: Schedule) -> None:
    """End a schedule; its runs stay known."""
    _act(hub, schedule, "unschedule")


def _act(hub: Hub, schedule: Schedule, verb: str, reason: str = "") -> None:
    write_act(hub, Act(time.time(), verb, schedule.target, user_name(), reason))


def write_act(hub: Hub, act: Act) -> None:
    """Write *act* into the journal, and take it into the hub."""
    journal = Journal(hub.project)
    journal.append(act, sync=True)
    journal.close()
    ingest(hub, hub.project)


# ── what is known ────────────────────────────────────────────────────────────────────────────────────────────────────


def schedules(hub: Hub) -> dict[str, Schedule]:
    """Return the schedules by their notebooks."""
    entry = schema.entry.c
    query = select(entry.body).where(entry.kind == "Act", entry.run >= "schedule:", entry.run < "schedule;")
    with hub.read() as connection:
        acts = [from_json(json.loads(body)) for body in connection.scalars(query)]
    return dict(sorted(fold_schedules(act for act in acts if act.verb in SCHEDULE_VERBS).items()))


def find_schedule(hub: Hub, name: str) -> Schedule:
    """Return the schedule of the notebook that *name* means: its path, its name, or the end of either.

    Raises:
        ReferenceNotFound: There is none, or more than one.
    """
    known = schedules(hub)
    wanted = notebook_name(name)
    found = [one for one in known.values() if one.name == wanted or f"/{one.name}".endswith(f"/{wanted}")]
    exact = [one for one in found if one.name == wanted]
    found = exact or found
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(one.name for one in found[:4])
        raise ReferenceNotFound(f"{name!r} is more than one schedule: {names}", fix=f"as {found[0].name}")
    fix = did_you_mean(wanted, [one.name for one in known.values()]) if known else 'nbops schedule NB "0 6 * * 1-5"'
    raise ReferenceNotFound(f"no schedule of {name!r}", where=f"hub {hub.where}", fix=fix)


def known_of(hub: Hub, schedule: Schedule) -> Known:
    """Return what is known of the slots of a schedule."""
    entry = schema.entry.c
    query = (
        select(entry.body)
        .where(entry.kind == "Act", entry.run == encodable(schedule.slot_target))
        .order_by(entry.at.desc())
        .limit(_MOST_TOLD)
    )
    with hub.read() as connection:
        acts = [from_json(json.loads(body)) for body in connection.scalars(query)]
    return Known(tuple(leases(hub, encodable(schedule.notebook))), tuple(_told(act) for act in acts))


def _told(act: Act) -> SlotTold:
    own = act.detail
    by_hand = own.get("by_hand") == "yes"
    return SlotTold(float(own["at"]), own["state"], own["run"], int(own["attempt"]), act.at, by_hand)


def listed_schedules(hub: Hub, now: float, chosen: Sequence[Schedule] | None = None) -> list[ListedSchedule]:
    """Return the schedules as lists show them: when they run next, how they ran, and what is missing."""
    every = schedules(hub).values() if chosen is None else chosen
    return [_listed(hub, one, now) for one in every]


def _listed(hub: Hub, schedule: Schedule, now: float) -> ListedSchedule:
    known = known_of(hub, schedule)
    running = next((one.run for one in known.open if one.state == "running"), "")
    last = next((one for one in known.told if one.state == "done"), None)
    state = _state(hub, last.run) if last else None
    late = 0.0
    if last and state and not last.by_hand and last.attempt == 1 and schedule.cron:
        late = state.started.at - start_of(schedule, last.at)
    changed, trouble = _code_now(hub.project, schedule)
    return ListedSchedule(
        schedule, next_slot(schedule, now), state, last.at if last else None, running,
        missing_slot(schedule, now, known.begun), late if late > MARGIN_SECONDS else 0.0, changed, trouble,
    )  # fmt: skip


def _state(hub: Hub, run: str) -> RunState | None:
    try:
        return hub.run(run)
    except ReferenceNotFound:  # it was pruned since
        return None


def _code_now(project: Project, schedule: Schedule) -> tuple[bool, str]:
    """Return whether the notebook's code is another one than what runs, and why nothing can run."""
    if not (project.root / schedule.snapshot).is_file():
        return False, f"the snapshot of its code is not on this machine: {schedule.snapshot}"
    try:
        return source_hash(read_notebook(project.root / schedule.notebook)) != schedule.code, ""
    except NbopsError:  # the notebook is gone or broken; what runs is the snapshot
        return True, ""
