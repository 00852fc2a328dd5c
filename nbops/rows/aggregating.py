"""``aggregate``: a row for each group, with totals that must be those of the rows that went in."""

from __future__ import annotations

from typing import Any

from nbops.errors import UsageError
from nbops.frames.grouping import Grouped, Total, group
from nbops.frames.tables import is_frame, kind_of
from nbops.records import RowEntry
from nbops.rows.accounts import as_table, judged, name_of, report

__all__ = ["aggregate"]


def aggregate(table: Any, by: Any, *, dropna: bool = False, count: bool = False, **columns: tuple[Any, Any]) -> Any:
    """Return a row for each group of *table*; what adds up (``sum``, ``size``, ``count``) is tested against the table.

    Args:
        table: A frame of pandas, polars, pyarrow or any library that narwhals knows; its rows are sorted by the groups.
        by: The column, or list of columns, that makes the groups.
        dropna: Leave out rows in which one of *by* is null; they are counted, and kept as a table of the run. By
            default null is a group like any other, so that no row is lost.
        count: Count the rows of a lazy table, which computes it once more; else they are unknown.
        **columns: By the name of a new column: a column and what sums it up, as ``late=("delay", "mean")``. Known are
            count, first, last, max, mean, median, min, nunique, size, std, sum and var; with pandas functions, too.

    Raises:
        UsageError: It is no table, or has no such column, or nothing is to be summed up.
        CheckFailed: Outside a step: a total is another one.
        StepFailed: In a step: the same.

    Example:
        >>> import pandas as pd
        >>> flights = pd.DataFrame({"carrier": ["UA", "UA", None], "delay": [5, 7, 3]})
        >>> aggregate(flights, "carrier", delay=("delay", "sum")).delay.tolist()
        [12, 3]
    """
    if not is_frame(table):
        raise UsageError(f"{kind_of(table)} is no table", where="aggregate", fix="aggregate(flights, 'carrier', …)")
    names = list(by) if isinstance(by, (list, tuple)) else [by]
    wrong = [name for name, pair in columns.items() if not isinstance(pair, tuple) or len(pair) != 2]
    if not columns or wrong or not names:
        what = f"{wrong[0]} is no pair of a column and a function" if wrong else "nothing is to be summed up"
        raise UsageError(what, where="aggregate", fix="aggregate(flights, 'carrier', flights=('flight', 'size'))")
    found = group(table, names, columns, dropna=dropna, count=count)
    told = ", ".join(map(str, names))
    entries = _entries(found, told, dropna=dropna)
    report(
        "aggregate",
        [table],
        found.table,
        entries,
        tables_in=[as_table(table, rows=found.rows)],
        rows_out=found.groups,
        excluded={0: found.others} if found.others and dropna and found.null_keys else {},
    )
    for total in filter(lambda total: total.is_finite, found.totals):
        _judge(total, name_of(table) or "the table", told)
    return found.table


def _entries(found: Grouped, by: str, *, dropna: bool) -> list[RowEntry]:
    nulls, rows, groups = found.null_keys, found.rows, found.groups
    kept = None if rows is None or nulls is None else rows - nulls if dropna else rows
    merged = None if kept is None or groups is None else kept - groups
    into = "groups" if groups is None else "1 group" if groups == 1 else f"{groups:,} groups"
    entries = [RowEntry(f"merged into {into} by {by}", merged, "merged")]
    if dropna and nulls != 0:
        entries.insert(0, RowEntry(f"null in {by}", nulls))
    elif nulls:
        entries.append(RowEntry(f"with a null in {by}", nulls, "aside", "a group of their own"))
    return entries


def _judge(total: Total, table: str, by: str) -> None:
    """Test that the groups add up to what went in."""
    left_out = f", {_number(total.excluded)} of it in rows with a null in {by}" if total.excluded else ""
    judged(
        f"{total.name} adds up to the {total.what}",
        total.is_equal,
        why=f"{_number(total.before)} in {table}{left_out}, but {_number(total.after)} in its groups",
        observed=_number(total.after),
        allowed=_number(total.before - total.excluded),
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"
