"""Schedules: which notebook runs by itself when, as what people did about it tells."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, get_args

from nbops.pipeline.reference import notebook_name
from nbops.pipeline.run import RunState
from nbops.records import Act

__all__ = [
    "CATCH_UP",
    "SCHEDULE_VERBS",
    "CatchUp",
    "ListedSchedule",
    "Schedule",
    "SlotTold",
    "act_of_schedule",
    "fold_schedules",
    "slot_id",
]

CatchUp = Literal["none", "last", "all"]
CATCH_UP: tuple[CatchUp, ...] = get_args(CatchUp)
"""What becomes of slots that passed while nobody looked after them."""

SCHEDULE_VERBS = ("schedule", "pause", "unpause", "unschedule")
"""What people do about a schedule; the target of such an act is :attr:`Schedule.target`."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When one notebook runs by itself. There is one for each notebook.

    Args:
        notebook: The notebook, relative to the project's root.
        cron: When, as five fields of cron; empty when it waits for data.
        tz: The time zone of *cron*.
        on: The sources and datasets that it waits for.
        env: The environment of its runs.
        parameters: Names and values as text.
        catch_up: What becomes of slots that passed while nobody looked after them.
        jitter: Within how many seconds after its time it starts; each slot has its own share of that.
        code: The hash of the code of the snapshot.
        snapshot: The copy of the notebook that runs, relative to the project's root.
        unreleased: Why code that was not promoted may run in prod.
        at: When it was made.
        since: Slots before that are none of its own: when it was made, or went on after a pause.
        who: Who made it.
        is_paused: Whether it rests.
    """

    notebook: str
    cron: str = ""
    tz: str = ""
    on: tuple[str, ...] = ()
    env: str = "dev"
    parameters: Mapping[str, str] = field(default_factory=dict)
    catch_up: CatchUp = "last"
    jitter: float = 0.0
    code: str = ""
    snapshot: str = ""
    unreleased: str = ""
    at: float = 0.0
    since: float = 0.0
    who: str = ""
    is_paused: bool = False

    @property
    def name(self) -> str:
        """What people call it: the notebook without its suffix."""
        return notebook_name(self.notebook)

    @property
    def target(self) -> str:
        """What acts about it name."""
        return f"schedule:{self.notebook}"

    @property
    def slot_target(self) -> str:
        """What acts about its slots name."""
        return f"slot:{self.notebook}"


@dataclass(frozen=True, slots=True)
class SlotTold:
    """What a journal tells of one attempt to run a slot.

    Args:
        at: When the slot is.
        state: ``started``, ``done``, ``released`` or ``left``.
        run: The run.
        attempt: Which attempt it was.
        told_at: When that was written down.
        by_hand: Whether a person asked for it, beside the times of the schedule.
    """

    at: float
    state: str
    run: str
    attempt: int
    told_at: float
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class ListedSchedule:
    """One schedule as lists show it.

    Args:
        schedule: The schedule.
        next_at: When it runs next; None when nobody knows.
        last: Its last run; None when there is none.
        last_slot: The slot of that run.
        running: The run that runs now; empty when none does.
        missing: The newest slot that passed without a run; None when there is none.
        late_seconds: How late the last run began; 0 when it was in time.
        changed: Whether the notebook's code is another one than that of the snapshot.
        trouble: Why it cannot run; empty when it can.
    """

    schedule: Schedule
    next_at: float | None = None
    last: RunState | None = None
    last_slot: float | None = None
    running: str = ""
    missing: float | None = None
    late_seconds: float = 0.0
    changed: bool = False
    trouble: str = ""


def slot_id(schedule: Schedule, at: float) -> str:
    """Return what names the slot of *schedule* at a moment.

    Example:
        >>> slot_id(Schedule("sales.ipynb"), 1_000_000_000.0)
        'sales.ipynb@2001-09-09T01:46:40Z'
    """
    moment = datetime.fromtimestamp(at, UTC)
    return f"{schedule.notebook}@{moment.isoformat().replace('+00:00', 'Z')}"


def act_of_schedule(schedule: Schedule) -> Act:
    """Return the act that makes *schedule*."""
    own = dataclasses.asdict(schedule)
    detail = {name: json.dumps(own[name]) for name in _KEPT}
    return Act(schedule.at, "schedule", schedule.target, schedule.who, schedule.unreleased, detail)


_KEPT = ("notebook", "cron", "tz", "on", "env", "parameters", "catch_up", "jitter", "code", "snapshot")


def fold_schedules(acts: Iterable[Act]) -> dict[str, Schedule]:
    """Return the schedules that *acts* leave, by notebook.

    Example:
        >>> made = Schedule("sales.ipynb", "0 6 * * *", at=1.0, since=1.0)
        >>> rests = Act(2.0, "pause", made.target)
        >>> fold_schedules([rests, act_of_schedule(made)])["sales.ipynb"].is_paused
        True
    """
    found: dict[str, Schedule] = {}
    for act in sorted(acts, key=lambda one: one.at):
        notebook = act.target.removeprefix("schedule:")
        if act.verb == "schedule":
            found[notebook] = _made(act)
        elif notebook in found and act.verb == "pause":
            found[notebook] = dataclasses.replace(found[notebook], is_paused=True)
        elif notebook in found and act.verb == "unpause":
            found[notebook] = dataclasses.replace(found[notebook], is_paused=False, since=act.at)
        elif act.verb == "unschedule":
            found.pop(notebook, None)
    return found


def _made(act: Act) -> Schedule:
    own = {name: json.loads(act.detail[name]) for name in _KEPT if name in act.detail}
    own["on"] = tuple(own.get("on", ()))
    return Schedule(**own, at=act.at, since=act.at, who=act.who, unreleased=act.reason)
