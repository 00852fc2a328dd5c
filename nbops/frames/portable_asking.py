"""Asking a table for many aggregates in few queries; one that raises is found by halving, and harms no other.

A table that is larger than the memory stays where it is: polars reads it in pieces, and different values are counted
one column at a time, texts by their hashes.
"""

from __future__ import annotations

import functools
import warnings
from typing import Any

import narwhals.stable.v2 as nw

from nbops.frames.conditions import Stat
from nbops.frames.portable_groups import plain
from nbops.frames.reading import Measured, Unmeasured, attempt, reason
from nbops.frames.tables import library

__all__ = ["AT_ONCE", "ask"]

_LARGER = ("polars", "duckdb")  # which read files that are larger than the memory
AT_ONCE = 100
"""Aggregates in one query; engines that compile their plan slow down beyond."""


def ask(frame: Any, asked: dict[Any, Any]) -> dict[Any, Measured]:
    """Return the value of each aggregate of *frame*, a table of narwhals, or why it has none."""
    found: dict[Any, Measured] = {}
    if isinstance(frame, nw.LazyFrame) and library(nw.to_native(frame)) in _LARGER:
        distinct = [name for name in asked if isinstance(name, Stat) and name.name == "distinct"]
        found = {stat: attempt(functools.partial(_distinct, frame, stat, asked[stat])) for stat in distinct}
    names = [name for name in asked if name not in found]
    for start in range(0, len(names), AT_ONCE):
        found |= _ask_some(frame, {name: asked[name] for name in names[start : start + AT_ONCE]})
    return found


def _ask_some(frame: Any, asked: dict[Any, Any]) -> dict[Any, Measured]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Dask and pandas warn of groups in a pattern, which do no harm here
            row = frame.select(*[expr.alias(f"a{i}") for i, expr in enumerate(asked.values())])
            values = _collected(row).row(0)
    except Exception as error:  # noqa: BLE001 - whatever a library raises, the other aggregates must be judged
        if len(asked) == 1:
            return dict.fromkeys(asked, Unmeasured(reason(error)))
        names = list(asked)
        halves = names[: len(names) // 2], names[len(names) // 2 :]
        return {k: v for half in halves for k, v in _ask_some(frame, {n: asked[n] for n in half}).items()}
    return dict(zip(asked, map(plain, values), strict=True))


def _is_scan(frame: Any) -> bool:
    """Whether *frame* is a lazy table of polars."""
    return isinstance(frame, nw.LazyFrame) and library(nw.to_native(frame)) == "polars"


def _collected(row: Any) -> Any:
    if isinstance(row, nw.DataFrame):
        return row
    return row.collect("polars", engine="streaming") if _is_scan(row) else row.collect()


def _distinct(frame: Any, stat: Stat, expression: Any) -> Any:
    """Return how many different values a column has, null among them."""
    if _is_scan(frame) and frame.collect_schema()[stat.column] == nw.String:
        import polars

        text = polars.col(stat.column)
        native = nw.to_native(frame).select(text.hash().n_unique(), polars.len().alias("rows"))
        hashes, rows = native.collect(engine="streaming").row(0)
        if hashes == rows:  # different hashes, different texts; equal hashes may be a coincidence
            return hashes
    return plain(_collected(frame.select(expression.alias("a"))).row(0)[0])
