"""Yesterday's file again, or a step run again: what tells them apart."""

from __future__ import annotations

import pytest

from nbops.rules.origin import Origin, is_taken_again
from nbops.rules.verdict.baseline import Act

DAY = 86_400.0
NOON = 1_704_110_400.0


def accepted(days: float, run: str, **parameters: str) -> Act:
    """Return the act of accepting a run's delivery, so many days after a noon."""
    from datetime import UTC, datetime

    when = datetime.fromtimestamp(NOON + days * DAY, UTC).isoformat(timespec="seconds")
    return Act("accepted", when, "r", run=run, parameters=parameters)


DAILY = [accepted(day, f"run{day}") for day in range(4)]
NAMED = [accepted(day, f"run{day}", day=str(day)) for day in range(4)]


@pytest.mark.parametrize(
    ("log", "origin", "days", "is_same"),
    [
        ([], Origin(run="a"), 0.0, False),
        (DAILY, Origin(run="run3"), 40.0, True),
        (DAILY, Origin(run="new"), 3.4, True),
        (DAILY, Origin(run="new"), 4.0, False),
        (NAMED, Origin(run="new", parameters={"day": "3"}), 40.0, True),
        (NAMED, Origin(run="new", parameters={"day": "4"}), 3.001, False),
        (DAILY[:1], Origin(run="new"), 0.4, True),
        (DAILY[:1], Origin(run="new"), 0.6, False),
        ([accepted(day / 24, "r") for day in range(4)], Origin(run="new"), 3.9 / 24, False),
    ],
)
def test_run_parameters_and_time_tell(log: list[Act], origin: Origin, days: float, is_same: bool) -> None:
    """The run first, then parameters, then how soon it comes."""
    assert is_taken_again(origin, log, now=NOON + days * DAY) is is_same


def test_accepting_a_backlog_says_nothing_of_the_usual_time() -> None:
    """Seconds between two acts are no gap between deliveries."""
    log = [accepted(second / DAY, f"run{second}") for second in range(4)]

    assert is_taken_again(Origin(run="new"), log, now=NOON + 0.4 * DAY)
