"""Tables of databases are read whole, or wait on the disk; what cannot be read says where and why."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from nbops.checks.completeness import NotNull, Unique
from nbops.checks.dates import NotBefore
from nbops.checks.suite import judge_table
from nbops.checks.values import Between
from nbops.errors import NbopsError, UsageError
from nbops.frames.sql import open_sql, table_name
from nbops.frames.tables import library

CHECKS = [NotNull("amount"), Unique("id"), Between("amount", 0, 90), NotBefore("day", "2024-01-01")]


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """Return the address of a database with a table of 1,000 rows, and an empty one."""
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table orders (id integer, amount real, day date, note text)")
        rows = [(n % 999, None if n % 10 == 0 else n % 100, "2025-01-01", None) for n in range(1000)]
        connection.executemany("insert into orders values (?, ?, ?, ?)", rows)
        connection.execute("create table empty (id integer, amount real)")
        connection.execute('create view "odd view" as select id as "Odd Name!" from orders')
    connection.close()
    return f"sqlite:///{tmp_path / 'shop.db'}"


def verdicts(table: object) -> list[tuple[str, int | None]]:
    """Return what the checks say."""
    return [(str(result.status), result.failing) for result in judge_table(table, CHECKS)]


def test_a_table_is_judged_alike_in_memory_and_from_the_disk(shop: str) -> None:
    """Many rows wait in a file, in pieces; the verdicts are the same."""
    small, big = open_sql(f"{shop}::orders"), open_sql(f"{shop}::orders", most_rows=150, piece=100)

    assert (library(small), library(big)) == ("pandas", "polars")
    assert verdicts(small) == verdicts(big)
    assert verdicts(small) == [("failed", 100), ("failed", 2), ("failed", 90), ("passed", 0)]


def test_the_file_goes_with_the_table(shop: str) -> None:
    """Nothing is left behind when nobody reads the rows any more."""
    table = open_sql(f"{shop}::orders", most_rows=0)
    (folder,) = {Path(word.strip("[]'\", ")).parent for word in table.explain().split() if "nbops-table-" in word}
    assert folder.is_dir()
    del table

    assert not folder.exists()


def test_views_and_empty_tables_have_their_columns(shop: str) -> None:
    """What has no rows still has a shape."""
    assert list(open_sql(f"{shop}::odd view").columns) == ["Odd Name!"]
    assert list(open_sql(f"{shop}::empty").columns) == ["id", "amount"]


@pytest.mark.parametrize(
    ("said", "message", "fix"),
    [
        ("{shop}::order", "no table 'order'", "did you mean 'orders'"),
        ("sqlite:///nowhere.db::orders", "no such database file", "ls ."),
        ("nonsense://x/y::orders", "driver is missing", "driver"),
        ("sqlite:///x.db", "no table of a database|no such database", ""),
    ],
)
def test_what_names_no_table_says_so(shop: str, said: str, message: str, fix: str) -> None:
    """No empty database is made by looking for one."""
    with pytest.raises(UsageError, match=message) as caught:
        open_sql(said.format(shop=shop))

    assert fix in caught.value.fix
    assert not Path("nowhere.db").exists()


def test_a_password_is_not_told() -> None:
    """Errors name the address without its secret."""
    with pytest.raises(NbopsError) as caught:
        open_sql("postgresql+nodriver://ada:geheim@localhost:1/shop::orders")

    assert "geheim" not in str(caught.value)


def test_a_table_that_breaks_off_is_an_error(tmp_path: Path, shop: str) -> None:
    """A damaged page in the middle: nothing is judged on half a table."""
    path = tmp_path / "shop.db"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)
    path.write_bytes(bytes(data))

    with pytest.raises(NbopsError, match="cannot be read") as caught:
        open_sql(f"{shop}::orders")
    assert caught.value.exit_code in (2, 4)


def test_rows_that_fit_in_no_column_are_an_error(tmp_path: Path) -> None:
    """SQLite takes a text in a column of numbers; a file of them cannot be written."""
    with sqlite3.connect(tmp_path / "odd.db") as connection:
        connection.execute("create table t (a integer)")
        connection.executemany("insert into t values (?)", [(1,)] * 5 + [("many",)])
    connection.close()

    with pytest.raises(NbopsError, match="cannot be read"):
        open_sql(f"sqlite:///{tmp_path / 'odd.db'}::t", most_rows=2, piece=3)


def test_names_of_tables() -> None:
    """The plain name is what rules are kept under."""
    assert [table_name(said) for said in ("a/b.parquet", "postgresql://h/d::sales.orders")] == ["b", "orders"]


# ── PostgreSQL, where it is installed ────────────────────────────────────────────────────────────────────────────────


def _program_of_postgres(name: str) -> str | None:
    """Return where a program of PostgreSQL is: Debian keeps them out of the way, by version."""
    found = sorted(str(path) for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (found[-1] if found else None)


@pytest.fixture
def postgres() -> Iterator[str]:
    """Return the address of a server of our own, on a socket in a folder of its own; root lends it to nobody."""
    pytest.importorskip("psycopg")
    programs = {name: _program_of_postgres(name) for name in ("initdb", "pg_ctl")}
    if not all(programs.values()):
        pytest.skip("PostgreSQL is not installed")
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)

        def call(*command: object) -> None:
            with (folder.parent / f"{folder.name}.log").open("ab") as log:  # a pipe would stay open with the server
                subprocess.run(list(map(str, command)), check=True, stdout=log, stderr=log, user=user, cwd=folder)

        data = folder / "data"
        call(programs["initdb"], "-D", data, "-U", "nbops", "-A", "trust")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        call(programs["pg_ctl"], "-D", data, "-o", options, "-w", "-l", folder / "log", "start")
        try:
            yield f"postgresql+psycopg://nbops@/postgres?host={folder}"
        finally:
            call(programs["pg_ctl"], "-D", data, "-m", "immediate", "stop")
            (folder.parent / f"{folder.name}.log").unlink()


def test_a_table_of_postgres_is_judged(postgres: str) -> None:
    """Numerics, dates with zones and schemas come through."""
    import sqlalchemy as sa

    engine = sa.create_engine(postgres)
    frame = pd.DataFrame({"id": range(1000), "amount": 5.0, "day": pd.Timestamp("2025-01-01", tz="UTC")})
    with engine.begin() as connection:
        connection.execute(sa.text("create schema sales"))
        frame.to_sql("orders", connection, schema="sales", index=False)
    engine.dispose()

    assert {status for status, _ in verdicts(open_sql(f"{postgres}::sales.orders"))} == {"passed"}
    assert {status for status, _ in verdicts(open_sql(f"{postgres}::sales.orders", most_rows=10))} == {"passed"}
