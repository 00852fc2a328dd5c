"""What a server sees: which leases stand still, and when what schedules wait for arrived."""

from __future__ import annotations

import time
from collections.abc import Callable

from nbops.errors import ReferenceNotFound
from nbops.ops.schedules import Known
from nbops.pipeline.schedule import Schedule
from nbops.sources.definitions import project_definitions
from nbops.store.arrivals import looks_at
from nbops.store.datasets import deliveries_of, find_dataset
from nbops.store.hub import Hub
from nbops.store.leases import LEASE_SECONDS, Lease, finish
from nbops.store.process import is_alive, this_process

__all__ = ["DEAD_SECONDS", "Observer", "arrivals_of", "set_free"]

DEAD_SECONDS = 5.0
"""How long a lease of a process that is known to be dead still stands: its kernel ends meanwhile."""

_NOT_ARRIVED = ("missing", "repeated", "incomplete", "out of order", "changed")


class Observer:
    """Tells which leases stand still, by its own watch.

    Args:
        watch: Tells seconds that only go forward.
    """

    def __init__(self, watch: Callable[[], float] = time.monotonic) -> None:
        self._watch = watch
        self._seen: dict[str, tuple[str, int, float]] = {}

    def is_dead(self, lease: Lease) -> bool:
        """Look at a lease, and return whether it has stood still for so long that its holder is dead."""
        now = self._watch()
        run, beat, since = self._seen.get(lease.slot, ("", -1, now))
        if (run, beat) != (lease.run, lease.beat):
            self._seen[lease.slot] = (lease.run, lease.beat, now)
            return False
        return now - since >= (DEAD_SECONDS if _is_gone(lease) else LEASE_SECONDS)

    def forget(self) -> None:
        """Begin anew: while nobody could look, nobody could count up either."""
        self._seen.clear()


def _is_gone(lease: Lease) -> bool:
    """Return whether the process of a lease is known to be dead, because it was one of this machine."""
    here = this_process()
    is_here = bool(lease.holder.boot) and (lease.holder.host, lease.holder.boot) == (here.host, here.boot)
    return is_here and not is_alive(lease.holder, lease.began, 0.0)


def arrivals_of(hub: Hub, schedule: Schedule) -> dict[str, float | None]:
    """Return when each of what a schedule waits for arrived last, as far as the hub knows."""
    known = project_definitions(hub.project.root)
    found: dict[str, float | None] = {}
    for name in schedule.on:
        if name in known:
            arrived = [
                one.arrived_at or one.at for one in looks_at(hub, name, most=50)
                if one.parts and not one.missing and not one.trouble and one.state not in _NOT_ARRIVED
            ]  # fmt: skip
            found[name] = arrived[-1] if arrived else None
            continue
        try:
            ref, _ = find_dataset(hub, name, env=schedule.env)
            left = deliveries_of(hub, ref, 1)
            found[name] = left[-1][0] if left else None
        except ReferenceNotFound:
            found[name] = None
    return found


def set_free(hub: Hub, known: Known, now: float) -> None:
    """Take the leases of a schedule from runs that died, where no server does: another slot may run then."""
    for lease in known.open:
        if lease.state == "running" and (_is_gone(lease) or now > lease.expires + LEASE_SECONDS):
            finish(hub, lease.slot, lease.run, "left" if lease.at in known.by_hand else "released")
