"""Looking at what steps leave: soon, without holding up the step, and never twice."""

from __future__ import annotations

import threading

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.engine.kernel.observing import Observer, drained
from nbops.records import DatasetSeen, Record, Status, StepFinished


def step(*writes: str) -> StepFinished:
    """Return the record of a step that wrote these variables."""
    return StepFinished(1.0, "r", "load", Status.PASSED, part=1, attempt=2, writes=writes)


def seen(namespace: dict[str, object], *writes: str, nameless: dict[str, object] | None = None) -> list[DatasetSeen]:
    """Return what an observer records of the variables of one step."""
    found: list[Record] = []
    observer = Observer(found.append)
    observer.see(step(*writes), namespace, nameless or {})
    observer.end()
    return [record for record in found if isinstance(record, DatasetSeen)]


def test_a_later_change_of_the_table_is_not_seen() -> None:
    """The table is looked at as the step left it, though that is done later."""
    table = pd.DataFrame({"id": [1, 2, 3]})
    found: list[Record] = []
    observer = Observer(found.append)
    observer.see(step("t"), {"t": table}, {})
    table["id"] = None
    table.loc[:, "more"] = 1
    observer.end()

    (record,) = found
    assert isinstance(record, DatasetSeen)
    assert [(column.name, column.nulls) for column in record.columns] == [("id", 0)]
    assert (record.step, record.part, record.attempt) == ("load", 1, 2)


@pytest.mark.parametrize(
    "make", [lambda t: t, pl.from_pandas, pa.Table.from_pandas], ids=["pandas", "polars", "pyarrow"]
)
def test_libraries_are_seen_alike(make: object) -> None:
    """Kinds, nulls, groups and keys do not depend on who holds the table."""
    table = pd.DataFrame({"id": range(40), "city": ["Oslo", "Rome"] * 20, "km": [1.5, None] * 20,
                          "day": pd.date_range("2025-01-01", periods=40)})  # fmt: skip
    (record,) = seen({"t": make(table)}, "t")  # type: ignore[operator]

    assert [(c.kind, c.nulls, c.distinct, c.grain) for c in record.columns] == [
        ("number", 0, 40, ""), ("text", 0, 2, ""), ("number", 20, 1, ""), ("time", 0, 40, "day"),
    ]  # fmt: skip
    assert (record.columns[1].values, record.keys[0], record.rows) == ({"Oslo": 20, "Rome": 20}, ("id",), 40)


def test_of_a_large_table_nulls_are_counted_in_all_rows() -> None:
    """The rest is seen in evenly chosen rows, and the record says in how many."""
    table = pd.DataFrame({"id": range(120_000), "note": [None] + ["x"] * 119_999})
    (record,) = seen({"t": table}, "t")
    (fast,) = seen({"t": pl.from_pandas(table)}, "t")

    assert (record.rows, record.looked, record.columns[1].nulls) == (120_000, 50_000, 1)
    assert (fast.looked, fast.columns[1].nulls) == (50_000, 1)


def test_what_is_no_table_is_not_looked_at() -> None:
    """Numbers, columns, arrays and names that are gone leave no record."""
    assert seen({"n": 3, "s": pd.Series([1])}, "n", "s", "gone") == []


def test_the_result_of_a_query_bears_the_name_of_its_step() -> None:
    """It is looked at where the cell wrote no variable."""
    table = pd.DataFrame({"id": [1]})

    assert [record.name for record in seen({}, nameless={"load": table})] == ["load"]
    assert [record.name for record in seen({"t": table}, "t", nameless={"load": table})] == ["t"]


def test_a_table_that_cannot_be_looked_at_says_why() -> None:
    """The step does not notice, and the record tells the reason."""

    class Broken(pd.DataFrame):
        """A table that does not tell its types."""

        def copy(self, deep: bool = True) -> Broken:
            """Return the table itself."""
            return self

        @property
        def dtypes(self) -> object:
            """Fail."""
            raise RuntimeError("no types today")

    (record,) = seen({"t": Broken({"id": [1]})}, "t")

    assert record.problem == "it could not be looked at (RuntimeError: no types today)"


def test_waiting_until_all_is_seen() -> None:
    """Who must know asks to wait; a table that takes too long is not waited for."""
    free, found = threading.Event(), []

    def slowly(record: Record) -> None:
        free.wait(10)
        found.append(record)

    observer = Observer(slowly)
    observer.see(step("t"), {"t": pd.DataFrame({"id": [1]})}, {})

    assert not drained(0.01)
    free.set()
    assert drained(10)
    assert len(found) == 1
    observer.end()
