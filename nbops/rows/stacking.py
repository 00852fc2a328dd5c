"""``union``: tables one below the other, and what becomes of columns that not all of them have."""

from __future__ import annotations

from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.frames.stacking import differences, stacked
from nbops.frames.tables import is_frame, kind_of, library
from nbops.rows.accounts import report

__all__ = ["union"]

_MISMATCHES = ("error", "fill", "intersect")


def union(*tables: Any, mismatch: str = "error") -> Any:
    """Return *tables* one below the other, columns found by their names; every row of each is there.

    Args:
        tables: Frames of one library; pandas keeps the index of each.
        mismatch: What to do when their columns are not the same: ``error`` refuses, ``fill`` writes nulls where a
            table lacks a column, ``intersect`` keeps the columns that all of them have.

    Raises:
        UsageError: They are no tables of one library, or their columns differ.

    Example:
        >>> import pandas as pd
        >>> january, february = pd.DataFrame({"day": [1], "n": [5]}), pd.DataFrame({"n": [7], "day": [2]})
        >>> union(january, february).n.tolist()
        [5, 7]
    """
    if mismatch not in _MISMATCHES:
        fix = did_you_mean(str(mismatch), _MISMATCHES)
        raise UsageError(f"mismatch {mismatch!r} is none of {', '.join(_MISMATCHES)}", where="union", fix=fix)
    if len(tables) == 1 and isinstance(tables[0], (list, tuple)):
        tables = tuple(tables[0])
    if not tables:
        raise UsageError("union needs tables", where="union", fix="union(january, february)")
    for table in tables:
        if not is_frame(table):
            raise UsageError(f"{kind_of(table)} is no table", where="union", fix="union(january, february)")
    if len({(library(table), type(table).__name__) for table in tables}) > 1:
        kinds = ", ".join(dict.fromkeys(f"{kind_of(table)} of {library(table)}" for table in tables))
        raise UsageError(f"{kinds} cannot stand in one table", where="union", fix="bring them to one library before")
    seen = differences(tables)
    if seen and mismatch == "error":
        fix = "union(…, mismatch='fill') or 'intersect', or cast and rename before"
        raise UsageError(f"the columns of the tables are not the same: {'; '.join(seen[:5])}", where="union", fix=fix)
    result = stacked(tables, mismatch)  # type: ignore[arg-type]
    note = f"columns differ ({mismatch}): {'; '.join(seen[:5])}" if seen else ""
    report("union", tables, result, [], note=note)
    return result
