"""The run of one slot: it takes the slot's lease, keeps it while it lives, and tells the journal how it ended.

``python -m nbops.ops.slot_run`` reads from standard input what is wished; a server starts it, and may die before it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbops.engine.plans.plan import RunPlan, make_plan
from nbops.engine.production.notebook import conduct
from nbops.engine.production.stopping import RunInterrupted
from nbops.errors import HubError, NbopsError
from nbops.notebook.pipeline import build
from nbops.ops.schedules import find_schedule
from nbops.ops.snapshots import read_snapshot
from nbops.pipeline.run import History, RunState, fold
from nbops.pipeline.schedule import Schedule, slot_id
from nbops.records import Act, Failure, Record, RunFinished, RunStarted, Status, encodable
from nbops.settings import load_settings
from nbops.store.hub import Hub, open_hub
from nbops.store.ingest import ingest
from nbops.store.journal import Journal
from nbops.store.leases import BEAT_SECONDS, Lease, beat, claim, finish, wanted
from nbops.store.process import this_process
from nbops.store.project import Project, find_project

__all__ = ["LAUNCHER", "MOST_ATTEMPTS", "Order", "main", "run_slot", "tell_slot"]

LAUNCHER = "nbops serve"
"""What the record of a run calls the scheduler."""

MOST_ATTEMPTS = 5
"""How often a slot is tried whose runs die with their process."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a slot is to be run, and who is told.

    Args:
        launcher: What the record of the run says that started it.
        by_hand: Whether a person asked for it, beside the times of the schedule.
        instead_of: The run that died with the lease, and how far it had counted.
        hub_setting: Where the hub is, as the setting names it; empty for that of the project.
        on_record: Called with each record of the run.
        on_note: Called with each sentence for the user.
        on_history: Called with what earlier runs say.
    """

    launcher: str = LAUNCHER
    by_hand: bool = False
    instead_of: tuple[str, int] | None = None
    hub_setting: str = ""
    on_record: Callable[[Record], None] | None = None
    on_note: Callable[[str], None] | None = None
    on_history: Callable[[History], None] | None = None


def run_slot(hub: Hub, schedule: Schedule, at: float, order: Order) -> RunState | None:
    """Run a slot in this process; return how the run ended, None when another run has the slot or the schedule runs.

    Args:
        hub: The hub that holds the lease.
        schedule: The schedule.
        at: When the slot is, in seconds since 1970.
        order: How, and who is told.
    """
    run, names = uuid.uuid4().hex, (encodable(slot_id(schedule, at)), encodable(schedule.notebook))
    lease = claim(hub, wanted(*names, at, run, time.time()), order.instead_of)
    if lease is None:
        return None
    tell_slot(hub.project, schedule, lease, "started", by_hand=order.by_hand)
    with _kept(hub, lease):
        state, is_over = _run(hub, schedule, run, order)
    ended = "done" if is_over else "released"
    tell_slot(hub.project, schedule, lease, ended, by_hand=order.by_hand)
    with contextlib.suppress(HubError):  # the journal tells it, whenever the hub can be written again
        finish(hub, lease.slot, run, ended)
        ingest(hub, hub.project)
    return state


def tell_slot(project: Project, schedule: Schedule, lease: Lease, state: str, *, by_hand: bool = False) -> None:
    """Write into the journal what became of a slot."""
    detail = {"at": repr(lease.at), "state": state, "run": lease.run, "attempt": str(lease.attempt)}
    journal = Journal(project)
    journal.append(
        Act(time.time(), "slot", schedule.slot_target, "", "", {**detail, **({"by_hand": "yes"} if by_hand else {})}),
        sync=True,
    )
    journal.close()


def _run(hub: Hub, schedule: Schedule, run: str, order: Order) -> tuple[RunState, bool]:
    """Return how the run ended, and whether that ends its slot: what only the end of a machine cut off does not."""
    try:
        plan = _planned(hub.project, schedule, run, order)
        assert plan.path is not None
        return conduct(
            plan, plan.path, on_record=order.on_record, on_note=order.on_note, on_history=order.on_history
        ), True
    except RunInterrupted as interrupted:
        return interrupted.state, "SIGTERM" not in interrupted.state.reason
    except NbopsError as error:  # it never began: that is recorded too, so that it becomes an incident
        return _never_began(hub, schedule, run, order.launcher, error), True


def _planned(project: Project, schedule: Schedule, run: str, order: Order) -> RunPlan:
    source = read_snapshot(project, schedule.snapshot, schedule.notebook)
    settings = load_settings(project.root, env=schedule.env, hub=order.hub_setting or None)
    pipeline = build(source, schedule.notebook.rsplit(".", 1)[0])
    plan = make_plan(source, pipeline, project, settings, parameters=dict(schedule.parameters), launcher=order.launcher)
    return dataclasses.replace(plan, run=run)


def _never_began(hub: Hub, schedule: Schedule, run: str, launcher: str, error: NbopsError) -> RunState:
    now, process = time.time(), this_process()
    texts = dict(schedule.parameters)
    records: list[Record] = [
        RunStarted(now, run, "batch", schedule.notebook, "engine", schedule.env, parameters=texts, launcher=launcher,
                   owner=load_settings(hub.project.root).owner, host=process.host, pid=process.pid, boot=process.boot),
        RunFinished(now, run, Status.ERROR, error.what, Failure(type(error).__name__, error.what, fix=error.fix)),
    ]  # fmt: skip
    journal = Journal(hub.project)
    for record in records:
        journal.append(record, sync=True)
    journal.close()
    return fold(records)


@contextlib.contextmanager
def _kept(hub: Hub, lease: Lease) -> Iterator[None]:
    """Count the lease up from a thread; a run whose lease was taken from it stops itself."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(BEAT_SECONDS):
            with contextlib.suppress(HubError):  # nobody else can take it either as long as the hub does not answer
                if not beat(hub, lease, time.time()):
                    os.kill(os.getpid(), signal.SIGTERM)
                    return

    thread = threading.Thread(target=work, name="nbops lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def main() -> int:
    """Run the slot that standard input names, and return the exit code of its run; 5 when another run has it."""
    wish: Mapping[str, Any] = json.load(sys.stdin)
    project = find_project(wish["root"])
    instead_of = (wish["instead_of"][0], int(wish["instead_of"][1])) if wish.get("instead_of") else None
    with open_hub(project, wish["hub"]) as hub:
        ingest(hub, project)
        schedule = find_schedule(hub, wish["notebook"])
        order = Order(instead_of=instead_of, hub_setting=wish["hub"], on_note=_note)
        state = run_slot(hub, schedule, float(wish["at"]), order)
    return 5 if state is None else state.status.exit_code


def _note(text: str) -> None:
    print(f"nbops: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
