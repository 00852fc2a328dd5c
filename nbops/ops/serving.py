"""The server of schedules: it starts runs when their slots are due, and looks after sources and notices.

It holds nothing that would be lost with it: each run holds the lease of its slot itself, and goes on when the server
dies. Any number of servers may look after one hub.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from nbops.errors import HubError, NbopsError, ReferenceNotFound
from nbops.ops.notices import announce, deliver
from nbops.ops.schedules import Known, known_of, schedules
from nbops.ops.slot_run import MOST_ATTEMPTS, tell_slot
from nbops.ops.slot_times import arrived_slot, due_slots
from nbops.ops.slot_watch import Observer, arrivals_of
from nbops.pipeline.schedule import Schedule, slot_id
from nbops.sources.definitions import project_definitions
from nbops.sources.watching import Watcher
from nbops.store.hub import Hub, open_hub
from nbops.store.ingest import ingest
from nbops.store.leases import Lease, finish, forget_server, tell_server
from nbops.store.process import this_process
from nbops.store.project import Project
from nbops.views.words import moment, short_id

__all__ = ["Server"]

POLL_SECONDS = 1.0
SOURCES_SECONDS = 60.0
NOTICES_SECONDS = 10.0
AGAIN_SECONDS = 10.0
_LOG_BYTES = 1_000_000


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    schedule: Schedule
    at: float


@dataclass
class Server:
    """Looks after the schedules of one project until it is told to stop.

    Args:
        project: The project.
        hub_setting: Where its hub is: the setting.
        env: The environment whose datasets sources name.
        at_once: How many runs go on at the same time.
        tell: Called with each sentence that a person should read.
        clock: Tells the time, in seconds since 1970.
        poll_seconds: How often it looks.
    """

    project: Project
    hub_setting: str = ""
    env: str = ""
    at_once: int = 4
    tell: Callable[[str], None] = print
    clock: Callable[[], float] = time.time
    poll_seconds: float = POLL_SECONDS
    _over: threading.Event = field(default_factory=threading.Event)
    _children: list[_Child] = field(default_factory=list)
    _tried: dict[str, float] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)
    _observer: Observer = field(default_factory=Observer)

    def stop(self) -> None:
        """Start nothing any more; :meth:`serve` returns soon after."""
        self._over.set()

    def serve(self, *, wait_seconds: float = 0.0) -> int:
        """Look after schedules until :meth:`stop`; return how many runs still go on, which need nobody.

        Args:
            wait_seconds: How long to wait in the end for runs that go on.
        """
        ident, mark, began = uuid.uuid4().hex, this_process(), time.time()
        for job in (self._sources, self._notices):
            threading.Thread(target=job, daemon=True).start()
        with open_hub(self.project, self.hub_setting) as hub:
            while not self._over.is_set():
                with self._troubles("hub"):
                    tell_server(hub, ident, mark, began, time.time())
                    self.look(hub)
                self._over.wait(self.poll_seconds)
            self._wait(wait_seconds)
            with contextlib.suppress(HubError):
                forget_server(hub, ident)
        return len(self._children)

    def look(self, hub: Hub) -> None:
        """Look once: take in what was recorded, and start what is due."""
        ingest(hub, self.project)
        self._reap()
        for schedule in schedules(hub).values():
            if any(child.schedule.notebook == schedule.notebook for child in self._children):
                continue
            if schedule.is_paused:
                continue
            with self._troubles(schedule.name):
                if self._is_here(schedule):
                    self._look_at(hub, schedule)

    def _look_at(self, hub: Hub, schedule: Schedule) -> None:
        known = known_of(hub, schedule)
        self._settle(hub, known)
        if known.open:  # the oldest first: one slot at a time
            self._take_over(hub, schedule, known.open[0], is_by_hand=known.open[0].at in known.by_hand)
            return
        if schedule.on:
            slot = arrived_slot(schedule, arrivals_of(hub, schedule), known.begun)
            due = [] if slot is None else [slot]
        else:
            due = due_slots(schedule, self.clock(), known.begun)
        if due:
            self._start(schedule, due[0], None)

    def _settle(self, hub: Hub, known: Known) -> None:
        """Bring leases up to date whose end stands in a journal, but could not be told to the hub."""
        ended = {one.run: one.state for one in known.told if one.state in ("done", "released")}
        for lease in known.leases:
            if lease.state == "running" and lease.run in ended:
                finish(hub, lease.slot, lease.run, ended[lease.run])

    def _take_over(self, hub: Hub, schedule: Schedule, lease: Lease, *, is_by_hand: bool) -> None:
        if lease.state == "running" and not self._observer.is_dead(lease):
            return
        if _has_ended(hub, lease.run):  # it died after its end was written, and before its slot's was
            if finish(hub, lease.slot, lease.run, "done"):
                tell_slot(self.project, schedule, lease, "done", by_hand=is_by_hand)
            return
        if is_by_hand or lease.attempt >= MOST_ATTEMPTS:  # whoever asked for it by hand sees that it died
            if finish(hub, lease.slot, lease.run, "left"):
                tell_slot(self.project, schedule, lease, "left", by_hand=is_by_hand)
                self.tell(f"{schedule.name}  {moment(lease.at)} was tried {lease.attempt} times and is left")
            return
        self._start(schedule, lease.at, lease)

    def _start(self, schedule: Schedule, at: float, instead_of: Lease | None) -> None:
        slot = slot_id(schedule, at)
        is_early = time.monotonic() - self._tried.get(slot, -AGAIN_SECONDS) < AGAIN_SECONDS
        if len(self._children) >= self.at_once or (is_early and instead_of is None):
            return
        self._tried[slot] = time.monotonic()
        wish = {"root": str(self.project.root), "hub": self.hub_setting, "notebook": schedule.notebook, "at": at,
                "instead_of": [instead_of.run, instead_of.beat] if instead_of else None}  # fmt: skip
        again = f", attempt {instead_of.attempt + 1}: @{short_id(instead_of.run)} died" if instead_of else ""
        self.tell(f"{schedule.name}  starts for {moment(at)}{again}")
        with self._log(schedule) as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "nbops.ops.slot_run"], stdin=subprocess.PIPE, stdout=log, stderr=log,
                cwd=self.project.root, start_new_session=True,
            )  # fmt: skip
        assert process.stdin is not None
        with process.stdin, contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(wish).encode())
        self._children.append(_Child(process, schedule, at))

    def _log(self, schedule: Schedule) -> contextlib.AbstractContextManager[BinaryIO]:
        """Open the file for what a run says beside its record; it begins anew when it is long."""
        path = self.project.make_folder() / "serve" / f"{schedule.name.replace('/', '_')}.log"
        path.parent.mkdir(exist_ok=True)
        is_long = path.exists() and path.stat().st_size > _LOG_BYTES
        return path.open("wb" if is_long else "ab")

    def _reap(self) -> None:
        for child in [one for one in self._children if one.process.poll() is not None]:
            self._children.remove(child)
            code = child.process.returncode
            if code != 5:  # then another server's run had the slot
                self.tell(f"{child.schedule.name}  {_said(code)}: nbops show {child.schedule.name}")

    def _is_here(self, schedule: Schedule) -> bool:
        if (self.project.root / schedule.snapshot).is_file():
            return True
        why = "its snapshot is not on this machine"
        self._tell_once(schedule.name, f"{schedule.name} is left to another server: {why}")
        return False

    @contextlib.contextmanager
    def _troubles(self, about: str) -> Iterator[None]:
        """Tell trouble once, and go on."""
        try:
            yield
        except NbopsError as error:
            self._observer.forget()
            self._tell_once(about, f"{about}: {error.what}")
        else:
            self._told.pop(about, None)

    def _tell_once(self, about: str, text: str) -> None:
        if self._told.get(about) != text:
            self._told[about] = text
            self.tell(text)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self._reap()
        while self._children and time.monotonic() < until:
            time.sleep(0.1)
            self._reap()

    # ── beside the runs, in threads of their own: what waits for the network holds no run up ────────────────────────

    def _sources(self) -> None:
        self._again_and_again("sources", SOURCES_SECONDS, self.check_sources)

    def check_sources(self) -> None:
        """Look at every source that the project defines."""
        found = project_definitions(self.project.root)
        if found:
            Watcher(self.project, self.hub_setting, self.env).check(list(found.values()))

    def _notices(self) -> None:
        self._again_and_again("notices", NOTICES_SECONDS, self.send_notices)

    def send_notices(self) -> None:
        """Tell whom it concerns what happened."""
        with open_hub(self.project, self.hub_setting) as hub:
            announce(hub)
            for one in deliver(hub):
                if one.why:
                    self.tell(f"the route {one.route.name} was not reached: {one.why}")

    def _again_and_again(self, about: str, seconds: float, job: Callable[[], None]) -> None:
        while not self._over.is_set():
            with self._troubles(about):
                job()
            self._over.wait(seconds)


def _has_ended(hub: Hub, run: str) -> bool:
    """Return whether a run ended by itself, and not because its machine told it to."""
    try:
        state = hub.run(run)
    except ReferenceNotFound:
        return False
    return state.finished is not None and "SIGTERM" not in state.finished.reason


_SAID: Mapping[int, str] = {0: "passed", 1: "failed", 2: "could not be judged", 3: "was refused"}


def _said(code: int) -> str:
    return f"ended by signal {-code}" if code < 0 else _SAID.get(code, f"ended with {code}")
