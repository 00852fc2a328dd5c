"""Files without types: CSV holds texts, and where rules know dates, texts that are ISO dates are those dates."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

__all__ = ["is_untyped", "with_dates"]

_SUFFIXES = (".csv", ".csv.gz", ".tsv")


def is_untyped(path: str) -> bool:
    """Whether a file of this name holds no types.

    Example:
        >>> is_untyped("orders.csv"), is_untyped("orders.parquet")
        (True, False)
    """
    return path.lower().endswith(_SUFFIXES)


def with_dates(table: Any, columns: Iterable[str]) -> Any:
    """Return *table*, in which those of *columns* that hold ISO dates in all their texts hold moments.

    Other texts stay: what does not read as a date is for the rules to tell. Lazy tables stay as they are.
    """
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(table, pandas.DataFrame):
        return table
    read = {}
    for name in columns:
        if name not in table or not pandas.api.types.is_string_dtype(table[name]):
            continue
        made = pandas.to_datetime(table[name], format="ISO8601", errors="coerce")
        if bool((made.isna() == table[name].isna()).all()):
            read[name] = made
    return table.assign(**read) if read else table
