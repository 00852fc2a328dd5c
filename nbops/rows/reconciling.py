"""``reconcile``: a test that the parts of a table are all of it, in rows and in totals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nbops.errors import UsageError
from nbops.frames.columns import refuse_unknown
from nbops.frames.reading import through_narwhals
from nbops.frames.tables import is_frame, kind_of, library, row_count
from nbops.records import Severity
from nbops.rows.accounts import judged, name_of

__all__ = ["reconcile"]


def reconcile(
    whole: Any,
    *parts: Any,
    dropped: int = 0,
    totals: Any = (),
    tolerance: float = 1e-9,
    severity: Severity = "fail",
) -> None:
    """Test that *parts* and *dropped* rows are all rows of *whole*, and that columns add up to the same totals.

    Args:
        whole: The table that went in.
        parts: The tables that came out of it, and those of rows that were left out.
        dropped: How many rows are left out on purpose beside them.
        totals: The column, or list of columns, whose sums must be the same; nulls count as nothing.
        tolerance: By which share of the sizes of all values totals may differ, because numbers are rounded.
        severity: ``warn`` records a difference and never stops.

    Raises:
        UsageError: One of them is no table whose rows are known, or a column is missing or holds no numbers.
        CheckFailed: Outside a step: they do not add up.
        StepFailed: In a step: the same.

    Example:
        >>> import pandas as pd
        >>> orders = pd.DataFrame({"amount": [5, 7, 9]})
        >>> reconcile(orders, orders[:2], orders[2:], totals="amount")
        >>> reconcile(orders, orders[:2])
        Traceback (most recent call last):
        nbops.errors.CheckFailed: rows of the whole reconcile: 3 rows, but 2 in its parts
    """
    names = [name_of(table) or said for table, said in zip((whole, *parts), _unnamed(len(parts)), strict=True)]
    rows = [_rows(table, name) for table, name in zip((whole, *parts), names, strict=True)]
    if not parts:
        raise UsageError(
            "reconcile needs the parts of a table", where="reconcile", fix="reconcile(raw, clean, excluded)"
        )
    came = sum(rows[1:]) + dropped
    aside = f" and {dropped:,} dropped" if dropped else ""
    judged(
        f"rows of {names[0]} reconcile",
        came == rows[0],
        why=f"{rows[0]:,} rows, but {sum(rows[1:]):,} in its parts{aside}",
        observed=f"{came:,} rows",
        allowed=f"{rows[0]:,} rows",
        severity=severity,
    )
    for column in totals if isinstance(totals, (list, tuple)) else [totals]:
        _reconcile_total((whole, *parts), names, column, tolerance, severity)


def _unnamed(parts: int) -> list[str]:
    return ["the whole", *(f"part {at}" for at in range(1, parts + 1))]


def _rows(table: Any, name: str) -> int:
    rows = row_count(table) if is_frame(table) else None
    if rows is None:
        what = f"how many rows {name} has is not known: it is a {kind_of(table)}"
        raise UsageError(what, where="reconcile", fix="collect a lazy table before")
    return rows


def _reconcile_total(
    tables: Sequence[Any], names: Sequence[str], column: Any, tolerance: float, severity: Severity
) -> None:
    sums, sizes = zip(*(_sums(table, name, column) for table, name in zip(tables, names, strict=True)), strict=True)
    came = math.fsum(sums[1:])
    is_good = came == sums[0] or abs(came - sums[0]) <= tolerance * max(sizes[0], math.fsum(sizes[1:]))
    judged(
        f"{column} of {names[0]} reconciles",
        is_good,
        why=f"{sums[0]:,.12g} in all, but {came:,.12g} in its parts",
        observed=f"{came:,.12g}",
        allowed=f"{sums[0]:,.12g}",
        severity=severity,
    )


def _sums(table: Any, name: str, column: Any) -> tuple[float, float]:
    """Return the sum of a column, and that of the sizes of its values."""
    refuse_unknown(table, [column], "reconcile", of=name)
    values = table[column] if library(table) == "pandas" else through_narwhals(table)[column].to_pandas()
    try:
        numbers = values.dropna().astype("float64")
    except (TypeError, ValueError) as error:
        what = f"{column!r} of {name} holds no numbers"
        raise UsageError(what, where="reconcile", fix="totals= names columns of numbers") from error
    return math.fsum(numbers), math.fsum(numbers.abs())
