"""What changed since the last good run: how many rows were dropped, and for which reason."""

from __future__ import annotations

from pathlib import Path

from nbops.engine.causes.changes import changes_between
from nbops.pipeline.changes import Change
from nbops.pipeline.run import RunState, fold
from nbops.records import Record, RowAccount, RowEntry, RunStarted, Status, StepFinished, Table
from nbops.store.project import Project


def records(run: str, cancelled: int, late: int) -> list[Record]:
    """Return the records of a run that dropped rows for two reasons."""
    raw, clean = Table("raw", "pandas.DataFrame", 930), Table("clean", "pandas.DataFrame", 930 - cancelled - late)
    entries = (RowEntry("cancelled", cancelled), RowEntry("late", late), RowEntry("of weather", 7, "aside"))
    step = StepFinished(2.0, run, "clean", Status.PASSED, accounts=(RowAccount("keep", (raw,), clean, entries),))
    return [RunStarted(1.0, run, notebook="flights.ipynb", source_hash="same"), step]


def test_rows_dropped_for_a_reason_are_compared(tmp_path: Path) -> None:
    """A blizzard stands out; one row more does not, and what is the same is not told."""
    before, now = records("a", cancelled=4, late=2), records("b", cancelled=472, late=3)
    states: list[RunState] = [fold(now), fold(before)]
    found = changes_between(Project(tmp_path), *states, now, before).profile

    assert found == (
        Change("rows dropped in clean: cancelled", "4", "472", is_large=True),
        Change("rows dropped in clean: late", "2", "3", is_large=False),
    )
