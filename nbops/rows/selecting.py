"""``keep``, ``drop`` and ``view``: rows that a condition selects, and where the others went."""

from __future__ import annotations

from typing import Any

from nbops.errors import UsageError
from nbops.frames.selecting import Selection, select
from nbops.frames.tables import shortened
from nbops.records import EntryKind, RowEntry
from nbops.rows.accounts import as_table, report

__all__ = ["UNKNOWN", "drop", "keep", "view"]

_LONGEST_REASON = 200
UNKNOWN = "condition null"
"""What is said of rows in which the condition is null."""


def keep(table: Any, condition: Any, reason: str, *, count: bool = False) -> Any:
    """Return the rows of *table* in which *condition* is true; the others are dropped, for *reason*.

    In a step the account of it stands in the step's record, and the rows that were dropped are kept as a table of the
    run (``nbops.excluded``). Rows in which the condition is null are dropped, too, and counted apart.

    Args:
        table: A frame of pandas, polars, pyarrow or any library that narwhals knows; its index stays as it is.
        condition: Booleans, one for each row; an expression of the table's library; a text as ``amount > 0``; or a
            function of the table that returns one of these.
        reason: Why the other rows are dropped, as ``cancelled``.
        count: Count the rows of a lazy table, which reads it once; else its rows are unknown.

    Raises:
        UsageError: It is no table, or no condition of its rows, or there is no reason.

    Example:
        >>> import pandas as pd
        >>> flights = pd.DataFrame({"flight": [1, 2, 3], "dep_time": [517, None, 542]})
        >>> keep(flights, flights.dep_time.notna(), "cancelled").flight.tolist()
        [1, 3]
    """
    return _selected("keep", table, select(table, condition, count=count), _reason("keep", reason))


def drop(table: Any, condition: Any, reason: str, *, count: bool = False) -> Any:
    """Return the rows of *table* in which *condition* is false; those in which it is true are dropped, for *reason*.

    Where the condition is null nobody knows whether the row belongs to the data: it is dropped, and counted apart.
    A condition that is never null, as ``flights.dep_time.isna()``, has no such rows.

    Args:
        table: A frame of pandas, polars, pyarrow or any library that narwhals knows; its index stays as it is.
        condition: Booleans, one for each row; an expression of the table's library; a text as ``amount <= 0``; or a
            function of the table that returns one of these.
        reason: Why they are dropped, as ``cancelled``.
        count: Count the rows of a lazy table, which reads it once; else its rows are unknown.

    Raises:
        UsageError: It is no table, or no condition of its rows, or there is no reason.

    Example:
        >>> import pandas as pd
        >>> flights = pd.DataFrame({"flight": [1, 2, 3], "dep_time": [517, None, 542]})
        >>> drop(flights, flights.dep_time.isna(), "cancelled").flight.tolist()
        [1, 3]
    """
    return _selected("drop", table, select(table, condition, where=False, count=count), _reason("drop", reason))


def view(table: Any, condition: Any, name: str, *, count: bool = False) -> Any:
    """Return the rows of *table* in which *condition* is true, to look at; the others stay where they are.

    A view is a part of the data under a name, as the late ones among the flights. Its account says how many rows it
    took and how many it left behind, but those are not excluded from anything, and not kept a second time.

    Args:
        table: A frame of pandas, polars, pyarrow or any library that narwhals knows.
        condition: As in :func:`keep`.
        name: What the rows are, as ``late flights``.
        count: Count the rows of a lazy table, which reads it once; else its rows are unknown.

    Raises:
        UsageError: It is no table, or no condition of its rows, or there is no name.

    Example:
        >>> import pandas as pd
        >>> flights = pd.DataFrame({"flight": [1, 2, 3], "delay": [2, 90, None]})
        >>> view(flights, "delay > 15", "late flights").flight.tolist()
        [2]
    """
    found = select(table, condition, count=count)
    return _selected("view", table, found, f"not in {_reason('view', name)}", kind="left")


def _reason(verb: str, reason: str) -> str:
    if not isinstance(reason, str) or not reason.strip():
        fix = f"{verb}(flights, flights.dep_time.notna(), reason='cancelled')"
        raise UsageError(f"{verb} needs a reason: why are rows not in the result?", where=verb, fix=fix)
    return shortened(" ".join(reason.split()), _LONGEST_REASON)


def _selected(verb: str, table: Any, found: Selection, reason: str, *, kind: EntryKind = "dropped") -> Any:
    entries = [RowEntry(reason, found.rest, kind)]
    if found.unknown:
        entries.append(RowEntry(UNKNOWN, found.unknown, kind, note=f"nobody knows whether they are {reason}"))
    excluded = {}
    if kind == "dropped" and found.others is not None and found.unknowns is not None:
        excluded = {0: found.others, 1: found.unknowns} if found.unknown else {0: found.others}
    report(
        verb,
        [table],
        found.table,
        entries,
        tables_in=[as_table(table, rows=found.rows)],
        rows_out=found.selected,
        excluded=excluded,
    )
    return found.table
