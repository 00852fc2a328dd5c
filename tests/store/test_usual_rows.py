"""How many rows a step usually drops for a reason, as earlier good runs told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from nbops.pipeline.run import History
from nbops.records import Record, RowAccount, RowEntry, StepFinished, Table
from nbops.testing import records
from tests.store.conftest import Hubs


def dropping(run: str, at: float, *rows: int, failing: str = "") -> Iterator[Record]:
    """Yield the records of a run whose step *clean* dropped rows as cancelled, in as many calls."""
    for record in records(run=run, at=at, failing=failing):
        if isinstance(record, StepFinished) and record.step == "clean":
            raw = Table("raw", "pandas.DataFrame", 1000)
            entries = [(RowEntry("cancelled", each), RowEntry("late", each, "left")) for each in rows]
            yield dataclasses.replace(record, accounts=tuple(RowAccount("drop", (raw,), raw, e) for e in entries))
        else:
            yield record


def history(hubs: Hubs, *runs: Iterator[Record]) -> History:
    """Return what earlier runs say about the last one of *runs*."""
    every = [list(run) for run in runs]
    with hubs.holding([record for run in every for record in run]) as hub:
        return hub.history(hub.run(every[-1][0].run))


def test_three_good_runs_say_what_is_usual(hubs: Hubs) -> None:
    """The fewest and the most, all calls of a step with one reason together; only what was dropped."""
    told = history(
        hubs,
        dropping("a1", 1e9, 5),
        dropping("b2", 2e9, 60, 38),
        dropping("bad", 2.5e9, 900, failing="publish"),
        dropping("c3", 3e9, 1),
        dropping("now", 4e9, 823),
    )

    assert told.usual_dropped == {("clean", "cancelled"): (1, 98)}


def test_two_runs_say_nothing(hubs: Hubs) -> None:
    """Nobody knows what is usual from so few; nor of a run that dropped nothing itself."""
    few = [dropping("a1", 1e9, 5), dropping("b2", 2e9, 98)]
    many = [dropping("a1", 1e9, 5), dropping("b2", 2e9, 98), dropping("c3", 3e9, 7)]

    assert history(hubs, *few, dropping("now", 4e9, 823)).usual_dropped == {}
    assert history(hubs, *many, iter(records(run="now", at=4e9))).usual_dropped == {}
