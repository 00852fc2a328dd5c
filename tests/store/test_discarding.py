"""Discarding kept values: by age, by number of runs, by size; never what another run needs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from nbops.store.artifacts import Artifacts, KeptStep
from nbops.store.codecs import freeze
from nbops.store.discarding import discard
from nbops.store.project import Project

DAY = 86400.0


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    """Return the artifacts of three daily runs, newest today; all share one value, each has one of its own."""
    store = Artifacts(Project(tmp_path))
    for age, run in ((0, "new"), (10, "older"), (20, "oldest")):
        values = (store.put(("shared",), freeze("x" * 100)), store.put(("own",), freeze(run * 50)))
        store.note(KeptStep("key", run, run, time.time() - age * DAY, values))
    for path in (tmp_path / ".nbops/artifacts/objects").glob("*/*"):
        os.utime(path, (time.time() - 30 * DAY,) * 2)
    return store


def test_what_is_old_goes_and_what_others_need_stays(artifacts: Artifacts) -> None:
    """A value goes with the last run that names it."""
    found = discard(artifacts, 5 * DAY, keep=1, dry=False)

    assert (found.runs, len(found.files)) == (("oldest", "older"), 2)
    assert [step.run for step in artifacts.every()] == ["new"]
    assert [artifacts.get(kept) for kept in next(artifacts.all_of("key")).values] == ["x" * 100, "new" * 50]


def test_the_newest_runs_stay_however_old(artifacts: Artifacts) -> None:
    """``keep`` counts runs."""
    assert discard(artifacts, 0.0, keep=2, dry=False).runs == ("oldest",)


def test_the_oldest_go_until_the_rest_fits(artifacts: Artifacts) -> None:
    """A limit of size wins over age and number."""
    found = discard(artifacts, 90 * DAY, keep=3, max_bytes=300, dry=False)

    assert found.runs == ("oldest", "older")
    assert found.left == 102 + 152


def test_nothing_goes_that_is_only_listed(artifacts: Artifacts) -> None:
    """A dry run says the same and removes nothing."""
    would = discard(artifacts, 5 * DAY, keep=1, dry=True)

    assert would.size == 252 + 302
    assert len(list(artifacts.every())) == 3
    assert discard(artifacts, 5 * DAY, keep=1, dry=False) == would


def test_a_value_that_is_being_kept_right_now_stays(artifacts: Artifacts) -> None:
    """Its list is written after it."""
    kept = artifacts.put(("late",), freeze("late"))
    discard(artifacts, 0.0, keep=0, dry=False)

    assert artifacts.get(kept) == "late"


def test_what_stays_is_counted_as_it_is_on_the_disk(artifacts: Artifacts) -> None:
    """What is kept only because it is young stays too, and is told apart."""
    kept = artifacts.put(("late",), freeze("late"))
    found = discard(artifacts, 0.0, keep=0, max_bytes=0, dry=False)

    assert (found.left, found.young) == (kept.size, kept.size)
    assert artifacts.size() == kept.size
