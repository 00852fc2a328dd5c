"""What makes two errors one incident, and what opens and closes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbops.pipeline.incident import Occurrence, fold_incident, is_relied_on, occurrence_of
from nbops.pipeline.run import fold
from nbops.records import Act, Failure, Record, RunFinished, RunStarted, Status, StepFinished
from nbops.testing import records

SEEN = Occurrence("a", 10.0, "test", "f", "sales.ipynb", "prod", "clean", "ids are unique", "2 of 100 rows", "ann")


def raising(message: str, kind: str = "ValueError", step: str = "load") -> list[Record]:
    """Return the records of a run in which a step raised."""
    failure = Failure(kind, message)
    return [
        RunStarted(1.0, "r", "batch", "sales.ipynb", env="prod", steps=(step,)),
        StepFinished(2.0, "r", step, Status.ERROR, failure=failure),
        RunFinished(3.0, "r", Status.ERROR, message),
    ]


def print_of(*found: Record) -> str:
    """Return the fingerprint of what went wrong in a run with these records."""
    seen = occurrence_of(fold(found))
    assert seen is not None
    return seen.fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no file /feeds/2013-01-02/flights.csv", "no file /feeds/2013-01-03/flights.csv"),
        ("timeout after 30 s, attempt 2", "timeout after 45.5 s, attempt 11"),
        ("<Frame at 0x7f3a11>", "<Frame at 0x55d2c0>"),
        ("row 17 of run 0123456789abcdef", "row 4 of run fedcba9876543210"),
    ],
)
def test_what_differs_each_time_does_not_make_another_incident(one: str, other: str) -> None:
    """Numbers, dates, addresses and folders are left out of what an exception is told apart by."""
    assert print_of(*raising(one)) == print_of(*raising(other))


def test_another_column_is_another_incident() -> None:
    """What stands in quotes is the cause itself."""
    assert print_of(*raising("'order_id'", "KeyError")) != print_of(*raising("'amount'", "KeyError"))


def test_a_test_is_told_apart_by_its_name_and_step_whatever_it_saw() -> None:
    """The same test of the same step is the same incident in every environment."""
    prod = print_of(*records(failing="clean", env="prod"))

    assert print_of(*records(failing="clean", env="test")) == prod
    assert print_of(*records(failing="load", env="prod")) != prod


def test_a_run_that_a_person_stopped_is_no_incident() -> None:
    """Somebody wanted it to end; a run that was killed is one."""
    ended = [RunStarted(1.0, "r", "batch", env="prod"), RunFinished(2.0, "r", Status.INTERRUPTED, "Ctrl-C")]

    assert occurrence_of(fold([*ended, Act(1.5, "stop", "r")])) is None
    assert occurrence_of(fold(ended)) is not None
    assert occurrence_of(fold(records())) is None


@pytest.mark.parametrize(
    ("started", "relied_on"),
    [
        (RunStarted(0.0, "r", "batch", env="prod"), True),
        (RunStarted(0.0, "r", "batch", env="test"), True),
        (RunStarted(0.0, "r", "batch", env="dev"), False),
        (RunStarted(0.0, "r", "batch", env="dev", launcher="nbops serve"), True),
        (RunStarted(0.0, "r", "session", env="prod"), False),
    ],
)
def test_only_runs_that_others_rely_on_open_incidents(started: RunStarted, relied_on: bool) -> None:
    """Runs in test and prod, and scheduled ones; never cells that are run by hand."""
    assert is_relied_on(started) is relied_on


def test_it_is_fixed_by_a_run_that_went_well_and_comes_back_with_the_next_that_does_not() -> None:
    """Fixed, back again, acknowledged, closed: in the order of time, whatever the order in which it is told."""
    again = replace(SEEN, run="b", at=30.0)
    good, ack, close = (20.0, "prod", "g"), Act(40.0, "ack", "f", "bob"), Act(50.0, "close", "f", "bob", "done")

    assert fold_incident(1, [SEEN], [], [good]).fixed_by == "g"
    assert fold_incident(1, [again, SEEN], [], [good]).state == "back again"
    assert fold_incident(1, [again, SEEN], [ack], [good]).state == "acknowledged"
    assert fold_incident(1, [again, SEEN], [close, ack], [good]).state == "fixed"
    assert fold_incident(1, [again, SEEN], [close, ack], [good]).fixed_by == "bob"


def test_a_good_run_elsewhere_does_not_fix_what_went_wrong_in_two_environments() -> None:
    """Each environment in which it occurred must have gone well since."""
    both = [SEEN, replace(SEEN, run="b", at=11.0, env="test")]

    assert fold_incident(1, both, [], [(20.0, "test", "t")]).state == "open"
    assert fold_incident(1, both, [], [(20.0, "test", "t"), (21.0, "prod", "p")]).state == "fixed"


def test_the_owner_is_who_was_named_last() -> None:
    """Until somebody is, the owner of the step."""
    named = [Act(20.0, "assign", "f", detail={"owner": "bob"}), Act(21.0, "assign", "f", detail={"owner": "eve"})]

    assert (fold_incident(1, [SEEN]).owner, fold_incident(1, [SEEN], named).owner) == ("ann", "eve")
