"""Databases as sources: what a query returns, read and never written."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbops.errors import UsageError
from nbops.sources.database import DatabaseSource
from nbops.sources.model import Asked, Definition, Delivery, Unreachable

DAY = datetime(2026, 11, 20)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the address of a database with three orders of two days."""
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (day TEXT, loaded_at TEXT)")
        rows = [("2026-11-19", "2026-11-20 05:00:00"), ("2026-11-20", "2026-11-21 05:10:00")]
        connection.executemany("INSERT INTO orders VALUES (?, ?)", [*rows, rows[1]])
    connection.close()
    return f"sqlite:///{tmp_path}/shop.db"


def look(url: str, query: str) -> list[Delivery]:
    """Ask once."""
    return list(DatabaseSource().look(Definition("orders", url, query), Asked(Path("/"), (DAY,))))


def test_a_query_tells_when_and_how_much(url: str) -> None:
    """Columns of these names are the arrival and the number of rows."""
    (found,) = look(url, "SELECT max(loaded_at) AS arrived_at, count(*) AS rows FROM orders")
    assert (3, datetime(2026, 11, 21, 5, 10, tzinfo=UTC).timestamp()) == (found.rows, found.at)


def test_a_day_in_the_query_is_the_day_of_the_delivery(url: str) -> None:
    """Each day is asked for by itself, and knows its key."""
    found = look(url, "SELECT loaded_at FROM orders WHERE day = '{day:%Y-%m-%d}'")
    assert [(one.key, one.rows) for one in found] == [("2026-11-20", 2)]


def test_no_rows_are_no_delivery(url: str) -> None:
    """An empty answer, and a count of none, mean that nothing arrived."""
    assert look(url, "SELECT * FROM orders WHERE day = '2030-01-01'") == []
    assert look(url, "SELECT count(*) AS rows FROM orders WHERE day = '2030-01-01'") == []


def test_a_wrong_query_cannot_be_looked_at(url: str) -> None:
    """A table that is not there is no verdict about its rows."""
    with pytest.raises(Unreachable, match="did not answer"):
        look(url, "SELECT * FROM nowhere")


def test_a_query_that_writes_is_refused(url: str) -> None:
    """A source is read."""
    with pytest.raises(UsageError, match="more than read"):
        DatabaseSource().check(Definition("orders", url, "DELETE FROM orders"))


def test_a_password_is_never_shown() -> None:
    """The error of a database that does not answer names it without the password."""
    pytest.importorskip("psycopg")
    with pytest.raises((Unreachable, UsageError)) as caught:
        look("postgresql+psycopg://ann:hunter2@127.0.0.1:9/shop", "SELECT 1")
    assert "hunter2" not in str(caught.value)
