"""Tables that nobody would make on purpose: each is judged, or says what is wrong; nothing is passed unseen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.checks.model import Check
from nbops.checks.suite import judge_table
from nbops.checks.vocabulary import check_class
from nbops.records import CheckResult
from tests.checks.backends import BACKENDS

BIG = 2**62
NAN, INF = float("nan"), float("inf")
each_library = pytest.mark.parametrize("backend", list(BACKENDS))


def made(*asked: tuple[Any, ...]) -> list[Check]:
    """Return checks, each written as its kind, its arguments, and at the end those by name."""
    return [
        check_class(kind)(*(rest[:-1] if rest and isinstance(rest[-1], dict) else rest),
                          **(rest[-1] if rest and isinstance(rest[-1], dict) else {}))
        for kind, *rest in asked
    ]  # fmt: skip


def statuses(table: Any, *asked: tuple[Any, ...]) -> list[str]:
    """Return the verdicts on a table."""
    return [str(result.status) for result in judge_table(table, made(*asked))]


def counts(table: Any, *asked: tuple[Any, ...]) -> list[int | None]:
    """Return how many rows fail each check."""
    return [result.failing for result in judge_table(table, made(*asked))]


# ── numbers that leave 64 bits ───────────────────────────────────────────────────────────────────────────────────────

LARGE = pa.table({
    "shop": ["x", "x", "x", "y"],
    "whole": pa.array([BIG, BIG, BIG, 1], pa.int64()),
    "unsigned": pa.array([2**64 - 1, 2**64 - 1, 2**63, 1], pa.uint64()),
    "short": pa.array([100, 100, 100, 1], pa.int8()),
    "price": pa.array([Decimal("1.10"), Decimal("1.10"), Decimal("1.10"), Decimal("1")], pa.decimal128(5, 2)),
})  # fmt: skip


@each_library
def test_sums_of_whole_numbers_are_exact_beyond_64_bits(backend: str) -> None:
    """No sum wraps around: not that of a column, not that of a group, nor that of some of the rows."""
    table, unsigned = BACKENDS[backend](LARGE), 2 * (2**64 - 1) + 2**63

    assert (
        statuses(
            table,
            ("sum", "whole", 3 * BIG + 1, 3 * BIG + 1),
            ("sum", "whole", 1, 3 * BIG, {"by": "shop"}),
            ("sum", "whole", 3 * BIG, 3 * BIG, {"where": "shop == 'x'"}),
            ("sum", "unsigned", unsigned + 1, unsigned + 1),
            ("sum", "unsigned", 1, unsigned, {"by": "shop"}),
            ("sum", "short", 301, 301),
            ("sum", "short", 1, 300, {"by": "shop"}),
            ("mean", "whole", 1, BIG, {"by": "shop"}),
        )
        == ["passed"] * 8
    )


@each_library
def test_sums_of_groups_beyond_64_bits_fail_where_they_should(backend: str) -> None:
    """A bound one below the sum of a group is broken."""
    table = BACKENDS[backend](LARGE)
    (result,) = judge_table(table, made(("sum", "whole", 1, 3 * BIG - 1, {"by": "shop"})))

    assert (str(result.status), f"{3 * BIG:,}" in result.why) == ("failed", True)


@each_library
def test_sums_of_decimals_are_decimals(backend: str) -> None:
    """Three times 1.10 is 3.30, by groups and on the whole."""
    table = BACKENDS[backend](LARGE)

    assert statuses(table, ("sum", "price", 4.3, 4.3), ("sum", "price", 1, 3.3, {"by": "shop"})) == ["passed"] * 2


@each_library
def test_steps_between_the_largest_numbers_do_not_wrap_around(backend: str) -> None:
    """The step from the largest whole number to the smallest is a large one."""
    table = BACKENDS[backend](pa.table({"n": pa.array([2**63 - 1, -(2**63), 5], pa.int64())}))

    assert counts(table, ("step_between", "n", -1, 10)) == [2]


@each_library
def test_values_of_a_set_that_a_column_cannot_hold_are_not_in_it(backend: str) -> None:
    """Numbers too large, too small, or with a fraction are no error: no cell holds them."""
    values = [1, 2.5, 2**63, -(2**70), 1e300, INF]
    columns = {"whole": pa.array([1, 2], pa.int8()), "float": [1.0, 2.5], "short": pa.array([1.0, 7.0], pa.float32())}
    table = BACKENDS[backend](pa.table({**columns, "unsigned": pa.array([1, 2**63], pa.uint64())}))
    asked = [("in_set", name, values) for name in (*columns, "unsigned")]

    assert counts(table, *asked) == [1, 0, 1, 0]


# ── nothing to judge ─────────────────────────────────────────────────────────────────────────────────────────────────

SUMS = ("sum", "sum_abs", "fractional_sum", "zeros", "negatives")


@each_library
@pytest.mark.parametrize("stored", [pa.float64(), pa.int64()], ids=str)
def test_nulls_alone_do_not_add_up_to_zero(backend: str, stored: pa.DataType) -> None:
    """A sum or a count over nulls alone is unknown, whatever the library says of it; also in a group."""
    table = BACKENDS[backend](pa.table({"n": pa.array([None, None], stored), "g": ["a", "b"]}))
    asked: list[tuple[Any, ...]] = [(kind, "n", None, 9) for kind in SUMS]

    assert statuses(table, *asked, ("sum", "n", None, 9, {"by": "g"})) == ["error"] * 6


@each_library
def test_a_restriction_is_looked_at_though_every_row_is_right(backend: str) -> None:
    """One that means no row leaves nothing to judge, and one that makes no sense is an error."""
    table = BACKENDS[backend](pa.table({"n": [1, 2], "s": ["x", "y"]}))

    assert statuses(
        table,
        ("positive", "n", {"where": "n > 5"}),
        ("positive", "n", {"where": "s > 3"}),
        ("positive", "n", {"where": "n > 5", "allow_empty": True}),
        ("positive", "n", {"where": "n > 1"}),
        ("positive", "n"),
    ) == ["error", "error", "passed", "passed", "passed"]


@each_library
def test_what_a_column_cannot_be_compared_with_is_an_error(backend: str) -> None:
    """No library converts a bound silently: a number is no date, and a text no number."""
    table = BACKENDS[backend](pa.table({"n": [1, 2], "s": ["1", "2"], "day": [dt.date(2025, 1, 1)] * 2}))

    assert (
        statuses(
            table,
            ("plausible_year", "n"),
            ("not_future", "n"),
            ("not_before", "s", "2020-01-01"),
            ("between", "n", "0", "9"),
            ("between", "s", 0, 9),
            ("between", "day", 0, 9),
            ("satisfies", "n > '0'"),
            ("satisfies", "s > 0"),
        )
        == ["error"] * 8
    )


@each_library
def test_nan_and_null_are_one_group(backend: str) -> None:
    """Groups by a number that may be NaN have one group for all that is unknown."""
    table = BACKENDS[backend](pa.table({"g": [1.0, NAN, None, 1.0], "n": [1, -1, 2, 3]}))

    assert statuses(table, ("row_count", 2, 2, {"by": "g"}), ("sum", "n", 1, 4, {"by": "g"})) == ["passed"] * 2


# ── how values are stored ────────────────────────────────────────────────────────────────────────────────────────────


def stored_oddly() -> Iterator[tuple[str, Any]]:
    """Yield the same values, stored in ways that many functions of Arrow and pandas do not know."""
    texts, numbers = ["a", "bb", None, "a"], [1, 2, None, 1]
    views = pa.table({"s": pa.array(texts, pa.string_view()), "n": pa.array(numbers).dictionary_encode()})
    yield "views", views
    yield "batch", views.to_batches()[0]
    yield "dictionary", pa.table({"s": pa.array(texts).dictionary_encode(), "n": pa.array(numbers, pa.int8())})
    yield "large", pa.table({"s": pa.array(texts, pa.large_string()), "n": pa.array(numbers, pa.uint64())})
    yield "chunks", pa.concat_tables([views.slice(0, 1), views.slice(1)])
    yield "pandas views", pd.DataFrame({
        "s": pd.Series(texts, dtype=pd.ArrowDtype(pa.string_view())), "n": pd.Series(numbers, dtype="category")
    })  # fmt: skip
    yield "pandas categories", pd.DataFrame({"s": pd.Categorical(texts), "n": pd.array(numbers, dtype="UInt8")})
    yield "pandas objects", pd.DataFrame({"s": texts, "n": numbers}, dtype=object, index=[0, 0, 0, 0])
    yield "polars categories", pl.DataFrame({"s": pl.Series(texts, dtype=pl.Categorical), "n": numbers})


@pytest.mark.parametrize("table", [table for _, table in stored_oddly()], ids=[name for name, _ in stored_oddly()])
def test_the_way_values_are_stored_changes_no_verdict(table: Any) -> None:
    """Views, dictionaries, chunks, categories and objects are judged as what they hold."""
    found = counts(
        table,
        ("not_null", "s"),
        ("between", "s", "a", "a"),
        ("length", "s", 1, 1),
        ("matches", "s", "^a"),
        ("in_set", "s", ["a"]),
        ("email", "s"),
        ("unique", "s"),
        ("increasing", "s"),
        ("not_null", "n"),
        ("between", "n", 1, 1),
        ("in_set", "n", [1]),
        ("unique", "n"),
        ("multiple_of", "n", 2),
        ("step_between", "n", 0, 5),
    )

    assert found == [1, 1, 1, 1, 1, 3, 2, 1, 1, 1, 1, 2, 2, 1]
    assert statuses(table, ("sum", "n", 4, 4), ("max_length", "s", 2, 2), ("max", "s", "bb", "bb")) == ["passed"] * 3


NESTED = pa.table({"l": [[1, 2], [3], None], "d": [{"x": 1}, {"x": 2}, None], "n": [1, 2, 3]})


@each_library
def test_nested_columns_harm_no_other(backend: str) -> None:
    """Their nulls are counted; what makes no sense for them is an error of its own."""
    table = NESTED.to_pandas() if backend == "pandas nullable" else BACKENDS[backend](NESTED)
    found = statuses(table, ("not_null", "l"), ("between", "l", 0, 1), ("mean", "d", 0, 1), ("positive", "n"))

    assert found == ["failed", "error", "error", "passed"]


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────

ODD = ["", "q\"u'o`te", "😀", "a b", "select", "x.y", "%s", "$1", "{a}", "\n", "n", "k0", "v0", "a0", "row0"]


@each_library
def test_no_name_of_a_column_is_too_odd(backend: str) -> None:
    """Quotes, line ends, words of SQL and the names that are used inside are names like any other."""
    odd = [name for name in ODD if name] if backend == "duckdb" else ODD  # which names it itself
    columns = {name: [1, 2] for name in odd}
    own = {"polars": pl.DataFrame, "polars lazy": pl.LazyFrame}  # polars, too, when it reads Arrow
    table = own[backend](columns) if backend in own else BACKENDS[backend](pa.table(columns))
    rows = [("between", name, 1, 1) for name in odd] + [("unique", [name, "n"]) for name in odd if name != "n"]
    sums = [("sum", name, 3, 3) for name in odd] + [("sum", name, 1, 2, {"by": "k0"}) for name in odd[::4]]

    assert counts(table, *rows) == [1] * len(odd) + [0] * (len(odd) - 1)
    assert statuses(table, *sums) == ["passed"] * len(sums)


@each_library
def test_a_missing_column_without_a_name_is_told(backend: str) -> None:
    """A column that is called nothing can be missing, too."""
    table = BACKENDS[backend](pa.table({"n": [1]}))

    assert statuses(table, ("not_null", ""), ("sum", "", 1), ("positive", "n")) == ["error", "skipped", "passed"]


REPEATED = pa.table([[1, 2], [3, 4], [5, 6]], names=["a", "b", "a"])


@pytest.mark.parametrize("table", [REPEATED, REPEATED.to_pandas()], ids=["pyarrow", "pandas"])
def test_a_repeated_name_is_one_failure_and_one_only(table: Any) -> None:
    """The check of names fails; the checks on that column are skipped, and all others judged."""
    asked: list[tuple[Any, ...]] = [
        ("positive", "a"), ("distinct_columns",), ("unique", "a"), ("sum", "a", 1, 2), ("positive", "b"),
        ("column_count", 3), ("dtype", "a", "number"), ("same_schema", table),
    ]  # fmt: skip

    assert statuses(table, *asked) == [
        "skipped", "failed", "skipped", "skipped", "passed", "passed", "skipped", "passed"
    ]  # fmt: skip


def test_columns_of_several_levels_are_counted_and_compared() -> None:
    """A frame whose names are pairs is judged where no single name is needed."""
    frame = pd.DataFrame([[1, 2], [1, 2]], columns=pd.MultiIndex.from_tuples([("x", "a"), ("x", "b")]))

    assert statuses(frame, ("row_count", 2, 2), ("column_count", 2), ("distinct_rows",)) == ["passed"] * 2 + ["failed"]


# ── moments ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("unit", ["s", "us"])
@each_library
def test_the_first_and_the_last_day_of_all_are_judged(backend: str, unit: str) -> None:
    """Moments that nanoseconds have no place for are moments."""
    moments = pa.array([dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31), None], pa.timestamp(unit))
    table = BACKENDS[backend](pa.table({"t": moments}))

    assert counts(
        table,
        ("not_before", "t", "1900-01-01"),
        ("not_after", "t", "2100-01-01"),
        ("plausible_year", "t"),
        ("in_set", "t", ["0001-01-01"]),
        ("increasing", "t"),
        ("step_between", "t", 0, 1),
        ("weekday", "t"),
        ("between", "t", "0001-01-01", "9999-12-31"),
    ) == [1, 1, 2, 1, 0, 1, 0, 0]


@each_library
def test_bounds_outside_of_nanoseconds_are_bounds(backend: str) -> None:
    """A column in nanoseconds holds no moment of the year 9999, and says so without an error."""
    table = BACKENDS[backend](pa.table({"t": pa.array([dt.datetime(2020, 1, 1)], pa.timestamp("ns"))}))

    assert counts(
        table,
        ("not_after", "t", "9999-12-31"),
        ("not_before", "t", "0001-01-01"),
        ("in_set", "t", ["9999-12-31", "2020-01-01"]),
        ("not_in_set", "t", ["9999-12-31"]),
    ) == [0, 0, 0, 0]


# ── tables that fail ─────────────────────────────────────────────────────────────────────────────────────────────────


def _gone(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield tables whose source has gone since."""
    import duckdb

    pl.DataFrame({"n": [1]}).write_parquet(path / "a.parquet")
    pl.DataFrame({"n": [1]}).write_csv(path / "a.csv")
    known = pl.scan_csv(path / "a.csv")
    known.collect_schema()
    connection, closed = duckdb.connect(), duckdb.connect()
    yield "polars", pl.scan_parquet(path / "a.parquet")
    yield "polars, schema known", known
    yield "duckdb", connection.read_parquet(str(path / "a.parquet"))
    relation = closed.sql("select 1 as n")
    closed.close()
    yield "closed", relation


def test_a_table_whose_source_has_gone_is_one_error(tmp_path: Path) -> None:
    """It cannot be read, which is told once; nothing is raised."""
    tables = dict(_gone(tmp_path))
    for file in tmp_path.iterdir():
        file.unlink()

    found: dict[str, tuple[CheckResult, ...]] = {
        name: judge_table(table, made(("not_null", "n"), ("row_count", 1))) for name, table in tables.items()
    }

    assert {name: ["error", "skipped"] for name in tables} == {
        name: [str(one.status) for one in results] for name, results in found.items()
    }
    assert all("cannot be read" in results[0].why for results in found.values())


@each_library
def test_a_million_values_in_a_set_are_looked_up(backend: str) -> None:
    """A set of any size is a set; no library is told of it in a query that it cannot digest."""
    table = BACKENDS[backend](pa.table({"n": [5, -5], "s": ["5", "x"]}))
    numbers = range(1_000_000)

    assert counts(table, ("in_set", "n", list(numbers)), ("in_set", "s", [str(n) for n in range(2_000)])) == [1, 1]


@each_library
def test_tolerances_at_their_ends_mean_what_they_say(backend: str) -> None:
    """One row is a number of rows, 1.0 is all of them."""
    table = BACKENDS[backend](pa.table({"n": [1, -1, -1]}))
    allowed: list[Any] = [0, 0.0, 1, 2, 1.0, 0.66, 0.67, "0% at 0.5", "100% at 0.5"]

    assert statuses(table, *[("positive", "n", {"allow": allow}) for allow in allowed]) == [
        "failed", "failed", "failed", "passed", "passed", "failed", "passed", "failed", "passed"
    ]  # fmt: skip
