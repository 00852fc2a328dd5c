"""``dedupe``: one row for each key, and what was not the same in the rows that went."""

from __future__ import annotations

from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.frames.duplicates import Deduplicated, deduplicate
from nbops.frames.tables import is_frame, kind_of
from nbops.records import RowEntry
from nbops.rows.accounts import as_table, report

__all__ = ["dedupe"]

_KEEPS = ("first", "last", "none")
_MOST_COLUMNS = 6


def dedupe(
    table: Any, key: Any = None, keep: str | bool = "first", *, reason: str = "duplicate", count: bool = False
) -> Any:
    """Return *table* with one row for each value of *key*; the others are dropped as duplicates.

    The account says in which columns the rows of one key differed: rows that differ are no copies of each other, and
    dropping one of them loses what it says. They are kept as a table of the run (``nbops.excluded``).

    Args:
        table: A frame of pandas, polars, pyarrow or any library that narwhals knows; order and index stay as they are.
        key: The column, or list of columns, that tells rows apart; all columns by default. Nulls are equal.
        keep: Which row of several stays: ``first``, ``last``, or ``none`` of them.
        reason: Why the others are dropped, in the words of the account.
        count: Count the rows of a lazy table, which computes it twice; else its rows are unknown.

    Raises:
        UsageError: It is no table, or has no such column.

    Example:
        >>> import pandas as pd
        >>> flights = pd.DataFrame({"flight": [1, 2, 2], "delay": [5, 0, 9]})
        >>> dedupe(flights, "flight").delay.tolist(), dedupe(flights, "flight", keep="last").delay.tolist()
        ([5, 0], [5, 9])
    """
    if not is_frame(table):
        raise UsageError(f"{kind_of(table)} is no table", where="dedupe", fix="dedupe(flights, ['carrier', 'flight'])")
    which = "none" if keep is False else keep
    if which not in _KEEPS:
        fix = did_you_mean(str(keep), _KEEPS)
        raise UsageError(f"which row stays: {keep!r} is none of {', '.join(_KEEPS)}", where="dedupe", fix=fix)
    names = list(key) if isinstance(key, (list, tuple)) else [] if key is None else [key]
    found = deduplicate(table, names, which, count=count)  # type: ignore[arg-type]
    gone = None if found.rows is None or found.stayed is None else found.rows - found.stayed
    entries = [RowEntry(reason, gone, note=_note(found), examples=found.examples)]
    report(
        "dedupe",
        [table],
        found.table,
        entries,
        tables_in=[as_table(table, rows=found.rows)],
        rows_out=found.stayed,
        excluded={0: found.others} if found.others else {},
    )
    return found.table


def _note(found: Deduplicated) -> str:
    """Return in words what differed among rows of one key."""
    if not found.groups:
        return ""
    said = []
    if found.alike < found.groups:
        columns = [f"{name} ({groups:,})" for name, groups in found.differing[:_MOST_COLUMNS]]
        more = len(found.differing) - len(columns)
        columns += [f"{more} more columns"] if more > 0 else []
        said.append(f"{found.groups - found.alike:,} of {found.groups:,} keys differ in {', '.join(columns)}")
    else:
        said.append("all of them copies" + (", as far as they were compared" if found.not_compared else ""))
    if found.null_keys:
        said.append(f"{found.null_keys:,} rows have a null in their key, which counts as equal")
    return "; ".join([*said, *([found.not_compared] if found.not_compared else [])])
