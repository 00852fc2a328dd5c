"""Tables: every library's frames and columns are described without computing anything."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.frames.tables import describe, is_columnar, kind_of, library, short
from nbops.records import Table


def test_a_pandas_frame_is_described_by_its_shape_and_schema() -> None:
    """Rows, columns, their names and types are known."""
    table = pd.DataFrame({"n": [1, 2], "d": pd.to_datetime(["2013-01-01", "2013-01-02"])})

    assert describe("t", table) == Table("t", "pandas.DataFrame", 2, 2, ("n", "d"), ("int64", str(table.dtypes["d"])))


def test_a_pandas_series_has_one_column() -> None:
    """The number of columns of a Series is None, its name and type are kept."""
    assert describe("s", pd.Series([1.5], name="x")) == Table("s", "pandas.Series", 1, None, ("x",), ("float64",))


def test_polars_and_pyarrow_tables_are_described() -> None:
    """Both say their types as the library prints them."""
    assert describe("t", pl.DataFrame({"a": [1]})) == Table("t", "polars.DataFrame", 1, 1, ("a",), ("Int64",))
    assert describe("s", pl.Series("a", [1])) == Table("s", "polars.Series", 1, None, ("a",), ("Int64",))
    assert describe("t", pa.table({"a": [1]})) == Table("t", "pyarrow.Table", 1, 1, ("a",), ("int64",))


def test_the_rows_of_a_lazy_frame_are_unknown() -> None:
    """Nothing is computed, not even the schema."""
    touched = []
    lazy = pl.LazyFrame({"a": [1]}).map_batches(lambda frame: touched.append(1) or frame)  # type: ignore[func-returns-value]

    assert describe("t", lazy) == Table("t", "polars.LazyFrame")
    assert touched == []


def test_relations_of_other_engines_are_described_without_counting() -> None:
    """A relation is known by the module of its class; asking for its length would run a query."""

    class DuckDBPyRelation:
        """A query that has not been run."""

        __module__ = "duckdb"
        columns = ("a", "b")
        dtypes = ("BIGINT", "VARCHAR")

        def __len__(self) -> int:
            raise RuntimeError("a query was run")

    relation = DuckDBPyRelation()

    assert describe("t", relation) == Table("t", "duckdb.DuckDBPyRelation", None, 2, ("a", "b"), ("BIGINT", "VARCHAR"))
    assert short(relation) == "<DuckDBPyRelation>"


def test_arrays_are_described_up_to_two_dimensions() -> None:
    """A record array has columns; an image or a scalar is no table."""
    records = np.zeros(3, dtype=[("a", "i4"), ("b", "f8")])

    assert describe("t", np.zeros((3, 2))) == Table("t", "numpy.ndarray", 3, 2, (), ("float64",))
    assert describe("t", np.zeros(3)) == Table("t", "numpy.ndarray", 3, None, (), ("float64",))
    assert describe("t", records) == Table("t", "numpy.ndarray", 3, 2, ("a", "b"), ("int32", "float64"))
    assert describe("t", np.zeros((2, 2, 2))) is None
    assert describe("t", np.array(1)) is None


def test_a_very_wide_table_keeps_its_number_of_columns() -> None:
    """Names beyond the first 200 are left out, the count is not."""
    table = describe("t", pd.DataFrame(np.zeros((1, 500))))

    assert table is not None
    assert (table.columns, len(table.column_names), len(table.column_types)) == (500, 200, 200)


@pytest.mark.parametrize("value", [1, "a", [1], {"a": 1}, None, pd.Timestamp("2013-01-01"), np.float64(1), pl.col("a")])
def test_other_values_are_no_tables(value: object) -> None:
    """Scalars and containers are not described."""
    assert describe("v", value) is None


def test_a_subclass_belongs_to_the_library_of_its_base() -> None:
    """A frame of somebody else's class is still a pandas frame."""

    class Flights(pd.DataFrame):
        """A frame of somebody else's class."""

    assert library(Flights()) == "pandas"
    assert is_columnar(Flights())
    assert describe("t", Flights({"a": [1]})) == Table("t", "pandas.Flights", 1, 1, ("a",), ("int64",))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (pd.DataFrame({"a": [1, 2]}), "<DataFrame (2, 1)>"),
        (pd.Series([1, 2]), "<Series of int64, 2>"),
        (np.zeros((2, 3)), "<ndarray of float64, 2 × 3>"),
        (pl.LazyFrame({"a": [1]}), "<LazyFrame>"),
        (pa.array([1]), "<Int64Array of int64, 1>"),
        (np.int64(3), "3"),
        (0.1 + 0.2, "0.3"),
        (1234567, "1234567"),
        (12345678.9, "12345678.90"),
        ("a\nb", "'a\\nb'"),
        (len, "<built-in function len>"),
    ],
)
def test_values_are_short(value: object, text: str) -> None:
    """Big values are told by their shape, scalars as a person writes them."""
    assert short(value) == text


def test_a_repr_that_raises_is_told() -> None:
    """A value that cannot be shown does not hide the verdict about it."""

    class Broken:
        """Something that cannot be shown."""

        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert "Broken" in short(Broken())


def test_short_is_never_longer_than_asked() -> None:
    """The limit holds for every value."""
    assert all(len(short(value, 20)) <= 20 for value in ("x" * 99, list(range(99)), {1: "x" * 99}, 10**99, pd.Series()))


def test_kind_of_says_the_type_of_the_cells() -> None:
    """What a column holds is part of what it is."""
    assert kind_of(pl.Series([1])) == "Series of Int64"
    assert kind_of(pa.chunked_array([[1]])) == "ChunkedArray of int64"


def test_nothing_is_imported_to_look_at_a_value() -> None:
    """Recognising a value loads no library."""
    code = (
        "import sys\nfrom nbops.frames import fingerprint, masks, tables\n"
        "masks.as_mask([True]), tables.describe('a', 1), fingerprint.fingerprint([1])\n"
        "print({'pandas', 'numpy', 'polars', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
