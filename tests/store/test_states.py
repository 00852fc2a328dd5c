"""Many runs are read at once, and only those that are to be compared."""

from __future__ import annotations

import datetime as dt
import time

from nbops.pipeline.run import fold
from nbops.records import Act, RunStarted
from nbops.store.states import accepted_levels, earlier_states
from nbops.testing import records
from tests.pipeline.past_runs import MONDAY, past_run
from tests.store.conftest import Hubs


def test_runs_that_ended_are_found_oldest_first(hubs: Hubs) -> None:
    """Of the notebook and environment that are asked for, before a moment, without one run, at most so many."""
    made = [past_run(MONDAY + dt.timedelta(days=n), 100 + n) for n in range(6)]
    begun = RunStarted(time.time(), "ab" * 16, "batch", "sales.ipynb")
    with hubs.holding(*made, records("other.ipynb"), records("sales.ipynb", env="prod"), [begun]) as hub:
        every = earlier_states(hub, "sales.ipynb", "dev")
        some = earlier_states(hub, "sales.ipynb", "dev", before=made[4][0].at, but=every[1].run, most=2)

    assert every == [fold(run) for run in made]
    assert [state.run for state in some] == [every[2].run, every[3].run]


def test_what_people_accepted_is_found(hubs: Hubs) -> None:
    """The run and the name; other acts are none."""
    acts = [
        Act(1.0, "accept", "7f3a" * 8, "ann", "a shop closed", {"name": "orders"}),
        Act(2.0, "stop", "7f3a" * 8, "ann", 'they said "accept"'),
    ]
    with hubs.holding(acts) as hub:
        assert accepted_levels(hub) == {("7f3a" * 8, "orders")}
