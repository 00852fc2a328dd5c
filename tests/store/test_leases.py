"""Leases: of all who want a slot one gets it, in both databases, however many ask at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbops.store.hub import open_hub
from nbops.store.leases import (
    LEASE_SECONDS,
    beat,
    claim,
    finish,
    forget_server,
    is_served,
    leases,
    tell_server,
    wanted,
)
from nbops.store.process import ProcessMark, this_process
from nbops.store.project import Project
from tests.store.conftest import Hubs


def test_of_sixteen_that_ask_at_once_one_gets_the_slot(hubs: Hubs, tmp_path: Path) -> None:
    """Each by a connection of its own."""
    address = hubs.address(Project(tmp_path))
    open_hub(Project(tmp_path), address).close()

    def ask(number: int) -> bool:
        with open_hub(Project(tmp_path), address) as hub:
            return claim(hub, wanted("s@1", "s", 1.0, f"run {number}", time.time())) is not None

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(ask, range(16))) == 1
    with open_hub(Project(tmp_path), address) as hub:
        assert [(one.state, one.attempt) for one in leases(hub, "s")] == [("running", 1)]


def test_a_lease_is_taken_from_who_stands_still_and_not_from_who_was_slow(hubs: Hubs, tmp_path: Path) -> None:
    """Whoever takes it says how far the holder had counted."""
    with hubs.fresh(tmp_path) as hub:
        first = claim(hub, wanted("s@1", "s", 1.0, "a", 100.0))
        assert first is not None
        assert beat(hub, first, 200.0)
        assert claim(hub, wanted("s@1", "s", 1.0, "b", 200.0), instead_of=("a", 0)) is None
        second = claim(hub, wanted("s@1", "s", 1.0, "b", 200.0), instead_of=("a", 1))
        assert second is not None

        assert (second.attempt, second.expires) == (2, 200.0 + LEASE_SECONDS)
        assert not beat(hub, first, 300.0)
        assert not finish(hub, "s@1", "a", "done")
        assert finish(hub, "s@1", "b", "released")
        assert claim(hub, wanted("s@2", "s", 2.0, "c", 300.0)) is not None
        assert claim(hub, wanted("s@1", "s", 1.0, "d", 300.0)) is None


def test_a_server_is_known_while_it_lives(hubs: Hubs, tmp_path: Path) -> None:
    """One of another machine as long as it was heard of."""
    with hubs.fresh(tmp_path) as hub:
        now = time.time()
        assert not is_served(hub, now)
        tell_server(hub, "far", ProcessMark("elsewhere", 7, "boot"), now, now)
        assert (is_served(hub, now + 10), is_served(hub, now + 1000)) == (True, False)
        tell_server(hub, "here", this_process(), now, now)
        assert is_served(hub, now + 1000)
        forget_server(hub, "here")

        assert not is_served(hub, now + 1000)
