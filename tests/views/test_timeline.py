"""The bars of a run stand where its steps ran."""

from __future__ import annotations

import dataclasses

import pytest

from nbops.pipeline.run import RunState
from nbops.records import Status
from nbops.views.timeline import timeline
from tests.views.flights_run import HISTORY, LOAD, run_of


def test_bars_stand_where_steps_ran(failed: RunState) -> None:
    """Left edge and width are shares of the axis, which ends at a round number."""
    line = timeline(failed, HISTORY.usual_seconds)

    assert line.ticks == ((0.0, "0 s"), (33.33, "2 s"), (66.67, "4 s"), (100.0, "6 s"))
    assert line.bars == {"load": (0.0, 33.33), "planes": (33.33, 16.67), "clean": (50.0, 16.67)}


def test_a_step_that_was_not_reached_has_only_a_ghost(failed: RunState) -> None:
    """Its usual time stands behind the last step."""
    line = timeline(failed, HISTORY.usual_seconds)

    assert line.of("publish")["bar"] is None
    assert line.of("publish")["ghost"] is not None


def test_the_axis_begins_with_the_first_step() -> None:
    """What went by before it, while the kernel started, is told and not drawn."""
    late = dataclasses.replace(LOAD, at=LOAD.at + 60)
    line = timeline(run_of(late, status=Status.PASSED), {})

    assert line.bars["load"][0] == 0.0
    assert line.lead == pytest.approx(60.0)
    assert line.ticks[-1] == (100.0, "2 s")


def test_a_run_without_a_step_has_an_axis_too() -> None:
    """Nothing is drawn on it."""
    line = timeline(run_of(status=Status.ERROR), {})

    assert (line.bars, line.lead) == ({}, 0.0)


@pytest.mark.parametrize("seconds", [0.0, 1e-6, 0.02, 0.9, 59.0, 61.0, 3_000.0, 100_000.0])
def test_marks_are_few_and_nothing_leaves_the_axis(seconds: float) -> None:
    """Whatever a run takes, there are at most six marks and no bar ends beyond the last one."""
    step = type(LOAD)(LOAD.at, LOAD.run, "load", Status.PASSED, seconds=seconds)
    line = timeline(run_of(step, status=Status.PASSED), {})

    assert 2 <= len(line.ticks) <= 6
    assert sum(line.bars["load"]) <= 100.01
    assert line.ticks[-1][0] == 100.0
