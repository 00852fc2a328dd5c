"""The names of Great Expectations that dbt_expectations took over: both formats are written and read by them."""

from __future__ import annotations

from collections.abc import Callable

from nbops.checks.model import Check
from nbops.integrations.interchange import maker

__all__ = ["NUMBERS"]

NUMBERS: dict[str, tuple[str, Callable[..., Check]]] = {
    "min": ("column_min", maker("min")),
    "max": ("column_max", maker("max")),
    "mean": ("column_mean", maker("mean")),
    "median": ("column_median", maker("median")),
    "sum": ("column_sum", maker("sum")),
    "std": ("column_stdev", maker("std")),
    "distinct_count": ("column_unique_value_count", maker("distinct_count")),
}
"""By kind: what stands behind ``expect_`` in the name, without ``_to_be_between``; and what makes the check."""
