"""One table in every library that is installed, for tests that hold on all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa


def _duckdb(table: pa.Table) -> Any:
    import duckdb

    return duckdb.connect().from_arrow(table)


def _dask(table: pa.Table) -> Any:
    import dask.dataframe as dd

    return dd.from_pandas(table.to_pandas(types_mapper=pd.ArrowDtype), npartitions=2)


@functools.cache
def _session() -> Any:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    return session.config("spark.sql.shuffle.partitions", "1").config("spark.sql.session.timeZone", "UTC").getOrCreate()


def _pyspark(table: pa.Table) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    plain = pa.table({
        name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    })  # fmt: skip
    return _session().createDataFrame(
        [tuple(row.values()) for row in plain.to_pylist()], from_arrow_schema(plain.schema)
    )


BACKENDS: dict[str, Callable[[pa.Table], Any]] = {
    "pandas": lambda table: table.to_pandas(),
    "pandas nullable": lambda table: table.to_pandas().convert_dtypes(),
    "pandas arrow": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.from_arrow,
    "polars lazy": lambda table: pl.from_arrow(table).lazy(),  # type: ignore[union-attr]
    "pyarrow": lambda table: table,
}
if find_spec("duckdb"):
    BACKENDS["duckdb"] = _duckdb
if find_spec("dask"):
    BACKENDS["dask"] = _dask
SLOW: dict[str, Callable[[pa.Table], Any]] = {}
if find_spec("pyspark"):
    SLOW["pyspark"] = _pyspark
